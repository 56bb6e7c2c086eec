use crate::memory::{FAILURE, Failure, RECORD, Record, Scope, build_tag, failure_tag, record_tag};
use crate::name::Digest;
use serde_json::Value;

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
    let first = Failure::default().again(10, "exit code: 1\nand more");
    assert_eq!((first.times, first.first, first.last), (1, 10, 10));
    assert_eq!(first.why, "exit code: 1");
    let second = first.clone().again(20, &"x".repeat(1000));
    assert_eq!((second.times, second.first, second.last), (2, 10, 20));
    assert_eq!(second.why.len(), 300);
    assert_eq!(Failure::read(&second.stored()), Some(second.clone()));
    let manifest: Value = serde_json::from_slice(&second.stored().bytes).expect("JSON");
    assert_eq!(manifest["artifactType"], FAILURE);
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
