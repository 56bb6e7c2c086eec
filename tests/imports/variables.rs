//! The value of a variable that several places of several files set: as bake has it.

use super::{bake, fleet};
use kiln::import::{Format, Input, import_all};
use kiln::text::{Diagnostics, Sources, show};
use std::process::Command;

/// What shows the value.
const TARGET: &str =
    "target \"default\" {\n  tags = [\"a/a:${X == null ? \"null\" : \"v${X}\"}\"]\n}\n";

/// What a file may say of the variable.
const PARTS: [(&str, &str); 8] = [
    ("one", "X = \"one\"\n"),
    ("two", "X = \"two\"\n"),
    ("null", "X = null\n"),
    ("default", "variable \"X\" { default = \"d\" }\n"),
    ("other", "variable \"X\" { default = \"e\" }\n"),
    ("without", "variable \"X\" {}\n"),
    ("null default", "variable \"X\" { default = null }\n"),
    (
        "typed",
        "variable \"X\" {\n  type = number\n  default = 1\n}\n",
    ),
];

/// The parts, the value if each is in a file of its own, and the value if all are in one file; bake refuses a file that
/// assigns one name twice.
const ROWS: [(&[&str], &str, &str); 28] = [
    (&["one"], "vone", "vone"),
    (&["null"], "null", "null"),
    (&["default"], "vd", "vd"),
    (&["without"], "v", "v"),
    (&["null default"], "null", "null"),
    (&["one", "two"], "vtwo", "refused"),
    (&["two", "null"], "null", "refused"),
    // An assignment wins, before and after any block.
    (&["one", "default"], "vone", "vone"),
    (&["default", "one"], "vone", "vone"),
    (&["one", "without"], "vone", "vone"),
    (&["without", "one"], "vone", "vone"),
    (&["one", "null default"], "vone", "vone"),
    (&["null default", "one"], "vone", "vone"),
    (&["null", "default"], "null", "null"),
    (&["default", "null"], "null", "null"),
    (&["one", "typed"], "vone", "vone"),
    (&["typed", "one"], "vone", "vone"),
    (&["default", "one", "other"], "vone", "vone"),
    (&["one", "default", "two"], "vtwo", "refused"),
    (&["one", "without", "default"], "vone", "vone"),
    // Of blocks the last one counts, with all that it does not have.
    (&["default", "other"], "ve", "ve"),
    (&["other", "default"], "vd", "vd"),
    (&["default", "without"], "v", "v"),
    (&["without", "default"], "vd", "vd"),
    (&["default", "null default"], "null", "null"),
    (&["null default", "default"], "vd", "vd"),
    (&["typed", "default"], "vd", "vd"),
    (&["default", "typed"], "v1", "v1"),
];

fn part(name: &str) -> &'static str {
    let found = PARTS.iter().find(|(known, _)| *known == name);
    found.expect("a part").1
}

/// The tag that an import of these files publishes.
fn imported(files: &[String]) -> String {
    let (mut sources, mut out) = (Sources::default(), Diagnostics::default());
    let input = |text| Input {
        source: sources.add("bake.hcl", text),
        text,
        name: "bake",
    };
    let files: Vec<Input> = files.iter().map(String::as_str).map(input).collect();
    let found = import_all(Format::Bake, &files, &[], &mut out);
    let Some(found) = found else {
        let said = show::text(&out, &sources, false);
        assert!(said.contains("redefined attribute"), "{said}");
        return String::from("refused");
    };
    let fleet = fleet(&found.manifest);
    let variant = fleet.variants.first().expect("a variant");
    let (reference, _) = variant.references().next().expect("a reference");
    reference.tag.map(|tag| tag.to_string()).expect("a tag")
}

/// The same from buildx, if it is installed.
fn printed(files: &[String]) -> Option<String> {
    let buildx = bake::buildx()?;
    let folder = tempfile::tempdir().expect("a folder");
    let mut call = Command::new(buildx);
    call.current_dir(folder.path()).args(["bake", "--print"]);
    for (at, text) in files.iter().enumerate() {
        let name = format!("{at}.hcl");
        std::fs::write(folder.path().join(&name), text).expect("written");
        call.args(["-f", &name]);
    }
    let output = call.output().expect("buildx runs");
    let printed: Result<serde_json::Value, _> = serde_json::from_slice(&output.stdout);
    Some(printed.map_or_else(
        |_| String::from("refused"),
        |found| {
            let tag = found["target"]["default"]["tags"][0].as_str();
            tag.unwrap_or_default().replace("a/a:", "")
        },
    ))
}

#[test]
fn every_order_of_files_and_blocks() {
    for (parts, apart, together) in ROWS {
        let texts = parts.iter().map(|name| part(name).to_owned());
        let one: String = texts.clone().chain([TARGET.to_owned()]).collect();
        let several: Vec<String> = texts.chain([TARGET.to_owned()]).collect();
        for (files, expect) in [(several, apart), (vec![one], together)] {
            assert_eq!(
                imported(&files),
                expect,
                "{parts:?} in {} files",
                files.len()
            );
            if let Some(printed) = printed(&files) {
                assert_eq!(
                    printed,
                    expect,
                    "{parts:?} in {} files with bake",
                    files.len()
                );
            }
        }
    }
}
