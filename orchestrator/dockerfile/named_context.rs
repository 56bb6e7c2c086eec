//! Named contexts: what a FROM, `COPY --from` or mount means by a name, as with `docker build --build-context`.
//!
//! The rules are those of BuildKit's frontend (`dockerfile2llb`, `dockerui/namedcontext.go`): a context that is called like
//! a stage is that stage, and the stage's own FROM and instructions do not count; otherwise it takes the place of an image
//! of its name. Names are compared like images, without `:latest`. `scratch` and the frontend are what they are.

use super::instruction::Instruction;
use super::stage;
use crate::name::{NameError, Reference, Tag};
use std::ops::Range;

/// What a name in a Dockerfile stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedContext {
    /// As [`context_name`] returns it.
    pub name: String,
    /// What it is.
    pub source: ContextSource,
}

/// What a named context is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContextSource {
    /// An image.
    Image(Reference),
    /// A folder of files.
    Folder,
}

/// A name of a context in the form in which names are compared: `alpine` for `docker.io/library/alpine:latest`.
///
/// # Errors
/// It cannot name an image, so no Dockerfile can use it.
pub fn context_name(written: &str) -> Result<String, NameError> {
    let mut reference: Reference = written.parse()?;
    let is_latest = reference.tag == Some(Tag::latest()) && reference.digest.is_none();
    reference.tag = reference.tag.filter(|_| !is_latest);
    Ok(reference.familiar())
}

/// The context that a name means.
pub(super) fn find<'c>(contexts: &'c [NamedContext], name: &str) -> Option<&'c NamedContext> {
    // Most files have none: their names are not parsed twice.
    if contexts.is_empty() {
        return None;
    }
    let name = context_name(name).ok()?;
    contexts.iter().find(|context| context.name == name)
}

/// The instructions of a file without those of the stages that contexts replace.
pub(super) struct Replaced {
    pub left: Vec<Instruction>,
    /// The byte ranges of the others.
    pub ranges: Vec<Range<usize>>,
    /// What no build depends on then: these ranges, and the images of the stages.
    pub idle: Vec<Range<usize>>,
}

/// Takes the instructions out of the stages that a context replaces.
pub(super) fn replace(all: Vec<Instruction>, contexts: &[NamedContext]) -> Replaced {
    let mut found = Replaced {
        left: Vec::with_capacity(all.len()),
        ranges: Vec::new(),
        idle: Vec::new(),
    };
    let mut is_replaced = false;
    let mut cut: Option<Range<usize>> = None;
    for instruction in all {
        if instruction.keyword == "FROM" {
            let name = stage::name(&instruction);
            is_replaced = name.is_some_and(|name| find(contexts, &name).is_some());
            let image = stage::image(&instruction).filter(|_| is_replaced);
            found.idle.extend(image);
            found.ranges.extend(cut.take());
        } else if is_replaced {
            let start = cut.map_or(instruction.bytes.start, |cut| cut.start);
            cut = Some(start..instruction.bytes.end);
            continue;
        }
        found.left.push(instruction);
    }
    found.ranges.extend(cut);
    found.idle.extend(found.ranges.iter().cloned());
    found
}

#[cfg(test)]
mod tests;
