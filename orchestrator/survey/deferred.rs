//! Reads the tags that only records tell: those that were read from images, and those that were counted.

use super::{Survey, all};
use crate::matrix::VariantId;
use crate::name::{Digest, Reference};
use crate::plan::{Facts, recorded_names};
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
            let current = facts.current.get(v)?;
            Some(recorded_names(
                self.materials.fleet.variant(*v),
                &current.record,
            ))
        };
        let names: BTreeSet<Reference> = wanted.iter().filter_map(names).flatten().collect();
        let found: BTreeMap<Reference, Digest> =
            all(names.into_iter().collect(), |name| self.public(name)).await?;
        facts.public.extend(found);
        Ok(())
    }
}
