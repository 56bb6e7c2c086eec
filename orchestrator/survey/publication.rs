//! Reads what is published of each variant, and what its pointer names.

use super::{Survey, all};
use crate::matrix::VariantId;
use crate::name::{Digest, Reference};
use crate::plan::Facts;
use crate::request::WorldError;
use std::collections::{BTreeMap, VecDeque};

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
        let mut repositories = variants.flat_map(|variant| &variant.publish);
        if let Some(why) = facts.unwritten.values().next()
            && repositories.all(|one| facts.unwritten.contains_key(one))
        {
            return Err(why.clone());
        }
        self.find_current(&mut facts, selected).await?;
        self.find_deferred(&mut facts, selected).await?;
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
}
