//! Reads the tags that only records tell: those that were read from images, and those that were counted.

use super::{Survey, all, record};
use crate::matrix::{Variant, VariantId};
use crate::memory::Part;
use crate::name::{Digest, Reference};
use crate::plan::{Decision, Decisions, Facts, recorded_names};
use crate::request::WorldError;
use std::collections::{BTreeMap, BTreeSet};

impl Survey<'_> {
    /// One HEAD request per tag that the record of a current image tells.
    pub(super) async fn find_deferred(
        &self,
        facts: &mut Facts,
        wanted: &BTreeSet<VariantId>,
    ) -> Result<(), WorldError> {
        let names = |v: &VariantId| {
            // Its repository does not answer.
            let current = facts
                .current
                .get(v)
                .filter(|_| !facts.unread.contains_key(v))?;
            Some(recorded_names(
                self.materials.fleet.variant(*v),
                &current.record,
            ))
        };
        self.find_names(facts, wanted.iter().filter_map(names).flatten().collect())
            .await
    }

    /// The same for images that are taken from what is staged, whose records were not read yet.
    pub(super) async fn find_taken(
        &self,
        facts: &mut Facts,
        decisions: &Decisions,
    ) -> Result<(), WorldError> {
        let taken = |variant: &Variant| {
            variant
                .deferred
                .first()
                .filter(|_| !facts.unread.contains_key(&variant.id))?;
            let parts: Option<Vec<&Part>> = decisions
                .of(variant.id)
                .iter()
                .map(Decision::part)
                .collect();
            let image = Part::whole(parts.filter(|parts| !parts.is_empty())?);
            facts
                .record(variant, image)
                .is_none()
                .then_some((variant.id, image))
        };
        let fleet = self.materials.fleet;
        let taken: Vec<(VariantId, Digest)> = fleet.variants.iter().filter_map(taken).collect();
        let tag =
            |(v, image): &(VariantId, Digest)| record(fleet.variant(*v).staging.as_ref(), *image);
        self.find_records(facts, taken.iter().filter_map(tag).collect())
            .await?;
        let names = taken.iter().filter_map(|(v, image)| {
            let variant = fleet.variant(*v);
            let record = facts.record(variant, *image)?.as_ref()?;
            Some(recorded_names(variant, record))
        });
        self.find_names(facts, names.flatten().collect()).await
    }

    async fn find_names(
        &self,
        facts: &mut Facts,
        names: BTreeSet<Reference>,
    ) -> Result<(), WorldError> {
        let names = names.into_iter();
        let names = names.filter(|name| !facts.unwritten.contains_key(&name.repository));
        let found: BTreeMap<Reference, Digest> =
            all(names.collect(), |name| self.public(name)).await?;
        facts.public.extend(found);
        Ok(())
    }
}
