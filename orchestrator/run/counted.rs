//! Tags with a `{revision}`: the number is taken when the tag is written, and an image that has one keeps it.

use crate::matrix::DeferredTag;
use crate::name::{Reference, Repository};
use crate::plan::numbered;
use crate::request::{Patience, WorldError};
use crate::run::due::{Due, Target};
use crate::run::put::{Back, Wrote, put, tell};
use crate::run::{RunContext, record};
use std::collections::BTreeMap;

/// The tags without the counted ones that the image needs no more. Where it has its number in another repository only, that
/// one is due.
pub(super) async fn with_own_numbers(
    ctx: &RunContext,
    image: &Target<'_>,
    due: Vec<Due>,
) -> Result<Vec<Due>, WorldError> {
    let mut left = Vec::with_capacity(due.len());
    for mut tag in due {
        if let Some(pattern) = tag.counted.clone()
            && let Some(number) = number(ctx, image, &tag, &pattern).await?
        {
            tag.reference = numbered_as(&tag.reference.repository, &pattern, number)?;
            if names(ctx, image, &tag.reference).await? {
                continue;
            }
        }
        left.push(tag);
    }
    Ok(left)
}

/// The number that the image has in any repository of its variant: as its record says, or the one before the number that
/// is due, if the record was deleted.
async fn number(
    ctx: &RunContext,
    image: &Target<'_>,
    tag: &Due,
    pattern: &DeferredTag,
) -> Result<Option<u64>, WorldError> {
    let publish = &ctx.plan.variant(image.v).publish;
    let record = record::of(ctx, image.v, image.stored.digest).await?;
    let mut recorded = Vec::new();
    for repository in publish.iter() {
        let own = record.iter();
        recorded.extend(own.flat_map(|record| numbered(record, repository, pattern)));
    }
    for (number, name) in recorded {
        if names(ctx, image, &name).await? {
            return Ok(Some(number));
        }
    }
    let Some(before) = number_of(tag, pattern).and_then(|due| due.checked_sub(1)) else {
        return Ok(None);
    };
    for repository in publish.iter() {
        if names(ctx, image, &numbered_as(repository, pattern, before)?).await? {
            return Ok(Some(before));
        }
    }
    Ok(None)
}

async fn names(
    ctx: &RunContext,
    image: &Target<'_>,
    reference: &Reference,
) -> Result<bool, WorldError> {
    let now = ctx.registry.head(reference, Patience::READ).await?;
    Ok(now == Some(image.stored.digest))
}

/// The numbers that a step has written, by pattern: a number that another run took in one repository is taken in none.
#[derive(Debug, Default)]
pub(super) struct Numbers(BTreeMap<String, u64>);

impl Numbers {
    /// The tag, with the number that its image got in another repository.
    pub fn same(&self, tag: Due) -> Result<Due, WorldError> {
        let known = tag.counted.as_ref().and_then(|pattern| {
            let number = self.0.get(&pattern.written())?;
            Some(numbered_as(&tag.reference.repository, pattern, *number))
        });
        Ok(match known {
            Some(reference) => Due {
                reference: reference?,
                ..tag
            },
            None => tag,
        })
    }

    /// A tag was written.
    pub fn wrote(&mut self, pattern: &DeferredTag, reference: &Reference) {
        let tag = reference.tag.as_ref();
        let number = tag.and_then(|tag| pattern.revision_of(tag.as_str()));
        self.0
            .extend(number.map(|number| (pattern.written(), number)));
    }
}

/// The number in a counted tag.
fn number_of(tag: &Due, pattern: &DeferredTag) -> Option<u64> {
    pattern.revision_of(tag.reference.tag.as_ref()?.as_str())
}

/// A counted tag with a number.
fn numbered_as(
    repository: &Repository,
    pattern: &DeferredTag,
    number: u64,
) -> Result<Reference, WorldError> {
    let filled = pattern.fill(|_| number.to_string());
    let filled = filled.map_err(|why| WorldError::refused(pattern.written(), why.to_string()))?;
    Ok(Reference::tagged(repository.clone(), filled))
}

/// Another run took the number of a counted tag: the next free one is written, unless the image has that one.
pub(super) async fn next(
    ctx: &RunContext,
    image: &Target<'_>,
    tag: Due,
) -> Result<Wrote, WorldError> {
    let Some(pattern) = &tag.counted else {
        return Ok(Wrote::Nothing);
    };
    let mut number = number_of(&tag, pattern).unwrap_or_default();
    loop {
        number = number.saturating_add(1);
        let reference = numbered_as(&tag.reference.repository, pattern, number)?;
        match ctx.registry.head(&reference, Patience::READ).await? {
            Some(digest) if digest == image.stored.digest => {
                return Ok(Wrote::There(reference));
            }
            Some(_) => continue,
            None => {}
        }
        let due = Due {
            reference,
            ..tag.clone()
        };
        // The image keeps the number, so its record must know it.
        tell(ctx, image.v, image.stored.digest, [due.clone()]).await?;
        match put(ctx, image, &due.reference).await? {
            Back::Own => return Ok(Wrote::Written(due.reference)),
            Back::Other(_) => {}
        }
    }
}
