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
