use crate::commands::world::{exit, refuse};
use crate::commands::{Demand, Demands, Exit, Global, Host, World, complain, load_selected, print};
use crate::engine::Engine;
use crate::line::Ready;
use crate::matrix::VariantId;
use crate::plan::{self, Facts, Options, Plan};
use crate::report::{self, Json, Labels, Plain, Reporter, Terminal};
use crate::request::{Builder, EngineInfo, Patience};
use crate::run::{Limits, Outcome, Policy, RunContext, RunParts, run_id};
use crate::{run, survey};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::mpsc::unbounded_channel;

/// Build the fleet, and with --push publish it in order
///
/// Builds the selected variants and everything that they are based on. Without --push, the images get their
/// public tags on the engine only. With --push, images that are already staged and published are left alone.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln build\n  kiln build --push --jobs 2\n  kiln build core --push --fail-fast"
)]
pub struct Args {
    /// The variants to build, by image, variant or public reference [default: all]
    selectors: Vec<String>,
    /// Publish to the registries of the manifest
    #[arg(long)]
    push: bool,
    /// The number of parallel builds [default: the engine's processors, 2 to 8]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
    /// Continue with everything that does not depend on a failed step (the default)
    #[arg(long, conflicts_with = "fail_fast")]
    keep_going: bool,
    /// Start nothing new after the first failure
    #[arg(long)]
    fail_fast: bool,
    /// Build every selected image, as a build without --push always does; refused with --push
    #[arg(long)]
    force: bool,
    /// Do not use previous images as cache
    #[arg(long)]
    no_cache_from: bool,
    /// The builder of the engine to use [default: BuildKit if the engine supports it]
    #[arg(long, value_enum)]
    builder: Option<BuilderName>,
    /// How to show progress; auto means bars on a terminal, lines elsewhere
    #[arg(long, value_enum, default_value = "auto")]
    format: Format,
    /// Hide the output of builds; a failed build still shows its last lines
    #[arg(short, long)]
    quiet: bool,
}

/// A builder of the engine.
#[derive(clap::ValueEnum, Debug, Clone, Copy)]
pub enum BuilderName {
    Buildkit,
    Classic,
}

/// How to show progress.
#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Auto,
    Bars,
    Plain,
    Json,
}

/// Runs `kiln build`.
pub async fn run(args: Args, global: &Global, host: &Host) -> Exit {
    match build(args, global, host).await {
        Ok(exit) | Err(exit) => exit,
    }
}

async fn build(args: Args, global: &Global, host: &Host) -> Result<Exit, Exit> {
    if args.force && args.push {
        return Err(refuse_force("kiln build --push"));
    }
    let stage = if args.push {
        Demand::Must
    } else {
        Demand::Unasked
    };
    let demands = Demands {
        checksums: Demand::Must,
        stage,
    };
    let (ready, selected) = load_selected(&args.selectors, global, host, demands)?;
    let world = World::open(host);
    let plan = planned(&ready, &args, selected, &world).await?;
    let parts = gather(&ready, &args, plan, &world, host).await?;
    drop(ready);
    Ok(go(parts, &args, host).await)
}

/// Explains why --force does not publish, and what to do instead.
pub(super) fn refuse_force(call: &str) -> Exit {
    complain(&format!(
        "`{call}` does not take --force: an image whose recipe has not changed is staged already, and that image would be published, not the new one\n  \
         change what the image is made from (a line of its template or Dockerfile, or a build argument), and `kiln build --push` builds and publishes it"
    ));
    Exit::Wrong
}

async fn planned(
    ready: &Ready,
    args: &Args,
    selected: BTreeSet<VariantId>,
    world: &World,
) -> Result<Plan, Exit> {
    let facts = match args.push {
        true => survey::published(
            &ready.fleet,
            &ready.graph,
            &ready.ids,
            &selected,
            &*world.registry,
        )
        .await
        .map_err(|why| exit(&why))?,
        false => Facts {
            online: true,
            ..Facts::default()
        },
    };
    let options = Options {
        push: args.push,
        selected,
    };
    Ok(plan::build(&ready.materials(), &facts, &options))
}

