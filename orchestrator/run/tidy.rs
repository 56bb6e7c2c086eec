//! What a run does on its engines before its first step and after its last one.

use crate::engine::Engine;
use crate::run::watch::{ask, clear};
use crate::run::{EngineId, RunContext};
use futures_util::future::join_all;
use std::time::Duration;

/// How long removing the run's names may take.
const CLEANING: Duration = Duration::from_secs(60);
/// How long the engine may take to remove containers.
const REMOVING: Duration = Duration::from_secs(5);
/// How long taking the lease, and removing what earlier runs left, may take.
const REAPING: Duration = Duration::from_secs(10);
/// How long removing names may take after Ctrl-C, when a person waits.
const CLEANING_STOPPED: Duration = Duration::from_secs(3);

/// Takes the lease on each engine, and removes what killed runs left once theirs has expired. Errors are left to another run.
pub(super) async fn begin(ctx: &RunContext) {
    let begin = join_all(ctx.engines.iter().map(|(_, member)| async {
        let _ = member.engine.hold(&ctx.run).await;
        let _ = member.engine.reap(crate::host::now().as_second()).await;
    }));
    tokio::select! {
        _ = tokio::time::timeout(REAPING, begin) => {}
        () = ctx.stop.soon.cancelled() => {}
    }
}

/// Removes the run's own names from the engines, and those of runs that were killed a short time before it. One that was out of
/// reach is cleaned if it answers by now; else the next run there removes what it has.
pub(super) async fn clean(ctx: &RunContext, is_stopped: bool) {
    let patience = if is_stopped {
        CLEANING_STOPPED
    } else {
        CLEANING
    };
    let engines = ctx.engines.iter().map(|(id, member)| async move {
        if ctx.engines.is_alive(id) || is_back(&ctx.on(Some(id)), patience).await {
            clean_one(ctx, id, &*member.engine, patience).await;
        }
    });
    join_all(engines).await;
}

/// Whether an engine that was out of reach answers again; then what dropped steps have left there is removed.
async fn is_back(ctx: &RunContext, patience: Duration) -> bool {
    let asked = tokio::time::timeout(patience.min(REMOVING), ask(ctx)).await;
    let is_back = asked.is_ok_and(|answer| answer.is_ok());
    if is_back {
        let _ = tokio::time::timeout(patience, clear(ctx)).await;
    }
    is_back
}

/// The lease goes last: what is left without it is removed by the next run.
async fn clean_one(ctx: &RunContext, id: EngineId, engine: &dyn Engine, patience: Duration) {
    // A name cannot be removed while a container uses its image.
    let _ = tokio::time::timeout(patience.max(REMOVING), engine.settle()).await;
    let all = async {
        for name in ctx.images.on(id).take_names() {
            // A name that remains does no harm.
            let _ = engine.untag(&name).await;
        }
    };
    let _ = tokio::time::timeout(patience, all).await;
    if !ctx.stop.soon.is_cancelled() {
        let now = crate::host::now().as_second();
        let _ = tokio::time::timeout(REMOVING, engine.reap(now)).await;
    }
    let _ = tokio::time::timeout(patience, engine.release()).await;
}
