//! G18: which requests are retried, how often, and when retries end.

use super::*;
use crate::registry::Registry;
use crate::request::{FaultKind, Patience, WorldError};
use std::time::Instant;

const HEAD: &str = "HEAD /v2/cimg/go/manifests/1";
const GET: &str = "GET /v2/cimg/go/manifests/1";

async fn head(script: &Script) -> Result<Option<Digest>, WorldError> {
    script
        .client(&[])
        .head(&script.reference("1"), Patience::READ)
        .await
}

/// First these statuses, then the digest; compares the result and the number of requests.
async fn check(statuses: &[u16], expect: Result<(), &str>, requests: usize) {
    let script = Script::new().await;
    for code in statuses {
        script.once(HEAD, status(*code)).await;
    }
    script.always(HEAD, is(Digest::of("1"))).await;
    let got = head(&script)
        .await
        .map(|digest| assert_eq!(digest, Some(Digest::of("1"))));
    let text = got.map_err(|e| e.to_string().replace(&script.domain(), "HERE"));
    assert_eq!(
        text.as_ref().map_err(String::as_str).copied(),
        expect,
        "{statuses:?}"
    );
    assert_eq!(script.log().await.len(), requests, "{statuses:?}");
}

#[tokio::test]
async fn passing_trouble_passes() {
    check(&[], Ok(()), 1).await;
    for code in [408, 425, 429, 500, 502, 503, 504] {
        check(&[code], Ok(()), 2).await;
    }
    check(&[500, 503, 429], Ok(()), 4).await;
    let four = Err("HERE/cimg/go:1 is out of reach: 503 Service Unavailable (4 tries)");
    check(&[500, 500, 500, 503], four, 4).await;
    check(&[400], Err("HERE/cimg/go:1: 400 Bad Request"), 1).await;
    check(&[413], Err("HERE/cimg/go:1: 413 Payload Too Large"), 1).await;
}

#[tokio::test]
async fn a_closed_connection_is_retried() {
    let script = Script::new().await;
    script.hang_up(HEAD).await;
    script.always(HEAD, is(Digest::of("1"))).await;
    assert_eq!(head(&script).await, Ok(Some(Digest::of("1"))));
}

#[tokio::test]
async fn a_closed_port_is_retried() {
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let reference: Reference = format!("{free}/cimg/go:1").parse().unwrap();
    let error = client(&[])
        .head(&reference, Patience::READ)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), FaultKind::NotReachable);
    assert_eq!(
        error.to_string(),
        format!("{free} is out of reach: Connection refused (os error 111) (4 tries)")
    );
}

#[tokio::test]
async fn a_server_that_does_not_respond_times_out() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let domain = silent.local_addr().unwrap();
    let reference: Reference = format!("{domain}/cimg/go:1").parse().unwrap();
    let patience = Patience {
        tries: 1,
        each: Duration::from_millis(200),
        total: Duration::from_secs(10),
    };
    let start = Instant::now();
    let error = client(&[]).head(&reference, patience).await.unwrap_err();
    assert!(
        start.elapsed() < Duration::from_secs(9),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(error.kind(), FaultKind::NotReachable, "{error:?}");
}

#[tokio::test]
async fn the_timeout_includes_the_body() {
    let script = Script::new().await;
    script
        .always(HEAD, is(Digest::of("1")).set_delay(Duration::from_secs(30)))
        .await;
    let patience = Patience {
        tries: 9,
        each: Duration::from_millis(150),
        total: Duration::from_millis(400),
    };
    let client = script.client(&[]);
    // Reading the system's certificates takes time, once.
    client
        .head(&script.reference("2"), Patience::READ)
        .await
        .unwrap();
    let start = Instant::now();
    let error = client
        .head(&script.reference("1"), patience)
        .await
        .unwrap_err();
    assert!(
        start.elapsed() < Duration::from_millis(1500),
        "{:?}",
        start.elapsed()
    );
    let expect = format!(
        "{} is out of reach: no response within 0.15 s",
        script.domain()
    );
    assert!(error.to_string().starts_with(&expect), "{error}");
}

