//! Whether the engines of a run are in reach. A single engine is not watched: what it does not answer to fails.

use crate::request::WorldError;
use crate::run::{EngineId, Member, RunContext, late};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

/// How often an engine is queried whether it answers.
const INTERVAL: Duration = Duration::from_secs(10);
/// How often one that is gone is queried whether it is back.
const RETURNING: Duration = Duration::from_secs(5);
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many answers in a row may be late: a busy engine answers late, one without power never.
const LATE: usize = 3;

/// What has changed about an engine.
pub(super) enum Change {
    Gone(EngineId, WorldError),
    Back(EngineId),
    /// It did not answer at the start, and is a member of the run from now on.
    Joins(EngineId, Box<Member>),
    /// It did not answer at the start, and the run cannot use it.
    Refused(Arc<str>, String),
}

/// Watches all engines of a run, if there are several.
pub(super) struct Watch {
    changes: UnboundedReceiver<Change>,
    _tasks: JoinSet<()>,
}

impl Watch {
    pub fn new(ctx: &RunContext) -> Self {
        let (sender, changes) = unbounded_channel();
        let mut tasks = JoinSet::new();
        let on = |engine| Arc::new(ctx.on(Some(engine)));
        for (engine, _) in ctx.engines.iter().filter(|_| ctx.engines.is_several()) {
            tasks.spawn(watch(on(engine), engine, sender.clone()));
        }
        for (engine, _) in ctx.engines.late() {
            tasks.spawn(await_late(on(engine), engine, sender.clone()));
        }
        Self {
            changes,
            _tasks: tasks,
        }
    }

    /// The next change; never, if there is one engine.
    pub async fn next(&mut self) -> Change {
        match self.changes.recv().await {
            Some(change) => change,
            None => std::future::pending().await,
        }
    }
}

async fn watch(ctx: Arc<RunContext>, engine: EngineId, changes: UnboundedSender<Change>) {
    let mut late = 0;
    loop {
        let was_alive = ctx.engines.is_alive(engine);
        tokio::time::sleep(if was_alive { INTERVAL } else { RETURNING }).await;
        match (ask(&ctx).await, ctx.engines.is_alive(engine)) {
            (Ok(()), true) => late = 0,
            (Ok(()), false) => {
                late = 0;
                clear(&ctx).await;
                let _ = changes.send(Change::Back(engine));
            }
            (Err(why), true) => {
                late += 1;
                if late >= LATE {
                    let _ = changes.send(Change::Gone(engine, why));
                }
            }
            (Err(_), false) => {}
        }
    }
}

/// Waits until a late engine answers, and watches it from then on, if the run can use it.
async fn await_late(ctx: Arc<RunContext>, engine: EngineId, changes: UnboundedSender<Change>) {
    let own = ctx.engines.late().find(|(id, _)| *id == engine);
    let Some(late) = own.map(|(_, late)| late) else {
        return;
    };
    let admitted = loop {
        tokio::time::sleep(RETURNING).await;
        if let Ok(admitted) = late::admitted(&ctx, late).await {
            break admitted;
        }
    };
    let change = match admitted {
        Ok(member) => Change::Joins(engine, Box::new(member)),
        Err(why) => {
            let _ = changes.send(Change::Refused(late.name.clone(), why));
            return;
        }
    };
    let _ = changes.send(change);
    watch(ctx, engine, changes).await;
}

/// Removes what dropped steps have left on an engine that was out of reach. An error is left to the end of the run.
pub(super) async fn clear(ctx: &RunContext) {
    if let Ok((engine, _)) = ctx.engine() {
        let _ = tokio::time::timeout(PATIENCE, engine.clear(&ctx.run)).await;
    }
}

/// Whether the engine of a step answers, and its builder.
pub(super) async fn ask(ctx: &RunContext) -> Result<(), WorldError> {
    let (engine, info) = ctx.engine()?;
    let late = || WorldError::unreachable("the engine", "it does not answer");
    let answer = tokio::time::timeout(PATIENCE, engine.ping(info.builder)).await;
    answer.map_err(|_| late())?
}
