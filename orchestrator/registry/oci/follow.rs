//! Redirects, and the one place where requests are sent to a registry.

use super::answer::Answer;
use super::auth::Key;
use super::fault::{Again, Fault};
use super::service::{Ask, Payload, Place, Service};
use http::{Method, StatusCode, header};
use reqwest::{Body, Response, Url};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The limit that browsers use, too.
const MOST: usize = 10;

impl Service {
    /// Sends the request, and follows redirects. Only the registry itself receives `Authorization`.
    pub(super) async fn follow(
        &self,
        base: &Url,
        ask: &Ask,
        key: Option<&Key>,
    ) -> Result<Answer, Fault> {
        let mut url = match &ask.place {
            Place::Api(path) => base
                .join(&format!("v2/{path}"))
                .map_err(|e| Fault::refused(&ask.what, e.to_string()))?,
            Place::At(url) => allowed(base, url.clone()).ok_or_else(|| insecure(ask, url))?,
        };
        let _turn = self.turn(ask).await?;
        for _ in 0..=MOST {
            let home = Self::is_home(base, &url);
            let key = key.filter(|_| home);
            let response = self.once(base, &url, ask, key).await?;
            let Some(next) = target(&response, &url, ask) else {
                return Ok(Answer::new(response, url, home, key, ask.now.each));
            };
            url = allowed(&url, next.clone()).ok_or_else(|| insecure(ask, &next))?;
        }
        Err(Fault::refused(
            &ask.what,
            format!("{} redirects too often", self.domain),
        ))
    }

    /// Sends one request, without following redirects.
    async fn once(
        &self,
        base: &Url,
        url: &Url,
        ask: &Ask,
        key: Option<&Key>,
    ) -> Result<Response, Fault> {
        let transport = self.transport().await?;
        let domain = self.domain.as_str();
        let (client, host) = if Self::is_home(base, url) {
            (&transport.own, domain)
        } else {
            (&transport.others, url.host_str().unwrap_or(domain))
        };
        let mut request = client
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
                    .map_err(|_| self.late(ask.now.each))?
            }
            Payload::Stream(body) => request.body(taken(body, ask)?).send().await,
        };
        sent.map_err(|error| Fault::transport(host, error))
    }

    fn late(&self, each: Duration) -> Fault {
        let why = format!("no response within {} s", each.as_secs_f32());
        Fault::unreachable(self.domain.as_str(), why)
    }
}

/// The body of an upload, which can be sent only once.
fn taken(body: &Mutex<Option<Body>>, ask: &Ask) -> Result<Body, Fault> {
    body.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take()
        .ok_or_else(|| Fault::unreachable(&ask.what, "the upload was redirected midway"))
}

/// The target of a redirect. A write is only repeated if the status keeps its method.
fn target(response: &Response, url: &Url, ask: &Ask) -> Option<Url> {
    let reads = matches!(ask.method, Method::GET | Method::HEAD);
    let kept = matches!(
        response.status(),
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT
    );
    let moved = matches!(
        response.status(),
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND | StatusCode::SEE_OTHER
    );
    if !(kept || moved && reads) {
        return None;
    }
    url.join(response.headers().get(header::LOCATION)?.to_str().ok()?)
        .ok()
}

/// TLS must not be downgraded. A registry behind a TLS proxy may redirect to itself with `http`; then `https` is used.
pub(super) fn allowed(from: &Url, mut to: Url) -> Option<Url> {
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
    .again(Again::Never)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(from: &str, to: &str, expect: Option<&str>) {
        let url = |text: &str| Url::parse(text).unwrap();
        assert_eq!(
            allowed(&url(from), url(to)),
            expect.map(url),
            "{from} -> {to}"
        );
    }

    #[test]
    fn from_tls_only_to_tls() {
        check("https://a.io/v2/", "https://b.io/x", Some("https://b.io/x"));
        check("https://a.io/v2/", "http://b.io/x", None);
        check("https://a.io/v2/", "ftp://a.io/x", None);
        check("http://a.io/v2/", "http://b.io/x", Some("http://b.io/x"));
        check("http://a.io/v2/", "file:///etc/passwd", None);
        check(
            "https://a.io/v2/",
            "http://a.io/x?y",
            Some("https://a.io/x?y"),
        );
        check(
            "https://a.io:5000/v2/",
            "http://a.io/x",
            Some("https://a.io:5000/x"),
        );
        check(
            "https://a.io:5000/v2/",
            "http://a.io:5000/x",
            Some("https://a.io:5000/x"),
        );
    }
}
