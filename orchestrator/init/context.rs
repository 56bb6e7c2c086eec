//! Finds the build context of a Dockerfile: the nearest folder that has all the files it copies.

use crate::dockerfile::{Dockerfile, Instruction};
use crate::import::path::dot;
use crate::render::below;

/// The nearest folder, from the Dockerfile's own upwards, that has everything it copies: `None` for its own. An error
/// names a path that no folder has.
pub(super) fn context(
    path: &str,
    file: &Dockerfile,
    has: &dyn Fn(&str) -> bool,
) -> Result<Option<String>, String> {
    let copied: Vec<String> = file.instructions.iter().flat_map(sources).collect();
    let own = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let folders = std::iter::successors((!own.is_empty()).then_some(own), |folder| {
        folder.rsplit_once('/').map(|(above, _)| above)
    });
    for folder in folders.chain([""]) {
        let there = |source: &String| has(&below(folder, source));
        if copied.iter().all(there) {
            return Ok((folder != own).then(|| dot(folder).to_owned()));
        }
    }
    let lacks = |source: &&String| !has(&below(own, source));
    Err(copied.iter().find(lacks).cloned().unwrap_or_default())
}

/// The paths that an instruction copies from its context, as far as they are known without variables: of a pattern,
/// the folder before it.
fn sources(instruction: &Instruction) -> Vec<String> {
    let copies = matches!(instruction.keyword.as_str(), "COPY" | "ADD");
    if !copies || instruction.flag_names().iter().any(|flag| flag == "from") {
        return Vec::new();
    }
    let arguments = instruction
        .text()
        .get(instruction.keyword.len()..)
        .unwrap_or_default();
    let mut words: Vec<String> = match arguments
        .find('[')
        .map(|at| serde_json::from_str(&arguments[at..]))
    {
        Some(Ok(words)) => words,
        _ => arguments
            .split_whitespace()
            .skip_while(|word| word.starts_with("--"))
            .map(|word| word.trim_matches('"').to_owned())
            .collect(),
    };
    words.pop();
    words.iter().filter_map(|word| plain(word)).collect()
}

/// A path without the parts that are filled in at build time; `None` where nothing is left of it.
fn plain(word: &str) -> Option<String> {
    if word.contains("://")
        || word.starts_with("git@")
        || word.starts_with("<<")
        || word.contains('$')
    {
        return None;
    }
    let parts = word
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .take_while(|part| !part.contains(['*', '?', '[']));
    Some(parts.collect::<Vec<_>>().join("/")).filter(|path| !path.is_empty())
}
