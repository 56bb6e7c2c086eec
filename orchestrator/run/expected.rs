//! A plan that was saved may be old when it is carried out: a tag moves only if it names what the plan has seen, or what the
//! plan wants.

use crate::matrix::VariantName;
use crate::memory::{Inputs, Record, record_tag};
use crate::name::{Digest, Reference};
use crate::plan::{Action, Plan, Step};
use crate::registry::Registry;
use crate::request::{FaultKind, Patience, WorldError};
use crate::run::due::Due;
use crate::run::{RunContext, publish};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use std::collections::BTreeSet;

/// The number of tags that are read at once.
const IN_FLIGHT: usize = 32;

/// Looks at all tags of a step before the first one is written.
///
/// # Errors
/// One of them names something else, or cannot be read.
pub(super) async fn all(ctx: &RunContext, own: Digest, due: &[Due]) -> Result<(), WorldError> {
    if !ctx.plan.is_saved() {
        return Ok(());
    }
    for tag in due.iter().filter(|tag| is_compared(tag)) {
        let now = ctx.registry.head(&tag.reference, Patience::READ).await?;
        if now != Some(own) {
            check(ctx, tag, now)?;
        }
    }
    Ok(())
}

/// The tags of a saved plan that name something else than it has seen, of these variants or of all: it cannot be carried out to its
/// end, so that its builds would be in vain. Tags of several variants are looked at when they move.
///
/// # Errors
/// A registry does not answer, or refuses to.
pub async fn unfit(
    plan: &Plan,
    names: Option<&BTreeSet<VariantName>>,
    registry: &dyn Registry,
) -> Result<Vec<WorldError>, WorldError> {
    let is_named = |step: &&Step| names.is_none_or(|names| names.contains(&step.variant));
    let steps = plan.steps.iter().filter(is_named);
    let moves = steps.filter(|step| matches!(step.action, Action::Move { .. }));
    let due = moves.flat_map(|step| {
        publish::due(step.moves())
            .into_iter()
            .map(|tag| (&step.variant, tag))
    });
    let due: Vec<(&VariantName, Due)> = due.filter(|(_, tag)| is_compared(tag)).collect();
    let looks = stream::iter(due).map(|(v, tag)| async move {
        let now = registry.head(&tag.reference, Patience::READ).await?;
        let fits = match now {
            _ if now == tag.was => true,
            Some(image) => may_want(plan, v, &tag.reference, image, registry).await?,
            None => false,
        };
        Ok::<_, WorldError>((!fits).then(|| changed_to(&tag.reference, now, tag.was)))
    });
    let found: Vec<Option<WorldError>> = looks.buffered(IN_FLIGHT).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

/// Whether a tag may name what the plan wants: another job of the plan moved it there, or it is an image of the same inputs. What
/// a build whose parents are built makes is not known yet.
async fn may_want(
    plan: &Plan,
    v: &VariantName,
    tag: &Reference,
    image: Digest,
    registry: &dyn Registry,
) -> Result<bool, WorldError> {
    let variant = plan.variant(v);
    let builds = variant
        .recipe
        .iter()
        .flat_map(|recipe| recipe.builds.iter().flatten());
    let wanted: Vec<Option<Digest>> = builds
        .map(|build| build.inputs.whole().map(Inputs::build_id))
        .collect();
    if wanted.iter().any(Option::is_none) || variant.kept == Some(image) {
        return Ok(true);
    }
    let Some(staging) = &variant.staging else {
        return Ok(true);
    };
    let record = Reference::tagged(staging.clone(), record_tag(image));
    let record = registry.manifest(&record, Patience::READ).await?;
    let Some(record) = record.as_ref().and_then(Record::read) else {
        return Ok(false);
    };
    let own = &plan.origin;
    let line = record.lines.get(tag);
    let is_moved_by_it =
        line.is_some_and(|line| line.surveyed == own.surveyed && line.revision == own.revision);
    let made = record.parts.iter().flat_map(|part| &part.made.inputs);
    let made: BTreeSet<Digest> = made.map(Inputs::build_id).collect();
    let is_same = !wanted.is_empty() && wanted.iter().flatten().all(|one| made.contains(one));
    Ok(is_moved_by_it || is_same)
}

/// Refuses to write a tag of a saved plan that names another image than the plan has seen.
///
/// # Errors
/// It does.
pub(super) fn check(ctx: &RunContext, tag: &Due, now: Option<Digest>) -> Result<(), WorldError> {
    match ctx.plan.is_saved() && is_compared(tag) && now != tag.was {
        true => Err(changed_to(&tag.reference, now, tag.was)),
        false => Ok(()),
    }
}

/// A counted tag takes the next number, and what a tag that is read from an image names is not in the plan.
fn is_compared(tag: &Due) -> bool {
    tag.seen && tag.counted.is_none()
}

/// A tag names another image than the plan has seen.
pub(super) fn changed(tag: &Reference, now: Digest, was: Option<Digest>) -> WorldError {
    changed_to(tag, Some(now), was)
}

fn changed_to(tag: &Reference, now: Option<Digest>, was: Option<Digest>) -> WorldError {
    let seen = match was {
        Some(was) => format!("it named {}", was.short()),
        None => "it did not exist".into(),
    };
    let now = match now {
        Some(now) => format!("it names {}", now.short()),
        None => "it does not exist".into(),
    };
    let why = format!("{seen} when the plan was made, and now {now}; make a new plan");
    WorldError::fault(FaultKind::ChangedMeanwhile, tag.familiar(), why)
}
