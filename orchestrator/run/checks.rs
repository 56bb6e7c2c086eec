//! Running the checks of an image, in containers that kiln creates.

use crate::check::{self, Check, Verdict};
use crate::engine::Engine;
use crate::host;
use crate::name::Platform;
use crate::request::{
    CheckFailure, ContainerAnswer, ContainerRequest, ContainerTask, FailedCheck, FaultKind,
    ImageInfo, Look, Mark, WorldError,
};
use futures_util::FutureExt as _;
use futures_util::stream::{self, StreamExt as _};
use std::time::{Duration, Instant};

/// The number of containers of one image at once.
const AT_ONCE: usize = 4;
/// How long after its own time limit another run may remove a container.
const SLACK: Duration = Duration::from_secs(600);

/// A check with its verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckResult {
    /// The check.
    pub check: Check,
    /// Whether it passed, and why.
    pub verdict: Verdict,
    /// How long it took.
    pub took: Duration,
}

/// An image on an engine, and the run that its containers belong to.
pub struct Subject<'a> {
    /// The engine that has the image.
    pub engine: &'a dyn Engine,
    /// A local name or id.
    pub image: &'a str,
    /// The platform of the image.
    pub platform: &'a Platform,
    /// A word of this run.
    pub run: &'a str,
}

/// Runs the checks for the platform, several at once, and reports each result as it arrives. Results are returned in the
/// order of the checks. An error comes from the engine: then there are no results.
pub async fn run_checks(
    subject: &Subject<'_>,
    checks: &[Check],
    heard: &(dyn Fn(&CheckResult) + Sync),
) -> Result<Vec<CheckResult>, WorldError> {
    let info = subject.engine.inspect(subject.image).await?;
    let missing = || {
        let why = "the engine does not have this image";
        WorldError::fault(FaultKind::NotFound, subject.image, why)
    };
    let info = info.ok_or_else(missing)?;
    let checks: Vec<&Check> = checks
        .iter()
        .filter(|check| check.is_for(subject.platform))
        .collect();
    let (looks, others): (Vec<_>, Vec<_>) = checks
        .iter()
        .enumerate()
        .map(|(at, check)| (at, *check, check.task(&info)))
        .partition(|(_, _, task)| matches!(task, Some(ContainerTask::Look(_))));
    let looked = looked(subject, &info, looks, heard);
    let mut questions = Vec::with_capacity(others.len());
    for (at, check, task) in others {
        questions.push(asked(subject, &info, at, check, task, heard).boxed());
    }
    let asked = stream::iter(questions).buffer_unordered(AT_ONCE);
    let (looked, asked) = futures_util::future::join(looked, asked.collect::<Vec<_>>()).await;
    let mut results: Vec<(usize, CheckResult)> = looked?;
    for result in asked {
        results.push(result?);
    }
    results.sort_by_key(|(at, _)| *at);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

async fn asked(
    subject: &Subject<'_>,
    info: &ImageInfo,
    at: usize,
    check: &Check,
    task: Option<ContainerTask>,
    heard: &(dyn Fn(&CheckResult) + Sync),
) -> Result<(usize, CheckResult), WorldError> {
    let began = Instant::now();
    let answer = match task {
        Some(task) => Some(subject.engine.examine(request(subject, task)).await?),
        None => None,
    };
    Ok((at, judged(check, info, answer.as_ref(), began, heard)))
}

/// All checks of files share one container.
async fn looked(
    subject: &Subject<'_>,
    info: &ImageInfo,
    looks: Vec<(usize, &Check, Option<ContainerTask>)>,
    heard: &(dyn Fn(&CheckResult) + Sync),
) -> Result<Vec<(usize, CheckResult)>, WorldError> {
    let began = Instant::now();
    let paths = |task: &Option<ContainerTask>| match task {
        Some(ContainerTask::Look(paths)) => paths.clone(),
        _ => Vec::new(),
    };
    let all: Vec<Look> = looks.iter().flat_map(|(_, _, task)| paths(task)).collect();
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let ContainerAnswer::Looked(found) = subject
        .engine
        .examine(request(subject, ContainerTask::Look(all)))
        .await?
    else {
        let why = "the engine answered another request";
        return Err(WorldError::refused(subject.image, why));
    };
    let mut found = found.into_iter();
    let own = |(at, check, task): (usize, &Check, Option<ContainerTask>)| {
        let own = found.by_ref().take(paths(&task).len()).collect();
        (
            at,
            judged(
                check,
                info,
                Some(&ContainerAnswer::Looked(own)),
                began,
                heard,
            ),
        )
    };
    Ok(looks.into_iter().map(own).collect())
}

fn judged(
    check: &Check,
    info: &ImageInfo,
    answer: Option<&ContainerAnswer>,
    began: Instant,
    heard: &(dyn Fn(&CheckResult) + Sync),
) -> CheckResult {
    let result = CheckResult {
        verdict: check.judge(info, answer),
        check: check.clone(),
        took: began.elapsed(),
    };
    heard(&result);
    result
}

pub(super) fn request(subject: &Subject<'_>, task: ContainerTask) -> ContainerRequest {
    let within = match &task {
        ContainerTask::Run(command) => command.within,
        ContainerTask::Serve(service) => service.within,
        ContainerTask::Look(_) | ContainerTask::Read(_) => Duration::ZERO,
    };
    let seconds = i64::try_from((within + SLACK).as_secs()).unwrap_or(i64::MAX);
    let mark = Mark {
        run: subject.run.into(),
        lease: host::now().as_second().saturating_add(seconds),
    };
    ContainerRequest {
        image: subject.image.into(),
        mark,
        task,
    }
}

/// The checks that failed, if any.
pub fn failure(results: &[CheckResult]) -> Option<CheckFailure> {
    let failed: Vec<FailedCheck> = results
        .iter()
        .filter(|result| !result.verdict.passed)
        .map(|result| FailedCheck {
            id: check::id(&result.check),
            title: result.check.title.clone(),
            place: result.check.place.clone(),
            why: result.verdict.why.clone(),
            evidence: result.verdict.evidence.clone(),
        })
        .collect();
    (!failed.is_empty()).then_some(CheckFailure {
        failed,
        of: results.len(),
    })
}
