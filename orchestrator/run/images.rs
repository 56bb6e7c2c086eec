//! What the steps of a run have made: the values that later steps take.

use crate::matrix::VariantName;
use crate::memory::packages::Database;
use crate::memory::{Inputs, Packages, Part};
use crate::name::{Digest, Platform, Reference};
use crate::plan::{Build, Contents, Plan};
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// An image on the engine.
#[derive(Debug, Clone)]
pub(super) struct Present {
    /// The run's own name for it.
    pub name: String,
    pub id: Digest,
    pub layers: Vec<Digest>,
}

/// The image of a build, as its children take it.
#[derive(Debug, Clone)]
pub(super) struct Image {
    pub content: Digest,
    /// What it was made from in this run; `None` for an image that existed before the run.
    pub inputs: Option<Inputs>,
    /// The image in the registry; `None` until it is staged.
    pub part: Option<Part>,
    /// How this run built it; `None` if it did not.
    pub built: Option<Built>,
    /// It is the current image, and stands for an image of today's inputs: they are not added to its record.
    pub kept: bool,
}

/// What the engine reports about a build.
#[derive(Debug, Clone, Copy)]
pub(super) struct Built {
    pub seconds: u64,
    pub cached: usize,
    pub ran: usize,
    pub size: u64,
}

/// The image of files of a named context: name and id, once it is built. One build at a time makes it.
pub(super) type FolderImage = Arc<tokio::sync::Mutex<Option<(String, Digest)>>>;

/// The packages of an image on the engine, once they are read; `Some(None)` if it has no database. One step reads them.
pub(super) type KnownDatabase = Arc<tokio::sync::Mutex<Option<Option<Arc<Database>>>>>;

/// What the steps of a run have made, by what it was made for; locked for moments only.
#[derive(Debug, Default)]
pub(super) struct Images {
    known: Mutex<HashMap<Build, Image>>,
    present: Mutex<HashMap<Build, Present>>,
    /// One at a time brings an image to the engine.
    fetching: Mutex<HashMap<Build, Arc<tokio::sync::Mutex<()>>>>,
    /// The images of named contexts, by files and platform.
    folders: Mutex<HashMap<(Digest, Platform), FolderImage>>,
    /// The packages of images that this run has built, as far as they were listed.
    packages: Mutex<HashMap<Build, Option<Packages>>>,
    /// What images have on the engine, by the name of the image.
    databases: Mutex<HashMap<String, KnownDatabase>>,
    /// Names that the run created, to be removed at the end.
    names: Mutex<Vec<String>>,
    /// What was read from images, by command line.
    probed: Mutex<HashMap<VariantName, BTreeMap<String, String>>>,
    /// Variants that are not tried any more, since inputs have failed before.
    fallen_back: Mutex<HashSet<VariantName>>,
    /// Who owns which reference: what the plan declares, and what was read from images.
    owners: Mutex<BTreeMap<Reference, VariantName>>,
}

impl Images {
    /// Knows the images that exist before the run.
    pub fn new(plan: &Plan) -> Self {
        let standing = plan.variants.iter().flat_map(|(name, variant)| {
            let builds = variant.platforms.iter().zip(&variant.standing);
            builds.filter_map(move |(platform, part)| {
                Some((Build::of(name, platform), Image::of(part.clone()?)))
            })
        });
        let variants = plan.variants.iter();
        let probed = variants.map(|(name, variant)| (name.clone(), variant.probed.clone()));
        Self {
            known: Mutex::new(standing.collect()),
            probed: Mutex::new(probed.collect()),
            owners: Mutex::new(plan.declared.clone()),
            ..Self::default()
        }
    }

    pub fn know(&self, build: &Build, image: Image) {
        if !self.has_fallen_back(&build.variant) {
            self.known.lock().insert(build.clone(), image);
        }
    }

    /// A variant is not tried any more: these images are what counts of it from now on, whatever its steps still make.
    pub fn fall_back(&self, v: &VariantName, images: impl Iterator<Item = (Build, Part)>) {
        for (build, part) in images {
            self.replace(&build, Image::of(part));
        }
        self.fallen_back.lock().insert(v.clone());
    }

    pub fn has_fallen_back(&self, v: &VariantName) -> bool {
        self.fallen_back.lock().contains(v)
    }

