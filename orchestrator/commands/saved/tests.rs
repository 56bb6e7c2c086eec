//! Where a plan can be saved.

use super::place;
use std::fs;

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
    check(".", None, "it exists and is not a regular file\n");
    check("..", None, "it is not the name of a file\n");
    assert!(
        place("-".as_ref())
            .unwrap_err()
            .contains("a plan is saved to a file")
    );
}
