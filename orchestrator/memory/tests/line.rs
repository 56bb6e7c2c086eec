use crate::memory::{Hold, Line, NoHistory, Order, Revisions, Versions};

/// A history of commits `a`, `b`, `c`, one after the other; `x` is on another branch, and no other commit is known.
struct History;

impl Revisions for History {
    fn order(&self, own: &str, other: &str) -> Order {
        match (own, other) {
            _ if own == other => Order::Same,
            ("a" | "b" | "c" | "x", "a" | "b" | "c" | "x") => match own < other && other != "x" {
                true => Order::Older,
                false => Order::NotOlder,
            },
            _ => Order::Unknown,
        }
    }
}

/// A line: versions, a commit with its time, and the time of the survey.
fn line(text: &str) -> Line {
    let mut line = Line {
        versions: Versions::new(),
        revision: None,
        committed: None,
        surveyed: 0,
        mover: None,
        was: None,
        withdrew: Default::default(),
        back_from: None,
        scope: None,
        varies: false,
        once: false,
    };
    for word in text.split_whitespace() {
        let (name, value) = word.split_once('=').expect("a name and a value");
        match name {
            "rev" => line.revision = Some(value.into()),
            "at" => line.committed = value.parse().ok(),
            "survey" => line.surveyed = value.parse().expect("a number"),
            axis => drop(
                line.versions
                    .insert(axis.into(), value.parse().expect("a version")),
            ),
        }
    }
    line
}

/// What a tag whose line is `theirs` answers a run with the line `ours`.
#[track_caller]
fn check(theirs: &str, ours: &str, expect: &str) {
    let hold = line(theirs).holds(&line(ours), &History);
    let word = match &hold {
        None => "",
        Some(Hold::Version { .. }) => "version",
        Some(Hold::Revision { .. }) => "revision",
        Some(Hold::Survey) => "survey",
        Some(Hold::Run) => "run",
    };
    assert_eq!(word, expect, "{theirs} | {ours}");
}

/// G8: a lower version.
#[test]
fn versions() {
    check("v=1.27.0", "v=1.26.0", "version");
    check("v=1.26.0", "v=1.27.0", "");
    check("v=1.27.0", "v=1.27.0", "");
    check("v=1.27.0", "w=1.26.0", "");
    check("v=1.27.0", "", "");
    // The first axis that differs decides.
    check("v=1 w=2", "v=2 w=1", "");
    check("v=2 w=1", "v=1 w=2", "version");
    check("v=1 w=2", "v=1 w=1", "version");
}

/// G8: an older commit.
#[test]
fn revisions() {
    check("rev=b", "rev=a", "revision");
    check("rev=a", "rev=b", "");
    check("rev=x", "rev=a", "");
    check("rev=a", "rev=x", "");
    // A higher version does not help an older commit.
    check("rev=b v=1", "rev=a v=2", "revision");
    check("rev=b", "", "");
    check("", "rev=a", "");
}

/// G8: an older commit in a clone without history.
#[test]
fn unknown_revisions() {
    check("rev=gone at=2", "rev=a at=1", "revision");
    check("rev=gone at=1", "rev=a at=1", "");
    check("rev=gone at=1", "rev=a at=2", "");
    check("rev=gone", "rev=a at=2", "");
    check("rev=gone at=1", "rev=a", "");
}

/// G8: an earlier look at the registries.
#[test]
fn surveys() {
    check("rev=a survey=2", "rev=a survey=1", "survey");
    check("rev=a survey=1", "rev=a survey=1", "");
    check("rev=a survey=1", "rev=a survey=2", "");
    check("rev=a survey=2", "rev=b survey=1", "");
    check("survey=2", "survey=1", "run");
    check("rev=a survey=2", "survey=1", "run");
    check("rev=gone survey=2", "rev=a survey=1", "");
}

#[test]
fn without_history_every_other_commit_is_unknown() {
    assert_eq!(NoHistory.order("a", "a"), Order::Same);
    assert_eq!(NoHistory.order("a", "b"), Order::Unknown);
}

#[test]
fn words() {
    let hold = |theirs: &str, ours: &str| {
        let hold = line(theirs).holds(&line(ours), &NoHistory);
        hold.expect("a hold").words()
    };
    assert_eq!(
        hold("v=2", "v=1"),
        "it names version 2, which is higher than 1"
    );
    assert_eq!(
        hold("rev=0123456789abcdef at=2", "rev=a at=1"),
        "a run of the later commit 0123456789ab moved it"
    );
    assert_eq!(
        hold("rev=a survey=2", "rev=a survey=1"),
        "a later run of the same commit moved it"
    );
    assert_eq!(hold("survey=2", "survey=1"), "a later run moved it");
}

/// G8: a run that finds a tag where it belongs has something to add only if it is for a higher version or a later commit.
#[test]
fn what_a_later_run_adds() {
    let cases = [
        ("v=1.26.0", "v=1.27.0", true),
        ("v=1.27.0", "v=1.27.0", false),
        ("v=1.27.0", "v=1.26.0", false),
        ("rev=a", "rev=b", true),
        ("rev=b", "rev=a", false),
        ("rev=a", "rev=x", false),
        ("rev=q at=1", "rev=a at=2", true),
        ("rev=q at=2", "rev=a at=1", false),
        ("rev=a survey=1", "rev=a survey=2", false),
        ("survey=1", "survey=2", false),
    ];
    for (theirs, ours, expect) in cases {
        let outdated = line(theirs).is_outdated_by(&line(ours), &History);
        assert_eq!(outdated, expect, "{theirs} | {ours}");
    }
}

#[test]
fn a_run_that_finds_a_tag_has_not_moved_it() {
    let before = Some(crate::name::Digest::of("before"));
    let first = Line {
        was: before,
        ..line("rev=a at=1 survey=1")
    };
    let found = first.replaced_by(&line("rev=b at=2 survey=2"));
    let again = found.replaced_by(&line("rev=c at=3 survey=3"));
    assert_eq!(again.revision.as_deref(), Some("c"));
    assert_eq!(again.mover(), first.mover());
    let moved = Line {
        was: Some(crate::name::Digest::of("other")),
        ..line("rev=d at=4 survey=4")
    };
    let moved = again.replaced_by(&moved);
    assert_eq!(moved.mover().revision.as_deref(), Some("d"));
}
