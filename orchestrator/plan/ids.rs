//! Recipe ids: hashes of what the author of a fleet controls, the same on every machine.

use crate::dockerfile::{ImageRefKind, Reads};
use crate::graph::{Graph, Target};
use crate::matrix::{Fleet, VariantId};
use crate::name::{Digest, Platform, Reference};
use crate::render::{Recipe, RecipeFolder};
use crate::tree::Tree;
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use typed_index_collections::{TiSlice, TiVec};

/// The recipe ids of a fleet, and the files that its builds read. Bases and parents are not in them.
#[derive(Debug, Clone, Default)]
pub struct Ids {
    variants: TiVec<VariantId, Own>,
}

/// The ids of one variant.
#[derive(Debug, Clone)]
struct Own {
    platforms: Arc<Vec<Platform>>,
    /// For each platform.
    hashed: Vec<Hashed>,
}

#[derive(Debug, Clone)]
struct Hashed {
    recipe: Digest,
    context: Arc<Context>,
    /// The named contexts that are folders and that the build needs; few builds have any.
    folders: Option<Box<Folders>>,
}

/// What is read of folders, by the names of their contexts.
type Folders = BTreeMap<Box<str>, Arc<Context>>;

/// The part of a build context that a build reads: exactly this is hashed, and exactly this is sent.
#[derive(Debug, Clone)]
pub struct Context {
    /// The files.
    pub tree: Arc<Tree>,
    /// Their digest.
    pub digest: Digest,
    /// Whether these are all files of the context, whatever is in it.
    pub is_whole: bool,
}

/// What distinguishes contexts: the tree, by its address, and what is read of it.
type Key<'a> = (usize, Cow<'a, Reads>);

impl Ids {
    /// The recipe id of a variant on one of its platforms.
    pub fn recipe(&self, id: VariantId, platform: &Platform) -> Option<Digest> {
        self.of(id, platform).map(|one| one.recipe)
    }

    /// What the build of a variant on one of its platforms reads.
    pub fn context(&self, id: VariantId, platform: &Platform) -> Option<&Context> {
        self.of(id, platform).map(|one| one.context.as_ref())
    }

    /// By name, what the build of a variant on one of its platforms reads of the named contexts that are folders.
    pub fn folders(
        &self,
        id: VariantId,
        platform: &Platform,
    ) -> impl Iterator<Item = (&str, &Context)> {
        let own = self.of(id, platform).into_iter();
        own.flat_map(Hashed::folders)
    }

    /// What the builds of a variant read, in the order of its platforms: each time the context, without a name, then the
    /// named contexts that are folders.
    pub fn contexts(&self, id: VariantId) -> impl Iterator<Item = (Option<&str>, &Context)> {
        self.variants[id].hashed.iter().flat_map(|one| {
            let folders = one.folders().map(|(name, context)| (Some(name), context));
            std::iter::once((None, one.context.as_ref())).chain(folders)
        })
    }

    fn of(&self, id: VariantId, platform: &Platform) -> Option<&Hashed> {
        let own = &self.variants[id];
        let place = own.platforms.iter().position(|known| known == platform)?;
        own.hashed.get(place)
    }
}

impl Hashed {
    fn folders(&self) -> impl Iterator<Item = (&str, &Context)> {
        let folders = self.folders.iter().flat_map(|folders| folders.iter());
        folders.map(|(name, context)| (&**name, context.as_ref()))
    }
}

