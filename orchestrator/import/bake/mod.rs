//! Files for `docker buildx bake`, in HCL or in JSON: variables, targets, matrices of targets.
//!
//! ```text
//! read.rs -> eval/, function/ -> target.rs (inherits, matrix) -> select.rs -> built.rs -> twin.rs -> axes.rs -> fleet.rs
//! ```
//!
//! Every target with tags is an image; of several with one tag, one is. A matrix becomes axes, and what the file
//! computes from a value of it becomes data of that value. A variable that is inserted into texts stays a variable;
//! where anything is computed from it, its default is used, and a warning names it. Dockerfiles inside the file
//! become files.

mod axes;
mod built;
mod contexts;
mod derive;
mod eval;
mod fleet;
mod function;
mod inline;
mod key;
mod leftover;
mod matrix;
mod place;
mod public;
mod read;
mod select;
mod target;
mod texts;
mod twin;
mod untagged;
mod unfinished;
mod value;
mod variable;

use super::note::Notes;
use super::owner::owners;
use super::published::{Image, Name, Published};
use super::{Input, image_name};
use crate::text::{Diagnostic, Diagnostics};
use eval::Evaluator;
use fleet::Fleet;
use indexmap::IndexMap;
use place::How;
use read::Block;
use variable::Variables;

/// The stack that the HCL parser needs at the depth that it allows: several megabytes in an unoptimised build.
const STACK: usize = 64 << 20;

/// Reads the files of one bake, later ones on top of earlier ones, on a thread whose stack is large enough for any
/// file. `wanted` are names of targets and groups; without any, all targets are read. Errors are in `out`.
pub fn read(
    files: &[Input<'_>],
    wanted: &[String],
    notes: &mut Notes,
    out: &mut Diagnostics,
) -> Option<Published> {
    let found = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        thread
            .spawn_scoped(scope, || on_this_stack(files, wanted, notes, out))
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

fn on_this_stack(
    files: &[Input<'_>],
    wanted: &[String],
    notes: &mut Notes,
    out: &mut Diagnostics,
) -> Option<Published> {
    let first = *files.first()?;
    let blocks = blocks(files, out)?;
    let mut evaluator = Evaluator::new(&blocks);
    let variables = variable::variables(&blocks, &mut evaluator);
    let found = fleet::all(&blocks, &mut evaluator, notes);
    let selection = select::selection(wanted, &blocks, &found, &mut evaluator, notes);
    let selection =
        selection.map_err(|faults| faults.into_iter().for_each(|fault| out.push(fault)));
    let fleet = fleet::fleet(&found, &selection.ok()?, &mut evaluator, &variables, notes);
    leftover::blocks(&blocks, &fleet.blocks, notes);
    let before = out.errors();
    if fleet.images.is_empty() && fleet.unfinished.is_empty() {
        out.push(no_images(first));
        out.extend(std::mem::take(notes).finish(files));
        return None;
    }
    let help = "only one image can have a tag: use a different one for the other";
    owners(&fleet.images, Name::full, help, out);
    if out.errors() > before {
        return None;
    }
    decided(&fleet, &variables, notes);
    Some(published(fleet, &variables, first, notes))
}

/// The blocks of all files, merged; every file with an error is reported.
fn blocks(files: &[Input<'_>], out: &mut Diagnostics) -> Option<Vec<Block>> {
    let before = out.errors();
    let mut all = Vec::new();
    for file in files {
        match read::read(*file) {
            Ok(blocks) => all.extend(blocks),
            Err(fault) => out.push(fault),
        }
    }
    (out.errors() == before).then(|| merged(all))
}

fn published(fleet: Fleet, variables: &Variables, file: Input<'_>, notes: &mut Notes) -> Published {
    let publish = stem(&fleet.images).map(|stem| format!("{stem}/{{image}}"));
    let (unfinished, wanted) = unfinished::finish(fleet.unfinished, publish.as_deref());
    let mut published = Published {
        comment: String::from("Imported from a bake file."),
        workspace: image_name(file.name),
        publish,
        images: fleet.images,
        unfinished,
        wanted,
        files: fleet.files,
        compact: true,
        ..Published::default()
    };
    published.variables = used(variables, &published, notes);
    let left = notes.left();
    if !left.is_empty() {
        published.comment += &format!("\nNot imported: {}.", left.join(", "));
    }
    published
}

/// Notes which variables the manifest does not follow everywhere.
fn decided(fleet: &Fleet, variables: &Variables, notes: &mut Notes) {
    let names = variables.declared.iter();
    let has = |how, name: &str| fleet.decided.contains(&(how, name.to_owned()));
    let either = |name: &str| has(How::Fixed, name) || has(How::Unedited, name);
    let names = names.filter(|name| either(name));
    for name in names {
        let shown = name.escape_debug();
        let (message, help) = match has(How::Fixed, name) {
            true => (
                format!("values that the file computes from `{shown}` are those of its default"),
                "with another value of the variable, change them in the manifest, too",
            ),
            false => (
                format!(
                    "`{shown}` is inserted where the file edits it first, which changes nothing today"
                ),
                "give the variable values that need no editing",
            ),
        };
        notes.note("import::fixed", message, help, name.span);
    }
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
    let images = published.images.iter().chain(&published.unfinished);
    let texts: Vec<&str> = images.flat_map(texts).collect();
    let mut used = IndexMap::new();
    for name in &variables.declared {
        let places = [
            format!("{{var:{}}}", name.as_str()),
            format!("{{var:{}:", name.as_str()),
        ];
        let is_used = |text: &&str| places.iter().any(|place| text.contains(place));
        let default = variables.defaults.get(name.as_str());
        let Some(default) = default.filter(|_| texts.iter().any(is_used)) else {
            notes.left_out(
                "a variable",
                "no text of the manifest has it: values computed from its default are written out",
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

/// Every text of an image that may have placeholders.
fn texts(image: &Image) -> Vec<&str> {
    let variants = image.variants.iter().flat_map(|variant| variant.texts());
    let axes = image.grid.iter().flat_map(|grid| &grid.axes);
    let values = axes.flat_map(|axis| &axis.values);
    let data = values.flat_map(|value| value.data.iter().map(|(_, text)| text.as_str()));
    variants
        .map(|text| text.pattern.as_str())
        .chain(data)
        .collect()
}
