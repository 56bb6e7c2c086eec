//! Redirects: followed one by one, because each may lead to another host.

use super::fault::Fault;
use http::{Method, header};
use reqwest::{Response, Url};

/// The most redirects of one request: the limit that browsers use, too.
const MOST: usize = 10;

/// Sends a request to a URL, and to the URLs that it is redirected to. `allowed` sees each of them with the one that
/// named it, and may correct it. Returns the response that is not a redirect, and its URL; `None` after too many.
pub(crate) async fn follow<F, Fut>(
    method: &Method,
    mut url: Url,
    send: F,
    allowed: impl Fn(&Url, Url) -> Result<Url, Fault>,
) -> Result<Option<(Response, Url)>, Fault>
where
    F: Fn(Url) -> Fut,
    Fut: Future<Output = Result<Response, Fault>>,
{
    for _ in 0..=MOST {
        let response = send(url.clone()).await?;
        let Some(next) = target(&response, &url, method) else {
            return Ok(Some((response, url)));
        };
        url = allowed(&url, next)?;
    }
    Ok(None)
}

/// The target of a redirect. A write is only repeated if the status keeps its method.
fn target(response: &Response, url: &Url, method: &Method) -> Option<Url> {
    let points = match response.status().as_u16() {
        307 | 308 => true,
        301..=303 => matches!(*method, Method::GET | Method::HEAD),
        _ => false,
    };
    let location = response.headers().get(header::LOCATION);
    url.join(location.filter(|_| points)?.to_str().ok()?).ok()
}
