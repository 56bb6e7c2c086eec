use super::*;
use http::header::RETRY_AFTER;
use std::time::Duration;

#[track_caller]
fn check(status: u16, body: &str, retry: Option<&str>, text: &str, again: Again) {
    let status = StatusCode::from_u16(status).unwrap();
    let message = Message::read(status, body.as_bytes(), &["hunter2".into()]);
    let headers = retry
        .map(|value| (RETRY_AFTER, value.parse().unwrap()))
        .into_iter()
        .collect();
    assert_eq!(
        (message.text.as_str(), message.again(status, &headers)),
        (text, again),
        "{body}"
    );
}

#[test]
fn responses_become_messages() {
    check(404, "", None, "404 Not Found", Again::Never);
    check(404, "<html>no</html>", None, "404 Not Found", Again::Never);
    check(
        400,
        "out of cheese\n\u{1b}[31m",
        None,
        "400 Bad Request: out of cheese  [31m",
        Again::Never,
    );
    let body = r#"{"errors":[{"code":"NAME_UNKNOWN","message":"no such repository","detail":{"name":"x"}}]}"#;
    check(
        404,
        body,
        None,
        r#"404 Not Found: NAME_UNKNOWN: no such repository ({"name":"x"})"#,
        Again::Never,
    );
    let body = r#"{"errors":[{"code":"DENIED","detail":[{"Action":"pull"}]}]}"#;
    check(403, body, None, "403 Forbidden: DENIED", Again::Never);
    check(
        403,
        "you sent hunter2",
        None,
        "403 Forbidden: you sent ***",
        Again::Never,
    );
    check(
        400,
        r#"{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN"}]}"#,
        None,
        "400 Bad Request: MANIFEST_BLOB_UNKNOWN",
        Again::Soon,
    );
    check(
        400,
        r#"{"errors":null}"#,
        None,
        "400 Bad Request: {\"errors\":null}",
        Again::Never,
    );
    check(
        403,
        "secondary rate limit",
        None,
        "403 Forbidden: secondary rate limit",
        Again::Soon,
    );
    check(413, "", None, "413 Payload Too Large", Again::Never);
    check(501, "", None, "501 Not Implemented", Again::Never);
}

#[track_caller]
fn check_kind(statuses: &[u16], body: &str, kind: FaultKind) {
    for status in statuses {
        let status = StatusCode::from_u16(*status).unwrap();
        let message = Message::read(status, body.as_bytes(), &[]);
        assert_eq!(message.kind(status), kind, "{status} {body}");
    }
}

#[test]
fn a_status_has_a_kind() {
    check_kind(&[401, 403], "", FaultKind::NotAllowed);
    let denied = r#"{"errors":[{"code":"DENIED","message":"requested access is denied"}]}"#;
    check_kind(&[401, 403], denied, FaultKind::NotAllowed);
    let limit = r#"{"errors":[{"code":"DENIED","message":"secondary rate limit"}]}"#;
    check_kind(&[403, 429], limit, FaultKind::Throttled);
    check_kind(&[429], "", FaultKind::Throttled);
    check_kind(&[404, 410], "", FaultKind::NotFound);
    check_kind(&[409, 412], "", FaultKind::ChangedMeanwhile);
    let broken = [408, 425, 499, 500, 501, 502, 503, 504, 507, 522];
    check_kind(&broken, "", FaultKind::Unavailable);
    check_kind(&[400, 405, 413, 416, 418], "", FaultKind::Refused);
}

#[test]
fn temporary_states_are_retried() {
    for status in [408, 425, 429, 500, 502, 503, 504, 522] {
        let status = StatusCode::from_u16(status).unwrap();
        assert_eq!(
            Message::default().again(status, &HeaderMap::new()),
            Again::Soon,
            "{status}"
        );
    }
    check(
        429,
        "",
        Some("7"),
        "429 Too Many Requests",
        Again::After(Duration::from_secs(7)),
    );
    check(
        503,
        "",
        Some(" 0 "),
        "503 Service Unavailable",
        Again::After(Duration::ZERO),
    );
    check(
        503,
        "",
        Some("Wed, 21 Oct 2015 07:28:00 GMT"),
        "503 Service Unavailable",
        Again::After(Duration::ZERO),
    );
    check(
        503,
        "",
        Some("soon"),
        "503 Service Unavailable",
        Again::Soon,
    );
    check(404, "", Some("7"), "404 Not Found", Again::Never);
}

#[test]
fn long_responses_are_cut() {
    let message = Message::read(StatusCode::BAD_REQUEST, "x".repeat(5000).as_bytes(), &[]);
    assert_eq!(message.text.chars().count(), 401);
}
