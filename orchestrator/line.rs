//! The pure line, written once: from the files of a manifest to a fleet with recipes, graph and ids.
//!
//! ```text
//! manifest::parse -> matrix::expand -> render::with_checks -> render::render -> Graph::connect -> ids
//! ```
//!
//! Every command is a prefix of it, and so are `import`, `init`, the tests and the benchmarks. A stage
//! takes what the previous one made and returns a new value. Problems are collected, not returned at
//! the first one: a stage runs even when an earlier one complained, as far as that finds more real
//! problems and no false ones.

use crate::graph::Graph;
use crate::lockfile::{LOCKFILE, Lockfile};
use crate::manifest::{self, Manifest};
use crate::matrix::{self, Fleet, Inputs, VariantId};
use crate::plan::{Ids, ids};
use crate::render::{self, Files, Recipe};
use crate::text::kdl::{self, Document};
use crate::text::{Diagnostic, Diagnostics, Sources};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A fleet brought as far as it goes without an engine or a network.
#[derive(Debug, Clone)]
pub struct Ready {
    /// The parsed manifest.
    pub manifest: Manifest,
    /// All variants.
    pub fleet: Fleet,
    /// In the order of the fleet's variants.
    pub recipes: Vec<Recipe>,
    /// The edges between the variants.
    pub graph: Graph,
    /// The ids of the variants.
    pub ids: Ids,
    /// What `kiln.lock` records; nothing if the file does not exist.
    pub lock: Lockfile,
    /// The text of `kiln.lock`, if the file exists.
    pub lock_text: Option<Arc<str>>,
}

impl Ready {
    /// The variants that the selectors name; the whole fleet if there are none.
    ///
    /// # Errors
    /// One diagnostic per selector that names nothing or cannot be read.
    pub fn select(&self, selectors: &[String]) -> Result<BTreeSet<VariantId>, Diagnostics> {
        let parents: Vec<Vec<VariantId>> = self
            .fleet
            .variants
            .iter()
            .map(|variant| self.graph.parents(variant.id).to_vec())
            .collect();
        matrix::select(&self.fleet, &parents, selectors)
    }
}

/// Brings a manifest to the end of the line; `None` if a diagnostic is an error.
///
/// `documents` are `kiln.kdl` and the files that it includes, in file order. Everything else that the
/// workspace holds (templates, Dockerfiles, contexts, `kiln.lock`) is read through `files`.
pub fn bring(
    documents: &[Document],
    inputs: &Inputs,
    files: &dyn Files,
    sources: &mut Sources,
    out: &mut Diagnostics,
) -> Option<Ready> {
    let manifest = manifest(documents, sources, out);
    let fleet = matrix::expand(&manifest, inputs, out).filter(|_| !out.has_errors())?;
    let fleet = render::with_checks(fleet, files, sources, out);
    let (lock, lock_text) = lock(files, sources, out);
    let recipes = render::render(&fleet, files, &lock, sources, out);
    if out.has_errors() {
        return None;
    }
    let graph = Graph::connect(&fleet, &recipes, out);
    if out.has_errors() {
        return None;
    }
    Some(Ready {
        manifest,
        ids: ids(&fleet, &recipes, &graph),
        fleet,
        recipes,
        graph,
        lock,
        lock_text,
    })
}

/// The first part of the line, which needs the manifest alone: variants and their tags. Nothing is
/// rendered, and no other file is read.
pub fn fleet(
    documents: &[Document],
    inputs: &Inputs,
    sources: &mut Sources,
    out: &mut Diagnostics,
) -> Option<Fleet> {
    let manifest = manifest(documents, sources, out);
    matrix::expand(&manifest, inputs, out).filter(|_| !out.has_errors())
}

/// The fleet of a manifest that consists of one text.
pub fn fleet_of(text: &str, inputs: &Inputs, out: &mut Diagnostics) -> Option<Fleet> {
    let mut sources = Sources::default();
    let document = document(text, &mut sources, out);
    fleet(&[document], inputs, &mut sources, out)
}

/// What the author wrote, with the tool sets that come with kiln.
fn manifest(documents: &[Document], sources: &mut Sources, out: &mut Diagnostics) -> Manifest {
    let library = manifest::library(sources, out);
    manifest::parse(documents, library, out)
}

/// A manifest that consists of one text.
pub fn document(text: &str, sources: &mut Sources, out: &mut Diagnostics) -> Document {
    kdl::parse(sources.add("kiln.kdl", text), text, out)
}

/// What `kiln.lock` records, and its text. A file that does not exist records nothing.
fn lock(
    files: &dyn Files,
    sources: &mut Sources,
    out: &mut Diagnostics,
) -> (Lockfile, Option<Arc<str>>) {
    match files.text(LOCKFILE) {
        Ok(Some(text)) => {
            let source = sources.add(LOCKFILE, text.clone());
            (Lockfile::parse(source, &text, out), Some(text))
        }
        Ok(None) => (Lockfile::default(), None),
        Err(why) => {
            let help = format!("{LOCKFILE} must be a regular file beside kiln.kdl");
            out.push(Diagnostic::error("lock::read", why).help(help));
            (Lockfile::default(), None)
        }
    }
}
