//! The data of a template, for one variant.

use super::config;
use super::toolset::{self, Installed};
use super::value_kind::ValueKind;
use crate::lockfile::Lockfile;
use crate::manifest::{Family, Syntax};
use crate::matrix::{Cell, Fleet, Parent, Variant};
use crate::text::Diagnostic;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Top-level names that no axis can replace.
const RESERVED: [&str; 18] = [
    "from",
    "image",
    "name",
    "axis",
    "cells",
    "args",
    "env",
    "platforms",
    "toolsets",
    "stages",
    "family",
    "manager",
    "account",
    "user",
    "labels",
    "config",
    "syntax",
    "this",
];

/// A variant's data, and the faults found while it was made.
pub(super) struct TemplateData {
    pub value: Value,
    pub installed: Installed,
}

/// All data for a template of this variant; docs/templates.md lists it.
pub(super) fn data(fleet: &Fleet, variant: &Variant, lock: &Lockfile) -> TemplateData {
    let mut faults = Vec::new();
    let from = from(fleet, variant, &mut faults);
    let mut installed = toolset::install(fleet, variant, from.as_deref(), lock);
    installed.faults.append(&mut faults);
    check(variant, &mut installed.faults);
    other_family(fleet, variant, &mut installed);
    let distribution = fleet.distribution(variant);
    let axis: Map<String, Value> = variant
        .cells
        .iter()
        .map(|(name, cell)| (name.clone(), json!(cell.value)))
        .collect();
    let mut top: Map<String, Value> = loose(variant)
        .into_iter()
        .chain(axis.clone())
        .filter(|(name, _)| !RESERVED.contains(&name.as_str()))
        .collect();
    let cells: Map<String, Value> = variant
        .cells
        .iter()
        .map(|(name, cell)| (name.clone(), parts(cell)))
        .collect();
    let platforms: Vec<String> = variant.platforms.iter().map(ToString::to_string).collect();
    let syntax = match fleet.syntax {
        Syntax::BuildKit => "buildkit",
        Syntax::Classic => "classic",
    };
    let fixed = [
        ("image", json!(variant.image)),
        ("name", json!(variant.name)),
        ("axis", Value::Object(axis)),
        ("cells", Value::Object(cells)),
        ("args", json!(variant.args)),
        ("env", json!(variant.env)),
        ("platforms", json!(platforms)),
        ("toolsets", json!(installed.data)),
        ("stages", json!(installed.stages)),
        ("family", json!(distribution.family.word())),
        ("manager", json!(distribution.manager.word())),
        ("syntax", json!(syntax)),
    ];
    top.extend(fixed.map(|(name, value)| (name.to_owned(), value)));
    top.extend(
        config::config(
            fleet,
            variant,
            !installed.data.is_empty(),
            &mut installed.faults,
        )
        .map(|(name, value)| (name.to_owned(), value)),
    );
    top.extend(from.map(|from| (String::from("from"), json!(from))));
    TemplateData {
        value: Value::Object(top),
        installed,
    }
}

/// The parent's public name, in the short form for a FROM.
fn from(fleet: &Fleet, variant: &Variant, faults: &mut Vec<Diagnostic>) -> Option<String> {
    match variant.parent? {
        Parent::Base(id) => Some(fleet.base(id).reference.familiar()),
        Parent::Variant(id) => {
            let parent = fleet.variant(id);
            let name = parent.public_name().map(|reference| reference.familiar());
            if name.is_none() {
                let fault = Diagnostic::error(
                    "render::nameless-parent",
                    format!(
                        "`{}` has no public name that a FROM can use",
                        parent.label()
                    ),
                );
                faults.push(
                    fault
                        .at(parent.span, "this image has no tag")
                        .help("add a `tag` to it"),
                );
            }
            name
        }
    }
}

/// Warns if no family is declared and the base's name suggests a family other than Debian's.
fn other_family(fleet: &Fleet, variant: &Variant, installed: &mut Installed) {
    let said = std::iter::once(variant)
        .chain(fleet.ancestors(variant))
        .any(|v| v.distribution.is_some());
    let (Some(packages), Some(base)) = (installed.packages, fleet.ground(variant)) else {
        return;
    };
    if said || base.distribution.is_some() {
        return;
    }
    let Some(family) = Family::of_name(&base.reference.to_string()) else {
        return;
    };
    let family = family.word();
    let message = format!(
        "`{}` looks like {family}, but packages are installed as on Debian",
        base.reference.familiar()
    );
    let fault = Diagnostic::warning("render::family", message)
        .at(base.span, "this image")
        .at(packages, "installed here");
    installed.faults.push(fault.help(format!(
        "set `family=\"{family}\"` on the base, or `family \"{family}\"` in the image"
    )));
}

/// A cell's value and token, the series of its version (its name if it has none), and its own
/// data, which hides the others as in patterns.
fn parts(cell: &Cell) -> Value {
    let series = |count| {
        cell.version
            .as_ref()
            .and_then(|version| version.series(count))
            .unwrap_or(&cell.value)
    };
    let fixed = [
        ("value", cell.value.as_str()),
        ("token", &cell.token),
        ("major", series(1)),
        ("minor", series(2)),
    ];
    let own = cell
        .data
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    Value::Object(
        fixed
            .into_iter()
            .chain(own)
            .map(|(name, value)| (name.to_owned(), json!(value)))
            .collect(),
    )
}

/// The data of values by name, if only one axis has it.
fn loose(variant: &Variant) -> Map<String, Value> {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in variant.cells.values().flat_map(|cell| &cell.data) {
        found.entry(name).or_default().push(value);
    }
    let single = found.into_iter().filter(|(_, values)| values.len() == 1);
    single
        .map(|(name, values)| (name.to_owned(), json!(values[0])))
        .collect()
}

/// Reports values that cannot be written in a line of a Dockerfile.
fn check(variant: &Variant, faults: &mut Vec<Diagnostic>) {
    let cells = variant.cells.iter().flat_map(|(name, cell)| {
        let own = [(name.as_str(), &cell.value), (name.as_str(), &cell.token)];
        own.into_iter()
            .chain(cell.data.iter().map(|(name, value)| (name.as_str(), value)))
    });
    let pairs = variant
        .args
        .iter()
        .chain(&variant.env)
        .map(|(name, value)| (name.as_str(), value));
    let named = variant
        .args
        .keys()
        .chain(variant.env.keys())
        .filter_map(|name| Some((name, ValueKind::Name.check(name).err()?)));
    for (name, why) in named {
        let message = format!("`{}` cannot name a variable: it {why}", name.escape_debug());
        faults.push(Diagnostic::error("render::name", message).at(variant.span, "in this image"));
    }
    for (name, why) in cells
        .chain(pairs)
        .filter_map(|(name, value)| Some((name, ValueKind::Text.check(value).err()?)))
    {
        let message = format!("the value of `{name}` {why}");
        let fault = Diagnostic::error("render::value", message).at(variant.span, "in this image");
        faults.push(fault.help("a value must be one line of text without control characters"));
    }
}
