//! Whether an engine can build what a plan wants: asked before the first build, answered from what is declared.

use crate::manifest::{EngineVersion, Syntax};
use crate::matrix::{Fleet, VariantId};
use crate::plan::{Action, Plan};
use crate::render::Recipe;
use crate::render::dockerfile::{self, Feature, Given};
use crate::request::{Builder, EngineInfo};
use indexmap::IndexMap;
use std::collections::BTreeSet;

/// Why an engine cannot build a plan's images.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}\n  {help}")]
pub struct Unfit {
    pub message: String,
    pub help: String,
}

/// Refuses an engine below what the workspace declares, and a builder that does not know what a file to be
/// built uses.
///
/// # Errors
/// The first thing that it cannot build, with its place and a way out.
pub fn fits(plan: &Plan, fleet: &Fleet, recipes: &[Recipe], info: &EngineInfo) -> Result<(), Unfit> {
    let built: BTreeSet<VariantId> = plan.steps.iter().filter(|step| step.action == Action::Build).map(|step| step.variant).collect();
    let engine = EngineVersion::read(&info.version);
    if !built.is_empty()
        && fleet.syntax == Syntax::BuildKit
        && let Some(engine) = engine.filter(|engine| *engine < fleet.engine)
    {
        return Err(Unfit {
            message: format!("the workspace declares an engine from {} on, and this one is {engine} ({})", fleet.engine, info.version),
            help: format!("build on a newer engine, or say `syntax \"buildkit\" engine=\"{engine}\"` in kiln.kdl and render again"),
        });
    }
    let nothing = IndexMap::new();
    for recipe in recipes.iter().filter(|recipe| built.contains(&recipe.variant)) {
        let read = dockerfile::read(&recipe.dockerfile, Given { args: &nothing, platforms: &[] });
        let unknown = read.features().into_iter().find(|feature| !knows(feature, info.builder, engine));
        if let Some(feature) = unknown {
            return Err(unfit(&feature, recipe, fleet, info));
        }
    }
    Ok(())
}

fn knows(feature: &Feature, builder: Builder, engine: Option<EngineVersion>) -> bool {
    builder == Builder::BuildKit && feature.since.zip(engine).is_none_or(|(since, engine)| engine >= since)
}

fn unfit(feature: &Feature, recipe: &Recipe, fleet: &Fleet, info: &EngineInfo) -> Unfit {
    let place = format!("{}: {}", fleet.variant(recipe.variant).label(), recipe.place(feature.line));
    match info.builder {
        Builder::Classic => Unfit {
            message: format!("{place}: {} needs BuildKit, and the classic builder would build it", feature.name),
            help: match recipe.generated && fleet.syntax == Syntax::BuildKit {
                true => String::from("leave out `--builder classic`, or say `syntax \"classic\"` in kiln.kdl and render again"),
                false => String::from("leave out `--builder classic`, or write the file without it"),
            },
        },
        Builder::BuildKit => Unfit {
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
