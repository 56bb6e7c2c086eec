//! Dockerfiles inside the bake file: they become files, and their references to contexts are replaced by public
//! names.

use super::value::{self, Values};
use crate::dockerfile::{Given, directives_end, read, rewrite};
use crate::import::{File, unique};
use indexmap::IndexMap;

/// The folder of these files.
const FOLDER: &str = "dockerfiles";

/// Build arguments with their defaults.
pub(super) type Arguments = IndexMap<String, String>;

/// The files so far, each text once.
#[derive(Debug, Default)]
pub(super) struct Inlines(IndexMap<String, String>);

impl Inlines {
    /// The path of a text; `name` is the first image that has it.
    pub fn add(&mut self, name: &str, text: String) -> String {
        let path = |name: &str| format!("{FOLDER}/{name}.Dockerfile");
        let free = unique(name, |name| {
            self.0.values().any(|known| *known == path(name))
        });
        self.0.entry(text).or_insert(path(&free)).clone()
    }

    /// The files.
    pub fn finish(self) -> Vec<File> {
        self.0
            .into_iter()
            .map(|(text, path)| File { path, text })
            .collect()
    }
}

/// A Dockerfile with contexts replaced by their public names, and the contexts that it names.
pub(super) fn renamed(text: &str, names: &IndexMap<String, String>) -> (String, Vec<String>) {
    let args = IndexMap::new();
    let file = read(
        text,
        Given {
            args: &args,
            platforms: &[],
            target: None,
            contexts: &[],
        },
    );
    let mut named = Vec::new();
    let change = |stand: &crate::dockerfile::ImageRef| {
        let written = text.get(stand.bytes.clone())?;
        let (name, public) = names
            .get_key_value(written)
            .or_else(|| names.get_key_value(written.strip_suffix(":latest")?))?;
        named.push(name.clone());
        Some((stand.bytes.clone(), public.clone()))
    };
    let changes: Vec<_> = file.image_refs.iter().filter_map(change).collect();
    let done = rewrite(text, &changes);
    (
        if done.ends_with('\n') {
            done
        } else {
            done + "\n"
        },
        named,
    )
}

/// The pattern of a reference in Dockerfile syntax, with the arguments that it needs:
/// `{var:REG}/core:1.0` is `${REG}/core:1.0`. `None` where a placeholder is not a variable.
pub(super) fn as_argument(pattern: &str, places: &Values) -> Option<(String, Arguments)> {
    let mut args = Arguments::new();
    let mut out = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        let (place, after) = after.split_once('}')?;
        let name = place.strip_prefix("var:")?;
        args.insert(name.to_owned(), value::text(places.get(place)?)?);
        out.extend([before, "${", name, "}"]);
        rest = after;
    }
    out.push_str(rest);
    Some((out, args))
}

/// A Dockerfile that declares the arguments first.
pub(super) fn with_arguments(text: &str, args: &Arguments) -> String {
    let (top, rest) = text.split_at(directives_end(text));
    let declared: String = args
        .iter()
        .map(|(name, value)| format!("ARG {name}={value}\n"))
        .collect();
    format!("{top}{declared}{rest}")
}
