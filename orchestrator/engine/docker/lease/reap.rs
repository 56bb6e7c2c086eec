//! Removes what killed runs left on an engine: containers and names.

use super::{Lease, is_run, names};
use crate::engine::docker::client::Client;
use crate::engine::docker::{container, image};
use crate::request::WorldError;
use bollard::query_parameters::ListImagesOptionsBuilder;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

/// How often the engine may fail to list its images.
const LISTS: usize = 5;
/// The time between two lists.
const PAUSE: Duration = Duration::from_millis(100);

/// The names that runs have on an engine, as a run sees them that holds a lease.
struct Seen {
    names: Vec<String>,
    /// The same list, made afterwards: a run has its lease before it has anything else.
    leases: Vec<String>,
    /// The engine's time.
    now: i64,
}

impl Seen {
    /// What this run may judge; `None` if it holds no lease, or if the list lacks it: those of others may be missing, too.
    async fn by(client: &Client, lease: Option<&Lease>) -> Result<Option<Self>, WorldError> {
        let Some(lease) = lease.filter(|lease| lease.held.borrow().is_some()) else {
            return Ok(None);
        };
        let seen = Self {
            names: listed(client).await?,
            leases: listed(client).await?,
            now: lease.now(),
        };
        let is_whole = seen.alive().contains(lease.run.as_str());
        Ok(is_whole.then_some(seen))
    }

    /// The runs that hold a lease.
    fn alive(&self) -> BTreeSet<&str> {
        names::alive(&self.leases, self.now)
    }
}

/// Removes the containers whose own lease ended before `now`; and, if this run holds a lease, containers and names of
/// runs that hold none. Nothing else is touched. Returns the number of what was removed.
pub(in super::super) async fn reap(
    client: &Client,
    lease: Option<&Lease>,
    now: i64,
) -> Result<usize, WorldError> {
    // They are listed before the leases, as names are.
    let containers = container::marked(client).await?;
    let seen = Seen::by(client, lease).await?;
    let alive = seen.as_ref().map(Seen::alive);
    let is_dead = |run: &str| {
        let alive = alive.as_ref();
        alive.is_some_and(|alive| is_run(run) && !alive.contains(run))
    };
    let over = |one: &container::Marked| one.lease < now || is_dead(&one.run);
    let removed = container::remove_all(client, &containers, over).await;
    Ok(match (&seen, &alive) {
        (Some(seen), Some(alive)) => removed + remove(client, &seen.names, alive).await,
        _ => removed,
    })
}

/// An image that a container uses, or that another one is based on, may keep its name: then the next run removes it.
async fn remove(client: &Client, names: &[String], alive: &BTreeSet<&str>) -> usize {
    let mut removed = 0;
    for one in names::expired(names, alive) {
        if let Some(of) = &one.of
            && image::untag(client, of).await.is_err()
        {
            continue;
        }
        if image::untag(client, &one.name).await.is_ok() {
            removed += 1;
        }
    }
    removed
}

/// All names that runs have on the engine, those of the newest images first: children go before their parents. The containerd
/// store answers 404 if an image goes away while it lists them (28.5.2): another try follows.
async fn listed(client: &Client) -> Result<Vec<String>, WorldError> {
    let filters = HashMap::from([("reference", vec![names::PATTERN])]);
    let options = ListImagesOptionsBuilder::default()
        .filters(&filters)
        .build();
    for _ in 0..LISTS {
        let list = client.docker().list_images(Some(options.clone()));
        if let Some(mut images) = client.found(list).await? {
            images.sort_by_key(|image| std::cmp::Reverse(image.created));
            return Ok(images
                .into_iter()
                .flat_map(|image| image.repo_tags)
                .collect());
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(client.refused(
        "the list of images",
        "images go away while the engine lists them",
    ))
}

#[cfg(test)]
mod tests;
