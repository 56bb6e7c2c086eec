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
