//! A registry with prepared responses that records its requests.

mod auth;
mod blobs;
mod mounts;
mod proxies;
mod put_blob;
mod redirects;
mod referrers;
mod retries;
mod streams;
mod tls;
mod writes;

use super::{Limits, OciRegistry};
use crate::host::Environment;
use crate::name::{Digest, Reference};
use crate::registry::credentials::Credentials;
use crate::request::Stored;
use std::time::Duration;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

/// A scripted registry at a port of its own.
pub(super) struct Script {
    pub(super) server: MockServer,
}

impl Script {
    pub(super) async fn new() -> Self {
        let script = Self {
            server: MockServer::start().await,
        };
        script.always("GET /v2/", status(200)).await;
        script
    }

    /// `127.0.0.1:40123`
    pub(super) fn domain(&self) -> String {
        self.server.address().to_string()
    }

    /// `1` is `127.0.0.1:40123/cimg/go:1`.
    pub(super) fn reference(&self, tag: &str) -> Reference {
        format!("{}/cimg/go:{tag}", self.domain()).parse().unwrap()
    }

    /// Responds to a request line such as `HEAD /v2/cimg/go/manifests/1` once, in the order of the calls.
    pub(super) async fn once(&self, line: &'static str, answer: ResponseTemplate) {
        self.times(1, line, answer).await;
    }

    pub(super) async fn times(&self, times: u64, line: &'static str, answer: ResponseTemplate) {
        Mock::given(asks(line))
            .respond_with(answer)
            .up_to_n_times(times)
            .mount(&self.server)
            .await;
    }

    pub(super) async fn always(&self, line: &'static str, answer: ResponseTemplate) {
        Mock::given(asks(line))
            .respond_with(answer)
            .with_priority(9)
            .mount(&self.server)
            .await;
    }

    /// Closes the connection instead of responding, once.
    pub(super) async fn hang_up(&self, line: &'static str) {
        let cut = |_: &Request| std::io::Error::other("cut");
        Mock::given(asks(line))
            .respond_with_err(cut)
            .up_to_n_times(1)
            .mount(&self.server)
            .await;
    }

    /// The requests, without the check for TLS: `HEAD /v2/cimg/go/manifests/1`, with `Authorization` if there was one.
    pub(super) async fn log(&self) -> Vec<String> {
        let requests = self.server.received_requests().await.unwrap();
        requests
            .iter()
            .map(line_of)
            .filter(|line| line != "GET /v2/")
            .collect()
    }

    #[track_caller]
    pub(super) fn client(&self, vars: &[(&str, &str)]) -> OciRegistry {
        client(vars)
    }
}

/// A client with its own environment and without delays between tries.
pub(super) fn client(vars: &[(&str, &str)]) -> OciRegistry {
    let env: Environment = vars
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect();
    let (delay, stall) = (Duration::from_millis(1), Duration::from_millis(300));
    let limits = Limits {
        delay,
        stall,
        ..Limits::default()
    };
    OciRegistry::new(&env, Credentials::from(&env), limits)
}

/// The variable with the credential for a scripted registry.
pub(super) fn variable(script: &Script) -> String {
    Credentials::variable(script.reference("1").repository.domain())
}

pub(super) fn status(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status)
}

/// 401 with a challenge.
pub(super) fn challenge(text: &str) -> ResponseTemplate {
    status(401).insert_header("www-authenticate", text)
}

/// 200 with this digest.
pub(super) fn is(digest: Digest) -> ResponseTemplate {
    status(200).insert_header("docker-content-digest", digest.to_string())
}

/// 200 with this manifest.
pub(super) fn serves(stored: &Stored) -> ResponseTemplate {
    is(stored.digest).set_body_raw(stored.bytes.to_vec(), &stored.media_type)
}

/// An error in the format of the specification.
pub(super) fn says(code: u16, name: &str, message: &str) -> ResponseTemplate {
    status(code)
        .set_body_json(serde_json::json!({ "errors": [{ "code": name, "message": message }] }))
}

fn asks(line: &'static str) -> impl Fn(&Request) -> bool + Send + Sync {
    move |request| line_of(request).split(" | ").next() == Some(line)
}

fn line_of(request: &Request) -> String {
    let query = request
        .url
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    let key = request
        .headers
        .get("authorization")
        .map(|key| format!(" | {}", key.to_str().unwrap()))
        .unwrap_or_default();
    format!("{} {}{query}{key}", request.method, request.url.path())
}
