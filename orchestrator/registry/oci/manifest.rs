//! Manifests and indexes: looked up and fetched.

use super::OciRegistry;
use super::ask::{Ask, Place};
use super::scope::Scopes;
use crate::http::{Fault, Try};
use crate::name::{Digest, Reference};
use crate::request::{Manifest, Patience, Stored, WorldError};
use http::{Method, StatusCode, header};

/// The media types that we can read.
const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, \
                      application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

impl OciRegistry {
    pub(super) async fn head_of(
        &self,
        reference: &Reference,
        patience: Patience,
    ) -> Result<Option<Digest>, WorldError> {
        let look = |now| async move {
            let got = self.head_once(reference, now).await?;
            self.settled(reference, got, now, patience).map(|()| got)
        };
        self.retry(patience, reference, look).await
    }

    pub(super) async fn manifest_of(
        &self,
        reference: &Reference,
        patience: Patience,
    ) -> Result<Option<Stored>, WorldError> {
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
        self.retry(patience, reference, look).await
    }

    /// One HEAD request; a GET if the response has no digest, or HEAD is not supported.
    pub(super) async fn head_once(
        &self,
        reference: &Reference,
        now: Try,
    ) -> Result<Option<Digest>, Fault> {
        let service = self.service(reference.repository.domain());
        let scopes = Scopes::pull(&reference.repository);
        let ask = ask(Method::HEAD, reference, scopes, now);
        let answer = service.send(&ask).await?;
        let digest = match answer.status {
            StatusCode::OK => answer.digest(),
            StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => None,
            StatusCode::NOT_FOUND => return Ok(None),
            _ => return Err(service.fault(answer).await),
        };
        match digest {
            Some(digest) => same(reference, digest).map(Some),
            None => {
                let stored = self.get_once(reference, now).await?;
                Ok(stored.map(|stored| stored.digest))
            }
        }
    }

    async fn get_once(&self, reference: &Reference, now: Try) -> Result<Option<Stored>, Fault> {
        let what = reference.to_string();
        let service = self.service(reference.repository.domain());
        let scopes = Scopes::pull(&reference.repository);
        let ask = ask(Method::GET, reference, scopes, now);
        let answer = service.send(&ask).await?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            _ => return Err(service.fault(answer).await),
        }
        let (said, header) = (answer.digest(), answer.media_type());
        let bytes = answer.bytes(self.0.limits.body).await?;
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

    /// Shortly after a write a registry may still respond with the old state, so it is read again while there are tries
    /// left.
    fn settled(
        &self,
        reference: &Reference,
        got: Option<Digest>,
        now: Try,
        patience: Patience,
    ) -> Result<(), Fault> {
        let written = self.0.written.lock().get(reference).copied();
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

/// A request for a manifest or an index.
pub(super) fn ask(method: Method, reference: &Reference, scopes: Scopes, now: Try) -> Ask {
    let (path, target) = (reference.repository.path(), reference.target());
    let place = Place::Api(format!("{path}/manifests/{target}"));
    let reads = matches!(method, Method::GET | Method::HEAD);
    let ask = Ask::new(method, place, scopes, reference, now);
    match reads {
        true => ask.header(header::ACCEPT, ACCEPT),
        false => ask,
    }
}

fn same(reference: &Reference, digest: Digest) -> Result<Digest, Fault> {
    match reference.digest() {
        Some(wanted) if wanted != digest => Err(Fault::refused(
            reference.to_string(),
            format!("the registry sent {digest} instead"),
        )),
        _ => Ok(digest),
    }
}

/// The header and the field must not contradict each other: the manifest is written elsewhere with one type.
fn media_type(header: Option<String>, bytes: &[u8]) -> Result<String, String> {
    let manifest: Manifest = serde_json::from_slice(bytes)
        .map_err(|_| String::from("the registry did not send a manifest"))?;
    let header = header.filter(|h| {
        !matches!(
            h.as_str(),
            "" | "application/json" | "application/octet-stream" | "text/plain"
        )
    });
    match (header, manifest.media_type) {
        (Some(header), Some(field)) if header != field => Err(format!(
            "the registry sent it as {header}, but its media type is {field}"
        )),
        (Some(either), _) | (None, Some(either)) => Ok(either),
        (None, None) => Err(String::from(
            "neither the registry nor the manifest specifies its media type",
        )),
    }
}

#[cfg(test)]
mod tests;
