//! Files for `docker buildx bake`, in HCL or in JSON: variables, targets, matrices of targets.
//!
//! ```text
//! read.rs -> variable.rs, eval.rs -> target.rs (inherits, matrix) -> built.rs, axes.rs -> fleet.rs
//! ```
//!
//! Every target with tags is an image. A matrix becomes axes where the tags name all of them, else one image per
//! target. A variable that is only inserted into texts stays a variable; where an expression computes with it, its
//! default is used. Dockerfiles inside the file become files.

mod axes;
mod built;
mod contexts;
mod eval;
mod fleet;
mod function;
mod inline;
mod leftover;
mod mark;
mod public;
mod read;
mod target;
mod texts;
mod value;
mod variable;

use super::note::Notes;
use super::owner::owners;
use super::published::{Image, Name, Published};
use super::{Input, image_name};
use crate::text::{Diagnostic, Diagnostics};
use indexmap::IndexMap;
use read::Block;
use variable::Variables;

/// The stack that the HCL parser needs at the depth that it allows: several megabytes in an unoptimised build.
const STACK: usize = 64 << 20;

/// Reads a bake file, on a thread whose stack is large enough for any file; errors are in `out`.
pub fn read(input: Input<'_>, notes: &mut Notes, out: &mut Diagnostics) -> Option<Published> {
    let found = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        thread
            .spawn_scoped(scope, || on_this_stack(input, notes, out))
            .ok()
            .and_then(|thread| thread.join().ok())
    });
    if found.is_none() {
        let fault = Diagnostic::error(
            "import::bake",
            "the file cannot be read: no thread could be started",
        );
        out.push(fault.help("try again when the machine has less to do"));
    }
    found?
}

fn on_this_stack(input: Input<'_>, notes: &mut Notes, out: &mut Diagnostics) -> Option<Published> {
    let blocks = read::read(input).map_err(|fault| out.push(fault)).ok()?;
    let blocks = merged(blocks);
    leftover::blocks(&blocks, notes);
    let variables = variable::variables(&blocks, notes);
    let (images, files) = fleet::images(&blocks, &variables, notes);
    let before = out.errors();
    if images.is_empty() {
        out.push(no_images(input));
        out.extend(std::mem::take(notes).finish(input.text));
        return None;
    }
    let help = "only one image can have a tag: use a different one for the other";
    owners(&images, Name::full, help, out);
    if out.errors() > before {
        return None;
    }
    let mut published = Published {
        comment: String::from("Imported from a bake file."),
        workspace: image_name(input.name),
        publish: stem(&images).map(|stem| format!("{stem}/{{image}}")),
        images,
        files,
        compact: true,
        ..Published::default()
    };
    published.variables = used(&variables, &published, notes);
    Some(published)
}

fn no_images(input: Input<'_>) -> Diagnostic {
    let end = input.span(input.text.len(), input.text.len());
    let message = "no target in the file has tags that kiln can evaluate";
    Diagnostic::error("import::no-images", message)
        .at(end, "the file ends here")
        .help("an image is published under its tags: `tags = [\"docker.io/you/app:1.0\"]`")
}

/// Merges blocks of the same kind and name; later settings override earlier ones.
fn merged(blocks: Vec<Block>) -> Vec<Block> {
    let mut all: IndexMap<(String, String), Block> = IndexMap::new();
    for block in blocks {
        match all.get_mut(&(block.kind.clone(), block.label.value.clone())) {
            Some(known) => {
                known.settings.extend(block.settings);
                known.inner.extend(block.inner);
            }
            None => drop(all.insert((block.kind.clone(), block.label.value.clone()), block)),
        }
    }
    all.into_values().collect()
}

/// The common prefix of the repositories, where several images are named after theirs.
fn stem(images: &[Image]) -> Option<String> {
    let mut counts: IndexMap<&str, usize> = IndexMap::new();
    for stem in images.iter().filter_map(stem_of) {
        *counts.entry(stem).or_default() += 1;
    }
    counts
        .into_iter()
        .filter(|(_, count)| *count > 1)
        .max_by_key(|(_, count)| *count)
        .map(|(stem, _)| stem.to_owned())
}

/// The part before `/name` in an image's only repository.
fn stem_of(image: &Image) -> Option<&str> {
    let names = image.variants.iter().flat_map(|variant| &variant.names);
    let mut repositories = names.map(|name| name.repository.pattern.as_str());
    let first = repositories.next()?;
    let only = repositories.all(|other| other == first).then_some(first)?;
    only.strip_suffix(image.name.as_str())?.strip_suffix('/')
}

/// The variables that the manifest uses, with their defaults.
fn used(
    variables: &Variables,
    published: &Published,
    notes: &mut Notes,
) -> IndexMap<String, String> {
    let variants = published.images.iter().flat_map(|image| &image.variants);
    let texts = variants.flat_map(|variant| variant.texts());
    let patterns: Vec<&str> = texts.map(|text| text.pattern.as_str()).collect();
    let named: IndexMap<String, String> = variables.named().collect();
    let mut used = IndexMap::new();
    for name in &variables.declared {
        let place = format!("{{var:{}}}", name.as_str());
        let default = named.get(name.as_str());
        let default = default.filter(|_| patterns.iter().any(|pattern| pattern.contains(&place)));
        let Some(default) = default else {
            notes.left_out(
                "a variable",
                "the manifest does not use it directly: values computed from its default are written out",
                name.span,
            );
            continue;
        };
        let help = "set it with `--var NAME=VALUE` or KILN_VAR_NAME, no longer with NAME alone";
        notes.assumed(
            "variables keep their names, but their environment variables change",
            help,
            name.span,
        );
        used.insert(name.value.clone(), default.clone());
    }
    used
}
