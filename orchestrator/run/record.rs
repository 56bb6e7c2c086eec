//! Writing records: read, merged, written, and read back until they hold what both writers had to say.

use crate::matrix::VariantName;
use crate::memory::{Details, Inputs, Packages, Record, record_tag};
use crate::name::{Digest, Reference, Repository};
use crate::plan::{Applied, Build};
use crate::request::{FaultKind, Patience, Stored, WorldError};
use crate::run::RunContext;
use crate::survey;

/// How often a record is written while other runs write it, too.
const TRIES: usize = 8;

/// Adds to the record of an image.
pub(super) async fn add(
    ctx: &RunContext,
    v: &VariantName,
    image: Digest,
    own: Record,
) -> Result<(), WorldError> {
    let staging = ctx.staging_of(v)?;
    let tag = Reference::tagged(staging.clone(), record_tag(image));
    let is_listed = packages(ctx, v, &own).is_some();
    let own = prepared(ctx, staging, v, own).await?;
    for _ in 0..TRIES {
        let known = read(ctx, &tag).await?;
        let merged = match &known {
            Some(known) if known.has(&own) => return Ok(()),
            // What this run has built is known best: the details are those of the newest inputs.
            Some(known) if is_listed || has_new_inputs(&own, known) => Record {
                details: own.details.or(known.details),
                ..known.clone().merged(&own)
            },
            Some(known) => known.clone().merged(&own),
            None => own.clone(),
        };
        overwrite(ctx, &tag, &merged.stored(), known.is_some()).await?;
    }
    if read(ctx, &tag).await?.is_some_and(|known| known.has(&own)) {
        return Ok(());
    }
    let why = "another writer replaces it all the time; run again when that has ended";
    let what = tag.to_string();
    Err(WorldError::fault(FaultKind::ChangedMeanwhile, what, why))
}

/// Whether inputs lead to the image that its record does not have yet.
fn has_new_inputs(own: &Record, known: &Record) -> bool {
    let made = known.parts.iter().flat_map(|part| &part.made.inputs);
    let known: Vec<&Inputs> = made.collect();
    let mut made = own.parts.iter().flat_map(|part| &part.made.inputs);
    made.any(|inputs| !known.contains(&inputs))
}

/// The record of an image, if there is one.
pub(super) async fn of(
    ctx: &RunContext,
    v: &VariantName,
    image: Digest,
) -> Result<Option<Record>, WorldError> {
    let tag = Reference::tagged(ctx.staging_of(v)?.clone(), record_tag(image));
    read(ctx, &tag).await
}

async fn read(ctx: &RunContext, tag: &Reference) -> Result<Option<Record>, WorldError> {
    let stored = ctx.registry.manifest(tag, Patience::READ).await?;
    Ok(stored.as_ref().and_then(Record::read))
}

/// The record with its blobs in the repository. The details of what this run has built are one of them.
async fn prepared(
    ctx: &RunContext,
    staging: &Repository,
    v: &VariantName,
    own: Record,
) -> Result<Record, WorldError> {
    let registry = &ctx.registry;
    registry.put_blob(staging, Record::empty_blob()).await?;
    let recipe = ctx.plan.variant(v).recipe.as_ref();
    // Who staged the image has described it.
    let is_maker = ctx.plan.applied != Some(Applied::Publish);
    let is_described = own.parts.iter().any(|part| !part.made.inputs.is_empty());
    let Some(recipe) = recipe.filter(|_| is_maker && is_described) else {
        return Ok(own);
    };
    let listed = match packages(ctx, v, &own) {
        // An image that came out the same has the packages that were listed before.
        None => known_packages(ctx, staging, &own).await,
        listed => listed,
    };
    let details = Details {
        unpackaged: listed == Some(None),
        packages: listed.flatten().map(Box::new),
        ..recipe.details.clone()
    };
    let blob = details.blob();
    let size = blob.len();
    let digest = registry.put_blob(staging, blob).await?;
    Ok(Record {
        details: Some((digest, size)),
        ..own
    })
}

/// The packages of an image that this run has built, if they were listed; `None` for an index.
fn packages(ctx: &RunContext, v: &VariantName, own: &Record) -> Option<Option<Packages>> {
    let [part] = own.parts.as_slice() else {
        return None;
    };
    ctx.images.packages(&Build::of(v, &part.platform))
}

/// The packages in the details of an image that has a record, if they were listed.
async fn known_packages(
    ctx: &RunContext,
    staging: &Repository,
    own: &Record,
) -> Option<Option<Packages>> {
    let [part] = own.parts.as_slice() else {
        return None;
    };
    // One that was made just now has no other inputs.
    if part.made.inputs.len() < 2 {
        return None;
    }
    let known = survey::details_of(part.digest, staging, &*ctx.registry).await?;
    (known.unpackaged || known.packages.is_some()).then(|| known.packages.map(|all| *all))
}

/// Writes a tag of the staging repository that may change.
pub(super) async fn overwrite(
    ctx: &RunContext,
    tag: &Reference,
    stored: &Stored,
    exists: bool,
) -> Result<(), WorldError> {
    let written = ctx.registry.put(tag, stored).await;
    written.map_err(|error| match error {
        WorldError::Fault { kind, what, why } if exists && !kind.is_unreachable() => {
            let help = "the staging repository must let its tags d-*, v-* and f-* be overwritten: turn off tag immutability for them";
            WorldError::fault(kind, what, format!("{why}\n  {help}"))
        }
        other => other,
    })
}
