//! What a record says of an image.

use super::*;

/// A record of an index over two platforms, with a check that the manifest has, one that it had, and a tag.
fn inspected() -> (crate::survey::Inspected, Titles) {
    use crate::memory::{BaseInput, Details, Inputs, Line, Made, ParentInput, Part, Record};
    use crate::name::Digest;
    let inputs = Inputs {
        recipe: Digest::of("recipe"),
        bases: [(
            "debian:13".to_owned(),
            BaseInput {
                digest: Digest::of("base"),
                index: None,
            },
        )]
        .into(),
        parents: [(
            "core:1".into(),
            ParentInput {
                content: Digest::of("content"),
                digest: Some(Digest::of("parent")),
            },
        )]
        .into(),
        tokens: Default::default(),
    };
    let older = Inputs {
        recipe: Digest::of("older"),
        ..inputs.clone()
    };
    let part = |platform: &str| Part {
        variants: vec!["go:1.27.0".into()],
        platform: platform.parse().expect("a platform"),
        digest: Digest::of(platform),
        manifest: ("m".into(), 1),
        made: Made {
            inputs: vec![older.clone(), inputs.clone()],
            content: Digest::of("content of go"),
            revision: Some("1f2e3d4c".into()),
            built: 1_785_000_000,
            seconds: 200,
            cached: (3, 9),
            size: 123_456_789,
        },
        passed: [
            ("a".to_owned(), 1_785_000_100),
            ("b".to_owned(), 1_785_000_100),
        ]
        .into(),
        proofs: Default::default(),
        withdrawn: None,
    };
    let line = Line {
        versions: [("version".to_owned(), "1.27.0".parse().expect("a version"))].into(),
        revision: Some("5a69788f".into()),
        committed: Some(1_785_000_000),
        surveyed: 1_785_000_200_000,
        mover: None,
        was: Some(Digest::of("before")),
        withdrew: Default::default(),
        back_from: None,
        scope: Some(crate::memory::Scope::Branch("main".into())),
        varies: false,
        once: false,
    };
    let parts = vec![part("linux/amd64"), part("linux/arm64")];
    let record = Record {
        lines: [("r.example/go:1.27".parse().expect("a reference"), line)].into(),
        probed: [("go version".to_owned(), "1.27.0".to_owned())].into(),
        kiln: "1.2.3".into(),
        ..Record::of("w", parts)
    };
    let found = crate::survey::Inspected {
        reference: Some("r.example/go:1.27".parse().expect("a reference")),
        digest: Digest::of("index"),
        record: Some(("r.example/stage:d-1".parse().expect("a reference"), record)),
        details: Some(Details {
            executable: Default::default(),
            dockerfile: "FROM debian:13\n".into(),
            settings: Default::default(),
            packages: None,
            unpackaged: false,
            args: [("LEVEL".to_owned(), "2".to_owned())].into_iter().collect(),
            files: Arc::new([("motd".to_owned(), Digest::of("motd"))].into()),
        }),
        listed: Vec::new(),
    };
    (
        found,
        [("a".to_owned(), "run go version".to_owned())].into(),
    )
}

#[test]
fn a_record_has_two_formats() {
    let (mut found, titles) = inspected();
    insta::assert_snapshot!("inspected_text", inspected_text(&found, &titles));
    insta::assert_snapshot!(
        "inspected_json",
        format!("{:#}", inspected_json(&found, &titles))
    );
    found.record = None;
    found.details = None;
    found.listed = vec![
        (
            Some("linux/amd64".parse().expect("a platform")),
            crate::name::Digest::of("a"),
        ),
        (None, crate::name::Digest::of("b")),
    ];
    insta::assert_snapshot!("unrecorded_text", inspected_text(&found, &titles));
}
