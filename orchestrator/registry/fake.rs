//! A registry in memory, for tests of code that uses registries: it keeps a log of writes and fails on demand.

mod image;
mod state;

pub use image::{config, image, index};

use super::Registry;
use crate::name::{Digest, Reference, Repository};
use crate::request::{FaultKind, Patience, Referrer, Stored, WorldError};
use async_trait::async_trait;
use parking_lot::{Mutex, MutexGuard};
use state::{Alarm, Rule, State};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// One registry for all domains. Clones share its contents. It has no credentials and does not retry: its errors are
/// those that a real client returns after its last try.
#[derive(Debug, Clone, Default)]
pub struct Fake(Arc<Mutex<State>>);

/// The calls of [`Registry`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// [`Registry::head`]
    Head,
    /// [`Registry::manifest`]
    Manifest,
    /// [`Registry::blob`]
    Blob,
    /// [`Registry::put`]
    Put,
    /// [`Registry::put_blob`]
    PutBlob,
    /// [`Registry::copy`]
    Copy,
    /// [`Registry::tags`]
    Tags,
    /// [`Registry::delete`]
    Delete,
    /// [`Registry::referrers`]
    Referrers,
    /// [`Registry::attach`]
    Attach,
    /// [`Registry::copy_referrers`]
    CopyReferrers,
}

/// How a call fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The registry is not reachable; nothing is done.
    Unreachable,
    /// It responds with this status; nothing is done.
    Status(u16),
    /// The call is carried out, but its response is lost.
    LostAnswer,
    /// The response is a success, but nothing is done: as if the registry lied, or another client overwrote the result.
    Ignored,
    /// The call is carried out after this time, if the caller waits that long.
    Delay(Duration),
    /// No response until the caller times out; nothing is done.
    Hang,
}

/// One effect, in the order of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// What was written: a tag, or a manifest by its digest.
    pub reference: Reference,
    /// Its new digest; `None` if it was deleted.
    pub digest: Option<Digest>,
}

impl Fake {
    /// Makes the next `times` calls of this kind fail whose reference contains `part` (as `docker.io/cimg/go:latest`).
    /// The oldest matching fault is used first.
    pub fn fault(&self, operation: Operation, part: &str, times: usize, fault: Fault) {
        self.state().rules.push(Rule {
            operation,
            part: part.to_owned(),
            times,
            fault,
        });
    }

    /// Lets the next `times` calls of this kind succeed, before the faults that are added later.
    pub fn skip(&self, operation: Operation, part: &str, times: usize) {
        self.fault(operation, part, times, Fault::Delay(Duration::ZERO));
    }

    /// Removes all faults for calls of this kind.
    pub fn heal(&self, operation: Operation) {
        self.state()
            .rules
            .retain(|rule| rule.operation != operation);
    }

    /// Makes it a registry that keeps no list of what refers to an image: the lists are tags.
    pub fn without_referrers(&self) {
        self.state().tags_list_referrers = true;
    }

    /// Adds an image without an entry in the log: it existed before the test.
    pub fn seed(&self, reference: &Reference, stored: &Stored) {
        self.state().write(reference, stored);
    }

    /// Adds an image as another client does, such as an engine that pushes: with an entry in the log.
    pub fn push(&self, reference: &Reference, stored: &Stored) {
        self.state().write_logged(reference, stored);
    }

    /// Adds a blob.
    pub fn seed_blob(&self, repository: &Repository, bytes: &[u8]) -> Digest {
        let digest = Digest::of(bytes);
        self.state()
            .blobs
            .insert((repository.clone(), digest), bytes.into());
        digest
    }

    /// The current digest of a reference.
    pub fn tagged(&self, reference: &Reference) -> Option<Digest> {
        self.state().find(reference).map(|stored| stored.digest)
    }

    /// What a reference names now.
    pub fn get(&self, reference: &Reference) -> Option<Stored> {
        self.state().find(reference).cloned()
    }

    /// Every effect so far, oldest first.
    pub fn log(&self) -> Vec<Write> {
        self.state().log.clone()
    }

