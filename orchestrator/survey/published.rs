//! Reads which images are staged, what the public tags point to, and what the registry records about these images.

use super::IN_FLIGHT;
use crate::graph::Graph;
use crate::matrix::{DeferredTag, Fleet, SharedTags, VariantId};
use crate::name::{Digest, Reference, Repository};
use crate::plan::{Facts, Ids, counter, green_tag, probed_tag};
use crate::registry::Registry;
use crate::request::{Patience, Stored, WorldError};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use futures_util::try_join;
use std::collections::{BTreeMap, BTreeSet};

/// Reads what is staged and what the public tags point to: one HEAD request per reference, all concurrently.
///
/// # Errors
/// A registry that does not answer, or refuses to.
pub async fn published(
    fleet: &Fleet,
    graph: &Graph,
    ids: &Ids,
    selected: &BTreeSet<VariantId>,
    registry: &dyn Registry,
) -> Result<Facts, WorldError> {
    let wanted = graph.with_ancestors(selected);
    let references = wanted
        .iter()
        .flat_map(|v| fleet.variant(*v).references().map(|(r, _)| r))
        .collect();
    let public = all(references, |reference| public(reference, registry));
    let (known, revisions, public) = try_join!(
        known(fleet, ids, &wanted, registry),
        revisions(fleet, &wanted, registry),
        public
    )?;
    Ok(Facts {
        online: true,
        revisions,
        public,
        ..known
    })
}

