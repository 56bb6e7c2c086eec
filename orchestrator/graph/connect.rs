//! Turns the image names in Dockerfiles into the edges of the graph.

use crate::dockerfile::{ImageRef, ImageRefKind};
use crate::graph::declared::Declared;
use crate::graph::{Graph, Target, onbuild, platforms, ring};
use crate::matrix::{Ended, Fleet, Parent, Recurring, VariantId};
use crate::name::{Reference, Repository, Tag};
use crate::render::Recipe;
use crate::text::{Diagnostic, Diagnostics, suggest};
use petgraph::graphmap::DiGraphMap;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use typed_index_collections::{TiSlice, TiVec, ti_vec};

impl Graph {
    /// Connects a fleet, of which variants with a fault may have no recipe. A name that cannot become an edge and a cycle are
    /// reported; the graph is complete for the rest.
    /// [`Graph::lacking`] has the faults of platforms.
    /// Runs in linear time in variants, references and names.
    pub fn connect(
        fleet: &Fleet,
        recipes: &TiSlice<VariantId, Recipe>,
        faults: &mut Diagnostics,
    ) -> Graph {
        let names = Names::of(fleet, recipes);
        let mut edges = DiGraphMap::with_capacity(fleet.variants.len(), 0);
        let mut alike = Recurring::default();
        let mut targets: TiVec<VariantId, _> = ti_vec![Arc::default(); fleet.variants.len()];
        let mut grounds: TiVec<VariantId, _> = ti_vec![None; fleet.variants.len()];
        let mut crossed: TiVec<VariantId, _> = ti_vec![BTreeSet::new(); fleet.variants.len()];
        for variant in &fleet.variants {
            edges.add_node(variant.id);
        }
        let mut from = Declared::default();
        let mut lacking = Vec::new();
        for recipe in recipes {
            let v = recipe.variant;
            let variant = fleet.variant(recipe.variant);
            let refs = recipe.image_refs.iter();
            let own = refs.map(|image_ref| names.target(recipe, image_ref, faults));
            targets[v] = alike.share(own.collect::<Vec<Target>>());
            match recipe.is_unsound {
                true => from.excuse(variant),
                false => from.add(fleet, recipe, &targets[v]),
            }
            let faults = platforms::check(fleet, recipe, &targets[v]);
            lacking.extend(faults.map(|fault| (v, fault)));
            crossed[v] = platforms::crossed(recipe, &targets[v]);
            let declared = variant.parent.and_then(as_parent);
            grounds[v] = recipe.final_base;
            let needed = recipe.image_refs.iter().zip(targets[v].iter());
            let needed = needed.filter(|(image_ref, _)| image_ref.is_needed());
            let parents = needed.filter_map(|(_, target)| as_variant(target));
            let parents = parents.chain(declared);
            for parent in parents.collect::<BTreeSet<_>>() {
                edges.add_edge(parent, variant.id, ());
            }
        }
        // What the Dockerfile of such a variant names is not known.
        let known: HashSet<VariantId> = recipes.iter().map(|recipe| recipe.variant).collect();
        let unknown = fleet.variants.iter().filter(|one| !known.contains(&one.id));
        unknown.for_each(|variant| from.excuse(variant));
        from.close(fleet, faults);
        let graph = Self {
            order: super::order(&edges),
            edges,
            targets,
            grounds,
            crossed,
            lacking,
        };
        ring::check(fleet, recipes, &graph, faults);
        onbuild::check(fleet, recipes, &graph, faults);
        graph
    }
}

fn as_parent(parent: Parent) -> Option<VariantId> {
    match parent {
        Parent::Variant(v) => Some(v),
        Parent::Base(_) => None,
    }
}

fn as_variant(target: &Target) -> Option<VariantId> {
    match target {
        Target::Variant(v) => Some(*v),
        Target::Base(_) => None,
    }
}

/// The public names of the fleet that Dockerfiles use.
struct Names<'a> {
    fleet: &'a Fleet,
    /// By what Dockerfiles name: a fleet has many more tags. A shared tag has several owners, each with its own platforms.
    owners: HashMap<(&'a Repository, &'a str), Vec<VariantId>>,
    /// The repositories that the fleet publishes to.
    own: HashSet<&'a Repository>,
    bases: HashSet<&'a Reference>,
}

impl<'a> Names<'a> {
    fn of(fleet: &'a Fleet, recipes: &'a TiSlice<VariantId, Recipe>) -> Self {
        let named = recipes.iter().flat_map(|recipe| recipe.image_refs.iter());
        let named = named.map(|image_ref| (key(&image_ref.reference), Vec::new()));
        let mut owners: HashMap<_, Vec<VariantId>> = named.collect();
        let wanted: HashSet<&Repository> =
            owners.keys().map(|(repository, _)| *repository).collect();
        let mut own = HashSet::new();
        for variant in &fleet.variants {
            own.extend(variant.publish.iter());
            for repository in variant.publish.iter().filter(|one| wanted.contains(one)) {
                for tag in &variant.tags {
                    if let Some(owners) = owners.get_mut(&(repository, tag.tag.as_str())) {
                        owners.push(variant.id);
                    }
                }
            }
        }
        Self {
            fleet,
            owners,
            own,
            bases: fleet.bases.iter().map(|base| &base.reference).collect(),
        }
    }

