use crate::commands::{
    Demands, Exit, Global, Host, World, check_results, complain, engines, load_selected_in, print,
    print_json, tell, write_results,
};
use crate::engine::Engine;
use crate::matrix::VariantId;
use crate::memory::NoHistory;
use crate::name::NameError;
use crate::plan::{self, Action, Plan, TestImages};
use crate::report::{Tested, junit, tested, tested_json, tested_text};
use crate::request::EngineInfo;
use crate::run::{self, EventKind, Limits, Member, Policy, Pool, RunContext, RunParts, run_id};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::unbounded_channel;

/// Run the checks of built or published images
///
/// Tests the images that `kiln build` left on the engine under their public names, or with --published the
/// images that the registries serve. Builds nothing and writes only the report. For a variant with several
/// platforms, tests the image of the engine's own platform.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln test\n  kiln test --published --format junit --output results.xml\n  kiln test core --image 127.0.0.1:5000/core:candidate"
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
    /// Test on this engine: a Docker context, or an address such as ssh://user@host [default: that of KILN_ENGINES or DOCKER_HOST,
    /// or of the current context]
    #[arg(long, value_name = "NAME")]
    engine: Option<String>,
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
    let given: Vec<String> = args.engine.iter().cloned().collect();
    engines::check_names(&given, host)?;
    let (workspace, ready, selected) =
        load_selected_in(&args.selectors, global, host, Demands::NONE)?;
    let output = [("--output", args.output.as_deref())];
    check_results(&output, (&workspace, &ready), None)?;
    let images = args.images()?;
    if let (Some(image), false) = (&args.image, selected.len() == 1) {
        complain(&format!(
            "--image {image} is one image, but {} variants are selected: name the one whose checks it must pass",
            selected.len()
        ));
        return Err(Exit::Wrong);
    }
    let has_checks = |v: &VariantId| !ready.fleet.variant(*v).checks.is_empty();
    if !selected.iter().any(has_checks) {
        tell("warning: there is nothing to test: no selected variant has a check");
        return finish(args, &[], Duration::ZERO);
    }
    let name = args.engine(host).await?;
    let (engine, info) = World::engine(host, None, name.as_deref()).await?;
    let plan = plan::test(&ready.materials(), &selected, &images, &info.platform);
    let parts = parts(plan, &images, (engine, info), host).await?;
    carry_out(args, parts).await
}

fn member((engine, info): (Arc<dyn Engine>, EngineInfo)) -> Member {
    let at_once = info.cpus.clamp(1, 4);
    Member {
        name: Arc::from("the engine"),
        engine,
        info,
        platforms: None,
        limits: Limits {
            builds: at_once,
            transfers: at_once,
        },
    }
}

impl Args {
    /// The name of the engine; `None` for that of the environment.
    async fn engine(&self, host: &Host) -> Result<Option<String>, Exit> {
        let given = self.engine.iter().cloned().collect::<Vec<_>>();
        let names = engines::names(&given, &host.env);
        let mut names = engines::distinct(names, &host.env).await;
        if names.len() < 2 {
            return Ok(names.pop());
        }
        complain(&format!(
            "`kiln test` looks at the images of one engine, and KILN_ENGINES names {}\n  name one with --engine",
            names.join(", ")
        ));
        Err(Exit::Wrong)
    }

    fn images(&self) -> Result<TestImages, Exit> {
        let Some(image) = &self.image else {
            return Ok(match self.published {
                true => TestImages::Published,
                false => TestImages::Built,
            });
        };
        let image = image.parse().map_err(|why: NameError| {
            complain(&why.to_string());
            Exit::Wrong
        })?;
        Ok(TestImages::Image(image))
    }
}

async fn parts(
    plan: Plan,
    images: &TestImages,
    engine: (Arc<dyn Engine>, EngineInfo),
    host: &Host,
) -> Result<RunParts, Exit> {
    let world = World::open(host);
    let transfers = engine.1.cpus.clamp(1, 4);
    let used = plan.steps.iter().filter_map(|step| match &step.action {
        Action::Use { image, .. } => Some(image.repository.domain().clone()),
        _ => None,
    });
    // The engine's own images need no credential.
    let domains = used.filter(|_| *images != TestImages::Built).collect();
    world.check_credentials(domains).await?;
    Ok(RunParts {
        contexts: HashMap::new(),
        credentials: world.credentials,
        secrets: Arc::default(),
        plan,
        engines: Pool::new(vec![member(engine)], transfers),
        registry: world.registry,
        run: run_id(),
        hooks: None,
        cache: false,
        retries: None,
        history: Arc::new(NoHistory),
        allow_older: Default::default(),
        stop: host.interruption.for_run(),
    })
}

/// Runs the plan and reports what its checks found.
async fn carry_out(args: &Args, parts: RunParts) -> Result<Exit, Exit> {
    let (sender, mut events) = unbounded_channel();
    let ctx = Arc::new(RunContext::new(parts, sender));
    let listening = tokio::spawn(async move {
        let mut results = Vec::new();
        while let Some(event) = events.recv().await {
            if let EventKind::Checked { step, result } = event.kind {
                results.push((step, *result));
            }
        }
        results
    });
    let outcome = run::run(ctx.clone(), Policy::KeepGoing).await;
    let plan = ctx.plan.clone();
    // The channel closes with the last sender.
    drop(ctx);
    let results = listening.await.unwrap_or_default();
    let exit = finish(args, &tested(&plan, &outcome, &results), outcome.took)?;
    if outcome.stopped {
        tell("stopped; run the same command again");
        return Ok(Exit::Stopped);
    }
    Ok(exit)
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
            write_results("--output", path, &report)?;
            print(&tested_text(all, took));
        }
    }
    let unreachable = |one: &Tested| matches!(&one.results, Err(error) if error.kind().is_closed());
    Ok(match all {
        all if all.iter().all(Tested::passed) => Exit::Done,
        all if all.iter().all(unreachable) => Exit::Unreachable,
        _ => Exit::Failed,
    })
}