#[tokio::test]
async fn the_registry_says_how_long() {
    let script = Script::new().await;
    script
        .once(HEAD, status(429).insert_header("retry-after", "1"))
        .await;
    script.always(HEAD, is(Digest::of("1"))).await;
    script
        .always("HEAD /v2/cimg/go/manifests/2", is(Digest::of("2")))
        .await;
    let client = script.client(&[]);
    let start = Instant::now();
    let first = async { client.head(&script.reference("1"), Patience::READ).await };
    let second = async {
        // After the first one is throttled, the second waits with it.
        while script.log().await.is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        client
            .head(&script.reference("2"), Patience::READ)
            .await
            .map(|_| start.elapsed())
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(first, Ok(Some(Digest::of("1"))));
    assert!(start.elapsed() >= Duration::from_secs(1) && second.unwrap() >= Duration::from_secs(1));
}

#[tokio::test]
async fn the_registry_says_when() {
    let script = Script::new().await;
    let date = |second: u8| format!("Wed, 21 Oct 2015 07:28:{second:02} GMT");
    let later = status(429).insert_header("date", date(0));
    script
        .once(HEAD, later.insert_header("retry-after", date(2)))
        .await;
    script.always(HEAD, is(Digest::of("1"))).await;
    let start = Instant::now();
    assert_eq!(head(&script).await, Ok(Some(Digest::of("1"))));
    assert!(
        start.elapsed() >= Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn a_very_long_retry_after_is_an_error() {
    let script = Script::new().await;
    script
        .always(
            HEAD,
            says(429, "TOOMANYREQUESTS", "slow down").insert_header("retry-after", "3600"),
        )
        .await;
    let error = head(&script).await.unwrap_err().to_string();
    let expect = "is out of reach: 429 Too Many Requests (retry after 3600 s)";
    assert_eq!(error, format!("{} {expect}", script.reference("1")));
    assert_eq!(script.log().await.len(), 1);
}

#[tokio::test]
async fn concurrent_requests_are_limited() {
    let script = Script::new().await;
    script
        .always(
            HEAD,
            is(Digest::of("1")).set_delay(Duration::from_millis(100)),
        )
        .await;
    let client = script.client(&[]);
    let start = Instant::now();
    let reference = script.reference("1");
    futures_util::future::join_all((0..24).map(|_| client.head(&reference, Patience::READ))).await;
    assert!(
        start.elapsed() >= Duration::from_millis(300),
        "three rounds of eight: {:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn what_is_there() {
    let image = crate::registry::fake::image("1");
    let script = Script::new().await;
    let (reference, client) = (script.reference("1"), script.client(&[]));
    let pinned = Reference::pinned(reference.repository.clone(), Digest::of("other"));
    assert_eq!(client.head(&reference, Patience::READ).await, Ok(None));
    assert_eq!(client.manifest(&reference, Patience::READ).await, Ok(None));
    script.always(HEAD, status(200)).await;
    script.times(2, GET, serves(&image)).await;
    assert_eq!(
        client.head(&reference, Patience::READ).await,
        Ok(Some(image.digest)),
        "no digest in the answer, so the bytes are hashed"
    );
    assert_eq!(
        client.manifest(&reference, Patience::READ).await,
        Ok(Some(image.clone()))
    );
    script
        .once(
            GET,
            serves(&Stored {
                digest: Digest::of("x"),
                ..image.clone()
            }),
        )
        .await;
    assert!(client.manifest(&reference, Patience::READ).await.is_err());
    script
        .once(
            GET,
            serves(&image).set_body_bytes(vec![b' '; (8 << 20) + 1]),
        )
        .await;
    let error = client
        .manifest(&reference, Patience::READ)
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{reference}: its response is longer than 8388608 bytes")
    );
    let line: &'static str = format!("HEAD /v2/cimg/go/manifests/{}", Digest::of("other")).leak();
    script.once(line, is(image.digest)).await;
    let error = client.head(&pinned, Patience::READ).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{pinned}: the registry sent {} instead", image.digest)
    );
}
