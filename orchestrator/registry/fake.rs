//! A registry in memory, for tests of what stands on registries: it keeps a log of its writes and goes wrong on demand.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! use kiln::registry::{Registry, fake::{self, Fake, Fault, Operation}};
//!
//! let fake = Fake::default();
//! let latest = "cimg/go:latest".parse().unwrap();
//! fake.fault(Operation::Put, ":latest", 1, Fault::LostAnswer);
//! assert!(fake.put(&latest, &fake::image("go")).await.is_err());
//! assert_eq!(fake.tagged(&latest), Some(fake::image("go").digest)); // it was done all the same
//! # });
//! ```

use super::Registry;
use crate::name::{Digest, Reference, Repository, Tag};
use crate::request::{Patience, Stored, WorldError};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// One registry for all domains. Clones share what it holds. It knows no credentials and does not retry: what a caller
/// gets here is what it would get after the client's last try.
#[derive(Debug, Clone, Default)]
pub struct Fake(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    manifests: BTreeMap<(Repository, Digest), Stored>,
    tags: BTreeMap<(Repository, Tag), Digest>,
    blobs: BTreeMap<(Repository, Digest), Arc<[u8]>>,
    rules: Vec<Rule>,
    log: Vec<Write>,
    calls: Vec<(Operation, String)>,
    in_flight: usize,
    most_in_flight: usize,
}

#[derive(Debug)]
struct Rule {
    operation: Operation,
    part: String,
    times: usize,
    fault: Fault,
}

/// The calls of [`Registry`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Head,
    Manifest,
    Blob,
    Put,
    Copy,
    Tags,
    Delete,
}

/// What goes wrong with a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Nobody is there; nothing is done.
    Unreachable,
    /// This status is answered; nothing is done.
    Status(u16),
    /// It is done, and the answer is lost.
    LostAnswer,
    /// The answer is yes, and nothing is done: a registry that lies, or that somebody overwrote.
    Ignored,
    /// It is done after this time, if the caller waits as long.
    Delay(Duration),
    /// No answer until the caller's patience ends; nothing is done.
    Hang,
}

/// One effect, in the order of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// What was written: a tag, or a manifest by its digest.
    pub reference: Reference,
    /// What it is now; `None` if it was deleted.
    pub digest: Option<Digest>,
}

impl Fake {
    /// Makes the next `times` calls of this kind go wrong whose reference contains `part` (as `docker.io/cimg/go:latest`).
    /// The oldest fault that fits comes first.
    pub fn fault(&self, operation: Operation, part: &str, times: usize, fault: Fault) {
        self.state().rules.push(Rule { operation, part: part.to_owned(), times, fault });
    }

    /// Puts an image there without a line in the log: what was there before the test.
    pub fn seed(&self, reference: &Reference, stored: &Stored) {
        self.state().write(reference, stored);
    }

    /// Puts an image there as somebody else would, such as an engine that pushes: with a line in the log.
    pub fn push(&self, reference: &Reference, stored: &Stored) {
        self.state().write_logged(reference, stored);
    }

    /// Puts a blob there.
    pub fn seed_blob(&self, repository: &Repository, bytes: &[u8]) -> Digest {
        let digest = Digest::of(bytes);
        self.state().blobs.insert((repository.clone(), digest), bytes.into());
        digest
    }

    /// What a reference is now.
    pub fn tagged(&self, reference: &Reference) -> Option<Digest> {
        self.state().find(reference).map(|stored| stored.digest)
    }

    /// Every effect so far, oldest first.
    pub fn log(&self) -> Vec<Write> {
        self.state().log.clone()
    }

    /// Every call so far, with what it was about.
    pub fn calls(&self) -> Vec<(Operation, String)> {
        self.state().calls.clone()
    }

