//! Imports real inputs: each manifest publishes exactly what its input publishes.

use kiln::import::{Format, Import, Input, import};
use kiln::line;
use kiln::matrix::{Fleet, Inputs, Parent, Variant};
use kiln::text::{Diagnostics, Sources, show};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

#[path = "imports/bake.rs"]
mod bake;
#[path = "imports/blanks.rs"]
mod blanks;
#[path = "imports/call.rs"]
mod call;
#[path = "imports/checked.rs"]
mod checked;
#[path = "imports/choice.rs"]
mod choice;
#[path = "imports/dockerfiles.rs"]
mod dockerfiles;
#[path = "imports/elsewhere.rs"]
mod elsewhere;
#[path = "imports/faults.rs"]
mod faults;
#[path = "imports/library.rs"]
mod library;
#[path = "imports/forms.rs"]
mod forms;
#[path = "imports/grown.rs"]
mod grown;
#[path = "imports/ladders.rs"]
mod ladders;
#[path = "imports/matrices.rs"]
mod matrices;
#[path = "imports/links.rs"]
mod links;
#[path = "imports/pairs.rs"]
mod pairs;
#[path = "imports/parts.rs"]
mod parts;
#[path = "imports/probes.rs"]
mod probes;
#[path = "imports/refused.rs"]
mod refused;
#[path = "imports/switches.rs"]
mod switches;
#[path = "imports/targets.rs"]
mod targets;
#[path = "imports/values.rs"]
mod values;
#[path = "imports/variables.rs"]
mod variables;

