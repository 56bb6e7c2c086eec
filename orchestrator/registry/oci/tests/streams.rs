//! Streams of blobs that are interrupted.

use super::super::source::Source;
use super::*;
use crate::http::Try;
use parking_lot::Mutex;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

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
                asked.lock().push(range.to_string());
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
                    log.lock().iter().map(String::as_str).collect::<Vec<_>>()
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
