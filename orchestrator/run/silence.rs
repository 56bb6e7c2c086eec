//! Notices a registry that goes silent while the engine pushes to it.
//!
//! An engine waits for such a registry for 300 s, four times over, and then blames itself (28.5.2). Kiln asks the registry
//! meanwhile, so it knows within a minute.

use crate::name::Reference;
use crate::registry::Registry;
use crate::request::{FaultKind, Patience, WorldError};
use std::time::Duration;
use tokio::time::Instant;

/// Between two questions.
const PAUSE: Duration = Duration::from_secs(5);

/// How long a registry may leave everything unanswered: one that takes longer for a HEAD request has stopped working.
const SILENCE: Duration = Duration::from_secs(45);

/// The shortest time for one answer.
const SHORTEST: Duration = Duration::from_secs(10);

/// For one question. A registry that throttles is not silent: the client waits as long as it was told to, and only then
/// asks.
fn question(unanswered: Duration) -> Patience {
    Patience {
        tries: 1,
        each: (PAUSE + SILENCE).saturating_sub(unanswered).max(SHORTEST),
        total: Duration::from_secs(180),
    }
}

/// Awaits the answer of a push, and drops the push if its registry goes silent.
///
/// # Errors
/// The registry is silent: nothing more can be learned from it in this step.
pub(super) async fn unless_silent<T>(
    registry: &dyn Registry,
    content: &Reference,
    push: impl Future<Output = T>,
) -> Result<T, WorldError> {
    tokio::select! {
        pushed = push => Ok(pushed),
        silent = silence(registry, content) => Err(silent),
    }
}

/// Ends when the registry has been silent for too long. Any answer counts, an error as well: a slow registry is not cut
/// off.
async fn silence(registry: &dyn Registry, content: &Reference) -> WorldError {
    let mut answered = Instant::now();
    loop {
        tokio::time::sleep(PAUSE).await;
        let patience = question(answered.elapsed());
        match registry.head(content, patience).await {
            Err(error) if error.kind() == FaultKind::NotReachable => {
                if answered.elapsed() >= SILENCE {
                    return silent(content, answered.elapsed());
                }
            }
            _ => answered = Instant::now(),
        }
    }
}

/// Measured on 28.5.2: such an engine hangs in each further push of these layers, also when the registry answers again.
fn silent(content: &Reference, since: Duration) -> WorldError {
    let why = format!(
        "it has answered nothing for {} s, in the middle of a push; run again when it answers, and if pushes through \
         this engine hang even then, restart the engine",
        since.as_secs()
    );
    WorldError::unreachable(content.repository.domain().as_str(), why)
}
