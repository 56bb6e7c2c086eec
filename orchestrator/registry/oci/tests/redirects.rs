//! Redirects must not leak credentials.

use super::*;
use crate::registry::Registry;
use crate::request::Patience;

const BLOB: &str =
    "GET /v2/cimg/go/blobs/sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

fn to(url: &str) -> ResponseTemplate {
    status(307).insert_header("location", url)
}

#[tokio::test]
async fn authorization_is_sent_only_to_the_registry() {
    let (script, store) = (Script::new().await, Script::new().await);
    script.once(BLOB, challenge("Basic realm=x")).await;
    script.always(BLOB, to("/elsewhere")).await;
    script
        .always(
            "GET /elsewhere",
            to(&format!("{}/bucket?signature=5ecret", store.server.uri())),
        )
        .await;
    store
        .always(
            "GET /bucket?signature=5ecret",
            status(200).set_body_string("hello"),
        )
        .await;
    let client = script.client(&[(&variable(&script), "me:hunter2")]);
    let blob = client
        .blob(
            &script.reference("1").repository,
            Digest::of("hello"),
            Patience::READ,
        )
        .await
        .unwrap();
    assert_eq!(&*blob, b"hello");
    let key = "Basic bWU6aHVudGVyMg==";
    assert_eq!(
        script.log().await,
        [
            BLOB,
            &format!("{BLOB} | {key}"),
            &format!("GET /elsewhere | {key}")
        ]
    );
    assert_eq!(store.log().await, ["GET /bucket?signature=5ecret"]);
}

#[tokio::test]
async fn an_expired_signed_url_is_requested_again() {
    let (script, store) = (Script::new().await, Script::new().await);
    script
        .once(BLOB, to(&format!("{}/old", store.server.uri())))
        .await;
    script
        .always(BLOB, to(&format!("{}/new", store.server.uri())))
        .await;
    store
        .always(
            "GET /old",
            status(403).set_body_string("<Error>expired</Error>"),
        )
        .await;
    store
        .always("GET /new", status(200).set_body_string("hello"))
        .await;
    let blob = script
        .client(&[])
        .blob(
            &script.reference("1").repository,
            Digest::of("hello"),
            Patience::READ,
        )
        .await;
    assert_eq!(&*blob.unwrap(), b"hello");
}

/// Fetches the blob and compares the error.
async fn check(answer: ResponseTemplate, expect: &str) {
    let script = Script::new().await;
    script.always(BLOB, answer).await;
    script.always("GET /round", to("/round")).await;
    let error = script
        .client(&[])
        .blob(
            &script.reference("1").repository,
            Digest::of("hello"),
            Patience::CACHE,
        )
        .await
        .unwrap_err();
    let what = format!(
        "{}@{}",
        script.reference("1").repository,
        Digest::of("hello")
    );
    let text = error
        .to_string()
        .replace(&what, "IT")
        .replace(&script.domain(), "HERE");
    assert!(!text.contains("5ecret"), "{text}");
    assert_eq!(text, expect);
}

#[tokio::test]
async fn invalid_redirects_are_refused() {
    check(to("/round"), "IT: HERE redirects too often").await;
    check(
        to("file:///etc/passwd"),
        "IT: the registry redirects to ? without TLS",
    )
    .await;
    check(
        to("http://127.0.0.1:1/?signature=5ecret"),
        "127.0.0.1 is out of reach: Connection refused (os error 111)",
    )
    .await;
    check(status(307), "IT: 307 Temporary Redirect").await;
    check(
        status(200).set_body_string("other"),
        &format!("IT: the registry sent {} instead", Digest::of("other")),
    )
    .await;
    check(status(404), "IT: the registry does not have this blob").await;
}
