//! Kinds of folders that people have, in `kinds.txt`: each makes a valid manifest, with every edge and no other.
//!
//! ```text
//! == WORKSPACE: what the kind is
//! PATH INSTRUCTIONS          a Dockerfile
//! -> IMAGE <- PARENTS        every image that is based on another
//! ```

use super::{Layout, fleet};

/// How many kinds there are at least.
const KINDS: usize = 35;

#[test]
fn every_kind_has_all_of_its_edges() {
    let kinds: Vec<&str> = include_str!("kinds.txt").split("== ").skip(1).collect();
    assert!(kinds.len() >= KINDS, "{} kinds", kinds.len());
    for kind in kinds {
        let (title, lines) = kind.split_once('\n').expect("a title");
        let (name, _) = title.split_once(':').expect("a workspace");
        let (edges, files): (Vec<&str>, Vec<&str>) =
            lines.lines().partition(|line| line.starts_with("-> "));
        let files = files.join("\n");
        let (shown, warnings, manifest) = fleet(&Layout {
            name,
            registry: None,
            files: &files,
        });
        let mut wanted: Vec<&str> = edges.iter().map(|edge| &edge[3..]).collect();
        wanted.sort_unstable();
        let mut found: Vec<String> = shown.lines().filter_map(edge).collect();
        found.sort_unstable();
        assert_eq!(found, wanted, "{title}\n{manifest}\n{warnings}");
    }
}

/// The edges of an image, by first tags: `app:1 <- base:2` of `app:1 = app:latest <- base:2`.
fn edge(line: &str) -> Option<String> {
    let (image, parents) = line.split_once(" <- ")?;
    let first = image.split(" = ").next()?;
    Some(format!("{first} <- {parents}"))
}
