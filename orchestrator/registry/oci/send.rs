//! The one place where requests are sent to a registry: with its authorization, and over its redirects.

use super::answer::Answer;
use super::ask::{Ask, Payload, Place};
use super::auth::Key;
use super::clients::{Site, TRUST};
use super::service::Service;
use crate::http::{Again, Fault, follow};
use crate::request::FaultKind;
use http::{Method, StatusCode, header};
use parking_lot::Mutex;
use reqwest::{Body, Response, Url};

/// The tries with different authorization: none, a cached token, a new token, wider scopes.
const ROUNDS: usize = 4;

impl Service {
    /// Sends a request with the authorization for the registry, and again with a new token if the old one was not
    /// enough.
    pub(super) async fn send(&self, ask: &Ask) -> Result<Answer, Fault> {
        let site = self.site(ask.now.each).await?;
        let mut scopes = ask.scopes.clone();
        let mut rounds = 0;
        loop {
            let blind = !self.auth.is_known();
            let key = match self.auth.key(site, &scopes, ask.now.each).await {
                // The token service has refused the credential.
                Err(fault)
                    if fault.error.kind() == FaultKind::NotAllowed && self.auth.renew().await =>
                {
                    self.auth.key(site, &scopes, ask.now.each).await?
                }
                key => key?,
            };
            let answer = self.delivered(site, ask, key.as_ref()).await?;
            if answer.status != StatusCode::UNAUTHORIZED || !answer.home {
                return Ok(answer);
            }
            let answer = answer.rested().await;
            rounds += 1;
            let learned = self
                .auth
                .learn(&answer.headers, &scopes, key.as_ref(), blind);
            let learned = match learned {
                None if key.is_some() && self.auth.renew().await => Some(scopes.clone()),
                learned => learned,
            };
            match learned.filter(|_| rounds < ROUNDS) {
                Some(wider) if !matches!(ask.payload, Payload::Stream(_)) => scopes = wider,
                Some(_) => return Err(self.fault(answer).await.again(Again::Soon)),
                None => return Ok(answer),
            }
        }
    }

    /// Sends the request, and follows redirects. Only the registry itself receives `Authorization`.
    async fn delivered(
        &self,
        site: Site<'_>,
        ask: &Ask,
        key: Option<&Key>,
    ) -> Result<Answer, Fault> {
        let next =
            |from: &Url, to: Url| allowed(from, to.clone()).ok_or_else(|| insecure(ask, &to));
        let first = match &ask.place {
            Place::Api(path) => site
                .base
                .join(&format!("v2/{path}"))
                .map_err(|e| Fault::refused(&ask.what, e.to_string()))?,
            Place::At(url) => next(site.base, url.clone())?,
        };
        let key_for = |url: &Url| key.filter(|_| site.is_home(url));
        let _turn = self.turn(ask).await?;
        let once = |url: Url| async move { self.once(site, &url, ask, key_for(&url)).await };
        let answer = follow(&ask.method, first, once, next).await?;
        let (response, url) = answer.ok_or_else(|| {
            Fault::refused(&ask.what, format!("{} redirects too often", self.domain))
        })?;
        let secrets = key_for(&url).map(|key| key.secrets.clone());
        let (home, secrets) = (site.is_home(&url), secrets.unwrap_or_default());
        Ok(Answer::new(response, url, home, secrets, ask))
    }

    /// Sends one request, without following redirects.
    async fn once(
        &self,
        site: Site<'_>,
        url: &Url,
        ask: &Ask,
        key: Option<&Key>,
    ) -> Result<Response, Fault> {
        let domain = self.domain.as_str();
        let host = match site.is_home(url) {
            true => domain,
            false => url.host_str().unwrap_or(domain),
        };
        let mut request = site
            .client(url)
            .request(ask.method.clone(), url.clone())
            .headers(ask.headers.clone());
        if let Some(key) = key {
            request = request.header(header::AUTHORIZATION, key.header.clone());
        }
        let sent = match &ask.payload {
            Payload::Bytes(bytes) => {
                let writes = !matches!(ask.method, Method::GET | Method::HEAD | Method::DELETE);
                if writes {
                    request = request.body(bytes.clone());
                }
                tokio::time::timeout(ask.now.each, request.send())
                    .await
                    .map_err(|_| Fault::late(domain, ask.now.each))?
            }
            Payload::Stream(body) => request.body(taken(body, ask)?).send().await,
        };
        sent.map_err(|error| Fault::transport(host, error, TRUST))
    }
}

/// The body of an upload, which can be sent only once.
fn taken(body: &Mutex<Option<Body>>, ask: &Ask) -> Result<Body, Fault> {
    body.lock()
        .take()
        .ok_or_else(|| Fault::unreachable(&ask.what, "the upload was redirected midway"))
}

/// TLS must not be downgraded. A registry behind a TLS proxy may redirect to itself with `http`; then `https` is used.
fn allowed(from: &Url, mut to: Url) -> Option<Url> {
    match (from.scheme(), to.scheme()) {
        (_, "https") | ("http", "http") => Some(to),
        ("https", "http") if from.host() == to.host() => {
            let port = to.port().filter(|port| *port != 80).or(from.port());
            (to.set_scheme("https").is_ok() && to.set_port(port).is_ok()).then_some(to)
        }
        _ => None,
    }
}

fn insecure(ask: &Ask, to: &Url) -> Fault {
    let host = to.host_str().unwrap_or("?");
    Fault::refused(
        &ask.what,
        format!("the registry redirects to {host} without TLS"),
    )
}

#[cfg(test)]
mod tests;
