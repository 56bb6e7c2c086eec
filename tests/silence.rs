//! A registry that goes silent in the middle of a push, on a real engine.

mod world;

use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};
use world::{Kind, World};

on_engine!(
    engine_28_5,
    V28_5,
    a_silent_registry_is_named_within_a_minute
);

/// A workspace with one image whose layer takes a while to push.
fn workspace(world: &World) -> std::path::PathBuf {
    let registry = world.registry();
    world.import_base("busybox", &format!("{registry}/base/busybox:1"));
    let dir = world.dir().join("silence");
    std::fs::create_dir_all(dir.join("a")).unwrap();
    let manifest = format!(
        r#"workspace "silence" {{ publish "{registry}/s/{{image}}"; stage "{registry}/s/stage" }}
image "a" {{ dockerfile "a/Dockerfile"; tag "1" }}
"#
    );
    std::fs::write(dir.join("kiln.kdl"), manifest).unwrap();
    let dockerfile =
        format!("FROM {registry}/base/busybox:1\nRUN head -c 100000000 /dev/urandom > /random\n");
    std::fs::write(dir.join("a/Dockerfile"), dockerfile).unwrap();
    dir
}

/// Waits until the registry has received a part of a layer.
fn wait_for_upload(world: &World) {
    let uploads = "registry/docker/registry/v2/repositories/s/stage/_uploads";
    let received = |entry: std::io::Result<std::fs::DirEntry>| {
        let data = entry.ok()?.path().join("data").metadata().ok()?;
        Some(data.len() > 0)
    };
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let sessions = std::fs::read_dir(world.dir().join(uploads));
        if sessions.is_ok_and(|mut all| all.any(|entry| received(entry) == Some(true))) {
            return;
        }
        assert!(Instant::now() < until, "no upload has begun");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn build(world: &World, dir: &Path, meanwhile: impl FnOnce()) -> (Option<i32>, String) {
    let mut kiln = world.kiln(dir);
    let pipe = std::process::Stdio::piped;
    let child = kiln.args(["build", "--push"]).stdout(pipe()).stderr(pipe());
    let child = child.spawn().unwrap();
    meanwhile();
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&stdout) + String::from_utf8_lossy(&stderr);
    (status.code(), text.into_owned())
}

fn a_silent_registry_is_named_within_a_minute(kind: Kind) {
    let world = World::start(kind);
    let dir = workspace(&world);
    let mut since = Instant::now();
    let (code, text) = build(&world, &dir, || {
        wait_for_upload(&world);
        world.pause_registry(5000);
        since = Instant::now();
    });
    assert!(since.elapsed() < Duration::from_secs(70), "{text}");
    let expect = format!(
        "{} is out of reach: it has answered nothing for ",
        world.registry()
    );
    assert!(text.contains(&expect), "{text}");
    assert!(text.contains("restart the engine"), "{text}");
    assert_eq!(code, Some(3), "{text}");
    let names = world.api("GET", "/images/json");
    assert!(!names.contains("/s/stage:b-"), "{names}");

    world.resume_registry(5000);
    let (code, text) = build(&world, &dir, || ());
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("1 of 1 steps cached"),
        "nothing is built again: {text}"
    );
}
