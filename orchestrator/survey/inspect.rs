//! Reads what is remembered of one image.

use super::{IN_FLIGHT, Survey, details_of, record};
use crate::memory::{Details, Record};
use crate::name::{Digest, Platform, Reference, Repository};
use crate::plan::Facts;
use crate::registry::Registry;
use crate::request::{FaultKind, Patience, WorldError};
use futures_util::stream::{self, StreamExt};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What registries know of one image.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspected {
    /// The name that was asked for, if it was a name.
    pub reference: Option<Reference>,
    /// The digest of the image, or of the index.
    pub digest: Digest,
    /// Its record, with the tag that names it.
    pub record: Option<(Reference, Record)>,
    /// What its recipe consisted of, if that was asked for and can be read.
    pub details: Option<Details>,
    /// Without a record: the images of the index, if it is one.
    pub listed: Vec<(Option<Platform>, Digest)>,
}

/// Which image to look at.
#[derive(Debug, Clone, PartialEq)]
pub enum Inspect {
    /// What this reference names.
    Name(Reference),
    /// The image with this digest.
    Digest(Digest),
}

/// Looks up an image and its record in these staging repositories.
///
/// # Errors
/// The name does not exist, or a registry does not answer or refuses to.
pub async fn inspect(
    which: Inspect,
    staging: &BTreeSet<Repository>,
    details: bool,
    registry: &dyn Registry,
) -> Result<Inspected, WorldError> {
    let (reference, digest) = match which {
        Inspect::Digest(digest) => (None, digest),
        Inspect::Name(reference) => {
            let digest = resolved(&reference, registry).await?;
            (Some(reference), digest)
        }
    };
    let mut inspected = Inspected {
        reference,
        digest,
        record: None,
        details: None,
        listed: Vec::new(),
    };
    for repository in staging {
        if let Some(found) = recorded(repository, digest, registry).await? {
            if details {
                inspected.details = super::details(&found.1, repository, registry).await;
            }
            inspected.record = Some(found);
            return Ok(inspected);
        }
    }
    inspected.listed = listed(&inspected, staging, registry).await?;
    Ok(inspected)
}

async fn resolved(reference: &Reference, registry: &dyn Registry) -> Result<Digest, WorldError> {
    if let Some(digest) = reference.digest() {
        return Ok(digest);
    }
    let found = registry.head(reference, Patience::READ).await?;
    found.ok_or_else(|| {
        let why = "its registry does not have it\n  check the name; `kiln tags` lists the public references of the fleet";
        WorldError::fault(FaultKind::NotFound, reference.familiar(), why)
    })
}

async fn recorded(
    staging: &Repository,
    digest: Digest,
    registry: &dyn Registry,
) -> Result<Option<(Reference, Record)>, WorldError> {
    let Some(tag) = record(Some(staging), digest) else {
        return Ok(None);
    };
    let stored = registry.manifest(&tag, Patience::READ).await?;
    let read = stored.as_ref().and_then(Record::read);
    Ok(read.map(|record| (tag, record)))
}

/// The images of an index without a record, from where it was named, or from a staging repository.
async fn listed(
    inspected: &Inspected,
    staging: &BTreeSet<Repository>,
    registry: &dyn Registry,
) -> Result<Vec<(Option<Platform>, Digest)>, WorldError> {
    let named = inspected.reference.iter().map(|name| &name.repository);
    for repository in named.chain(staging) {
        let pinned = Reference::pinned(repository.clone(), inspected.digest);
        if let Some(stored) = registry.manifest(&pinned, Patience::READ).await? {
            return Ok(match stored.is_index() {
                true => stored.images(),
                false => Vec::new(),
            });
        }
    }
    Err(absent(inspected, staging))
}

fn absent(inspected: &Inspected, staging: &BTreeSet<Repository>) -> WorldError {
    let named = inspected.reference.iter().map(|name| &name.repository);
    let looked: Vec<String> = named.chain(staging).map(Repository::familiar).collect();
    let why = format!(
        "no image has this digest in {}\n  check the digest, or name the image by its reference",
        looked.join(", ")
    );
    WorldError::fault(FaultKind::NotFound, format!("@{}", inspected.digest), why)
}

/// The details of every image that the records list, by digest: that of an index has only those that its platforms share.
/// What cannot be read is left out.
pub async fn details_of_parts(
    found: [&Inspected; 2],
    registry: &dyn Registry,
) -> HashMap<Digest, Details> {
    let parts = found.into_iter().flat_map(|one| &one.record);
    let parts: BTreeMap<Digest, &Repository> = parts
        .flat_map(|(tag, record)| {
            let digests = record.parts.iter().map(|part| part.digest);
            digests.map(|digest| (digest, &tag.repository))
        })
        .collect();
    let read = stream::iter(parts).map(|(image, staging)| async move {
        let details = details_of(image, staging, registry).await;
        details.map(|details| (image, details))
    });
    let read = read.buffer_unordered(IN_FLIGHT);
    read.filter_map(|one| async move { one }).collect().await
}

impl Survey<'_> {
    /// The current images of the selected variants, and nothing else.
    ///
    /// # Errors
    /// A registry that does not answer, or refuses to.
    pub async fn current(&self) -> Result<Facts, WorldError> {
        let mut facts = self.published(&self.options.selected, |_, _| true).await?;
        self.find_current(&mut facts, &self.options.selected)
            .await?;
        Ok(facts)
    }
}
