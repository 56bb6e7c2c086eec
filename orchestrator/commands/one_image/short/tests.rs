use super::*;
use crate::memory::{Line, Record, Versions, record_tag};
use crate::name::Reference;
use crate::plan::Origin;
use std::sync::Arc;

/// What a tag named before, and what a rollback took from it, is found through the line of the image that it names now.
#[test]
fn an_abbreviation_finds_what_tags_named_before() {
    let [now, before, withdrawn] = ["now", "before", "withdrawn"].map(Digest::of);
    let tag: Reference = "r.example/f/app:1".parse().expect("a tag");
    let mut record = Record::of("w", Vec::new());
    let line = Line {
        withdrew: [withdrawn].into(),
        ..Origin::default().line(&Versions::new(), Some(before))
    };
    record.lines.insert(tag.clone(), line);
    let stored = Reference::tagged(tag.repository.clone(), record_tag(now));
    let facts = Facts {
        public: [(tag, now)].into(),
        records: [(stored, Some(Arc::new(record)))].into(),
        ..Facts::default()
    };
    let all = known(&facts);
    for image in [now, before, withdrawn] {
        assert_eq!(resolved(&image.short(), &all), Ok(image));
    }
}

#[test]
fn a_digest_is_read_abbreviated() {
    for text in [
        "933b3745ee7b",
        "sha256:933b3745ee7b",
        "933B3745EE7B…",
        "sha256:933b3745ee7b...",
    ] {
        assert_eq!(hex(text).as_deref(), Some("933b3745ee7b"), "{text}");
    }
    let whole = Digest::of("an image").to_string();
    for text in [whole.as_str(), "933", "not hex", ""] {
        assert_eq!(hex(text), None, "{text}");
    }
}

#[test]
fn an_abbreviation_means_one_image_of_the_fleet() {
    let digest = Digest::of("an image");
    let all = [digest, Digest::of("another")].into();
    assert_eq!(resolved(&digest.short(), &all), Ok(digest));
    let why = resolved("000000", &all).expect_err("there is none");
    let Unresolved::Absent(why) = why else {
        panic!("{why:?}");
    };
    assert!(why.contains("write all 64 hex digits"), "{why}");
}

#[test]
fn a_bare_digest_is_recognised() {
    let whole = Digest::of("an image");
    for word in [
        &whole.to_string(),
        &whole.hex(),
        "933b3745ee7b",
        "sha256:933b",
    ] {
        assert!(is_bare(word), "{word}");
    }
    for word in [
        "decade",
        "go:1.27.0",
        "933b3745ee7b-node",
        "root:933b3745ee7b",
    ] {
        assert!(!is_bare(word), "{word}");
    }
}

#[test]
fn too_few_digits_are_counted() {
    let why = "a digest needs at least 6 of its hex digits";
    for text in ["ffff", "sha256:ffff", "ffff…", ""] {
        assert_eq!(too_short(text).as_deref(), Some(why), "{text}");
    }
    assert_eq!(too_short("ffffff"), None);
    assert_eq!(too_short("node"), None);
}
