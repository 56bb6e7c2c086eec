//! What the steps of a plan need of a variant: everything, so that a plan can be carried out without the fleet.

use crate::check::Check;
use crate::dockerfile::{Executed, Feature, FolderRef, ImageRef, UnneededStage};
use crate::graph::{Graph, Target};
use crate::lockfile::Lockfile;
use crate::matrix::{DeferredTag, Fleet, Hook, Variant, VariantId, VariantName};
use crate::memory::{Args, Compared, Details, Part, Scope};
use crate::name::{Digest, Platform, Reference, Repository, Tag};
use crate::plan::moves::deferred_moves;
use crate::plan::{DeferredMove, Ids, PlannedInputs, Retry};
use crate::render::{Fetching, Recipe, Refreshed, compared};
use crate::request::{BuildOptions, SecretRefs};
use crate::tree::{Content, Mode};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use thin_vec::{ThinVec, thin_vec};
use typed_index_collections::TiSlice;

/// One variant on one platform.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Build {
    /// The variant.
    pub variant: VariantName,
    /// One of its platforms.
    pub platform: Platform,
}

impl Build {
    /// This variant on this platform.
    pub fn of(variant: &VariantName, platform: &Platform) -> Self {
        Self {
            variant: variant.clone(),
            platform: platform.clone(),
        }
    }
}

/// The pointer of a variant in a scope. That of a branch is where the runs on branches stage, also for a pull request that
/// stages elsewhere.
pub fn pointer(
    scope: &Scope,
    workspace: &str,
    variant: &Variant,
    name: &VariantName,
) -> Option<Reference> {
    let own = variant.staging.as_ref();
    let staging = match scope {
        Scope::PullRequest(_) => own,
        Scope::Branch(_) => variant.trusted_staging.as_deref().or(own),
    };
    let tag = scope.pointer(workspace, &variant.image, name);
    Some(Reference::tagged(staging?.clone(), tag))
}

/// What the steps of one variant have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedVariant {
    /// The image that it is a variant of.
    pub image: String,
    /// Its platforms; at least one.
    pub platforms: Arc<Vec<Platform>>,
    /// The public repositories.
    pub publish: Arc<[Repository]>,
    /// The staging repository; `None` if the workspace has no `stage`, so that nothing can be published.
    pub staging: Option<Repository>,
    /// Where other runs stage it, if this one is a pull request with a staging repository of its own: only read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trusted_staging: Option<Box<Repository>>,
    /// The tag in the staging repository that follows its newest image; `None` in runs that leave it alone.
    pub pointer: Option<Tag>,
    /// What its images must pass.
    pub checks: Arc<[Check]>,
    /// What runs on the host when its tags move, in this order.
    #[serde(default, skip_serializing_if = "no_hooks")]
    pub hooks: Arc<Vec<Hook>>,
    /// Its tags that are known once the image is built.
    pub deferred: ThinVec<DeferredTag>,
    /// For each repository, its tags that are read from the image, also those that are known from the record.
    pub late: ThinVec<DeferredMove>,
    /// What its tags wait for, as far as the record of its image says, by command line.
    pub probed: BTreeMap<String, String>,
    /// Where a previous image may be, best first.
    pub previous: ThinVec<Reference>,
    /// The tag that says which image of it counts: the first moving one that this run may write, else the one that led to
    /// an image that is kept.
    pub named: Option<Box<NamedTag>>,
    /// Its image, or the index over its platforms, if the run leaves it as it is.
    pub kept: Option<Box<Digest>>,
    /// For each platform, the image that exists before the run and is used.
    pub standing: ThinVec<Option<Box<Part>>>,
    /// Its current image on each platform, if the inputs of a build are known only in the run and that image has passed its
    /// checks: it stays if they turn out to have failed before. Otherwise empty.
    #[serde(default, skip_serializing_if = "ThinVec::is_empty")]
    pub fallback: ThinVec<Part>,
    /// What its builds may mount besides files, also if this plan does not build it: hooks must not show the values.
    #[serde(default, skip_serializing_if = "no_secrets")]
    pub secrets: Arc<SecretRefs>,
    /// How it is built, if this plan builds it.
    pub recipe: Option<PlannedRecipe>,
}

