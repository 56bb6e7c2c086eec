//! Copying blobs from one registry to another.

use super::*;
use crate::registry::Registry;
use crate::request::WorldError;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

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

/// A server with one blob that fails as configured. Returns the `Range` of each request.
async fn cut(blob: Vec<u8>, ranges: bool, cuts: usize) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let domain = listener.local_addr().unwrap().to_string();
    let log = Arc::new(Mutex::new(Vec::new()));
    let asked = log.clone();
    tokio::spawn(async move {
        let mut gets = 0;
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 8192];
            let length = stream.read(&mut request).await.unwrap_or(0);
            let request = String::from_utf8_lossy(&request[..length]).to_lowercase();
            let range = request
                .lines()
                .find_map(|line| line.strip_prefix("range: bytes="))
                .unwrap_or("0-")
                .trim_end_matches('-');
            let from = if ranges { range.parse().unwrap() } else { 0 };
            let body = if request.contains("/blobs/") {
                &blob[from..]
            } else {
                b"{}"
            };
            let end = if body.len() > 2 && gets < cuts {
                body.len() / 2
            } else {
                body.len()
            };
            if request.contains("/blobs/") {
                asked.lock().unwrap().push(range.to_string());
                gets += 1;
            }
            let status = if from > 0 {
                "206 Partial Content"
            } else {
                "200 OK"
            };
            let head = format!(
                "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(&body[..end]).await;
        }
    });
    (domain, log)
}

use super::super::source::Source;
use crate::http::Try;
use std::sync::{Arc, Mutex};

/// Copies a blob of 4,000 bytes from a server that interrupts it; compares the requests and the result.
async fn stream(
    digest: Digest,
    size: u64,
    ranges: bool,
    cuts: usize,
    expect: Result<&[&str], &str>,
) {
    let blob: Vec<u8> = (0..4000u32).map(|n| n.to_le_bytes()[0]).collect();
    let (domain, log) = cut(blob.clone(), ranges, cuts).await;
    let repository = format!("{domain}/cimg/go").parse().unwrap();
    let now = Try {
        number: 0,
        each: Duration::from_secs(5),
        until: tokio::time::Instant::now() + Duration::from_secs(60),
    };
    let mut source = Source::new(&client(&[]), &repository, digest, size, now);
    source.open().await.unwrap();
    let progress = source.progress.clone();
    // Only a request body can be read back, so it is sent to a server of the test.
    let sink = Script::new().await;
    sink.always("PUT /sink", status(201)).await;
    let sent = reqwest::Client::new()
        .put(format!("{}/sink", sink.server.uri()))
        .body(source.body())
        .send()
        .await;
    match expect {
        Ok(ranges) => {
            sent.unwrap();
            let got = sink
                .server
                .received_requests()
                .await
                .unwrap()
                .pop()
                .unwrap()
                .body;
            assert_eq!(
                (
                    got,
                    log.lock()
                        .unwrap()
                        .iter()
                        .map(String::as_str)
                        .collect::<Vec<_>>()
                ),
                (blob, ranges.to_vec())
            );
        }
        Err(end) => {
            let error = progress.fault().unwrap().error.to_string();
            assert!(error.ends_with(end), "{error}");
        }
    }
}

#[tokio::test]
async fn an_interrupted_stream_is_resumed() {
    let digest = Digest::of((0..4000u32).map(|n| n.to_le_bytes()[0]).collect::<Vec<_>>());
    stream(digest, 4000, true, 0, Ok(&["0"])).await;
    stream(digest, 4000, true, 2, Ok(&["0", "2000", "3000"])).await;
    stream(digest, 4000, false, 1, Ok(&["0", "2000"])).await;
    stream(
        digest,
        4000,
        true,
        99,
        Err("its stream was interrupted 5 times"),
    )
    .await;
    stream(
        digest,
        3999,
        true,
        0,
        Err("the blob is longer than the 3999 bytes in its manifest"),
    )
    .await;
    let got = format!("the registry sent {digest} instead");
    stream(Digest::of("x"), 4000, true, 0, Err(&got)).await;
}
