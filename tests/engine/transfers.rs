//! Pushes, pulls, tags, probes.

use super::world::{Kind, World};
use super::{base, build, builders, built, credentials, engine, reference, request, wait};
use crate::on_every_engine;
use kiln::engine::Engine as _;
use kiln::engine::docker::DockerEngine;
use kiln::name::Platform;
use kiln::request::{Builder, Credential, FaultKind, PullRequest, PushRequest, WorldError};
use std::time::{Duration, Instant};

on_every_engine!(
    pushed_is_served_and_leaves_no_name,
    pulled_has_the_requested_platform,
    names_are_added_and_removed,
    registries_accept_credentials,
    a_silent_registry_is_not_waited_for
);

fn push(engine: &DockerEngine, image: &str, to: &str) -> Result<(), WorldError> {
    push_as(engine, image, to, None)
}

fn push_as(
    engine: &DockerEngine,
    image: &str,
    to: &str,
    credential: Option<&Credential>,
) -> Result<(), WorldError> {
    wait(engine.push(PushRequest {
        image: image.into(),
        reference: reference(to),
        credential: credential.cloned(),
    }))
}

fn pushed_is_served_and_leaves_no_name(kind: Kind) {
    let world = World::shared(kind);
    let base = base(world, "pushed");
    let engine = engine(world);
    let image = built(
        &engine,
        request(
            "localhost/kiln/pushed:1",
            &format!("FROM {base}\nCOPY f.txt /\n"),
            Builder::BuildKit,
        ),
    )
    .image;
    let to = format!("{}/pushed/stage:b-1", world.registry());
    push(&engine, "localhost/kiln/pushed:1", &to).unwrap();
    let served = world.digest(&to).unwrap();
    assert_eq!(
        wait(engine.probe(&reference(&to), None))
            .unwrap()
            .unwrap()
            .to_string(),
        served
    );
    assert_eq!(
        wait(engine.inspect(&to)).unwrap(),
        None,
        "the temporary tag is removed"
    );
    // By id, a second time, and with a tag that existed before.
    push(&engine, &image.to_string(), &to).unwrap();
    wait(engine.tag(&image.to_string(), &reference(&to))).unwrap();
    push(&engine, &image.to_string(), &to).unwrap();
    assert_eq!(
        wait(engine.inspect(&to)).unwrap().unwrap().id,
        image,
        "a tag that existed before stays"
    );
    assert_eq!(world.digest(&to).unwrap(), served);
    let refused = |image: &str, to: &str| push(&engine, image, to).expect_err(to).to_string();
    assert!(refused("localhost/kiln/nope:1", &to).contains("the engine has no image"));
    assert!(
        refused(
            "localhost/kiln/pushed:1",
            &format!("{}/pushed/stage@{served}", world.registry())
        )
        .contains("a push needs a tag")
    );
    assert!(matches!(
        push(&engine, "localhost/kiln/pushed:1", "127.0.0.1:9/x/y:1"),
        Err(WorldError::Fault {
            kind: FaultKind::NotReachable,
            ..
        })
    ));
}

fn pulled_has_the_requested_platform(kind: Kind) {
    let world = World::shared(kind);
    let base = base(world, "pulled");
    let engine = engine(world);
    let pull = |name: &str, platform: &str| {
        wait(engine.pull(PullRequest {
            reference: reference(name),
            platform: platform.parse().unwrap(),
            credential: None,
        }))
    };
    pull(&base, "linux/amd64").unwrap();
    let foreign = pull(&base, "linux/arm64").unwrap_err();
    assert!(!foreign.kind().is_unreachable(), "{foreign}");
    let missing = format!("{}/pulled/nope:1", world.registry());
    let unknown = pull(&missing, "linux/amd64").unwrap_err();
    assert_eq!(unknown.kind(), FaultKind::NotFound, "{unknown}");
    let away = pull("127.0.0.1:9/x/y:1", "linux/amd64").unwrap_err();
    assert_eq!(away.kind(), FaultKind::NotReachable, "{away}");
    assert_eq!(
        wait(engine.probe(&reference(&missing), None)).unwrap(),
        None
    );
}

