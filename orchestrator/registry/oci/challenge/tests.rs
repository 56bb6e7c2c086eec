use super::*;

#[track_caller]
fn check(headers: &[&str], expect: &[Challenge]) {
    assert_eq!(parse(headers.iter().copied()), expect, "{headers:?}");
}

fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
    Challenge::Bearer {
        realm: realm.into(),
        service: service.map(Into::into),
        scope: scope.map(Into::into),
    }
}

#[test]
fn challenges() {
    check(&[], &[]);
    check(&[""], &[]);
    check(&["Basic"], &[Challenge::Basic]);
    check(&["Basic realm=\"a, b\""], &[Challenge::Basic]);
    check(&["basic realm=x,"], &[Challenge::Basic]);
    check(&["Negotiate"], &[]);
    check(&["Bearer service=\"without a realm\""], &[]);
    check(
        &[
            r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#,
        ],
        &[bearer(
            "https://auth.docker.io/token",
            Some("registry.docker.io"),
            Some("repository:a/b:pull,push"),
        )],
    );
    check(
        &[r#"BEARER Realm = "https://x/" , SERVICE=y"#],
        &[bearer("https://x/", Some("y"), None)],
    );
    check(
        &["Bearer realm=https://x/t,service=y"],
        &[bearer("https://x/t", Some("y"), None)],
    );
    check(
        &[r#"Bearer realm="a\"b\\c",error="insufficient_scope""#],
        &[bearer(r#"a"b\c"#, None, None)],
    );
    check(
        &[r#"Bearer realm="never closed"#],
        &[bearer("never closed", None, None)],
    );
    check(
        &[r#"Basic realm="r", Bearer realm="https://x""#],
        &[Challenge::Basic, bearer("https://x", None, None)],
    );
    check(&["Negotiate abc==, Basic realm=r"], &[Challenge::Basic]);
    check(
        &["Basic realm=r", "Bearer realm=x"],
        &[Challenge::Basic, bearer("x", None, None)],
    );
    check(&["= , =x \"", "\u{e9}=\"\\"], &[]);
}

#[test]
fn a_token_is_preferred() {
    assert_eq!(
        choose(parse(["Basic realm=r", "Bearer realm=x"])),
        Some(bearer("x", None, None))
    );
    assert_eq!(choose(parse(["Basic realm=r"])), Some(Challenge::Basic));
    assert_eq!(choose(vec![]), None);
}
