use super::*;

#[track_caller]
fn test(base: &str, realm: &str, credential: bool) -> Result<(), String> {
    let url = |text: &str| Url::parse(text).unwrap();
    check(&url(base), &url(realm), credential, |p| p == "open.lan:81")
}

#[test]
fn a_password_goes_over_tls_or_to_the_same_host() {
    for (base, realm) in [
        ("https://r.io/", "https://auth.io/token"),
        ("http://r.lan:5000/", "https://auth.io/token"),
        ("http://r.lan:5000/", "http://r.lan/token"),
        ("http://127.0.0.1:5000/", "http://localhost:5001/token"),
        ("http://r.lan/", "http://open.lan:81/token"),
    ] {
        assert_eq!(test(base, realm, true), Ok(()), "{base} {realm}");
    }
}

#[test]
fn no_password_goes_elsewhere_without_tls() {
    for (base, realm) in [
        ("https://r.io/", "http://r.io/token"),
        ("https://r.io/", "http://open.lan:81/token"),
        ("https://r.io/", "ftp://r.io/token"),
        ("http://r.lan/", "http://auth.lan/token"),
        ("http://r.lan/", "http://open.lan/token"),
        ("http://127.0.0.1:5000/", "http://auth.lan/token"),
        // What listens on this machine may be anyone's, if a host elsewhere names it.
        ("http://r.lan/", "http://127.0.0.1:9/token"),
    ] {
        assert!(test(base, realm, true).is_err(), "{base} {realm}");
    }
}

#[test]
fn the_reason_and_the_way_out() {
    let why = test("http://r.lan/", "http://auth.lan:82/token", true).unwrap_err();
    let expect = "its token service is on another host, auth.lan:82, without TLS, so it does not get the password: \
                      use https for the token service, or allow plain HTTP to it with KILN_INSECURE=auth.lan:82";
    assert_eq!(why, expect);
}

#[test]
fn without_a_password_there_is_none_to_lose() {
    assert_eq!(
        test("http://r.lan/", "http://auth.lan/token", false),
        Ok(())
    );
    assert!(test("https://r.io/", "http://r.io/token", false).is_err());
}
