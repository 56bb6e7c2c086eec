//! Authentication, and the errors if it fails.

use super::*;
use crate::registry::Registry;
use crate::request::{FaultKind, Patience, WorldError};
use wiremock::matchers::{body_string_contains, method, path};

const MANIFEST: &str = "HEAD /v2/cimg/go/manifests/1";
/// `me:hunter2`
const BASIC: &str = "Basic bWU6aHVudGVyMg==";

fn token(text: &str, seconds: u64) -> ResponseTemplate {
    status(200).set_body_json(serde_json::json!({ "token": text, "expires_in": seconds }))
}

/// A registry that requires tokens from its own service.
async fn with_tokens(answer: ResponseTemplate) -> Script {
    let script = Script::new().await;
    let realm = format!(
        r#"Bearer realm="{}/token",service="here",scope="repository:cimg/go:pull""#,
        script.server.uri()
    );
    Mock::given(path("/token"))
        .respond_with(answer)
        .mount(&script.server)
        .await;
    let open = |request: &Request| {
        request
            .headers
            .get("authorization")
            .is_some_and(|key| key.to_str().unwrap().starts_with("Bearer t"))
    };
    Mock::given(method("HEAD"))
        .and(open)
        .respond_with(is(Digest::of("1")))
        .mount(&script.server)
        .await;
    script.always(MANIFEST, challenge(&realm)).await;
    script
}

async fn head(client: &OciRegistry, script: &Script) -> Result<Option<Digest>, WorldError> {
    client.head(&script.reference("1"), Patience::READ).await
}

#[tokio::test]
async fn no_key_where_none_is_wanted() {
    let script = Script::new().await;
    script.always(MANIFEST, is(Digest::of("1"))).await;
    let client = script.client(&[(&variable(&script), "me:hunter2")]);
    assert_eq!(head(&client, &script).await, Ok(Some(Digest::of("1"))));
    assert_eq!(script.log().await, [MANIFEST]);
}

#[tokio::test]
async fn name_and_password() {
    let script = Script::new().await;
    script.once(MANIFEST, challenge("Basic realm=\"x\"")).await;
    script.always(MANIFEST, is(Digest::of("1"))).await;
    let client = script.client(&[(&variable(&script), "me:hunter2")]);
    assert_eq!(head(&client, &script).await, Ok(Some(Digest::of("1"))));
    assert_eq!(head(&client, &script).await, Ok(Some(Digest::of("1"))));
    let opened = format!("{MANIFEST} | {BASIC}");
    assert_eq!(script.log().await, [MANIFEST, &opened, &opened]);
}

/// The password of a cloud provider's helper ends during a long run: its helper has a new one, and the request succeeds.
#[tokio::test]
async fn a_helper_has_a_new_password_for_one_that_has_ended() {
    use base64::Engine as _;
    use std::os::unix::fs::PermissionsExt as _;
    let script = Script::new().await;
    let home = tempfile::tempdir().unwrap();
    let helper = home.path().join("docker-credential-own");
    let counts = "#!/bin/sh\necho call >> \"$HOME/calls\"; cat > /dev/null\n\
                  echo \"{\\\"Username\\\":\\\"AWS\\\",\\\"Secret\\\":\\\"k$(grep -c . \"$HOME/calls\")\\\"}\"\n";
    std::fs::write(&helper, counts).unwrap();
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755)).unwrap();
    let config = home.path().join("config.json");
    std::fs::write(config, r#"{"credsStore":"own"}"#).unwrap();
    let home = home.path().to_str().unwrap();
    let path = format!("{home}:/usr/bin:/bin");
    let vars = [("HOME", home), ("DOCKER_CONFIG", home), ("PATH", &path)];
    let env: Environment = vars
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let credentials = Credentials::renewable(&env);
    let client = OciRegistry::new(&env, credentials, Limits::default());
    let basic = || challenge("Basic realm=\"x\"");
    for answer in [basic(), is(Digest::of("1")), basic(), is(Digest::of("2"))] {
        script.once(MANIFEST, answer).await;
    }
    assert_eq!(head(&client, &script).await, Ok(Some(Digest::of("1"))));
    assert_eq!(head(&client, &script).await, Ok(Some(Digest::of("2"))));
    let key = |password: &str| {
        let encoded = base64::engine::general_purpose::STANDARD.encode(format!("AWS:{password}"));
        format!("{MANIFEST} | Basic {encoded}")
    };
    assert_eq!(
        script.log().await,
        [MANIFEST, &key("k1"), &key("k1"), &key("k2")]
    );
    // A registry that refuses every password is not asked forever.
    script.always(MANIFEST, basic()).await;
    let error = head(&client, &script).await.unwrap_err();
    assert_eq!(error.kind(), FaultKind::NotAllowed);
}

