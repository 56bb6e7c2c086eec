//! Manifests and indexes: looked up, fetched, written, deleted.

use super::OciRegistry;
use super::ask::{Ask, Payload, Place};
use super::message::Message;
use super::retry::retry;
use super::scope::Scopes;
use crate::http::{Fault, Try};
use crate::name::{Digest, Reference};
use crate::request::{FaultKind, Patience, Stored, WorldError};
use http::{Method, StatusCode, header};
use serde::Deserialize;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::time::Instant;

/// The media types that we can read.
const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, \
                      application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

/// The timeout for reading the state after the last try of a write.
const LOOK: Patience = Patience {
    tries: 2,
    each: Duration::from_secs(10),
    total: Duration::from_secs(20),
};

impl OciRegistry {
    pub(super) async fn head_of(
        &self,
        reference: &Reference,
        patience: Patience,
    ) -> Result<Option<Digest>, WorldError> {
        let what = reference.to_string();
        let look = |now| async move {
            let got = self.head_once(reference, now).await?;
            self.settled(reference, got, now, patience).map(|()| got)
        };
        retry(&self.0.limits, patience, &what, look).await
    }

    pub(super) async fn manifest_of(
        &self,
        reference: &Reference,
        patience: Patience,
    ) -> Result<Option<Stored>, WorldError> {
        let what = reference.to_string();
        let look = |now| async move {
            let got = self.get_once(reference, now).await?;
            self.settled(
                reference,
                got.as_ref().map(|stored| stored.digest),
                now,
                patience,
            )
            .map(|()| got)
        };
        retry(&self.0.limits, patience, &what, look).await
    }

    /// Before a retry, and after the last one, the state is read: a lost response is not an error.
    pub(super) async fn put_as(
        &self,
        reference: &Reference,
        stored: &Stored,
    ) -> Result<(), WorldError> {
        let what = reference.to_string();
        let fits = Digest::of(&stored.bytes) == stored.digest
            && reference.digest.is_none_or(|d| d == stored.digest);
        if !fits {
            return Err(Fault::refused(
                what,
                format!("the bytes to write are not {}", stored.digest),
            )
            .error);
        }
        let place = &written_as(reference);
        let write = |now: Try| async move {
            let there = now.number > 0 && self.head_once(place, now).await? == Some(stored.digest);
            if there {
                Ok(())
            } else {
                self.put_once(place, stored, now).await
            }
        };
        let end = retry(&self.0.limits, Patience::WRITE, &what, write).await;
        let end = match end {
            Err(error)
                if error.kind().is_unreachable() && self.is_now(place, stored.digest).await =>
            {
                Ok(())
            }
            end => end,
        };
        if end.is_ok() {
            let mut written = self
                .0
                .written
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            written.insert(place.clone(), (stored.digest, Instant::now()));
        }
        end
    }

    pub(super) async fn delete_at(&self, reference: &Reference) -> Result<(), WorldError> {
        let place = &written_as(reference);
        self.0
            .written
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(place);
        retry(
            &self.0.limits,
            Patience::WRITE,
            &reference.to_string(),
            |now| self.delete_once(place, now),
        )
        .await
    }

    async fn is_now(&self, place: &Reference, digest: Digest) -> bool {
        let look = |now| self.head_once(place, now);
        matches!(retry(&self.0.limits, LOOK, &place.to_string(), look).await, Ok(Some(now)) if now == digest)
    }

    /// One HEAD request; a GET if the response has no digest, or HEAD is not supported.
    async fn head_once(&self, reference: &Reference, now: Try) -> Result<Option<Digest>, Fault> {
        let service = self.service(reference.repository.domain());
        let answer = service.send(&ask(Method::HEAD, reference, now)).await?;
        match answer.status {
            StatusCode::OK => match answer.digest() {
                Some(digest) => same(reference, digest).map(Some),
                None => Ok(self
                    .get_once(reference, now)
                    .await?
                    .map(|stored| stored.digest)),
            },
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => Ok(self
                .get_once(reference, now)
                .await?
                .map(|stored| stored.digest)),
            _ => Err(service.fault(answer, &reference.to_string()).await),
        }
    }