fn names_are_added_and_removed(kind: Kind) {
    let world = World::shared(kind);
    let base = base(world, "names");
    let engine = engine(world);
    let image = built(
        &engine,
        request(
            "localhost/kiln/names:1",
            &format!("FROM {base}\nRUN true\n"),
            Builder::BuildKit,
        ),
    )
    .image;
    let named = |name: &str| wait(engine.inspect(name)).unwrap().map(|info| info.id);
    wait(engine.tag(
        "localhost/kiln/names:1",
        &reference("localhost/kiln/names:2"),
    ))
    .unwrap();
    wait(engine.tag(&image.to_string(), &reference("kiln-names"))).unwrap();
    for name in [
        "localhost/kiln/names:2",
        "kiln-names:latest",
        "docker.io/library/kiln-names",
        &image.to_string(),
        &image.hex(),
    ] {
        assert_eq!(named(name), Some(image), "{name}");
    }
    assert!(
        wait(engine.tag(
            "localhost/kiln/nope:1",
            &reference("localhost/kiln/names:3")
        ))
        .is_err()
    );
    for name in [
        "localhost/kiln/names:2",
        "kiln-names",
        "localhost/kiln/names:1",
        "localhost/kiln/names:1",
    ] {
        wait(engine.untag(name)).unwrap();
        assert_eq!(named(name), None, "{name}");
    }
    for odd in ["", "../info", "x/../../info?", "a b", "x#y"] {
        assert!(
            matches!(wait(engine.inspect(odd)), Err(error) if error.kind() == FaultKind::Refused),
            "{odd}"
        );
    }
}

fn registries_accept_credentials(kind: Kind) {
    let world = World::start(kind);
    // In base64 with the standard alphabet, this password contains `+` and `/`.
    let (user, password) = ("user", "p>>???~~~ss");
    let closed = world.registry_with_auth(5001, user, password);
    let base = base(&world, "logins");
    let engine = engine(&world);
    built(
        &engine,
        request(
            "localhost/kiln/logins:1",
            &format!("FROM {base}\nRUN echo closed > /closed\n"),
            Builder::BuildKit,
        ),
    );
    let right = Credential::Basic {
        username: user.into(),
        password: password.into(),
    };
    let wrong = Credential::Basic {
        username: user.into(),
        password: "wrong".into(),
    };
    let kept = format!("{closed}/logins/kept:1");
    let push = |credential| push_as(&engine, "localhost/kiln/logins:1", &kept, credential);
    assert_eq!(push(None).unwrap_err().kind(), FaultKind::NotAllowed);
    let error = push(Some(&wrong)).expect_err("a wrong password");
    assert_eq!(error.kind(), FaultKind::NotAllowed, "{error}");
    assert!(!error.to_string().contains("wrong"), "{error}");
    push(Some(&right)).unwrap();
    assert!(
        wait(engine.probe(&reference(&kept), Some(&right)))
            .unwrap()
            .is_some()
    );
    let closed_to_us = wait(engine.probe(&reference(&kept), None)).unwrap_err();
    assert_eq!(closed_to_us.kind(), FaultKind::NotAllowed, "{closed_to_us}");
    for builder in builders(&world) {
        let mut from_kept = request(
            "localhost/kiln/logins:2",
            &format!("FROM {kept}\nRUN cat /closed\n"),
            builder,
        );
        assert!(build(&engine, from_kept.clone()).0.is_err(), "{builder:?}");
        from_kept.credentials = std::sync::Arc::new(credentials(&closed, user, password));
        built(&engine, from_kept);
        wait(engine.untag(&kept)).unwrap();
    }
    let pull = PullRequest {
        reference: reference(&kept),
        platform: Platform::linux_amd64(),
        credential: Some(right),
    };
    wait(engine.pull(pull)).unwrap();
}

fn a_silent_registry_is_not_waited_for(kind: Kind) {
    let world = World::start(kind);
    let silent = world.silent(5002);
    let since = Instant::now();
    let error = wait(engine(&world).probe(&reference(&format!("{silent}/x/y:1")), None))
        .expect_err("silence");
    assert_eq!(error.kind(), FaultKind::NotReachable, "{error}");
    assert!(
        since.elapsed() < Duration::from_secs(8),
        "{:?}",
        since.elapsed()
    );
}
