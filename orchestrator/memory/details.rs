//! The details of a record: what a recipe consisted of, so that a later run can say what has changed.

use super::{Args, Packages};
use crate::name::Digest;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use similar::{ChangeTag, TextDiff};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::sync::Arc;

/// The most that details may be when they are read, in bytes.
const LARGEST: u64 = 8 << 20;

/// What a recipe consisted of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// The Dockerfile as it was rendered.
    pub dockerfile: Arc<str>,
    /// The build arguments.
    pub args: Args,
    /// What else the manifest says about the build: `target`, `contexts alpine`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
    /// The files of the build context, by path.
    pub files: Arc<BTreeMap<String, Digest>>,
    /// Those of the files that may be executed.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub executable: BTreeSet<String>,
    /// The packages of the image, if they were listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packages: Option<Box<Packages>>,
    /// Whether the image has no database of packages that kiln knows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unpackaged: bool,
}

/// What changed in a recipe.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RecipeChange {
    /// Lines of the Dockerfile that are gone or new, each after `-` or `+`, in file order.
    pub lines: Vec<String>,
    /// Files of the context, each after `-`, `+` or `~`.
    pub files: Vec<String>,
    /// Build arguments: `NAME=old -> new`.
    pub args: Vec<String>,
    /// What else the manifest says about the build: `target=old -> new`.
    #[serde(default)]
    pub settings: Vec<String>,
}

impl Details {
    /// The details as a blob: compressed JSON.
    pub fn blob(&self) -> Arc<[u8]> {
        let mut writer = GzEncoder::new(Vec::new(), Compression::default());
        // Writing to memory does not fail.
        let _ = writer.write_all(serde_json::json!(self).to_string().as_bytes());
        writer.finish().unwrap_or_default().into()
    }

    /// Reads details; `None` if they are damaged.
    pub fn read(blob: &[u8]) -> Option<Self> {
        let mut text = String::new();
        GzDecoder::new(blob)
            .take(LARGEST)
            .read_to_string(&mut text)
            .ok()?;
        serde_json::from_str(&text).ok()
    }

    /// What changed from these details to those of today.
    pub fn change(&self, today: &Self) -> RecipeChange {
        RecipeChange {
            lines: lines(&self.dockerfile, &today.dockerfile),
            files: self.other_files(today),
            args: other(self.args.iter(), today.args.iter()),
            settings: other(&self.settings, &today.settings),
        }
    }

    fn other_files(&self, today: &Self) -> Vec<String> {
        let paths: BTreeSet<&String> = self.files.keys().chain(today.files.keys()).collect();
        let changed = |path: &String| match (self.files.get(path), today.files.get(path)) {
            (Some(old), Some(new)) if old == new => self.other_mode(today, path),
            (Some(_), Some(_)) => Some(format!("~{path}")),
            (Some(_), None) => Some(format!("-{path}")),
            _ => Some(format!("+{path}")),
        };
        paths.into_iter().filter_map(changed).collect()
    }

    fn other_mode(&self, today: &Self, path: &String) -> Option<String> {
        match (
            self.executable.contains(path),
            today.executable.contains(path),
        ) {
            (false, true) => Some(format!("~{path} (executable now)")),
            (true, false) => Some(format!("~{path} (not executable any more)")),
            _ => None,
        }
    }
}

/// The values that differ: `NAME=old -> new`.
fn other<'a>(
    old: impl IntoIterator<Item = (&'a String, &'a String)>,
    new: impl IntoIterator<Item = (&'a String, &'a String)>,
) -> Vec<String> {
    let [old, new]: [BTreeMap<&String, &String>; 2] =
        [old.into_iter().collect(), new.into_iter().collect()];
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).copied().collect();
    let changed = |name: &String| match (old.get(name), new.get(name)) {
        (old, new) if old == new => None,
        (Some(old), Some(new)) => Some(format!("{name}={old} -> {new}")),
        (Some(old), None) => Some(format!("-{name}={old}")),
        (None, new) => Some(format!("+{name}={}", new.map_or("", |value| value))),
    };
    names.into_iter().filter_map(changed).collect()
}

/// The lines that differ. Comments count in a recipe, too: they are part of the rendered file.
fn lines(old: &str, new: &str) -> Vec<String> {
    let diff = TextDiff::from_lines(old, new);
    let changed = diff.iter_all_changes().filter_map(|change| {
        let sign = match change.tag() {
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
            ChangeTag::Equal => return None,
        };
        Some(format!("{sign}{}", change.value().trim_end()))
    });
    changed.collect()
}
