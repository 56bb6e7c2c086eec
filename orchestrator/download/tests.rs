//! Downloads from a server with prepared responses.

use super::*;
use crate::request::FaultKind;
use wiremock::matchers::{any, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

fn downloads(limits: Limits, vars: &[(&str, &str)]) -> Downloads {
    let env: Environment = vars
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Downloads::open(&env, limits).unwrap()
}

fn quick() -> Limits {
    Limits {
        delay: Duration::from_millis(2),
        stall: Duration::from_millis(400),
        ..Limits::default()
    }
}

fn measured(content: &str) -> Result<Measured, WorldError> {
    Ok(Measured {
        digest: Digest::of(content),
        size: content.len() as u64,
    })
}

async fn on(server: &MockServer, at: &str, answer: ResponseTemplate) {
    Mock::given(method("GET"))
        .and(path(at))
        .respond_with(answer)
        .mount(server)
        .await;
}

fn is(content: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_bytes(content.as_bytes())
}

fn to(location: String) -> ResponseTemplate {
    ResponseTemplate::new(302).insert_header("Location", location)
}

/// Each file is requested once and without credentials.
#[tokio::test]
async fn files_are_measured_without_credentials() {
    let (server, other) = (MockServer::start().await, MockServer::start().await);
    on(&server, "/a.tgz", is("the file")).await;
    on(
        &server,
        "/moved.tgz",
        to(format!("{}/b.tgz?signature=1", other.uri())),
    )
    .await;
    on(&other, "/b.tgz", is("another file")).await;
    let home = tempfile::tempdir().unwrap();
    std::fs::write(
        home.path().join(".netrc"),
        "default login me password hunter2\n",
    )
    .unwrap();
    let client = downloads(quick(), &[("HOME", home.path().to_str().unwrap())]);
    let mut all = std::collections::BTreeMap::new();
    let urls = ["a.tgz", "moved.tgz", "missing"]
        .map(|name| format!("{}/{name}", server.uri()))
        .to_vec();
    client
        .measure(urls.clone(), |url, found| drop(all.insert(url, found)))
        .await;
    assert_eq!(all[&urls[0]], measured("the file"));
    assert_eq!(all[&urls[1]], measured("another file"));
    let missing = all[&urls[2]].clone().unwrap_err();
    assert_eq!(missing.to_string(), format!("{}: 404 Not Found", urls[2]));
    assert_eq!(missing.kind(), FaultKind::NotFound);
    let requests = [
        server.received_requests().await.unwrap(),
        other.received_requests().await.unwrap(),
    ]
    .concat();
    assert_eq!(
        requests.len(),
        4,
        "each once, without a retry where the result would be the same"
    );
    for request in requests {
        assert!(
            request.headers.get("authorization").is_none()
                && request.headers["accept-encoding"] == "identity",
            "{request:?}"
        );
    }
}

/// Serves the responses one by one, and compares the result.
#[track_caller]
fn check(
    limits: Limits,
    answers: Vec<ResponseTemplate>,
    expect: Result<Measured, &str>,
    asked: usize,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let server = MockServer::start().await;
        for answer in answers {
            Mock::given(any())
                .respond_with(answer)
                .up_to_n_times(1)
                .mount(&server)
                .await;
        }
        let url = format!("{}/x.tgz", server.uri());
        let found = downloads(limits, &[])
            .one(&url)
            .await
            .map_err(|why| why.to_string().replace(&url, "X"));
        assert_eq!(
            found.as_ref().map_err(String::as_str),
            expect.as_ref().map_err(|why| *why)
        );
        assert_eq!(server.received_requests().await.unwrap().len(), asked);
    });
}

fn status(code: u16) -> ResponseTemplate {
    ResponseTemplate::new(code)
}

#[test]
fn temporary_failures_are_retried() {
    check(
        quick(),
        vec![
            status(503),
            status(429).insert_header("Retry-After", "0"),
            is("x"),
        ],
        Ok(measured("x").unwrap()),
        3,
    );
    let four = || vec![status(502), status(502), status(502), status(502), is("x")];
    check(
        quick(),
        four(),
        Err("X is out of reach: 502 Bad Gateway (4 tries)"),
        4,
    );
    let long = vec![status(503).insert_header("Retry-After", "9999"), is("x")];
    check(
        quick(),
        long,
        Err("X is out of reach: 503 Service Unavailable, retry after 9999 s"),
        1,
    );
    for code in [204, 206, 401, 403, 404, 410, 501] {
        let status = status(code);
        let name = http::StatusCode::from_u16(code).unwrap();
        check(
            quick(),
            vec![status, is("x")],
            Err(&format!("X: {name}")),
            1,
        );
    }
    check(
        quick(),
        vec![is("slow").set_delay(Duration::from_secs(9)), is("x")],
        Ok(measured("x").unwrap()),
        2,
    );
    let short = Limits {
        total: Duration::from_millis(100),
        stall: Duration::from_secs(9),
        ..quick()
    };
    check(
        short,
        vec![is("slow").set_delay(Duration::from_secs(9))],
        Err("X is out of reach: the download takes longer than 0 minutes"),
        1,
    );
}

