//! Which names are expired.

use super::*;

const DEAD: &str = "kdeaddead0";
const LIVE: &str = "k0a11ea11e";

/// Checks which of these names are removed at the time 1000, in order; for marks, what they stand for comes first.
#[track_caller]
fn check(names: &[&str], removed: &[&str]) {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let expired = expired(&names, &alive(&names, 1000));
    let found: Vec<String> = expired
        .into_iter()
        .flat_map(|one| one.of.into_iter().chain([one.name]))
        .collect();
    assert_eq!(found, removed);
}

fn marked(run: &str, name: &str) -> String {
    mark(run, &name.parse().expect("a reference")).expect("a mark")
}

#[test]
fn names_of_runs_that_are_over_are_expired() {
    let (old, new) = (
        format!("localhost/kiln/lease:{DEAD}-999"),
        format!("localhost/kiln/lease:{LIVE}-1000"),
    );
    let image = |run: &str| format!("localhost/kiln/go:{run}-01234567-linux-amd64");
    let (dead, live) = (image(DEAD), image(LIVE));
    check(&[&dead, &old, &live, &new], &[&dead, &old]);
    // A lease is renewed under a new name before its old one goes.
    let later = format!("localhost/kiln/lease:{DEAD}-1030");
    check(&[&dead, &old, &later], &[]);
    // Without any lease, a run has ended and left a name.
    check(&[&dead, &live], &[&dead, &live]);
}

#[test]
fn other_names_are_never_expired() {
    check(
        &[
            "localhost/kiln/go:1.26",
            "localhost/kiln/go:latest",
            "localhost/kiln/go:karamba-x",
            "localhost/kiln/go:kDEADDEAD0-x",
            "localhost/kiln/go:kdeaddead0",
            "localhost/kiln/go:kdeaddead01-x",
            "localhost/kilnish/go:kdeaddead0-x",
            "docker.io/kiln/go:kdeaddead0-x",
            "<none>:<none>",
            "",
        ],
        &[],
    );
}

#[test]
fn marks_stand_for_other_names() {
    let tag = format!("b-{}", "0f".repeat(32));
    let digest = format!("sha256:{}", "1e".repeat(32));
    for name in [
        format!("127.0.0.1:5000/fleet/stage:{tag}"),
        format!("ghcr.io/acme/kiln-stage@{digest}"),
        format!("docker.io/library/debian:{tag}"),
    ] {
        let mark = marked(DEAD, &name);
        assert!(mark.parse::<Reference>().is_ok(), "{mark}");
        check(&[&mark], &[&name, &mark]);
    }
}

#[test]
fn what_a_living_run_marked_remains() {
    let (stage, live) = (
        "r.example/stage:b-1",
        format!("localhost/kiln/lease:{LIVE}-2000"),
    );
    let (dead, own) = (marked(DEAD, stage), marked(LIVE, stage));
    check(&[&dead, &own, &live], &[]);
    check(&[&dead, &live], &[stage, &dead]);
}

#[test]
fn marks_have_limits() {
    let long = format!("r.example/{}:1", "x/".repeat(60) + "x");
    assert_eq!(mark(DEAD, &long.parse().expect("a reference")), None);
    let tag = format!("r.example/x:{}", "x".repeat(120));
    assert_eq!(mark(DEAD, &tag.parse().expect("a reference")), None);
}

#[test]
fn broken_marks_are_ordinary_names() {
    for name in [
        "localhost/kiln/mark-zz:kdeaddead0-t-1",
        "localhost/kiln/mark-61:kdeaddead0-x-1",
        "localhost/kiln/mark-6:kdeaddead0-t-1",
        "localhost/kiln/mark-61:kdeaddead0-d-12",
    ] {
        check(&[name], &[name]);
    }
}
