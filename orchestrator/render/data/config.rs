//! The image configuration for templates: user, labels, entry point and so on.

use super::value_kind::ValueKind;
use crate::matrix::{Config, Fleet, Parent, User, Variant};
use crate::text::{Diagnostic, Spanned};
use indexmap::IndexMap;
use serde_json::{Value, json};

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

/// `account`, `user`, `labels` and `config` of a variant; `installs` tells whether its tool sets add something.
pub(super) fn config(
    fleet: &Fleet,
    variant: &Variant,
    installs: bool,
    faults: &mut Vec<Diagnostic>,
) -> [(&'static str, Value); 4] {
    let mut checked = Checked { faults };
    let config = &variant.config;
    let above = above(fleet, variant);
    let run = config.user.as_ref().map_or_else(|| above.clone(), runs_as);
    let account = config
        .user
        .as_ref()
        .map_or_else(none, |user| checked.account(user, fleet, variant));
    // Whether the Dockerfile does something that the parent's user is not allowed to do.
    let works = installs || account["create"] == true || config.workdir.is_some();
    let root = works && !above.is_empty();
    let list = |texts: &Vec<Spanned<String>>| {
        texts
            .iter()
            .map(|text| text.value.clone())
            .collect::<Vec<_>>()
    };
    let mut rest = serde_json::Map::new();
    checked.all(config.workdir.iter(), ValueKind::ImagePath);
    checked.all(config.stopsignal.iter(), ValueKind::Signal);
    checked.all(config.expose.iter(), ValueKind::Port);
    checked.all(config.volumes.iter(), ValueKind::ImagePath);
    let words = config.entrypoint.iter().chain(&config.cmd).flatten();
    checked.all(words, ValueKind::Text);
    let texts = [
        ("workdir", &config.workdir),
        ("stopsignal", &config.stopsignal),
    ];
    rest.extend(
        texts
            .into_iter()
            .filter_map(|(name, text)| Some((name.to_owned(), json!(text.as_ref()?.value)))),
    );
    let lists = [("entrypoint", &config.entrypoint), ("cmd", &config.cmd)];
    rest.extend(
        lists
            .into_iter()
            .filter_map(|(name, words)| Some((name.to_owned(), json!(list(words.as_ref()?))))),
    );
    rest.insert("expose".into(), json!(list(&config.expose)));
    rest.insert("volumes".into(), json!(list(&config.volumes)));
    let labels: Vec<Value> = checked
        .labels(fleet, variant)
        .into_iter()
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    [
        ("account", account),
        ("user", json!({ "run": run, "above": above, "root": root })),
        ("labels", json!(labels)),
        ("config", Value::Object(rest)),
    ]
}

/// Whether the manifest sets something that only `kiln/config` writes.
pub(super) fn starts(config: &Config) -> bool {
    config.user.is_some()
        || config.workdir.is_some()
        || config.entrypoint.is_some()
        || config.cmd.is_some()
        || config.stopsignal.is_some()
        || !config.expose.is_empty()
        || !config.volumes.is_empty()
}

fn none() -> Value {
    json!({ "create": false })
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
            let message = format!("`{}` {why}", text.value.escape_debug());
            self.faults
                .push(Diagnostic::error("render::config", message).at(text.span, "here"));
        }
    }

    /// The user to create, unless an ancestor or the base has it.
    fn account(&mut self, user: &User, fleet: &Fleet, variant: &Variant) -> Value {
        self.all(std::iter::once(&user.name), ValueKind::User);
        self.all(user.uid.iter().chain(&user.gid), ValueKind::Number);
        self.all(user.home.iter().chain(&user.shell), ValueKind::ImagePath);
        let made = |other: &User| other.name == user.name;
        let inherited = fleet
            .ancestors(variant)
            .any(|ancestor| ancestor.config.user.as_ref().is_some_and(made));
        if user.existing || user.name.as_str() == "root" || inherited {
            return none();
        }
        let or = |text: &Option<Spanned<String>>, default: &str| {
            text.as_ref()
                .map_or(default, |text| text.as_str())
                .to_owned()
        };
        let uid = or(&user.uid, UID);
        json!({
            "create": true, "name": user.name.value, "gid": or(&user.gid, &uid), "uid": uid,
            "home": or(&user.home, &format!("/home/{}", user.name.value)), "shell": or(&user.shell, "/bin/sh"),
        })
    }

    /// All labels. Every child sets those of the specification again, so that none describes another image.
    fn labels(&mut self, fleet: &Fleet, variant: &Variant) -> IndexMap<String, String> {
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
        let pinned = base.as_ref().and_then(|base| base.digest);
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
            if let Err(why) = ValueKind::Label.check(name) {
                let message = format!("`{}` cannot name a label: it {why}", name.escape_debug());
                self.faults.push(
                    Diagnostic::error("render::config", message).at(value.span, "this label"),
                );
            }
            self.all(std::iter::once(value), ValueKind::Text);
            labels.insert(name.clone(), value.value.clone());
        }
        labels
    }
}