fn no_hooks(hooks: &Arc<Vec<Hook>>) -> bool {
    hooks.is_empty()
}

fn no_secrets(secrets: &Arc<SecretRefs>) -> bool {
    secrets.is_empty()
}

fn is_none<T>(list: &Arc<[T]>) -> bool {
    list.is_empty()
}

/// A tag, and what it named when the registries were read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedTag {
    /// The tag.
    pub reference: Reference,
    /// `None` if it did not exist.
    pub was: Option<Digest>,
}

/// How a variant is built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedRecipe {
    /// The Dockerfile's path in the workspace.
    pub path: Arc<str>,
    /// Its text, before its image references are replaced.
    pub dockerfile: Arc<str>,
    /// Build arguments.
    pub args: Args,
    /// Every image that the Dockerfile names, in file order.
    pub images: Arc<[PlannedImage]>,
    /// Every name of a folder that the Dockerfile uses; [`PlannedBuild::folders`] has what is read of it.
    #[serde(default, skip_serializing_if = "ThinVec::is_empty")]
    pub folders: ThinVec<FolderRef>,
    /// The byte ranges of the Dockerfile that are not sent: the instructions of stages that a named context replaces.
    #[serde(default, skip_serializing_if = "ThinVec::is_empty")]
    pub replaced: ThinVec<Range<usize>>,
    /// The stages that no build needs.
    #[serde(default, skip_serializing_if = "ThinVec::is_empty")]
    pub unneeded: ThinVec<UnneededStage>,
    /// The other byte ranges that no build depends on.
    #[serde(default, skip_serializing_if = "ThinVec::is_empty")]
    pub idle: ThinVec<Range<usize>>,
    /// The index in `images` of the image that the last stage is based on.
    pub final_base: Option<usize>,
    /// The line of the FROM that makes the last stage run on the engine's platform, if there is one.
    pub native: Option<usize>,
    /// For each platform of the variant, the platforms that its build runs programs on.
    #[serde(default, skip_serializing_if = "is_none")]
    pub executed: Arc<[Vec<Executed>]>,
    /// What only BuildKit builds, in file order.
    #[serde(default, skip_serializing_if = "is_none")]
    pub features: Arc<[Feature]>,
    /// For each line, the template's and the manifest's line that it comes from; empty for hand-written files.
    pub origins: Arc<Vec<String>>,
    /// What the build downloads.
    pub fetching: ThinVec<Fetching>,
    /// The tool sets whose layers are refreshed: their arguments get the tokens of [`PlannedInputs::inputs`].
    #[serde(default, skip_serializing_if = "ThinVec::is_empty")]
    pub refreshed: ThinVec<Refreshed>,
    /// Whether kiln rendered it.
    pub generated: bool,
    /// What its builds take besides.
    #[serde(default)]
    pub options: Arc<BuildOptions>,
    /// What its builds mount besides files: where the values come from, never the values.
    #[serde(default, skip_serializing_if = "no_secrets")]
    pub secrets: Arc<SecretRefs>,
    /// How often a build whose step failed is tried again.
    #[serde(default)]
    pub retries: u32,
    /// Do not use the engine's cache, nor a previous image.
    pub no_cache: bool,
    /// What is built on each platform, in the order of the variant's platforms; `None` where an image exists.
    pub builds: Vec<Option<PlannedBuild>>,
    /// What a later run compares its own recipe with, to say what has changed.
    pub details: Details,
}

