//! Engines that do not answer when a run starts: each is queried until it answers, and joins the run if it can work with the
//! others.

use crate::plan;
use crate::request::{Patience, WorldError};
use crate::run::{Member, RunContext, reach};
use crate::survey;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;

/// An engine that did not answer at the start.
pub struct Late {
    /// Its name for people.
    pub name: Arc<str>,
    /// Connects to it.
    pub connect: Connect,
}

/// One attempt to connect to an engine.
pub type Connect = Box<dyn Fn() -> BoxFuture<'static, Result<Member, WorldError>> + Send + Sync>;

/// How long it may take to connect.
const PATIENCE: Duration = Duration::from_secs(10);

/// A late engine as a run takes it, with its lease; or why the run does not use it.
///
/// # Errors
/// It does not answer.
pub(super) async fn admitted(
    ctx: &RunContext,
    late: &Late,
) -> Result<Result<Member, String>, WorldError> {
    let silent = |_| WorldError::unreachable("the engine", "it does not answer");
    let connected = tokio::time::timeout(PATIENCE, (late.connect)()).await;
    let member = connected.map_err(silent)??;
    if let Some(why) = refused(ctx, &member) {
        return Ok(Err(why));
    }
    let member = member.reported(&ctx.plan).await?;
    if let Some(why) = unfit(ctx, &member).await? {
        return Ok(Err(why));
    }
    begin(ctx, &member).await?;
    Ok(Ok(member))
}

/// Why a run does not use an engine with these properties.
fn refused(ctx: &RunContext, member: &Member) -> Option<String> {
    let same = ctx.engines.members().find(|one| one.is_same(member));
    match same {
        Some(same) => Some(format!("it is the same engine as {}", same.name)),
        None => {
            let why = plan::supports_any(&ctx.plan, &member.info).err();
            why.map(|why| why.to_string())
        }
    }
}

/// Why an engine cannot work with the bases or the registries of the plan.
async fn unfit(ctx: &RunContext, member: &Member) -> Result<Option<String>, WorldError> {
    let bases = survey::Bases {
        plan: &ctx.plan,
        registry: &*ctx.registry,
        engine: Some((&*member.engine, &member.info.platform)),
        patience: Patience::READ,
        is_untrusted: !ctx.credentials.is_open(),
    };
    // For the platforms of the other engines, they were compared before the run.
    let mut others = ctx.engines.members();
    let is_known = others.any(|one| one.info.platform == member.info.platform);
    if !is_known && let Some(why) = bases.unfit().await?.first() {
        return Ok(Some(why.to_string()));
    }
    for question in ctx.engines.questions() {
        let credential = ctx.credential(question.domain()).await?;
        let engine = (&*member.engine, &member.info);
        let unseen = reach::unseen(engine, question, credential.as_ref()).await;
        if let Some(why) = unseen {
            return Ok(Some(format!("it {why}")));
        }
    }
    Ok(None)
}

/// What the other engines did before the first step.
async fn begin(ctx: &RunContext, member: &Member) -> Result<(), WorldError> {
    member.engine.hold(&ctx.run).await?;
    // What killed runs have left is removed by another run otherwise.
    let _ = member.engine.reap(crate::host::now().as_second()).await;
    Ok(())
}
