//! Reads what a staging repository contains, for `kiln prune`.

use super::{IN_FLIGHT, all};
use crate::memory::{Failure, Record, StagingTag};
use crate::name::{Digest, Reference, Repository, Tag};
use crate::plan::{InUse, Removal, StagedFailure, StagedImage, Stock};
use crate::registry::Registry;
use crate::request::{Patience, WorldError};
use futures_util::stream::{self, StreamExt};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What one tag leads to.
enum Found {
    Image(Tag, Digest),
    Record(Digest, StagedImage),
    Failure(StagedFailure),
}

/// All of a staging repository: its list of tags, one GET for each record and failure, and one HEAD for every other tag.
///
/// # Errors
/// The registry does not answer, or refuses to.
pub async fn stock(registry: &dyn Registry, repository: &Repository) -> Result<Stock, WorldError> {
    let tags = registry.tags(repository, Patience::READ).await?;
    let tags: Vec<Tag> = tags.iter().filter_map(|tag| tag.parse().ok()).collect();
    let found: Vec<Found> = all(tags, |tag| read(registry, repository, tag)).await?;
    let mut stock = Stock {
        repository: repository.clone(),
        images: BTreeMap::new(),
        tags: BTreeMap::new(),
        indexes: BTreeMap::new(),
        failures: Vec::new(),
    };
    for one in found {
        match one {
            Found::Image(tag, digest) => drop(stock.tags.insert(tag, digest)),
            Found::Record(digest, image) => drop(stock.images.insert(digest, image)),
            Found::Failure(failure) => stock.failures.push(failure),
        }
    }
    let named: BTreeSet<Digest> = stock.tags.values().copied().collect();
    let unknown = named.into_iter().filter(|d| !stock.images.contains_key(d));
    stock.indexes = children(registry, repository, unknown.collect()).await?;
    Ok(stock)
}

async fn read(
    registry: &dyn Registry,
    repository: &Repository,
    tag: Tag,
) -> Result<Option<Found>, WorldError> {
    let reference = Reference::tagged(repository.clone(), tag.clone());
    let kind = StagingTag::read(&tag);
    // The list of what refers to an image goes with the image.
    if matches!(kind, Some(StagingTag::Referrers(_))) {
        return Ok(None);
    }
    if !matches!(kind, Some(StagingTag::Record(_) | StagingTag::Failure)) {
        let digest = registry.head(&reference, Patience::READ).await?;
        return Ok(digest.map(|digest| Found::Image(tag, digest)));
    }
    let Some(stored) = registry.manifest(&reference, Patience::READ).await? else {
        return Ok(None);
    };
    Ok(Some(match kind {
        Some(StagingTag::Record(image)) => {
            let staged = StagedImage {
                record: Record::read(&stored).map(Arc::new),
                stored: stored.digest,
            };
            Found::Record(image, staged)
        }
        _ => Found::Failure(StagedFailure {
            tag,
            stored: stored.digest,
            last: Failure::read(&stored).map(|failure| failure.last),
        }),
    }))
}

/// The digests of all images that a staging repository has a record of: its list of tags, and no other request.
///
/// # Errors
/// The registry does not answer, or refuses to.
pub async fn recorded(
    registry: &dyn Registry,
    repository: &Repository,
) -> Result<BTreeSet<Digest>, WorldError> {
    let tags = registry.tags(repository, Patience::READ).await?;
    let tags = tags.iter().filter_map(|tag| tag.parse().ok());
    let recorded = tags.filter_map(|tag| match StagingTag::read(&tag) {
        Some(StagingTag::Record(image)) => Some(image),
        _ => None,
    });
    Ok(recorded.collect())
}

/// What indexes consist of, by digest; images are left out.
///
/// # Errors
/// The registry does not answer, or refuses to.
pub async fn children(
    registry: &dyn Registry,
    repository: &Repository,
    digests: Vec<Digest>,
) -> Result<BTreeMap<Digest, Vec<Digest>>, WorldError> {
    let read = |digest: Digest| async move {
        let pinned = Reference::pinned(repository.clone(), digest);
        let stored = registry.manifest(&pinned, Patience::READ).await?;
        let manifest = stored.filter(|stored| stored.is_index());
        let manifest = manifest.and_then(|stored| stored.manifest().ok());
        let of = |parts: Vec<Option<Digest>>| (digest, parts.into_iter().flatten().collect());
        Ok(manifest.map(|index| of(index.manifests.iter().map(|one| one.digest).collect())))
    };
    all(digests, read).await
}

/// The images among those to be removed that public tags name which their records have lines for.
pub async fn still_named(
    registry: &dyn Registry,
    stock: &Stock,
    removed: &[Removal],
) -> BTreeMap<Digest, InUse> {
    let lines = removed.iter().flat_map(|removal| {
        let record = stock.images.get(&removal.digest);
        let record = record.and_then(|image| image.record.as_deref());
        let tags = record.into_iter().flat_map(|record| record.lines.keys());
        tags.map(|tag| (removal.digest, tag.clone()))
    });
    let looks = stream::iter(lines.collect::<Vec<_>>()).map(|(digest, tag)| async move {
        match registry.head(&tag, Patience::READ).await {
            Ok(named) => (named == Some(digest)).then_some((digest, InUse::Tag)),
            Err(_) => Some((digest, InUse::Unread)),
        }
    });
    let found = looks.buffer_unordered(IN_FLIGHT);
    found.filter_map(|one| async move { one }).collect().await
}

/// Adds the blobs of images that are to be removed, with their sizes. What cannot be read has none.
pub async fn measured(registry: &dyn Registry, removed: Vec<Removal>) -> Vec<Removal> {
    let read = |removal: Removal| async move {
        let pinned = Reference::pinned(removal.repository.clone(), removal.digest);
        let stored = registry.manifest(&pinned, Patience::READ).await;
        let manifest = stored.ok().flatten();
        let manifest = manifest.and_then(|stored| stored.manifest().ok());
        let blobs = manifest
            .iter()
            .flat_map(|one| one.config.iter().chain(&one.layers));
        let blobs = blobs.filter_map(|blob| Some((blob.digest?, blob.size?)));
        Removal {
            blobs: blobs.collect(),
            ..removal
        }
    };
    stream::iter(removed)
        .map(read)
        .buffered(IN_FLIGHT)
        .collect()
        .await
}