#[test]
fn responses_that_are_not_files_are_refused() {
    let page =
        ResponseTemplate::new(200).set_body_raw("<html>log in</html>", "Text/HTML; charset=utf-8");
    check(
        quick(),
        vec![page],
        Err("X: the response is a web page, not a file"),
        1,
    );
    let small = Limits { size: 3, ..quick() };
    check(
        small,
        vec![is("four")],
        Err("X: the file is larger than 0 GiB"),
        1,
    );
    let circle = || to(String::from("/x.tgz"));
    check(
        quick(),
        (0..20).map(|_| circle()).collect(),
        Err("X: too many redirects"),
        11,
    );
    check(
        quick(),
        vec![to(String::from("ftp://x/y"))],
        Err("X: its server redirects to an address with ftp:"),
        1,
    );
    check(quick(), vec![status(302)], Err("X: 302 Found"), 1);
}

/// A truncated file is refused: `Content-Length` counts.
#[tokio::test]
async fn a_truncated_file_is_refused() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for length in ["Content-Length: 10\r\n", "Transfer-Encoding: chunked\r\n"]
            .iter()
            .cycle()
        {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream
                .write_all(
                    format!("HTTP/1.1 200 OK\r\n{length}Connection: close\r\n\r\n4\r\nhal")
                        .as_bytes(),
                )
                .await;
        }
    });
    let error = downloads(quick(), &[]).one(&url).await.unwrap_err();
    assert!(
        matches!(&error, WorldError::Fault { kind: FaultKind::NotReachable, why, .. } if why.ends_with("(4 tries)")),
        "{error}"
    );
}

#[tokio::test]
async fn proxies_are_used_except_for_this_machine() {
    let (proxy, near) = (MockServer::start().await, MockServer::start().await);
    Mock::given(any())
        .respond_with(is("far"))
        .mount(&proxy)
        .await;
    Mock::given(any())
        .respond_with(|_: &Request| is("near"))
        .mount(&near)
        .await;
    let client = downloads(quick(), &[("http_proxy", &proxy.uri())]);
    assert_eq!(client.one("http://files.invalid/x").await, measured("far"));
    assert_eq!(
        client.one(&format!("{}/x", near.uri())).await,
        measured("near")
    );
    assert_eq!(proxy.received_requests().await.unwrap().len(), 1);
    let wrong: Environment = [(
        String::from("HTTPS_PROXY"),
        String::from("http://user:hunter2@["),
    )]
    .into_iter()
    .collect();
    let error = Downloads::open(&wrong, quick()).map(drop).unwrap_err();
    assert!(
        !error.to_string().contains("hunter2") && error.to_string().contains("HTTPS_PROXY"),
        "{error}"
    );
}

/// Over TLS, from a server whose certificate authority only this machine's configuration trusts.
#[tokio::test]
async fn certificates() {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    use rustls::pki_types::{PrivateKeyDer, pem::PemObject as _};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(["127.0.0.1".to_string()])
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![own.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut asked = [0; 4096];
            let read = stream.read(&mut asked).await.unwrap_or_default();
            let answer = match String::from_utf8_lossy(&asked[..read]).starts_with("GET /down ") {
                true => {
                    "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
                }
                false => "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nfile",
            };
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("ca.pem");
    std::fs::write(&authority, issuer.pem()).unwrap();
    let trusting = downloads(quick(), &[("SSL_CERT_FILE", authority.to_str().unwrap())]);
    assert_eq!(trusting.one(&format!("{at}/x")).await, measured("file"));
    let error = trusting
        .one(&format!("{at}/down"))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.ends_with("/down: its server redirects to 127.0.0.1 without TLS"),
        "{error}"
    );
    let error = downloads(quick(), &[])
        .one(&format!("{at}/x"))
        .await
        .unwrap_err();
    let said = matches!(&error, WorldError::Fault { kind: FaultKind::NotReachable, why, .. } if why.starts_with("its certificate is not trusted") && !why.contains("tries"));
    assert!(said, "{error}");
}
