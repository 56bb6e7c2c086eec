//! The lease of a run on an engine: an empty image under a name with a time, which is renewed while the run is alive.
//!
//! ```text
//!   hold --> renewed every RENEWAL --> release: the lease and all marked names go
//!                  |
//!                  '--> killed: the lease ends within TERM, and the next run removes the names (`reap`)
//! ```
//!
//! A lease is a name, because every engine keeps names, lists them quickly and needs no registry for them. It exists
//! before any other name of its run. The time is the engine's: machines that share an engine may have other clocks.

mod names;
mod reap;

pub(super) use names::is_run;
pub(super) use reap::reap;

use super::client::{Client, body, message};
use super::container::{RUN, Removals};
use super::image;
use super::query::query;
use crate::host;
use crate::name::{Digest, Reference};
use crate::request::{FaultKind, WorldError};
use http::Request;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long a lease lasts.
const TERM: Duration = Duration::from_secs(60);
/// How often it is renewed: a busy engine may miss two renewals.
const RENEWAL: Duration = Duration::from_secs(15);
/// How long an engine may take for one renewal.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long an engine may take to end a push whose connection is closed. If it completes the push nevertheless, it adds the
/// digest to the image; with the tag, an engine with graph drivers removes such a digest, too, but not one that comes later
/// (28.5.2).
const CANCELLING: Duration = Duration::from_secs(1);
/// An archive without a file.
const EMPTY: [u8; 1024] = [0; 1024];

/// The place of a run's lease: empty until the run holds one.
#[derive(Clone, Default)]
pub(super) struct Leases(Arc<Mutex<Option<Arc<Lease>>>>);

/// The lease of one run, with the names outside `localhost/kiln` that the run put on the engine.
pub(super) struct Lease {
    client: Client,
    run: String,
    /// How far the engine's clock is ahead, in seconds.
    ahead: i64,
    /// The empty image and its current name; `None` while the engine has not created it.
    held: watch::Sender<Option<Held>>,
    /// The marked names with their marks.
    marked: Mutex<BTreeMap<String, Option<String>>>,
    ended: CancellationToken,
    renewing: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Clone)]
struct Held {
    image: Digest,
    name: String,
}

impl Leases {
    /// Begins the lease of a run; returns once the engine has it.
    pub async fn hold(&self, client: &Client, run: &str) -> Result<(), WorldError> {
        let (held, mut seen) = watch::channel(None);
        let lease = Arc::new(Lease {
            client: client.clone(),
            run: run.to_owned(),
            ahead: ahead(client).await?,
            held,
            marked: Mutex::default(),
            ended: CancellationToken::new(),
            renewing: Mutex::default(),
        });
        *self.0.lock() = Some(lease.clone());
        let renewing = tokio::spawn(lease.clone().renew());
        *lease.renewing.lock() = Some(renewing);
        let _ = seen.wait_for(Option::is_some).await;
        Ok(())
    }

    /// Ends the lease and removes all marked names.
    pub async fn release(&self) {
        let lease = self.0.lock().take();
        if let Some(lease) = lease {
            lease.release().await;
        }
    }

    /// The run's lease, if it holds one.
    pub fn current(&self) -> Option<Arc<Lease>> {
        self.0.lock().clone()
    }
}

impl Lease {
    /// Marks a name before it is put on the engine. Without the mark, only a kill would leave the name behind: so an
    /// error is not one of the run.
    pub async fn mark(&self, name: &Reference) {
        let mark = names::mark(&self.run, name);
        self.marked.lock().insert(name.to_string(), mark.clone());
        let held = self.held.borrow().clone();
        if let (Some(held), Some(Ok(mark))) = (held, mark.map(|mark| mark.parse::<Reference>())) {
            let _ = image::tag(&self.client, &held.image.to_string(), &mark).await;
        }
    }

    /// The name is gone from the engine, and so is its mark.
    pub async fn unmark(&self, name: &str) {
        let mark = self.marked.lock().remove(name).flatten();
        if let Some(mark) = mark {
            let _ = image::untag(&self.client, &mark).await;
        }
    }

    async fn renew(self: Arc<Self>) {
        loop {
            let _ = tokio::time::timeout(PATIENCE, self.renewed()).await;
            let pause = match self.held.borrow().is_some() {
                true => RENEWAL,
                false => RENEWAL / 15,
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.ended.cancelled() => return,
            }
        }
    }

    /// Gives the lease its next name, or creates it.
    async fn renewed(&self) -> Result<(), WorldError> {
        let term = i64::try_from(TERM.as_secs()).unwrap_or_default();
        let tag = names::lease_tag(&self.run, self.now() + term);
        let name = format!("{}:{tag}", names::lease_repository());
        let Some(held) = self.held.borrow().clone() else {
            return self.create(name, &tag).await;
        };
        match image::tag(&self.client, &held.image.to_string(), &reference(&name)?).await {
            Ok(()) => {}
            // The user removed all unused images.
            Err(error) if error.kind() == FaultKind::NotFound => {
                return self.create(name, &tag).await;
            }
            Err(error) => return Err(error),
        }
        let image = held.image;
        self.held.send_replace(Some(Held { image, name }));
        image::untag(&self.client, &held.name).await
    }

