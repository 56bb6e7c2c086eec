//! What the steps of a run have made: the values that later steps take.

use crate::matrix::VariantName;
use crate::memory::{Inputs, Packages, Part};
use crate::name::{Digest, Reference};
use crate::plan::{Build, Contents, Plan};
use crate::run::EngineId;
use crate::run::local::Local;
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap, HashSet};

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

/// What the steps of a run have made, by what it was made for; locked for moments only.
#[derive(Debug, Default)]
pub(super) struct Images {
    known: Mutex<HashMap<Build, Image>>,
    /// By engine; at least one.
    local: Vec<Local>,
    /// The packages of images that this run has built, as far as they were listed.
    packages: Mutex<HashMap<Build, Option<Packages>>>,
    /// What was read from images, by command line.
    probed: Mutex<HashMap<VariantName, BTreeMap<String, String>>>,
    /// Variants that are not tried any more, since inputs have failed before.
    fallen_back: Mutex<HashSet<VariantName>>,
    /// Who owns which reference: what the plan declares, and what was read from images.
    owners: Mutex<BTreeMap<Reference, VariantName>>,
}

impl Images {
    /// Knows the images that exist before the run. No engine has any of them.
    pub fn new(plan: &Plan, engines: usize) -> Self {
        let standing = plan.variants.iter().flat_map(|(name, variant)| {
            let builds = variant.platforms.iter().zip(&variant.standing);
            builds.filter_map(move |(platform, part)| {
                Some((
                    Build::of(name, platform),
                    Image::of(part.as_deref()?.clone()),
                ))
            })
        });
        let variants = plan.variants.iter();
        let probed = variants.map(|(name, variant)| (name.clone(), variant.probed.clone()));
        Self {
            known: Mutex::new(standing.collect()),
            probed: Mutex::new(probed.collect()),
            owners: Mutex::new(plan.declared.clone()),
            local: (0..engines.max(1)).map(|_| Local::default()).collect(),
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

    /// What an engine has.
    pub fn on(&self, engine: EngineId) -> &Local {
        // There is a place for each engine of the run.
        &self.local[engine.0.min(self.local.len() - 1)]
    }

    /// The engines that have the image of a build.
    pub fn engines_with(&self, build: &Build) -> Vec<EngineId> {
        let engines = (0..self.local.len()).map(EngineId);
        engines
            .filter(|engine| self.on(*engine).present(build).is_some())
            .collect()
    }

    /// The image on any engine is not the one that counts any more, nor is what was read from it.
    pub fn replace(&self, build: &Build, image: Image) {
        if self.has_fallen_back(&build.variant) {
            return;
        }
        self.local.iter().for_each(|local| local.remove(build));
        self.packages.lock().remove(build);
        self.forget_probed(&build.variant);
        self.know(build, image);
    }

    /// Remembers the packages of an image; `None` if it has no database of packages.
    pub fn list(&self, build: &Build, packages: Option<Packages>) {
        self.packages.lock().insert(build.clone(), packages);
    }

    /// The packages of an image that this run has built, if they were listed; `Some(None)` if it has no database of packages.
    pub fn packages(&self, build: &Build) -> Option<Option<Packages>> {
        self.packages.lock().get(build).cloned()
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
