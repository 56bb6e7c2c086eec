//! Uploading small blobs from memory.

use super::*;
use crate::registry::Registry;
use crate::request::{FaultKind, WorldError};
use std::sync::Arc;

const START: &str = "POST /v2/cimg/go/blobs/uploads/";
const CANCEL: &str = "DELETE /upload/1?state=a%3D";

fn blob() -> Arc<[u8]> {
    Arc::from(*b"{\"schema\":1}")
}

fn look() -> &'static str {
    format!("HEAD /v2/cimg/go/blobs/{}", Digest::of(blob())).leak()
}

fn upload() -> &'static str {
    let hex = Digest::of(blob()).hex();
    format!("PUT /upload/1?state=a%3D&digest=sha256%3A{hex}").leak()
}

/// A registry without the blob that starts uploads.
async fn open() -> Script {
    let script = Script::new().await;
    script.always(look(), status(404)).await;
    let started = status(202).insert_header("location", "/upload/1?state=a%3D");
    script.always(START, started).await;
    script.always(CANCEL, status(204)).await;
    script
}

/// Stores the blob twice with one client; returns the results.
async fn twice(script: &Script) -> [Result<Digest, WorldError>; 2] {
    let (client, repository) = (script.client(&[]), script.reference("1").repository);
    [
        client.put_blob(&repository, blob()).await,
        client.put_blob(&repository, blob()).await,
    ]
}

#[tokio::test]
async fn a_missing_blob_is_sent_once() {
    let script = open().await;
    script.always(upload(), status(201)).await;
    let digest = Digest::of(blob());
    assert_eq!(twice(&script).await, [Ok(digest), Ok(digest)]);
    assert_eq!(script.log().await, [look(), START, upload()]);
    let requests = script.server.received_requests().await.unwrap();
    let sent = requests.last().unwrap();
    assert_eq!(sent.body, &*blob());
    assert_eq!(sent.headers["content-length"], "12");
    assert_eq!(sent.headers["content-type"], "application/octet-stream");
}

#[tokio::test]
async fn an_existing_blob_is_not_sent() {
    let script = Script::new().await;
    script.always(look(), status(200)).await;
    let digest = Digest::of(blob());
    assert_eq!(twice(&script).await, [Ok(digest), Ok(digest)]);
    assert_eq!(script.log().await, [look()]);
}

#[tokio::test]
async fn a_failed_upload_is_cancelled_and_tried_again() {
    let script = open().await;
    script.once(upload(), status(503)).await;
    script.hang_up(upload()).await;
    script.always(upload(), status(201)).await;
    assert!(twice(&script).await[0].is_ok());
    let once = [look(), START, upload(), CANCEL];
    let log = script.log().await;
    assert_eq!(log[..8], [once, once].concat());
    assert_eq!(log[8..], [look(), START, upload()]);
}

#[tokio::test]
async fn an_upload_whose_response_was_lost_is_not_repeated() {
    let script = Script::new().await;
    let started = status(202).insert_header("location", "/upload/1?state=a%3D");
    script.always(START, started).await;
    script.always(CANCEL, status(404)).await;
    script.once(look(), status(404)).await;
    script.always(look(), status(200)).await;
    script.hang_up(upload()).await;
    assert!(twice(&script).await[0].is_ok());
    assert_eq!(
        script.log().await,
        [look(), START, upload(), CANCEL, look()]
    );
}

#[tokio::test]
async fn it_asks_for_the_right_to_push() {
    let script = open().await;
    let key = format!(
        r#"Bearer realm="{}/token",service="r""#,
        script.server.uri()
    );
    script.once(look(), challenge(&key)).await;
    let token = "GET /token?service=r&scope=repository%3Acimg%2Fgo%3Apull%2Cpush";
    script
        .always(
            token,
            status(200).set_body_json(serde_json::json!({ "token": "t" })),
        )
        .await;
    script.always(upload(), status(201)).await;
    assert!(twice(&script).await[0].is_ok());
    assert!(
        script
            .log()
            .await
            .contains(&format!("{} | Bearer t", upload())),
        "{:?}",
        script.log().await
    );
}

#[tokio::test]
async fn a_missing_repository_has_to_be_created() {
    for answer in [status(404), says(404, "NAME_UNKNOWN", "no such repository")] {
        let script = Script::new().await;
        script.always(START, answer).await;
        let [first, _] = twice(&script).await;
        let error = first.unwrap_err();
        assert_eq!(error.kind(), FaultKind::NotFound);
        let hint = "create the repository first; like Amazon ECR, this registry does not create it with the first push";
        assert!(error.to_string().ends_with(hint), "{error}");
        assert_eq!(script.log().await, [look(), START, look(), START]);
    }
}
