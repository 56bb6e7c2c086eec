//! Writes: lost responses, registries that lie, protected tags; lists and deletions.

use super::*;
use crate::registry::{Registry, fake};
use crate::request::{FaultKind, Patience};

const HEAD: &str = "HEAD /v2/cimg/go/manifests/1";
const PUT: &str = "PUT /v2/cimg/go/manifests/1";

async fn put(script: &Script) -> Result<(), String> {
    let end = script
        .client(&[])
        .put(&script.reference("1"), &fake::image("new"))
        .await;
    end.map_err(|error| {
        error
            .to_string()
            .replace(&script.reference("1").to_string(), "IT")
    })
}

#[tokio::test]
async fn the_very_bytes() {
    let script = Script::new().await;
    let image = fake::image("new");
    script
        .always(
            PUT,
            status(201).insert_header("docker-content-digest", image.digest.to_string()),
        )
        .await;
    assert_eq!(put(&script).await, Ok(()));
    let requests = script.server.received_requests().await.unwrap();
    let sent = requests.last().unwrap();
    assert_eq!(
        (&*sent.body, sent.headers["content-type"].to_str().unwrap()),
        (&*image.bytes, image.media_type.as_str())
    );
    assert_eq!(script.log().await, [PUT]);
}

#[tokio::test]
async fn a_lost_response_is_not_an_error() {
    let script = Script::new().await;
    script.hang_up(PUT).await;
    script.always(HEAD, is(fake::image("new").digest)).await;
    assert_eq!(put(&script).await, Ok(()));
    assert_eq!(script.log().await, [PUT, HEAD], "nothing is written twice");
}

#[tokio::test]
async fn the_state_is_read_before_each_retry() {
    let script = Script::new().await;
    script.times(2, PUT, status(503)).await;
    script
        .once(PUT, says(400, "MANIFEST_BLOB_UNKNOWN", "not yet"))
        .await;
    script.always(PUT, status(201)).await;
    script.once(HEAD, is(Digest::of("old"))).await;
    script.once(HEAD, status(500)).await;
    assert_eq!(put(&script).await, Ok(()));
    assert_eq!(
        script.log().await,
        [PUT, HEAD, PUT, HEAD, HEAD, PUT, HEAD, PUT]
    );
}

#[tokio::test]
async fn the_state_is_read_after_the_last_try() {
    let script = Script::new().await;
    script.always(PUT, status(503)).await;
    script.times(5, HEAD, is(Digest::of("old"))).await;
    script.always(HEAD, is(fake::image("new").digest)).await;
    assert_eq!(put(&script).await, Ok(()));
    assert_eq!(script.log().await.len(), 6 + 5 + 1);

    let script = Script::new().await;
    script.always(PUT, status(503)).await;
    script.always(HEAD, is(Digest::of("old"))).await;
    assert_eq!(
        put(&script).await,
        Err("IT is out of reach: 503 Service Unavailable (6 tries)".into())
    );
}

#[tokio::test]
async fn permanent_errors_are_not_retried() {
    let script = Script::new().await;
    script
        .always(PUT, says(400, "MANIFEST_INVALID", "bad"))
        .await;
    assert_eq!(
        put(&script).await,
        Err("IT: 400 Bad Request: MANIFEST_INVALID: bad".into())
    );
    assert_eq!(script.log().await, [PUT]);

    let script = Script::new().await;
    script
        .always(PUT, says(404, "NAME_UNKNOWN", "no such repository"))
        .await;
    let expect = "IT: 404 Not Found: NAME_UNKNOWN: no such repository: create the repository first; like Amazon ECR, \
                  this registry does not create it with the first push";
    assert_eq!(put(&script).await, Err(expect.into()));
    assert_eq!(script.log().await, [PUT]);

    let script = Script::new().await;
    script
        .always(
            PUT,
            status(201).insert_header("docker-content-digest", Digest::of("x").to_string()),
        )
        .await;
    let expect = format!(
        "IT: {} was sent, but the registry stored {}",
        fake::image("new").digest,
        Digest::of("x")
    );
    assert_eq!(put(&script).await, Err(expect));

    let script = Script::new().await;
    let wrong = Stored {
        digest: Digest::of("x"),
        ..fake::image("new")
    };
    let error = script
        .client(&[])
        .put(&script.reference("1"), &wrong)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), FaultKind::Refused);
    assert!(script.log().await.is_empty());
}

