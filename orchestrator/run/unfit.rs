//! Tags that have changed since a plan was saved, before its first build: the plan cannot be carried out to its end, so
//! that its builds would be in vain.

use crate::matrix::VariantName;
use crate::memory::{Record, record_tag};
use crate::name::{Digest, Reference};
use crate::plan::{Action, Plan, Step};
use crate::registry::Registry;
use crate::request::{Patience, WorldError};
use crate::run::due::Due;
use crate::run::expected::{changed_to, is_compared};
use crate::run::publish;
use crate::run::wanted::{IN_FLIGHT, Wanted};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use std::collections::BTreeSet;

/// A tag that is due, and the variants whose images it is to name.
struct Awaited<'a> {
    owners: Vec<&'a VariantName>,
    tag: Due,
    now: Option<Digest>,
}

/// The tags of a saved plan that name neither what it has seen nor what it makes, of these variants or of all.
///
/// # Errors
/// A registry does not answer, or refuses to.
pub async fn unfit(
    plan: &Plan,
    names: Option<&BTreeSet<VariantName>>,
    registry: &dyn Registry,
) -> Result<Vec<WorldError>, WorldError> {
    let is_named =
        |tag: &Awaited| names.is_none_or(|all| tag.owners.iter().any(|v| all.contains(*v)));
    let due: Vec<Awaited> = plan
        .steps
        .iter()
        .flat_map(awaited)
        .filter(is_named)
        .collect();
    let looks = stream::iter(due).map(|tag| async move {
        let now = registry.head(&tag.tag.reference, Patience::READ).await?;
        Ok::<_, WorldError>(Awaited { now, ..tag })
    });
    let looked: Vec<Awaited> = looks.buffered(IN_FLIGHT).try_collect().await?;
    let changed: Vec<Awaited> = looked
        .into_iter()
        .filter(|one| one.now != one.tag.was)
        .collect();
    let owners = changed.iter().flat_map(|one| one.owners.iter().copied());
    let wanted = Wanted::of(plan, owners, registry).await?;
    let looks = stream::iter(&changed).map(|one| fits(plan, one, &wanted, registry));
    let fits: Vec<bool> = looks.buffered(IN_FLIGHT).try_collect().await?;
    let unfit = changed.iter().zip(fits).filter(|(_, fits)| !fits);
    let words = |one: &Awaited| changed_to(&one.tag.reference, one.now, one.tag.was);
    Ok(unfit.map(|(one, _)| words(one)).collect())
}

fn awaited(step: &Step) -> Vec<Awaited<'_>> {
    let owners: Vec<&VariantName> = match &step.action {
        Action::Share { owners, .. } => owners.iter().map(|one| &one.variant).collect(),
        _ => vec![&step.variant],
    };
    let due = publish::due(step.moves()).into_iter().filter(is_compared);
    let awaited = due.map(|tag| Awaited {
        owners: owners.clone(),
        now: None,
        tag,
    });
    awaited.collect()
}

/// Whether a tag may name what the plan makes: another job of the plan moved it there, or it is an image of the same inputs.
async fn fits(
    plan: &Plan,
    one: &Awaited<'_>,
    wanted: &Wanted<'_>,
    registry: &dyn Registry,
) -> Result<bool, WorldError> {
    let Some(image) = one.now else {
        return Ok(false);
    };
    let variant = plan.variant(one.owners[0]);
    let Some(staging) = &variant.staging else {
        return Ok(true);
    };
    if variant.kept() == Some(image) {
        return Ok(true);
    }
    let record = Reference::tagged(staging.clone(), record_tag(image));
    let record = registry.manifest(&record, Patience::READ).await?;
    let Some(record) = record.as_ref().and_then(Record::read) else {
        return Ok(false);
    };
    let own = &plan.origin;
    let line = record.lines.get(&one.tag.reference);
    let is_moved_by_it =
        line.is_some_and(|line| line.surveyed == own.surveyed && line.revision == own.revision);
    Ok(is_moved_by_it || wanted.are_in(&one.owners, &record))
}
