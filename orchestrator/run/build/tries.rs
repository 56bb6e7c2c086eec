//! Running a build, and running it again where that may help.

use crate::engine::Engine;
use crate::plan::StepId;
use crate::request::{BuildAnswer, BuildProgress, BuildRequest, FaultKind, WorldError};
use crate::run::{EventKind, RunContext};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::unbounded_channel;

/// How long to wait before the first retry of a failed step: twice as long before each further one.
const FIRST_DELAY: Duration = Duration::from_secs(2);

/// The longest time before a retry.
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// Runs the build: again while its step fails and retries are left, and once more without the engine's cache if that
/// cache is damaged.
pub(super) async fn repeated(
    ctx: &Arc<RunContext>,
    step: StepId,
    engine: &dyn Engine,
    mut request: BuildRequest,
    retries: u32,
) -> Result<BuildAnswer, WorldError> {
    let (mut failed, mut delay) = (0, FIRST_DELAY);
    loop {
        let error = match watched(ctx, step, engine, request.clone()).await {
            Err(error) => error,
            answer => return answer,
        };
        if error.kind() == FaultKind::CacheLost && !request.no_cache {
            ctx.note(step, "the engine's cache of this image is damaged, as an interrupted build can leave it: built again without it");
            request.cache_from.clear();
            request.no_cache = true;
        } else if failed < retries && may_pass(&error) {
            failed += 1;
            ctx.note(
                step,
                format!(
                    "retry {failed} of {retries} in {} s: {error}",
                    delay.as_secs()
                ),
            );
            tokio::time::sleep(delay).await;
            delay = (delay * 2).min(LONGEST_DELAY);
        } else {
            return Err(error);
        }
    }
}

/// Whether a build failed at one of its steps in a way that another try may not.
fn may_pass(error: &WorldError) -> bool {
    matches!(error, WorldError::Build(failure) if failure.may_pass())
}

/// Runs the build and passes on its progress.
async fn watched(
    ctx: &Arc<RunContext>,
    step: StepId,
    engine: &dyn Engine,
    request: BuildRequest,
) -> Result<BuildAnswer, WorldError> {
    let (sender, mut heard) = unbounded_channel();
    let listener = ctx.clone();
    let listening = tokio::spawn(async move {
        while let Some(progress) = heard.recv().await {
            listener.say(match listener.mask.progress(progress) {
                BuildProgress::Step { name, cached } => EventKind::Progress {
                    step,
                    text: name,
                    cached,
                },
                BuildProgress::Output(line) => EventKind::Output { step, line },
                BuildProgress::Warning { line, text } => {
                    listener.warn(step, line, &text);
                    continue;
                }
            });
        }
    });
    let answer = engine.build(request, sender).await;
    // The output of the build comes before its result; the channel closed with the build.
    let _ = listening.await;
    answer.map_err(|error| ctx.mask.error(error))
}
