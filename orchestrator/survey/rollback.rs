//! Reads what tags named before, image by image, as the records say.

use super::{IN_FLIGHT, record};
use crate::matrix::{Fleet, VariantId};
use crate::memory::Record;
use crate::name::{Digest, Reference, Repository};
use crate::plan::{Past, Trail};
use crate::registry::Registry;
use crate::request::{Patience, WorldError};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use std::collections::BTreeSet;

/// The most images that one tag is followed back.
const LONGEST: usize = 64;

/// For each tag what it names, what it named before, and so on up to the first image that is not withdrawn. Each tag has a
/// variant that publishes in its repository.
///
/// # Errors
/// A registry that does not answer, or refuses to.
pub async fn trails(
    fleet: &Fleet,
    tags: &BTreeSet<(Reference, VariantId)>,
    registry: &dyn Registry,
) -> Result<Vec<Trail>, WorldError> {
    let one = |(reference, v): &(Reference, VariantId)| {
        let (reference, variant) = (reference.clone(), *v);
        let staging = fleet.variant(*v).staging.clone();
        async move {
            let look = Look {
                staging,
                registry,
                reference: &reference,
            };
            let images = look.images().await?;
            let others = look.others(images.first()).await?;
            Ok(Trail {
                variant,
                images,
                others,
                reference,
            })
        }
    };
    let trails = stream::iter(tags).map(one).buffered(IN_FLIGHT);
    trails.try_collect().await
}

/// Looks into the registries for one tag.
struct Look<'a> {
    staging: Option<Repository>,
    registry: &'a dyn Registry,
    reference: &'a Reference,
}

impl Look<'_> {
    /// What the tag names, and what it named before.
    async fn images(&self) -> Result<Vec<Past>, WorldError> {
        let mut next = self.registry.head(self.reference, Patience::READ).await?;
        let mut seen = BTreeSet::new();
        let mut images = Vec::new();
        while let Some(digest) = next.filter(|digest| seen.insert(*digest) && seen.len() <= LONGEST)
        {
            let past = self.past(digest).await?;
            let is_good = past
                .record
                .as_ref()
                .is_none_or(|one| one.withdrawn().is_none());
            next = past.line(self.reference).and_then(|line| line.was);
            let is_former = !images.is_empty();
            images.push(past);
            if is_former && is_good {
                break;
            }
        }
        Ok(images)
    }

    async fn past(&self, digest: Digest) -> Result<Past, WorldError> {
        let record = match record(self.staging.as_ref(), digest) {
            Some(tag) => self.registry.manifest(&tag, Patience::READ).await?,
            None => None,
        };
        let mut place = None;
        for repository in std::iter::once(&self.reference.repository).chain(&self.staging) {
            let pinned = Reference::pinned(repository.clone(), digest);
            let found = self.registry.head(&pinned, Patience::READ).await?;
            if found.is_some() {
                place = Some(repository.clone());
                break;
            }
        }
        Ok(Past {
            record: record.as_ref().and_then(Record::read),
            digest,
            place,
        })
    }

    /// The further tags that name an image or a part of it, of those that the records know.
    async fn others(&self, image: Option<&Past>) -> Result<BTreeSet<Reference>, WorldError> {
        let mut others = BTreeSet::new();
        let Some(whole) = image else {
            return Ok(others);
        };
        self.add_others(whole, &mut others).await?;
        for part in whole.record.iter().flat_map(|record| &record.parts) {
            if part.digest != whole.digest {
                let part = self.past(part.digest).await?;
                self.add_others(&part, &mut others).await?;
            }
        }
        Ok(others)
    }

    async fn add_others(
        &self,
        image: &Past,
        others: &mut BTreeSet<Reference>,
    ) -> Result<(), WorldError> {
        let known = image.record.iter().flat_map(|record| record.lines.keys());
        for tag in known.filter(|tag| *tag != self.reference) {
            if self.registry.head(tag, Patience::READ).await? == Some(image.digest) {
                others.insert(tag.clone());
            }
        }
        Ok(())
    }
}
