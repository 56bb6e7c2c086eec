mod ending;
mod how;
mod reporters;

use crate::commands::engines::{self, Engines};
use crate::commands::older::Older;
use crate::commands::planned::Wanted;
use crate::commands::secrets::{self, Door};
use crate::commands::{
    Demand, Demands, Exit, Global, Host, World, check_committed, check_reviewed, check_set,
    complain, load_selected_in, print, warn,
};
use crate::host::{Hooks, HostHooks};
use crate::line::Ready;
use crate::memory::Compared;
use crate::name::{Digest, Tag};
use crate::plan::{MovedBack, Plan};
use crate::report::{self, Labels};
use crate::request::SecretValues;
use crate::run;
use crate::run::{Outcome, Policy, RunContext, RunParts, run_id};
use crate::tree::Tree;
use crate::workspace::Workspace;
use crate::workspace::git::History;
pub use ending::Ending;
pub use how::How;
pub use reporters::Format;
use reporters::{reporters, summary_file, write_summary};
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::mpsc::unbounded_channel;

/// Build the fleet, and with --push publish it in order
///
/// Builds the selected variants and everything that they are based on. Without --push, the images get their
/// public tags on the engine only. With --push, images whose recipe and parents have not changed are kept: images that are
/// based on older bases are counted, and `kiln nightly` rebuilds them.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln build\n  kiln build --push --jobs 2\n  kiln build core --push --fail-fast\n  kiln build core --push --force"
)]
pub struct Args {
    /// The variants to build, by image, variant or public reference [default: all]
    selectors: Vec<String>,
    /// Publish to the registries of the manifest
    #[arg(long)]
    push: bool,
    /// Without --push: fetch what is published or staged instead of building it
    #[arg(long, conflicts_with = "push")]
    reuse: bool,
    /// How to show progress; auto means bars on a terminal, lines elsewhere
    #[arg(long, value_enum, default_value = "auto")]
    format: Format,
    #[command(flatten)]
    running: Running,
}

/// How a run builds and reports.
#[derive(clap::Args, Debug, Default)]
pub struct Running {
    /// Build the selected variants again, without cache, and publish the new images
    #[arg(long)]
    pub(super) force: bool,
    /// With --force: use the cache
    #[arg(long, requires = "force", conflicts_with = "no_cache")]
    cache: bool,
    /// Build what is built without any cache
    #[arg(long)]
    no_cache: bool,
    /// Try images again that are failing: by default, a run leaves them to later `kiln nightly` runs unless they are selected by
    /// name or their recipe has changed
    #[arg(long)]
    pub(super) retry: bool,
    /// Look whether the SBOM and the provenance of each image still exist, and attach again what was deleted: by default, a run
    /// believes what it has recorded
    #[arg(long)]
    check_proofs: bool,
    /// Let this tag move to an older version or revision: TAG, IMAGE:TAG or a whole reference; may be repeated
    #[arg(long, value_name = "TAG")]
    pub(super) allow_older: Vec<String>,
    /// Refuse to build if kiln.lock is incomplete or the files under .circleci/images differ from what would be built;
    /// without it, such files are a warning
    #[arg(long)]
    locked: bool,
    #[command(flatten)]
    pub(super) how: How,
}

impl Running {
    /// A run that builds nothing.
    pub(super) fn reporting(junit: Option<PathBuf>, summary: Option<PathBuf>) -> Self {
        Self {
            how: How {
                junit,
                summary,
                ..How::default()
            },
            ..Self::default()
        }
    }

    /// The first option that a run needs to have an effect, and a plan does not have.
    pub(super) fn of_run(&self) -> Option<&'static str> {
        let given = [
            ("--no-cache", self.no_cache),
            ("--no-cache-from", self.how.no_cache_from),
            ("--check-proofs", self.check_proofs),
            ("--engine", !self.how.engines.is_empty()),
            ("--jobs", self.how.jobs.is_some()),
            ("--locked", self.locked),
            ("--retries", self.how.retries.is_some()),
            ("--keep-going", self.how.keep_going),
            ("--fail-fast", self.how.fail_fast),
            ("--builder", self.how.builder.is_some()),
            ("--junit", self.how.junit.is_some()),
            ("--summary", self.how.summary.is_some()),
            ("--quiet", self.how.quiet),
        ];
        given
            .iter()
            .find(|(_, is_given)| *is_given)
            .map(|(option, _)| *option)
    }

    /// Whether what is built is built without any cache.
    pub(super) fn is_without_cache(&self) -> bool {
        self.no_cache || (self.force && !self.cache)
    }
}

/// What a run is for.
pub(super) struct Purpose {
    pub push: bool,
    pub reuse: bool,
    pub compared: Compared,
    pub format: Format,
}

