//! Whether the outside images of a saved plan have moved since it was made.

use super::IN_FLIGHT;
use crate::dockerfile::ImageRefKind;
use crate::name::{Digest, Reference};
use crate::plan::{ImageSource, LockSource, Plan};
use crate::registry::Registry;
use crate::request::Patience;
use futures_util::stream::{self, StreamExt};
use std::collections::BTreeMap;

/// An outside image that names another digest than the plan has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Its name.
    pub reference: Reference,
    /// The digest in the plan.
    pub planned: Digest,
    /// What it names now; `None` if it does not exist any more.
    pub now: Option<Digest>,
}

/// The outside images of a plan's builds that have moved. The builds use what the plan has, and report a registry that does
/// not answer, so such a one is passed over here.
pub async fn moved(plan: &Plan, registry: &dyn Registry) -> Vec<Moved> {
    let images = plan.recipes().flat_map(|(_, recipe)| recipe.images.iter());
    let needed = images.filter(|one| one.at.is_needed() && one.at.kind != ImageRefKind::Syntax);
    let bases = needed.filter_map(|image| match &image.source {
        ImageSource::Base(base) => Some((base, plan.bases.get(base)?)),
        ImageSource::Parent { .. } => None,
    });
    let looked_up =
        bases.filter(|(base, lock)| lock.source == LockSource::Registry && base.digest.is_none());
    let all: BTreeMap<&Reference, Digest> =
        looked_up.map(|(base, lock)| (base, lock.digest)).collect();
    let looks = stream::iter(all).map(|(reference, planned)| async move {
        let now = registry.head(reference, Patience::CACHE).await.ok()?;
        (now != Some(planned)).then(|| Moved {
            reference: reference.clone(),
            planned,
            now,
        })
    });
    let found = looks.buffered(IN_FLIGHT);
    found.filter_map(|one| async move { one }).collect().await
}
