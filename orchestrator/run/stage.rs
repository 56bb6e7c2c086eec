//! Staging: one push of a content tag, proved by reading it back.

use crate::matrix::VariantId;
use crate::name::{Digest, NameError, Platform, Reference, Repository, Tag};
use crate::plan::StepId;
use crate::request::{FaultKind, Patience, PushRequest, Store, Stored, WorldError};
use crate::run::build::{bring, fleet_parent, identity, refused};
use crate::run::check;
use crate::run::images::Present;
use crate::run::{Done, Failure, RunContext};
use serde_json::Value;
use std::time::Duration;

/// How often one push is tried: an engine does not retry a refused manifest by itself.
const PUSHES: u32 = 4;

/// Stages a variant on one platform.
pub(super) async fn stage(
    ctx: &RunContext,
    step: StepId,
    v: VariantId,
    platform: &Platform,
) -> Result<Done, Failure> {
    let variant = ctx.fleet.variant(v);
    let present = ctx
        .images
        .present(v, platform)
        .ok_or_else(|| refused(&variant.label(), "it is not on the engine"))?;
    still_on_its_parent(ctx, v, platform, &present)?;
    let content = content_tag(
        ctx.stage_of(v)?,
        &format!("b-{}", identity(ctx, v, platform).hex()),
    )?;
    let found = ctx.registry.manifest(&content, Patience::READ).await?;
    let (stored, adopted) = match found {
        Some(stored) => (stored, true),
        None => (push(ctx, step, &present, &content).await?, false),
    };
    let adopted = adopted && !is_image(ctx, &stored, &present);
    if adopted {
        ctx.note(
            step,
            format!(
                "another run staged this build first; {} is used",
                stored.digest.short()
            ),
        );
        let image = bring(ctx, v, platform, stored.digest).await?;
        ctx.images.arrive(
            v,
            platform,
            Present {
                identity: present.identity,
                ..image
            },
        );
        check::adopted(ctx, step, v, platform, stored.digest).await?;
    }
    ctx.images.stage(v, Some(platform), stored.clone());
    if variant.platforms.len() == 1 {
        settle(ctx, v, stored.clone()).await?;
    }
    Ok(Done::Staged {
        digest: stored.digest,
        adopted,
    })
}

/// If a parent was replaced by another run's build of it, this image stands on one nobody staged.
fn still_on_its_parent(
    ctx: &RunContext,
    v: VariantId,
    platform: &Platform,
    present: &Present,
) -> Result<(), WorldError> {
    match fleet_parent(ctx, &ctx.recipes[v.0 as usize], platform) {
        Some((parent, image)) if !present.layers.starts_with(&image.layers) => {
            let parent = ctx.fleet.variant(parent).label();
            Err(WorldError::fault(
                FaultKind::ChangedMeanwhile,
                ctx.fleet.variant(v).label(),
                format!(
                    "another run staged its parent {parent} meanwhile; run again to build on that one"
                ),
            ))
        }
        _ => Ok(()),
    }
}

fn content_tag(repository: &Repository, tag: &str) -> Result<Reference, WorldError> {
    let tag: Tag = tag
        .parse()
        .map_err(|why: NameError| refused(tag, &why.to_string()))?;
    Ok(Reference::tagged(repository.clone(), tag))
}

