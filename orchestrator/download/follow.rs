//! Follows redirects from an address to the file.

use super::fault::Fault;
use http::header;
use reqwest::{Client, Response, Url};
use std::time::Duration;
use tokio::time::timeout;

/// The limit that browsers use, too.
const MOST: usize = 10;

/// The response that holds the file.
pub(super) async fn answer(
    client: &Client,
    url: &str,
    patience: Duration,
) -> Result<Response, Fault> {
    let mut url =
        Url::parse(url).map_err(|why| Fault::refused(format!("not a valid URL: {why}")))?;
    allowed(None, &url)?;
    for _ in 0..=MOST {
        // The hash must be of the file itself, not of a compressed transfer of it.
        let request = client
            .get(url.clone())
            .header(header::ACCEPT, "*/*")
            .header(header::ACCEPT_ENCODING, "identity");
        let silence =
            |_| Fault::unreachable(format!("no response within {} s", patience.as_secs()));
        let response = timeout(patience, request.send())
            .await
            .map_err(silence)?
            .map_err(Fault::transport)?;
        let Some(next) = target(&response, &url) else {
            return file(response);
        };
        allowed(Some(&url), &next)?;
        url = next;
    }
    Err(Fault::refused("too many redirects"))
}

/// The target of a redirect.
fn target(response: &Response, url: &Url) -> Option<Url> {
    let points = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = response
        .headers()
        .get(header::LOCATION)
        .filter(|_| points)?;
    url.join(location.to_str().ok()?).ok()
}

/// TLS must not be downgraded, and no address may contain credentials.
fn allowed(from: Option<&Url>, to: &Url) -> Result<(), Fault> {
    let host = to.host_str().unwrap_or("nowhere");
    if !to.username().is_empty() || to.password().is_some() {
        return Err(Fault::refused(
            "an address with a user name or password is not fetched: it would be visible in every image's history",
        ));
    }
    match (from.map(Url::scheme), to.scheme()) {
        (_, "https") | (None | Some("http"), "http") => Ok(()),
        (Some("https"), "http") => Err(Fault::refused(format!(
            "its server redirects to {host} without TLS"
        ))),
        (_, scheme) => Err(Fault::refused(format!(
            "its server redirects to an address with {scheme}:"
        ))),
    }
}

/// A "not found" or login page with status 200 is not an archive.
fn file(response: Response) -> Result<Response, Fault> {
    if response.status() != http::StatusCode::OK {
        return Err(Fault::status(response.status(), response.headers()));
    }
    let text = |name| {
        response
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let (kind, path) = (
        text(header::CONTENT_TYPE).to_ascii_lowercase(),
        response.url().path(),
    );
    let wanted = path.ends_with(".html") || path.ends_with(".htm");
    match kind.starts_with("text/html") && !wanted {
        true => Err(Fault::refused("the response is a web page, not a file")),
        false => Ok(response),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(from: Option<&str>, to: &str, good: bool) {
        let url = |text: &str| Url::parse(text).unwrap();
        assert_eq!(
            allowed(from.map(url).as_ref(), &url(to)).is_ok(),
            good,
            "{from:?} -> {to}"
        );
    }

    #[test]
    fn from_tls_only_to_tls() {
        check(None, "https://a.example/x", true);
        check(None, "http://a.example/x", true);
        check(None, "file:///etc/passwd", false);
        check(None, "https://user@a.example/x", false);
        check(None, "https://:secret@a.example/x", false);
        check(Some("https://a.example/"), "https://b.example/x", true);
        check(Some("https://a.example/"), "http://b.example/x", false);
        check(Some("http://a.example/"), "http://b.example/x", true);
        check(Some("http://a.example/"), "https://b.example/x", true);
        check(
            Some("http://a.example/"),
            "https://user:secret@b.example/x",
            false,
        );
        check(Some("http://a.example/"), "ftp://b.example/x", false);
    }
}
