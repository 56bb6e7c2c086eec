//! Tests the test environment itself: engines and registries run, and have the expected versions.

mod world;

use world::{Kind, World};

on_every_engine!(
    engine_has_its_version_and_store,
    base_is_pushed_and_served,
    steps_run_and_resolve_names,
    second_engine_is_empty_and_has_the_registry,
);

fn engine_has_its_version_and_store(kind: Kind) {
    let world = World::shared(kind);
    assert_eq!(world.api("GET", "/_ping"), "OK");
    let version: serde_json::Value = serde_json::from_str(&world.api("GET", "/version")).unwrap();
    let version = version["Version"].as_str().unwrap();
    let numbers: Vec<u32> = version
        .split(['.', '+', '~'])
        .map_while(|part| part.parse().ok())
        .collect();
    match kind {
        Kind::V20_10 => assert_eq!(numbers[..2], [20, 10], "{version}"),
        // The version in Debian sid changes.
        _ => assert!(numbers[..2] >= [28, 5][..], "{version}"),
    }
    let info: serde_json::Value = serde_json::from_str(&world.api("GET", "/info")).unwrap();
    let store = info["DriverStatus"]
        .to_string()
        .contains("io.containerd.snapshotter");
    assert_eq!(store, kind.containerd_store(), "{info:#}");
    assert_ne!(info["Driver"], "vfs");
}

fn base_is_pushed_and_served(kind: Kind) {
    let world = World::shared(kind);
    let base = format!("{}/ground/served:1", world.registry());
    let digest = world.import_base("busybox", &base);
    assert_eq!(world.digest(&base), Some(digest));
    assert_eq!(
        world.digest(&format!("{}/ground/served:2", world.registry())),
        None
    );
}

/// RUN in a build has a network with DNS: packages can be installed.
fn steps_run_and_resolve_names(kind: Kind) {
    let world = World::shared(kind);
    let base = format!("{}/ground/steps:1", world.registry());
    world.import_base("busybox", &base);
    let context = world.dir().join("steps");
    std::fs::create_dir_all(&context).unwrap();
    let dockerfile =
        format!("FROM {base}\nRUN id -u && test -s /etc/resolv.conf && ip route | grep default\n");
    std::fs::write(context.join("Dockerfile"), dockerfile).unwrap();
    let tar = format!(
        "tar -C {} -c . | curl -sS --unix-socket {} -X POST -H 'Content-Type: application/x-tar' --data-binary @- \
         'http://engine/build?t=ground-steps:1'",
        context.display(),
        world.socket().display()
    );
    let output = world.command("sh").args(["-c", &tar]).output().unwrap();
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.contains("Successfully built"), "{output}");
}

fn second_engine_is_empty_and_has_the_registry(kind: Kind) {
    let world = World::start(kind);
    let base = format!("{}/base/busybox:1", world.registry());
    let digest = world.import_base("busybox", &base);
    world.second_engine();
    assert_eq!(world.api("GET", "/images/json"), "[]");
    world.api(
        "POST",
        "/images/create?fromImage=127.0.0.1:5000/base/busybox&tag=1",
    );
    assert!(world.api("GET", "/images/json").contains(&digest));

    // After a kill, it starts again with its images.
    world.kill_engine();
    world.start_engine("second");
    assert!(world.api("GET", "/images/json").contains(&digest));
}

#[test]
fn registries_can_require_a_password_or_be_silent() {
    let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.wanted()) else {
        return;
    };
    let world = World::shared(kind);
    let domain = world.registry_with_auth(5001, "somebody", "a \"secret\" $1");
    let status = ["-o", "/dev/null", "-w", "%{http_code}"];
    let url = format!("http://{domain}/v2/");
    assert_eq!(world.curl(&[&status[..], &[&url]].concat()), "401");
    assert_eq!(
        world.curl(&[&status[..], &["-u", "somebody:a \"secret\" $1", &url]].concat()),
        "200"
    );

    let url = format!("http://{}/v2/", world.silent(5002));
    let output = world
        .command("curl")
        .args(["-sS", "-m", "1", &url])
        .output()
        .unwrap();
    assert_eq!(
        output.status.code(),
        Some(28),
        "curl's message for a timeout: {output:?}"
    );
}

/// Processes of a world run only in that world's network.
#[test]
fn worlds_are_isolated() {
    let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.wanted()) else {
        return;
    };
    let (one, other) = (World::shared(kind), World::start(kind));
    let base = format!("{}/only/in-one:1", one.registry());
    one.import_base("busybox", &base);
    assert!(one.digest(&base).is_some());
    assert_eq!(other.digest(&base), None);
    let dir = other.dir().to_owned();
    drop(other);
    assert!(!dir.exists());
}
