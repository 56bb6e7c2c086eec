//! How an image is built: `target`, `network`, `shm-size`, `extra-host`, `ulimit`, `retries`, `secret`, `ssh`.

use crate::manifest::block::{Child, Row};
use crate::manifest::merge::{every, last, named};
use crate::manifest::workspace::child_text;
use crate::manifest::{SecretDecl, Settings, SshDecl};
use crate::manifest::{names, secret, ssh};
use crate::text::kdl::Reader;
use crate::text::{Diagnostic, Diagnostics, Spanned};
use indexmap::IndexMap;

/// The most often that a build whose step failed is tried again.
pub const MOST_RETRIES: u32 = 10;

/// What a build takes besides its Dockerfile, context and arguments. `T` is a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Building<T = Spanned<String>> {
    /// The stage that is built, if it is not the last one.
    pub target: Option<T>,
    /// The network of RUN steps: `host`, `none`, `default`.
    pub network: Option<T>,
    /// The size of `/dev/shm` in RUN steps: `256m`.
    pub shm_size: Option<T>,
    /// Names with addresses for RUN steps: `mirror:10.0.0.1`.
    pub extra_hosts: Vec<T>,
    /// Limits of RUN steps: `nofile=1024:2048`.
    pub ulimits: Vec<T>,
    /// How often a build whose step failed is tried again.
    pub retries: Option<T>,
    /// Secrets that builds may mount, by id.
    pub secrets: IndexMap<String, SecretDecl<T>>,
    /// Agents of ssh that builds may mount, by id.
    pub agents: IndexMap<String, SshDecl<T>>,
}

impl<T> Building<T> {
    /// Merges blocks and carries every text to the next stage, like [`Settings::carry`].
    pub fn carry<'s, U>(
        blocks: &[&'s Self],
        text: &mut impl FnMut(&'s T) -> Option<U>,
    ) -> Building<U> {
        Building {
            target: last(blocks, |build| &build.target).and_then(&mut *text),
            network: last(blocks, |build| &build.network).and_then(&mut *text),
            shm_size: last(blocks, |build| &build.shm_size).and_then(&mut *text),
            extra_hosts: every(blocks, |build| &build.extra_hosts, &mut *text),
            ulimits: every(blocks, |build| &build.ulimits, &mut *text),
            retries: last(blocks, |build| &build.retries).and_then(&mut *text),
            secrets: named(blocks, |build| &build.secrets, |one| one.carry(text)),
            agents: named(blocks, |build| &build.agents, |one| one.carry(text)),
        }
    }
}

/// The nodes of building.
pub(super) static ROWS: [Row<Settings>; 8] = [
    Row("target", |all, child| {
        let found = child_text(child.node, "a stage", "target \"runtime\"", child.out);
        child.once(&mut all.building.target, found);
    }),
    Row("network", |all, child| {
        let found = child_text(child.node, "a network", "network \"host\"", child.out);
        child.once(&mut all.building.network, found);
    }),
    Row("shm-size", |all, child| {
        let found = numeral(child, "a size", "shm-size \"256m\"");
        child.once(&mut all.building.shm_size, found);
    }),
    Row("extra-host", |all, child| {
        let found = texts(
            child,
            "a name with its address",
            "extra-host \"mirror:10.0.0.1\"",
        );
        all.building.extra_hosts.extend(found);
    }),
    Row("ulimit", |all, child| {
        let found = texts(child, "a limit", "ulimit \"nofile=1024:2048\"");
        all.building.ulimits.extend(found);
    }),
    Row("retries", |all, child| {
        let found = numeral(child, "a number", "retries 2");
        child.once(&mut all.building.retries, found);
    }),
    Row("secret", |all, child| {
        secret::read(&mut all.building.secrets, child);
    }),
    Row("ssh", |all, child| {
        ssh::read(&mut all.building.agents, child);
    }),
];

fn texts(child: &mut Child, what: &str, example: &str) -> Vec<Spanned<String>> {
    let mut reader = Reader::new(child.node, child.out);
    let first = reader.arg(what, example);
    let all = first.into_iter().chain(reader.args()).collect();
    reader.done();
    all
}

/// Reports a host that a block adds twice, and a limit that it sets twice.
pub(super) fn once(building: &Building, out: &mut Diagnostics) {
    names::once(&building.extra_hosts, "a name with its address", out);
    let name = |limit: &Spanned<String>| {
        let name = limit
            .split_once('=')
            .map_or(limit.as_str(), |(name, _)| name);
        Spanned::new(name.to_owned(), limit.span)
    };
    let limits: Vec<Spanned<String>> = building.ulimits.iter().map(name).collect();
    names::once(&limits, "limit", out);
}

/// The one text or number of a node.
fn numeral(child: &mut Child, what: &str, example: &str) -> Option<Spanned<String>> {
    let mut reader = Reader::new(child.node, child.out);
    let mut all = reader.numerals().into_iter();
    let found = all.next();
    if found.is_none() {
        reader.missing(what, example);
    }
    if let Some(more) = all.next() {
        let message = format!("`{}` takes one value", child.word);
        let fault = Diagnostic::error("manifest::unknown-argument", message);
        reader.out().push(fault.at(more.span, "one too many"));
    }
    reader.done();
    Some(names::filled(found?, child.word, child.out))
}
