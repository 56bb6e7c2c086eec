use super::record::env;
use crate::memory::{
    FAILURE, Failure, RECORD, Record, Scope, StagingTag, build_tag, failure_tag, record_tag,
};
use crate::name::{Digest, Tag};
use serde_json::Value;
use std::collections::BTreeSet;

#[test]
fn a_record_is_read_back() {
    let mut record = Record::of("w", Vec::new());
    assert_eq!(Record::read(&record.stored()).as_ref(), Some(&record));
    record.details = Some((Digest::of("d"), 12));
    assert_eq!(Record::read(&record.stored()).as_ref(), Some(&record));
    assert_eq!(*Record::empty_blob(), *b"{}");
}

#[test]
fn a_stored_record_is_an_artifact() {
    let stored = Record::of("w", Vec::new()).stored();
    let manifest: Value = serde_json::from_slice(&stored.bytes).expect("JSON");
    assert_eq!(manifest["artifactType"], RECORD);
    assert_eq!(manifest["schemaVersion"], 2);
    assert_eq!(manifest["mediaType"], *stored.media_type);
    // The specification asks for at least one layer.
    assert_eq!(manifest["layers"].as_array().map(Vec::len), Some(1));
    assert_eq!(stored.digest, Digest::of(&stored.bytes));
}

#[test]
fn other_manifests_are_not_records() {
    let image = crate::registry::fake::image("x");
    assert_eq!(Record::read(&image), None);
    assert_eq!(Failure::read(&image), None);
    assert_eq!(Record::read(&Failure::default().stored()), None);
}

#[test]
fn failures_are_counted() {
    let again = |failure: Failure, now, why: &str| failure.again(now, why, BTreeSet::new());
    let first = again(Failure::default(), 10, "exit code: 1\nand more");
    assert_eq!((first.times, first.first, first.last), (1, 10, 10));
    assert_eq!(first.why, "exit code: 1");
    let long = format!("process \"{}\": exit code: 100", "x".repeat(1000));
    let second = again(first.clone(), 20, &long);
    assert_eq!((second.times, second.first, second.last), (2, 10, 20));
    // A long reason is cut in its middle: its end says how the process ended.
    assert_eq!(second.why.chars().count(), 303);
    assert!(second.why.starts_with("process \"x") && second.why.ends_with("exit code: 100"));
    assert_eq!(Failure::read(&second.stored()), Some(second.clone()));
    let manifest: Value = serde_json::from_slice(&second.stored().bytes).expect("JSON");
    assert_eq!(manifest["artifactType"], FAILURE);
}

/// The days on which a nightly run tries again, if it fails each time and begins at the same time of day.
#[test]
fn a_night_tries_again_after_one_two_four_and_then_every_seven_days() {
    let day = |day: i64| day * 86_400;
    // A run lasts: what fails at its end is due when the run of a later day begins.
    let mut failure = again(Failure::default(), day(0) + 7_200);
    let mut tried = vec![0];
    for now in 1..40 {
        if failure.is_due(day(now)) {
            tried.push(now);
            failure = again(failure, day(now) + 7_200);
        }
    }
    assert_eq!(tried, [0, 1, 3, 7, 14, 21, 28, 35]);
    assert_eq!((failure.times, failure.age(day(39))), (8, 38));
}

fn again(failure: Failure, now: i64) -> Failure {
    failure.again(now, "exit code: 1", BTreeSet::new())
}

#[test]
fn tries_by_hand_do_not_delay_the_next_night() {
    let mut failure = Failure::default();
    for minute in 0..9 {
        failure = again(failure, minute * 60);
    }
    assert_eq!((failure.times, failure.days), (9, 1));
    assert!(failure.is_due(86_400));
}

/// A failure counts until the inputs have led to an image, and that of a check as long as the image has the check.
#[test]
fn failures_that_still_apply() {
    let (old, new) = ([env("A", None)], [env("B", None)]);
    let failed = |checks: &[crate::check::Check]| {
        let ids = checks.iter().map(crate::check::id).collect();
        Failure::default().again(1, "1 of 1 checks failed", ids)
    };
    assert!(failed(&old).applies(&old));
    assert!(!failed(&old).applies(&new));
    assert!(again(Failure::default(), 1).applies(&new));
    assert!(!Failure::default().applies(&new));
}

#[test]
fn tags_of_the_staging_repository() {
    let hex = Digest::of("x").hex();
    assert_eq!(build_tag(Digest::of("x")).as_str(), format!("b-{hex}"));
    assert_eq!(record_tag(Digest::of("x")).as_str(), format!("d-{hex}"));
    assert_eq!(failure_tag(Digest::of("x")).as_str(), format!("f-{hex}"));
}

/// G24: a pull request has pointers of its own, whatever its head is called.
#[test]
fn pointers() {
    let pointer = |scope: &Scope, workspace: &str, image: &str, variant: &str| {
        scope.pointer(workspace, image, &variant.into())
    };
    let main = Scope::Branch("main".into());
    let own = pointer(&main, "w", "a", "a:1");
    assert!(own.as_str().starts_with("v-"));
    let others = [
        pointer(&Scope::PullRequest("main".into()), "w", "a", "a:1"),
        pointer(&Scope::Branch("topic".into()), "w", "a", "a:1"),
        pointer(&main, "x", "a", "a:1"),
        pointer(&main, "w", "b", "a:1"),
        pointer(&main, "w", "a", "a:2"),
    ];
    assert!(!others.contains(&own));
    assert_eq!(own, pointer(&main, "w", "a", "a:1"));
}

/// Kiln reads its own tags, and takes no other tag for one.
#[test]
fn staging_tags_are_read() {
    let digest = Digest::of("x");
    let read = |tag: Tag| StagingTag::read(&tag);
    assert_eq!(read(build_tag(digest)), Some(StagingTag::Build));
    assert_eq!(read(record_tag(digest)), Some(StagingTag::Record(digest)));
    assert_eq!(read(failure_tag(digest)), Some(StagingTag::Failure));
    let pointer = Scope::Branch("main".into()).pointer("w", "app", &"app:1".into());
    assert_eq!(read(pointer), Some(StagingTag::Pointer));
    let hex = digest.hex();
    for other in [
        format!("x-{hex}"),
        hex.clone(),
        format!("b-{}", &hex[1..]),
        "b-1".into(),
    ] {
        assert_eq!(read(other.parse().expect("a tag")), None, "{other}");
    }
}
