//! Reads what is published of each variant, and what its pointer names.

use super::{Survey, all, record};
use crate::matrix::VariantId;
use crate::name::{Digest, Reference};
use crate::plan::Facts;
use crate::request::WorldError;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What is published of the selected variants.
#[derive(Debug, Clone, PartialEq)]
pub struct Publication {
    /// The public tags, and the current images with their records. Repositories that were not read are `unwritten`.
    pub facts: Facts,
    /// By variant: its pointer on this branch, else on the default branch, and the image that it names.
    pub pointers: BTreeMap<VariantId, (Reference, Digest)>,
}

impl Survey<'_> {
    /// Reads public tags, records and pointers of the selected variants, and nothing else.
    ///
    /// # Errors
    /// No public repository answers, or the staging repository does not.
    pub async fn publication(&self) -> Result<Publication, WorldError> {
        let selected = &self.options.selected;
        // What one repository does not answer, another one may.
        let mut facts = self.published(selected, |_, _| false).await?;
        let variants = selected.iter().map(|v| self.materials.fleet.variant(*v));
        let mut repositories = variants.flat_map(|variant| variant.publish.iter());
        if let Some(why) = facts.unwritten.values().next()
            && repositories.all(|one| facts.unwritten.contains_key(one))
        {
            return Err(why.clone());
        }
        self.find_current(&mut facts, selected).await?;
        self.find_deferred(&mut facts, selected).await?;
        self.find_combined(&mut facts, selected).await?;
        let origin = &self.options.origin;
        let pointer = |v: VariantId| self.pointers(v, origin.scope.iter().chain(&origin.default));
        let found: Vec<(VariantId, VecDeque<(Reference, Digest)>)> =
            all(selected.iter().copied().collect(), pointer).await?;
        let first = found.into_iter();
        let pointers = first.filter_map(|(v, mut all)| Some((v, all.pop_front()?)));
        Ok(Publication {
            facts,
            pointers: pointers.collect(),
        })
    }

    /// Reads the records of the indexes that shared tags name: they say which images these have.
    async fn find_combined(
        &self,
        facts: &mut Facts,
        selected: &BTreeSet<VariantId>,
    ) -> Result<(), WorldError> {
        let variants = selected.iter().map(|v| self.materials.fleet.variant(*v));
        let records = variants.flat_map(|variant| {
            let shared = variant.references().filter(|(_, tag)| tag.shared);
            let named = shared.filter_map(|(reference, _)| facts.public.get(&reference));
            named.filter_map(|named| record(variant.staging.as_ref(), *named))
        });
        let records = records.collect();
        self.find_records(facts, records).await
    }
}