/// Runs `kiln build`.
///
/// # Errors
/// The run did not begin; the message was shown.
pub async fn run(args: Args, global: &Global, host: &Host) -> Result<Exit, Exit> {
    if args.push {
        host.refuse_untrusted("--push", "leave out --push")?;
        host.refuse_in_hook("`kiln build --push`")?;
    }
    refuse_without_effect(&args)?;
    let purpose = Purpose {
        push: args.push,
        reuse: args.reuse,
        compared: Compared::RecipeAndParents,
        format: args.format,
    };
    carry_out(&args.selectors, purpose, &args.running, global, host).await
}

fn refuse_without_effect(args: &Args) -> Result<(), Exit> {
    if !args.push && !args.running.allow_older.is_empty() {
        complain(
            "--allow-older has no effect without --push: no tag in a registry moves\n  add --push, or leave it out",
        );
        return Err(Exit::Wrong);
    }
    if !args.push && args.running.check_proofs {
        complain(
            "--check-proofs has no effect without --push: nothing is attached\n  add --push, or leave it out",
        );
        return Err(Exit::Wrong);
    }
    if !args.push && args.running.retry {
        complain(
            "--retry has no effect without --push: a run that does not publish builds everything\n  add --push, or leave it out",
        );
        return Err(Exit::Wrong);
    }
    if !args.push && !args.reuse && args.running.cache {
        complain(
            "--force --cache has no effect without --push or --reuse: everything is built, with the cache\n  leave both out",
        );
        return Err(Exit::Wrong);
    }
    args.running.how.refuse_quiet(Some(args.format))
}

impl Args {
    /// Whether it writes events to standard output.
    pub fn writes_events(&self) -> bool {
        self.format == Format::Json
    }
}

/// Plans and runs.
///
/// # Errors
/// The run did not begin; the message was shown.
pub(super) async fn carry_out(
    selectors: &[String],
    purpose: Purpose,
    running: &Running,
    global: &Global,
    host: &Host,
) -> Result<Exit, Exit> {
    let reads = purpose.push || purpose.reuse;
    let demands = Demands {
        checksums: Demand::Must,
        stage: if reads { Demand::Must } else { Demand::Unasked },
        bases: if running.locked {
            Demand::Must
        } else {
            Demand::Should
        },
    };
    let nightly = purpose.compared == Compared::Everything;
    let (workspace, ready, selected) = load_selected_in(selectors, global, host, demands)?;
    check_reviewed(&workspace, &ready, &selected, running.locked)?;
    if purpose.push {
        check_set(&ready, &selected)?;
        check_committed(&workspace, &ready, None);
    }
    let history = History::open(workspace.root());
    let wanted = Wanted {
        push: purpose.push,
        reuse: purpose.reuse,
        named: !selectors.is_empty(),
        retry: running.retry,
        compared: purpose.compared,
        force: running.force,
        no_cache: running.is_without_cache(),
        check_proofs: running.check_proofs,
        engines: running.how.engines.clone(),
        allow_older: Older::read(
            &running.allow_older,
            &ready.fleet,
            &ready.graph.with_ancestors(&selected),
        )?,
        ..Wanted::publish(selected)
    };
    if running.check_proofs && ready.fleet.attest.is_empty() {
        warn("--check-proofs has no effect: the workspace has no `attest`");
    }
    let world = World::open(host).of(ready.fleet.read_through());
    let (plan, back, engines) = planned(&ready, &wanted, running, &world, host, &history).await?;
    let ending = Ending {
        is_nightly: nightly,
        starts_over: running.force && ready.inputs.git.pipeline.is_none(),
        // What was not looked at may have changed.
        is_incomplete: nightly && plan.is_incomplete(),
        back,
    };
    if plan.builds() == 0 && running.no_cache && !running.force {
        warn("--no-cache has no effect: nothing is built");
    }
    let contexts = ready.contexts(&plan);
    let door = Door {
        host,
        workspace: &workspace,
        contexts: &contexts,
    };
    let made = Made {
        secrets: door.read(&plan)?,
        contexts,
        plan,
        history,
        hooks: hooks_of(&workspace, host),
        allow_older: wanted.allow_older.tags,
    };
    drop(ready);
    let parts = gather(made, &running.how, engines, &world, host).await?;
    go(parts, &running.how, purpose.format, ending, host).await
}

/// Carries out a plan that needs no engine, and the tags of which move backwards as far as `back` says.
pub(super) async fn without_engine(
    ready: &Ready,
    (plan, back): (Plan, Vec<MovedBack>),
    world: &World,
    made_for: (&Wanted, History, &Workspace),
    (running, format): (&Running, Format),
    host: &Host,
) -> Result<Exit, Exit> {
    let (wanted, history, workspace) = made_for;
    let made = Made {
        contexts: ready.contexts(&plan),
        secrets: secrets::hidden(&plan, workspace, host),
        plan,
        history,
        hooks: hooks_of(workspace, host),
        allow_older: wanted.allow_older.tags.clone(),
    };
    let parts = gather(made, &running.how, Engines::default(), world, host).await?;
    let ending = Ending {
        back,
        ..Ending::default()
    };
    go(parts, &running.how, format, ending, host).await
}

