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
    let now = self::text(headers, header::DATE).and_then(date);
    let wait = then.duration_since(now.unwrap_or_else(crate::host::now));
    Some(wait.try_into().unwrap_or(Duration::ZERO))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    Some(headers.get(name)?.to_str().ok()?.trim())
}

/// `Wed, 21 Oct 2015 07:28:00 GMT`, the one form that servers may send today.
fn date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "Wed, 21 Oct 2015 07:28:00 GMT";

    #[track_caller]
    fn check(asked: &str, date: &str, expect: Option<u64>) {
        let pairs = [(header::RETRY_AFTER, asked), (header::DATE, date)];
        let headers = pairs.map(|(name, value)| (name, value.parse().unwrap()));
        let got = retry_after(&headers.into_iter().collect());
        assert_eq!(got, expect.map(Duration::from_secs), "{asked} at {date}");
    }

    #[test]
    fn seconds_and_dates() {
        check("7", NOW, Some(7));
        check(" 0 ", NOW, Some(0));
        check("Wed, 21 Oct 2015 07:28:15 GMT", NOW, Some(15));
        check("Thu, 22 Oct 2015 07:28:00 GMT", NOW, Some(86_400));
        check(NOW, NOW, Some(0));
        check("Wed, 21 Oct 2015 07:27:00 GMT", NOW, Some(0));
        // Without a time of the server, ours counts.
        check("Wed, 21 Oct 2015 07:28:15 GMT", "", Some(0));
    }

    #[test]
    fn what_is_neither_is_ignored() {
        for broken in [
            "",
            "soon",
            "-1",
            "1.5",
            "21 Oct",
            "Mon, 21 Oct 2015 07:28:15 GMT",
        ] {
            check(broken, NOW, None);
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }

    #[test]
    fn a_date_to_come() {
        let then = crate::host::now() + jiff::SignedDuration::from_secs(60);
        let format = jiff::fmt::rfc2822::DateTimePrinter::new();
        let then = format.timestamp_to_rfc9110_string(&then).unwrap();
        let headers = [(header::RETRY_AFTER, then.parse().unwrap())];
        let wait = retry_after(&headers.into_iter().collect()).unwrap();
        assert!((50..=60).contains(&wait.as_secs()), "{wait:?}");
    }
}
