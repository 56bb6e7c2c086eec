//! What a command says about platforms that an engine emulates, or does not run.

use crate::commands::world::exit;
use crate::commands::{Exit, Host, complain, engines, tell, warn};
use crate::engine::{Engine, docker};
use crate::plan::{self, Plan, Unsupported};
use crate::request::{EngineInfo, WorldError};
use std::time::Duration;

/// How long the preview of a plan waits for an engine: it needs none.
const PREVIEW: Duration = Duration::from_secs(1);

/// How long an engine may take to notice an emulator: BuildKit keeps its list of platforms for 20 seconds.
const NOTICED: Duration = Duration::from_secs(25);

/// The time between two queries for an emulator that was just installed. BuildKit answers them from its list.
const AGAIN: Duration = Duration::from_secs(1);

/// Refuses a plan that runs programs on a platform that the engine neither runs nor emulates, and shows what is emulated. `waits`
/// says whether a missing emulator is waited for.
pub(super) async fn check(
    plan: &Plan,
    engine: &dyn Engine,
    info: &EngineInfo,
    waits: bool,
) -> Result<(), Exit> {
    let found = compared(plan, engine, info).await;
    let found = found.map_err(|why| exit(&why))?;
    let who = format!("{} lacks a platform, and notices", info.title());
    let again = async |_| compared(plan, engine, info).await;
    let found = noticed(found, &who, |found| waits && found.is_err(), again).await;
    match found.map_err(|why| exit(&why))? {
        Ok(notes) => {
            notes.iter().for_each(|note| tell(&format!("note: {note}")));
            Ok(())
        }
        Err(refused) => {
            refused.iter().for_each(|one| complain(&one.to_string()));
            Err(Exit::Wrong)
        }
    }
}

/// Shows the same for a plan that is not carried out, if the engines of the environment answer at once, and what their builder
/// lacks. Others may build it, so nothing is refused. They are queried only if an image is built. Whether a run on these
/// engines would end before its first build.
pub(super) async fn preview(plan: &Plan, host: &Host) -> bool {
    if plan.recipes().next().is_none() {
        return false;
    }
    let names = engines::names(&[], &host.env);
    let distinct = engines::distinct(names.clone(), &host.env);
    // What does not answer in time is another engine.
    let names = tokio::time::timeout(PREVIEW, distinct)
        .await
        .unwrap_or(names);
    if names.len() > 1 {
        return engines::preview(plan, &names, &host.env, PREVIEW).await;
    }
    let asked = async {
        let engine = match names.first() {
            None => docker::connect(&host.env, Duration::ZERO)?,
            Some(one) => docker::connect_to(&host.env, one, Duration::ZERO)?,
        };
        let info = engine.info().await?;
        if let Err(lacking) = plan::supports(plan, &info) {
            return Ok(Err(lacking));
        }
        compared(plan, &engine, &info).await
    };
    let notes = match tokio::time::timeout(PREVIEW, asked).await {
        Ok(Ok(Ok(notes))) => notes,
        Ok(Ok(Err(refused))) => {
            refused.iter().for_each(|one| warn(&one.to_string()));
            return true;
        }
        // A plan needs no engine.
        Ok(Err::<_, WorldError>(_)) | Err(_) => return false,
    };
    notes.iter().for_each(|note| tell(&format!("note: {note}")));
    false
}

type Compared = Result<Vec<String>, Vec<Unsupported>>;

/// What is found about platforms, looked at again while an emulator is missing that may have been installed a moment ago. `who`
/// begins the line that says so: "the engine lacks a platform, and notices".
pub(super) async fn noticed<T, E>(
    mut found: T,
    who: &str,
    lacks: impl Fn(&T) -> bool,
    mut again: impl AsyncFnMut(T) -> Result<T, E>,
) -> Result<T, E> {
    if !lacks(&found) {
        return Ok(found);
    }
    tell(&format!(
        "waiting up to {} s: {who} an emulator that was just installed after 20 s",
        NOTICED.as_secs()
    ));
    let until = tokio::time::Instant::now() + NOTICED;
    while lacks(&found) && tokio::time::Instant::now() < until {
        tokio::time::sleep(AGAIN).await;
        found = again(found).await?;
    }
    Ok(found)
}

async fn compared(
    plan: &Plan,
    engine: &dyn Engine,
    info: &EngineInfo,
) -> Result<Compared, WorldError> {
    let foreign = plan::foreign(plan, info);
    if foreign.is_empty() {
        return Ok(Ok(Vec::new()));
    }
    let reported = engine.platforms().await?;
    Ok(plan::emulated(&foreign, info, reported.as_deref()))
}
