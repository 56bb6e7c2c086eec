mod carried_out;
mod ending;
mod how;
mod reporters;
mod running;

use crate::commands::engines::{self, Engines};
use crate::commands::older::Older;
use crate::commands::planned::Wanted;
use crate::commands::secrets::{self, Door};
use crate::commands::{
    Demand, Demands, Exit, Global, Host, World, check_committed, check_reviewed, check_set,
    complain, load_selected_in, warn,
};
use crate::line::Ready;
use crate::memory::Compared;
use crate::plan::{MovedBack, Plan};
use crate::workspace::Workspace;
use crate::workspace::git::History;
pub(super) use carried_out::{Made, gather, go, hooks_of};
pub use ending::Ending;
pub use how::How;
pub use reporters::Format;
pub use running::Running;

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
    /// Without --push: fetch images that are up to date, published or staged, and build only the others; without it, all are built
    #[arg(long, conflicts_with = "push")]
    reuse: bool,
    /// How to show progress; auto means bars on a terminal, lines elsewhere
    #[arg(long, value_enum, default_value = "auto")]
    format: Format,
    #[command(flatten)]
    running: Running,
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
    engines::check_names(&running.how.engines, host)?;
    let nightly = purpose.compared == Compared::Everything;
    let (workspace, ready, selected) = load_selected_in(selectors, global, host, demands)?;
    running
        .how
        .check_results((&workspace, &ready), None, host)?;
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
