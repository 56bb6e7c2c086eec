use crate::commands::build::interrupted;
use crate::commands::{
    Demands, Exit, Global, Host, World, complain, load_selected, print, print_json, tell,
};
use crate::engine::Engine;
use crate::line::Ready;
use crate::matrix::{Variant, VariantId};
use crate::name::{NameError, Platform, Reference};
use crate::report::{Tested, junit, tested_json, tested_text};
use crate::request::{Credentials, EngineInfo, FaultKind, Patience, PullRequest, WorldError};
use crate::run::{self, Subject, run_checks};
use futures_util::FutureExt as _;
use futures_util::stream::{self, StreamExt as _};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the engine may take to remove the containers.
const REMOVING: Duration = Duration::from_secs(5);

/// Run the checks of built or published images
///
/// Tests the images that `kiln build` left on the engine under their public names, or with --published the
/// images that the registries serve. Builds nothing and writes only the report. For a variant with several
/// platforms, tests the image of the engine's own platform.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln test\n  kiln test --published --format junit --output results.xml\n  kiln test --help"
)]
pub struct Args {
    /// The variants to test, by image, variant or public reference [default: all]
    selectors: Vec<String>,
    /// Test this image with the checks of the selected variant, which must be exactly one
    #[arg(long, value_name = "REFERENCE", conflicts_with = "published")]
    image: Option<String>,
    /// Test the images that the registries serve, by digest
    #[arg(long)]
    published: bool,
    /// The format of the report
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Write the report to a file, and a text report to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The format of the report.
#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Text,
    Json,
    Junit,
}

/// Runs `kiln test`.
pub async fn run(args: Args, global: &Global, host: &Host) -> Exit {
    match test(&args, global, host).await {
        Ok(exit) | Err(exit) => exit,
    }
}

async fn test(args: &Args, global: &Global, host: &Host) -> Result<Exit, Exit> {
    let (ready, selected) = load_selected(&args.selectors, global, host, Demands::NONE)?;
    let wanted = wanted(&ready, &selected);
    if let (Some(image), false) = (&args.image, selected.len() == 1) {
        complain(&format!(
            "--image {image} is one image, but {} variants are selected: name the one whose checks it must pass",
            selected.len()
        ));
        return Err(Exit::Wrong);
    }
    if wanted.is_empty() {
        tell("warning: there is nothing to test: no selected variant has a check");
        return finish(args, &[], Duration::ZERO);
    }
    let (engine, info) = World::engine(host, None).await?;
    let bench = Bench::open(args, &wanted, World::open(host), engine, info).await?;
    let began = Instant::now();
    let Some(all) = bench.test(&wanted).await else {
        complain("stopped");
        return Err(Exit::Failed);
    };
    finish(args, &all, began.elapsed())
}

/// The selected variants that have checks.
fn wanted<'a>(ready: &'a Ready, selected: &BTreeSet<VariantId>) -> Vec<&'a Variant> {
    ready
        .fleet
        .variants
        .iter()
        .filter(|v| selected.contains(&v.id) && !v.checks.is_empty())
        .collect()
}

fn finish(args: &Args, all: &[Tested], took: Duration) -> Result<Exit, Exit> {
    let report = match args.format {
        Format::Text => tested_text(all, took),
        Format::Json => format!("{:#}\n", tested_json(all, took)),
        Format::Junit => junit(all, took),
    };
    match &args.output {
        None if args.format == Format::Json => print_json(&report),
        None => print(&report),
        Some(path) => {
            std::fs::write(path, report).map_err(|why| {
                complain(&format!("{} cannot be written: {why}", path.display()));
                Exit::Failed
            })?;
            print(&tested_text(all, took));
        }
    }
    let unreachable =
        |one: &Tested| matches!(&one.results, Err(error) if error.kind().is_unreachable());
    Ok(match all {
        all if all.iter().all(Tested::passed) => Exit::Done,
        all if all.iter().all(unreachable) => Exit::Unreachable,
        _ => Exit::Failed,
    })
}

/// The engine and the registries, and which images to test.
struct Bench {
    engine: Arc<dyn Engine>,
    info: EngineInfo,
    world: World,
    credentials: Credentials,
    image: Option<Reference>,
    published: bool,
    run: String,
}

/// An image on the engine.
struct Found {
    /// A local name or id.
    local: String,
    /// The name that is shown.
    shown: String,
    /// The local name to remove afterwards, if the image was pulled only for the test.
    pulled: Option<String>,
}

