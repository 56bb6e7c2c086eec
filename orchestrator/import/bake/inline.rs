//! Dockerfiles that stand in the bake file: they become files, and what they call by the name of a
//! context is called by its public name.

use crate::import::File;
use crate::render::dockerfile::{Given, read, rewrite};
use indexmap::IndexMap;

/// The folder they are put in.
const FOLDER: &str = "dockerfiles";

/// Files in the making, each text once.
#[derive(Debug, Default)]
pub(super) struct Inlines(IndexMap<String, String>);

impl Inlines {
    /// The path of a text; `name` is the image's that first has it.
    pub fn add(&mut self, name: &str, text: String) -> String {
        let taken = |path: &String, all: &IndexMap<String, String>| all.values().any(|known| known == path);
        let mut path = format!("{FOLDER}/{name}.Dockerfile");
        let mut number = 2;
        while !self.0.contains_key(&text) && taken(&path, &self.0) {
            path = format!("{FOLDER}/{name}-{number}.Dockerfile");
            number += 1;
        }
        self.0.entry(text).or_insert(path).clone()
    }

    /// The files.
    pub fn finish(self) -> Vec<File> {
        self.0.into_iter().map(|(text, path)| File { path, text }).collect()
    }
}

/// A Dockerfile with contexts called by their public names, and which of them it names.
pub(super) fn renamed(text: &str, names: &IndexMap<String, String>) -> (String, Vec<String>) {
    let args = IndexMap::new();
    let file = read(text, Given { args: &args, platforms: &[] });
    let mut named = Vec::new();
    let change = |stand: &crate::render::Stand| {
        let written = text.get(stand.bytes.clone())?;
        let (name, public) = names.get_key_value(written).or_else(|| names.get_key_value(written.strip_suffix(":latest")?))?;
        named.push(name.clone());
        Some((stand.bytes.clone(), public.clone()))
    };
    let changes: Vec<_> = file.stands.iter().filter_map(change).collect();
    let done = rewrite(text, &changes);
    (if done.ends_with('\n') { done } else { done + "\n" }, named)
}
