//! Manifests and indexes: written and deleted.

use super::OciRegistry;
use super::ask::Payload;
use super::manifest::ask;
use super::message::Message;
use super::scope::Scopes;
use crate::http::{Fault, Try};
use crate::name::{Digest, Reference};
use crate::request::{FaultKind, Patience, Stored, WorldError};
use bytes::Bytes;
use http::{Method, StatusCode, header};
use std::time::Duration;
use tokio::time::Instant;

/// The timeout for reading the state after the last try of a write.
const LOOK: Patience = Patience {
    tries: 2,
    each: Duration::from_secs(10),
    total: Duration::from_secs(20),
};

/// Whether a registry has listed a manifest under its subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listed {
    /// It answered with `OCI-Subject`.
    Yes,
    /// It did not, or its answer was lost.
    Unknown,
}

impl OciRegistry {
    /// Before a retry, and after the last one, the state is read: a lost response is not an error.
    pub(super) async fn put_as(
        &self,
        reference: &Reference,
        stored: &Stored,
    ) -> Result<(), WorldError> {
        self.write_as(reference, stored).await.map(drop)
    }

    /// The same; whether the registry has listed it under the subject that it names.
    pub(super) async fn write_as(
        &self,
        reference: &Reference,
        stored: &Stored,
    ) -> Result<Listed, WorldError> {
        let fits = Digest::of(&stored.bytes) == stored.digest
            && reference.digest().is_none_or(|d| d == stored.digest);
        if !fits {
            let why = format!("the bytes to write are not {}", stored.digest);
            return Err(WorldError::refused(reference.to_string(), why));
        }
        let place = &written_as(reference);
        let write = |now: Try| async move {
            let there = now.number > 0 && self.head_once(place, now).await? == Some(stored.digest);
            match there {
                true => Ok(Listed::Unknown),
                false => self.put_once(place, stored, now).await,
            }
        };
        let end = self.retry(Patience::WRITE, reference, write).await;
        let end = match end {
            Err(error)
                if error.kind().is_unreachable() && self.is_now(place, stored.digest).await =>
            {
                Ok(Listed::Unknown)
            }
            end => end,
        };
        if end.is_ok() {
            let mut written = self.0.written.lock();
            written.insert(place.clone(), (stored.digest, Instant::now()));
        }
        end
    }

    pub(super) async fn delete_at(&self, reference: &Reference) -> Result<(), WorldError> {
        let place = &written_as(reference);
        self.0.written.lock().remove(place);
        let delete = |now| self.delete_once(place, now);
        self.retry(Patience::WRITE, reference, delete).await
    }

    async fn is_now(&self, place: &Reference, digest: Digest) -> bool {
        let look = |now| self.head_once(place, now);
        matches!(self.retry(LOOK, place, look).await, Ok(Some(now)) if now == digest)
    }

    async fn put_once(
        &self,
        place: &Reference,
        stored: &Stored,
        now: Try,
    ) -> Result<Listed, Fault> {
        let what = place.to_string();
        let service = self.service(place.repository.domain());
        let scopes = Scopes::push(&place.repository);
        let bytes = Bytes::from_owner(stored.bytes.clone());
        let ask = ask(Method::PUT, place, scopes, now)
            .header(header::CONTENT_TYPE, &stored.media_type)
            .payload(Payload::Bytes(bytes));
        let answer = service.send(&ask).await?;
        if answer.status.is_success() {
            let listed = match answer.headers.contains_key("oci-subject") {
                true => Listed::Yes,
                false => Listed::Unknown,
            };
            return answer.confirms(stored.digest).map(|()| listed);
        }
        let (fault, said) = service.said(answer).await;
        if said.any(&["NAME_UNKNOWN"]) {
            return Err(said.no_repository(what));
        }
        if !is_immutable(&said) {
            return Err(fault);
        }
        match self.head_once(place, now).await {
            Ok(Some(there)) if there == stored.digest => Ok(Listed::Unknown),
            there => {
                let there = there.ok().flatten();
                let there = there.map_or(String::new(), |digest| format!(" at {digest}"));
                let (said, sent) = (said.text, stored.digest);
                let why = format!(
                    "a rule of the registry protects this tag{there} ({said}); {sent} cannot replace it: exclude the tag \
                     from the rule, or use another tag"
                );
                Err(Fault::new(FaultKind::NotAllowed, what, why))
            }
        }
    }

    async fn delete_once(&self, place: &Reference, now: Try) -> Result<(), Fault> {
        let what = place.to_string();
        let service = self.service(place.repository.domain());
        let scopes = Scopes::delete(&place.repository);
        let ask = ask(Method::DELETE, place, scopes, now);
        let answer = service.send(&ask).await?;
        match answer.status {
            status if status.is_success() || status == StatusCode::NOT_FOUND => Ok(()),
            StatusCode::METHOD_NOT_ALLOWED | StatusCode::BAD_REQUEST => {
                let (_, said) = service.said(answer).await;
                let why = if place.tag.is_some() {
                    "this registry does not support deleting tags, and deleting the digest would delete its other tags, too"
                } else {
                    "this registry does not support deletion"
                };
                Err(Fault::refused(what, format!("{why} ({})", said.text)))
            }
            _ => Err(service.fault(answer).await),
        }
    }
}

/// The path of a write: the tag if there is one.
fn written_as(reference: &Reference) -> Reference {
    let digest = reference.digest.clone().filter(|_| reference.tag.is_none());
    Reference {
        digest,
        ..reference.clone()
    }
}

/// ECR, Harbor, Quay, GitLab and Artifact Registry each use a different message.
fn is_immutable(said: &Message) -> bool {
    let text = said.text.to_ascii_lowercase();
    text.contains("immutable")
        || text.contains("tagalreadyexists")
        || text.contains("cannot be overwritten")
}
