//! What the steps of a plan need of a variant: everything, so that a plan can be carried out without the fleet.

use crate::check::Check;
use crate::graph::{Graph, Target};
use crate::matrix::{DeferredTag, Fleet, Variant, VariantId};
use crate::name::{Digest, Platform, Reference, Repository, Tag};
use crate::plan::Ids;
use crate::render::{Fetching, ImageRef, Recipe, compared};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::Arc;

/// A variant by its name, `go:1.26.5-node`: unique in its fleet, and the same on every machine.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VariantName(Arc<str>);

impl VariantName {
    /// The names of all variants of a fleet, in its order. Where two variants have one label, since their first tag is
    /// shared, the values of their axes are added.
    pub fn all(fleet: &Fleet) -> Vec<Self> {
        let labels: Vec<String> = fleet.variants.iter().map(Variant::label).collect();
        let (mut seen, mut twice) = (HashSet::new(), HashSet::new());
        for label in &labels {
            if !seen.insert(label.as_str()) {
                twice.insert(label.as_str());
            }
        }
        let name = |(variant, label): (&Variant, &String)| match twice.contains(label.as_str()) {
            false => Self(label.as_str().into()),
            true => {
                let cells = variant.cells.values().map(|cell| cell.value.as_str());
                let values: Vec<&str> = cells.collect();
                Self(format!("{label} ({})", values.join(" ")).into())
            }
        };
        fleet.variants.iter().zip(&labels).map(name).collect()
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VariantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for VariantName {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

/// One variant on one platform.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Build {
    /// The variant.
    pub variant: VariantName,
    /// One of its platforms.
    pub platform: Platform,
}

/// What the steps of one variant have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedVariant {
    /// The image that it is a variant of.
    pub image: String,
    /// Its platforms; at least one.
    pub platforms: Vec<Platform>,
    /// The public repositories.
    pub publish: Vec<Repository>,
    /// The staging repository; `None` if the workspace has no `stage`, so that nothing can be published.
    pub staging: Option<Repository>,
    /// The tag in the staging repository that follows the newest checked build of its recipe.
    pub recipe_tag: Tag,
    /// What its images must pass.
    pub checks: Vec<Check>,
    /// Its tags that are known once the image is built.
    pub deferred: Vec<DeferredTag>,
    /// For each tag that is read from the image and each repository, why this run may not write it.
    pub deferred_held: Vec<Option<String>>,
    /// Where a previous image may be, best first.
    pub previous: Vec<Reference>,
    /// How it is built, if this plan builds it.
    pub recipe: Option<PlannedRecipe>,
}

/// How a variant is built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedRecipe {
    /// The Dockerfile's path in the workspace.
    pub path: String,
    /// Its text, before its image references are replaced.
    pub dockerfile: Arc<str>,
    /// The digest of the build context.
    pub context: Digest,
    /// Build arguments.
    pub args: BTreeMap<String, String>,
    /// Every image that the Dockerfile names, in file order.
    pub images: Vec<PlannedImage>,
    /// The index in `images` of the image that the last stage is based on.
    pub final_base: Option<usize>,
    /// The line of the FROM that makes the last stage run on the engine's platform, if there is one.
    pub native: Option<usize>,
    /// For each line, the template's and the manifest's line that it comes from; empty for hand-written files.
    pub origins: Vec<String>,
    /// What the build downloads.
    pub fetching: Vec<Fetching>,
    /// Whether kiln rendered it.
    pub generated: bool,
    /// The recipe id on each platform, in the order of the variant's platforms.
    pub ids: Vec<Digest>,
}

/// An image that a Dockerfile names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedImage {
    /// Where and for which platform.
    pub at: ImageRef,
    /// What the name means.
    pub source: ImageSource,
}

/// What an image reference means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImageSource {
    /// An image from outside the fleet; [`crate::plan::Plan::bases`] has its digest.
    Base(Reference),
    /// A variant of the fleet.
    Parent {
        /// Which one.
        variant: VariantName,
        /// Its platforms.
        platforms: Vec<Platform>,
        /// Whether a stage takes it for another platform than the target, such as that of the engine.
        crosses: bool,
    },
}

