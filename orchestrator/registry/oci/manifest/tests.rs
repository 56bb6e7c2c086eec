use super::*;

#[track_caller]
fn check(header: Option<&str>, body: &str, expect: Result<&str, &str>) {
    let got = media_type(header.map(Into::into), body.as_bytes());
    assert_eq!(
        got.as_deref().map_err(String::as_str),
        expect,
        "{header:?} {body}"
    );
}

#[test]
fn types() {
    check(Some("a/b"), r#"{"mediaType":"a/b"}"#, Ok("a/b"));
    check(Some("a/b"), "{}", Ok("a/b"));
    check(None, r#"{"mediaType":"a/b"}"#, Ok("a/b"));
    check(Some("text/plain"), r#"{"mediaType":"a/b"}"#, Ok("a/b"));
    check(
        Some("c/d"),
        r#"{"mediaType":"a/b"}"#,
        Err("the registry sent it as c/d, but its media type is a/b"),
    );
    check(
        None,
        "{}",
        Err("neither the registry nor the manifest specifies its media type"),
    );
    check(
        Some("text/html"),
        "<html>",
        Err("the registry did not send a manifest"),
    );
}
