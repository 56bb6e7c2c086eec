//! Looks whether proofs still exist that records remember. A record is believed otherwise: a look costs requests for each image.

use super::{IN_FLIGHT, Survey};
use crate::manifest::Proof;
use crate::matrix::VariantId;
use crate::memory::{Part, proofs};
use crate::name::{Digest, Reference, Repository};
use crate::plan::Facts;
use crate::request::{Patience, WorldError};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use std::collections::BTreeSet;
use std::sync::Arc;

/// An image, and a proof of it that some repository lacks.
type Deleted = BTreeSet<(Digest, Proof)>;

impl Survey<'_> {
    /// With [`Options::check_proofs`](crate::plan::Options::check_proofs), forgets the proofs of current images that are missing
    /// in the staging repository or beside a public copy: then they are attached again, as if the record had none.
    pub(super) async fn forget_deleted_proofs(
        &self,
        facts: &mut Facts,
        wanted: &BTreeSet<VariantId>,
    ) -> Result<(), WorldError> {
        if !self.options.check_proofs || self.materials.fleet.attest.is_empty() {
            return Ok(());
        }
        let places = wanted.iter().flat_map(|v| self.places(facts, *v));
        let places: Vec<(Part, &Repository)> = places.collect();
        let looks = stream::iter(places).map(|(part, place)| self.missing(part, place));
        let deleted: Vec<Deleted> = looks.buffer_unordered(IN_FLIGHT).try_collect().await?;
        let deleted: Deleted = deleted.into_iter().flatten().collect();
        for current in facts.current.values_mut().filter(|_| !deleted.is_empty()) {
            for part in &mut Arc::make_mut(&mut current.record).parts {
                let image = part.digest;
                part.proofs
                    .retain(|proof, _| !deleted.contains(&(image, *proof)));
            }
        }
        Ok(())
    }

    /// The current images of a variant that have proofs, each with the repositories that may have it.
    fn places<'s>(&'s self, facts: &Facts, v: VariantId) -> Vec<(Part, &'s Repository)> {
        let (variant, name) = (self.materials.fleet.variant(v), &self.materials.names[v]);
        let current = facts.current.get(&v);
        let parts = variant.platforms.iter();
        let parts = parts.filter_map(|platform| current?.record.part(name, platform));
        let parts = parts.filter(|part| !part.proofs.is_empty());
        let places = || variant.staging.iter().chain(variant.publish.iter());
        parts
            .flat_map(|part| places().map(move |place| (part.clone(), place)))
            .collect()
    }

    /// The proofs of an image that a repository lacks, if it has the image.
    async fn missing(&self, part: Part, place: &Repository) -> Result<Deleted, WorldError> {
        let image = Reference::pinned(place.clone(), part.digest);
        let mut missing = Deleted::new();
        if self.registry.head(&image, Patience::READ).await?.is_none() {
            return Ok(missing);
        }
        let list = self
            .registry
            .referrers(place, part.digest, None, Patience::READ);
        let list = list.await?;
        for proof in part.proofs.keys() {
            let own = list.iter().find(|one| proofs::is_own(one, *proof));
            let exists = match own {
                Some(own) => {
                    let own = Reference::pinned(place.clone(), own.digest);
                    self.registry.head(&own, Patience::READ).await?.is_some()
                }
                None => false,
            };
            if !exists {
                missing.insert((part.digest, *proof));
            }
        }
        Ok(missing)
    }
}
