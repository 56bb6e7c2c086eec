//! Reads everything that a plan depends on: public names, outside images, records, and what is staged.
//!
//! ```text
//! public tags, outside images, counters  ->  records of what the names lead to  ->  packages  ->  decide  ->  what is staged
//!                                                                                                 ^--------------|
//! ```
//!
//! The requests of one round are all in flight together, within the budget of each registry.

mod bases;
mod current;
mod deferred;
mod deleted;
mod failed;
mod inspect;
mod locked;
mod moved;
mod orphans;
mod publication;
mod packages;
mod published;
mod platforms;
mod previous;
mod proof;
mod release;
mod rollback;
mod staged;
mod stock;
mod unlocked;
mod upgrades;

pub use bases::{bases, image_for, locked_bases};
pub(crate) use failed::failed;
pub use inspect::{Inspect, Inspected, details_of_parts, inspect};
pub use locked::{Unresolved, gone, resolve};
pub use moved::{Moved, moved};
pub use orphans::{Orphans, orphans};
pub use packages::Held;
pub use platforms::{Bases, Unfit};
pub use previous::{Found, Known, Nothing, Search};
pub use proof::proofs;
pub use publication::Publication;
pub use rollback::trails;
pub(crate) use staged::{described, staged};
pub use stock::{children, measured, recorded, still_named, stock};
pub use upgrades::Questions;

use crate::matrix::VariantId;
use crate::memory::{Details, Record, record_tag};
use crate::name::{Digest, Reference, Repository};
use crate::plan::{self, BaseFact, Decision, Decisions, Facts, Materials, Options, Reason, State};
use crate::registry::Registry;
use crate::request::{Patience, WorldError};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The number of concurrent requests to all registries together; each registry has its own, lower limit.
const IN_FLIGHT: usize = 32;

/// A survey for one plan.
pub struct Survey<'a> {
    /// The line.
    pub materials: Materials<'a>,
    /// What will be planned.
    pub options: &'a Options<'a>,
    /// All registries.
    pub registry: &'a dyn Registry,
    /// Whether the details of records are read, where a recipe has changed.
    pub evidence: bool,
    /// Who asks which packages can be upgraded; `None` if that is not asked.
    pub questions: Option<&'a dyn Questions>,
}