/// Pushes until the registry has the image: what the registry says counts, not the push's answer.
async fn push(
    ctx: &RunContext,
    step: StepId,
    present: &Present,
    content: &Reference,
) -> Result<Stored, WorldError> {
    let (engine, _) = ctx.engine()?;
    let mut delay = Duration::from_secs(1);
    for attempt in 1.. {
        let credential = ctx.credential(content.repository.domain());
        let pushed = engine
            .push(PushRequest {
                image: present.name.clone(),
                reference: content.clone(),
                credential,
            })
            .await;
        let stored = ctx.registry.manifest(content, Patience::READ).await?;
        match (pushed, stored) {
            (_, Some(stored)) => return Ok(stored),
            (Err(error), None) if attempt == PUSHES || error.kind().is_final() => {
                return Err(error);
            }
            (Ok(()), None) if attempt == PUSHES => {
                return Err(refused(
                    &content.to_string(),
                    "the engine pushed it, but the registry does not have it",
                ));
            }
            (answer, None) => {
                let why = answer.err().map_or_else(
                    || "the registry does not have it".to_owned(),
                    |e| e.to_string(),
                );
                ctx.note(
                    step,
                    format!("push {attempt} of {PUSHES} failed, trying again: {why}"),
                );
            }
        }
        tokio::time::sleep(delay).await;
        delay *= 2;
    }
    Err(refused(&content.to_string(), "not pushed"))
}

/// Whether a stored manifest is of the image that this engine has.
fn is_image(ctx: &RunContext, stored: &Stored, present: &Present) -> bool {
    let store = ctx.engine.as_ref().map(|(_, info)| info.store);
    match store {
        Some(Store::GraphDriver) => config_digest(&stored.bytes) == Some(present.id),
        _ => stored.digest == present.id,
    }
}

fn config_digest(manifest: &[u8]) -> Option<Digest> {
    let manifest: Value = serde_json::from_slice(manifest).ok()?;
    manifest["config"]["digest"].as_str()?.parse().ok()
}

/// Puts the staged platforms of a variant together.
pub(super) async fn index(ctx: &RunContext, v: VariantId) -> Result<Done, Failure> {
    let variant = ctx.fleet.variant(v);
    let staged = |platform| {
        let stored = ctx.images.staged(v, Some(platform));
        stored.ok_or_else(|| refused(&variant.label(), &format!("{platform} is not staged")))
    };
    let parts = variant
        .platforms
        .iter()
        .map(staged)
        .collect::<Result<Vec<Stored>, _>>()?;
    let parts: Vec<(&Platform, &Stored)> = variant.platforms.iter().zip(&parts).collect();
    let stored = Stored::index(&parts).map_err(|why| refused(&variant.label(), &why))?;
    settle(ctx, v, stored.clone()).await?;
    Ok(Done::Indexed {
        digest: stored.digest,
    })
}

/// The variant is staged as a whole: its bytes lie beside every public repository, and its recipe's tag follows.
async fn settle(ctx: &RunContext, v: VariantId, stored: Stored) -> Result<(), WorldError> {
    let recipe_tag = content_tag(ctx.stage_of(v)?, &ctx.ids.recipe_tag(v))?;
    // First what was proven: the recipe's tag names green images only.
    check::mark(ctx, v, &stored).await?;
    ctx.registry.put(&recipe_tag, &stored).await?;
    beside_public(ctx, v, stored.digest).await?;
    ctx.images.stage(v, None, stored);
    Ok(())
}

/// A kept image as the staging repository stores it.
pub(super) async fn kept(
    ctx: &RunContext,
    v: VariantId,
    digest: Digest,
) -> Result<Stored, WorldError> {
    let stage = ctx.stage_of(v)?;
    let reference = Reference::pinned(stage.clone(), digest);
    if let Some(stored) = ctx.registry.manifest(&reference, Patience::READ).await? {
        return Ok(stored);
    }
    let tag = content_tag(stage, &ctx.ids.recipe_tag(v))?.familiar();
    let why = format!(
        "the staged image is gone from the registry; delete its staging tag {tag}, and the next run builds the image again"
    );
    Err(refused(&reference.to_string(), &why))
}

/// Copies what a variant's public tags will name into their repositories, so that moving them sends nothing.
pub(super) async fn beside_public(
    ctx: &RunContext,
    v: VariantId,
    digest: Digest,
) -> Result<(), WorldError> {
    let (variant, stage) = (ctx.fleet.variant(v), ctx.stage_of(v)?);
    for repository in variant.publish.iter().filter(|r| *r != stage) {
        ctx.registry.copy(stage, digest, repository).await?;
    }
    Ok(())
}