#[tokio::test]
async fn a_token_is_fetched_once_and_kept() {
    let script = with_tokens(token("t1", 300)).await;
    let client = script.client(&[(&variable(&script), "me:hunter2")]);
    assert_eq!(head(&client, &script).await, Ok(Some(Digest::of("1"))));
    assert_eq!(head(&client, &script).await, Ok(Some(Digest::of("1"))));
    let opened = format!("{MANIFEST} | Bearer t1");
    let asked =
        format!("GET /token?service=here&scope=repository%3Acimg%2Fgo%3Apull&account=me | {BASIC}");
    assert_eq!(script.log().await, [MANIFEST, &asked, &opened, &opened]);
}

#[tokio::test]
async fn concurrent_requests_fetch_one_token() {
    let script = with_tokens(token("t1", 300).set_delay(Duration::from_millis(50))).await;
    let client = script.client(&[]);
    let all = futures_util::future::join_all((0..20).map(|_| head(&client, &script))).await;
    assert!(all.iter().all(|one| *one == Ok(Some(Digest::of("1")))));
    let log = script.log().await;
    assert_eq!(
        log.iter()
            .filter(|line| line.starts_with("GET /token?service=here&scope="))
            .count(),
        1,
        "{log:#?}"
    );
}

#[tokio::test]
async fn a_token_that_is_refused_is_replaced_once() {
    let script = Script::new().await;
    let realm = format!(r#"Bearer realm="{}/token""#, script.server.uri());
    let answers = [
        challenge(&realm),
        is(Digest::of("1")),
        challenge(&realm),
        is(Digest::of("2")),
        challenge(&realm),
        challenge(&realm),
    ];
    for answer in answers {
        script.once(MANIFEST, answer).await;
    }
    for text in ["t1", "t2", "t3"] {
        Mock::given(path("/token"))
            .respond_with(token(text, 300))
            .up_to_n_times(1)
            .mount(&script.server)
            .await;
    }
    let client = script.client(&[]);
    assert_eq!(head(&client, &script).await, Ok(Some(Digest::of("1"))));
    assert_eq!(head(&client, &script).await, Ok(Some(Digest::of("2"))));
    assert!(head(&client, &script).await.is_err());
    let keys: Vec<_> = script
        .log()
        .await
        .into_iter()
        .filter_map(|line| line.split(" | Bearer ").nth(1).map(String::from))
        .collect();
    assert_eq!(keys, ["t1", "t1", "t2", "t2", "t3"]);
}

#[tokio::test]
async fn a_refresh_token_is_exchanged() {
    let script = Script::new().await;
    let realm = format!(
        r#"Bearer realm="{}/token",service="here""#,
        script.server.uri()
    );
    let form = "grant_type=refresh_token&client_id=kiln&refresh_token=hunter2&service=here&scope=repository%3Acimg%2Fgo%3Apull";
    let answer = status(200).set_body_json(serde_json::json!({ "access_token": "t1" }));
    Mock::given(method("POST"))
        .and(path("/token"))
        .and(body_string_contains(form))
        .respond_with(answer)
        .mount(&script.server)
        .await;
    script.once(MANIFEST, challenge(&realm)).await;
    script.always(MANIFEST, is(Digest::of("1"))).await;
    let client = script.client(&[(&variable(&script), "<token>:hunter2")]);
    assert_eq!(head(&client, &script).await, Ok(Some(Digest::of("1"))));
    assert_eq!(
        script.log().await,
        [MANIFEST, "POST /token", &format!("{MANIFEST} | Bearer t1")]
    );
}

#[tokio::test]
async fn a_ready_token_goes_as_it_is() {
    let script = Script::new().await;
    script
        .once(
            MANIFEST,
            challenge(r#"Bearer realm="https://nowhere.invalid/""#),
        )
        .await;
    script.always(MANIFEST, is(Digest::of("1"))).await;
    let client = script.client(&[(&variable(&script), "Bearer hunter2")]);
    assert_eq!(head(&client, &script).await, Ok(Some(Digest::of("1"))));
    assert_eq!(
        script.log().await,
        [MANIFEST, &format!("{MANIFEST} | Bearer hunter2")]
    );
}

#[tokio::test]
async fn a_missing_scope_is_requested() {
    let script = Script::new().await;
    let realm = |scope: &str| {
        format!(
            r#"Bearer realm="{}/token",scope="{scope}",error="insufficient_scope""#,
            script.server.uri()
        )
    };
    script
        .once(MANIFEST, challenge(&realm("repository:cimg/go:pull")))
        .await;
    script
        .once(
            MANIFEST,
            challenge(&realm("repository:cimg/go:metadata_read")),
        )
        .await;
    script.always(MANIFEST, is(Digest::of("1"))).await;
    Mock::given(path("/token"))
        .respond_with(token("t", 300))
        .mount(&script.server)
        .await;
    assert_eq!(
        head(&script.client(&[]), &script).await,
        Ok(Some(Digest::of("1")))
    );
    let asked: Vec<_> = script
        .log()
        .await
        .into_iter()
        .filter(|line| line.starts_with("GET"))
        .collect();
    let wider = "GET /token?scope=repository%3Acimg%2Fgo%3Ametadata_read%2Cpull";
    assert_eq!(
        asked,
        ["GET /token?scope=repository%3Acimg%2Fgo%3Apull", wider]
    );
}

/// The error, which must not contain a secret.
async fn denied(script: &Script, vars: &[(&str, &str)], expect: &str) {
    let error = head(&script.client(vars), script).await.unwrap_err();
    assert_eq!(error.kind(), FaultKind::NotAllowed, "{error:?}");
    let text = format!("{error} {error:?}");
    assert!(
        !text.contains("hunter2") && !text.contains("bWU6"),
        "{text}"
    );
    let text = error
        .to_string()
        .replace(&script.domain(), "HERE")
        .replace(&variable(script), "KILN_AUTH_HERE");
    assert_eq!(text, expect);
}

#[tokio::test]
async fn who_is_not_let_in_hears_why() {
    let out = "set KILN_AUTH_HERE=user:password, or run `docker login HERE`";
    let none = "no credential was found for it";
    // A login has no effect as long as the variable is set.
    let used = "the credential from KILN_AUTH_HERE was used: correct it, or unset it and run `docker login HERE`";
    let script = Script::new().await;
    script.always(MANIFEST, challenge("Basic realm=x")).await;
    denied(
        &script,
        &[],
        &format!("HERE/cimg/go:1: access denied: 401 Unauthorized; {none}: {out}"),
    )
    .await;
    let ours = variable(&script);
    let ours = [(ours.as_str(), "me:hunter2")];
    denied(
        &script,
        &ours,
        &format!("HERE/cimg/go:1: access denied: 401 Unauthorized; {used}"),
    )
    .await;
    // Three requests to find the authentication, and no retry that makes no sense.
    assert_eq!(script.log().await.len(), 4);

    let script = Script::new().await;
    script.always(MANIFEST, status(403)).await;
    denied(
        &script,
        &[],
        &format!("HERE/cimg/go:1: access denied: 403 Forbidden; {none}: {out}"),
    )
    .await;

    let script = with_tokens(status(401).set_body_string("no hunter2, nor bWU6aHVudGVyMg==")).await;
    let ours = variable(&script);
    let why =
        "access denied: 127.0.0.1 (the token service of HERE): 401 Unauthorized: no ***, nor ***";
    denied(
        &script,
        &[(&ours, "me:hunter2")],
        &format!("HERE: {why}; {used}"),
    )
    .await;
    assert_eq!(script.log().await.len(), 2);
}

#[tokio::test]
async fn token_requests_are_retried() {
    let script = Script::new().await;
    let realm = format!(r#"Bearer realm="{}/token""#, script.server.uri());
    script.once(MANIFEST, challenge(&realm)).await;
    script.always(MANIFEST, is(Digest::of("1"))).await;
    Mock::given(path("/token"))
        .respond_with(status(503))
        .up_to_n_times(1)
        .mount(&script.server)
        .await;
    Mock::given(path("/token"))
        .respond_with(token("t", 300))
        .mount(&script.server)
        .await;
    assert_eq!(
        head(&script.client(&[]), &script).await,
        Ok(Some(Digest::of("1")))
    );
}

#[tokio::test]
async fn a_credential_is_read_only_when_needed() {
    let script = Script::new().await;
    script.always(MANIFEST, is(Digest::of("1"))).await;
    let client = script.client(&[("DOCKER_AUTH_CONFIG", "no JSON")]);
    assert_eq!(head(&client, &script).await, Ok(Some(Digest::of("1"))));
}

#[tokio::test]
async fn no_password_goes_to_another_host_without_tls() {
    let script = Script::new().await;
    let realm = challenge(r#"Bearer realm="http://auth.invalid:81/token""#);
    script.always(MANIFEST, realm).await;
    let ours = variable(&script);
    let proxy = MockServer::start().await;
    let vars = |insecure: &'static str| {
        script.client(&[
            (&ours, "me:hunter2"),
            ("http_proxy", &proxy.uri()),
            ("KILN_INSECURE", insecure),
        ])
    };
    let asked = || async { proxy.received_requests().await.unwrap().len() };
    let error = head(&vars("auth.invalid"), &script).await.unwrap_err();
    let expect = "its token service is on another host, auth.invalid:81, without TLS, so it does not get the password: \
                  use https for the token service, or allow plain HTTP to it with KILN_INSECURE=auth.invalid:81";
    assert_eq!(error.to_string(), format!("{}: {expect}", script.domain()));
    assert_eq!(asked().await, 0);
    assert!(head(&vars("auth.invalid:81"), &script).await.is_err());
    assert_eq!(asked().await, 1, "the user allows it");
}
