//! `Retry-After`: when a server wants to be asked again (RFC 9110, section 10.2.3).

use http::{HeaderMap, HeaderName, header};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use std::time::Duration;

/// The delay that a response asks for, in seconds or as a date; with a date in the past, it is zero. `None` without
/// the header, and if it is neither: the caller has a delay of its own.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = text(headers, header::RETRY_AFTER)?;
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let then = date(text)?;
    // Measured on the server's own clock if it sends its time: ours may differ.
    let now = date_of(headers);
    let wait = then.duration_since(now.unwrap_or_else(crate::host::now));
    Some(wait.try_into().unwrap_or(Duration::ZERO))
}

/// The time of the server's clock, if a response has it.
pub(crate) fn date_of(headers: &HeaderMap) -> Option<Timestamp> {
    text(headers, header::DATE).and_then(date)
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    Some(headers.get(name)?.to_str().ok()?.trim())
}

/// `Wed, 21 Oct 2015 07:28:00 GMT`, as mail and HTTP write it, or one of the two older forms that a client must read, too
/// (RFC 9110, section 5.6.7).
fn date(text: &str) -> Option<Timestamp> {
    let mail = DateTimeParser::new().parse_timestamp(text);
    mail.ok()
        .or_else(|| httpdate::parse_http_date(text).ok()?.try_into().ok())
}

#[cfg(test)]
mod tests;
