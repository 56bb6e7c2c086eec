//! The data of a template, for one variant.

mod axes;
mod config;
mod fetch;
mod field;
mod fill;
mod mounts;
mod names;
mod shared;
mod toolset;

pub(super) use fill::Installed;
pub(super) use names::TemplateData;
pub(super) use shared::shared;

use super::freshness::ARGUMENT;
use super::value_kind::ValueKind;
use crate::lockfile::Lockfile;
use crate::manifest::{Family, Syntax};
use crate::matrix::{Fleet, Parent, Variant};
use crate::text::{Diagnostic, Shown};
use axes::{Axis, Cells, Platforms, Short};
use config::Labels;
use names::{Stages, Toolsets};
use std::sync::Arc;

/// All data for a template of this variant, and its faults.
pub(super) fn of<'a>(
    fleet: &'a Fleet,
    variant: &'a Variant,
    installed: &Arc<Installed<'a>>,
) -> (TemplateData<'a>, Vec<Diagnostic>) {
    let mut faults = Vec::new();
    check(variant, &mut faults);
    let distribution = fleet.distribution(variant);
    let installs = !installed.toolsets.is_empty();
    let config = config::config(&variant.config, &mut faults);
    let (account, user) = config::users(fleet, variant, installs, &mut faults);
    config::check_labels(variant, &mut faults);
    let data = TemplateData {
        short: Short(variant),
        image: &variant.image,
        name: &variant.name,
        axis: Axis(variant),
        cells: Cells(variant),
        args: &variant.args,
        env: &variant.env,
        platforms: Platforms(&variant.platforms),
        toolsets: Toolsets(installed.clone()),
        stages: Stages(installed.clone()),
        family: distribution.family.word(),
        manager: distribution.manager.word(),
        syntax: match fleet.syntax {
            Syntax::BuildKit => "buildkit",
            Syntax::Classic => "classic",
        },
        account,
        user,
        labels: Labels(fleet, variant),
        config,
        from: installed.from.clone(),
    };
    (data, faults)
}

/// What the tool sets of a variant install, and what they are installed on. [`shared`](mod@shared) says what that depends on.
pub(super) fn installed<'a>(
    fleet: &'a Fleet,
    variant: &'a Variant,
    lock: &'a Lockfile,
) -> Installed<'a> {
    let mut faults = Vec::new();
    let from = from(fleet, variant, &mut faults);
    let mut installed = toolset::install(fleet, variant, from.as_deref(), lock);
    installed.faults.append(&mut faults);
    other_family(fleet, variant, &mut installed);
    Installed {
        from: from.map(Arc::from),
        ..installed
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

/// Reports values that cannot be written in a line of a Dockerfile.
fn check(variant: &Variant, faults: &mut Vec<Diagnostic>) {
    let cells = variant.cells.values().flat_map(|cell| {
        let name = cell.axis.as_str();
        let own = [(name, &cell.value), (name, &cell.token)];
        own.into_iter()
            .chain(cell.data.iter().map(|(name, value)| (name.as_str(), value)))
    });
    let pairs = variant
        .args
        .iter()
        .chain(variant.env.iter())
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
        let help = "a name has letters, digits and `_`, and begins with no digit";
        let place = variant.said.iter().find_map(|said| said.place_of(name));
        let fault = match place {
            Some(span) => Diagnostic::error("render::name", message).at(span, "here"),
            None => Diagnostic::error("render::name", message).at(variant.span, "in this image"),
        };
        faults.push(fault.help(help));
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
