//! Reads what the public tags name, and the revisions that were counted.

use super::unlocked::way_out_of;
use super::{Survey, all};
use crate::matrix::{DeferredTag, Variant, VariantId};
use crate::name::{Digest, Reference, Repository, Tag};
use crate::plan::{Facts, Unread, counter};
use crate::request::{Patience, WorldError};
use futures_util::try_join;
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

/// Whether a survey needs to know what a repository has under the tags of a variant.
pub(super) type Needed = fn(&Variant, &Repository) -> bool;

/// A run needs only the repositories to which it may write.
pub(super) fn is_written(variant: &Variant, repository: &Repository) -> bool {
    variant.may_write(repository)
}

/// The repositories that do not answer, or refuse to. Nothing more is requested from them.
#[derive(Default)]
pub(super) struct Silent(Mutex<BTreeMap<Repository, WorldError>>);

impl Silent {
    /// The answer of a repository; `None` also if this request or one before it failed, which is recorded.
    pub(super) async fn ask<T>(
        &self,
        repository: &Repository,
        request: impl Future<Output = Result<Option<T>, WorldError>>,
    ) -> Option<T> {
        if self.0.lock().contains_key(repository) {
            return None;
        }
        request.await.unwrap_or_else(|why| {
            self.0.lock().entry(repository.clone()).or_insert(why);
            None
        })
    }

    /// What failed, by repository.
    pub(super) fn into_inner(self) -> BTreeMap<Repository, WorldError> {
        self.0.into_inner()
    }
}

impl Survey<'_> {
    /// One HEAD request per public tag, also of values that have ended, and one list of tags per repository with counted tags.
    pub(super) async fn published(
        &self,
        wanted: &BTreeSet<VariantId>,
        is_needed: Needed,
    ) -> Result<Facts, WorldError> {
        let fleet = self.materials.fleet;
        // A shared tag needs all its owners, even those that are not selected.
        let variants = fleet.with_owners(wanted);
        let owned = variants
            .iter()
            .flat_map(|v| fleet.variant(*v).references().map(|(r, _)| r));
        // The plan names those of values that have ended.
        let references: BTreeSet<Reference> = owned.chain(fleet.ended.keys().cloned()).collect();
        let silent = Silent::default();
        let read = |reference: Reference| async {
            let repository = reference.repository.clone();
            Ok(silent.ask(&repository, self.public(reference)).await)
        };
        let public = all(references.into_iter().collect(), read);
        let (public, revisions) = try_join!(public, self.revisions(wanted, &silent))?;
        let silent = silent.into_inner();
        let unread = self.unread(&variants, &silent, is_needed)?;
        let needed = |one: &Repository| {
            let mut owners = variants.iter().map(|v| fleet.variant(*v));
            owners.any(|variant| variant.publish.contains(one) && is_needed(variant, one))
        };
        let others = silent.into_iter().filter(|(one, _)| !needed(one));
        Ok(Facts {
            online: true,
            public,
            revisions,
            unwritten: others.collect(),
            unread,
            ..Facts::default()
        })
    }

    /// The variants that need a repository which did not answer.
    ///
    /// # Errors
    /// No repository answered.
    fn unread(
        &self,
        variants: &BTreeSet<VariantId>,
        silent: &BTreeMap<Repository, WorldError>,
        is_needed: Needed,
    ) -> Result<BTreeMap<VariantId, Unread>, WorldError> {
        let unread = |v: &VariantId| {
            let variant = self.materials.fleet.variant(*v);
            let mut own = variant.publish.iter().filter(|one| is_needed(variant, one));
            let (repository, why) = own.find_map(|one| silent.get_key_value(one))?;
            let mut names = variant.references().map(|(reference, _)| reference);
            let reference = names.find(|one| one.repository == *repository);
            let unread = Unread {
                reference: reference
                    .unwrap_or_else(|| Reference::tagged(repository.clone(), Tag::latest())),
                why: self.placed(*v, repository, why.clone()),
                place: self.materials.recipes[*v].declared.clone(),
            };
            Some((*v, unread))
        };
        let unread: BTreeMap<VariantId, Unread> = variants.iter().filter_map(unread).collect();
        match (silent.values().next(), unread.values().next()) {
            (Some(_), Some(first)) if unread.len() == variants.len() => Err(first.why.clone()),
            (Some(why), None) if variants.is_empty() => Err(why.clone()),
            _ => Ok(unread),
        }
    }

    /// With the place in the manifest, and a way out.
    fn placed(&self, v: VariantId, repository: &Repository, why: WorldError) -> WorldError {
        let WorldError::Fault { kind, what, why } = why else {
            return why;
        };
        let (name, place) = (
            &self.materials.names[v],
            &self.materials.recipes[v].declared,
        );
        let help = way_out_of(kind, repository, "publish");
        let why = format!("{why}\n  {name} is published there ({place})\n  {help}");
        WorldError::fault(kind, what, why)
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
        silent: &Silent,
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
            let read = async {
                let tags = self.registry.tags(repository, Patience::READ).await?;
                Ok(Some((repository, tags)))
            };
            Ok(silent.ask(repository, read).await)
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
            let read = async {
                let image = self.registry.head(&reference, Patience::READ).await?;
                Ok(image.map(|image| (key, (number, image))))
            };
            Ok(silent.ask(&reference.repository, read).await)
        };
        all(counters.into_iter().filter_map(newest).collect(), image).await
    }
}
