//! Every KDL block of the documentation is a manifest, or a part of one that its mark names.
//!
//! ```` ```kdl ```` contains nodes of the top level; the test adds a `workspace` if it has none.
//! ```` ```kdl fragment=image ```` contains nodes of an image, and so on for the other parts.

use kiln::manifest;
use kiln::text::{Diagnostics, Sources, kdl, show};
use std::path::{Path, PathBuf};

/// A block of a document.
struct Block {
    line: usize,
    fragment: Option<String>,
    text: String,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut all: Vec<Block> = Vec::new();
    let mut open: Option<(&str, Block)> = None;
    for (number, line) in text.lines().enumerate() {
        let (indent, rest) = line.split_at(line.len() - line.trim_start().len());
        match open.take() {
            Some((_, block)) if rest == "```" => all.push(block),
            Some((outer, mut block)) => {
                block
                    .text
                    .push_str(line.strip_prefix(outer).unwrap_or(line));
                block.text.push('\n');
                open = Some((outer, block));
            }
            None => {
                open = rest
                    .strip_prefix("```kdl")
                    .filter(|mark| mark.is_empty() || mark.starts_with(' '))
                    .map(|mark| {
                        let fragment = mark
                            .split_whitespace()
                            .find_map(|word| word.strip_prefix("fragment="))
                            .map(str::to_owned);
                        (
                            indent,
                            Block {
                                line: number + 1,
                                fragment,
                                text: String::new(),
                            },
                        )
                    });
            }
        }
    }
    assert!(open.is_none(), "a block is not closed");
    all
}

/// Completes a block to a manifest.
fn whole(block: &Block) -> String {
    let text = &block.text;
    let workspace = "workspace \"example\"";
    match block.fragment.as_deref() {
        None if text.lines().any(|line| line.starts_with("workspace ")) => text.clone(),
        None => format!("{workspace}\n{text}"),
        Some("workspace") => format!("{workspace} {{\n{text}\n}}"),
        Some("toolset") => format!("{workspace}\ntoolset \"example\" {{\n{text}\n}}"),
        Some("image") => format!("{workspace}\nimage \"example\" {{\n{text}\n}}"),
        Some("axis") => {
            format!("{workspace}\nimage \"example\" {{\naxis \"version\" {{\n{text}\n}}\n}}")
        }
        Some("value") => format!(
            "{workspace}\nimage \"example\" {{\naxis \"version\" {{\nvalue \"1.0\" {{\n{text}\n}}\n}}\n}}"
        ),
        Some(other) => panic!("line {}: no wrapper for `fragment={other}`", block.line),
    }
}

fn check(path: &Path) -> usize {
    let text = std::fs::read_to_string(path).expect("the document can be read");
    let found = blocks(&text);
    for block in &found {
        let source = whole(block);
        let mut sources = Sources::default();
        let id = sources.add(
            format!("{} block at line {}", path.display(), block.line),
            source.as_str(),
        );
        let mut out = Diagnostics::default();
        let document = kdl::parse(id, &source, &mut out);
        manifest::parse(&[document], Vec::new(), &mut out);
        assert!(out.is_empty(), "{}", show::text(&out, &sources, false));
    }
    found.len()
}

fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_dir(root.join("docs"))
        .expect("there is documentation")
        .filter_map(|entry| Some(entry.ok()?.path()));
    let tops = ["README.md", "ARCHITECTURE.md"].map(|name| root.join(name));
    tops.into_iter()
        .filter(|path| path.is_file())
        .chain(docs.filter(|path| path.extension().is_some_and(|e| e == "md")))
        .collect()
}

#[test]
fn every_block_is_a_manifest() {
    let all: usize = documents().iter().map(|path| check(path)).sum();
    assert!(all >= 30, "only {all} blocks were found");
}

/// The reference names every node, and every node has an example.
#[test]
fn the_reference_is_complete() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text =
        std::fs::read_to_string(root.join("docs/manifest.md")).expect("there is a reference");
    let examples: String = blocks(&text).into_iter().map(|block| block.text).collect();
    assert!(manifest::nodes().len() > 40);
    for node in manifest::nodes() {
        let heading = text
            .lines()
            .any(|line| line.starts_with('#') && line.contains(&format!("`{node}`")));
        assert!(heading, "`{node}` has no section");
        assert!(
            examples
                .split(|c: char| c.is_whitespace() || c == '{' || c == ';')
                .any(|word| word == node),
            "`{node}` has no example"
        );
    }
}
