//! Pulls and pushes.

use super::client::{Client, Exchange, body, message};
use super::failure::named;
use super::stream::Message;
use super::{image, kind, login};
use crate::name::{Digest, Reference};
use crate::request::{Credential, FaultKind, PullRequest, PushRequest, WorldError};
use http::{HeaderValue, Request};
use std::time::Duration;

/// An engine that moves or unpacks layers says so many times a second; one that says nothing for this long is stuck.
const SILENCE: Duration = Duration::from_secs(300);

/// Fetches an image, and looks whether it is of the platform that was asked for: engines with graph drivers
/// take an image of another platform without a word (seen on 20.10).
pub(super) async fn pull(client: &Client, request: &PullRequest) -> Result<(), WorldError> {
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
    let exchange = start(
        client,
        &what(),
        &format!("/images/create?{query}"),
        auth(reference, credential.as_ref()),
    )
    .await?;
    stream(client, &what(), exchange, |_| ()).await?;
    let pulled = image::inspect(client, &reference.familiar()).await?;
    let pulled = pulled.ok_or_else(|| client.refused(what(), "it is not there after the pull"))?;
    if (pulled.os.as_str(), pulled.architecture.as_str())
        != (platform.os.as_str(), platform.architecture.as_str())
    {
        let why = format!(
            "it is for {}/{}, not for {platform}",
            pulled.os, pulled.architecture
        );
        return Err(client.refused(what(), why));
    }
    Ok(())
}

/// Pushes an image under one tag. The name the engine needs for it is taken away again, unless it was there before.
pub(super) async fn push(client: &Client, request: &PushRequest) -> Result<(), WorldError> {
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
                "an engine pushes a tag: without one it sends all of a repository's",
            ));
        }
    };
    let source = image::inspect(client, image)
        .await?
        .ok_or_else(|| client.missing(what(), format!("the engine has no image {image}")))?;
    let before = image::inspect(client, &name).await?;
    let named_before = before.is_some_and(|b| b.id == source.id);
    if !named_before {
        image::tag(client, image, reference).await?;
    }
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
        // An engine that names no digest has pushed nothing, whatever it says (an ended stream alone proves nothing).
        digest
            .map(drop)
            .ok_or_else(|| client.refused(what(), "the engine ended it without a digest"))
    }
    .await;
    if !named_before {
        // What counts is the push: a name that stays is no failure.
        let _ = image::untag(client, &name).await;
    }
    pushed
}

/// `{"aux": {"Digest": …}}` where there are graph drivers; `{"status": "TAG: digest: sha256:… size: 527"}` is all
/// that the containerd store says (28.5.2).
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
    // The head of the answer comes at once, or with the first progress: not before a registry has answered.
    let late = |_| client.unreachable(format!("{what}: {}", super::client::late(SILENCE)));
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

/// Reads a transfer's stream to its end: an error in it is the transfer's.
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

/// What the engine says of a registry. One that it cannot reach, or that wants fewer requests, is named as the one
/// that is out of reach: the engine is not.
pub(super) fn fault(client: &Client, what: &str, why: &str) -> WorldError {
    let kind = kind::of_words(why);
    let what = match kind.is_unreachable() {
        true => format!("{what}: the registry, asked by {}", client.name()),
        false => what.to_owned(),
    };
    WorldError::fault(kind, what, named(kind, why))
}

/// As the engine's `platform` parameters take it: without the os version.
pub(super) fn platform_text(platform: &crate::name::Platform) -> String {
    let variant = platform
        .variant
        .as_ref()
        .map(|v| format!("/{v}"))
        .unwrap_or_default();
    format!("{}/{}{variant}", platform.os, platform.architecture)
}

/// A query string; every value is escaped but for letters, digits and `-._~`.
pub(super) fn query(pairs: &[(&str, &str)]) -> String {
    let escape = |text: &str| -> String {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
        text.bytes()
            .map(|b| {
                if plain(b) {
                    char::from(b).to_string()
                } else {
                    format!("%{b:02X}")
                }
            })
            .collect()
    };
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", escape(value)))
        .collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    #[test]
    fn queries_are_escaped() {
        assert_eq!(
            super::query(&[("a", "x/y:1@é &="), ("b", "")]),
            "a=x%2Fy%3A1%40%C3%A9%20%26%3D&b="
        );
    }
}
