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
    let moves = fleet.variants.raw[0].moves();
    let open = moves.filter(|(_, _, held)| held.is_none());
    open.map(|(_, tag, _)| tag.tag.to_string()).collect()
}

/// The facts of a run with these variables in a folder without git; `--branch=` and `--event=` are the command line
/// options.
fn facts_of(variables: &str) -> (GitFacts, Trigger) {
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
    revision(folder.path(), &env, overrides)
}

#[track_caller]
fn check(variables: &str, event: Trigger, tags: &str) {
    let (git, found) = facts_of(variables);
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

#[test]
fn a_pull_request_has_its_number() {
    #[track_caller]
    fn number(variables: &str, expect: Option<&str>) {
        let (git, _) = facts_of(variables);
        assert_eq!(git.pull_request.as_deref(), expect, "{variables}");
    }
    let merge = "GITHUB_REF=refs/pull/7/merge GITHUB_REF_NAME=7/merge GITHUB_REF_TYPE=branch";
    number(&format!("{GITHUB}pull_request {merge}"), Some("7"));
    number(&format!("{GITHUB}workflow_dispatch {merge}"), Some("7"));
    let base = "GITHUB_REF=refs/heads/main GITHUB_REF_NAME=main GITHUB_REF_TYPE=branch";
    number(&format!("{GITHUB}pull_request_target {base}"), None);
    number(&format!("{GITHUB}push {base}"), None);

    let source = "CI_MERGE_REQUEST_IID=7 CI_MERGE_REQUEST_SOURCE_BRANCH_NAME=main";
    number(&format!("{GITLAB}merge_request_event {source}"), Some("7"));
    number(
        &format!("{GITLAB}external_pull_request_event CI_EXTERNAL_PULL_REQUEST_IID=8"),
        Some("8"),
    );
    number(&format!("{GITLAB}push CI_COMMIT_BRANCH=main"), None);

    number(&format!("{CIRCLE}CIRCLE_BRANCH=pull/123"), Some("123"));
    number(&format!("{CIRCLE}CIRCLE_BRANCH=pull/123/head"), Some("123"));
    number(&format!("{CIRCLE}CIRCLE_BRANCH=pull/x"), None);
    number(
        &format!("{CIRCLE}CIRCLE_BRANCH=main CIRCLE_PR_NUMBER=9"),
        Some("9"),
    );
    // A push to a branch with an open pull request is a run for it only where the command line says so.
    let open = "CIRCLE_BRANCH=topic CIRCLE_PULL_REQUEST=https://github.com/x/y/pull/7";
    number(&format!("{CIRCLE}{open}"), None);
    number(&format!("{CIRCLE}{open} --event=pull-request"), Some("7"));
    number(&format!("{GITHUB}pull_request {merge} --event=none"), None);
    number(
        &format!("{CIRCLE}CIRCLE_PULL_REQUEST=https://x/y/pull/-1 --event=pull-request"),
        None,
    );
}

#[test]
fn the_number_of_a_pull_request_is_read_from_the_payload_of_its_event() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("event.json");
    let variables = format!(
        "{GITHUB}pull_request_target GITHUB_REF=refs/heads/main GITHUB_EVENT_PATH={}",
        file.display()
    );
    for (payload, expect) in [
        (r#"{"number": 7, "pull_request": {"number": 7}}"#, Some("7")),
        (r#"{"pull_request": {"number": "7; rm"}}"#, None),
        ("not JSON", None),
    ] {
        std::fs::write(&file, payload).expect("written");
        let (git, _) = facts_of(&variables);
        assert_eq!(git.pull_request.as_deref(), expect, "{payload}");
    }
}

#[test]
fn a_pipeline_stays_the_same_when_a_job_is_run_again() {
    for (variables, expect) in [
        ("CI_PIPELINE_ID=1 CI_JOB_ID=2", Some("1")),
        ("GITHUB_RUN_ID=3 GITHUB_RUN_ATTEMPT=2", Some("3")),
        ("CIRCLE_PIPELINE_ID=p CIRCLE_WORKFLOW_ID=w", Some("p")),
        ("CIRCLE_WORKFLOW_ID=w CIRCLE_WORKFLOW_JOB_ID=j", Some("w")),
        ("CIRCLE_PIPELINE_ID=", None),
    ] {
        assert_eq!(
            facts_of(variables).0.pipeline.as_deref(),
            expect,
            "{variables}"
        );
    }
}

#[test]
fn gitlab_says_when_a_pipeline_was_created() {
    let created = |text: &str| {
        let variable = ("CI_PIPELINE_CREATED_AT".to_owned(), text.to_owned());
        let created = pipeline_created(&[variable].into_iter().collect());
        let created = created.map(|time| time.map(|time| time.to_string()));
        created.map_err(|why| why.split(',').next().unwrap_or_default().to_owned())
    };
    let expect = Ok(Some("2026-08-03T06:00:00Z".to_owned()));
    assert_eq!(created("2026-08-03T06:00:00Z"), expect);
    assert_eq!(created("2026-08-03T08:00:00+02:00"), expect);
    let why = "CI_PIPELINE_CREATED_AT=yesterday is not a time";
    assert_eq!(created("yesterday"), Err(why.to_owned()));
    assert_eq!(created(""), Ok(None));
    assert_eq!(pipeline_created(&Environment::default()), Ok(None));
}

#[test]
fn a_commit_has_its_time_where_the_clone_has_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let repository = Repository::init(folder.path()).expect("a repository");
    let tree = repository.treebuilder(None).and_then(|tree| tree.write());
    let tree = repository.find_tree(tree.expect("a tree")).expect("a tree");
    let time = git2::Time::new(1_700_000_000, 120);
    let who = git2::Signature::new("a", "a@example.com", &time).expect("a signature");
    let id = repository.commit(Some("HEAD"), &who, &who, "one", &tree, &[]);
    let id = id.expect("a commit").to_string();
    let unknown = "1".repeat(40);
    for (variables, sha, committed) in [
        (String::new(), &id, Some(1_700_000_000)),
        (format!("GITHUB_SHA={id}"), &id, Some(1_700_000_000)),
        (format!("GITHUB_SHA={unknown}"), &unknown, None),
    ] {
        let env = environment(&variables);
        for git in [
            revision(folder.path(), &env, Overrides::default()).0,
            of_command(folder.path(), env.get("GITHUB_SHA")),
        ] {
            assert_eq!(git.sha.as_ref(), Some(sha), "{variables}");
            assert_eq!(git.committed, committed, "{variables}");
        }
    }
}

#[test]
fn files_that_are_not_committed_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("fleet");
    std::fs::create_dir(&root).expect("a folder");
    assert_eq!(uncommitted(&root), Vec::<String>::new());
    let repository = Repository::init(folder.path()).expect("a repository");
    for (path, text) in [(".gitignore", "*.log"), ("other", ""), ("fleet/a.log", "")] {
        std::fs::write(folder.path().join(path), text).expect("a file");
    }
    assert_eq!(uncommitted(&root), Vec::<String>::new());
    std::fs::write(root.join("kiln.kdl"), "").expect("a file");
    assert_eq!(uncommitted(&root), ["fleet/kiln.kdl"]);
    assert_eq!(uncommitted(folder.path()).len(), 3);
    drop(repository);
}

