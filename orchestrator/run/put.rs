//! One write of a public tag, read back, and the line in the record that comes before it.

use crate::matrix::VariantName;
use crate::memory::Record;
use crate::name::{Digest, Reference};
use crate::plan::Held;
use crate::request::{Patience, WorldError};
use crate::run::due::{Due, Target};
use crate::run::{RunContext, TagState, record};

/// What became of a tag.
pub(super) enum Wrote {
    /// It was written and read back.
    Written(Reference),
    /// It stays where it is.
    Held(Reference, Held),
    /// Another run has moved it to the image since the plan was made.
    Found(Reference),
    /// It named the image already.
    There(Reference),
    /// It was not written.
    Nothing,
}

/// Tells the record of an image which tags name it.
pub(super) async fn tell(
    ctx: &RunContext,
    v: &VariantName,
    image: Digest,
    tags: impl IntoIterator<Item = Due>,
) -> Result<(), WorldError> {
    let own = Record {
        lines: tags.into_iter().map(|tag| tag.line(ctx, image)).collect(),
        ..Record::of(&ctx.plan.fleet, Vec::new())
    };
    record::add(ctx, v, image, own).await
}

/// What a tag names after it was written.
pub(super) enum Back {
    /// What was written.
    Own,
    /// What another writer wrote.
    Other(Digest),
}

/// Writes a tag and reads it back.
pub(super) async fn put(
    ctx: &RunContext,
    image: &Target<'_>,
    reference: &Reference,
) -> Result<Back, WorldError> {
    let stored = image.stored;
    ctx.tags.enter(reference, TagState::Unknown);
    if let Err(error) = ctx.registry.put(reference, stored).await {
        if !error.kind().is_unreachable() {
            ctx.tags.enter(reference, TagState::NotMoved);
        }
        return Err(error);
    }
    match ctx.registry.head(reference, Patience::READ).await? {
        Some(digest) if digest == stored.digest => {
            ctx.tags.enter(reference, TagState::Moved);
            Ok(Back::Own)
        }
        Some(other) => {
            ctx.tags.enter(reference, TagState::NotMoved);
            Ok(Back::Other(other))
        }
        None => {
            ctx.tags.enter(reference, TagState::NotMoved);
            let why = "written, but the registry does not have it";
            Err(WorldError::refused(reference.to_string(), why))
        }
    }
}
