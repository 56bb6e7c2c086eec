//! Real, published fleets from readable manifests.
//!
//! Each `examples/<fleet>` has `kiln.kdl` and `expected-tags.tsv`: one line per variant with its parent (or
//! its folder below the image's), its platforms, its tags, and the tags that it shares with others.

use kiln::line;
use kiln::matrix::{Fleet, Inputs, Parent, Variant};
use kiln::text::{Diagnostics, Sources};
use std::collections::BTreeSet;
use std::path::Path;

fn fleet(name: &str) -> Fleet {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(name);
    let text = std::fs::read_to_string(folder.join("kiln.kdl")).expect("the example is there");
    assert!(
        text.lines().count() < 60,
        "{name} is longer than a person wants to read"
    );
    let mut sources = Sources::default();
    let mut diagnostics = Diagnostics::default();
    let document = line::document(&text, &mut sources, &mut diagnostics);
    let now = "2026-08-03T04:00:00Z".parse().expect("a time");
    let inputs = Inputs {
        now,
        ..Inputs::default()
    };
    let fleet = line::fleet(&[document], &inputs, &mut sources, &mut diagnostics);
    assert!(
        diagnostics.is_empty(),
        "{name}: {:#?}",
        diagnostics.iter().collect::<Vec<_>>()
    );
    fleet.expect("a fleet without a fault")
}

/// Platforms, tags and shared tags.
type Row = (BTreeSet<String>, BTreeSet<String>, BTreeSet<String>);

fn words(text: Option<&str>) -> BTreeSet<String> {
    text.unwrap_or_default()
        .split_whitespace()
        .map(ToOwned::to_owned)
        .collect()
}

/// Compares a fleet with its facts, variant by variant, and counts its variants and references.
fn check(name: &str, key: fn(&Fleet, &Variant) -> String, variants: usize, references: usize) {
    let fleet = fleet(name);
    let facts = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("examples")
            .join(name)
            .join("expected-tags.tsv"),
    );
    let facts = facts.expect("the facts are there");
    let row = |line: &str| {
        let mut columns = line.split('\t');
        let key = columns.next().unwrap_or_default().to_owned();
        (
            key,
            (
                words(columns.next()),
                words(columns.next()),
                words(columns.next()),
            ),
        )
    };
    let mut expected: Vec<(String, Row)> = facts
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(row)
        .collect();
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
            key(&fleet, variant),
            (
                variant.platforms.iter().map(ToString::to_string).collect(),
                of(false),
                of(true),
            ),
        )
    };
    let mut got: Vec<(String, Row)> = fleet.variants.iter().map(row).collect();
    expected.sort();
    got.sort();
    assert_eq!(got, expected, "{name}");
    assert_eq!(fleet.variants.len(), variants, "{name}");
    let all: BTreeSet<String> = fleet
        .variants
        .iter()
        .flat_map(|v| v.references())
        .map(|(reference, _)| reference.to_string())
        .collect();
    assert_eq!(all.len(), references, "{name}");
}

/// The parent of a variant, in its short form.
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

fn folder(_: &Fleet, variant: &Variant) -> String {
    variant
        .dir
        .strip_prefix(&format!(".circleci/images/{}/", variant.image))
        .unwrap_or(&variant.dir)
        .to_owned()
}

#[test]
fn cimg_go() {
    check("cimg-go", parent, 6, 12);
}

#[test]
fn cimg_node() {
    check("cimg-node", parent, 6, 14);
}

#[test]
fn cimg_clojure() {
    check("cimg-clojure", parent, 15, 36);
}

#[test]
fn cimg_base() {
    check("cimg-base", parent, 4, 9);
}

#[test]
fn golang() {
    check("golang", folder, 20, 64 + 20);
}

#[test]
fn node() {
    check("node", folder, 18, 126);
}

#[test]
fn python() {
    check("python", folder, 42, 150);
}

#[test]
fn circleci_python() {
    check("circleci-python", parent, 8, 40);
}

#[test]
fn devcontainers_go() {
    check("devcontainers-go", folder, 4, 96);
}
