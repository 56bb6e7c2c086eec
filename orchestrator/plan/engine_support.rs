//! Whether an engine supports a plan: checked before the first build, from what the engine and the Dockerfiles declare.

use crate::dockerfile::Feature;
use crate::manifest::Syntax;
use crate::matrix::VariantName;
use crate::name::EngineVersion;
use crate::plan::{Build, Plan, PlannedRecipe};
use crate::request::{Builder, EngineInfo, Product};
use crate::text::count;
use indexmap::IndexMap;
use std::collections::BTreeSet;

/// Why an engine cannot build a plan's images.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}\n  {help}")]
pub struct Unsupported {
    /// What is not supported, with its place.
    pub message: String,
    /// A way out.
    pub help: String,
}

/// Something that an engine lacks for a variant.
struct Lack {
    variant: VariantName,
    /// Where the Dockerfile needs it.
    place: Option<String>,
    /// Where the author wrote that, which is the same for all variants that are rendered from it.
    origin: String,
    what: String,
    help: String,
}

impl Lack {
    /// A message for this variant and some more that lack the same.
    fn unsupported(self, more: usize) -> Unsupported {
        let also = match more {
            0 => String::new(),
            more => format!(" and {} more", count(more, "variant")),
        };
        let place = self.place.map(|place| format!("{place}: "));
        let (variant, place, what) = (self.variant, place.unwrap_or_default(), self.what);
        Unsupported {
            message: format!("{variant}{also}: {place}{what}"),
            help: self.help,
        }
    }
}

/// Refuses an engine older than the workspace declares, and a builder that does not support what a Dockerfile uses.
///
/// # Errors
/// Each thing that it cannot build, once for all variants, with its place and a way out.
pub fn supports(plan: &Plan, info: &EngineInfo) -> Result<(), Vec<Unsupported>> {
    supports_any(plan, info).map_err(|why| vec![why])?;
    let mut read: BTreeSet<VariantName> = BTreeSet::new();
    let mut lacking: IndexMap<(String, String), (Lack, usize)> = IndexMap::new();
    for (build, recipe) in plan.recipes() {
        let mut found: Vec<Lack> = native(&build, recipe, info).into_iter().collect();
        if read.insert(build.variant.clone()) {
            found.extend(features(&build.variant, recipe, plan, info));
            found.extend(options(&build.variant, recipe, info));
        }
        for lack in found {
            let key = (lack.origin.clone(), lack.what.clone());
            let known = lacking.entry(key);
            known
                .and_modify(|(_, more)| *more += 1)
                .or_insert((lack, 0));
        }
    }
    let lacking = lacking.into_values();
    let lacking: Vec<Unsupported> = lacking.map(|(one, more)| one.unsupported(more)).collect();
    match lacking.is_empty() {
        true => Ok(()),
        false => Err(lacking),
    }
}

/// Refuses an engine that can build nothing of a plan.
///
/// # Errors
/// It is older than the workspace declares, or has no BuildKit, which the workspace is written for.
pub fn supports_any(plan: &Plan, info: &EngineInfo) -> Result<(), Unsupported> {
    let engine = EngineVersion::read(&info.version);
    let builds = plan.recipes().next().is_some();
    if builds && info.product == Product::Podman {
        podman(plan, info)?;
    } else if builds
        && plan.syntax == Syntax::BuildKit
        && let Some(engine) = engine.filter(|engine| *engine < plan.engine)
    {
        return Err(Unsupported {
            message: format!(
                "the workspace declares an engine from {} on, and this one is {engine} ({})",
                plan.engine, info.version
            ),
            help: format!(
                "build on a newer engine, or say `syntax \"buildkit\" engine=\"{engine}\"` in kiln.kdl and render again"
            ),
        });
    }
    Ok(())
}

/// What an engine lacks for one build.
pub(super) fn lacks_for(
    plan: &Plan,
    build: &Build,
    recipe: &PlannedRecipe,
    info: &EngineInfo,
) -> impl Iterator<Item = Unfit> {
    let lacking = native(build, recipe, info).into_iter();
    let lacking = lacking.chain(features(&build.variant, recipe, plan, info));
    let lacking = lacking.chain(options(&build.variant, recipe, info));
    lacking.map(|lack| Unfit {
        same: format!("{}: {}", lack.origin, lack.what),
        message: lack.unsupported(0).message,
    })
}

/// Why an engine cannot carry out a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// Equal for all variants that are rendered from the same line.
    pub same: String,
    /// With the place.
    pub message: String,
}

/// Podman takes the requests of the classic builder only, and has no session for BuildKit (4.3.1).
fn podman(plan: &Plan, info: &EngineInfo) -> Result<(), Unsupported> {
    let podman = info.title();
    if info.builder == Builder::BuildKit {
        return Err(Unsupported {
            message: format!("{podman} has no BuildKit"),
            help: "leave out `--builder buildkit`, or build on Docker Engine".into(),
        });
    }
    if plan.syntax == Syntax::BuildKit {
        return Err(Unsupported {
            message: format!(
                "the workspace is written for BuildKit (`syntax \"buildkit\"`, the default), and {podman} has none"
            ),
            help:
                "say `syntax \"classic\"` in kiln.kdl and render again, or build on Docker Engine"
                    .into(),
        });
    }
    Ok(())
}

