//! Whether an engine supports a plan: checked before the first build, from what the engine and the Dockerfiles declare.

use crate::dockerfile::Feature;
use crate::manifest::Syntax;
use crate::matrix::VariantName;
use crate::name::EngineVersion;
use crate::plan::{Build, Plan, PlannedRecipe};
use crate::request::{Builder, EngineInfo};
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
    let engine = EngineVersion::read(&info.version);
    let mut recipes = plan.recipes().peekable();
    if recipes.peek().is_some()
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
    let mut read: BTreeSet<VariantName> = BTreeSet::new();
    for (build, recipe) in recipes {
        native(&build, recipe, info)?;
        if read.insert(build.variant.clone()) {
            features(&build.variant, recipe, plan, info)?;
        }
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
mod tests {
    use super::*;
    use crate::dockerfile::{self, Given};
    use crate::graph::Graph;
    use crate::line;
    use crate::matrix::{Inputs, VariantId};
    use crate::memory::NoHistory;
    use crate::plan::{Facts, Materials, Options, build, ids};
    use crate::render::Recipe;
    use crate::request::Store;
    use crate::text::{Diagnostics, SourceId};
    use indexmap::IndexMap;

    /// The error for one image with this Dockerfile.
    fn said(syntax: &str, dockerfile: &str, version: &str, builder: Builder) -> Option<String> {
        said_on("linux/amd64", syntax, dockerfile, version, builder)
    }

    /// The same on an engine of this platform.
    fn said_on(
        platform: &str,
        syntax: &str,
        dockerfile: &str,
        version: &str,
        builder: Builder,
    ) -> Option<String> {
        let text = format!(
            "workspace \"w\" {{ publish \"r.example/f/{{image}}\"; syntax {syntax} }}\nbase \"b\" from=\"debian:12\"\nimage \"a\" {{ from base=\"b\"; tag \"1\" }}"
        );
        let mut faults = Diagnostics::default();
        let fleet = line::fleet_of(&text, &Inputs::default(), &mut faults).expect("a fleet");
        let given = Given {
            args: &IndexMap::new(),
            platforms: &fleet.variants[0].platforms,
        };
        let read = dockerfile::read(dockerfile, given);
        let recipe = Recipe {
            native: read.native,
            features: read.features(),
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
        let info = EngineInfo {
            version: version.into(),
            api: "1.41".into(),
            store: Store::GraphDriver,
            driver: "overlay2".into(),
            builder,
            platform: platform.parse().unwrap(),
            cpus: 2,
        };
        let recipes = [recipe];
        let graph = Graph::connect(&fleet, &recipes, &mut faults);
        let materials = Materials {
            fleet: &fleet,
            names: &VariantName::all(&fleet),
            recipes: &recipes,
            graph: &graph,
            ids: &ids(&fleet, &recipes),
        };
        let options = Options::new(false, [VariantId(0)].into(), &NoHistory);
        let plan = build(&materials, &Facts::default(), &options);
        supports(&plan, &info).err().map(|why| why.to_string())
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
    fn a_last_stage_on_the_build_platform_needs_the_right_engine() {
        let said = |platform: &str, dockerfile: &str| {
            said_on(
                platform,
                "\"buildkit\"",
                dockerfile,
                "28.5.2",
                Builder::BuildKit,
            )
        };
        let native = "FROM --platform=$BUILDPLATFORM a AS b\nFROM b\n";
        assert_eq!(said("linux/amd64", native), None);
        let refused = said("linux/arm64", native).unwrap();
        assert!(
            refused.starts_with("a:1: D:1: the last stage runs on the build platform, here linux/arm64, and the image is built for linux/amd64"),
            "{refused}"
        );
        let tools = "FROM --platform=$BUILDPLATFORM a AS b\nFROM scratch\nCOPY --from=b / /\n";
        assert_eq!(said("linux/arm64", tools), None);
    }

    #[test]
    fn engines_and_builders_are_compared() {
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
