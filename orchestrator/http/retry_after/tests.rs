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
    check("Wednesday, 21-Oct-15 07:28:15 GMT", NOW, Some(15));
    check("Wed Oct 21 07:28:15 2015", NOW, Some(15));
    check("Wed, 21 Oct 2015 07:28:15 +0000", NOW, Some(15));
    check(NOW, NOW, Some(0));
    check("Wed, 21 Oct 2015 07:27:00 GMT", NOW, Some(0));
    // Without a time of the server, ours counts.
    check("Wed, 21 Oct 2015 07:28:15 GMT", "", Some(0));
}

#[test]
fn what_is_neither_is_ignored() {
    for broken in ["", "soon", "-1", "1.5", "21 Oct"] {
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
