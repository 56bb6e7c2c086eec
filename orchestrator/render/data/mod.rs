//! The data of a template, for one variant.

mod config;
mod fetch;
mod fill;
mod mounts;
mod names;
mod toolset;

pub(super) use fill::Installed;
pub(super) use names::TemplateData;

use super::freshness::ARGUMENT;
use super::value_kind::ValueKind;
use crate::lockfile::Lockfile;
use crate::manifest::{Family, Syntax};
use crate::matrix::{Cell, Fleet, Parent, Variant};
use crate::text::{Diagnostic, Shown};
use indexmap::IndexMap;
use std::collections::BTreeMap;

/// Names that no axis can take, although they may be missing from the data.
const RESERVED: [&str; 2] = ["from", "this"];

/// All data for a template of this variant, and what else its tool sets do.
pub(super) fn of<'a>(
    fleet: &'a Fleet,
    variant: &'a Variant,
    lock: &'a Lockfile,
) -> (TemplateData<'a>, Installed<'a>) {
    let mut faults = Vec::new();
    let from = from(fleet, variant, &mut faults);
    let mut installed = toolset::install(fleet, variant, from.as_deref(), lock);
    installed.faults.append(&mut faults);
    check(variant, &mut installed.faults);
    other_family(fleet, variant, &mut installed);
    let distribution = fleet.distribution(variant);
    let cells = || variant.cells.iter();
    let axis: IndexMap<&str, &str> = cells()
        .map(|(name, cell)| (name.as_str(), cell.value.as_str()))
        .collect();
    let installs = !installed.toolsets.is_empty();
    let faults = &mut installed.faults;
    let config = config::config(&variant.config, faults);
    let (account, user) = config::users(fleet, variant, installs, faults);
    let data = TemplateData {
        short: short(variant, &axis),
        image: &variant.image,
        name: &variant.name,
        axis,
        cells: cells()
            .map(|(name, cell)| (name.as_str(), parts(cell)))
            .collect(),
        args: &variant.args,
        env: &variant.env,
        platforms: variant.platforms.iter().map(ToString::to_string).collect(),
        toolsets: std::mem::take(&mut installed.toolsets),
        stages: std::mem::take(&mut installed.stages),
        family: distribution.family.word(),
        manager: distribution.manager.word(),
        syntax: match fleet.syntax {
            Syntax::BuildKit => "buildkit",
            Syntax::Classic => "classic",
        },
        account,
        user,
        labels: config::labels(fleet, variant, faults),
        config,
        from,
    };
    (data, installed)
}

/// What the tool sets of a variant install, without the data of its template.
pub(super) fn installed<'a>(
    fleet: &'a Fleet,
    variant: &'a Variant,
    lock: &'a Lockfile,
) -> Installed<'a> {
    let from = from(fleet, variant, &mut Vec::new());
    toolset::install(fleet, variant, from.as_deref(), lock)
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
fn other_family(fleet: &Fleet, variant: &Variant, installed: &mut Installed<'_>) {
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
fn parts(cell: &Cell) -> IndexMap<&str, &str> {
    let series = |count| {
        let series = cell.version.as_ref().and_then(|v| v.series(count));
        series.unwrap_or(cell.value.as_str())
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
    fixed.into_iter().chain(own).collect()
}

/// The variant's value on each axis, and the data of values that only one axis has.
fn short<'a>(
    variant: &'a Variant,
    axis: &IndexMap<&'a str, &'a str>,
) -> IndexMap<&'a str, &'a str> {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in variant.cells.values().flat_map(|cell| &cell.data) {
        found.entry(name).or_default().push(value);
    }
    let single = found.into_iter().filter(|(_, values)| values.len() == 1);
    let single = single.map(|(name, values)| (name, values[0]));
    let all = single.chain(axis.iter().map(|(name, value)| (*name, *value)));
    all.filter(|(name, _)| !RESERVED.contains(name)).collect()
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
    let reserved = variant
        .args
        .keys()
        .filter(|name| name.starts_with(ARGUMENT));
    for name in reserved {
        let message = format!("`arg {name}`: kiln sets the arguments that begin with `{ARGUMENT}`");
        let fault = Diagnostic::error("render::name", message).at(variant.span, "in this image");
        faults.push(
            fault.help("choose another name; `refresh` in a tool set makes its layers run again"),
        );
    }
    for (name, why) in named {
        let message = format!("`{}` cannot name a variable: it {why}", name.shown());
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