    async fn get_once(&self, reference: &Reference, now: Try) -> Result<Option<Stored>, Fault> {
        let what = reference.to_string();
        let service = self.service(reference.repository.domain());
        let answer = service.send(&ask(Method::GET, reference, now)).await?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            _ => return Err(service.fault(answer, &what).await),
        }
        let (said, header) = (answer.digest(), answer.media_type());
        let bytes = answer.bytes(&what, self.0.limits.body).await?;
        let digest = same(reference, Digest::of(&bytes))?;
        if let Some(said) = said.filter(|said| *said != digest) {
            return Err(Fault::refused(
                what,
                format!("the registry reports {said}, but the digest of its response is {digest}"),
            ));
        }
        let media_type = media_type(header, &bytes).map_err(|why| Fault::refused(what, why))?;
        Ok(Some(Stored {
            digest,
            media_type,
            bytes: bytes.into(),
        }))
    }

    async fn put_once(&self, place: &Reference, stored: &Stored, now: Try) -> Result<(), Fault> {
        let what = place.to_string();
        let service = self.service(place.repository.domain());
        let mut ask = ask(Method::PUT, place, now).header(header::CONTENT_TYPE, &stored.media_type);
        ask.scopes = Scopes::push(&place.repository);
        let answer = service
            .send(&ask.payload(Payload::Bytes(bytes::Bytes::from_owner(
                stored.bytes.clone(),
            ))))
            .await?;
        if answer.status.is_success() {
            return match answer.digest().filter(|digest| *digest != stored.digest) {
                Some(other) => Err(Fault::refused(
                    what,
                    format!(
                        "{} was sent, but the registry stored {other}",
                        stored.digest
                    ),
                )),
                None => Ok(()),
            };
        }
        let (fault, said) = service.said(answer, &what).await;
        if said.any(&["NAME_UNKNOWN"]) {
            return Err(said.no_repository(what));
        }
        if !is_immutable(&said) {
            return Err(fault);
        }
        match self.head_once(place, now).await {
            Ok(Some(there)) if there == stored.digest => Ok(()),
            there => {
                let there = there
                    .ok()
                    .flatten()
                    .map(|digest| format!(" at {digest}"))
                    .unwrap_or_default();
                let rule = format!(
                    "a rule of the registry protects this tag{there} ({}); {} cannot replace it",
                    said.text, stored.digest
                );
                Err(Fault::new(
                    FaultKind::NotAllowed,
                    what,
                    format!("{rule}: exclude the tag from the rule, or use another tag"),
                ))
            }
        }
    }

    async fn delete_once(&self, place: &Reference, now: Try) -> Result<(), Fault> {
        let what = place.to_string();
        let service = self.service(place.repository.domain());
        let mut ask = ask(Method::DELETE, place, now);
        ask.scopes = Scopes::delete(&place.repository);
        let answer = service.send(&ask).await?;
        match answer.status {
            status if status.is_success() || status == StatusCode::NOT_FOUND => Ok(()),
            StatusCode::METHOD_NOT_ALLOWED | StatusCode::BAD_REQUEST => {
                let (_, said) = service.said(answer, &what).await;
                let why = if place.tag.is_some() {
                    "this registry does not support deleting tags, and deleting the digest would delete its other tags, too"
                } else {
                    "this registry does not support deletion"
                };
                Err(Fault::refused(what, format!("{why} ({})", said.text)))
            }
            _ => Err(service.fault(answer, &what).await),
        }
    }

    /// Shortly after a write a registry may still respond with the old state, so it is read again while there are tries
    /// left.
    fn settled(
        &self,
        reference: &Reference,
        got: Option<Digest>,
        now: Try,
        patience: Patience,
    ) -> Result<(), Fault> {
        let written = self
            .0
            .written
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(reference)
            .copied();
        match written {
            Some((digest, at))
                if got != Some(digest)
                    && at.elapsed() < self.0.limits.settle
                    && now.number + 1 < patience.tries =>
            {
                let shows = got.map_or(String::from("nothing"), |got| got.to_string());
                Err(Fault::unreachable(
                    reference.to_string(),
                    format!("{digest} was written, but the registry still returns {shows}"),
                ))
            }
            _ => Ok(()),
        }
    }
}

fn ask(method: Method, reference: &Reference, now: Try) -> Ask {
    let place = Place::Api(format!(
        "{}/manifests/{}",
        reference.repository.path(),
        reference.target()
    ));
    let reads = matches!(method, Method::GET | Method::HEAD);
    let ask = Ask::new(
        method,
        place,
        Scopes::pull(&reference.repository),
        reference,
        now,
    );
    if reads {
        ask.header(header::ACCEPT, ACCEPT)
    } else {
        ask
    }
}

/// The path of a write: the tag if there is one.
fn written_as(reference: &Reference) -> Reference {
    let digest = reference.digest.filter(|_| reference.tag.is_none());
    Reference {
        digest,
        ..reference.clone()
    }
}

fn same(reference: &Reference, digest: Digest) -> Result<Digest, Fault> {
    match reference.digest {
        Some(wanted) if wanted != digest => Err(Fault::refused(
            reference.to_string(),
            format!("the registry sent {digest} instead"),
        )),
        _ => Ok(digest),
    }
}

/// The header and the field must not contradict each other: the manifest is written elsewhere with one type.
fn media_type(header: Option<String>, bytes: &[u8]) -> Result<String, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Typed {
        media_type: Option<String>,
    }
    let typed: Typed = serde_json::from_slice(bytes)
        .map_err(|_| String::from("the registry did not send a manifest"))?;
    let header = header.filter(|h| {
        !matches!(
            h.as_str(),
            "" | "application/json" | "application/octet-stream" | "text/plain"
        )
    });
    match (header, typed.media_type) {
        (Some(header), Some(field)) if header != field => Err(format!(
            "the registry sent it as {header}, but its media type is {field}"
        )),
        (Some(either), _) | (None, Some(either)) => Ok(either),
        (None, None) => Err(String::from(
            "neither the registry nor the manifest specifies its media type",
        )),
    }
}

/// ECR, Harbor, Quay, GitLab and Artifact Registry each use a different message.
fn is_immutable(said: &Message) -> bool {
    let text = said.text.to_ascii_lowercase();
    text.contains("immutable")
        || text.contains("tagalreadyexists")
        || text.contains("cannot be overwritten")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: Option<&str>, body: &str, expect: Result<&str, &str>) {
        let got = media_type(header.map(Into::into), body.as_bytes());
        assert_eq!(
            got.as_deref().map_err(String::as_str),
            expect,
            "{header:?} {body}"
        );
    }

    #[test]
    fn types() {
        check(Some("a/b"), r#"{"mediaType":"a/b"}"#, Ok("a/b"));
        check(Some("a/b"), "{}", Ok("a/b"));
        check(None, r#"{"mediaType":"a/b"}"#, Ok("a/b"));
        check(Some("text/plain"), r#"{"mediaType":"a/b"}"#, Ok("a/b"));
        check(
            Some("c/d"),
            r#"{"mediaType":"a/b"}"#,
            Err("the registry sent it as c/d, but its media type is a/b"),
        );
        check(
            None,
            "{}",
            Err("neither the registry nor the manifest specifies its media type"),
        );
        check(
            Some("text/html"),
            "<html>",
            Err("the registry did not send a manifest"),
        );
    }
}
