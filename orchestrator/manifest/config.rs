//! The configuration that containers of an image start with: `user`, `workdir`, `entrypoint`, `cmd`, `expose`, `volume`,
//! `stopsignal`, `label`.

use crate::manifest::block::{Child, Row};
use crate::manifest::merge::{every, last, named};
use crate::manifest::workspace::child_text;
use crate::manifest::{Settings, names};
use crate::text::kdl::{Node, Reader};
use crate::text::{Diagnostic, Diagnostics, Span, Spanned};
use indexmap::IndexMap;

/// The image configuration, as far as the manifest declares it. `T` is a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config<T = Spanned<String>> {
    /// The user.
    pub user: Option<User<T>>,
    /// The working directory.
    pub workdir: Option<T>,
    /// If it is empty, it removes the parent's.
    pub entrypoint: Option<Vec<T>>,
    /// The default command.
    pub cmd: Option<Vec<T>>,
    /// The signal that stops a container.
    pub stopsignal: Option<T>,
    /// The ports, for example `8080` or `53/udp`.
    pub expose: Vec<T>,
    /// Mount points.
    pub volumes: Vec<T>,
    /// Labels by name.
    pub labels: IndexMap<String, T>,
}

/// The user that an image runs as: `user "circleci" uid=3434`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User<T = Spanned<String>> {
    /// The user's name.
    pub name: T,
    /// The user id.
    pub uid: Option<T>,
    /// The group id.
    pub gid: Option<T>,
    /// The home folder.
    pub home: Option<T>,
    /// The login shell.
    pub shell: Option<T>,
    /// Whether the parent has it already.
    pub existing: bool,
    /// Where it is declared.
    pub span: Span,
}

impl<T> Config<T> {
    /// Merges blocks and carries every text to the next stage, like [`Settings::carry`].
    pub fn carry<'s, U>(
        blocks: &[&'s Self],
        text: &mut impl FnMut(&'s T) -> Option<U>,
    ) -> Config<U> {
        let mut list = |texts: &'s Vec<T>| texts.iter().filter_map(&mut *text).collect();
        let entrypoint = last(blocks, |config| &config.entrypoint).map(&mut list);
        let cmd = last(blocks, |config| &config.cmd).map(&mut list);
        Config {
            entrypoint,
            cmd,
            expose: every(blocks, |config| &config.expose, &mut *text),
            volumes: every(blocks, |config| &config.volumes, &mut *text),
            workdir: last(blocks, |config| &config.workdir).and_then(&mut *text),
            stopsignal: last(blocks, |config| &config.stopsignal).and_then(&mut *text),
            labels: named(blocks, |config| &config.labels, &mut *text),
            user: last(blocks, |config| &config.user).and_then(|user| user.carry(text)),
        }
    }
}

impl<T> Default for Config<T> {
    fn default() -> Self {
        Self::carry(&[], &mut |_: &T| None)
    }
}

impl<T> User<T> {
    fn carry<'s, U>(&'s self, text: &mut impl FnMut(&'s T) -> Option<U>) -> Option<User<U>> {
        Some(User {
            uid: self.uid.as_ref().and_then(&mut *text),
            gid: self.gid.as_ref().and_then(&mut *text),
            home: self.home.as_ref().and_then(&mut *text),
            shell: self.shell.as_ref().and_then(&mut *text),
            name: text(&self.name)?,
            existing: self.existing,
            span: self.span,
        })
    }
}

/// The nodes of the configuration.
pub(super) static ROWS: [Row<Settings>; 8] = [
    Row("user", |all, child| {
        let found = User::parse(child.node, child.out);
        child.once(&mut all.config.user, found);
    }),
    Row("workdir", |all, child| {
        let example = "workdir \"/home/circleci/project\"";
        let found = child_text(child.node, "a path in the image", example, child.out);
        child.once(&mut all.config.workdir, found);
    }),
    Row("entrypoint", |all, child| {
        let found = words(child.node, child.out);
        child.once(&mut all.config.entrypoint, Some(found));
    }),
    Row("cmd", |all, child| {
        let found = words(child.node, child.out);
        child.once(&mut all.config.cmd, Some(found));
    }),
    Row("expose", |all, child| {
        let found = some(child, "a port", "expose 8080");
        all.config.expose.extend(found);
    }),
    Row("volume", |all, child| {
        let found = some(child, "a path in the image", "volume \"/var/lib/data\"");
        all.config.volumes.extend(found);
    }),
    Row("stopsignal", |all, child| {
        let found = child_text(child.node, "a signal", "stopsignal \"SIGINT\"", child.out);
        child.once(&mut all.config.stopsignal, found);
    }),
    Row("label", |all, child| label(&mut all.config.labels, child)),
];

/// `label "org.opencontainers.image.licenses" "MIT"`, or `label org.opencontainers.image.licenses="MIT"`
fn label(labels: &mut IndexMap<String, Spanned<String>>, child: &mut Child) {
    let example = "label org.opencontainers.image.licenses=\"MIT\"";
    let (mut reader, mut names) = child.reader();
    match (reader.maybe_arg(), reader.maybe_arg()) {
        (Some(name), Some(value)) => names.add(labels, name, value, &mut reader),
        (Some(_), None) => reader.missing("a value after the name of the label", example),
        (None, _) => names.add_all(labels, &mut reader, example),
    }
    reader.done();
}

fn words(node: &Node, out: &mut Diagnostics) -> Vec<Spanned<String>> {
    let mut reader = Reader::new(node, out);
    let words = reader.numerals();
    reader.done();
    words
}

fn some(child: &mut Child, what: &str, example: &str) -> Vec<Spanned<String>> {
    let all = words(child.node, child.out);
    if all.is_empty() {
        Reader::new(child.node, child.out).missing(what, example);
    }
    all
}

/// Reports a port and a volume that a block declares twice.
pub(super) fn once(config: &Config, out: &mut Diagnostics) {
    names::once(&config.expose, "a port", out);
    names::once(&config.volumes, "a path in the image", out);
}

impl User {
    fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(node, out);
        let existing = reader.flag("existing").is_some();
        let name = reader.arg("a name", "user \"circleci\" uid=3434");
        let (uid, gid) = (reader.numeral("uid"), reader.numeral("gid"));
        let (home, shell) = (reader.prop("home"), reader.prop("shell"));
        reader.done();
        let name = name?;
        let words = [("gid", &gid), ("home", &home), ("shell", &shell)];
        let words = words
            .into_iter()
            .filter_map(|(word, text)| Some((word, text.as_ref()?)));
        for (word, text) in words.filter(|_| existing || name.value == "root") {
            let message =
                format!("`{word}` has no effect: kiln does not create a user that the base has");
            let fault = Diagnostic::error("manifest::no-effect", message).at(text.span, "here");
            out.push(fault.help("remove it, or remove `existing` and choose another name, so that kiln creates the user"));
        }
        Some(Self {
            span: node.span,
            name: names::filled(name, "user", out),
            uid,
            gid,
            home,
            shell,
            existing,
        })
    }
}
