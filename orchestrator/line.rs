//! The pure line: from the files of a manifest to a fleet with recipes, graph and ids.
//!
//! ```text
//! manifest::parse -> matrix::expand -> render::with_checks -> render::render -> Graph::connect -> ids
//! ```
//!
//! Every command runs a prefix of it, and so do `import`, `init`, the tests and the benchmarks. Each stage
//! takes the result of the previous one and returns a new value. Problems are collected: a stage runs
//! even after errors of an earlier one, if it can find more real problems and no false ones.

use crate::graph::{self, Graph};
use crate::lockfile::{LOCKFILE, Lockfile};
use crate::manifest::{self, Manifest};
use crate::matrix::{self, Fleet, Inputs, VariantId, VariantName};
use crate::name::{Digest, Repository};
use crate::plan::{Ids, Materials, Plan, ids};
use crate::render::{self, Files, Recipe};
use crate::text::kdl::{self, Document};
use crate::text::{Diagnostic, Diagnostics, Sources, Span};
use crate::tree::Tree;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use typed_index_collections::{TiSlice, TiVec};

/// Everything that can be computed without an engine or a network.
#[derive(Debug, Clone)]
pub struct Ready {
    /// The parsed manifest.
    pub manifest: Manifest,
    /// The facts about the run that it was made with.
    pub inputs: Inputs,
    /// All variants.
    pub fleet: Fleet,
    /// The names of the variants, in the order of the fleet.
    pub names: TiVec<VariantId, VariantName>,
    /// In the order of the fleet's variants.
    pub recipes: TiVec<VariantId, Recipe>,
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
        graph::select(&self.fleet, Some(&self.graph), selectors)
    }

    /// What keeps these variants from being built because of `--set`: a parent that lacks a platform then.
    pub fn unfit(&self, selected: &BTreeSet<VariantId>) -> Diagnostics {
        let wanted = self.graph.with_ancestors(selected);
        let mut found = Diagnostics::by_place();
        for (_, fault) in self.graph.lacking().filter(|(v, _)| wanted.contains(v)) {
            found.push(fault.clone());
        }
        found
    }

    /// The changes of `--set` to images of which nothing is selected, nor what the selected variants are based on.
    pub fn idle_changes(&self, selected: &BTreeSet<VariantId>) -> Diagnostics {
        let wanted = self.graph.with_ancestors(selected);
        let is_wanted = |image: &str| {
            let mut wanted = wanted.iter().map(|v| self.fleet.variant(*v));
            wanted.any(|variant| variant.image == image)
        };
        let changes = self.inputs.set.iter();
        let changes = changes.filter_map(|change| Some((change, manifest::set_image(change)?)));
        let idle = changes.filter(|(_, image)| !is_wanted(image));
        let fault = |(change, image): (&String, &str)| {
            let message =
                format!("--set {change} has no effect: no variant of `{image}` is selected");
            let fault = Diagnostic::error("set::idle", message);
            fault.help(format!(
                "select the image, too: `{image}`, or leave the change out"
            ))
        };
        idle.map(fault).collect()
    }

    /// The staging repositories of the fleet.
    pub fn staging(&self) -> BTreeSet<Repository> {
        let variants = self.fleet.variants.iter();
        variants.filter_map(|v| v.staging.clone()).collect()
    }

    /// What plans are made from.
    pub fn materials(&self) -> Materials<'_> {
        self.materials_of(&self.fleet)
    }

    /// The same for a part of the fleet: its variants with some of their tags.
    pub fn materials_of<'a>(&'a self, fleet: &'a Fleet) -> Materials<'a> {
        Materials {
            fleet,
            names: &self.names,
            recipes: &self.recipes,
            graph: &self.graph,
            ids: &self.ids,
            lock: &self.lock,
        }
    }

    /// The build contexts that a plan of this fleet names, by digest.
    pub fn contexts(&self, plan: &Plan) -> HashMap<Digest, Arc<Tree>> {
        let built = |name: &VariantName| plan.variants.get(name)?.recipe.as_ref();
        let contexts = |(v, name)| {
            let all = built(name).map(|_| self.ids.contexts(v));
            all.into_iter().flatten()
        };
        let contexts = self.names.iter_enumerated().flat_map(contexts);
        contexts
            .map(|(_, context)| (context.digest, context.tree.clone()))
            .collect()
    }
}

/// Runs the whole line on a manifest; `None` if a diagnostic is an error.
///
/// `documents` are `kiln.kdl` and the files that it includes, in file order. All other files of the
/// workspace (templates, Dockerfiles, contexts, `kiln.lock`) are read through `files`.
pub fn bring(
    documents: &[Document],
    inputs: &Inputs,
    files: &dyn Files,
    sources: &mut Sources,
    out: &mut Diagnostics,
) -> Option<Ready> {
    judge(documents, inputs, files, sources, out).ok()
}

/// [`bring`], or what can be checked further after an error: a fault of one image hides none of another one.
///
/// # Errors
/// A diagnostic is an error.
pub fn judge(
    documents: &[Document],
    inputs: &Inputs,
    files: &dyn Files,
    sources: &mut Sources,
    out: &mut Diagnostics,
) -> Result<Ready, Box<Unready>> {
    let (manifest, fleet, documents) = whole(documents, inputs, sources, out);
    let fleet = fleet.filter(|_| !out.has_errors());
    out.locate(sources);
    let drawn = fleet.map(|fleet| {
        let mut found = Diagnostics::by_place();
        let drawn = drawn(fleet, inputs, files, sources, (&mut found, out));
        out.extend(found);
        out.locate(sources);
        drawn
    });
    let rest = rest::check(&documents, drawn.is_some(), inputs, files, sources, out);
    let Some(Drawn {
        fleet,
        recipes,
        graph,
        lock,
        lock_text,
    }) = drawn
    else {
        return Err(Box::new(rest));
    };
    if out.has_errors() {
        return Err(Box::new(Unready {
            staged: Some(manifest),
            drawn: Some((fleet, recipes.raw)),
        }));
    }
    Ok(Ready {
        manifest,
        inputs: inputs.clone(),
        ids: ids(&fleet, &recipes, &graph),
        names: VariantName::all(&fleet),
        fleet,
        recipes,
        graph,
        lock,
        lock_text,
    })
}

