use super::inputs;
use crate::check::{Check, Kind, setting::Setting};
use crate::manifest::Proof;
use crate::memory::{Line, Made, Part, Record, Versions, Withdrawal};
use crate::name::{Digest, Platform, Reference};
use crate::request::Stored;
use crate::text::{SourceId, Span};
use std::collections::BTreeMap;

fn reference(tag: &str) -> Reference {
    format!("r.example/a:{tag}").parse().expect("a reference")
}

fn part(name: &str) -> Part {
    Part {
        variants: vec![format!("a:{name}").as_str().into()],
        platform: Platform::linux_amd64(),
        digest: Digest::of(name),
        manifest: ("m".into(), 7),
        made: Made {
            inputs: vec![inputs("r")],
            content: Digest::of("c"),
            revision: None,
            built: 1,
            seconds: 0,
            cached: (0, 0),
            size: 0,
        },
        passed: BTreeMap::new(),
        proofs: Default::default(),
        withdrawn: None,
    }
}

fn record(parts: Vec<Part>) -> Record {
    Record::of("w", parts)
}

fn line(surveyed: i64) -> Line {
    Line {
        mover: None,
        versions: Versions::new(),
        revision: None,
        committed: None,
        surveyed,
        was: None,
        withdrew: Default::default(),
        back_from: None,
        scope: None,
        varies: false,
        once: false,
    }
}

/// Records that each say something that the first does not.
fn others() -> Vec<(&'static str, Record)> {
    let with = |change: &dyn Fn(&mut Record)| {
        let mut other = record(vec![part("1")]);
        change(&mut other);
        other
    };
    vec![
        ("part", with(&|r| r.parts.push(part("2")))),
        (
            "proof",
            with(&|r| {
                r.parts[0].proofs.insert(Proof::Sbom, Digest::of("p"));
            }),
        ),
        ("variant", with(&|r| r.parts[0].variants.push("a:3".into()))),
        ("inputs", with(&|r| r.parts[0].made.add(&inputs("s")))),
        (
            "check",
            with(&|r| {
                r.parts[0].passed.insert("k".into(), 1);
            }),
        ),
        (
            "line",
            with(&|r| drop(r.lines.insert(reference("1"), line(1)))),
        ),
        (
            "probed",
            with(&|r| drop(r.probed.insert("v".into(), "1".into()))),
        ),
        ("workspace", with(&|r| r.workspaces.push("v".into()))),
        ("details", with(&|r| r.details = Some((Digest::of("d"), 1)))),
    ]
}

/// G21: what two runs write into one record is all there, in any order.
#[test]
fn nothing_is_lost() {
    let first = record(vec![part("1")]);
    assert!(first.has(&first));
    for (name, other) in others() {
        assert!(!first.has(&other), "{name}");
        for (next, another) in others() {
            let merged = first.clone().merged(&other).merged(&another);
            assert!(merged.has(&other) && merged.has(&another), "{name}, {next}");
            assert!(merged.has(&first), "{name}, {next}");
            let turned = another.merged(&other);
            assert!(merged.has(&turned), "{name}, {next}");
        }
    }
}

#[test]
fn the_later_line_and_the_later_check_count() {
    let with = |surveyed: i64| {
        let mut record = record(vec![part("1")]);
        record.lines.insert(reference("1"), line(surveyed));
        record.parts[0].passed.insert("k".into(), surveyed);
        record
    };
    for (one, other) in [(1, 2), (2, 1)] {
        let merged = with(one).merged(&with(other));
        assert_eq!(merged.lines[&reference("1")].surveyed, 2);
        assert_eq!(merged.parts[0].passed["k"], 2);
        assert_eq!(with(one).has(&with(other)), one == 2);
    }
}

/// Two runs that read the registries in the same millisecond do not write over each other's line for ever.
#[test]
fn of_two_lines_of_one_time_the_first_counts() {
    let with = |revision: &str| {
        let mut record = record(Vec::new());
        let revision = Some(revision.to_owned());
        let line = Line {
            revision,
            ..line(1)
        };
        record.lines.insert(reference("1"), line);
        record
    };
    let merged = with("a").merged(&with("b"));
    assert_eq!(merged, with("a"));
    assert!(merged.has(&with("b")));
}

#[test]
fn whom_it_is_for() {
    let both = record(vec![part("1"), part("2")]);
    assert!(both.is_for("w", &"a:1".into()) && both.is_for("w", &"a:2".into()));
    assert!(!both.is_for("w", &"a:3".into()));
    assert!(!both.is_for("other", &"a:1".into()));
    let amd = Platform::linux_amd64();
    let arm = "linux/arm64".parse().expect("a platform");
    assert_eq!(both.part(&"a:2".into(), &amd), Some(&part("2")));
    assert_eq!(both.part(&"a:2".into(), &arm), None);
    assert_eq!(both.part(&"a:3".into(), &amd), None);
}

#[test]
fn an_index_lists_its_parts() {
    let listed = part("1").descriptor();
    assert_eq!((listed.digest, listed.size), (Digest::of("1"), 7));
    assert_eq!(
        (listed.media_type.as_str(), listed.platform),
        ("m", Platform::linux_amd64())
    );
}