impl Bench {
    async fn open(
        args: &Args,
        wanted: &[&Variant],
        world: World,
        engine: Arc<dyn Engine>,
        info: EngineInfo,
    ) -> Result<Self, Exit> {
        let image: Option<Reference> = args
            .image
            .as_ref()
            .map(|text| text.parse())
            .transpose()
            .map_err(|why: NameError| {
                complain(&why.to_string());
                Exit::Wrong
            })?;
        let public = wanted
            .iter()
            .filter(|_| args.published)
            .filter_map(|v| v.public_name());
        let domains = public
            .chain(image.clone())
            .map(|reference| reference.repository.domain().clone())
            .collect();
        let credentials = world.collect(domains).await?;
        Ok(Self {
            engine,
            info,
            world,
            credentials,
            image,
            published: args.published,
            run: run::run_id(),
        })
    }

    /// Tests all variants, several at once; `None` if the user interrupted it. Removes all containers either way.
    async fn test(&self, wanted: &[&Variant]) -> Option<Vec<Tested>> {
        let _ =
            tokio::time::timeout(REMOVING, self.engine.reap(crate::host::now().as_second())).await;
        let mut all = Vec::with_capacity(wanted.len());
        for variant in wanted {
            all.push(self.one(variant).boxed());
        }
        let at_once = self.info.cpus.clamp(1, 4);
        let all = tokio::select! {
            all = stream::iter(all).buffered(at_once).collect::<Vec<_>>() => Some(all),
            () = interrupted() => None,
        };
        let _ = tokio::time::timeout(REMOVING, self.engine.settle()).await;
        all
    }

    async fn one(&self, variant: &Variant) -> Tested {
        let began = Instant::now();
        let native = variant
            .platforms
            .iter()
            .find(|p| **p == self.info.platform)
            .or(variant.platforms.first());
        let platform = native.unwrap_or(&self.info.platform);
        let found = self.find(variant, platform).await;
        let (image, results) = match found {
            Ok(found) => {
                let subject = Subject {
                    engine: &*self.engine,
                    image: &found.local,
                    platform,
                    run: &self.run,
                };
                let results = run_checks(&subject, &variant.checks, &|_| {}).await;
                if let Some(name) = &found.pulled {
                    // A leftover name does no harm.
                    let _ = self.engine.untag(name).await;
                }
                (found.shown, results)
            }
            Err(error) => (
                variant
                    .public_name()
                    .map(|name| name.familiar())
                    .unwrap_or_default(),
                Err(error),
            ),
        };
        Tested {
            variant: variant.label(),
            image,
            platform: platform.to_string(),
            results,
            took: began.elapsed(),
        }
    }

    async fn find(&self, variant: &Variant, platform: &Platform) -> Result<Found, WorldError> {
        let refused = |why: &str| WorldError::refused(variant.label(), why);
        let name = match &self.image {
            Some(image) => image.clone(),
            None => variant
                .public_name()
                .ok_or_else(|| refused("it has no public name"))?,
        };
        if self.published {
            return self.pull_published(&name, platform).await;
        }
        let local = name.familiar();
        if self.engine.inspect(&local).await?.is_some() {
            return Ok(Found {
                shown: local.clone(),
                local,
                pulled: None,
            });
        }
        if self.image.is_none() {
            return Err(refused(&format!(
                "the engine has no image {local}; build it with `kiln build`, or test the image in the registry with --published"
            )));
        }
        self.pull(&name, platform).await?;
        Ok(Found {
            shown: local.clone(),
            local,
            pulled: None,
        })
    }

    /// Pulls by digest, so that the tested image is the one that the registry served at that moment.
    async fn pull_published(
        &self,
        name: &Reference,
        platform: &Platform,
    ) -> Result<Found, WorldError> {
        let digest = self.world.registry.head(name, Patience::READ).await?;
        let missing = || {
            let why = "the registry does not have it";
            WorldError::fault(FaultKind::NotFound, name.familiar(), why)
        };
        let pinned = Reference::pinned(name.repository.clone(), digest.ok_or_else(missing)?);
        let local = pinned.to_string();
        let shown = format!(
            "{} at {}",
            name.familiar(),
            digest.map(|d| d.short()).unwrap_or_default()
        );
        if self.engine.inspect(&local).await?.is_some() {
            return Ok(Found {
                local,
                shown,
                pulled: None,
            });
        }
        self.pull(&pinned, platform).await?;
        Ok(Found {
            pulled: Some(local.clone()),
            local,
            shown,
        })
    }

    async fn pull(&self, reference: &Reference, platform: &Platform) -> Result<(), WorldError> {
        let credential = self.credentials.get(reference.repository.domain()).cloned();
        self.engine
            .pull(PullRequest {
                reference: reference.clone(),
                platform: platform.clone(),
                credential,
            })
            .await
    }
}
