//! The image configuration for templates: user, labels, entry point and so on.

use super::names::{Account, ConfigData, Label, NewAccount, UserData};
use crate::matrix::{Config, Fleet, Parent, User, Variant};
use crate::render::value_kind::ValueKind;
use crate::text::{Diagnostic, Shown, Spanned};
use indexmap::IndexMap;
use serde::{Serialize, Serializer};

/// The uid of a user that specifies none: above those that distributions and their packages assign.
const UID: &str = "10001";

/// The prefix of the labels that the OCI specification defines.
const OCI: &str = "org.opencontainers.image.";

/// Labels that describe only one image: a child must not inherit their values.
const OWN: [&str; 8] = [
    "title",
    "description",
    "version",
    "revision",
    "created",
    "ref.name",
    "base.name",
    "base.digest",
];

/// The user to create, and the user that the image runs as; `installs` tells whether its tool sets add something.
pub(super) fn users<'a>(
    fleet: &Fleet,
    variant: &'a Variant,
    installs: bool,
    faults: &mut Vec<Diagnostic>,
) -> (Account<'a>, UserData) {
    let user = variant.config.user.as_ref();
    let above = above(fleet, variant);
    let account = user.map_or_else(Account::default, |user| {
        Checked { faults }.account(user, fleet, variant)
    });
    let works = installs || account.create || variant.config.workdir.is_some();
    let data = UserData {
        run: user.map_or_else(|| above.clone(), runs_as),
        root: works && !above.is_empty(),
        above,
    };
    (account, data)
}

/// What only `kiln/config` writes.
pub(super) fn config<'a>(config: &'a Config, faults: &mut Vec<Diagnostic>) -> ConfigData<'a> {
    let mut checked = Checked { faults };
    checked.all(config.workdir.iter(), ValueKind::ImagePath);
    checked.all(config.stopsignal.iter(), ValueKind::Signal);
    checked.all(config.expose.iter(), ValueKind::Port);
    checked.all(config.volumes.iter(), ValueKind::ImagePath);
    let words = config.entrypoint.iter().chain(&config.cmd).flatten();
    checked.all(words, ValueKind::Text);
    ConfigData {
        workdir: config.workdir.as_ref().map(|text| text.as_str()),
        stopsignal: config.stopsignal.as_ref().map(|text| text.as_str()),
        entrypoint: config.entrypoint.as_deref().map(texts),
        cmd: config.cmd.as_deref().map(texts),
        expose: texts(&config.expose),
        volumes: texts(&config.volumes),
    }
}

/// All labels. Every child sets those of the specification again, so that none describes another image.
#[derive(Debug)]
pub(in crate::render) struct Labels<'a>(pub &'a Fleet, pub &'a Variant);

impl Serialize for Labels<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let labels = labels(self.0, self.1).into_iter();
        to.collect_seq(labels.map(|(name, value)| Label { name, value }))
    }
}

/// Reports labels that cannot be written.
pub(super) fn check_labels(variant: &Variant, faults: &mut Vec<Diagnostic>) {
    let mut checked = Checked { faults };
    for (name, value) in &variant.config.labels {
        if let Err(why) = ValueKind::Label.check(name) {
            let message = format!("`{}` cannot name a label: it {why}", name.shown());
            let fault = Diagnostic::error("render::config", message);
            checked.faults.push(fault.at(value.span, "this label"));
        }
        checked.all(std::iter::once(value), ValueKind::Text);
    }
}

fn texts(texts: &[Spanned<String>]) -> Vec<&str> {
    texts.iter().map(|text| text.as_str()).collect()
}

/// The user that a variant's parent runs as; `None` for root.
fn above(fleet: &Fleet, variant: &Variant) -> String {
    let said = fleet
        .ancestors(variant)
        .find_map(|ancestor| ancestor.config.user.as_ref());
    let run = said
        .map(runs_as)
        .or_else(|| Some(fleet.ground(variant)?.user.as_ref()?.value.clone()))
        .unwrap_or_default();
    if matches!(run.as_str(), "root" | "0") {
        String::new()
    } else {
        run
    }
}

