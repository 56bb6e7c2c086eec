//! What the steps of a run have made: the values that later steps take.

use crate::name::{Digest, Platform, Reference};
use crate::plan::{Build, Plan, VariantName};
use crate::request::Stored;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// An image on the engine.
#[derive(Debug, Clone)]
pub(super) struct Present {
    /// The run's own name for it.
    pub name: String,
    pub id: Digest,
    pub layers: Vec<Digest>,
    /// What it adds to its children's build ids.
    pub identity: String,
}

/// What the steps of a run have made, by what it was made for; locked for moments only.
#[derive(Debug, Default)]
pub(super) struct Images {
    present: Mutex<HashMap<Build, Present>>,
    /// By variant and platform; as a whole without a platform.
    staged: Mutex<HashMap<(VariantName, Option<Platform>), Stored>>,
    /// Names that the run created, to be removed at the end.
    names: Mutex<Vec<String>>,
    /// What was read from images, by command line.
    probed: Mutex<HashMap<(VariantName, String), String>>,
    /// Who owns which reference: what the plan declares, and what was read from images.
    owners: Mutex<BTreeMap<Reference, VariantName>>,
}

impl Images {
    pub fn new(plan: &Plan) -> Self {
        let owners = Mutex::new(plan.declared.clone());
        Self {
            owners,
            ..Self::default()
        }
    }

    pub fn arrive(&self, build: &Build, image: Present) {
        lock(&self.present).insert(build.clone(), image);
    }

    pub fn present(&self, build: &Build) -> Option<Present> {
        lock(&self.present).get(build).cloned()
    }

    /// Staged on one platform, or (without one) as a whole.
    pub fn stage(&self, v: &VariantName, platform: Option<&Platform>, stored: Stored) {
        lock(&self.staged).insert((v.clone(), platform.cloned()), stored);
    }

    pub fn staged(&self, v: &VariantName, platform: Option<&Platform>) -> Option<Stored> {
        lock(&self.staged)
            .get(&(v.clone(), platform.cloned()))
            .cloned()
    }

    pub fn learn(&self, v: &VariantName, line: &str, value: String) {
        lock(&self.probed).insert((v.clone(), line.to_owned()), value);
    }

    pub fn probed(&self, v: &VariantName, line: &str) -> Option<String> {
        lock(&self.probed)
            .get(&(v.clone(), line.to_owned()))
            .cloned()
    }

    /// Claims a reference for a variant; returns the owner if another variant has it already.
    pub fn claim(&self, reference: &Reference, v: &VariantName) -> Option<VariantName> {
        let mut owners = lock(&self.owners);
        let owner = owners.entry(reference.clone()).or_insert_with(|| v.clone());
        (owner != v).then(|| owner.clone())
    }

    pub fn remember_name(&self, name: impl Into<String>) {
        lock(&self.names).push(name.into());
    }

    /// All names, the latest first: children go before their parents.
    pub fn take_names(&self) -> Vec<String> {
        let mut names = std::mem::take(&mut *lock(&self.names));
        names.reverse();
        names
    }
}

/// A poisoned lock still holds whole values: each change is one insert.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