/// One build of a variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedBuild {
    /// The digest of the files that it reads.
    pub context: Digest,
    /// Whether these are all files of the build context.
    #[serde(default)]
    pub is_whole: bool,
    /// By name, the digest of the files that it reads of a named context that is a folder.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub folders: BTreeMap<String, Digest>,
    /// What it is made from.
    pub inputs: PlannedInputs,
    /// The image that the variant has on this platform: a build with the same content is this image.
    pub current: Option<Box<Part>>,
    /// What must be equal, once all parents are known, for the current image to be kept without a build. `None` if it is
    /// built in any case.
    pub unless: Option<Compared>,
    /// Whether it is built although the inputs have failed before, if they are known only in the run.
    #[serde(default)]
    pub retry: Retry,
}

/// An image that a Dockerfile names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PlannedImage {
    /// Where and for which platform.
    pub at: ImageRef,
    /// What the name means.
    pub source: ImageSource,
}

/// What an image reference means.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ImageSource {
    /// An image from outside the fleet; [`crate::plan::Plan::bases`] has its digest.
    Base(Reference),
    /// A variant of the fleet.
    Parent {
        /// Which one.
        variant: VariantName,
        /// Its platforms.
        platforms: Vec<Platform>,
    },
}

impl PlannedVariant {
    /// Its image, or the index over its platforms, if the run leaves it as it is.
    pub fn kept(&self) -> Option<Digest> {
        self.kept.as_deref().copied()
    }
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

    /// Where the author wrote a line (from 1): the same for all variants that are rendered from it. Its
    /// [`PlannedRecipe::place`] in a file that is written by hand.
    pub fn origin(&self, line: usize) -> String {
        let origin = line.checked_sub(1).and_then(|at| self.origins.get(at));
        let origin = origin.filter(|origin| self.generated && !origin.is_empty());
        origin.cloned().unwrap_or_else(|| self.place(line))
    }

    /// The download whose checksum is compared in a line (from 1).
    pub fn compared(&self, line: usize) -> Option<&Fetching> {
        compared(&self.dockerfile, line, &self.fetching)
    }

    /// What is built on the platform at this place.
    pub fn build(&self, at: usize) -> Option<&PlannedBuild> {
        self.builds.get(at)?.as_ref()
    }

    /// The variants of the fleet that its Dockerfile names.
    pub fn parents(&self) -> impl Iterator<Item = &VariantName> {
        self.images.iter().filter_map(|image| match &image.source {
            ImageSource::Parent { variant, .. } => Some(variant),
            ImageSource::Base(_) => None,
        })
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
    /// The names of the fleet's variants, in its order.
    pub names: &'a TiSlice<VariantId, VariantName>,
    /// In the order of the fleet's variants.
    pub recipes: &'a TiSlice<VariantId, Recipe>,
    /// Which variant is based on which.
    pub graph: &'a Graph,
    /// The recipe ids.
    pub ids: &'a Ids,
    /// What is locked.
    pub lock: &'a Lockfile,
}

impl Materials<'_> {
    /// What a record says about a variant's recipe.
    pub fn details(&self, v: VariantId) -> Details {
        let recipe = &self.recipes[v];
        // The files of a named context follow its name: `helpers:bin/entry.sh`.
        let files = || {
            self.ids.contexts(v).flat_map(|(name, context)| {
                let prefix = name.map(|name| format!("{name}:")).unwrap_or_default();
                let files = context.tree.iter();
                files.map(move |(path, entry)| (format!("{prefix}{path}"), entry))
            })
        };
        let executable = files().filter(|(_, entry)| {
            entry.mode == Mode::Executable && entry.content != Content::Folder
        });
        Details {
            executable: executable.map(|(path, _)| path).collect(),
            dockerfile: recipe.dockerfile.clone(),
            args: self.fleet.variant(v).args.clone().into(),
            settings: self.said(v),
            packages: None,
            unpackaged: false,
            files: Arc::new(
                files()
                    .map(|(path, entry)| match entry.content {
                        Content::Folder => (format!("{path}/"), entry.digest),
                        _ => (path, entry.digest),
                    })
                    .collect(),
            ),
        }
    }