#[tokio::test]
async fn a_tag_that_may_not_move() {
    let script = Script::new().await;
    script
        .always(PUT, says(400, "TAG_INVALID", "the repository is immutable"))
        .await;
    script.always(HEAD, is(Digest::of("old"))).await;
    let said = "400 Bad Request: TAG_INVALID: the repository is immutable";
    let expect = format!(
        "IT: a rule of the registry protects this tag at {} ({said}); {} cannot replace it: exclude the tag from the rule, or use another tag",
        Digest::of("old"),
        fake::image("new").digest
    );
    assert_eq!(put(&script).await, Err(expect));

    let script = Script::new().await;
    script
        .always(PUT, says(412, "PRECONDITION", "configured as immutable"))
        .await;
    script.always(HEAD, is(fake::image("new").digest)).await;
    assert_eq!(
        put(&script).await,
        Ok(()),
        "the tag already has the wanted digest"
    );
}

#[tokio::test]
async fn a_registry_may_show_a_write_late() {
    let script = Script::new().await;
    let (reference, image, client) = (
        script.reference("1"),
        fake::image("new"),
        script.client(&[]),
    );
    script.always(PUT, status(201)).await;
    client.put(&reference, &image).await.unwrap();
    for answer in [
        status(404),
        status(500),
        is(Digest::of("old")),
        is(image.digest),
    ] {
        script.once(HEAD, answer).await;
    }
    assert_eq!(
        client.head(&reference, Patience::READ).await,
        Ok(Some(image.digest))
    );
    script.times(4, HEAD, is(Digest::of("old"))).await;
    assert_eq!(
        client.head(&reference, Patience::READ).await,
        Ok(Some(Digest::of("old"))),
        "after the last try, the state that is read is the result"
    );
}

#[tokio::test]
async fn deletions() {
    let line = "DELETE /v2/cimg/go/manifests/1";
    for (answer, expect) in [
        (status(202), Ok(())),
        (status(404), Ok(())),
        (
            says(405, "UNSUPPORTED", "no"),
            Err(
                "IT: this registry does not support deleting tags, and deleting the digest would delete its other tags, too (405 Method Not Allowed: UNSUPPORTED: no)",
            ),
        ),
    ] {
        let script = Script::new().await;
        script.always(line, answer).await;
        let end = script.client(&[]).delete(&script.reference("1")).await;
        let end = end.map_err(|error| {
            error
                .to_string()
                .replace(&script.reference("1").to_string(), "IT")
        });
        assert_eq!(end.as_ref().map_err(String::as_str).copied(), expect);
    }
}

/// Pages as `request line -> tags, link`, and the list that results.
async fn tags(pages: &[(&'static str, &[&str], Option<&str>)], expect: &[&str]) {
    let script = Script::new().await;
    for (line, tags, link) in pages {
        let page =
            status(200).set_body_json(serde_json::json!({ "name": "cimg/go", "tags": tags }));
        let link = link.map(|link| ("link", format!("<{link}>; rel=\"next\"")));
        script.always(line, page.append_headers(link)).await;
    }
    let got = script
        .client(&[])
        .tags(&script.reference("1").repository, Patience::READ)
        .await
        .unwrap();
    assert_eq!(
        (got, script.log().await.len()),
        (expect.iter().map(|t| t.to_string()).collect(), pages.len())
    );
}

#[tokio::test]
async fn pages_of_tags() {
    let first = "GET /v2/cimg/go/tags/list?n=1000";
    tags(&[(first, &["b", "a"], None)], &["a", "b"]).await;
    tags(&[(first, &[], None)], &[]).await;
    let next = "GET /v2/cimg/go/tags/list?n=2&last=b";
    tags(
        &[
            (first, &["a", "b"], Some("/v2/cimg/go/tags/list?n=2&last=b")),
            (next, &["c"], None),
        ],
        &["a", "b", "c"],
    )
    .await;
    // A registry that sends its first page forever.
    tags(
        &[
            (first, &["a"], Some("/v2/cimg/go/tags/list?n=2&last=b")),
            (next, &["a"], Some("list?n=2&last=b")),
        ],
        &["a"],
    )
    .await;
    let script = Script::new().await;
    let (repository, client) = (script.reference("1").repository, script.client(&[]));
    assert_eq!(
        client.tags(&repository, Patience::READ).await,
        Ok(vec![]),
        "no such repository"
    );
    script
        .once(first, status(200).set_body_string(r#"{"tags":null}"#))
        .await;
    assert_eq!(client.tags(&repository, Patience::READ).await, Ok(vec![]));
    script
        .once(first, status(200).set_body_string("<html>"))
        .await;
    assert!(client.tags(&repository, Patience::READ).await.is_err());
}