impl Survey<'_> {
    /// Reads the facts for the selected variants and their ancestors.
    ///
    /// # Errors
    /// No public repository answers, or the staging repository does not. Outside images that cannot be looked up are facts, not
    /// errors, and so are public repositories that do not answer while others do.
    pub async fn facts(&self) -> Result<Facts, WorldError> {
        let wanted = self.materials.graph.with_ancestors(&self.options.selected);
        let bases = bases::named(&self.materials, &wanted, bases::Of::Inputs);
        let locks = locked::locks(&bases, &self.materials, &wanted);
        let (facts, bases) = futures_util::join!(
            self.published(&wanted, published::is_written),
            bases::all(bases, locks, self.options.push, self.registry, None)
        );
        let mut facts = facts?;
        facts.bases = bases;
        match self.find_remembered(&mut facts, &wanted).await {
            Ok(()) => Ok(facts),
            Err(why) => Err(self.with_stage(why)),
        }
    }

    /// What the staging repository remembers of the images that public tags lead to, and what it has for the next ones.
    async fn find_remembered(
        &self,
        facts: &mut Facts,
        wanted: &BTreeSet<VariantId>,
    ) -> Result<(), WorldError> {
        self.find_current(facts, wanted).await?;
        self.find_deferred(facts, wanted).await?;
        self.forget_deleted_proofs(facts, wanted).await?;
        self.find_upgrades(facts, wanted).await;
        let decisions = self.decided(facts, wanted).await?;
        let (materials, registry) = (&self.materials, self.registry);
        facts.gone = gone(materials, facts, &decisions, wanted, registry, None).await;
        self.find_taken(facts, &decisions).await?;
        self.find_lines(facts, wanted, &decisions).await?;
        self.find_frontends(facts, &decisions, wanted).await;
        if self.evidence {
            self.find_details(facts, wanted, &decisions).await;
        }
        Ok(())
    }

    /// Adds to the facts of another survey of the same variants what this one decides differently.
    ///
    /// # Errors
    /// A registry that does not answer, or refuses to.
    pub async fn add(&self, facts: &mut Facts) -> Result<(), WorldError> {
        let wanted = self.materials.graph.with_ancestors(&self.options.selected);
        let decisions = self.decided(facts, &wanted).await?;
        // One of the two may build what the other keeps.
        let gone = gone(
            &self.materials,
            facts,
            &decisions,
            &wanted,
            self.registry,
            None,
        );
        let gone = gone.await;
        facts.gone.extend(gone);
        if self.evidence {
            self.find_details(facts, &wanted, &decisions).await;
        }
        Ok(())
    }

    /// Looks up what is staged, until nothing else is needed to decide.
    async fn decided(
        &self,
        facts: &mut Facts,
        wanted: &BTreeSet<VariantId>,
    ) -> Result<Decisions, WorldError> {
        loop {
            let decisions = plan::decide(&self.materials, facts, self.options, wanted);
            let indexes = decisions.unread_bases(facts);
            let is_known = decisions.open.is_empty() && decisions.open_failures.is_empty();
            if is_known && indexes.is_empty() {
                return Ok(decisions);
            }
            // The id of a build is known only with the digests of its bases.
            if indexes.is_empty() {
                self.find_staged(facts, decisions.open.clone()).await?;
                self.find_failures(facts, decisions.open_failures.clone())
                    .await?;
            }
            for (reference, fact) in bases::parts(indexes, facts, self.registry).await {
                facts.bases.insert(reference, fact);
            }
        }
    }

    /// The records of the images that tags name which this run may move: it must not move them backwards.
    async fn find_lines(
        &self,
        facts: &mut Facts,
        wanted: &BTreeSet<VariantId>,
        decisions: &Decisions,
    ) -> Result<(), WorldError> {
        let mut records = BTreeSet::new();
        for v in wanted {
            let variant = self.materials.fleet.variant(*v);
            let kept = decisions.of(*v).iter().all(Decision::stays);
            let current = facts.current.get(v).map(|current| current.digest);
            let named = variant
                .references()
                .filter_map(|(reference, _)| facts.public.get(&reference));
            let others = named.filter(|digest| !kept || Some(**digest) != current);
            records.extend(others.filter_map(|digest| record(variant.staging.as_ref(), *digest)));
        }
        self.find_records(facts, records).await
    }

    /// The frontends of what is built are locked for the run.
    async fn find_frontends(
        &self,
        facts: &mut Facts,
        decisions: &Decisions,
        wanted: &BTreeSet<VariantId>,
    ) {
        let is_built = |v: &&VariantId| {
            let mut builds = decisions.of(**v).iter();
            builds.any(|one| one.state == State::Built)
        };
        let built = wanted.iter().filter(is_built).copied().collect();
        let named = bases::named(&self.materials, &built, bases::Of::Frontends);
        let (push, registry) = (self.options.push, self.registry);
        let found = bases::all(named, BTreeMap::new(), push, registry, None).await;
        facts.bases.extend(found);
    }

    /// The details of images whose recipe changed. They are evidence only: if they cannot be read, the reason stands.
    async fn find_details(
        &self,
        facts: &mut Facts,
        wanted: &BTreeSet<VariantId>,
        decisions: &Decisions,
    ) {
        let changed = |v: &VariantId| {
            let mut reasons = decisions.of(*v).iter().flat_map(|one| &one.reasons);
            reasons.any(|reason| matches!(reason, Reason::RecipeChanged { .. }))
        };
        let images: Vec<(Repository, Digest)> = wanted
            .iter()
            .filter(|v| changed(v))
            .flat_map(|v| decisions.of(*v).iter().map(move |one| (v, one)))
            .filter_map(|(v, one)| {
                let staging = self.materials.fleet.variant(*v).staging.clone()?;
                Some((staging, one.current.as_ref()?.digest))
            })
            .filter(|(_, image)| !facts.details.contains_key(image))
            .collect();
        let read = stream::iter(images)
            .map(|(staging, image)| async move {
                let details = details_of(image, &staging, self.registry).await;
                details.map(|details| (image, details))
            })
            .buffer_unordered(IN_FLIGHT);
        let read: Vec<(Digest, Details)> =
            read.filter_map(|one| async move { one }).collect().await;
        facts.details.extend(read);
    }

    /// Reads records that were not read yet.
    async fn find_records(
        &self,
        facts: &mut Facts,
        records: BTreeSet<Reference>,
    ) -> Result<(), WorldError> {
        let unread = records.into_iter();
        let unread: Vec<Reference> = unread
            .filter(|record| !facts.records.contains_key(record))
            .collect();
        let read = |reference: Reference| async move {
            let stored = self.registry.manifest(&reference, Patience::READ).await?;
            let record = stored.as_ref().and_then(Record::read).map(Arc::new);
            Ok(Some((reference, record)))
        };
        let read: Vec<_> = all(unread, read).await?;
        facts.records.extend(read);
        Ok(())
    }
}

impl Decisions {
    /// The outside images whose index must be read to say what they are for a platform.
    fn unread_bases(&self, facts: &Facts) -> BTreeSet<Reference> {
        let unknown = self.all().flat_map(|one| &one.inputs.unknown);
        unknown
            .filter(|base| {
                matches!(facts.bases.get(base), Some(BaseFact::Known(base)) if base.parts.is_none())
            })
            .cloned()
            .collect()
    }
}

/// The details of a record; `None` if it has none, or if they cannot be read.
async fn details(
    record: &Record,
    staging: &Repository,
    registry: &dyn Registry,
) -> Option<Details> {
    let (digest, _) = record.details?;
    let blob = registry.blob(staging, digest, Patience::READ).await;
    Details::read(&blob.ok()?)
}

/// The details of an image, from its record.
pub(crate) async fn details_of(
    image: Digest,
    staging: &Repository,
    registry: &dyn Registry,
) -> Option<Details> {
    let reference = record(Some(staging), image)?;
    let stored = registry.manifest(&reference, Patience::READ).await;
    let record = Record::read(&stored.ok()??)?;
    details(&record, staging, registry).await
}

/// The tag of the record of an image.
fn record(staging: Option<&Repository>, digest: Digest) -> Option<Reference> {
    Some(Reference::tagged(staging?.clone(), record_tag(digest)))
}

/// Looks up each item, all concurrently, and collects the results that exist.
async fn all<Q, A, F, C>(items: Vec<Q>, look_up: impl Fn(Q) -> F) -> Result<C, WorldError>
where
    F: Future<Output = Result<Option<A>, WorldError>>,
    C: Default + Extend<A>,
{
    let answers = stream::iter(items).map(look_up).buffer_unordered(IN_FLIGHT);
    answers
        .try_filter_map(|found| async move { Ok(found) })
        .try_collect()
        .await
}