    /// What the manifest says about a build besides its arguments, as far as it belongs to the recipe.
    fn said(&self, v: VariantId) -> BTreeMap<String, String> {
        let (recipe, options) = (&self.recipes[v], &self.fleet.variant(v).build);
        let images = recipe.image_refs.iter().filter(|one| one.is_needed());
        let images =
            images.filter_map(|one| Some((one.context.as_deref()?, one.reference.familiar())));
        let folders = recipe.folders().iter().filter(|folder| {
            let mut needs = folder.refs.iter().flat_map(|one| &one.needs);
            needs.any(Option::is_some)
        });
        let folders = folders.map(|folder| (&*folder.name, String::from("a folder")));
        let contexts = images.chain(folders);
        let contexts = contexts.map(|(name, source)| (format!("contexts {name}"), source));
        let hosts = (!options.extra_hosts.is_empty()).then(|| options.extra_hosts.join(", "));
        let words = [
            ("target", options.target.clone()),
            ("network", options.network.clone()),
            ("extra-host", hosts),
        ];
        let words = words
            .into_iter()
            .filter_map(|(word, value)| Some((word.to_owned(), value?)));
        contexts.chain(words).collect()
    }

    /// What steps need of a variant that is not built.
    pub(super) fn planned(&self, v: VariantId) -> PlannedVariant {
        let variant = self.fleet.variant(v);
        PlannedVariant {
            image: variant.image.clone(),
            platforms: variant.platforms.clone(),
            publish: variant.publish.clone(),
            staging: variant.staging.clone(),
            trusted_staging: variant.trusted_staging.clone(),
            pointer: None,
            checks: variant.checks.clone(),
            hooks: variant.hooks.clone(),
            deferred: variant.deferred.as_slice().into(),
            late: deferred_moves(variant).into(),
            probed: BTreeMap::new(),
            previous: ThinVec::new(),
            named: None,
            kept: None,
            fallback: ThinVec::new(),
            standing: thin_vec![None; variant.platforms.len()],
            secrets: self.recipes[v].secrets.clone(),
            recipe: None,
        }
    }

    /// How a variant is built. `origins` are those of its [`Recipe`]'s lines.
    pub(super) fn recipe(
        &self,
        v: VariantId,
        builds: Vec<Option<PlannedBuild>>,
        origins: Arc<Vec<String>>,
    ) -> PlannedRecipe {
        let variant = self.fleet.variant(v);
        let recipe = &self.recipes[v];
        let targets = self.graph.targets(v);
        let details = self.details(v);
        let image = |(at, target): (&ImageRef, &Target)| PlannedImage {
            at: at.clone(),
            source: self.source(target),
        };
        PlannedRecipe {
            path: recipe.path.clone(),
            dockerfile: recipe.dockerfile.clone(),
            args: details.args.clone(),
            images: recipe.image_refs.iter().zip(targets).map(image).collect(),
            final_base: recipe.final_base,
            native: recipe.native,
            executed: recipe.executed.clone(),
            features: recipe.features.clone(),
            origins,
            folders: recipe
                .folders()
                .iter()
                .flat_map(|one| one.refs.clone())
                .collect(),
            replaced: recipe
                .contexts
                .as_ref()
                .map(|all| all.replaced.as_slice().into())
                .unwrap_or_default(),
            unneeded: recipe.unneeded.clone(),
            idle: recipe.idle.clone(),
            fetching: recipe.fetching.clone(),
            refreshed: recipe.refreshed.clone(),
            generated: recipe.generated,
            options: variant.build.clone(),
            secrets: recipe.secrets.clone(),
            retries: variant.retries,
            no_cache: false,
            builds,
            details,
        }
    }

    fn source(&self, target: &Target) -> ImageSource {
        match target {
            Target::Base(reference) => ImageSource::Base(reference.clone()),
            Target::Variant(parent) => ImageSource::Parent {
                variant: self.names[*parent].clone(),
                platforms: self.fleet.variant(*parent).platforms.to_vec(),
            },
        }
    }
}
