use super::*;
use std::path::PathBuf;

/// Certificates made for these tests; no system trusts them.
const CERTIFICATES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/fixtures/engine/certificates"
);

fn env(vars: &[(&str, &str)]) -> Environment {
    vars.iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect()
}

#[track_caller]
fn check(vars: &[(&str, &str)], expect: &str) {
    let found = Endpoint::of(&env(vars));
    assert_eq!(
        found.map_or_else(|e| e.to_string(), |e| e.to_string()),
        expect,
        "{vars:?}"
    );
}

/// Expects an error that starts with this text.
#[track_caller]
fn check_fault(host: &str, expect: &str) {
    let error = Endpoint::of(&env(&[("DOCKER_HOST", host)]))
        .map(|e| e.to_string())
        .expect_err(host)
        .to_string();
    assert!(error.starts_with(expect), "{error}");
    assert!(
        error.ends_with(KINDS) || error.contains("; write ssh://"),
        "no way out in {error}"
    );
}

#[test]
fn addresses() {
    check(&[], "unix:///var/run/docker.sock");
    check(&[("DOCKER_HOST", "")], "unix:///var/run/docker.sock");
    check(
        &[("DOCKER_HOST", "unix:///tmp/x.sock")],
        "unix:///tmp/x.sock",
    );
    check(&[("DOCKER_HOST", "tcp://docker")], "tcp://docker:2375");
    check(
        &[("DOCKER_HOST", "tcp://docker:2375/")],
        "tcp://docker:2375",
    );
    check(&[("DOCKER_HOST", "tcp://[::1]:99")], "tcp://[::1]:99");
    check(
        &[("DOCKER_HOST", "ssh://me@far:12222")],
        "ssh://me@far:12222",
    );
    check(&[("DOCKER_HOST", "ssh://far")], "ssh://far");
    check(&[("DOCKER_HOST", "ssh://far/")], "ssh://far");
    check(
        &[("DOCKER_HOST", "ssh://far/run/user/1000/docker.sock")],
        "ssh://far/run/user/1000/docker.sock",
    );
}

#[test]
fn tls() {
    let secured = [
        ("DOCKER_TLS_VERIFY", "1"),
        ("DOCKER_CERT_PATH", CERTIFICATES),
    ];
    check(
        &[secured[0], secured[1], ("DOCKER_HOST", "tcp://far")],
        "https://far:2376",
    );
    check(
        &[secured[1], ("DOCKER_HOST", "https://127.0.0.1:1234")],
        "https://127.0.0.1:1234",
    );
    check(
        &[secured[1], ("DOCKER_HOST", "tcp://far")],
        "tcp://far:2375",
    );
    let unverified = "DOCKER_TLS: TLS without verification is not secure; \
                      set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to the folder of ca.pem";
    check(
        &[("DOCKER_TLS", "1"), ("DOCKER_HOST", "tcp://far")],
        unverified,
    );
}

#[test]
fn invalid_addresses() {
    check_fault("docker", "DOCKER_HOST: `docker` has no scheme");
    check_fault(
        "unix://relative",
        "DOCKER_HOST: `unix://relative` is not an absolute path",
    );
    check_fault("unix://", "DOCKER_HOST: `unix://` is not an absolute path");
    check_fault("fd://", "DOCKER_HOST: `fd://` is for the engine itself");
    check_fault(
        "npipe:////./pipe/docker_engine",
        "DOCKER_HOST: named pipes exist on Windows only",
    );
    check_fault(
        "ftp://x",
        "DOCKER_HOST: kiln does not support `ftp://` addresses",
    );
    check_fault("tcp://", "DOCKER_HOST: `` is not a host and port");
    check_fault(
        "tcp://host:port",
        "DOCKER_HOST: `host:port` is not a host and port",
    );
    check_fault(
        "tcp://host:99999",
        "DOCKER_HOST: `host:99999` is not a host and port",
    );
    check_fault(
        "tcp://host/path",
        "DOCKER_HOST: `host/path` is not a host and port",
    );
    check_fault("tcp://[::1", "DOCKER_HOST: `[::1` is not a host and port");
    check_fault(
        "tcp://user:secret@host",
        "DOCKER_HOST: an engine does not accept a user name or password over TCP",
    );
    check_fault(
        "ssh://-oProxyCommand=x",
        "DOCKER_HOST: the host is not valid",
    );
    check_fault("ssh://-l@host", "DOCKER_HOST: the user name is not valid");
    check_fault(
        "ssh://me:secret@host",
        "DOCKER_HOST: ssh does not use a password in the address",
    );
    check_fault(
        "ssh://host/x;reboot",
        "DOCKER_HOST: the path of the socket is not valid",
    );
}

