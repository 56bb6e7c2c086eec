//! Carrying out a plan, and showing what happens.

use super::reporters::{reporters, summary_file};
use super::{Ending, Format, How};
use crate::commands::engines::{self, Engines};
use crate::commands::{Exit, Host, World, print};
use crate::host::{Hooks, HostHooks};
use crate::name::{Digest, Tag};
use crate::plan::Plan;
use crate::report::{self, Labels};
use crate::request::SecretValues;
use crate::run::{self, Outcome, Policy, RunContext, RunParts, run_id};
use crate::tree::Tree;
use crate::workspace::Workspace;
use crate::workspace::git::History;
use std::collections::{BTreeSet, HashMap};
use std::io::Write as _;
use std::sync::Arc;
use tokio::sync::mpsc::unbounded_channel;

/// What runs hooks, in the folder of the workspace; nothing does if the workspace is not trusted.
pub(in crate::commands) fn hooks_of(workspace: &Workspace, host: &Host) -> Option<Arc<dyn Hooks>> {
    let hooks = || HostHooks::new(workspace.root().to_owned(), &host.env);
    (!host.env.is_untrusted()).then(|| Arc::new(hooks()) as Arc<dyn Hooks>)
}

/// A plan, and what belongs to it.
pub(in crate::commands) struct Made {
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

/// Collects what the run needs, and checks that the engine can build the plan.
pub(in crate::commands) async fn gather(
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
pub(in crate::commands) async fn go(
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
    if let Some(mut file) = page {
        let page = report::job_summary(&ctx.plan, &outcome, &summary);
        // The file says itself what it does not take.
        let _ = file.write_all(page.as_bytes()).and_then(|()| file.flush());
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
