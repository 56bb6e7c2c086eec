//! What a template can name, for one variant.

use super::slot::Slot;
use super::toolset::{self, Installed};
use crate::manifest::Syntax;
use crate::matrix::{Cell, Fleet, Parent, Variant};
use crate::text::Diagnostic;
use serde_json::{Map, Value, json};

/// Names at the top that no axis takes over.
const RESERVED: [&str; 11] = ["from", "image", "name", "axis", "cells", "args", "env", "platforms", "toolsets", "syntax", "this"];

/// A variant's data with what was found wrong on the way.
pub(super) struct Data {
    pub value: Value,
    pub installed: Installed,
}

/// Everything a template of this variant can name; docs/templates.md lists it.
pub(super) fn data(fleet: &Fleet, variant: &Variant) -> Data {
    let mut installed = toolset::install(fleet, variant);
    check(variant, &mut installed.faults);
    let axis: Map<String, Value> = variant.cells.iter().map(|(name, cell)| (name.clone(), json!(cell.value))).collect();
    let mut top: Map<String, Value> = axis.clone().into_iter().filter(|(name, _)| !RESERVED.contains(&name.as_str())).collect();
    let cells: Map<String, Value> = variant.cells.iter().map(|(name, cell)| (name.clone(), parts(cell))).collect();
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
        ("syntax", json!(syntax)),
    ];
    top.extend(fixed.map(|(name, value)| (name.to_owned(), value)));
    top.extend(from(fleet, variant, &mut installed.faults).map(|from| (String::from("from"), json!(from))));
    Data { value: Value::Object(top), installed }
}

/// The parent as a FROM names it: its public name, as people write it.
fn from(fleet: &Fleet, variant: &Variant, faults: &mut Vec<Diagnostic>) -> Option<String> {
    match variant.parent? {
        Parent::Base(id) => Some(fleet.base(id).reference.familiar()),
        Parent::Variant(id) => {
            let parent = fleet.variant(id);
            let name = parent.public_name().map(|reference| reference.familiar());
            if name.is_none() {
                let fault = Diagnostic::error("render::nameless-parent", format!("`{}` has no public name to stand on", parent.label()));
                faults.push(fault.at(parent.span, "this image has no tag").help("give it a `tag`"));
            }
            name
        }
    }
}

/// A cell's own data, its value and token, and the parts of a version.
fn parts(cell: &Cell) -> Value {
    let mut parts: Map<String, Value> = cell.data.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    parts.insert(String::from("value"), json!(cell.value));
    parts.insert(String::from("token"), json!(cell.token));
    if cell.version.is_some() {
        let numbers = cell.value.strip_prefix('v').unwrap_or(&cell.value);
        let mut numbers = numbers.split('.').map(|part| part.chars().take_while(char::is_ascii_digit).collect::<String>());
        let major = numbers.next().unwrap_or_default();
        if let Some(minor) = numbers.next() {
            parts.insert(String::from("minor"), json!(format!("{major}.{minor}")));
        }
        parts.insert(String::from("major"), json!(major));
    }
    Value::Object(parts)
}

/// Values that no line of a Dockerfile can hold.
fn check(variant: &Variant, faults: &mut Vec<Diagnostic>) {
    let cells = variant.cells.iter().flat_map(|(name, cell)| {
        let own = [(name.as_str(), &cell.value), (name.as_str(), &cell.token)];
        own.into_iter().chain(cell.data.iter().map(|(name, value)| (name.as_str(), value)))
    });
    let pairs = variant.args.iter().chain(&variant.env).map(|(name, value)| (name.as_str(), value));
    let named = variant.args.keys().chain(variant.env.keys()).filter_map(|name| Some((name, Slot::Name.check(name).err()?)));
    for (name, why) in named {
        let message = format!("`{}` cannot name a variable: it {why}", name.escape_debug());
        faults.push(Diagnostic::error("render::name", message).at(variant.span, "in this image"));
    }
    for (name, why) in cells.chain(pairs).filter_map(|(name, value)| Some((name, Slot::Text.check(value).err()?))) {
        let message = format!("the value of `{name}` {why}");
        let fault = Diagnostic::error("render::value", message).at(variant.span, "in this image");
        faults.push(fault.help("a value is one line of text without control characters"));
    }
}