#[test]
fn secrets_of_an_address_are_not_shown() {
    let error = Endpoint::of(&env(&[("DOCKER_HOST", "user:secret@host")]))
        .map(|_| ())
        .expect_err("no scheme")
        .to_string();
    assert!(!error.contains("secret"), "{error}");
}

/// Docker's configuration folder with a current context and some more.
fn docker_config() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |path: PathBuf, text: &str| {
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        std::fs::write(path, text).expect("written");
    };
    let meta = |name: &str| {
        folder
            .path()
            .join("contexts/meta")
            .join(crate::name::Digest::of(name).hex())
            .join("meta.json")
    };
    write(
        folder.path().join("config.json"),
        r#"{"auths":{},"currentContext":"far"}"#,
    );
    write(
        meta("far"),
        r#"{"Name":"far","Metadata":{},"Endpoints":{"docker":{"Host":"ssh://me@far","SkipTLSVerify":false}}}"#,
    );
    write(
        meta("safe"),
        r#"{"Name":"safe","Endpoints":{"docker":{"Host":"tcp://safe:2376"}}}"#,
    );
    write(
        meta("open"),
        r#"{"Name":"open","Endpoints":{"docker":{"Host":"tcp://open:2376","SkipTLSVerify":true}}}"#,
    );
    write(
        meta("odd"),
        r#"{"Name":"odd","Endpoints":{"kubernetes":{}}}"#,
    );
    let tls = folder
        .path()
        .join("contexts/tls")
        .join(crate::name::Digest::of("safe").hex())
        .join("docker");
    write(
        tls.join("ca.pem"),
        &std::fs::read_to_string(format!("{CERTIFICATES}/ca.pem")).expect("read"),
    );
    let path = folder.path().display().to_string();
    (folder, path)
}

/// Expects this reason for a folder with these files.
#[track_caller]
fn check_certificates(files: &[(&str, &str)], reason: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("write");
    }
    let path = folder.path().display().to_string();
    let error = Endpoint::of(&env(&[
        ("DOCKER_TLS_VERIFY", "1"),
        ("DOCKER_CERT_PATH", &path),
        ("DOCKER_HOST", "tcp://far"),
    ]))
    .map(|_| ())
    .expect_err(reason)
    .to_string();
    assert!(error.contains(reason), "{error}");
}

#[test]
fn broken_certificates() {
    let own = rcgen::generate_simple_self_signed(["far".to_owned()]).expect("a certificate");
    let (cert, key) = (own.cert.pem(), own.signing_key.serialize_pem());
    let cut = &cert[..cert.len() / 2];
    check_certificates(&[("ca.pem", "")], "ca.pem: it contains no certificate");
    check_certificates(&[("ca.pem", &key)], "ca.pem: it contains no certificate");
    check_certificates(&[("ca.pem", cut)], "ca.pem: ");
    check_certificates(
        &[("cert.pem", &cert), ("key.pem", &cert)],
        "key.pem: it contains no private key",
    );
    check_certificates(
        &[
            ("cert.pem", &cert),
            ("key.pem", "-----BEGIN PRIVATE KEY-----\n!\n"),
        ],
        "key.pem: ",
    );
}

