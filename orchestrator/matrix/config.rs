//! The configuration of images: compiled once per block, filled in and merged once per cell.

use super::faults::Faults;
use super::fleet::{Config, User};
use super::text::{CellView, Lookup, Place, Text};
use crate::manifest;
use crate::text::{Span, Spanned};

/// One block's configuration with its placeholders resolved.
pub(super) struct ConfigRule<'m> {
    user: Option<UserRule>,
    workdir: Option<Text>,
    entrypoint: Option<Vec<Text>>,
    cmd: Option<Vec<Text>>,
    stopsignal: Option<Text>,
    expose: Vec<Text>,
    volumes: Vec<Text>,
    labels: Vec<(&'m str, Text)>,
}

struct UserRule {
    name: Text,
    uid: Option<Text>,
    gid: Option<Text>,
    home: Option<Text>,
    shell: Option<Text>,
    existing: bool,
    span: Span,
}

/// Resolves every placeholder; faults are reported.
pub(super) fn config_rule<'m>(
    declared: &'m manifest::ConfigDecl,
    lookup: &Lookup<'_, 'm>,
    faults: &mut Faults,
) -> ConfigRule<'m> {
    let mut text = |source: &Spanned<String>| lookup.text(source, Place::Rendered, faults);
    ConfigRule {
        user: declared.user.as_ref().map(|user| UserRule {
            name: text(&user.name),
            uid: user.uid.as_ref().map(&mut text),
            gid: user.gid.as_ref().map(&mut text),
            home: user.home.as_ref().map(&mut text),
            shell: user.shell.as_ref().map(&mut text),
            existing: user.existing,
            span: user.span,
        }),
        workdir: declared.workdir.as_ref().map(|path| text(path)),
        entrypoint: declared
            .entrypoint
            .as_ref()
            .map(|words| words.iter().map(&mut text).collect()),
        cmd: declared
            .cmd
            .as_ref()
            .map(|words| words.iter().map(&mut text).collect()),
        stopsignal: declared.stopsignal.as_ref().map(|signal| text(signal)),
        expose: declared.expose.iter().map(&mut text).collect(),
        volumes: declared.volumes.iter().map(&mut text).collect(),
        labels: declared
            .labels
            .iter()
            .map(|(name, value)| (name.as_str(), text(value)))
            .collect(),
    }
}

/// The configuration of one cell. Later blocks replace single values and add to lists.
pub(super) fn config(rules: &[&ConfigRule], cell: CellView, faults: &mut Faults) -> Config {
    let mut all = Config::default();
    for rule in rules {
        let mut place = |text: &Text| {
            text.fill(cell, faults)
                .map(|filled| Spanned::new(filled, text.source.span))
        };
        let mut list = |texts: &Vec<Text>| texts.iter().filter_map(&mut place).collect::<Vec<_>>();
        all.entrypoint = rule.entrypoint.as_ref().map(&mut list).or(all.entrypoint);
        all.cmd = rule.cmd.as_ref().map(&mut list).or(all.cmd);
        add(&mut all.expose, list(&rule.expose));
        add(&mut all.volumes, list(&rule.volumes));
        all.workdir = rule.workdir.as_ref().and_then(&mut place).or(all.workdir);
        all.stopsignal = rule
            .stopsignal
            .as_ref()
            .and_then(&mut place)
            .or(all.stopsignal);
        all.labels.extend(
            rule.labels
                .iter()
                .filter_map(|(name, text)| Some(((*name).to_owned(), place(text)?))),
        );
        let user = rule.user.as_ref().and_then(|user| {
            let mut maybe = |text: &Option<Text>| text.as_ref().and_then(&mut place);
            let (uid, gid, home, shell) = (
                maybe(&user.uid),
                maybe(&user.gid),
                maybe(&user.home),
                maybe(&user.shell),
            );
            Some(User {
                name: place(&user.name)?,
                uid,
                gid,
                home,
                shell,
                existing: user.existing,
                span: user.span,
            })
        });
        all.user = user.or(all.user);
    }
    all
}

fn add(all: &mut Vec<Spanned<String>>, more: Vec<Spanned<String>>) {
    for one in more {
        if !all.contains(&one) {
            all.push(one);
        }
    }
}