    /// Every call so far, with its reference.
    pub fn calls(&self) -> Vec<(Operation, String)> {
        self.state().calls.clone()
    }

    /// Notifies when a call of this kind begins whose reference contains `part`: the n-th from now, counted from 1. What
    /// waits for it runs before the call is carried out.
    pub fn alarm(&self, operation: Option<Operation>, part: &str, n: usize) -> Arc<Notify> {
        let bell = Arc::new(Notify::new());
        self.state().alarms.push(Alarm {
            operation,
            part: part.to_owned(),
            left: n,
            bell: bell.clone(),
        });
        bell
    }

    /// Every tag with its digest.
    pub fn all_tags(&self) -> Vec<(Reference, Digest)> {
        let state = self.state();
        let tags = state.tags.iter().map(|((repository, tag), digest)| {
            let reference = Reference::tagged(repository.clone(), tag.clone());
            (reference, *digest)
        });
        tags.collect()
    }

    /// The highest number of concurrent calls so far.
    pub fn most_in_flight(&self) -> usize {
        self.state().most_in_flight
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }

    async fn call<T>(
        &self,
        operation: Operation,
        what: &str,
        patience: Patience,
        nothing: impl FnOnce() -> T,
        work: impl FnOnce(&mut State) -> Result<T, WorldError>,
    ) -> Result<T, WorldError> {
        let _flight = Flight::start(self, operation, what);
        let fault = self.state().next_fault(operation, what);
        let wait = match &fault {
            Some(Fault::Delay(time)) => *time,
            Some(Fault::Hang) => Duration::MAX,
            _ => Duration::ZERO,
        };
        let longest = longest(patience);
        // Other tasks may run at every call, even at one without a delay.
        tokio::task::yield_now().await;
        if wait > longest {
            tokio::time::sleep(longest).await;
            return Err(unreachable(what, "timed out waiting for a response"));
        }
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        match fault {
            None | Some(Fault::Delay(_) | Fault::Hang) => work(&mut self.state()),
            Some(Fault::Ignored) => Ok(nothing()),
            Some(Fault::Unreachable) => Err(unreachable(what, "connection refused")),
            Some(Fault::Status(status)) => {
                Err(WorldError::fault(kind(status), what, status.to_string()))
            }
            Some(Fault::LostAnswer) => {
                work(&mut self.state())?;
                Err(unreachable(what, "connection reset by peer"))
            }
        }
    }
}

/// Counts a call while it is in progress; one that is dropped ends, too.
struct Flight<'a>(&'a Fake);

impl<'a> Flight<'a> {
    fn start(fake: &'a Fake, operation: Operation, what: &str) -> Self {
        let mut state = fake.state();
        state.ring(operation, what);
        state.calls.push((operation, what.to_owned()));
        state.in_flight += 1;
        state.most_in_flight = state.most_in_flight.max(state.in_flight);
        Self(fake)
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.0.state().in_flight -= 1;
    }
}

#[async_trait]
impl Registry for Fake {
    async fn head(
        &self,
        reference: &Reference,
        patience: Patience,
    ) -> Result<Option<Digest>, WorldError> {
        let look = |state: &mut State| Ok(state.find(reference).map(|stored| stored.digest));
        self.call(
            Operation::Head,
            &reference.to_string(),
            patience,
            || None,
            look,
        )
        .await
    }

    async fn manifest(
        &self,
        reference: &Reference,
        patience: Patience,
    ) -> Result<Option<Stored>, WorldError> {
        let look = |state: &mut State| Ok(state.find(reference).cloned());
        self.call(
            Operation::Manifest,
            &reference.to_string(),
            patience,
            || None,
            look,
        )
        .await
    }

    async fn blob(
        &self,
        repository: &Repository,
        digest: Digest,
        patience: Patience,
    ) -> Result<Arc<[u8]>, WorldError> {
        let what = format!("{repository}@{digest}");
        let missing = || refused(&what, "the registry does not have this blob");
        let look = |state: &mut State| {
            state
                .blobs
                .get(&(repository.clone(), digest))
                .cloned()
                .ok_or_else(missing)
        };
        self.call(Operation::Blob, &what, patience, || Arc::from([]), look)
            .await
    }

