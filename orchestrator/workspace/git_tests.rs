//! Which tags a run may move, by the variables of CI systems.

use super::*;
use crate::line;
use crate::matrix::Inputs;
use crate::text::Diagnostics;

/// One tag per kind of condition.
const MANIFEST: &str = r#"
workspace "w" { publish "example.com/{image}" }
base "os" from="debian:13"
image "app" {
    from base="os"
    tag "latest"
    tag "main" on="branch:main"
    tag "v" on="tag:*"
    tag "timed" on="schedule" "release"
    tag "pr" on="pull-request"
    tag "head-{branch:slug}" on="pull-request"
    tag "git-{tag}" on="pull-request" "tag:*"
}
"#;

fn environment(variables: &str) -> Environment {
    let pairs = variables.split_whitespace().map(|pair| {
        let (name, value) = pair.split_once('=').expect("NAME=VALUE");
        (name.to_owned(), value.to_owned())
    });
    pairs.collect()
}

/// The tags of `app` that a run moves.
fn moved(git: GitFacts, event: Trigger) -> Vec<String> {
    let mut faults = Diagnostics::default();
    let inputs = Inputs {
        now: "2026-08-03T12:00:00Z".parse().expect("a time"),
        git,
        event,
        ..Inputs::default()
    };
    let fleet = line::fleet_of(MANIFEST, &inputs, &mut faults).expect("a fleet without errors");
    let moves = fleet.variants[0].moves();
    let open = moves.filter(|(_, _, held)| held.is_none());
    open.map(|(_, tag, _)| tag.tag.to_string()).collect()
}

/// A run with these variables in a folder without git; `--branch=` and `--event=` are the command line options.
#[track_caller]
fn check(variables: &str, event: Trigger, tags: &str) {
    let env = environment(variables);
    let overrides = Overrides {
        branch: env.get("--branch").map(str::to_owned),
        event: env.get("--event").map(|word| match word {
            "schedule" => Trigger::Schedule,
            "release" => Trigger::Release,
            "pull-request" => Trigger::PullRequest,
            _ => Trigger::Other,
        }),
    };
    let folder = tempfile::tempdir().expect("a folder");
    let (git, found) = revision(folder.path(), &env, overrides);
    assert_eq!(found, event, "{variables}");
    assert_eq!(moved(git, found).join(" "), tags, "{variables}");
}

const GITHUB: &str = "GITHUB_SHA=1 GITHUB_EVENT_NAME=";
const GITLAB: &str = "CI_COMMIT_SHA=1 CI_DEFAULT_BRANCH=main CI_PIPELINE_SOURCE=";
const CIRCLE: &str = "CIRCLE_SHA1=1 ";

#[test]
fn a_pull_request_is_not_its_head_and_not_its_base() {
    let github = |rest: &str, tags| check(&format!("{GITHUB}{rest}"), Trigger::PullRequest, tags);
    let merge = "GITHUB_REF=refs/pull/7/merge GITHUB_REF_NAME=7/merge GITHUB_REF_TYPE=branch";
    let base = "GITHUB_REF=refs/heads/main GITHUB_REF_NAME=main GITHUB_REF_TYPE=branch";
    github(
        &format!("pull_request GITHUB_HEAD_REF=main {merge}"),
        "pr head-main",
    );
    github(
        &format!("pull_request GITHUB_HEAD_REF=topic {merge}"),
        "pr head-topic",
    );
    github(
        &format!("pull_request_target GITHUB_HEAD_REF=main {base}"),
        "pr head-main",
    );
    github(
        &format!("pull_request_target GITHUB_HEAD_REF=topic {base}"),
        "pr head-topic",
    );
    github(&format!("pull_request_target {base}"), "pr head-main");
    github(&format!("pull_request_review {merge}"), "pr head-7-merge");
    github(
        &format!("pull_request_review_comment {base}"),
        "pr head-main",
    );
    github(&format!("workflow_dispatch {merge}"), "pr head-7-merge");
    let tag = "GITHUB_REF_NAME=v1 GITHUB_REF_TYPE=tag";
    github(
        &format!("pull_request GITHUB_HEAD_REF=main {tag}"),
        "pr head-main",
    );

    let gitlab = |rest: &str, tags| check(&format!("{GITLAB}{rest}"), Trigger::PullRequest, tags);
    let source = "CI_MERGE_REQUEST_IID=7 CI_MERGE_REQUEST_SOURCE_BRANCH_NAME=main";
    gitlab(&format!("merge_request_event {source}"), "pr head-main");
    gitlab(&format!("parent_pipeline {source}"), "pr head-main");
    gitlab("merge_request_event CI_COMMIT_BRANCH=main", "pr head-main");
    let external = "CI_EXTERNAL_PULL_REQUEST_IID=7 CI_COMMIT_BRANCH=main";
    gitlab(
        &format!("external_pull_request_event {external}"),
        "pr head-main",
    );

    let circle = |rest: &str, tags| check(&format!("{CIRCLE}{rest}"), Trigger::PullRequest, tags);
    circle("CIRCLE_BRANCH=pull/123", "pr head-pull-123");
    circle("CIRCLE_BRANCH=pull/123/head", "pr head-pull-123-head");
    circle("CIRCLE_BRANCH=main CIRCLE_PR_NUMBER=123", "pr head-main");
    circle(
        "CIRCLE_BRANCH=main CIRCLE_PR_USERNAME=jo CIRCLE_PR_REPONAME=x",
        "pr head-main",
    );
}