/// What runs hooks, in the folder of the workspace; nothing does if the workspace is not trusted.
pub(super) fn hooks_of(workspace: &Workspace, host: &Host) -> Option<Arc<dyn Hooks>> {
    let hooks = || HostHooks::new(workspace.root().to_owned(), &host.env);
    (!host.env.is_untrusted()).then(|| Arc::new(hooks()) as Arc<dyn Hooks>)
}

/// A plan, and what belongs to it.
pub(super) struct Made {
    pub plan: Plan,
    /// The build contexts that it names.
    pub contexts: HashMap<Digest, Arc<Tree>>,
    /// What its builds mount.
    pub secrets: SecretValues,
    pub history: History,
    /// What runs its hooks.
    pub hooks: Option<Arc<dyn Hooks>>,
    /// Tags that may go backwards.
    pub allow_older: BTreeSet<Tag>,
}

async fn planned(
    ready: &Ready,
    wanted: &Wanted,
    running: &Running,
    world: &World,
    host: &Host,
    history: &History,
) -> Result<(Plan, Vec<MovedBack>, Engines), Exit> {
    if wanted.push || wanted.reuse {
        let (plan, back) = wanted.surveyed(ready, world, host, history).await?;
        let engines = match plan.needs_engine() {
            true => engines::connect(&running.how, host).await?,
            false => Engines::default(),
        };
        return Ok((plan, back, engines));
    }
    let engines = engines::connect(&running.how, host).await?;
    let first = engines.members.first().map(|member| &*member.engine);
    let plan = wanted.local(ready, world, host, history, first).await;
    Ok((plan, Vec::new(), engines))
}

/// Collects what the run needs, and checks that the engine can build the plan.
pub(super) async fn gather(
    made: Made,
    how: &How,
    engines: Engines,
    world: &World,
    host: &Host,
) -> Result<RunParts, Exit> {
    let untrusted = host.env.is_untrusted();
    let engines = engines::check(&made.plan, world, engines, untrusted).await?;
    world.check_credentials(made.plan.domains()).await?;
    Ok(RunParts {
        contexts: made.contexts,
        credentials: world.credentials.clone(),
        secrets: Arc::new(made.secrets),
        plan: made.plan,
        engines,
        hooks: made.hooks,
        registry: world.registry.clone(),
        run: run_id(),
        cache: !how.no_cache_from,
        retries: how.retries,
        history: Arc::new(made.history),
        allow_older: made.allow_older,
        stop: host.interruption.for_run(),
    })
}

/// Runs a plan and shows what happens.
pub(super) async fn go(
    parts: RunParts,
    args: &How,
    format: Format,
    ending: Ending,
    host: &Host,
) -> Result<Exit, Exit> {
    let policy = if args.fail_fast {
        Policy::FailFast
    } else {
        Policy::KeepGoing
    };
    let mut reporters = reporters(args, format, host, &Labels::new(&parts.plan))?;
    let page = summary_file(args, host)?;
    let (sender, mut events) = unbounded_channel();
    let ctx = Arc::new(RunContext::new(parts, sender));
    let listening = tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            reporters.iter_mut().for_each(|one| one.event(&event));
        }
        reporters
    });
    let outcome = run::run(ctx.clone(), policy).await;
    let mut summary = ending.summary(&ctx.plan, &outcome);
    let exit = match exit_of(&outcome, &ctx.plan) {
        Exit::Done if summary.is_unmended() || ending.is_incomplete => Exit::Failed,
        exit => exit,
    };
    summary.exit = exit as u8;
    let closing = format!(
        "{}{}\n{}\n",
        report::table(&summary.rows),
        report::failures(&ctx.plan, &outcome),
        report::closing(&summary, &outcome)
    );
    if let Some(file) = page {
        write_summary(file, &report::job_summary(&ctx.plan, &outcome, &summary));
    }
    // The channel closes when the last sender is dropped.
    drop(ctx);
    if let Ok(mut reporters) = listening.await {
        reporters
            .iter_mut()
            .for_each(|one| one.close(&outcome, &summary));
    }
    if format != Format::Json {
        print(&closing);
    }
    Ok(exit)
}

fn exit_of(outcome: &Outcome, plan: &Plan) -> Exit {
    match outcome {
        o if o.stopped => Exit::Stopped,
        o if o.is_success() => Exit::Done,
        o if o.is_closed(plan) => Exit::Unreachable,
        o if plan.is_saved() && o.is_outrun() => Exit::Changed,
        _ => Exit::Failed,
    }
}