    async fn put(&self, reference: &Reference, stored: &Stored) -> Result<(), WorldError> {
        self.call(
            Operation::Put,
            &reference.to_string(),
            Patience::WRITE,
            || (),
            |state| state.put(reference, stored),
        )
        .await
    }

    async fn put_blob(
        &self,
        repository: &Repository,
        bytes: Arc<[u8]>,
    ) -> Result<Digest, WorldError> {
        let digest = Digest::of(&bytes);
        let work = |state: &mut State| {
            state.blobs.insert((repository.clone(), digest), bytes);
            Ok(digest)
        };
        self.call(
            Operation::PutBlob,
            &format!("{repository}@{digest}"),
            Patience::WRITE,
            || digest,
            work,
        )
        .await
    }

    async fn copy(
        &self,
        from: &Repository,
        digest: Digest,
        to: &Repository,
    ) -> Result<(), WorldError> {
        let what = format!("{to}@{digest}");
        self.call(
            Operation::Copy,
            &what,
            Patience::WRITE,
            || (),
            |state| state.copy(from, digest, to),
        )
        .await
    }

    async fn referrers(
        &self,
        repository: &Repository,
        subject: Digest,
        artifact_type: Option<&str>,
        patience: Patience,
    ) -> Result<Vec<Referrer>, WorldError> {
        let wanted = |one: &Referrer| artifact_type.is_none_or(|kind| one.is(kind));
        let look = |state: &mut State| {
            let all = state.referrers(repository, subject).into_iter();
            Ok(all.filter(wanted).collect())
        };
        self.call(
            Operation::Referrers,
            &format!("{repository}@{subject}"),
            patience,
            Vec::new,
            look,
        )
        .await
    }

    async fn attach(&self, repository: &Repository, stored: &Stored) -> Result<(), WorldError> {
        self.call(
            Operation::Attach,
            &format!("{repository}@{}", stored.digest),
            Patience::WRITE,
            || (),
            |state| state.attach(repository, stored),
        )
        .await
    }

    async fn copy_referrers(
        &self,
        from: &Repository,
        subject: Digest,
        to: &Repository,
    ) -> Result<(), WorldError> {
        self.call(
            Operation::CopyReferrers,
            &format!("{to}@{subject}"),
            Patience::WRITE,
            || (),
            |state| state.copy_referrers(from, subject, to),
        )
        .await
    }

    async fn tags(
        &self,
        repository: &Repository,
        patience: Patience,
    ) -> Result<Vec<String>, WorldError> {
        let of = |state: &State| {
            state
                .tags
                .keys()
                .filter(|(of, _)| of == repository)
                .map(|(_, tag)| tag.to_string())
                .collect()
        };
        self.call(
            Operation::Tags,
            &repository.to_string(),
            patience,
            Vec::new,
            |state| Ok(of(state)),
        )
        .await
    }

    async fn delete(&self, reference: &Reference) -> Result<(), WorldError> {
        let work = |state: &mut State| {
            state.delete(reference);
            Ok(())
        };
        self.call(
            Operation::Delete,
            &reference.to_string(),
            Patience::WRITE,
            || (),
            work,
        )
        .await
    }
}

/// How long the real client waits for a registry that does not respond.
fn longest(patience: Patience) -> Duration {
    let tries = u32::try_from(patience.tries).unwrap_or(u32::MAX);
    patience.each.saturating_mul(tries).min(patience.total)
}

fn unreachable(what: &str, why: &str) -> WorldError {
    WorldError::unreachable(what, why)
}

fn refused(what: &str, why: &str) -> WorldError {
    WorldError::refused(what, why)
}

/// As the real client reads a status.
fn kind(status: u16) -> FaultKind {
    match status {
        401 | 403 => FaultKind::NotAllowed,
        404 => FaultKind::NotFound,
        429 => FaultKind::Throttled,
        500.. => FaultKind::Unavailable,
        _ => FaultKind::Refused,
    }
}

#[cfg(test)]
mod tests;
