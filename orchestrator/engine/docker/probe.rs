//! A short query to a registry, through the engine.

use super::client::{Client, body, message};
use super::{login, transfer};
use crate::name::{Digest, Reference};
use crate::request::{Credential, Descriptor, WorldError};
use http::{Request, StatusCode};
use std::time::Duration;

/// The engine's timeout for querying a registry for a digest.
const PROBE: Duration = Duration::from_secs(5);

/// Queries a registry through the engine.
pub(super) async fn probe(
    client: &Client,
    reference: &Reference,
    credential: Option<&Credential>,
) -> Result<Option<Digest>, WorldError> {
    #[derive(serde::Deserialize)]
    struct Answer {
        #[serde(rename = "Descriptor")]
        descriptor: Descriptor,
    }
    let request = Request::get(format!("/distribution/{}/json", reference.familiar()))
        .header(
            "X-Registry-Auth",
            login::registry_auth(reference.repository.domain(), credential),
        )
        .body(body(""))
        .map_err(|e| client.refused(reference.to_string(), e.to_string()))?;
    // The engine answers when the registry has answered it.
    let asked = tokio::time::timeout(PROBE, client.ask(request, PROBE * 2)).await;
    let (status, answer) = asked.unwrap_or_else(|_| {
        let registry = reference.repository.domain().as_str();
        let why = format!(
            "the engine got no answer from it within {} s",
            PROBE.as_secs()
        );
        Err(WorldError::unreachable(registry, why))
    })?;
    match status {
        StatusCode::OK => {
            let answer: Answer = serde_json::from_slice(&answer)
                .map_err(|e| client.unreachable(format!("/distribution: {e}")))?;
            Ok(answer.descriptor.digest)
        }
        StatusCode::NOT_FOUND => Ok(None),
        _ => Err(transfer::fault(
            client,
            &reference.to_string(),
            &message(&answer),
        )),
    }
}
