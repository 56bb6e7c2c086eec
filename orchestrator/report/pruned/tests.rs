use super::*;
use crate::request::{FaultKind, WorldError};

/// An image with a layer of its own and one that all images share.
fn removal(number: u64) -> Removal {
    Removal {
        kind: Kind::Image,
        repository: "r.example/f/stage".parse().expect("a repository"),
        digest: Digest::of(number.to_string().as_bytes()),
        tags: Default::default(),
        parts: Default::default(),
        record: None,
        variants: Default::default(),
        platforms: Vec::new(),
        since: None,
        why: "not used".into(),
        blobs: [("own", 100 * number), ("shared", 1000)]
            .map(|(name, size)| match name {
                "own" => (Digest::of(format!("own {number}").as_bytes()), size),
                name => (Digest::of(name.as_bytes()), size),
            })
            .into(),
    }
}

/// The text after the table, and the sum in the JSON, for two images.
#[track_caller]
fn check(done: Option<[Removed; 2]>, text: &str, bytes: u64) {
    let all = Pruned {
        removed: vec![removal(1), removal(2)],
        ..Pruned::default()
    };
    let pruning = Pruning {
        all: &all,
        left: &BTreeMap::new(),
        done: done.as_ref().map(|done| &done[..]),
    };
    let shown = pruned_text(&pruning);
    let end: Vec<&str> = shown.lines().skip(3).collect();
    assert_eq!(end.join("\n"), text);
    assert_eq!(pruned_json(&pruning)["bytes"], bytes);
}

#[test]
fn only_what_was_removed_is_counted() {
    let failed = || Removed::Failed(WorldError::fault(FaultKind::Refused, "r.example", "405"));
    check(
        None,
        "r.example/f/stage: 2 images to remove; their layers have 1.3 kB, unless other images share them\nnothing was changed; `--yes` removes it",
        1300,
    );
    check(
        Some([Removed::Gone, failed()]),
        "r.example/f/stage: 1 image removed; their layers have 1.1 kB, unless other images share them\nthe registry frees the space when it collects its garbage, in its own time",
        1100,
    );
    check(
        Some([failed(), Removed::Untried]),
        "r.example/f/stage: 0 images removed\nnothing was removed",
        0,
    );
}