#[test]
fn contexts() {
    let (_folder, config) = docker_config();
    let config = ("DOCKER_CONFIG", config.as_str());
    check(&[config], "ssh://me@far");
    check(&[config, ("DOCKER_HOST", "tcp://near")], "tcp://near:2375");
    check(&[config, ("DOCKER_CONTEXT", "safe")], "https://safe:2376");
    check(
        &[config, ("DOCKER_CONTEXT", "default")],
        "unix:///var/run/docker.sock",
    );
    let fault = |name: &str| {
        Endpoint::of(&env(&[config, ("DOCKER_CONTEXT", name)]))
            .map(|_| ())
            .expect_err(name)
            .to_string()
    };
    assert!(
        fault("nope").starts_with("DOCKER_CONTEXT: the Docker context `nope` does not exist"),
        "{}",
        fault("nope")
    );
    assert!(
        fault("open").contains("skips TLS verification"),
        "{}",
        fault("open")
    );
    assert!(
        fault("odd").contains("has no Docker endpoint"),
        "{}",
        fault("odd")
    );
}

#[test]
fn a_broken_configuration_is_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("config.json"), "{").expect("written");
    let error = Endpoint::of(&env(&[(
        "DOCKER_CONFIG",
        &folder.path().display().to_string(),
    )]))
    .map(|_| ())
    .expect_err("broken");
    assert!(
        error.place.ends_with("config.json") && error.way_out.contains("DOCKER_HOST"),
        "{error}"
    );
}

/// The engines that `--engine` and `KILN_ENGINES` name: addresses, and Docker contexts.
#[test]
fn named_engines() {
    let folder = tempfile::tempdir().expect("a folder");
    let meta = folder.path().join("contexts/meta");
    let meta = meta.join(crate::name::Digest::of("far").hex());
    std::fs::create_dir_all(&meta).expect("a folder");
    let text = r#"{"Name":"far","Endpoints":{"docker":{"Host":"ssh://ci@far"}}}"#;
    std::fs::write(meta.join("meta.json"), text).expect("a file");
    let config = folder.path().to_str().expect("a path in UTF-8");
    let env = env(&[("DOCKER_CONFIG", config), ("DOCKER_HOST", "tcp://own")]);
    let named = |name: &str| match Endpoint::named(&env, name) {
        Ok(endpoint) => endpoint.to_string(),
        Err(why) => why.to_string(),
    };
    assert_eq!(named("unix:///run/x.sock"), "unix:///run/x.sock");
    assert_eq!(named("far"), "ssh://ci@far");
    assert_eq!(named("default"), "tcp://own:2375");
    let unknown = named("near");
    assert!(
        unknown.starts_with("engine `near`: the Docker context `near` does not exist"),
        "{unknown}"
    );
    let unknown = named("ftp://x");
    assert!(unknown.starts_with("engine `ftp://x`: "), "{unknown}");
}

/// A name without a context gets the way out that it needs, without the name of a file that is a hash.
#[test]
fn names_without_a_context_say_what_to_write() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().to_str().expect("a path in UTF-8");
    for (name, expected) in [
        ("nope", "`docker context ls` lists the contexts"),
        ("127.0.0.1:2375", "write tcp://127.0.0.1:2375"),
        ("10.0.0.1", "write tcp://10.0.0.1"),
        ("/var/run/docker.sock", "write unix:///var/run/docker.sock"),
        ("unix:/run/x.sock", "write unix:///run/x.sock"),
        ("tcp:/far:2375", "write tcp://far:2375"),
        ("ssh:/me:secret@far", "write ssh://user@host"),
        ("me:secret@far", "write ssh://user@host"),
    ] {
        let env = env(&[("DOCKER_CONFIG", config)]);
        let error = Endpoint::named(&env, name)
            .map(|_| ())
            .expect_err("no context");
        assert!(error.way_out.contains(expected), "{error}");
        assert!(!error.to_string().contains("meta.json"), "{error}");
        assert!(!error.way_out.contains("secret"), "{error}");
    }
    let env = env(&[("DOCKER_CONFIG", config), ("DOCKER_CONTEXT", "nope")]);
    let error = Endpoint::of(&env).map(|_| ()).expect_err("no context");
    let is_right =
        error.way_out.contains("unset DOCKER_CONTEXT") && !error.way_out.contains("context use");
    assert!(is_right, "{error}");
}
