//! What a registry is like for this client: whether it answers, what time it has, and whether it takes uploads.

use super::OciRegistry;
use super::ask::{Ask, Place};
use super::scope::Scopes;
use super::upload::Upload;
use crate::http::date_of;
use crate::name::{Domain, Repository};
use crate::request::{Patience, WorldError};
use http::Method;
use std::time::{Duration, Instant};

/// The answer of a registry to the first request of every client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Greeting {
    /// Whether the connection uses TLS.
    pub tls: bool,
    /// How long the answer took, with authentication.
    pub took: Duration,
    /// The time of the registry's clock, if it sends one.
    pub time: Option<jiff::Timestamp>,
}

impl OciRegistry {
    /// Asks a registry whether it is one, with the credential for it. One that has none, or a wrong one, may answer all the
    /// same: registries check access by repository.
    ///
    /// # Errors
    /// It does not answer, refuses the credential, or is not a registry.
    pub async fn greet(&self, domain: &Domain) -> Result<Greeting, WorldError> {
        let service = self.service(domain);
        let greet = |now| {
            let service = service.clone();
            async move {
                let place = Place::Api(String::new());
                let ask = Ask::new(Method::GET, place, Scopes::default(), domain, now);
                let began = Instant::now();
                let answer = service.send(&ask).await?;
                let greeting = Greeting {
                    tls: answer.url.scheme() == "https",
                    took: began.elapsed(),
                    time: date_of(&answer.headers),
                };
                match answer.status.is_success() {
                    true => Ok(greeting),
                    false => Err(service.fault(answer).await),
                }
            }
        };
        self.retry(Patience::CACHE, domain, greet).await
    }

    /// Whether a repository takes uploads: one is started and cancelled, and nothing is sent.
    ///
    /// # Errors
    /// It does not, and the reason.
    pub async fn try_upload(&self, repository: &Repository) -> Result<(), WorldError> {
        self.check_writable(repository)?;
        let service = self.service(repository.domain());
        let start = |now| {
            let service = service.clone();
            async move {
                let upload = Upload {
                    service,
                    to: repository,
                    now,
                };
                let session = upload.start().await?;
                upload.cancel(session).await;
                Ok(())
            }
        };
        self.retry(Patience::CACHE, repository, start).await
    }
}
