//! Reads what the public tags name, and the revisions that were counted.

use super::{Survey, all};
use crate::matrix::{DeferredTag, VariantId};
use crate::name::{Digest, Reference, Repository};
use crate::plan::{Facts, counter};
use crate::request::{Patience, WorldError};
use futures_util::try_join;
use std::collections::{BTreeMap, BTreeSet};

impl Survey<'_> {
    /// One HEAD request per public tag, also of values that have ended, and one list of tags per repository with counted tags.
    pub(super) async fn published(
        &self,
        wanted: &BTreeSet<VariantId>,
    ) -> Result<Facts, WorldError> {
        let fleet = self.materials.fleet;
        // A shared tag needs all its owners, even those that are not selected.
        let variants = self.with_owners(wanted);
        let owned = variants
            .iter()
            .flat_map(|v| fleet.variant(*v).references().map(|(r, _)| r));
        // The plan names those of values that have ended.
        let references: BTreeSet<Reference> = owned.chain(fleet.ended.iter().cloned()).collect();
        let public = all(references.into_iter().collect(), |r| self.public(r));
        let (public, revisions) = try_join!(public, self.revisions(wanted))?;
        Ok(Facts {
            online: true,
            public,
            revisions,
            ..Facts::default()
        })
    }

    pub(super) async fn public(
        &self,
        reference: Reference,
    ) -> Result<Option<(Reference, Digest)>, WorldError> {
        let digest = self.registry.head(&reference, Patience::READ).await?;
        Ok(digest.map(|digest| (reference, digest)))
    }

    /// The newest revision of each tag with a `{revision}`: one list of tags per repository, and one HEAD request per tag.
    async fn revisions(
        &self,
        wanted: &BTreeSet<VariantId>,
    ) -> Result<BTreeMap<String, (u64, Digest)>, WorldError> {
        let fleet = self.materials.fleet;
        let deferred = wanted
            .iter()
            .flat_map(|v| fleet.variant(*v).deferred_moves());
        let counters: Vec<(&Repository, &DeferredTag)> = deferred
            .filter(|(_, tag, _)| tag.probes().next().is_none())
            .map(|(r, tag, _)| (r, tag))
            .collect();
        let repositories: BTreeSet<&Repository> =
            counters.iter().map(|(repository, _)| *repository).collect();
        let list = |repository| async move {
            let tags = self.registry.tags(repository, Patience::READ).await?;
            Ok(Some((repository, tags)))
        };
        let lists: BTreeMap<&Repository, Vec<String>> =
            all(repositories.into_iter().collect(), list).await?;
        let newest = |(repository, tag): (&Repository, &DeferredTag)| {
            let published = lists.get(repository).into_iter().flatten();
            let numbers = published.filter_map(|published| tag.revision_of(published));
            let number = numbers.max()?;
            let filled = tag.fill(|_| number.to_string()).ok()?;
            let reference = Reference::tagged(repository.clone(), filled);
            Some((counter(repository, tag), number, reference))
        };
        let image = |(key, number, reference): (String, u64, Reference)| async move {
            let image = self.registry.head(&reference, Patience::READ).await?;
            Ok(image.map(|image| (key, (number, image))))
        };
        all(counters.into_iter().filter_map(newest).collect(), image).await
    }
}
