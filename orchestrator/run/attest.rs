//! Proofs: attached to images that are staged, and copied to where the images are.
//!
//! A proof is made from the record of its image, and the record remembers it. So an image that has its proofs costs nothing,
//! and one that lacks them gets them without being built.

use crate::manifest::Proof;
use crate::matrix::VariantName;
use crate::memory::proofs::{self, Known};
use crate::memory::{Details, Part, Record};
use crate::name::{Digest, Reference, Repository};
use crate::plan::Build;
use crate::request::{FaultKind, Patience, WorldError};
use crate::run::images::Image;
use crate::run::staged::{known, staged_part};
use crate::run::{Done, Failure, RunContext, record, whole};
use std::collections::BTreeSet;

/// Attaches the proofs that the images of a variant lack.
pub(super) async fn attest(ctx: &RunContext, v: &VariantName) -> Result<Done, Failure> {
    let proofs = complete(ctx, v).await?;
    Ok(Done::Attested { proofs })
}

/// The same; returns the proofs that were lacking.
pub(super) async fn complete(
    ctx: &RunContext,
    v: &VariantName,
) -> Result<BTreeSet<Proof>, WorldError> {
    let mut all = BTreeSet::new();
    for build in ctx.plan.builds_of(v) {
        all.append(&mut one(ctx, &build).await?);
    }
    let parts = ctx.staged_parts(v)?;
    if !all.is_empty() && parts.len() > 1 {
        // The record of an index repeats what those of its parts say.
        let index = whole::digest(ctx, v).await?;
        record::add(ctx, v, index, Record::of(&ctx.plan.fleet, parts)).await?;
    }
    Ok(all)
}

/// Attaches what one image lacks.
async fn one(ctx: &RunContext, build: &Build) -> Result<BTreeSet<Proof>, WorldError> {
    if ctx.plan.attest.is_empty() {
        return Ok(BTreeSet::new());
    }
    let v = &build.variant;
    let image = known(ctx, build)?;
    let mut part = staged_part(build, image.clone())?;
    let lacking = part.lacks(&ctx.plan.attest);
    if lacking.is_empty() {
        return Ok(lacking);
    }
    let staging = ctx.staging_of(v)?;
    whole::beside(ctx, v, part.digest, staging).await?;
    let (record, details) = remembered(ctx, v, part.digest).await?;
    let own = record.parts.iter().find(|one| one.digest == part.digest);
    let known = Known {
        part: own.unwrap_or(&part),
        details: details.as_ref(),
        workspaces: &record.workspaces,
        kiln: &record.kiln,
    };
    let mut attached = Vec::new();
    for proof in &lacking {
        attached.push((*proof, attach(ctx, staging, &known, *proof).await?));
    }
    everywhere(ctx, v, part.digest).await?;
    part.proofs.extend(attached);
    // Last: what is recorded is not looked at again.
    let own = Record::of(&ctx.plan.fleet, vec![part.clone()]);
    record::add(ctx, v, part.digest, own).await?;
    let part = Some(part);
    ctx.images.know(build, Image { part, ..image });
    Ok(lacking)
}

/// Attaches a proof to a staged image, unless it has one of kiln's, and returns the digest of its manifest.
async fn attach(
    ctx: &RunContext,
    staging: &Repository,
    known: &Known<'_>,
    proof: Proof,
) -> Result<Digest, WorldError> {
    let (registry, image) = (&ctx.registry, known.part.digest);
    let kind = Some(proofs::artifact_type(proof));
    let list = registry.referrers(staging, image, kind, Patience::READ);
    let mut list = list.await?.into_iter();
    if let Some(own) = list.find(|one| proofs::is_own(one, proof)) {
        // A list under a tag may name what was deleted.
        let there = Reference::pinned(staging.clone(), own.digest);
        if registry.head(&there, Patience::READ).await?.is_some() {
            return Ok(own.digest);
        }
    }
    let attached = known.attached(proof);
    registry.put_blob(staging, proofs::empty_blob()).await?;
    registry.put_blob(staging, attached.document).await?;
    registry.attach(staging, &attached.manifest).await?;
    Ok(attached.manifest.digest)
}

/// Copies the proofs of an image to the public repositories that have it already.
async fn everywhere(ctx: &RunContext, v: &VariantName, image: Digest) -> Result<(), WorldError> {
    let staging = ctx.staging_of(v)?;
    let publish = ctx.plan.variant(v).publish.iter();
    for repository in publish.filter(|repository| *repository != staging) {
        let there = Reference::pinned(repository.clone(), image);
        if ctx.registry.head(&there, Patience::READ).await?.is_some() {
            let registry = &ctx.registry;
            registry.copy_referrers(staging, image, repository).await?;
        }
    }
    Ok(())
}

/// Copies the proofs of images to where the images were copied.
pub(super) async fn follow(
    ctx: &RunContext,
    parts: &[Part],
    from: &Repository,
    to: &Repository,
) -> Result<(), WorldError> {
    for part in parts.iter().filter(|part| !part.proofs.is_empty()) {
        ctx.registry.copy_referrers(from, part.digest, to).await?;
    }
    Ok(())
}

/// The record of a staged image, with its details.
async fn remembered(
    ctx: &RunContext,
    v: &VariantName,
    image: Digest,
) -> Result<(Record, Option<Details>), WorldError> {
    let staging = ctx.staging_of(v)?;
    let record = record::of(ctx, v, image).await?.ok_or_else(|| {
        let why = format!("the record of its image {image} is gone from {staging}, so kiln cannot say what it was made from");
        WorldError::fault(FaultKind::NotFound, v.as_str(), why)
    })?;
    let details = match record.details {
        Some((digest, _)) => {
            let blob = ctx.registry.blob(staging, digest, Patience::READ).await?;
            Details::read(&blob)
        }
        None => None,
    };
    Ok((record, details))
}
