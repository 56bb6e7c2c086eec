//! Certificates: which are trusted, and the errors for the others.

use super::*;
use crate::registry::Registry;
use crate::request::Patience;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, pem::PemObject as _};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// A certificate authority, and a server on this machine with its certificate that has every manifest.
struct Secure {
    domain: String,
    authority: String,
}

impl Secure {
    async fn start() -> Self {
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
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let domain = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(acceptor.clone(), stream));
            }
        });
        Self {
            domain,
            authority: issuer.pem(),
        }
    }
}

async fn serve(acceptor: tokio_rustls::TlsAcceptor, stream: tokio::net::TcpStream) {
    let Ok(mut stream) = acceptor.accept(stream).await else {
        return;
    };
    let _ = stream.read(&mut [0; 4096]).await;
    let answer = format!(
        "HTTP/1.1 200 OK\r\ndocker-content-digest: {}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
        Digest::of("1")
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

async fn check(secure: &Secure, vars: &[(&str, &str)], expect: Result<(), &str>) {
    let reference: Reference = format!("{}/cimg/go:1", secure.domain).parse().unwrap();
    let end = client(vars).head(&reference, Patience::READ).await;
    let end = end.map(|digest| assert_eq!(digest, Some(Digest::of("1"))));
    let end = end.map_err(|error| error.to_string().replace(&secure.domain, "HERE"));
    match (&end, expect) {
        (Err(error), Err(start)) => assert!(error.starts_with(start), "{vars:?}: {error}"),
        _ => assert_eq!(end, expect.map_err(String::from), "{vars:?}"),
    }
}

#[tokio::test]
async fn authorities() {
    let secure = Secure::start().await;
    let home = tempfile::TempDir::new().unwrap();
    let path = |name: &str| home.path().join(name).display().to_string();
    let hint = "HERE is out of reach: its certificate is not trusted: name its authority in SSL_CERT_FILE, or as ca.crt in";
    check(&secure, &[], Err(hint)).await;
    check(
        &secure,
        &[("KILN_INSECURE", &format!("r.io, {}", secure.domain))],
        Ok(()),
    )
    .await;
    check(&secure, &[("KILN_INSECURE", "127.0.0.1")], Err(hint)).await;
    std::fs::write(path("ca.pem"), &secure.authority).unwrap();
    check(&secure, &[("SSL_CERT_FILE", &path("ca.pem"))], Ok(())).await;
    let missing = path("none.pem");
    let expect = format!("connections to HERE: {missing}: No such file");
    check(&secure, &[("SSL_CERT_FILE", &missing)], Err(&expect)).await;
    let folder = home.path().join(".docker/certs.d").join(&secure.domain);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("ca.crt"), &secure.authority).unwrap();
    check(&secure, &[("HOME", &path(""))], Ok(())).await;
    std::fs::write(folder.join("client.cert"), "nothing").unwrap();
    check(
        &secure,
        &[("HOME", &path(""))],
        Err("connections to HERE: "),
    )
    .await;
}
