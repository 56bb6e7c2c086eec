//! Mounting blobs that a registry already has in another repository.

use super::*;
use crate::name::Repository;
use crate::registry::{Registry, fake};
use wiremock::matchers::path;

const START: &str = "POST /v2/new/node/blobs/uploads/";
const MANIFEST: &str = "PUT /v2/new/node/manifests/it";

/// The image `it`, whose one blob is its configuration.
async fn script() -> (Script, Stored, Repository) {
    let (script, stored) = (Script::new().await, fake::image("it"));
    let line = |text: String| -> &'static str { text.leak() };
    script
        .always(
            line(format!("GET /v2/cimg/go/manifests/{}", stored.digest)),
            serves(&stored),
        )
        .await;
    let config = fake::config("it");
    script
        .always(
            line(format!("GET /v2/cimg/go/blobs/{}", Digest::of(&config))),
            status(200).set_body_bytes(config),
        )
        .await;
    script
        .always(
            START,
            status(202).insert_header("location", "/upload/plain"),
        )
        .await;
    Mock::given(path("/upload/plain"))
        .respond_with(status(201))
        .mount(&script.server)
        .await;
    Mock::given(path("/upload/mount"))
        .respond_with(status(201))
        .mount(&script.server)
        .await;
    script
        .always(
            line(format!("PUT /v2/new/node/manifests/{}", stored.digest)),
            status(201),
        )
        .await;
    let to = format!("{}/new/node", script.domain()).parse().unwrap();
    (script, stored, to)
}

fn mount() -> &'static str {
    format!(
        "POST /v2/new/node/blobs/uploads/?mount={}&from=cimg/go",
        Digest::of(fake::config("it"))
    )
    .leak()
}

/// The response to a mount, and the writes that follow.
async fn check(answer: ResponseTemplate, expect: &[&str]) {
    let (script, stored, to) = script().await;
    script.once(mount(), answer).await;
    client(&[])
        .copy(&script.reference("1").repository, stored.digest, &to)
        .await
        .unwrap();
    let log = script
        .log()
        .await
        .into_iter()
        .filter(|line| line.starts_with('P'));
    let short = |line: String| {
        line.replace(&stored.digest.to_string(), "it")
            .split('?')
            .next()
            .unwrap_or_default()
            .to_string()
    };
    assert_eq!(log.map(short).collect::<Vec<_>>(), expect);
}

#[tokio::test]
async fn a_mount_is_a_wish() {
    check(status(201), &[START, MANIFEST]).await;
    check(
        status(202).insert_header("location", "/upload/mount"),
        &[START, "PUT /upload/mount", MANIFEST],
    )
    .await;
    for code in [400, 403, 404, 405] {
        check(status(code), &[START, START, "PUT /upload/plain", MANIFEST]).await;
    }
    check(
        status(503),
        &[START, START, START, "PUT /upload/plain", MANIFEST],
    )
    .await;
}

#[tokio::test]
async fn a_mount_requests_scopes_for_both_repositories() {
    let (script, stored, to) = script().await;
    let realm = format!(r#"Bearer realm="{}/token""#, script.server.uri());
    Mock::given(path("/token"))
        .respond_with(status(200).set_body_json(serde_json::json!({ "token": "t" })))
        .mount(&script.server)
        .await;
    script
        .once("GET /v2/cimg/go/manifests/x", challenge(&realm))
        .await;
    script.always(mount(), status(201)).await;
    let client = client(&[]);
    let first = format!("{}:x", script.reference("1").repository)
        .parse()
        .unwrap();
    client
        .manifest(&first, crate::request::Patience::READ)
        .await
        .unwrap();
    client
        .copy(&script.reference("1").repository, stored.digest, &to)
        .await
        .unwrap();
    let asked: Vec<_> = script
        .log()
        .await
        .into_iter()
        .filter_map(|line| line.strip_prefix("GET /token?scope=").map(String::from))
        .collect();
    let [from, to] = [
        "repository%3Acimg%2Fgo%3Apull",
        "repository%3Anew%2Fnode%3Apull",
    ];
    assert_eq!(
        asked,
        [
            from,
            to,
            &format!("{to}%2Cpush"),
            &format!("{from}&scope={to}%2Cpush")
        ]
    );
}
