//! From an address to the file, over redirects.

use crate::http::{Again, Fault, follow, is_passing, kind};
use http::{HeaderMap, Method, StatusCode, header};
use reqwest::{Client, Response, Url};
use std::time::Duration;
use tokio::time::timeout;

/// What to do about a certificate that is not trusted.
pub(super) const TRUST: &str = "add its certificate authority with SSL_CERT_FILE";

/// Where a file is, and how long to wait for it.
pub(super) struct File<'a> {
    pub client: &'a Client,
    pub url: &'a str,
    /// Timeout until a response begins.
    pub stall: Duration,
    /// The longest `Retry-After` that is obeyed.
    pub longest_wait: Duration,
}

impl File<'_> {
    /// The response that holds the file.
    pub(super) async fn answer(&self) -> Result<Response, Fault> {
        let url =
            Url::parse(self.url).map_err(|why| self.refused(format!("not a valid URL: {why}")))?;
        allowed(None, &url).map_err(|why| self.refused(why))?;
        let next = |from: &Url, to: Url| match allowed(Some(from), &to) {
            Ok(()) => Ok(to),
            Err(why) => Err(self.refused(why)),
        };
        let answer = follow(&Method::GET, url, |url| self.send(url), next).await?;
        let (response, _) = answer.ok_or_else(|| self.refused("too many redirects"))?;
        self.checked(response)
    }

    async fn send(&self, url: Url) -> Result<Response, Fault> {
        // The hash must be of the file itself, not of a compressed transfer of it.
        let request = self
            .client
            .get(url)
            .header(header::ACCEPT, "*/*")
            .header(header::ACCEPT_ENCODING, "identity");
        timeout(self.stall, request.send())
            .await
            .map_err(|_| Fault::late(self.url, self.stall))?
            .map_err(|error| Fault::transport(self.url, error, TRUST))
    }

    /// A "not found" or login page with status 200 is not an archive.
    fn checked(&self, response: Response) -> Result<Response, Fault> {
        if response.status() != StatusCode::OK {
            return Err(self.failure(response.status(), response.headers()));
        }
        let kind = response.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|value| value.to_str().ok());
        let page = kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/html"));
        let path = response.url().path();
        let wanted = path.ends_with(".html") || path.ends_with(".htm");
        match page && !wanted {
            true => Err(self.refused("the response is a web page, not a file")),
            false => Ok(response),
        }
    }

    /// A response that is not a file.
    fn failure(&self, status: StatusCode, headers: &HeaderMap) -> Fault {
        let fault = |why: String| Fault::new(kind(status), self.url, why);
        match Again::in_time(headers) {
            Again::After(delay) if is_passing(status) => {
                let again = match delay > self.longest_wait {
                    true => Again::Never,
                    false => Again::After(delay),
                };
                fault(format!("{status}, retry after {} s", delay.as_secs())).again(again)
            }
            _ => fault(status.to_string()),
        }
    }

    fn refused(&self, why: impl Into<String>) -> Fault {
        Fault::refused(self.url, why)
    }
}

/// TLS must not be downgraded, and no address may contain credentials.
fn allowed(from: Option<&Url>, to: &Url) -> Result<(), String> {
    let host = to.host_str().unwrap_or("nowhere");
    if !to.username().is_empty() || to.password().is_some() {
        return Err(
            "an address with a user name or password is not fetched: it would be visible in every image's history"
                .into(),
        );
    }
    match (from.map(Url::scheme), to.scheme()) {
        (_, "https") | (None | Some("http"), "http") => Ok(()),
        (Some("https"), "http") => Err(format!("its server redirects to {host} without TLS")),
        (_, scheme) => Err(format!("its server redirects to an address with {scheme}:")),
    }
}

#[cfg(test)]
mod tests;