/// What a Dockerfile uses and the builder does not support.
fn features(
    variant: &VariantName,
    recipe: &PlannedRecipe,
    plan: &Plan,
    info: &EngineInfo,
) -> Vec<Lack> {
    let engine = EngineVersion::read(&info.version);
    let features = recipe.features.iter();
    let unknown = features.filter(|feature| !feature.is_known_to(info.builder, engine));
    unknown
        .map(|feature| lacks(feature, variant, recipe, plan.syntax, info))
        .collect()
}

/// Options that BuildKit ignores: before 23.0 it has neither a size for `/dev/shm` nor limits (measured on 20.10.24; the
/// classic builder and 28.5.2 have both).
fn options(variant: &VariantName, recipe: &PlannedRecipe, info: &EngineInfo) -> Vec<Lack> {
    if info.product == Product::Podman {
        return podman_options(variant, recipe, info);
    }
    let since = EngineVersion(23, 0);
    let is_old = EngineVersion::read(&info.version).is_some_and(|engine| engine < since);
    if info.builder == Builder::Classic || !is_old {
        return Vec::new();
    }
    let given = [
        ("shm-size", recipe.options.shm_size.is_some()),
        ("ulimit", !recipe.options.ulimits.is_empty()),
    ];
    let what = |word: &str| {
        format!(
            "`{word}` is known to BuildKit in engines from {since} on, and this one is {}",
            info.version
        )
    };
    let help = |word: &str| {
        format!("build on a newer engine or with `--builder classic`, or leave out `{word}`")
    };
    unknown_options(variant, &given, what, help)
}

/// Podman ignores the network of a build, and refuses Docker's form of the other two without a word (4.3.1).
fn podman_options(variant: &VariantName, recipe: &PlannedRecipe, info: &EngineInfo) -> Vec<Lack> {
    let options = &recipe.options;
    let given = [
        ("network", options.network.is_some()),
        ("extra-host", !options.extra_hosts.is_empty()),
        ("ulimit", !options.ulimits.is_empty()),
    ];
    let what = |word: &str| {
        format!(
            "{} does not take `{word}` for builds over Docker's API",
            info.title()
        )
    };
    let help = |word: &str| format!("build on Docker Engine, or leave out `{word}`");
    unknown_options(variant, &given, what, help)
}

/// The options that are given, each as one that the engine lacks.
fn unknown_options(
    variant: &VariantName,
    given: &[(&str, bool)],
    what: impl Fn(&str) -> String,
    help: impl Fn(&str) -> String,
) -> Vec<Lack> {
    let given = given.iter().filter(|(_, is_given)| *is_given);
    let lack = |(word, _): &(&str, bool)| Lack {
        variant: variant.clone(),
        place: None,
        origin: String::new(),
        what: what(word),
        help: help(word),
    };
    given.map(lack).collect()
}

/// A last stage on the build platform makes a right image if that is the image's own platform.
fn native(build: &Build, recipe: &PlannedRecipe, info: &EngineInfo) -> Option<Lack> {
    let Build { variant, platform } = build;
    let line = recipe.native.filter(|_| !platform.runs(&info.platform))?;
    Some(Lack {
        variant: variant.clone(),
        place: Some(recipe.place(line)),
        origin: recipe.origin(line),
        what: format!(
            "the last stage runs on the build platform, here {}, and the image is built for {platform}",
            info.platform
        ),
        help: "leave out `--platform=$BUILDPLATFORM`, or build on an engine of that platform"
            .into(),
    })
}

fn lacks(
    feature: &Feature,
    variant: &VariantName,
    recipe: &PlannedRecipe,
    syntax: Syntax,
    info: &EngineInfo,
) -> Lack {
    let (what, help) = match info.builder {
        Builder::Classic if info.product == Product::Podman => (
            format!(
                "{} needs BuildKit, and {} has none",
                feature.name,
                info.title()
            ),
            "write the file without it, or build on Docker Engine",
        ),
        Builder::Classic => (
            format!(
                "{} needs BuildKit, and the classic builder would build it",
                feature.name
            ),
            match recipe.generated && syntax == Syntax::BuildKit {
                true => {
                    "leave out `--builder classic`, or say `syntax \"classic\"` in kiln.kdl and render again"
                }
                false => "leave out `--builder classic`, or write the file without it",
            },
        ),
        Builder::BuildKit if let Some(until) = feature.until => (
            format!(
                "{}: engines from {until} on refuse it, and this one is {}",
                feature.name, info.version
            ),
            "change it as `kiln validate` says, or build on an older engine",
        ),
        Builder::BuildKit => (
            format!(
                "{} is known to engines from {} on, and this one is {}",
                feature.name,
                feature.since.unwrap_or_default(),
                info.version
            ),
            "build on a newer engine, write the file without it, or name a frontend in it (`# syntax=docker/dockerfile:1`)",
        ),
    };
    Lack {
        variant: variant.clone(),
        place: Some(recipe.place(feature.line)),
        origin: recipe.origin(feature.line),
        what,
        help: help.into(),
    }
}

#[cfg(test)]
mod tests;