/// The argument of USER: the uid, which works in every image, or the name of a user that the parent has.
fn runs_as(user: &User) -> String {
    let uid = user.uid.as_ref().map(|uid| uid.value.clone());
    match user.name.as_str() {
        "root" => String::from("0"),
        name if user.existing => uid.unwrap_or_else(|| name.to_owned()),
        _ => uid.unwrap_or_else(|| UID.to_owned()),
    }
}

struct Checked<'a> {
    faults: &'a mut Vec<Diagnostic>,
}

impl Checked<'_> {
    fn all<'t>(&mut self, texts: impl Iterator<Item = &'t Spanned<String>>, kind: ValueKind) {
        for (text, why) in texts.filter_map(|text| Some((text, kind.check(text).err()?))) {
            let message = format!("`{}` {why}", text.value.shown());
            let help = match kind {
                ValueKind::Port => {
                    Some("write ports from 1 to 65535: `expose 80 \"8000-8010\" \"53/udp\"`".into())
                }
                _ => None,
            };
            let fault = Diagnostic::error("render::config", message).at(text.span, "here");
            self.faults.push(fault.maybe_help(help));
        }
    }

    /// The user to create, unless an ancestor or the base has it.
    fn account<'a>(&mut self, user: &'a User, fleet: &Fleet, variant: &Variant) -> Account<'a> {
        self.all(std::iter::once(&user.name), ValueKind::User);
        self.all(user.uid.iter().chain(&user.gid), ValueKind::Number);
        self.all(user.home.iter().chain(&user.shell), ValueKind::ImagePath);
        let made = |other: &User| other.name == user.name;
        let inherited = fleet
            .ancestors(variant)
            .any(|ancestor| ancestor.config.user.as_ref().is_some_and(made));
        if user.existing || user.name.as_str() == "root" || inherited {
            return Account::default();
        }
        let name = user.name.as_str();
        let uid = or(&user.uid, UID);
        let home = user.home.as_ref().map(|home| home.value.clone());
        Account {
            create: true,
            made: Some(NewAccount {
                name,
                uid,
                gid: or(&user.gid, uid),
                home: home.unwrap_or_else(|| format!("/home/{name}")),
                shell: or(&user.shell, "/bin/sh"),
            }),
        }
    }
}

fn labels(fleet: &Fleet, variant: &Variant) -> IndexMap<String, String> {
    let mut labels = IndexMap::new();
    let version = variant
        .cells
        .values()
        .find(|cell| cell.version.is_some())
        .map_or(&variant.name, |cell| &cell.value);
    labels.insert(format!("{OCI}title"), variant.image.clone());
    labels.insert(format!("{OCI}version"), version.clone());
    let base = match variant.parent {
        Some(Parent::Base(id)) => Some(fleet.base(id).reference.clone()),
        Some(Parent::Variant(id)) => fleet.variant(id).public_name(),
        None => None,
    };
    let pinned = base.as_ref().and_then(|base| base.digest.clone());
    if let Some(mut base) = base {
        base.digest = None;
        labels.insert(format!("{OCI}base.name"), base.to_string());
    }
    let ancestors: Vec<&Variant> = fleet.ancestors(variant).collect();
    let pinned_above =
        ancestors.iter().any(|above| matches!(above.parent, Some(Parent::Base(id)) if fleet.base(id).reference.digest.is_some()));
    match pinned {
        Some(digest) => drop(labels.insert(format!("{OCI}base.digest"), digest.to_string())),
        None if pinned_above => drop(labels.insert(format!("{OCI}base.digest"), String::new())),
        None => {}
    }
    for (name, value) in ancestors
        .iter()
        .rev()
        .flat_map(|above| &above.config.labels)
    {
        match name.strip_prefix(OCI) {
            Some(own) if OWN.contains(&own) => drop(labels.entry(name.clone()).or_default()),
            Some(_) => drop(labels.insert(name.clone(), value.value.clone())),
            None => {}
        }
    }
    for (name, value) in &variant.config.labels {
        labels.insert(name.clone(), value.value.clone());
    }
    labels
}

fn or<'a>(text: &'a Option<Spanned<String>>, default: &'a str) -> &'a str {
    text.as_ref().map_or(default, |text| text.as_str())
}