/// What is known of a fleet with errors.
#[derive(Default)]
pub struct Unready {
    /// The manifest, if the settings of its workspace are complete.
    pub staged: Option<Manifest>,
    /// The variants that the errors do not concern, and the recipes of those that have one.
    pub drawn: Option<(Fleet, Vec<Recipe>)>,
}

/// A fleet with recipes and graph. A variant with a fault has no recipe.
struct Drawn {
    fleet: Fleet,
    recipes: TiVec<VariantId, Recipe>,
    graph: Graph,
    lock: Lockfile,
    lock_text: Option<Arc<str>>,
}

/// Renders a fleet and connects it. Faults of the lock file go to the second list.
fn drawn(
    fleet: Fleet,
    inputs: &Inputs,
    files: &dyn Files,
    sources: &mut Sources,
    (found, out): (&mut Diagnostics, &mut Diagnostics),
) -> Drawn {
    let fleet = render::with_checks(fleet, files, sources, found);
    let fleet = render::with_hook_places(fleet, sources);
    let (lock, lock_text) = lock(files, sources, out);
    let rendered = render::render(&fleet, files, &lock, sources, found);
    match inputs.untrusted {
        true => render::host_access(&fleet, &rendered, found),
        false => render::ungranted(&fleet, &rendered, found),
    }
    let graph = match rendered.unsound.is_empty() {
        true => Graph::connect(&fleet, TiSlice::from_ref(&rendered.recipes), found),
        false => {
            let mut all = [rendered.recipes.as_slice(), &rendered.unsound].concat();
            all.sort_by_key(|recipe| recipe.variant);
            Graph::connect(&fleet, TiSlice::from_ref(&all), found)
        }
    };
    let recipes = TiVec::from(rendered.recipes);
    // What `--set` does to images that a run leaves alone does not matter.
    let lacking = graph.lacking().filter(|_| inputs.set.is_empty());
    lacking.for_each(|(_, fault)| found.push(fault.clone()));
    Drawn {
        fleet,
        recipes,
        graph,
        lock,
        lock_text,
    }
}

/// The first part of the line, which needs the manifest alone: variants and their tags. Nothing is
/// rendered, and no other file is read.
pub fn fleet(
    documents: &[Document],
    inputs: &Inputs,
    sources: &mut Sources,
    out: &mut Diagnostics,
) -> Option<Fleet> {
    let (_, fleet, _) = whole(documents, inputs, sources, out);
    out.locate(sources);
    fleet.filter(|_| !out.has_errors())
}

/// The fleet of a manifest that consists of one text.
pub fn fleet_of(text: &str, inputs: &Inputs, out: &mut Diagnostics) -> Option<Fleet> {
    let mut sources = Sources::default();
    let document = document(text, &mut sources, out);
    fleet(&[document], inputs, &mut sources, out)
}

/// A manifest that consists of one text, to be expanded with several inputs.
pub fn manifest_of(text: &str, out: &mut Diagnostics) -> Manifest {
    let mut sources = Sources::default();
    let document = document(text, &mut sources, out);
    let manifest = manifest(&[document], &Inputs::default(), &mut sources, out);
    out.locate(&sources);
    manifest
}

/// The manifest with its fleet, and the documents that they are read from. Where a fault says what was meant, the rest is read as if
/// that were written.
fn whole<'d>(
    documents: &'d [Document],
    inputs: &Inputs,
    sources: &mut Sources,
    out: &mut Diagnostics,
) -> (Manifest, Option<Fleet>, Cow<'d, [Document]>) {
    let mut documents = Cow::Borrowed(documents);
    let mut known = Diagnostics::default();
    loop {
        let mut found = out.clone();
        let manifest = manifest(&documents, inputs, sources, &mut found);
        let mut fleet = None;
        if meant(&found).is_empty() {
            fleet = matrix::expand(&manifest, inputs, &mut found);
        }
        let meant = meant(&found);
        if meant.is_empty() && known.is_empty() {
            *out = found;
            return (manifest, fleet, documents);
        }
        let mended = kdl::mended(&documents, &meant);
        if mended == *documents || known.total() > Diagnostics::SHOWN {
            let new = found.iter().skip(out.iter().count()).cloned();
            let new: Diagnostics = new.collect();
            let guessed: HashSet<Span> = known.iter().filter_map(Diagnostic::mended).collect();
            out.extend(known);
            out.extend_unrelated(new, |fault| fault.is_around(&guessed));
            return (manifest, fleet, documents);
        }
        documents = Cow::Owned(mended);
        // A word that begins no known node was reported already.
        known.extend_unrelated(meant, |_| false);
    }
}

/// The faults that say what was meant.
fn meant(found: &Diagnostics) -> Diagnostics {
    let meant = found.iter().filter(|fault| fault.mend.is_some());
    meant.cloned().collect()
}

/// The manifest, with the tool sets that come with kiln, and with what this run changes.
fn manifest(
    documents: &[Document],
    inputs: &Inputs,
    sources: &mut Sources,
    out: &mut Diagnostics,
) -> Manifest {
    let library = manifest::library(sources, out);
    let written = manifest::parse(documents, library, out);
    manifest::set(written, &inputs.set, sources, out)
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

mod rest;
#[cfg(test)]
pub(crate) mod tests;