const ALL: [(Format, &str); 3] = [
    (Format::Stackbrew, "golang.stackbrew"),
    (Format::Cimg, "cimg-clojure.manifest"),
    (Format::Bake, "fleet9.hcl"),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn input(file: &str) -> String {
    std::fs::read_to_string(root().join("tests/imports").join(file)).expect("the input is there")
}

/// Imports a text; returns the result and the notes.
fn run(format: Format, file: &str, text: &str) -> (Option<Import>, String) {
    let mut sources = Sources::default();
    let mut out = Diagnostics::default();
    let name = Path::new(file)
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default();
    let input = Input {
        source: sources.add(file, text),
        text,
        name,
    };
    let found = import(format, input, &mut out);
    assert_eq!(
        found.is_none(),
        out.has_errors(),
        "{}",
        show::text(&out, &sources, false)
    );
    (found, show::text(&out, &sources, false))
}

fn fleet(text: &str) -> Fleet {
    let mut sources = Sources::default();
    let mut out = Diagnostics::default();
    let document = line::document(text, &mut sources, &mut out);
    let now = "2026-08-03T04:00:00Z".parse().expect("a time");
    let inputs = Inputs {
        now,
        ..Inputs::default()
    };
    let fleet = line::fleet(&[document], &inputs, &mut sources, &mut out);
    assert!(
        out.is_empty(),
        "{text}\n{}",
        show::text(&out, &sources, false)
    );
    fleet.expect("a fleet without a fault")
}

/// Key, platforms, tags and shared tags.
type Row = (String, BTreeSet<String>, BTreeSet<String>, BTreeSet<String>);

fn words(text: Option<&str>) -> BTreeSet<String> {
    text.unwrap_or_default()
        .split_whitespace()
        .map(ToOwned::to_owned)
        .collect()
}

/// The expected rows of an example.
fn facts(example: &str) -> Vec<Row> {
    let facts = std::fs::read_to_string(
        root()
            .join("examples")
            .join(example)
            .join("expected-tags.tsv"),
    )
    .expect("the facts are there");
    let row = |line: &str| {
        let mut columns = line.split('\t');
        let key = columns.next().unwrap_or_default().to_owned();
        (
            key,
            words(columns.next()),
            words(columns.next()),
            words(columns.next()),
        )
    };
    let mut rows: Vec<Row> = facts
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(row)
        .collect();
    rows.sort();
    rows
}

fn rows(fleet: &Fleet, key: fn(&Fleet, &Variant) -> String) -> Vec<Row> {
    let row = |variant: &Variant| {
        let of = |shared: bool| {
            variant
                .tags
                .iter()
                .filter(|tag| tag.shared == shared)
                .map(|tag| tag.tag.to_string())
                .collect()
        };
        (
            key(fleet, variant),
            variant.platforms.iter().map(ToString::to_string).collect(),
            of(false),
            of(true),
        )
    };
    let mut rows: Vec<Row> = fleet.variants.iter().map(row).collect();
    rows.sort();
    rows
}

/// Every reference with the labels of its owners.
fn owners(fleet: &Fleet) -> BTreeMap<String, Vec<String>> {
    let mut owners: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for variant in &fleet.variants {
        variant.references().for_each(|(reference, _)| {
            owners
                .entry(reference.to_string())
                .or_default()
                .push(variant.label())
        });
    }
    owners
}

fn parent(fleet: &Fleet, variant: &Variant) -> String {
    match variant.parent {
        Some(Parent::Base(base)) => fleet.base(base).reference.familiar(),
        Some(Parent::Variant(id)) => fleet
            .variant(id)
            .public_name()
            .map(|name| name.familiar())
            .unwrap_or_default(),
        None => String::new(),
    }
}

/// The folder of the Dockerfile.
fn folder(_: &Fleet, variant: &Variant) -> String {
    let path = variant.body.path();
    let folder = path.rsplit_once('/');
    folder.map_or("", |(folder, _)| folder).to_owned()
}

#[test]
fn golang() {
    let (found, notes) = run(
        Format::Stackbrew,
        "golang.stackbrew",
        &input("golang.stackbrew"),
    );
    let found = found.expect("an import");
    insta::assert_snapshot!("golang", format!("{}\n{notes}", found.manifest));
    let fleet = fleet(&found.manifest);
    assert_eq!(rows(&fleet, folder), facts("golang"));
    assert_eq!(owners(&fleet).len(), 64 + 20);
}

#[test]
fn cimg_clojure() {
    let (found, notes) = run(Format::Cimg, "manifest", &input("cimg-clojure.manifest"));
    let found = found.expect("an import");
    insta::assert_snapshot!("cimg_clojure", format!("{}\n{notes}", found.manifest));
    let fleet = fleet(&found.manifest);
    assert_eq!(rows(&fleet, parent), facts("cimg-clojure"));
    assert_eq!(owners(&fleet).len(), 36);
}

/// Every prefix of a file, and every file with a part removed, is imported or refused with a place.
#[test]
fn damaged_files_are_imported_or_refused() {
    for (format, file) in ALL {
        let text = input(file);
        let step = text.len() / 50 + 1;
        for at in (0..text.len()).step_by(step) {
            run(format, file, &text[..at]);
            let end = (at + step * 2 / 3 + 1).min(text.len());
            run(format, file, &format!("{}{}", &text[..at], &text[end..]));
        }
    }
}

#[test]
fn fleet9() {
    let (found, notes) = run(Format::Bake, "fleet9.hcl", &input("fleet9.hcl"));
    let found = found.expect("an import");
    let files: String = found
        .files
        .iter()
        .map(|file| format!("== {}\n{}", file.path, file.text))
        .collect();
    insta::assert_snapshot!("fleet9", format!("{}\n{files}\n{notes}", found.manifest));
    let fleet = fleet(&found.manifest);
    let got: BTreeMap<String, Vec<String>> = owners(&fleet);
    let mut wanted = BTreeMap::from([("core:1.0".to_owned(), "core".to_owned())]);
    for language in ["python", "perl", "ruby", "lua"] {
        wanted.insert(format!("{language}:1.0"), String::from("lang"));
        let browsers = format!("{language}:1.0-browsers");
        wanted.insert(browsers, String::from("browsers"));
    }
    let wanted: BTreeMap<String, String> = wanted
        .into_iter()
        .map(|(reference, image)| (format!("127.0.0.1:5000/fleet/{reference}"), image))
        .collect();
    let images: BTreeMap<String, String> = got
        .iter()
        .map(|(name, owners)| {
            (
                name.clone(),
                owners.concat().split(':').next().unwrap_or_default().into(),
            )
        })
        .collect();
    assert_eq!(images, wanted);
    assert!(got.values().all(|owners| owners.len() == 1), "{got:?}");
}
