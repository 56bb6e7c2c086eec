//! Files for `docker buildx bake`, in HCL or in JSON: variables, targets, matrices of targets.
//!
//! ```text
//! read.rs -> variable.rs, eval.rs -> target.rs (inherits, matrix) -> image.rs -> write
//! ```
//!
//! Every target with tags is an image. A matrix becomes axes where the tags name all of them, else one image per
//! target. A variable that is only inserted into texts stays a variable; where an expression computes with it, its
//! default is used. Dockerfiles inside the file become files.

mod axes;
mod eval;
mod fleet;
mod function;
mod image;
mod inline;
mod leftover;
mod mark;
mod public;
mod read;
mod target;
mod variable;
mod written;

use super::note::Notes;
use super::verify;
use super::write::{Node, document};
use super::{Import, Input, image_name};
use crate::manifest::stage_beside;
use crate::text::{Diagnostic, Diagnostics};
use fleet::Fleet;
use hcl::Value;
use indexmap::IndexMap;
use read::Block;
use variable::Variables;

/// The stack that the HCL parser needs at the depth that it allows: several megabytes in an unoptimised build.
const STACK: usize = 64 << 20;

/// Imports a bake file, on a thread whose stack is large enough for any file.
pub fn import(input: Input<'_>, out: &mut Diagnostics) -> Option<Import> {
    let mut found = Diagnostics::default();
    let import = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        thread
            .spawn_scoped(scope, || on_this_stack(input, &mut found))
            .ok()
            .and_then(|thread| thread.join().ok())
    });
    out.extend(found);
    if import.is_none() {
        let fault = Diagnostic::error(
            "import::bake",
            "the file cannot be read: no thread could be started",
        );
        out.push(fault.help("try again when the machine has less to do"));
    }
    import?
}

fn on_this_stack(input: Input<'_>, out: &mut Diagnostics) -> Option<Import> {
    let mut notes = Notes::default();
    let blocks = match read::read(input) {
        Ok(blocks) => merged(blocks),
        Err(fault) => {
            out.push(fault);
            return None;
        }
    };
    leftover::blocks(&blocks, &mut notes);
    let variables = variable::variables(&blocks, &mut notes);
    let mut fleet = Fleet::new(&blocks, &variables);
    fleet.build(&mut notes);
    if fleet.images.is_empty() {
        let end = input.span(input.text.len(), input.text.len());
        let fault = Diagnostic::error(
            "import::no-images",
            "no target in the file has tags that kiln can evaluate",
        )
        .at(end, "the file ends here");
        out.push(
            fault
                .help("an image is published under its tags: `tags = [\"docker.io/you/app:1.0\"]`"),
        );
        out.extend(notes.finish(input.text));
        return None;
    }
    fleet.owners(out);
    if out.has_errors() {
        return None;
    }
    let nodes = fleet.nodes();
    let head = [workspace(input.name, &fleet)]
        .into_iter()
        .chain(declared(&variables, &nodes, &mut notes));
    let manifest = document(
        "Imported from a bake file.",
        &head.chain(nodes).collect::<Vec<_>>(),
    );
    if let Err(faults) = verify::verify(&manifest, &fleet.published()) {
        out.push(verify::refused(&faults, fleet.images[0].span));
        return None;
    }
    out.extend(notes.finish(input.text));
    Some(Import {
        manifest,
        files: fleet.files(),
    })
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

fn workspace(name: &str, fleet: &Fleet) -> Node {
    let publish = fleet.stem().map(|stem| format!("{stem}/{{image}}"));
    let mut all = fleet.images.iter().flat_map(|image| &image.publish);
    let stage = publish.as_ref().or(all.next()).map(|at| stage_beside(at));
    let node = Node::new("workspace")
        .arg(&image_name(name))
        .open()
        .spaced();
    node.children(publish.map(|publish| Node::new("publish").arg(&publish)))
        .children(stage.map(|stage| Node::new("stage").arg(&stage)))
}

/// The variables that images use.
fn declared(variables: &Variables, images: &[Node], notes: &mut Notes) -> Vec<Node> {
    let mut nodes = Vec::new();
    for name in &variables.declared {
        let place = format!("{{var:{}}}", name.as_str());
        if !images.iter().any(|image| image.names(&place)) {
            notes.left_out(
                "a variable",
                "the manifest does not use it directly: values computed from its default are written out",
                name.span,
            );
            continue;
        }
        let help = "set it with `--var NAME=VALUE` or KILN_VAR_NAME, no longer with NAME alone";
        notes.assumed(
            "variables keep their names, but their environment variables change",
            help,
            name.span,
        );
        let default = variables
            .values
            .get(name.as_str())
            .and_then(eval::text)
            .unwrap_or_default();
        nodes.push(Node::new("variable").arg(name).prop("default", &default));
    }
    if let Some(first) = nodes.first_mut() {
        *first = first.clone().spaced();
    }
    nodes
}

/// Whether kiln can have a variable of this name and value.
fn is_variable(name: &str, value: &Value) -> bool {
    // It may have to be passed to Dockerfiles as a build argument, so it must be a valid name for one, too.
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let named = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(fits)
        && name.len() <= 100;
    named && eval::text(value).is_some_and(|text| !mark::is_odd(&text))
}
