//! Pulls and pushes.

use super::client::{Client, Exchange, body, message};
use super::container::Removals;
use super::failure::named;
use super::lease::{Lease, Lent};
use super::query::{platform_text, query};
use super::stream::Message;
use super::{image, kind, login};
use crate::name::{Digest, Reference};
use crate::request::{Credential, FaultKind, PullRequest, PushRequest, WorldError};
use http::{HeaderValue, Request};
use std::sync::Arc;
use std::time::Duration;

/// The timeout without progress. An engine that moves or unpacks layers reports it many times per second.
const SILENCE: Duration = Duration::from_secs(300);

/// Pulls an image, and checks its platform: engines with graph drivers accept an image of another platform without
/// an error (seen on 20.10). What is pulled by digest belongs to the run, unless the engine had it before.
pub(super) async fn pull(
    client: &Client,
    lease: Option<&Lease>,
    request: &PullRequest,
) -> Result<(), WorldError> {
    let PullRequest {
        reference,
        platform,
        credential,
    } = request;
    let what = || format!("pull of {reference}");
    let query = query(&[
        ("fromImage", &reference.repository.familiar()),
        ("tag", &reference.target()),
        ("platform", &platform_text(platform)),
    ]);
    if let (Some(lease), Some(_)) = (lease, &reference.digest)
        && image::inspect(client, &reference.to_string())
            .await?
            .is_none()
    {
        lease.mark(reference).await;
    }
    let exchange = start(
        client,
        &what(),
        &format!("/images/create?{query}"),
        auth(reference, credential.as_ref()),
    )
    .await?;
    stream(client, &what(), exchange, |_| ()).await?;
    let pulled = image::inspect(client, &reference.familiar()).await?;
    let pulled =
        pulled.ok_or_else(|| client.refused(what(), "the image does not exist after the pull"))?;
    if (pulled.os.as_str(), pulled.architecture.as_str())
        != (platform.os.as_str(), platform.architecture.as_str())
    {
        let why = format!(
            "the image is for {}/{}, not for {platform}",
            pulled.os, pulled.architecture
        );
        return Err(client.refused(what(), why));
    }
    Ok(())
}

/// What a push needs to give an image the name that it is pushed under.
pub(super) struct Lender<'a> {
    pub client: &'a Client,
    pub removals: &'a Removals,
    pub lease: Option<Arc<Lease>>,
}

/// Pushes an image under one tag. The local tag that this needs is removed again, also if the future is dropped, unless
/// it existed before.
pub(super) async fn push(lender: Lender<'_>, request: &PushRequest) -> Result<(), WorldError> {
    let client = lender.client;
    let PushRequest {
        image,
        reference,
        credential,
    } = request;
    let what = || format!("push of {reference}");
    let name = reference.familiar();
    let tag = match (&reference.tag, &reference.digest) {
        (Some(tag), None) => tag.as_str(),
        _ => {
            return Err(client.refused(
                what(),
                "a push needs a tag: without one, an engine pushes all tags of the repository",
            ));
        }
    };
    let source = image::inspect(client, image)
        .await?
        .ok_or_else(|| client.missing(what(), format!("the engine has no image {image}")))?;
    let before = image::inspect(client, &name).await?;
    let lent = match before {
        Some(before) if before.id == source.id => None,
        _ => Some(lender.lend(image, reference).await?),
    };
    let path = format!(
        "/images/{}/push?{}",
        reference.repository.familiar(),
        query(&[("tag", tag)])
    );
    let pushed = async {
        let exchange = start(client, &what(), &path, auth(reference, credential.as_ref())).await?;
        let mut digest = None;
        stream(client, &what(), exchange, |message| {
            digest = pushed_digest(message).or(digest)
        })
        .await?;
        // An engine that reports no digest has pushed nothing, even if the stream ends without an error.
        digest
            .map(drop)
            .ok_or_else(|| client.refused(what(), "the engine did not report a digest"))
    }
    .await;
    if let Some(lent) = lent {
        lent.give_back().await;
    }
    pushed.map_err(|error| of_push(reference, error))
}

/// Of a push, a missing repository is final, but what else was not found may be there at the next try. An engine whose
/// connection to a registry broke off without a word waits for it in all later pushes of the same layers (28.5.2).
fn of_push(reference: &Reference, error: WorldError) -> WorldError {
    match error {
        WorldError::Fault {
            kind: FaultKind::Stuck,
            what,
            ..
        } => {
            let why = format!(
                "it has made no progress with the push of {reference} for {} s; if {} answers, restart the engine",
                SILENCE.as_secs(),
                reference.repository.domain()
            );
            WorldError::fault(FaultKind::Stuck, what, why)
        }
        WorldError::Fault {
            kind: FaultKind::NotFound,
            what,
            why,
        } => match kind::repository_is_missing(&why) {
            true => WorldError::no_repository(what, &why),
            false => WorldError::refused(what, why),
        },
        other => other,
    }
}

impl Lender<'_> {
    async fn lend(self, image: &str, name: &Reference) -> Result<Lent, WorldError> {
        Lent::lend(self.client, self.removals, self.lease, image, name).await
    }
}

/// `{"aux": {"Digest": …}}` with graph drivers; the containerd store only sends
/// `{"status": "TAG: digest: sha256:… size: 527"}` (28.5.2).
fn pushed_digest(message: &Message) -> Option<Digest> {
    let aux = message
        .aux
        .as_ref()
        .and_then(|aux| aux.get("Digest")?.as_str());
    let status = || {
        message
            .status
            .as_ref()?
            .split_once(": digest: ")?
            .1
            .split_whitespace()
            .next()
    };
    aux.or_else(status)?.parse().ok()
}

fn auth(reference: &Reference, credential: Option<&Credential>) -> HeaderValue {
    login::registry_auth(reference.repository.domain(), credential)
}

async fn start(
    client: &Client,
    what: &str,
    path: &str,
    auth: HeaderValue,
) -> Result<Exchange, WorldError> {
    let request = Request::post(path)
        .header("X-Registry-Auth", auth)
        .body(body(""));
    let request = request.map_err(|e| client.refused(what, e.to_string()))?;
    // The response begins at once, or with the first progress: not before a registry has responded.
    let late = |_| client.stuck(SILENCE);
    let exchange = tokio::time::timeout(SILENCE, client.send(request))
        .await
        .map_err(late)??;
    let status = exchange.response.status();
    if status.is_success() {
        return Ok(exchange);
    }
    let said = message(&client.read(exchange).await?);
    Err(match client.refusal(status, said) {
        WorldError::Fault { kind, why, .. } if kind != FaultKind::NotReachable => {
            fault(client, what, &why)
        }
        other => other,
    })
}

/// Reads a transfer's stream to its end; an error in it is that of the transfer.
async fn stream(
    client: &Client,
    what: &str,
    exchange: Exchange,
    mut each: impl FnMut(&Message) + Send,
) -> Result<(), WorldError> {
    let take = |message: Message| match message.failure() {
        Some(why) => Err(fault(client, what, &why)),
        None => {
            each(&message);
            Ok(())
        }
    };
    exchange.messages(client, SILENCE, take).await
}

/// What the engine reports about a registry. If the registry is unreachable or throttles, the error names the registry,
/// not the engine.
pub(super) fn fault(client: &Client, what: &str, why: &str) -> WorldError {
    let kind = kind::of_words(why);
    let what = match kind.is_unreachable() {
        true => format!("{what}: the registry, from {}", client.name()),
        false => what.to_owned(),
    };
    WorldError::fault(kind, what, named(kind, why))
}

#[cfg(test)]
mod tests;
