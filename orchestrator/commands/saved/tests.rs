//! Where a plan can be saved.

use super::{Place, place};
use crate::name::Digest;
use crate::tree::{Content, Entry, Mode, Tree};
use std::collections::HashMap;
use std::fs;
use std::sync::Arc;

#[test]
fn a_plan_overwrites_only_a_saved_plan() {
    let folder = tempfile::tempdir().unwrap();
    let check = |name: &str, text: Option<&str>, expect: &str| {
        let path = folder.path().join(name);
        if let Some(text) = text {
            fs::write(&path, text).unwrap();
        }
        let why = place(&path).err().unwrap_or_default();
        assert!(
            why.contains(expect) && why.is_empty() == expect.is_empty(),
            "{name}: {why}"
        );
    };
    check("new.json", None, "");
    check("empty.json", Some(""), "");
    check(
        "plan.json",
        Some("{\"format\":\"kiln plan\",\"version\":1}"),
        "",
    );
    let other = "it exists and is not a saved plan, so it is not overwritten\n";
    check("kiln.kdl", Some("workspace \"w\"\n"), other);
    check("Dockerfile", Some("FROM debian\n"), other);
    check("graph.json", Some("{\"format\":\"kiln graph\"}"), other);
    check("none/plan.json", None, "none does not exist\n");
    for name in [".", "..", ""] {
        check(
            name,
            None,
            "it is a folder\n  give the name of a file, such as ",
        );
    }
    check("none/..", None, "it is not the name of a file\n");
    assert!(
        place("-".as_ref())
            .unwrap_err()
            .contains("a plan is saved to a file")
    );
}

/// A run may be killed at any time: what is not written yet has left nothing.
#[test]
fn a_checked_place_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.json");
    let names = || fs::read_dir(folder.path()).unwrap().count();
    let place = Place::checked(&path).ok().unwrap();
    assert_eq!(names(), 0);
    drop(place);
    fs::write(&path, "{\"format\":\"kiln plan\"}").unwrap();
    drop(Place::checked(&path).ok().unwrap());
    assert_eq!(names(), 1, "a saved plan stays");
}

#[test]
fn a_file_that_a_build_reads_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.json");
    let place = Place::checked(&path).ok().unwrap();
    let context = |content: Content| {
        let mut tree = Tree::default();
        let entry = Entry {
            mode: Mode::Plain,
            size: 0,
            digest: Digest::of(b""),
            content,
        };
        tree.add("plan.json", entry);
        HashMap::from([(Digest::of(b"context"), Arc::new(tree))])
    };
    let other = folder.path().join("other/plan.json");
    for (content, is_refused) in [
        (Content::File(path.clone()), true),
        (Content::File(folder.path().join("./plan.json")), true),
        (Content::File(other), false),
        (Content::Bytes(Arc::default()), false),
    ] {
        let shown = format!("{content:?}");
        let checked = place.check_contexts(&context(content));
        assert_eq!(checked.is_err(), is_refused, "{shown}");
    }
}
