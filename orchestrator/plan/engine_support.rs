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
pub struct Unsupported {
    pub message: String,
    pub help: String,
}

/// Refuses an engine below what the workspace declares, and a builder that does not know what a file to be
/// built uses.
///
/// # Errors
/// The first thing that it cannot build, with its place and a way out.
pub fn supports(
    plan: &Plan,
    fleet: &Fleet,
    recipes: &[Recipe],
    info: &EngineInfo,
) -> Result<(), Unsupported> {
    let built: BTreeSet<VariantId> = plan
        .steps
        .iter()
        .filter(|step| step.action == Action::Build)
        .map(|step| step.variant)
        .collect();
    let engine = EngineVersion::read(&info.version);
    if !built.is_empty()
        && fleet.syntax == Syntax::BuildKit
        && let Some(engine) = engine.filter(|engine| *engine < fleet.engine)
    {
        return Err(Unsupported {
            message: format!(
                "the workspace declares an engine from {} on, and this one is {engine} ({})",
                fleet.engine, info.version
            ),
            help: format!(
                "build on a newer engine, or say `syntax \"buildkit\" engine=\"{engine}\"` in kiln.kdl and render again"
            ),
        });
    }
    let nothing = IndexMap::new();
    for recipe in recipes
        .iter()
        .filter(|recipe| built.contains(&recipe.variant))
    {
        let read = dockerfile::read(
            &recipe.dockerfile,
            Given {
                args: &nothing,
                platforms: &[],
            },
        );
        let unknown = read
            .features()
            .into_iter()
            .find(|feature| !knows(feature, info.builder, engine));
        if let Some(feature) = unknown {
            return Err(unsupported(&feature, recipe, fleet, info));
        }
    }
    Ok(())
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
    recipe: &Recipe,
    fleet: &Fleet,
    info: &EngineInfo,
) -> Unsupported {
    let place = format!(
        "{}: {}",
        fleet.variant(recipe.variant).label(),
        recipe.place(feature.line)
    );
    match info.builder {
        Builder::Classic => Unsupported {
            message: format!(
                "{place}: {} needs BuildKit, and the classic builder would build it",
                feature.name
            ),
            help: match recipe.generated && fleet.syntax == Syntax::BuildKit {
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
mod tests {
    use super::*;
    use crate::line;
    use crate::matrix::Inputs;
    use crate::plan::{Reason, Step};
    use crate::request::Store;
    use crate::text::{Diagnostics, SourceId, Sources};

    /// What is said of one image with this Dockerfile.
    fn said(syntax: &str, dockerfile: &str, version: &str, builder: Builder) -> Option<String> {
        let text = format!(
            "workspace \"w\" {{ publish \"r.example/f/{{image}}\"; syntax {syntax} }}\nbase \"b\" from=\"debian:12\"\nimage \"a\" {{ from base=\"b\"; tag \"1\" }}"
        );
        let (mut sources, mut faults) = (Sources::default(), Diagnostics::default());
        let document = line::document(&text, &mut sources, &mut faults);
        let inputs = Inputs::default();
        let fleet = line::fleet(&[document], &inputs, &mut sources, &mut faults).expect("a fleet");
        let recipe = Recipe {
            variant: VariantId(0),
            path: "D".into(),
            dockerfile: dockerfile.into(),
            source: SourceId(0),
            context: Default::default(),
            beside: Default::default(),
            image_refs: Vec::new(),
            final_base: None,
            map: Default::default(),
            fetching: Vec::new(),
            generated: true,
        };
        let step = Step {
            variant: VariantId(0),
            platform: None,
            action: Action::Build,
            reason: Reason::Asked,
            after: Vec::new(),
        };
        let info = EngineInfo {
            version: version.into(),
            api: "1.41".into(),
            store: Store::GraphDriver,
            driver: "overlay2".into(),
            builder,
            platform: crate::name::Platform::linux_amd64(),
            cpus: 2,
        };
        supports(
            &Plan {
                steps: vec![step],
                push: false,
            },
            &fleet,
            &[recipe],
            &info,
        )
        .err()
        .map(|why| why.to_string())
    }

    #[track_caller]
    fn check(
        syntax: &str,
        dockerfile: &str,
        version: &str,
        builder: Builder,
        expect: Option<&str>,
    ) {
        let found = said(syntax, dockerfile, version, builder);
        match (&found, expect) {
            (None, None) => {}
            (Some(found), Some(expect)) => assert!(found.contains(expect), "{found}"),
            _ => panic!("{found:?}"),
        }
    }

    #[test]
    fn engines_and_builders_are_weighed() {
        let (mount, link) = (
            "FROM a\nRUN --mount=type=cache,target=/x y\n",
            "FROM a\nCOPY --link a b\n",
        );
        check("\"buildkit\"", mount, "20.10.24", Builder::BuildKit, None);
        check(
            "\"buildkit\"",
            "FROM a\n",
            "20.10.24",
            Builder::Classic,
            None,
        );
        check(
            "\"buildkit\"",
            mount,
            "28.5.2",
            Builder::Classic,
            Some("a:1: D:2: RUN --mount needs BuildKit"),
        );
        check(
            "\"buildkit\"",
            mount,
            "28.5.2",
            Builder::Classic,
            Some("say `syntax \"classic\"`"),
        );
        check(
            "\"classic\"",
            mount,
            "28.5.2",
            Builder::Classic,
            Some("write the file without it"),
        );
        check(
            "\"buildkit\"",
            link,
            "20.10.24",
            Builder::BuildKit,
            Some("COPY --link is known to engines from 23.0 on, and this one is 20.10.24"),
        );
        check("\"buildkit\"", link, "dev", Builder::BuildKit, None);
        check(
            "\"buildkit\" engine=\"23.0\"",
            "FROM a\n",
            "20.10.24",
            Builder::BuildKit,
            Some("declares an engine from 23.0 on"),
        );
        check(
            "\"buildkit\" engine=\"23.0\"",
            link,
            "28.5.2",
            Builder::BuildKit,
            None,
        );
    }
}
