//! Tokens: fetched from the service in a registry's challenge, and cached until shortly before they expire.

use super::answer::limited;
use super::clients::TRUST;
use super::message::Message;
use super::scope::Scopes;
use crate::http::Fault;
use crate::name::Domain;
use crate::request::Credential;
use base64::Engine as _;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use reqwest::{Client, RequestBuilder, Url};
use serde::Deserialize;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// The lifetime of a token that does not specify one, and the minimum for all others (Docker's token specification).
const SHORTEST: Duration = Duration::from_secs(60);

/// The longest response of a token service, in bytes; tokens with many groups in them are long.
const LARGEST: usize = 1 << 20;

/// A token and its expiry. No `Debug`: it is a secret.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) text: String,
    ends: Instant,
}

impl Token {
    /// Reads a response; `start` is the time of the request. `None` if there is no token in it.
    fn read(body: &[u8], start: Instant) -> Option<Self> {
        let body: Body = serde_json::from_slice(body).ok()?;
        let text = body
            .token
            .filter(|t| !t.is_empty())
            .or(body.access_token)
            .filter(|t| !t.is_empty())?;
        let life = body
            .expires_in
            .map_or(SHORTEST, Duration::from_secs)
            .clamp(SHORTEST, Duration::from_secs(24 * 3600));
        Some(Self {
            text,
            ends: start + life.mul_f64(0.9),
        })
    }

    /// Whether it is valid long enough for a request.
    pub(super) fn is_fresh(&self) -> bool {
        Instant::now() < self.ends
    }
}

/// A request to a token service.
pub(super) struct Question<'a> {
    pub(super) domain: &'a Domain,
    pub(super) realm: &'a Url,
    pub(super) service: Option<&'a str>,
    pub(super) scopes: &'a Scopes,
    pub(super) credential: Option<&'a Credential>,
    pub(super) each: Duration,
}

#[derive(Deserialize)]
struct Body {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

/// Fetches a token. A refusal is a [`Fault::refused`] that does not mention the credential: the caller adds its source.
pub(super) async fn fetch(
    client: &Client,
    question: &Question<'_>,
) -> Result<Token, (Option<StatusCode>, Fault)> {
    let start = Instant::now();
    let place = format!(
        "{} (the token service of {})",
        question.realm.host_str().unwrap_or("?"),
        question.domain
    );
    let late = |_| Err(Fault::late(&place, question.each));
    let (status, headers, body) = timeout(question.each, question.send(client, &place))
        .await
        .unwrap_or_else(late)
        .map_err(|fault| (None, fault))?;
    if !status.is_success() {
        let fault = question.refusal(status, &headers, &body, place);
        return Err((Some(status), fault));
    }
    Token::read(&body, start).ok_or_else(|| {
        let fault = Fault::refused(place, "its response contains no token");
        (None, fault)
    })
}

impl Question<'_> {
    async fn send(
        &self,
        client: &Client,
        place: &str,
    ) -> Result<(StatusCode, HeaderMap, Vec<u8>), Fault> {
        let mut response = self
            .request(client)
            .send()
            .await
            .map_err(|e| Fault::transport(place, e, TRUST))?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let body = limited(response, place, LARGEST).await?;
        Ok((status, headers, body))
    }

    /// The error for a status that is not a success.
    fn refusal(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        place: String,
    ) -> Fault {
        let secrets = self.credential.map(secrets).unwrap_or_default();
        let said = Message::read(status, body, &secrets);
        let again = said.again(status, headers);
        Fault::new(said.kind(status), place, &said.text).again(again)
    }

    /// A refresh token is exchanged by POST (OAuth2); everything else uses GET.
    fn request(&self, client: &Client) -> RequestBuilder {
        let service = self.service.map(|s| ("service", s.to_owned()));
        if let Some(Credential::Identity(refresh)) = self.credential {
            let form = [
                ("grant_type", "refresh_token".into()),
                ("client_id", "kiln".into()),
                ("refresh_token", refresh.clone()),
            ];
            let form = form
                .into_iter()
                .chain(service)
                .chain([("scope", self.scopes.to_string())]);
            let request = client.post(self.realm.clone());
            return request
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(encode(form));
        }
        let mut url = self.realm.clone();
        {
            let mut query = url.query_pairs_mut();
            query
                .extend_pairs(service)
                .extend_pairs(self.scopes.iter().map(|scope| ("scope", scope)));
            if let Some(Credential::Basic { username, .. }) = self.credential {
                query.append_pair("account", username);
            }
        }
        let basic = self
            .credential
            .and_then(basic)
            .map(|value| (header::AUTHORIZATION, value));
        client.get(url).headers(basic.into_iter().collect())
    }
}

fn encode(pairs: impl IntoIterator<Item = (&'static str, String)>) -> String {
    let Ok(mut url) = Url::parse("form:/") else {
        return String::new();
    };
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap_or_default().to_owned()
}

/// The header for name and password.
pub(super) fn basic(credential: &Credential) -> Option<HeaderValue> {
    let Credential::Basic { username, password } = credential else {
        return None;
    };
    secret_header(&format!("Basic {}", encoded(username, password)))
}

/// The header for a token.
pub(super) fn bearer(token: &str) -> Option<HeaderValue> {
    secret_header(&format!("Bearer {token}"))
}

/// All texts that must not be printed when this credential is in use.
pub(super) fn secrets(credential: &Credential) -> Vec<String> {
    match credential {
        Credential::Basic { username, password } => {
            vec![encoded(username, password), password.clone()]
        }
        Credential::Identity(token) | Credential::Bearer(token) => vec![token.clone()],
    }
}

fn encoded(username: &str, password: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}"))
}

/// Marked as sensitive, so that libraries do not log it.
fn secret_header(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
