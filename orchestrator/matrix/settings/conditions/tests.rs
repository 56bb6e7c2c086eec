//! `on=`: which runs may move which references.

use crate::matrix::tests::{app, inputs, read};
use crate::matrix::{GitFacts, Inputs, Trigger};

/// A run: any of `branch:main`, `tag:v1`, `schedule`, `release`, `pull-request`.
fn run(facts: &[&str]) -> Inputs {
    let mut git = GitFacts {
        default_branch: Some(String::from("main")),
        ..GitFacts::default()
    };
    let mut event = Trigger::default();
    for fact in facts {
        match fact.split_once(':') {
            Some(("branch", name)) => git.branch = Some(name.to_owned()),
            Some(("tag", name)) => git.tag = Some(name.to_owned()),
            Some(("sha", name)) => git.sha = Some(name.to_owned()),
            _ if *fact == "schedule" => event = Trigger::Schedule,
            _ if *fact == "release" => event = Trigger::Release,
            _ => event = Trigger::PullRequest,
        }
    }
    Inputs {
        git,
        event,
        ..inputs()
    }
}

/// The references that a run may move.
#[track_caller]
fn check(body: &str, facts: &[&str], expect: &[&str]) {
    let fleet = read(&app(body), &run(facts)).fleet();
    let moves = fleet.variants.raw[0]
        .moves()
        .filter(|(_, _, closed)| closed.is_none());
    let moves: Vec<String> = moves
        .map(|(reference, _, _)| reference.to_string().replace("example.com/app:", ""))
        .collect();
    assert_eq!(moves, expect, "{body} on {facts:?}");
}

#[test]
fn without_a_condition_the_default_branch_moves() {
    check("tag \"a\"", &["branch:main", "sha:1"], &["a"]);
    check("tag \"a\"", &["branch:topic", "sha:1"], &[]);
    check("tag \"a\"", &["tag:v1", "sha:1"], &[]);
    check("tag \"a\"", &["sha:1"], &[]);
    check("tag \"a\"", &[], &["a"]);
    check("tag \"a\"", &["branch:main", "schedule"], &["a"]);
}

#[test]
fn a_condition_opens_what_it_names() {
    let body = "tag \"a\"; tag \"b\" on=\"branch:topic-*\"; tag \"c\" on=\"tag:v*\" \"release\"; tag \"d\" on=\"schedule\"";
    check(body, &["branch:main"], &["a"]);
    check(body, &["branch:topic-1"], &["b"]);
    check(body, &["tag:v1"], &["c"]);
    // Schedules and releases of another branch are not those of the fleet; one for a git tag is.
    check(body, &["branch:topic-1", "release"], &["b"]);
    check(body, &["branch:topic-1", "schedule"], &["b"]);
    check(body, &["branch:main", "release"], &["a", "c"]);
    check(body, &["tag:v1", "release"], &["c"]);
    check(body, &["branch:main", "schedule"], &["a", "d"]);
    check(body, &["branch:topic"], &[]);
}

#[test]
fn a_repository_and_a_tag_must_both_agree() {
    let body = "publish \"x.y/a\"; publish \"x.y/b\" on=\"branch:dev\"; tag \"t\"; tag \"u\" on=\"branch:*\"";
    check(body, &["branch:main"], &["x.y/a:t", "x.y/a:u"]);
    check(body, &["branch:dev"], &["x.y/a:u", "x.y/b:t", "x.y/b:u"]);
    check(body, &["branch:other"], &["x.y/a:u"]);
}

/// What a release of a pre-release moves: never `latest`, unless the version of the image is another one.
#[test]
fn a_pre_release_is_never_latest() {
    let body = "tag \"latest\" on=\"tag:v*\" \"release\"; tag \"stable\" on=\"tag:v*\" \"release\"";
    check(body, &["tag:v2.1.0", "sha:1"], &["latest", "stable"]);
    for tag in ["tag:v2.1.0-rc1", "tag:v2.1.0-foo"] {
        check(body, &[tag, "sha:1"], &["stable"]);
        check(body, &[tag, "release", "sha:1"], &["stable"]);
    }
    let publish = "publish \"x.y/a\" on=\"tag:v*\"";
    check(publish, &["tag:v2.1.0", "sha:1"], &["x.y/a:latest"]);
    check(publish, &["tag:v2.1.0-rc1", "sha:1"], &[]);
    let axis = "axis \"v\" kind=\"version\" { value \"1.0\" }; tag \"{v}\" on=\"branch:main\"; tag \"latest\" on=\"tag:v*\"";
    check(axis, &["tag:v2.1.0-rc1", "sha:1"], &["latest"]);
    // On the default branch, the newest commit counts, and not the tag that it happens to have.
    check(
        "tag \"latest\"",
        &["branch:main", "tag:v2.1.0-rc1", "sha:1"],
        &["latest"],
    );
}

#[test]
fn a_pull_request_moves_only_what_names_it() {
    let body = "tag \"a\"; tag \"b\" on=\"branch:*\"; tag \"c\" on=\"tag:*\"; tag \"d\" on=\"schedule\" \"release\"; \
        tag \"e\" on=\"pull-request\"; tag \"f\" on=\"branch:main\" \"pull-request\"; tag \"g-{branch:slug}\"; \
        tag \"h-{branch:slug}\" on=\"pull-request\"";
    for facts in [
        &["branch:main", "pull-request"][..],
        &["branch:main", "tag:v1", "sha:1", "pull-request"],
    ] {
        check(body, facts, &["e", "f", "h-main"]);
    }
    check(body, &["branch:main"], &["a", "b", "f", "g-main"]);
    check("tag \"a\"", &["pull-request"], &[]);
}

#[test]
fn a_pull_request_publishes_to_repositories_that_name_it() {
    let body = "publish \"x.y/a\"; publish \"x.y/b\" on=\"branch:*\"; publish \"x.y/c\" on=\"pull-request\"; \
        tag \"t\"; tag \"u\" on=\"pull-request\"; tag \"v\" on=\"branch:main\"";
    check(
        body,
        &["branch:main", "pull-request"],
        &["x.y/a:u", "x.y/c:t", "x.y/c:u"],
    );
}

#[test]
fn a_denied_tag_has_a_reason() {
    let fleet = read(
        &app("tag \"a\"; tag \"b\" on=\"tag:v*\""),
        &run(&["branch:topic"]),
    )
    .fleet();
    let why: Vec<&str> = fleet.variants.raw[0]
        .moves()
        .filter_map(|(_, _, closed)| closed)
        .collect();
    assert_eq!(
        why,
        [
            "this is branch `topic`, and tags move on the default branch (`main`)",
            "this is branch `topic`, and tags with on=\"tag:v*\" move for git tags `v*`"
        ]
    );
    let fleet = read(
        &app("tag \"a\"; tag \"b\" on=\"branch:main\""),
        &run(&["branch:main", "pull-request"]),
    )
    .fleet();
    let why: Vec<&str> = fleet.variants.raw[0]
        .moves()
        .filter_map(|(_, _, closed)| closed)
        .collect();
    assert_eq!(
        why,
        [
            "this is a pull request; only tags with on=\"pull-request\" move",
            "this is a pull request; only tags with on=\"pull-request\" move"
        ]
    );
}

#[test]
fn two_rules_of_one_tag_open_it_each() {
    check(
        "tag \"a\" on=\"schedule\"; tag \"a\" on=\"branch:dev\"",
        &["branch:dev"],
        &["a"],
    );
    check(
        "tag \"a\" on=\"schedule\"; tag \"a\" on=\"branch:dev\"",
        &["schedule"],
        &["a"],
    );
}