/// Collects what the run needs: the engine, one digest per base, build contexts, credentials.
async fn gather(
    ready: &Ready,
    args: &Args,
    plan: Plan,
    world: &World,
    host: &Host,
) -> Result<RunParts, Exit> {
    let builder = args.builder.map(|b| match b {
        BuilderName::Buildkit => Builder::BuildKit,
        BuilderName::Classic => Builder::Classic,
    });
    let engine = match plan.needs_engine() {
        true => Some(World::engine(host, builder).await?),
        false => None,
    };
    let plan = match &engine {
        Some((engine, info)) => buildable(plan, world, &**engine, info).await?,
        None => plan,
    };
    Ok(RunParts {
        contexts: ready.contexts(&plan),
        credentials: Arc::new(world.collect(plan.domains()).await?),
        plan,
        engine,
        registry: world.registry.clone(),
        run: run_id(),
        cache: !args.no_cache_from,
        stop: host.interruption.for_run(),
    })
}

/// The plan with its bases locked, if this engine can build it on them.
async fn buildable(
    plan: Plan,
    world: &World,
    engine: &dyn Engine,
    info: &EngineInfo,
) -> Result<Plan, Exit> {
    plan::supports(&plan, info).map_err(|why| {
        complain(&why.to_string());
        Exit::Wrong
    })?;
    let locks = world.locks(&plan, engine).await?;
    let plan = plan.with_bases(locks);
    let bases = survey::Bases {
        plan: &plan,
        registry: &*world.registry,
        engine: Some((engine, &info.platform)),
        patience: Patience::READ,
    };
    refuse(&bases.unmade().await.map_err(|why| exit(&why))?)?;
    Ok(plan)
}

async fn go(parts: RunParts, args: &Args, host: &Host) -> Exit {
    let cpus = parts.engine.as_ref().map_or(2, |(_, info)| info.cpus);
    let limits = Limits {
        builds: args.jobs.map_or(cpus.clamp(2, 8), usize::from),
        transfers: 8,
    };
    let policy = if args.fail_fast {
        Policy::FailFast
    } else {
        Policy::KeepGoing
    };
    let mut reporter = reporter(args, host, Labels::new(&parts.plan));
    let (sender, mut events) = unbounded_channel();
    let ctx = Arc::new(RunContext::new(parts, sender));
    let listening = tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            reporter.event(&event);
        }
        reporter
    });
    let outcome = run::run(ctx.clone(), limits, policy).await;
    let rows = report::rows(&ctx.plan, &outcome);
    let closing = format!(
        "{}{}\n{}\n",
        report::table(&rows),
        report::failures(&ctx.plan, &outcome),
        report::closing(&ctx.plan, &rows, &outcome)
    );
    // The channel closes when the last sender is dropped.
    drop(ctx);
    if let Ok(mut reporter) = listening.await {
        reporter.close(&outcome, &rows);
    }
    if args.format != Format::Json {
        print(&closing);
    }
    exit_of(&outcome)
}

fn exit_of(outcome: &Outcome) -> Exit {
    match outcome {
        o if o.stopped => Exit::Stopped,
        o if o.is_success() => Exit::Done,
        o if o.is_unreachable() => Exit::Unreachable,
        _ => Exit::Failed,
    }
}

fn reporter(args: &Args, host: &Host, labels: Labels) -> Box<dyn Reporter> {
    let bars = host.colour && host.env.get("CI").is_none() && host.env.get("TERM") != Some("dumb");
    match args.format {
        Format::Json => Box::new(Json::new(std::io::stdout(), labels)),
        Format::Bars => Box::new(Terminal::new(labels)),
        Format::Auto if bars => Box::new(Terminal::new(labels)),
        Format::Auto | Format::Plain => Box::new(Plain::new(std::io::stderr(), labels, args.quiet)),
    }
}