/// The recipe ids of a fleet; linear in variants and platforms. What many builds read alike is chosen and hashed once.
pub fn ids(fleet: &Fleet, recipes: &TiSlice<VariantId, Recipe>, graph: &Graph) -> Ids {
    let sources = Sources {
        recipes,
        graph,
        onbuild: fleet
            .bases
            .iter()
            .filter(|base| base.onbuild)
            .map(|base| &base.reference)
            .collect(),
    };
    let sources = &sources;
    let all = recipes.iter().flat_map(|recipe| {
        let platforms = 0..fleet.variant(recipe.variant).platforms.len();
        platforms.flat_map(move |at| {
            let folders = recipe.folders().iter().filter(move |one| one.is_needed(at));
            let folders = folders.map(move |one| (&one.tree, Cow::Borrowed(reads_of(one, at))));
            folders.chain([(&recipe.context, reads(sources, recipe, at))])
        })
    });
    let mut seen = HashSet::new();
    let wanted: Vec<_> = all
        .filter(|(tree, reads)| seen.insert((address(tree), reads.clone())))
        .collect();
    let contexts: HashMap<Key<'_>, Arc<Context>> = wanted
        .into_par_iter()
        .map(|(tree, reads)| {
            let read = reads.of(tree);
            let digest = read.digest();
            let context = Context {
                tree: read,
                digest,
                is_whole: *reads == Reads::All,
            };
            ((address(tree), reads), Arc::new(context))
        })
        .collect();
    let hashed = |recipe: &Recipe| {
        let variant = fleet.variant(recipe.variant);
        let args = || variant.args.iter().map(|(k, v)| (k.as_str(), v.as_str()));
        let platforms = variant.platforms.iter().enumerate();
        let one = |(at, platform): (usize, &Platform)| {
            let context = contexts.get(&(address(&recipe.context), reads(sources, recipe, at)))?;
            let folders = recipe.folders().iter().filter(|one| one.is_needed(at));
            let folders: Folders = folders
                .filter_map(|one| {
                    let context =
                        contexts.get(&(address(&one.tree), Cow::Borrowed(reads_of(one, at))))?;
                    Some((one.name.clone(), Arc::clone(context)))
                })
                .collect();
            let named = recipe.meanings(at, |name| Some(folders.get(name)?.digest));
            Some(Hashed {
                recipe: recipe.own_digest(context.digest, &named, args(), &variant.build, platform),
                context: context.clone(),
                folders: (!folders.is_empty()).then(|| Box::new(folders)),
            })
        };
        let mut hashed: Vec<Hashed> = platforms.filter_map(one).collect();
        // Most variants have one platform, and a vector that grows starts with room for four.
        hashed.shrink_to_fit();
        Own {
            platforms: variant.platforms.clone(),
            hashed,
        }
    };
    let variants: Vec<Own> = recipes.raw.par_iter().map(hashed).collect();
    Ids {
        variants: variants.into(),
    }
}

/// What a build reads of a folder on the platform at this place.
fn reads_of(folder: &RecipeFolder, at: usize) -> &Reads {
    folder.reads.get(at).unwrap_or(&Reads::All)
}

fn address(tree: &Arc<Tree>) -> usize {
    Arc::as_ptr(tree).addr()
}

/// What says which parents have an ONBUILD that reads the context.
struct Sources<'a> {
    recipes: &'a TiSlice<VariantId, Recipe>,
    graph: &'a Graph,
    /// Outside images that the manifest declares so.
    onbuild: HashSet<&'a Reference>,
}

/// What a build reads on the platform at this place, with what ONBUILD of its parents reads.
fn reads<'a>(sources: &Sources<'_>, recipe: &'a Recipe, at: usize) -> Cow<'a, Reads> {
    let targets = sources.graph.targets(recipe.variant);
    let named = recipe.image_refs.iter().zip(targets);
    let needed = named.filter(|(image, _)| {
        let is_needed = image.needs.get(at).is_some_and(Option::is_some);
        image.kind == ImageRefKind::From && is_needed
    });
    let own = recipe.reads.get(at).unwrap_or(&Reads::All);
    needed.fold(Cow::Borrowed(own), |all, (_, target)| match target {
        Target::Variant(parent) => match &sources.recipes[*parent].onbuild_reads {
            more if more.is_nothing() => all,
            more => Cow::Owned(all.with(more)),
        },
        Target::Base(reference) if sources.onbuild.contains(reference) => Cow::Owned(Reads::All),
        Target::Base(_) => all,
    })
}

#[cfg(test)]
mod tests;
