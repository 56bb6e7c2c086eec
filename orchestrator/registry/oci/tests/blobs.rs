//! Copying blobs from one registry to another.

use super::*;
use crate::registry::Registry;
use crate::request::WorldError;

/// An image of one blob.
fn image(blob: &[u8]) -> Stored {
    let config = serde_json::json!({ "digest": Digest::of(blob), "size": blob.len() });
    let media_type = "application/vnd.oci.image.manifest.v1+json".to_string();
    let bytes = serde_json::json!({ "mediaType": media_type, "config": config, "layers": [] })
        .to_string()
        .into_bytes();
    Stored {
        digest: Digest::of(&bytes),
        media_type,
        bytes: bytes.into(),
    }
}

fn leak(text: String) -> &'static str {
    text.leak()
}

struct Pair {
    from: Script,
    to: Script,
    blob: &'static [u8],
    stored: Stored,
}

impl Pair {
    /// The source has the image, and the target accepts everything.
    async fn new() -> Self {
        let (from, to, blob) = (
            Script::new().await,
            Script::new().await,
            b"hello".as_slice(),
        );
        let stored = image(blob);
        from.always(
            leak(format!("GET /v2/cimg/go/manifests/{}", stored.digest)),
            serves(&stored),
        )
        .await;
        from.always(
            leak(format!("GET /v2/cimg/go/blobs/{}", Digest::of(blob))),
            status(200).set_body_bytes(blob),
        )
        .await;
        to.always(
            "POST /v2/cimg/go/blobs/uploads/",
            status(202).insert_header("location", "/upload/1?state=a%3D"),
        )
        .await;
        to.always(
            leak(format!("PUT /v2/cimg/go/manifests/{}", stored.digest)),
            status(201),
        )
        .await;
        to.always("DELETE /upload/1?state=a%3D", status(204)).await;
        Self {
            from,
            to,
            blob,
            stored,
        }
    }

    fn upload(&self) -> &'static str {
        leak(format!(
            "PUT /upload/1?state=a%3D&digest=sha256%3A{}",
            Digest::of(self.blob).hex()
        ))
    }

    async fn copy(&self) -> Result<(), WorldError> {
        let (from, to) = (
            self.from.reference("1").repository,
            self.to.reference("1").repository,
        );
        client(&[]).copy(&from, self.stored.digest, &to).await
    }

    /// The requests to the target, except those that only read.
    async fn writes(&self) -> Vec<String> {
        self.to
            .log()
            .await
            .into_iter()
            .filter(|line| !line.starts_with("HEAD"))
            .collect()
    }
}

#[tokio::test]
async fn blobs_before_the_manifest() {
    let pair = Pair::new().await;
    pair.to.always(pair.upload(), status(201)).await;
    assert_eq!(pair.copy().await, Ok(()));
    let manifest = format!("PUT /v2/cimg/go/manifests/{}", pair.stored.digest);
    assert_eq!(
        pair.writes().await,
        ["POST /v2/cimg/go/blobs/uploads/", pair.upload(), &manifest]
    );
    let requests = pair.to.server.received_requests().await.unwrap();
    let sent = requests
        .iter()
        .find(|r| r.url.path() == "/upload/1")
        .unwrap();
    assert_eq!(
        (&*sent.body, &sent.headers["content-length"]),
        (pair.blob, &"5".parse().unwrap())
    );
}

#[tokio::test]
async fn existing_blobs_are_not_sent() {
    let pair = Pair::new().await;
    pair.to
        .always(
            leak(format!("HEAD /v2/cimg/go/manifests/{}", pair.stored.digest)),
            is(pair.stored.digest),
        )
        .await;
    assert_eq!(pair.copy().await, Ok(()));
    assert_eq!(pair.writes().await, [""; 0]);
}

#[tokio::test]
async fn a_failed_upload_is_cancelled_and_retried() {
    let pair = Pair::new().await;
    pair.to.once(pair.upload(), status(503)).await;
    pair.to.hang_up(pair.upload()).await;
    pair.to.always(pair.upload(), status(201)).await;
    assert_eq!(pair.copy().await, Ok(()));
    let (start, upload, end) = (
        "POST /v2/cimg/go/blobs/uploads/",
        pair.upload(),
        "DELETE /upload/1?state=a%3D",
    );
    assert_eq!(
        pair.writes().await[..8],
        [start, upload, end, start, upload, end, start, upload]
    );
}

#[tokio::test]
async fn an_upload_whose_response_was_lost_succeeds() {
    let pair = Pair::new().await;
    let look = leak(format!("HEAD /v2/cimg/go/blobs/{}", Digest::of(pair.blob)));
    pair.to.once(look, status(404)).await;
    pair.to.always(look, status(200)).await;
    pair.to.hang_up(pair.upload()).await;
    assert_eq!(pair.copy().await, Ok(()));
    assert_eq!(
        pair.writes()
            .await
            .iter()
            .filter(|line| *line == pair.upload())
            .count(),
        1
    );
}

#[tokio::test]
async fn concurrent_copies_share_one_upload() {
    let pair = Pair::new().await;
    pair.to
        .always(
            pair.upload(),
            status(201).set_delay(Duration::from_millis(50)),
        )
        .await;
    let (from, to) = (
        pair.from.reference("1").repository,
        pair.to.reference("1").repository,
    );
    let client = client(&[]);
    let copies = (0..5).map(|_| client.copy(&from, pair.stored.digest, &to));
    assert!(
        futures_util::future::join_all(copies)
            .await
            .iter()
            .all(Result::is_ok)
    );
    assert_eq!(
        pair.writes()
            .await
            .iter()
            .filter(|line| *line == pair.upload())
            .count(),
        1
    );
}

#[tokio::test]
async fn a_stalled_upload_fails() {
    let pair = Pair::new().await;
    pair.to
        .always(
            pair.upload(),
            status(201).set_delay(Duration::from_secs(60)),
        )
        .await;
    let limits = Limits {
        delay: Duration::from_millis(1),
        stall: Duration::from_millis(100),
        ..Limits::default()
    };
    let client = OciRegistry::new(&Environment::default(), Credentials::none(), limits);
    let (from, to) = (
        pair.from.reference("1").repository,
        pair.to.reference("1").repository,
    );
    let copy = client.copy(&from, pair.stored.digest, &to);
    let error = tokio::time::timeout(Duration::from_secs(30), copy)
        .await
        .unwrap()
        .unwrap_err();
    let what = format!("{}@{}", to, Digest::of(pair.blob));
    assert_eq!(
        error.to_string(),
        format!("{what} is out of reach: the upload stalled for 0.1 s (6 tries)")
    );
}
