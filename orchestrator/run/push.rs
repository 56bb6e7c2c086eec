//! One push through the engine, repeated until the registry has the image.

use crate::name::Reference;
use crate::plan::StepId;
use crate::request::{FaultKind, Patience, PushRequest, Store, Stored, WorldError};
use crate::run::RunContext;
use crate::run::local::Present;
use crate::run::silence::unless_silent;
use crate::run::watch::ask;
use std::time::Duration;

/// How often one push is tried: an engine does not retry a refused manifest by itself.
const PUSHES: u32 = 4;

/// How long a push may take before a note says that it goes on; the pause doubles with each note.
const SLOW: Duration = Duration::from_secs(15);
/// The longest pause between two notes.
const SELDOM: Duration = Duration::from_secs(300);

/// Pushes until the registry has the image: what the registry returns counts, not the result of the push.
pub(super) async fn push(
    ctx: &RunContext,
    step: StepId,
    present: &Present,
    content: &Reference,
) -> Result<Stored, WorldError> {
    let (engine, _) = ctx.engine()?;
    // A push needs the name on the engine. One that is dropped has no time to remove it.
    ctx.local().remember_name(content.to_string());
    let mut delay = Duration::from_secs(1);
    for attempt in 1.. {
        let domain = content.repository.domain();
        let credential = ctx.credential(domain).await?;
        let push = engine.push(PushRequest {
            image: present.name.clone(),
            reference: content.clone(),
            credential,
        });
        let pushed = unless_silent(&*ctx.registry, content, told(ctx, step, content, push)).await?;
        let stored = ctx.registry.manifest(content, Patience::READ).await?;
        match (pushed, stored) {
            (_, Some(stored)) => return Ok(stored),
            (Err(error), None)
                if attempt < PUSHES
                    && error.kind() == FaultKind::NotAllowed
                    && ctx.credentials.renew(domain).await? =>
            {
                let why = "the credential has expired; its helper has a new one";
                ctx.note(
                    step,
                    format!("push {attempt} of {PUSHES} failed, trying again: {why}"),
                );
            }
            (Err(error), None) if attempt == PUSHES || is_final(error.kind()) => {
                return Err(error);
            }
            (Ok(()), None) if attempt == PUSHES => {
                let why = "the engine pushed it, but the registry does not have it";
                return Err(WorldError::refused(content.to_string(), why));
            }
            (answer, None) => {
                // With several engines, another one goes on if this one is gone.
                if answer.is_err() && ctx.engines.is_several() {
                    ask(ctx).await?;
                }
                let why = answer.err().map_or_else(
                    || "the registry does not have it".to_owned(),
                    |e| e.to_string(),
                );
                ctx.note(
                    step,
                    format!("push {attempt} of {PUSHES} failed, trying again: {why}"),
                );
            }
        }
        tokio::time::sleep(delay).await;
        delay *= 2;
    }
    Err(WorldError::refused(content.to_string(), "not pushed"))
}

/// Awaits a push, and notes now and then that it goes on: a large image over a slow line takes minutes.
async fn told<T>(
    ctx: &RunContext,
    step: StepId,
    content: &Reference,
    push: impl Future<Output = T>,
) -> T {
    let (began, mut pause) = (tokio::time::Instant::now(), SLOW);
    tokio::pin!(push);
    loop {
        tokio::select! {
            pushed = &mut push => return pushed,
            () = tokio::time::sleep(pause) => {
                let (to, took) = (content.repository.familiar(), began.elapsed().as_secs());
                ctx.note(step, format!("it is being pushed to {to}, for {took} s so far"));
                pause = (pause * 2).min(SELDOM);
            }
        }
    }
}

/// Whether another push would fail in the same way: also where the repository or the image does not exist.
fn is_final(kind: FaultKind) -> bool {
    kind.is_final() || kind == FaultKind::NotFound
}

/// Whether a stored manifest is of the image that this engine has.
pub(super) fn is_image(ctx: &RunContext, stored: &Stored, present: &Present) -> bool {
    match ctx.engine().map(|(_, info)| info.store) {
        Ok(Store::GraphDriver) => stored.config() == Some(present.id),
        _ => stored.digest == present.id,
    }
}
