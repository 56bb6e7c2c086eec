//! What the variables of a CI system say about a run: the revision, the event, the pull request, the pipeline.

use crate::host::Environment;
use crate::matrix::Trigger;
use crate::text::Shown as _;
use std::fs::File;
use std::io::Read as _;

/// Variables that name the branch, in order of preference. A checkout in CI is usually detached, so git alone does not
/// know the branch.
const BRANCH: &[&str] = &[
    "CIRCLE_BRANCH",
    "CI_COMMIT_BRANCH",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
    "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME",
    "GITHUB_HEAD_REF",
];
const TAG: &[&str] = &["CIRCLE_TAG", "CI_COMMIT_TAG"];
/// Variables that are set only in pipelines for pull requests. CircleCI sets CIRCLE_PULL_REQUEST for every push to a
/// branch with an open pull request, so it is not one of them; the ones of CircleCI here are set for forks only.
const PULL_REQUEST: &[&str] = &[
    "CIRCLE_PR_NUMBER",
    "CIRCLE_PR_REPONAME",
    "CIRCLE_PR_USERNAME",
    "CI_MERGE_REQUEST_IID",
    "CI_EXTERNAL_PULL_REQUEST_IID",
    "GITHUB_HEAD_REF",
];
/// Variables with the number of the pull request.
const NUMBER: &[&str] = &[
    "CIRCLE_PR_NUMBER",
    "CI_MERGE_REQUEST_IID",
    "CI_EXTERNAL_PULL_REQUEST_IID",
];
/// Variables that name the pipeline. Each system documents what stays the same when a job is run again: GitLab retries
/// it in its pipeline, and GitHub keeps the id of the run and counts attempts. CircleCI makes a new workflow in the same
/// pipeline; older servers know only the workflow, which is at least the same for all of its jobs.
const PIPELINE: &[&str] = &[
    "CI_PIPELINE_ID",
    "GITHUB_RUN_ID",
    "CIRCLE_PIPELINE_ID",
    "CIRCLE_WORKFLOW_ID",
];
const SHA: &[&str] = &["CIRCLE_SHA1", "CI_COMMIT_SHA", "GITHUB_SHA"];
/// GitHub limits the payload of an event to 25 MB.
const MOST_PAYLOAD: u64 = 25_000_000;

/// The commit that is built.
pub fn sha(env: &Environment) -> Option<String> {
    first(env, SHA)
}

/// The branch that is built.
pub fn branch(env: &Environment) -> Option<String> {
    first(env, BRANCH).or_else(|| github_ref(env, "branch"))
}

/// The git tag that is built.
pub fn tag(env: &Environment) -> Option<String> {
    first(env, TAG).or_else(|| github_ref(env, "tag"))
}

/// What identifies the pipeline, also when one of its jobs is run again.
pub fn pipeline(env: &Environment) -> Option<String> {
    first(env, PIPELINE)
}

/// When the pipeline was created. Only GitLab says it.
///
/// # Errors
/// A sentence with a way out, if that is not a time.
pub fn created(env: &Environment) -> Result<Option<jiff::Timestamp>, String> {
    let name = "CI_PIPELINE_CREATED_AT";
    let Some(text) = env.get(name) else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| {
        let shown = text.shown();
        format!(
            "{name}={shown} is not a time, so the time of this job counts, and jobs of one pipeline may have different ones\n  \
             expected one such as 2026-08-03T06:00:00Z; or give all of them the same `--now`"
        )
    })
}

/// What triggered the run, if the CI system reports it. CircleCI has no variable for schedules and releases.
pub fn event(env: &Environment) -> Trigger {
    let sources = ["CI_PIPELINE_SOURCE", "GITHUB_EVENT_NAME"];
    let is = |word: &str| sources.iter().any(|source| env.get(source) == Some(word));
    if is_pull_request(env) {
        Trigger::PullRequest
    } else if is("schedule") {
        Trigger::Schedule
    } else if is("release") {
        Trigger::Release
    } else {
        Trigger::Other
    }
}

/// The number of the pull request. Meaningful only if the run is for one: CircleCI reports an open pull request for
/// every push to its branch.
pub fn pull_request(env: &Environment) -> Option<String> {
    let in_ref = |name: &str, prefix: &str| env.get(name)?.strip_prefix(prefix)?.split('/').next();
    let in_address = || env.get("CIRCLE_PULL_REQUEST")?.rsplit('/').next();
    let variables = NUMBER.iter().map(|name| env.get(name));
    let places = [
        in_ref("GITHUB_REF", "refs/pull/"),
        in_ref("CIRCLE_BRANCH", "pull/"),
        in_address(),
    ];
    let numbers = variables.chain(places).flatten();
    let number = numbers.filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    let mut number = number.filter(|text| !text.is_empty()).map(str::to_owned);
    number.next().or_else(|| in_payload(env))
}

/// Events such as `pull_request_target` run on the base branch, so only GitHub's file about the event has the number.
fn in_payload(env: &Environment) -> Option<String> {
    let file = File::open(env.get("GITHUB_EVENT_PATH")?).ok()?;
    let mut text = Vec::new();
    file.take(MOST_PAYLOAD).read_to_end(&mut text).ok()?;
    let payload: serde_json::Value = serde_json::from_slice(&text).ok()?;
    let number = payload.pointer("/pull_request/number")?.as_u64()?;
    Some(number.to_string())
}

/// Looks only at the event: `pull_request_target` and similar events report the base as their branch, and the head of a
/// pull request may be called `main`.
fn is_pull_request(env: &Environment) -> bool {
    let starts = |name: &str, prefix: &str| env.get(name).is_some_and(|v| v.starts_with(prefix));
    let source = env.get("CI_PIPELINE_SOURCE");
    matches!(
        source,
        Some("merge_request_event" | "external_pull_request_event")
    ) || starts("GITHUB_EVENT_NAME", "pull_request")
        || starts("GITHUB_REF", "refs/pull/")
        || starts("CIRCLE_BRANCH", "pull/")
        || PULL_REQUEST.iter().any(|name| env.get(name).is_some())
}

/// GitHub uses one variable for branches and tags.
fn github_ref(env: &Environment, kind: &str) -> Option<String> {
    let is_kind = env.get("GITHUB_REF_TYPE") == Some(kind);
    env.get("GITHUB_REF_NAME")
        .filter(|_| is_kind)
        .map(str::to_owned)
}

fn first(env: &Environment, names: &[&str]) -> Option<String> {
    names
        .iter()
        .find_map(|name| env.get(name))
        .map(str::to_owned)
}