/// A tag such as `{sha}` adds a line with every commit: the oldest go, and those of other tags stay.
#[test]
fn lines_of_tags_that_are_written_once_are_bounded() {
    let with = |tag: &str, surveyed: i64, once: bool| Record {
        lines: [(
            reference(tag),
            Line {
                once,
                varies: tag != "stable",
                ..line(surveyed)
            },
        )]
        .into(),
        ..record(Vec::new())
    };
    let mut all = with("stable", 0, false).merged(&with("br-x", 1, false));
    for commit in 1..=100 {
        all = all.merged(&with(&format!("c{commit}"), commit, true));
    }
    assert_eq!(all.lines.len(), 66);
    assert!(all.lines.contains_key(&reference("stable")));
    assert!(all.lines.contains_key(&reference("br-x")));
    assert!(!all.lines.contains_key(&reference("c36")));
    assert!(all.lines.contains_key(&reference("c37")));
    // What is too old to be kept is nothing to write again.
    assert!(all.has(&with("c1", 1, true)));
}

/// A check of this setting, on one platform or on all.
pub(super) fn env(name: &str, on: Option<&str>) -> Check {
    let nowhere = Span {
        source: SourceId(0),
        start: 0,
        end: 0,
    };
    Check {
        on: on.map(|on| on.parse().expect("a platform")),
        ..Check::new(nowhere, Kind::Env(Setting::named(name)))
    }
}

/// G1: an image is green once it has passed every check that is for its platform.
#[test]
fn green_images() {
    let checks = [env("A", None), env("B", Some("linux/arm64"))];
    let both = [env("A", None), env("C", Some("linux/amd64"))];
    let mut part = part("1");
    assert!(part.is_green(&[]));
    assert!(!part.is_green(&checks));
    part.pass(&checks, 7);
    assert_eq!(part.passed.values().collect::<Vec<_>>(), [&7]);
    assert!(part.is_green(&checks));
    assert!(!part.is_green(&both));
    part.pass(&both, 8);
    assert!(part.is_green(&checks) && part.is_green(&both));
    assert_eq!(part.passed.len(), 2);
}

/// An index lists its parts, and stands for several platforms only.
#[test]
fn what_stands_for_several_platforms() {
    let (one, mut other) = (part("1"), part("2"));
    other.platform = "linux/arm64".parse().expect("a platform");
    assert_eq!(Part::whole([&one]), one.digest);
    let index = Stored::index([one.descriptor(), other.descriptor()]);
    assert_eq!(Part::whole([&one, &other]), index.digest);
    assert_eq!(Part::whole([&other, &one]), index.digest);
}

/// A run that finds a tag at its image writes a new line, and does not know what the tag named before.
#[test]
fn a_later_line_keeps_what_the_tag_named_before() {
    let (older, left) = (Digest::of("older"), Digest::of("left"));
    let with = |line: Line| {
        let mut record = record(Vec::new());
        record.lines.insert(reference("stable"), line);
        record
    };
    let first = Line {
        was: Some(older),
        withdrew: [left].into(),
        ..line(1)
    };
    let merged = with(first.clone()).merged(&with(line(2)));
    let expect = Line {
        surveyed: 2,
        mover: Some(first.mover()),
        ..first
    };
    assert_eq!(merged.lines[&reference("stable")], expect);
    assert!(merged.has(&with(line(2))));
}

#[test]
fn a_withdrawal_is_not_lost() {
    let withdrawal = |at, lifted| {
        let mut part = part("a");
        part.withdrawn = Some(Withdrawal {
            at,
            tag: reference("stable"),
            revision: None,
            lifted,
        });
        record(vec![part])
    };
    let withdrawn = |at| withdrawal(at, false);
    let plain = record(vec![part("a")]);
    assert!(!plain.has(&withdrawn(1)));
    for merged in [
        plain.clone().merged(&withdrawn(1)),
        withdrawn(1).merged(&plain),
    ] {
        assert_eq!(merged.withdrawn().map(|one| one.at), Some(1));
    }
    // The newest one counts, also if it lifts the others.
    let lifted = withdrawal(2, true);
    for merged in [
        withdrawn(1).merged(&lifted),
        lifted.clone().merged(&withdrawn(1)),
    ] {
        assert_eq!(merged.withdrawn(), None);
        assert!(merged.clone().merged(&withdrawn(3)).withdrawn().is_some());
    }
}

/// A record that was lost and written again knows less than one of the same image that was not.
#[test]
fn a_record_learns_how_its_image_was_built() {
    let lost = record(vec![part("1")]);
    let mut whole = lost.clone();
    let made = &mut whole.parts[0].made;
    (made.size, made.built, made.seconds, made.cached) = (70, 5, 3, (1, 2));
    whole.parts[0].made.inputs = vec![inputs("s")];
    for merged in [lost.clone().merged(&whole), whole.clone().merged(&lost)] {
        let made = &merged.parts[0].made;
        assert_eq!(
            (made.size, made.built, made.seconds, made.cached),
            (70, 5, 3, (1, 2))
        );
        assert_eq!(made.inputs.len(), 2);
    }
}
