//! Engines behind TLS and behind ssh: the same engine over another connection.

use super::world::{Kind, World};
use super::{base, built, environment, request, wait};
use crate::on_engine;
use kiln::engine::{Engine as _, docker};
use kiln::host::Environment;
use kiln::request::{Builder, FaultKind};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

on_engine!(engine_20_10, V20_10, behind_tls, behind_ssh);
on_engine!(engine_28_5, V28_5, behind_tls, behind_ssh);

fn shell(folder: &Path, script: &str) {
    let output = Command::new("sh")
        .args(["-ec", script])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{script}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Builds over this connection; checks the error without its credentials.
fn check(world: &World, name: &str, open: &Environment, closed: &Environment, why: &str) {
    let engine = docker::connect(open, docker::STARTING).unwrap();
    assert_eq!(wait(engine.info()).unwrap().builder, Builder::BuildKit);
    let base = base(world, name);
    for builder in [Builder::BuildKit, Builder::Classic] {
        // Steps for this connection only: the oldest engine does not report a step that another build runs at the same
        // time.
        let dockerfile = format!("FROM {base}\nCOPY a /{name}\nRUN cat /{name}/b\n");
        let answer = built(
            &engine,
            request(&format!("localhost/kiln/{name}:1"), &dockerfile, builder),
        );
        assert_eq!(answer.cached + answer.ran, 2, "{builder:?}");
    }
    let error = wait(
        docker::connect(closed, Duration::from_secs(5))
            .unwrap()
            .info(),
    )
    .expect_err("closed");
    assert!(
        error.kind() == FaultKind::NotReachable && error.to_string().contains(why),
        "{error}"
    );
}

fn behind_tls(kind: Kind) {
    let world = World::shared(kind);
    let folder = world.certificates();
    std::fs::create_dir_all(folder.join("stranger")).unwrap();
    shell(
        &folder,
        "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -x509 -subj /CN=stranger -keyout stranger/key.pem -out stranger/ca.pem",
    );
    let port = serve_tls(&folder, world.socket());
    let host = format!("tcp://127.0.0.1:{port}");
    let with = |folder: &Path| {
        environment(&[
            ("DOCKER_HOST", &host),
            ("DOCKER_TLS_VERIFY", "1"),
            ("DOCKER_CERT_PATH", folder.to_str().unwrap()),
        ])
    };
    check(
        world,
        "tls",
        &with(&folder),
        &with(&folder.join("stranger")),
        "UnknownIssuer",
    );
}

/// Forwards to the engine's socket if the client has a certificate of the authority; the thread ends with the process.
fn serve_tls(folder: &Path, socket: PathBuf) -> u16 {
    let pem = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let certificates = |name: &str| -> Vec<CertificateDer<'static>> {
        CertificateDer::pem_slice_iter(&pem(name))
            .map(Result::unwrap)
            .collect()
    };
    let key: PrivateKeyDer<'static> =
        PrivateKeyDer::from_pem_slice(&pem("server-key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificates("ca.pem").remove(0)).unwrap();
    let clients = rustls::server::WebPkiClientVerifier::builder_with_provider(
        Arc::new(roots),
        Arc::clone(&provider),
    )
    .build()
    .unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    let config = config
        .with_client_cert_verifier(clients)
        .with_single_cert(certificates("server.pem"), key)
        .unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        wait(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
            while let Ok((client, _)) = listener.accept().await {
                let (acceptor, socket) = (acceptor.clone(), socket.clone());
                tokio::spawn(async move {
                    let mut client = acceptor.accept(client).await?;
                    let mut engine = tokio::net::UnixStream::connect(socket).await?;
                    tokio::io::copy_bidirectional(&mut client, &mut engine).await
                });
            }
        });
    });
    port
}

fn behind_ssh(kind: Kind) {
    let world = World::shared(kind);
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let _sshd = world.serve_ssh(port, |sshd| Command::new(sshd));
    let user = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
    let host = format!("ssh://{}@127.0.0.1:{port}", user.trim());
    let path = std::env::var("PATH").unwrap();
    let bin = world.dir().join("ssh/bin");
    let open = environment(&[
        ("DOCKER_HOST", &host),
        ("PATH", &format!("{}:{path}", bin.display())),
    ]);
    // Without our settings, ssh knows neither the host nor a key.
    let closed = environment(&[("DOCKER_HOST", &host), ("PATH", &path)]);
    check(
        world,
        "ssh",
        &open,
        &closed,
        "ssh must log in without a prompt",
    );
}