impl PlannedRecipe {
    /// A line (from 1) of the Dockerfile for people: `PATH:12`, or with its origins
    /// `PATH:12 (templates/go.hbs:7, kiln.kdl:14:5)`.
    pub fn place(&self, line: usize) -> String {
        let origin = line.checked_sub(1).and_then(|at| self.origins.get(at));
        match origin.filter(|origin| !origin.is_empty()) {
            Some(origin) => format!("{}:{line} ({origin})", self.path),
            None => format!("{}:{line}", self.path),
        }
    }

    /// The download whose checksum is compared in a line (from 1).
    pub fn compared(&self, line: usize) -> Option<&Fetching> {
        compared(&self.dockerfile, line, &self.fetching)
    }

    /// The parent that the last stage is based on, if it is one of the fleet.
    pub fn parent(&self) -> Option<&VariantName> {
        match &self.images.get(self.final_base?)?.source {
            ImageSource::Parent { variant, .. } => Some(variant),
            ImageSource::Base(_) => None,
        }
    }
}

/// The values of the line that a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct Materials<'a> {
    /// The fleet.
    pub fleet: &'a Fleet,
    /// In the order of the fleet's variants.
    pub recipes: &'a [Recipe],
    /// Which variant is based on which.
    pub graph: &'a Graph,
    /// The recipe ids.
    pub ids: &'a Ids,
}

impl Materials<'_> {
    /// What steps need of a variant; with its recipe if it is built.
    pub(super) fn planned(
        &self,
        names: &[VariantName],
        v: VariantId,
        built: bool,
    ) -> PlannedVariant {
        let variant = self.fleet.variant(v);
        let held = variant
            .deferred_moves()
            .filter(|(_, tag, _)| tag.probes().next().is_some());
        PlannedVariant {
            image: variant.image.clone(),
            platforms: variant.platforms.clone(),
            publish: variant.publish.clone(),
            staging: variant.staging.clone(),
            recipe_tag: self.ids.recipe_tag(v),
            checks: variant.checks.clone(),
            deferred: variant.deferred.clone(),
            deferred_held: held.map(|(_, _, why)| why.map(str::to_owned)).collect(),
            previous: self.previous(variant),
            recipe: built.then(|| self.recipe(names, variant)),
        }
    }

    fn recipe(&self, names: &[VariantName], variant: &Variant) -> PlannedRecipe {
        let recipe = &self.recipes[variant.id.0 as usize];
        let targets = self.graph.targets(variant.id);
        let args = variant.args.iter().map(|(k, v)| (k.clone(), v.clone()));
        let image = |(at, target): (&ImageRef, &Target)| PlannedImage {
            at: at.clone(),
            source: self.source(names, variant.id, target),
        };
        let id = |platform: &Platform| self.ids.build(variant.id, platform);
        PlannedRecipe {
            path: recipe.path.clone(),
            dockerfile: recipe.dockerfile.clone(),
            context: recipe.context.digest(),
            args: args.collect(),
            images: recipe.image_refs.iter().zip(targets).map(image).collect(),
            final_base: recipe.final_base,
            native: recipe.native,
            origins: recipe.map.by_line(&recipe.dockerfile),
            fetching: recipe.fetching.clone(),
            generated: recipe.generated,
            ids: variant.platforms.iter().map(id).collect(),
        }
    }

    fn source(&self, names: &[VariantName], v: VariantId, target: &Target) -> ImageSource {
        match target {
            Target::Base(reference) => ImageSource::Base(reference.clone()),
            Target::Variant(parent) => ImageSource::Parent {
                variant: names[parent.0 as usize].clone(),
                platforms: self.fleet.variant(*parent).platforms.clone(),
                crosses: self.graph.crosses(v, *parent),
            },
        }
    }

    /// Public tags of the first repository in order, then the newest staged build of the recipe.
    fn previous(&self, variant: &Variant) -> Vec<Reference> {
        let first = variant.publish.first();
        let public = variant.references().map(|(reference, _)| reference);
        let public = public.filter(|reference| Some(&reference.repository) == first);
        let tag = self.ids.recipe_tag(variant.id);
        let staged = variant.staging.clone();
        let staged = staged.map(|staging| Reference::tagged(staging, tag));
        public.chain(staged).collect()
    }
}
