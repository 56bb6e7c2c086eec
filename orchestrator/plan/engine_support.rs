//! Whether an engine supports a plan: checked before the first build, from what the engine and the Dockerfiles declare.

use crate::dockerfile::Feature;
use crate::manifest::Syntax;
use crate::matrix::VariantName;
use crate::name::EngineVersion;
use crate::plan::{Build, Plan, PlannedRecipe};
use crate::request::{Builder, EngineInfo, Product};
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

/// Refuses an engine older than the workspace declares, and a builder that does not support what a Dockerfile uses.
///
/// # Errors
/// The first thing that it cannot build, with its place and a way out.
pub fn supports(plan: &Plan, info: &EngineInfo) -> Result<(), Unsupported> {
    supports_any(plan, info)?;
    let mut read: BTreeSet<VariantName> = BTreeSet::new();
    for (build, recipe) in plan.recipes() {
        native(&build, recipe, info)?;
        if read.insert(build.variant.clone()) {
            features(&build.variant, recipe, plan, info)?;
            options(&build.variant, recipe, info)?;
        }
    }
    Ok(())
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

/// Refuses one build that an engine cannot do.
pub(super) fn supports_build(
    plan: &Plan,
    build: &Build,
    recipe: &PlannedRecipe,
    info: &EngineInfo,
) -> Result<(), Unsupported> {
    native(build, recipe, info)?;
    features(&build.variant, recipe, plan, info)?;
    options(&build.variant, recipe, info)
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

/// Refuses a Dockerfile that uses what the builder does not support.
fn features(
    variant: &VariantName,
    recipe: &PlannedRecipe,
    plan: &Plan,
    info: &EngineInfo,
) -> Result<(), Unsupported> {
    let engine = EngineVersion::read(&info.version);
    let mut unknown = recipe
        .features
        .iter()
        .filter(|feature| !knows(feature, info.builder, engine));
    match unknown.next() {
        Some(feature) => Err(unsupported(feature, variant, recipe, plan.syntax, info)),
        None => Ok(()),
    }
}

/// Refuses options that BuildKit ignores: before 23.0 it has neither a size for `/dev/shm` nor limits (measured on 20.10.24;
/// the classic builder and 28.5.2 have both).
fn options(
    variant: &VariantName,
    recipe: &PlannedRecipe,
    info: &EngineInfo,
) -> Result<(), Unsupported> {
    if info.product == Product::Podman {
        return podman_options(variant, recipe, info);
    }
    let since = EngineVersion(23, 0);
    let is_old = EngineVersion::read(&info.version).is_some_and(|engine| engine < since);
    if info.builder == Builder::Classic || !is_old {
        return Ok(());
    }
    let shm_size = recipe.options.shm_size.map(|_| "shm-size");
    let ulimit = recipe.options.ulimits.first().map(|_| "ulimit");
    match shm_size.or(ulimit) {
        Some(word) => Err(Unsupported {
            message: format!(
                "{variant}: `{word}` is known to BuildKit in engines from {since} on, and this one is {}",
                info.version
            ),
            help: format!(
                "build on a newer engine or with `--builder classic`, or leave out `{word}`"
            ),
        }),
        None => Ok(()),
    }
}

/// Podman ignores the network of a build, and refuses Docker's form of the other two without a word (4.3.1).
fn podman_options(
    variant: &VariantName,
    recipe: &PlannedRecipe,
    info: &EngineInfo,
) -> Result<(), Unsupported> {
    let options = &recipe.options;
    let given = [
        ("network", options.network.is_some()),
        ("extra-host", !options.extra_hosts.is_empty()),
        ("ulimit", !options.ulimits.is_empty()),
    ];
    match given.iter().find(|(_, is_given)| *is_given) {
        Some((word, _)) => Err(Unsupported {
            message: format!(
                "{variant}: {} does not take `{word}` for builds over Docker's API",
                info.title()
            ),
            help: format!("build on Docker Engine, or leave out `{word}`"),
        }),
        None => Ok(()),
    }
}

/// A last stage on the build platform makes a right image if that is the image's own platform.
fn native(build: &Build, recipe: &PlannedRecipe, info: &EngineInfo) -> Result<(), Unsupported> {
    let Build { variant, platform } = build;
    match recipe.native.filter(|_| !platform.runs(&info.platform)) {
        Some(line) => Err(Unsupported {
            message: format!(
                "{variant}: {}: the last stage runs on the build platform, here {}, and the image is built for {platform}",
                recipe.place(line),
                info.platform
            ),
            help: "leave out `--platform=$BUILDPLATFORM`, or build on an engine of that platform"
                .into(),
        }),
        None => Ok(()),
    }
}

fn knows(feature: &Feature, builder: Builder, engine: Option<EngineVersion>) -> bool {
    builder == Builder::BuildKit
        && feature
            .since
            .zip(engine)
            .is_none_or(|(since, engine)| engine >= since)
}

fn unsupported(
    feature: &Feature,
    variant: &VariantName,
    recipe: &PlannedRecipe,
    syntax: Syntax,
    info: &EngineInfo,
) -> Unsupported {
    let place = format!("{variant}: {}", recipe.place(feature.line));
    match info.builder {
        Builder::Classic if info.product == Product::Podman => Unsupported {
            message: format!(
                "{place}: {} needs BuildKit, and {} has none",
                feature.name,
                info.title()
            ),
            help: String::from("write the file without it, or build on Docker Engine"),
        },
        Builder::Classic => Unsupported {
            message: format!(
                "{place}: {} needs BuildKit, and the classic builder would build it",
                feature.name
            ),
            help: match recipe.generated && syntax == Syntax::BuildKit {
                true => String::from(
                    "leave out `--builder classic`, or say `syntax \"classic\"` in kiln.kdl and render again",
                ),
                false => {
                    String::from("leave out `--builder classic`, or write the file without it")
                }
            },
        },
        Builder::BuildKit => Unsupported {
            message: format!(
                "{place}: {} is known to engines from {} on, and this one is {}",
                feature.name,
                feature.since.unwrap_or_default(),
                info.version
            ),
            help: String::from(
                "build on a newer engine, write the file without it, or name a frontend in it (`# syntax=docker/dockerfile:1`)",
            ),
        },
    }
}

#[cfg(test)]
mod tests;
