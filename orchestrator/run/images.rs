//! What a run knows of the images it made or fetched.

use crate::matrix::{Fleet, VariantId};
use crate::name::{Digest, Platform, Reference};
use crate::request::Stored;
use std::collections::HashMap;
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

/// Images by variant and platform, on the engine and staged; locked for moments only.
#[derive(Debug, Default)]
pub(super) struct Images {
    present: Mutex<HashMap<(VariantId, Platform), Present>>,
    staged: Mutex<HashMap<(VariantId, Option<Platform>), Stored>>,
    /// Names the run gave or pulled, to be taken away at the end.
    names: Mutex<Vec<String>>,
    /// What was read from images, by command line.
    known: Mutex<HashMap<(VariantId, String), String>>,
    /// Who has which reference: all that the manifest says, once somebody asks, and what was read from images.
    owners: Mutex<HashMap<Reference, VariantId>>,
}

impl Images {
    pub fn arrive(&self, v: VariantId, platform: &Platform, image: Present) {
        lock(&self.present).insert((v, platform.clone()), image);
    }

    pub fn present(&self, v: VariantId, platform: &Platform) -> Option<Present> {
        lock(&self.present).get(&(v, platform.clone())).cloned()
    }

    /// Staged on one platform, or (without one) as a whole.
    pub fn stage(&self, v: VariantId, platform: Option<&Platform>, stored: Stored) {
        lock(&self.staged).insert((v, platform.cloned()), stored);
    }

    pub fn staged(&self, v: VariantId, platform: Option<&Platform>) -> Option<Stored> {
        lock(&self.staged).get(&(v, platform.cloned())).cloned()
    }

    pub fn learn(&self, v: VariantId, line: &str, value: String) {
        lock(&self.known).insert((v, line.to_owned()), value);
    }

    pub fn known(&self, v: VariantId, line: &str) -> Option<String> {
        lock(&self.known).get(&(v, line.to_owned())).cloned()
    }

    /// Takes a reference for a variant; says who has it already, if another one does.
    pub fn claim(&self, fleet: &Fleet, reference: &Reference, v: VariantId) -> Option<VariantId> {
        let mut owners = lock(&self.owners);
        if owners.is_empty() {
            owners.extend(
                fleet
                    .variants
                    .iter()
                    .flat_map(|variant| variant.references().map(|(r, _)| (r, variant.id))),
            );
        }
        let owner = *owners.entry(reference.clone()).or_insert(v);
        (owner != v).then_some(owner)
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