    pub fn known(&self, build: &Build) -> Option<Image> {
        self.known.lock().get(build).cloned()
    }

    /// What children take of an image.
    pub fn contents(&self, build: &Build) -> Option<Contents> {
        let known = self.known.lock();
        let image = known.get(build)?;
        Some((image.content, image.part.as_ref().map(|part| part.digest)))
    }

    pub fn arrive(&self, build: &Build, image: Present) {
        let id = image.id;
        // An image that is built again keeps its name.
        self.databases.lock().remove(&image.name);
        let before = self.present.lock().insert(build.clone(), image);
        self.forget(before.filter(|before| before.id != id));
    }

    /// An image that lost its name to another one is removed by its id.
    fn forget(&self, image: Option<Present>) {
        if let Some(image) = image {
            self.remember_name(image.id.to_string());
        }
    }

    pub fn present(&self, build: &Build) -> Option<Present> {
        self.present.lock().get(build).cloned()
    }

    /// The image on the engine is not the one that counts any more, nor is what was read from it.
    pub fn replace(&self, build: &Build, image: Image) {
        if self.has_fallen_back(&build.variant) {
            return;
        }
        let before = self.present.lock().remove(build);
        self.forget(before);
        self.packages.lock().remove(build);
        self.forget_probed(&build.variant);
        self.know(build, image);
    }

    pub fn fetching(&self, build: &Build) -> Arc<tokio::sync::Mutex<()>> {
        self.fetching
            .lock()
            .entry(build.clone())
            .or_default()
            .clone()
    }

    /// The image of these files of a named context, for this platform.
    pub fn folder(&self, files: Digest, platform: &Platform) -> FolderImage {
        let mut folders = self.folders.lock();
        folders
            .entry((files, platform.clone()))
            .or_default()
            .clone()
    }

    /// Remembers the packages of an image; `None` if it has no database of packages.
    pub fn list(&self, build: &Build, packages: Option<Packages>) {
        self.packages.lock().insert(build.clone(), packages);
    }

    /// The packages of an image that this run has built, if they were listed; `Some(None)` if it has no database of packages.
    pub fn packages(&self, build: &Build) -> Option<Option<Packages>> {
        self.packages.lock().get(build).cloned()
    }

    pub fn database(&self, image: &str) -> KnownDatabase {
        let mut databases = self.databases.lock();
        databases.entry(image.to_owned()).or_default().clone()
    }

    pub fn learn(&self, v: &VariantName, line: &str, value: String) {
        let mut probed = self.probed.lock();
        let values = probed.entry(v.clone()).or_default();
        values.insert(line.to_owned(), value);
    }

    /// What was read from an image that is not the one that counts any more.
    pub fn forget_probed(&self, v: &VariantName) {
        self.probed.lock().remove(v);
    }

    pub fn probed(&self, v: &VariantName) -> BTreeMap<String, String> {
        self.probed.lock().get(v).cloned().unwrap_or_default()
    }

    /// Claims a reference for a variant; returns the owner if another variant has it already.
    pub fn claim(&self, reference: &Reference, v: &VariantName) -> Option<VariantName> {
        let mut owners = self.owners.lock();
        let owner = owners.entry(reference.clone()).or_insert_with(|| v.clone());
        (owner != v).then(|| owner.clone())
    }

    pub fn remember_name(&self, name: impl Into<String>) {
        self.names.lock().push(name.into());
    }

    /// All names, the latest first: children go before their parents.
    pub fn take_names(&self) -> Vec<String> {
        let mut names = std::mem::take(&mut *self.names.lock());
        names.reverse();
        names
    }
}

impl Image {
    /// An image that existed before the run.
    pub fn of(part: Part) -> Self {
        Self {
            content: part.made.content,
            inputs: None,
            part: Some(part),
            built: None,
            kept: false,
        }
    }

    /// The current image, where nothing that counts has changed.
    pub fn kept(part: Part, inputs: Inputs) -> Self {
        Self {
            kept: true,
            ..Self::found(part, inputs)
        }
    }

    /// An image that exists, and that today's inputs lead to.
    pub fn found(part: Part, inputs: Inputs) -> Self {
        Self {
            inputs: Some(inputs),
            ..Self::of(part)
        }
    }
}

#[cfg(test)]
mod tests;