    /// The most calls that were ever under way at once.
    pub fn most_in_flight(&self) -> usize {
        self.state().most_in_flight
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        // Also a call without delay is a place where others get their turn.
        tokio::task::yield_now().await;
        if wait > patience.total {
            tokio::time::sleep(patience.total).await;
            return Err(unreachable(what, "no answer in time"));
        }
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        match fault {
            None | Some(Fault::Delay(_) | Fault::Hang) => work(&mut self.state()),
            Some(Fault::Ignored) => Ok(nothing()),
            Some(Fault::Unreachable) => Err(unreachable(what, "connection refused")),
            Some(Fault::Status(status)) if status >= 500 || status == 429 => Err(unreachable(what, &status.to_string())),
            Some(Fault::Status(status)) => Err(refused(what, &status.to_string())),
            Some(Fault::LostAnswer) => {
                work(&mut self.state())?;
                Err(unreachable(what, "connection reset by peer"))
            }
        }
    }
}

/// Counts a call for as long as it is under way; one that is dropped ends too.
struct Flight<'a>(&'a Fake);

impl<'a> Flight<'a> {
    fn start(fake: &'a Fake, operation: Operation, what: &str) -> Self {
        let mut state = fake.state();
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

impl State {
    fn next_fault(&mut self, operation: Operation, what: &str) -> Option<Fault> {
        let rule = self.rules.iter_mut().find(|r| r.operation == operation && r.times > 0 && what.contains(&r.part))?;
        rule.times -= 1;
        Some(rule.fault.clone())
    }

    fn find(&self, reference: &Reference) -> Option<&Stored> {
        let repository = reference.repository.clone();
        let tag = || reference.tag.clone().unwrap_or_else(Tag::latest);
        let digest = reference.digest.or_else(|| self.tags.get(&(repository.clone(), tag())).copied())?;
        self.manifests.get(&(repository, digest))
    }

    fn write(&mut self, reference: &Reference, stored: &Stored) {
        let repository = &reference.repository;
        self.manifests.insert((repository.clone(), stored.digest), stored.clone());
        if let Some(tag) = &reference.tag {
            self.tags.insert((repository.clone(), tag.clone()), stored.digest);
        }
    }

    fn write_logged(&mut self, reference: &Reference, stored: &Stored) {
        self.write(reference, stored);
        self.log.push(Write { reference: reference.clone(), digest: Some(stored.digest) });
    }

    /// As registries do, an index is taken only after its children.
    fn put(&mut self, reference: &Reference, stored: &Stored) -> Result<(), WorldError> {
        let missing = children(stored).into_iter().find(|child| !self.manifests.contains_key(&(reference.repository.clone(), *child)));
        if let Some(child) = missing {
            return Err(refused(&reference.to_string(), &format!("400 Bad Request: MANIFEST_BLOB_UNKNOWN ({child})")));
        }
        self.write_logged(reference, stored);
        Ok(())
    }

    fn copy(&mut self, from: &Repository, digest: Digest, to: &Repository) -> Result<(), WorldError> {
        let source = Reference::pinned(from.clone(), digest);
        let stored = self.find(&source).cloned().ok_or_else(|| refused(&source.to_string(), "there is no such image to copy"))?;
        children(&stored).into_iter().try_for_each(|child| self.copy(from, child, to))?;
        let target = Reference::pinned(to.clone(), digest);
        if self.find(&target).is_none() {
            let blobs: Vec<_> = self.blobs.iter().filter(|((repository, _), _)| repository == from).collect();
            let blobs: Vec<_> = blobs.into_iter().map(|((_, digest), bytes)| ((to.clone(), *digest), bytes.clone())).collect();
            self.blobs.extend(blobs);
            self.write_logged(&target, &stored);
        }
        Ok(())
    }

    fn delete(&mut self, reference: &Reference) {
        let repository = &reference.repository;
        match (&reference.tag, reference.digest) {
            (Some(tag), _) => drop(self.tags.remove(&(repository.clone(), tag.clone()))),
            (None, Some(digest)) => {
                self.manifests.remove(&(repository.clone(), digest));
                self.tags.retain(|(of, _), now| of != repository || *now != digest);
            }
            (None, None) => {}
        }
        self.log.push(Write { reference: reference.clone(), digest: None });
    }
}

#[async_trait]
impl Registry for Fake {
    async fn head(&self, reference: &Reference, patience: Patience) -> Result<Option<Digest>, WorldError> {
        let look = |state: &mut State| Ok(state.find(reference).map(|stored| stored.digest));
        self.call(Operation::Head, &reference.to_string(), patience, || None, look).await
    }

    async fn manifest(&self, reference: &Reference, patience: Patience) -> Result<Option<Stored>, WorldError> {
        let look = |state: &mut State| Ok(state.find(reference).cloned());
        self.call(Operation::Manifest, &reference.to_string(), patience, || None, look).await
    }

    async fn blob(&self, repository: &Repository, digest: Digest, patience: Patience) -> Result<Arc<[u8]>, WorldError> {
        let what = format!("{repository}@{digest}");
        let missing = || refused(&what, "the registry has no such blob");
        let look = |state: &mut State| state.blobs.get(&(repository.clone(), digest)).cloned().ok_or_else(missing);
        self.call(Operation::Blob, &what, patience, || Arc::from([]), look).await
    }

    async fn put(&self, reference: &Reference, stored: &Stored) -> Result<(), WorldError> {
        self.call(Operation::Put, &reference.to_string(), Patience::WRITE, || (), |state| state.put(reference, stored)).await
    }

    async fn copy(&self, from: &Repository, digest: Digest, to: &Repository) -> Result<(), WorldError> {
        let what = format!("{to}@{digest}");
        self.call(Operation::Copy, &what, Patience::WRITE, || (), |state| state.copy(from, digest, to)).await
    }

    async fn tags(&self, repository: &Repository, patience: Patience) -> Result<Vec<String>, WorldError> {
        let of = |state: &State| state.tags.keys().filter(|(of, _)| of == repository).map(|(_, tag)| tag.to_string()).collect();
        self.call(Operation::Tags, &repository.to_string(), patience, Vec::new, |state| Ok(of(state))).await
    }

    async fn delete(&self, reference: &Reference) -> Result<(), WorldError> {
        let work = |state: &mut State| {
            state.delete(reference);
            Ok(())
        };
        self.call(Operation::Delete, &reference.to_string(), Patience::WRITE, || (), work).await
    }
}

/// A small image manifest: the same seed gives the same bytes. Its configuration is the blob [`config`] makes of the seed.
pub fn image(seed: &str) -> Stored {
    let config = config(seed);
    let descriptor = serde_json::json!({
        "mediaType": "application/vnd.docker.container.image.v1+json", "size": config.len(), "digest": Digest::of(&config),
    });
    stored("application/vnd.docker.distribution.manifest.v2+json", "config", descriptor)
}

/// The configuration of [`image`], whose digest is the image's id on an engine.
pub fn config(seed: &str) -> Vec<u8> {
    serde_json::json!({ "os": "linux", "architecture": "amd64", "config": { "Labels": { "seed": seed } } }).to_string().into_bytes()
}

/// An index over these images.
pub fn index(children: &[Stored]) -> Stored {
    let child = |c: &Stored| serde_json::json!({ "mediaType": c.media_type, "size": c.bytes.len(), "digest": c.digest });
    stored("application/vnd.oci.image.index.v1+json", "manifests", children.iter().map(child).collect())
}

fn stored(media_type: &str, key: &str, value: serde_json::Value) -> Stored {
    let mut body = serde_json::json!({ "schemaVersion": 2, "mediaType": media_type, key: value });
    if key == "config" {
        body["layers"] = serde_json::json!([]);
    }
    let bytes = body.to_string().into_bytes();
    Stored { digest: Digest::of(&bytes), media_type: media_type.to_owned(), bytes: bytes.into() }
}

fn children(stored: &Stored) -> Vec<Digest> {
    let body: serde_json::Value = serde_json::from_slice(&stored.bytes).unwrap_or_default();
    let children = body["manifests"].as_array().map(Vec::as_slice).unwrap_or_default();
    children.iter().filter_map(|child| child["digest"].as_str()?.parse().ok()).collect()
}

fn unreachable(what: &str, why: &str) -> WorldError {
    WorldError::Unreachable { what: what.to_owned(), why: why.to_owned() }
}

fn refused(what: &str, why: &str) -> WorldError {
    WorldError::Refused { what: what.to_owned(), why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(text: &str) -> Reference {
        text.parse().unwrap()
    }

    #[track_caller]
    fn log(fake: &Fake, expect: &[&str]) {
        assert_eq!(fake.log().iter().map(|w| w.reference.familiar()).collect::<Vec<_>>(), expect);
    }

    #[tokio::test]
    async fn keeps_what_it_is_given() {
        let fake = Fake::default();
        let (a, b, one) = (reference("cimg/go:a"), reference("cimg/go:b"), image("one"));
        assert_eq!(fake.head(&a, Patience::READ).await, Ok(None));
        fake.put(&a, &one).await.unwrap();
        fake.push(&b, &one);
        assert_eq!(fake.head(&a, Patience::READ).await, Ok(Some(one.digest)));
        assert_eq!(fake.manifest(&b, Patience::READ).await, Ok(Some(one.clone())));
        assert_eq!(fake.tags(&a.repository, Patience::READ).await.unwrap(), ["a", "b"]);
        fake.delete(&a).await.unwrap();
        assert_eq!(fake.tagged(&a), None);
        assert_eq!(fake.tagged(&Reference::pinned(a.repository, one.digest)), Some(one.digest));
        log(&fake, &["cimg/go:a", "cimg/go:b", "cimg/go:a"]);
    }

    #[tokio::test]
    async fn children_come_first() {
        let fake = Fake::default();
        let (one, two) = (image("one"), image("two"));
        let both = index(&[one.clone(), two.clone()]);
        let (from, to) = (reference("stage/go:x"), reference("cimg/go:x"));
        assert!(fake.put(&from, &both).await.is_err());
        for stored in [&one, &two, &both] {
            fake.seed(&from, stored);
        }
        fake.copy(&from.repository, both.digest, &to.repository).await.unwrap();
        let order: Vec<_> = fake.log().into_iter().map(|write| write.digest.unwrap()).collect();
        assert_eq!(order, [one.digest, two.digest, both.digest]);
    }

    #[tokio::test(start_paused = true)]
    async fn faults() {
        let fake = Fake::default();
        let (to, one) = (reference("cimg/go:x"), image("one"));
        let faults = [Fault::Unreachable, Fault::Status(503), Fault::Status(403), Fault::Hang, Fault::Delay(Duration::from_secs(301))];
        for fault in faults {
            fake.fault(Operation::Put, ":x", 1, fault.clone());
            assert!(fake.put(&to, &one).await.is_err(), "{fault:?}");
            assert_eq!(fake.tagged(&to), None, "{fault:?}");
        }
        fake.fault(Operation::Put, ":x", 1, Fault::Ignored);
        assert_eq!((fake.put(&to, &one).await, fake.tagged(&to)), (Ok(()), None));
        fake.fault(Operation::Put, ":x", 1, Fault::LostAnswer);
        assert!(fake.put(&to, &one).await.is_err() && fake.tagged(&to) == Some(one.digest));
        fake.fault(Operation::Put, ":x", 1, Fault::Delay(Duration::from_secs(3)));
        assert_eq!(fake.put(&to, &one).await, Ok(()));
        log(&fake, &["cimg/go:x", "cimg/go:x"]);
        assert_eq!((fake.calls().len(), fake.most_in_flight()), (8, 1));
    }
}