    /// The tags of the fleet in a repository.
    fn tags(&self, repository: &Repository) -> impl Iterator<Item = &'a str> {
        let variants = self.fleet.variants.iter();
        let variants = variants.filter(|variant| variant.publish.contains(repository));
        variants.flat_map(|variant| variant.tags.iter().map(|tag| tag.tag.as_str()))
    }

    fn target(&self, recipe: &Recipe, image_ref: &ImageRef, faults: &mut Diagnostics) -> Target {
        let outside = || Target::Base(image_ref.reference.clone());
        // A declared base is an outside image, even if it is an older image of this fleet. What only stages name that no
        // build needs is neither looked up nor waited for.
        if image_ref.kind == ImageRefKind::Syntax
            || !image_ref.is_needed()
            || image_ref.reference.digest.is_some()
            || self.bases.contains(&image_ref.reference)
        {
            return outside();
        }
        let tag = image_ref.reference.tag_or_latest();
        let named = Reference::tagged(image_ref.reference.repository.clone(), tag);
        let owners = self.owners.get(&key(&named)).map(Vec::as_slice);
        let owners = owners.filter(|owners| !owners.is_empty());
        let ended = self.fleet.ended.get(&named);
        if let (None, Some(why)) = (owners, ended) {
            faults.push(recipe.named(self::ended(&named, why), image_ref));
            return outside();
        }
        let fault = match owners {
            Some([owner]) => return Target::Variant(*owner),
            Some(owners) => match self.shared(recipe, owners) {
                Some(owner) => return Target::Variant(owner),
                None => self.several(&named, owners),
            },
            None if self.own.contains(&named.repository) => {
                // A suggestion that is not shown is not worth the search.
                let is_shown = faults.total() < Diagnostics::SHOWN;
                let tags = is_shown.then(|| self.tags(&named.repository));
                unowned(&named, tags.into_iter().flatten())
            }
            None => return outside(),
        };
        faults.push(recipe.named(fault, image_ref));
        outside()
    }

    /// Among the variants that share a tag, the one that has all platforms of the child.
    fn shared(&self, recipe: &Recipe, owners: &[VariantId]) -> Option<VariantId> {
        let child = self.fleet.variant(recipe.variant);
        let fits = |owner: &&VariantId| {
            child
                .platforms
                .iter()
                .all(|platform| self.fleet.variant(**owner).platforms.contains(platform))
        };
        owners.iter().find(fits).copied()
    }

    fn several(&self, named: &Reference, owners: &[VariantId]) -> Diagnostic {
        let owners: Vec<String> = owners
            .iter()
            .map(|owner| self.fleet.variant(*owner).label())
            .collect();
        let message = format!(
            "`{}` is a shared tag of several images, one for each platform",
            named.familiar()
        );
        Diagnostic::error("graph::shared", message).help(format!(
            "name one of them by its own tag: {}",
            owners.join(", ")
        ))
    }
}

/// What a reference means: without a tag and a digest, the tag `latest`.
fn key(reference: &Reference) -> (&Repository, &str) {
    let tag = reference.tag.as_ref().map_or(Tag::LATEST, Tag::as_str);
    (&reference.repository, tag)
}

fn unowned<'t>(named: &Reference, tags: impl Iterator<Item = &'t str>) -> Diagnostic {
    let tag = named.tag.as_ref().map(Tag::as_str).unwrap_or_default();
    let near =
        suggest(tag, tags).map(|t| format!("did you mean `{}:{t}`?", named.repository.familiar()));
    let help =
        near.unwrap_or_else(|| {
            let name = named.familiar();
            format!("this fleet owns the repository. For an image that is not built here, declare `base \"old\" from=\"{name}\"`, and in the image `from base=\"old\"`, or `contexts \"{name}\" base=\"old\"` beside a `from`; or name it by digest")
        });
    Diagnostic::error(
        "graph::unowned",
        format!(
            "no variant of this fleet is published as `{}`",
            named.familiar()
        ),
    )
    .help(help)
}

/// What is built on the last image of a value that has ended is still built: its author cannot know the day.
fn ended(named: &Reference, why: &Ended) -> Diagnostic {
    let name = named.familiar();
    let message = format!("`{name}` is not built any more: {why}");
    Diagnostic::warning("graph::ended", message).help(
        "its last image is used as long as the registry has it; name another tag, or move the date of `until`",
    )
}