/// The staged images, and what the registry records about them.
async fn known(
    fleet: &Fleet,
    ids: &Ids,
    wanted: &BTreeSet<VariantId>,
    registry: &dyn Registry,
) -> Result<Facts, WorldError> {
    let mut shares = fleet.shared_tags();
    shares.retain(|share| share.owners.iter().any(|v| wanted.contains(v)));
    // A shared tag needs all its owners, even those that are not selected.
    let owners: BTreeSet<VariantId> = shares
        .iter()
        .flat_map(|share| &share.owners)
        .chain(wanted)
        .copied()
        .collect();
    let staged: BTreeMap<VariantId, Digest> = all(owners.into_iter().collect(), |v| {
        staged(fleet, ids, v, registry)
    })
    .await?;
    let images = || staged.iter().map(|(v, digest)| (*v, *digest)).collect();
    let green = all(images(), |(v, digest)| green(fleet, v, digest, registry));
    let probed = all(images(), |(v, digest)| probed(fleet, v, digest, registry));
    let (green, probed, shared) =
        try_join!(green, probed, shared(fleet, shares, &staged, registry))?;
    Ok(Facts {
        staged,
        green,
        probed,
        shared,
        ..Facts::default()
    })
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

/// The indexes that shared tags should point to, if all their owners are staged. Needs one GET request per owner, since
/// an index contains sizes.
async fn shared(
    fleet: &Fleet,
    shares: Vec<SharedTags>,
    staged: &BTreeMap<VariantId, Digest>,
    registry: &dyn Registry,
) -> Result<BTreeMap<Vec<VariantId>, Digest>, WorldError> {
    let complete: Vec<SharedTags> = shares
        .into_iter()
        .filter(|share| share.owners.iter().all(|v| staged.contains_key(v)))
        .collect();
    let owners: BTreeSet<VariantId> = complete
        .iter()
        .flat_map(|share| &share.owners)
        .copied()
        .collect();
    let part = |v: VariantId| async move {
        let Some(stage) = fleet.variant(v).staging.clone() else {
            return Ok(None);
        };
        let reference = Reference::pinned(stage, staged[&v]);
        Ok(registry
            .manifest(&reference, Patience::READ)
            .await?
            .map(|stored| (v, stored)))
    };
    let parts: BTreeMap<VariantId, Stored> = all(owners.into_iter().collect(), part).await?;
    let index = |share: SharedTags| {
        let parts: Option<Vec<_>> = share
            .owners
            .iter()
            .map(|v| Some((fleet.variant(*v).platforms.first()?, parts.get(v)?)))
            .collect();
        Some((share.owners, Stored::index(&parts?).ok()?.digest))
    };
    Ok(complete.into_iter().filter_map(index).collect())
}

async fn staged(
    fleet: &Fleet,
    ids: &Ids,
    v: VariantId,
    registry: &dyn Registry,
) -> Result<Option<(VariantId, Digest)>, WorldError> {
    let Some(stage) = fleet.variant(v).staging.clone() else {
        return Ok(None);
    };
    let reference = Reference::tagged(stage, ids.recipe_tag(v));
    Ok(registry
        .head(&reference, Patience::READ)
        .await?
        .map(|digest| (v, digest)))
}

/// Returns the variant if its staged image has passed the checks that the variant has now.
async fn green(
    fleet: &Fleet,
    v: VariantId,
    image: Digest,
    registry: &dyn Registry,
) -> Result<Option<VariantId>, WorldError> {
    let variant = fleet.variant(v);
    let Some(tag) = green_tag(image, &variant.checks) else {
        return Ok(Some(v));
    };
    let Some(stage) = variant.staging.clone() else {
        return Ok(None);
    };
    let reference = Reference::tagged(stage, tag);
    Ok(registry
        .head(&reference, Patience::READ)
        .await?
        .filter(|digest| *digest == image)
        .map(|_| v))
}

/// Returns the variant if the values of its probed tags were read from this image, and these tags were written.
async fn probed(
    fleet: &Fleet,
    v: VariantId,
    image: Digest,
    registry: &dyn Registry,
) -> Result<Option<VariantId>, WorldError> {
    let variant = fleet.variant(v);
    let tag = probed_tag(image, &variant.deferred);
    let (Some(tag), Some(stage)) = (tag, variant.staging.clone()) else {
        return Ok(None);
    };
    let reference = Reference::tagged(stage, tag);
    Ok(registry
        .head(&reference, Patience::READ)
        .await?
        .filter(|digest| *digest == image)
        .map(|_| v))
}

/// The newest revision of each tag with a `{revision}`: one list of tags per repository, and one HEAD request per tag.
async fn revisions<'a>(
    fleet: &'a Fleet,
    wanted: &BTreeSet<VariantId>,
    registry: &dyn Registry,
) -> Result<BTreeMap<String, (u64, Digest)>, WorldError> {
    let deferred = wanted
        .iter()
        .flat_map(|v| fleet.variant(*v).deferred_moves());
    let counters: Vec<(&Repository, &DeferredTag)> = deferred
        .filter(|(_, tag, _)| tag.probes().next().is_none())
        .map(|(r, tag, _)| (r, tag))
        .collect();
    let repositories: BTreeSet<&Repository> =
        counters.iter().map(|(repository, _)| *repository).collect();
    let list = |repository: &'a Repository| async move {
        Ok(Some((
            repository,
            registry.tags(repository, Patience::READ).await?,
        )))
    };
    let lists: BTreeMap<&Repository, Vec<String>> =
        all(repositories.into_iter().collect(), list).await?;
    let newest = |(repository, tag): (&Repository, &DeferredTag)| {
        let published = lists.get(repository).into_iter().flatten();
        let number = published
            .filter_map(|published| tag.revision_of(published))
            .max()?;
        let filled = tag.fill(|_| number.to_string()).ok()?;
        Some((
            counter(repository, tag),
            number,
            Reference::tagged(repository.clone(), filled),
        ))
    };
    let image = |(key, number, reference): (String, u64, Reference)| async move {
        Ok(registry
            .head(&reference, Patience::READ)
            .await?
            .map(|image| (key, (number, image))))
    };
    all(counters.into_iter().filter_map(newest).collect(), image).await
}

async fn public(
    reference: Reference,
    registry: &dyn Registry,
) -> Result<Option<(Reference, Digest)>, WorldError> {
    let digest = registry.head(&reference, Patience::READ).await?;
    Ok(digest.map(|digest| (reference, digest)))
}
