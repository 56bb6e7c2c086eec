use super::*;

#[track_caller]
fn check(info: &str, driver: &str, kept: Store, built: &str) {
    let info: Info = serde_json::from_str(info).unwrap();
    assert_eq!(info.driver, driver);
    assert_eq!(store(&info), kept);
    assert_eq!(platform(&info.os, &info.machine).to_string(), built);
}

#[test]
fn stores_and_platforms() {
    let old = r#"{"Driver":"overlay2","DriverStatus":[["Backing Filesystem","extfs"]],"OSType":"linux","Architecture":"x86_64"}"#;
    check(old, "overlay2", Store::GraphDriver, "linux/amd64");
    let new = r#"{"Driver":"overlayfs","DriverStatus":[["driver-type","io.containerd.snapshotter.v1"]],"OSType":"linux","Architecture":"aarch64"}"#;
    check(new, "overlayfs", Store::Containerd, "linux/arm64");
    check(
        r#"{"Driver":"vfs","DriverStatus":null,"Architecture":"armv7l"}"#,
        "vfs",
        Store::GraphDriver,
        "linux/arm/v7",
    );
    check("{}", "", Store::GraphDriver, "linux/");
}

#[test]
fn the_way_out_is_that_of_how_the_engine_was_named() {
    for why in ["connection refused", "permission denied"] {
        assert!(way_out(why, false).contains("DOCKER_HOST"));
        let named = way_out(why, true);
        assert!(named.ends_with("--engine or KILN_ENGINES"), "{named}");
        assert!(!named.contains("DOCKER_HOST"), "{named}");
    }
    // Starting an engine does not help where no host or no engine is meant.
    for (why, expected) in [
        (
            "ssh: Could not resolve hostname no.invalid: Name or service not known",
            "check the name of the host",
        ),
        ("/_ping answered 404 Not Found", "no engine"),
        (
            "/_ping answered 400 Bad Request: Client sent an HTTP request to an HTTPS server.",
            "DOCKER_TLS_VERIFY=1",
        ),
    ] {
        let said = way_out(why, true);
        assert!(
            said.contains(expected) && !said.contains("start it"),
            "{said}"
        );
    }
    assert!(hopeless("/_ping answered 404 Not Found") && !hopeless("/_ping answered 503"));
    assert_eq!(tried(1, Duration::from_secs(10)), "");
    assert_eq!(tried(2, Duration::from_secs(10)), " (2 tries in 10 s)");
    let certificate = way_out("invalid certificate", true);
    assert!(certificate.contains("DOCKER_CERT_PATH"), "{certificate}");
}
