//! Removes what nothing needs any more.

use crate::memory::StagingTag;
use crate::name::{Digest, Reference, Repository, Tag};
use crate::plan::{Kind, Removal};
use crate::registry::{Registry, remove_referrers};
use crate::request::{Patience, WorldError};
use crate::run::Stop;
use futures_util::stream::{self, StreamExt};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

/// How many are removed at once.
const AT_ONCE: usize = 8;

/// The tags that name each image.
type Named = BTreeMap<(Repository, Digest), Vec<Tag>>;

/// What became of something that was to be removed.
#[derive(Debug, Clone, PartialEq)]
pub enum Removed {
    /// The registry deleted it, or it was gone already.
    Gone,
    /// It has changed since it was read, so it may be in use.
    Changed(String),
    /// The registry did not delete it.
    Failed(WorldError),
    /// It was not tried: the run was stopped, or the registry refused another one.
    Untried,
}

/// Removes all of these, in their order as far as indexes come before what they consist of. After the first refusal,
/// nothing more is tried.
///
/// # Errors
/// The tags of a repository cannot be read: nothing is removed.
pub async fn remove(
    registry: &dyn Registry,
    removals: &[Removal],
    stop: &Stop,
) -> Result<Vec<Removed>, WorldError> {
    let mut all = Vec::new();
    let named = &named(registry, removals).await?;
    let is_refused = &AtomicBool::new(false);
    let phases = removals.chunk_by(|one, other| one.kind == other.kind);
    for phase in phases {
        // A registry that cannot delete refuses the first one, and is not asked again.
        let (first, rest) = phase.split_at(1);
        for part in [first, rest] {
            let each = |removal| async move {
                if is_refused.load(Ordering::Relaxed) || stop.soon.is_cancelled() {
                    return Removed::Untried;
                }
                let end = one(registry, removal, named).await;
                is_refused.fetch_or(matches!(end, Removed::Failed(_)), Ordering::Relaxed);
                end
            };
            let done = stream::iter(part).map(each).buffered(AT_ONCE);
            all.extend(done.collect::<Vec<_>>().await);
        }
    }
    Ok(all)
}

/// What the tags of these repositories name now. Records and failures are compared one by one.
async fn named(registry: &dyn Registry, removals: &[Removal]) -> Result<Named, WorldError> {
    let repositories: BTreeSet<&Repository> = removals.iter().map(|one| &one.repository).collect();
    let mut named = Named::new();
    for repository in repositories {
        let tags = registry.tags(repository, Patience::READ).await?;
        let tags: Vec<Tag> = tags.iter().filter_map(|tag| tag.parse().ok()).collect();
        let read = tags.into_iter().filter(|tag| {
            let kind = StagingTag::read(tag);
            !matches!(
                kind,
                Some(StagingTag::Record(_) | StagingTag::Failure | StagingTag::Referrers(_))
            )
        });
        let look = |tag: Tag| async move {
            let reference = Reference::tagged(repository.clone(), tag.clone());
            let digest = registry.head(&reference, Patience::READ).await?;
            Ok::<_, WorldError>(digest.map(|digest| ((repository.clone(), digest), tag)))
        };
        let mut looks = stream::iter(read).map(look).buffered(AT_ONCE);
        while let Some(found) = looks.next().await {
            if let Some((image, tag)) = found? {
                named.entry(image).or_default().push(tag);
            }
        }
    }
    Ok(named)
}

async fn one(registry: &dyn Registry, removal: &Removal, named: &Named) -> Removed {
    let image = (removal.repository.clone(), removal.digest);
    let mut tags = named.get(&image).into_iter().flatten();
    if let Some(tag) = tags.find(|tag| !removal.tags.contains(*tag)) {
        return Removed::Changed(format!("`{tag}` names it by now"));
    }
    match changed(registry, removal).await {
        Ok(None) => {}
        Ok(Some(tag)) => {
            let why = format!("`{tag}` has changed since it was read");
            return Removed::Changed(why);
        }
        Err(why) => return Removed::Failed(why),
    }
    if removal.kind != Kind::Failure {
        // Parts of an index have proofs of their own; without a tag, nothing leads to them any more.
        for image in removal.parts.iter().chain([&removal.digest]) {
            let gone = remove_referrers(registry, &removal.repository, *image).await;
            if let Err(why) = gone {
                return Removed::Failed(why);
            }
        }
    }
    // The record comes last: if this ends here, the next prune removes it.
    let record = removal.record.as_ref().map(|(_, stored)| *stored);
    for digest in [Some(removal.digest), record].into_iter().flatten() {
        let pinned = Reference::pinned(removal.repository.clone(), digest);
        if let Err(why) = registry.delete(&pinned).await {
            return Removed::Failed(why);
        }
    }
    Removed::Gone
}

/// The first of its tags that names something else by now. One that is gone does not count.
async fn changed(registry: &dyn Registry, removal: &Removal) -> Result<Option<Tag>, WorldError> {
    let tags = removal.tags.iter().map(|tag| (tag, removal.digest));
    let record = removal.record.iter().map(|(tag, stored)| (tag, *stored));
    let all: Vec<(&Tag, Digest)> = tags.chain(record).collect();
    for (tag, expected) in all {
        let reference = Reference::tagged(removal.repository.clone(), tag.clone());
        let now = registry.head(&reference, Patience::READ).await?;
        if now.is_some_and(|now| now != expected) {
            return Ok(Some(tag.clone()));
        }
    }
    Ok(None)
}
