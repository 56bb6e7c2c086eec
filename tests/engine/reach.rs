//! Engines that start late, do not exist, or are behind a proxy.

use super::world::{Kind, World};
use super::{base, built, engine, environment, request, wait};
use crate::{on_engine, on_every_engine};
use kiln::engine::{Engine as _, docker};
use kiln::request::{Builder, FaultKind, Store};
use std::time::{Duration, Instant};

on_every_engine!(reports_its_properties, waits_for_a_starting_engine);
on_engine!(engine_20_10_away, V20_10, is_named_when_away);

fn reports_its_properties(kind: Kind) {
    let world = World::shared(kind);
    let info = wait(engine(world).info()).unwrap();
    assert_eq!(
        info.store,
        if kind.containerd_store() {
            Store::Containerd
        } else {
            Store::GraphDriver
        }
    );
    assert_eq!(
        (info.builder, info.platform.to_string().as_str()),
        (Builder::BuildKit, "linux/amd64")
    );
    assert_eq!(info.pulls_cache(Builder::BuildKit), kind == Kind::V20_10);
    let api = if kind == Kind::V20_10 { "1.41" } else { "1.51" };
    assert!(
        info.api == api && info.cpus > 0 && !info.driver.is_empty() && !info.version.contains('+'),
        "{info:?}"
    );
}

fn waits_for_a_starting_engine(kind: Kind) {
    let world = World::start(kind);
    world.stop_engine();
    // An engine removes its socket when it stops; a service manager keeps it.
    drop(std::os::unix::net::UnixListener::bind(world.socket()).unwrap());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_secs(2));
            world.start_engine("first");
        });
        wait(engine(&world).info()).unwrap();
    });
    let base = base(&world, "late");
    built(
        &engine(&world),
        request(
            "localhost/kiln/late:1",
            &format!("FROM {base}\n"),
            Builder::BuildKit,
        ),
    );
}

fn is_named_when_away(kind: Kind) {
    let world = World::start(kind);
    let silent = world.dir().join("silent.sock");
    let _held = std::os::unix::net::UnixListener::bind(&silent).unwrap();
    let away = |host: &str, why: &str| {
        let engine = docker::connect(
            &environment(&[("DOCKER_HOST", host)]),
            Duration::from_secs(2),
        )
        .unwrap();
        let since = Instant::now();
        let error = wait(engine.info()).expect_err(host);
        assert_eq!(error.kind(), FaultKind::NotReachable, "{error}");
        let error = error.to_string();
        assert!(
            error.contains(host) && error.contains(why) && error.contains("DOCKER_HOST"),
            "{error}"
        );
        assert!(
            since.elapsed() < Duration::from_secs(5),
            "{:?}",
            since.elapsed()
        );
    };
    away(
        "unix:///nowhere/docker.sock",
        "the socket file does not exist",
    );
    let refuses = world.dir().join("refuses.sock");
    drop(std::os::unix::net::UnixListener::bind(&refuses).unwrap());
    away(&format!("unix://{}", refuses.display()), "tries");
    away("tcp://127.0.0.1:9", "refused");
    away("tcp://nowhere.invalid:2375", "tries");
    away(&format!("unix://{}", silent.display()), "does not respond");
}