#[test]
fn pushes_schedules_and_releases_move_their_tags() {
    let branch = "GITHUB_REF=refs/heads/main GITHUB_REF_NAME=main GITHUB_REF_TYPE=branch";
    check(
        &format!("{GITHUB}push {branch}"),
        Trigger::Other,
        "latest main",
    );
    check(
        &format!("{GITHUB}schedule {branch}"),
        Trigger::Schedule,
        "latest main timed",
    );
    let tag = "GITHUB_REF=refs/tags/v1 GITHUB_REF_NAME=v1 GITHUB_REF_TYPE=tag";
    check(&format!("{GITHUB}push {tag}"), Trigger::Other, "v git-v1");
    check(
        &format!("{GITHUB}release {tag}"),
        Trigger::Release,
        "v timed git-v1",
    );
    // A merge queue builds its own branches.
    let queue = "GITHUB_REF_NAME=gh-readonly-queue/main/pr-7-1 GITHUB_REF_TYPE=branch";
    check(&format!("{GITHUB}merge_group {queue}"), Trigger::Other, "");

    check(
        &format!("{GITLAB}push CI_COMMIT_BRANCH=main"),
        Trigger::Other,
        "latest main",
    );
    let open = "CI_COMMIT_BRANCH=main CI_OPEN_MERGE_REQUESTS=x!7";
    check(
        &format!("{GITLAB}push {open}"),
        Trigger::Other,
        "latest main",
    );
    // CircleCI reports the open pull request of a branch for every push to it.
    let open = "CIRCLE_PULL_REQUEST=https://github.com/x/y/pull/7 CIRCLE_PULL_REQUESTS=https://github.com/x/y/pull/7";
    check(
        &format!("{CIRCLE}CIRCLE_BRANCH=main {open}"),
        Trigger::Other,
        "latest main",
    );
    check(
        &format!("{CIRCLE}CIRCLE_BRANCH=topic {open}"),
        Trigger::Other,
        "",
    );
    check(
        &format!("{CIRCLE}CIRCLE_BRANCH=pulled/1"),
        Trigger::Other,
        "",
    );
}

#[test]
fn only_event_none_overrides_a_pull_request() {
    let pull_request = format!("{GITHUB}pull_request GITHUB_HEAD_REF=topic");
    let checks = |options: &str, event, tags: &str| {
        check(&format!("{pull_request} {options}"), event, tags);
    };
    checks("--branch=main", Trigger::PullRequest, "pr head-main");
    checks("--event=schedule", Trigger::PullRequest, "pr head-topic");
    checks(
        "--event=release --branch=main",
        Trigger::PullRequest,
        "pr head-main",
    );
    checks("--event=none", Trigger::Other, "");
    checks("--event=none --branch=main", Trigger::Other, "latest main");
    check(
        &format!("{CIRCLE}CIRCLE_BRANCH=main --event=pull-request"),
        Trigger::PullRequest,
        "pr head-main",
    );
}
