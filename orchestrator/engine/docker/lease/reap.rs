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

/// Removes the containers whose own lease ended before `now`; and, if this run holds a lease, containers and names of
/// runs that hold none. Nothing else is touched. Returns the number of what was removed.
pub(in super::super) async fn reap(
    client: &Client,
    lease: Option<&Lease>,
    now: i64,
) -> Result<usize, WorldError> {
    let containers = container::marked(client).await?;
    // An engine that cannot hold this run's lease may have refused those of others, too.
    let lease = lease.filter(|lease| lease.held.borrow().is_some());
    let Some(lease) = lease else {
        return Ok(container::remove_all(client, &containers, |one| one.lease < now).await);
    };
    // Names and containers are read before leases: a run has its lease before it has anything else.
    let names = listed(client).await?;
    let leases = listed(client).await?;
    let alive = names::alive(&leases, lease.now());
    if !alive.contains(lease.run.as_str()) {
        // A list without this run's lease may lack those of others, too.
        return Ok(container::remove_all(client, &containers, |one| one.lease < now).await);
    }
    let over = |one: &container::Marked| {
        one.lease < now || (is_run(&one.run) && !alive.contains(one.run.as_str()))
    };
    let containers = container::remove_all(client, &containers, over).await;
    Ok(containers + remove(client, &names, &alive).await)
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
