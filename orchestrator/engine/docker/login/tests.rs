use super::*;

fn domain(name: &str) -> Domain {
    name.parse::<crate::name::Repository>()
        .map(|r| r.domain().clone())
        .unwrap()
}

fn basic(username: &str, password: &str) -> Credential {
    Credential::Basic {
        username: username.into(),
        password: password.into(),
    }
}

#[track_caller]
fn check(name: &str, credential: Option<Credential>, expect: &str) {
    let header = registry_auth(&domain(name), credential.as_ref());
    assert!(header.is_sensitive());
    let text = URL_SAFE.decode(header.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(text).unwrap(), expect);
}

#[test]
fn logins_have_the_format_of_the_engine() {
    check("127.0.0.1:5000/x", None, "{}");
    let odd = r#"{"username":"u","password":"p>>???~~~ss","serveraddress":"r.example"}"#;
    check("r.example/x", Some(basic("u", "p>>???~~~ss")), odd);
    check(
        "debian",
        Some(basic("u", "p")),
        r#"{"username":"u","password":"p","serveraddress":"https://index.docker.io/v1/"}"#,
    );
    check(
        "r.example/x",
        Some(Credential::Identity("t".into())),
        r#"{"identitytoken":"t","serveraddress":"r.example"}"#,
    );
    check(
        "r.example/x",
        Some(Credential::Bearer("t".into())),
        r#"{"registrytoken":"t","serveraddress":"r.example"}"#,
    );
}

#[test]
fn the_alphabet_is_safe_in_urls() {
    let header = registry_auth(&domain("r.example/x"), Some(&basic("u", "p>>???~~~ss")));
    assert!(
        !header.as_bytes().iter().any(|b| matches!(b, b'+' | b'/')),
        "{:?}",
        header.as_bytes()
    );
}

/// G13: to no other host.
#[test]
fn a_credential_goes_to_its_own_host_only() {
    let all = Credentials::from([
        (domain("debian"), basic("hub", "1")),
        (domain("r.example/x"), Credential::Identity("t".into())),
    ]);
    let ask = |host: &str| for_host(&all, host);
    assert_eq!(
        ask("registry-1.docker.io"),
        Some(("hub".into(), "1".into()))
    );
    assert_eq!(ask("r.example"), Some((String::new(), "t".into())));
    assert_eq!(ask("evil.r.example"), None);
    assert_eq!(ask("r.example:5000"), None);
}