/// The git tag of a run without a CI system, if these tags are on HEAD: for libgit2, and for the command.
#[track_caller]
fn picks(tags: &str, picked: Option<&str>) {
    let folder = tempfile::tempdir().expect("a folder");
    let repository = Repository::init(folder.path()).expect("a repository");
    let author = git2::Signature::now("a", "a@example.com").expect("an author");
    let empty = repository.treebuilder(None).and_then(|tree| tree.write());
    let tree = repository
        .find_tree(empty.expect("a tree"))
        .expect("a tree");
    let commit = |on: &[&git2::Commit]| {
        let made = repository.commit(Some("HEAD"), &author, &author, "c", &tree, on);
        let id = made.expect("a commit");
        repository.find_object(id, None).expect("a commit")
    };
    let first = commit(&[]);
    let older = repository.tag_lightweight("v99", &first, false);
    older.expect("a tag");
    let head = commit(&[first.as_commit().expect("a commit")]);
    for tag in tags.split_whitespace() {
        let made = match tag.strip_prefix('@') {
            Some(annotated) => repository.tag(annotated, &head, &author, "t", false),
            None => repository.tag_lightweight(tag, &head, false),
        };
        made.expect("a tag");
    }
    let (git, _) = revision(folder.path(), &environment(""), Overrides::default());
    assert_eq!(git.tag.as_deref(), picked, "{tags}");
    let by_command = tag::of_command(folder.path());
    assert_eq!(by_command.as_deref(), picked, "{tags}: the command");
}

#[test]
fn the_highest_version_on_head_is_picked() {
    picks("", None);
    picks("v1.10.0 v1.9.0 v2.0.0", Some("v2.0.0"));
    picks("@v1.9.0 v1.10.0", Some("v1.10.0"));
    picks("v2.0.0-rc1 v2.0.0", Some("v2.0.0"));
    picks("nightly v1.0.0 release", Some("v1.0.0"));
    picks("release nightly", Some("nightly"));
}