    async fn create(&self, name: String, tag: &str) -> Result<(), WorldError> {
        let image = import(&self.client, &self.run, tag).await?;
        self.held.send_replace(Some(Held { image, name }));
        Ok(())
    }

    /// The engine's time, in seconds since 1970.
    fn now(&self) -> i64 {
        host::now().as_second() + self.ahead
    }

    async fn release(&self) {
        self.ended.cancel();
        let renewing = self.renewing.lock().take();
        if let Some(renewing) = renewing {
            let _ = renewing.await;
        }
        let left: Vec<String> = self.marked.lock().keys().cloned().collect();
        for name in left {
            if image::untag(&self.client, &name).await.is_ok() {
                self.unmark(&name).await;
            }
        }
        let held = self.held.send_replace(None);
        if let Some(held) = held {
            let _ = image::untag(&self.client, &held.name).await;
        }
    }
}

/// A name that an image has for one call. It goes when this value is dropped, in the background.
pub(super) struct Lent {
    client: Client,
    removals: Removals,
    lease: Option<Arc<Lease>>,
    name: String,
    gone: bool,
}

impl Lent {
    /// Gives an image a name. If the future is dropped, the name goes as soon as the engine has it.
    pub async fn lend(
        client: &Client,
        removals: &Removals,
        lease: Option<Arc<Lease>>,
        image: &str,
        name: &Reference,
    ) -> Result<Self, WorldError> {
        let lent = Self {
            client: client.clone(),
            removals: removals.clone(),
            lease,
            name: name.familiar(),
            gone: false,
        };
        let (image, name) = (image.to_owned(), name.clone());
        let (sender, receiver) = tokio::sync::oneshot::channel();
        removals.spawn(async move {
            if let Some(lease) = &lent.lease {
                lease.mark(&name).await;
            }
            let tagged = image::tag(&lent.client, &image, &name).await;
            // Without a receiver, the value is dropped here, and the name goes again.
            let _ = sender.send(tagged.map(|()| lent));
        });
        let lost = |_| client.refused("a name for a push", "the task that adds it ended");
        receiver.await.map_err(lost)?
    }

    /// Removes the name again.
    pub async fn give_back(mut self) {
        let _ = self.removal(Duration::ZERO).await;
    }

    fn removal(&mut self, after: Duration) -> JoinHandle<()> {
        self.gone = true;
        let (client, lease, name) = (self.client.clone(), self.lease.take(), self.name.clone());
        self.removals.spawn(async move {
            tokio::time::sleep(after).await;
            let removed = image::untag(&client, &name).await;
            if let (Ok(()), Some(lease), Ok(name)) = (removed, lease, name.parse::<Reference>()) {
                lease.unmark(&name.to_string()).await;
            }
        })
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // Without a runtime the process is ending, and nothing could carry out the removal.
        if !self.gone && tokio::runtime::Handle::try_current().is_ok() {
            drop(self.removal(CANCELLING));
        }
    }
}

/// Creates an empty image with a tag of the lease.
async fn import(client: &Client, run: &str, tag: &str) -> Result<Digest, WorldError> {
    #[derive(serde::Deserialize)]
    struct Created {
        status: Digest,
    }
    // Podman ignores `tag` (4.3.1), and Docker Engine takes it before that of the name.
    let query = query(&[
        ("fromSrc", "-"),
        ("repo", &format!("{}:{tag}", names::lease_repository())),
        ("tag", tag),
        ("changes", &format!("LABEL {RUN}={run}")),
    ]);
    let request = Request::post(format!("/images/create?{query}"))
        .header("Content-Type", "application/x-tar")
        .body(body(EMPTY.to_vec()))
        .map_err(|e| client.refused("the lease", e.to_string()))?;
    let (status, answer) = client.ask(request, PATIENCE).await?;
    if !status.is_success() {
        return Err(client.refusal(status, message(&answer)));
    }
    let created = serde_json::from_slice::<Created>(&answer);
    let created = created.map_err(|e| client.refused("the lease", e.to_string()))?;
    Ok(created.status)
}

/// How far the engine's clock is ahead of this machine's, in seconds.
async fn ahead(client: &Client) -> Result<i64, WorldError> {
    let date = client.ping().await?.date;
    Ok(date.map_or(0, |date| date - host::now().as_second()))
}

fn reference(name: &str) -> Result<Reference, WorldError> {
    name.parse()
        .map_err(|why: crate::name::NameError| WorldError::refused(name, why.to_string()))
}
