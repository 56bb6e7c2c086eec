//! The previous image as cache: on an empty engine, twice in a row.

use super::world::{Kind, World};
use super::{base, built, engine, reference, request, wait};
use crate::on_every_engine;
use kiln::engine::Engine as _;
use kiln::engine::docker::DockerEngine;
use kiln::name::Platform;
use kiln::request::{BuildAnswer, Builder, PullRequest, PushRequest};

on_every_engine!(
    the_previous_image_is_the_cache,
    a_changed_step_keeps_the_rest_for_the_next_engine
);

/// Names the previous image in the form that this engine needs, and builds.
fn from_previous(
    engine: &DockerEngine,
    world: &World,
    name: &str,
    dockerfile: &str,
    previous: &str,
) -> BuildAnswer {
    let info = wait(engine.info()).unwrap();
    let reference = reference(previous);
    if info.pulls_cache(Builder::BuildKit) {
        wait(engine.pull(PullRequest {
            reference,
            platform: Platform::linux_amd64(),
            credential: None,
        }))
        .unwrap();
    } else {
        assert!(wait(engine.probe(&reference, None)).unwrap().is_some());
    }
    let mut request = request(
        &format!("localhost/kiln/{name}"),
        dockerfile,
        Builder::BuildKit,
    );
    request.cache_from = vec![previous.to_owned()];
    let answer = built(engine, request);
    push(
        engine,
        &format!("localhost/kiln/{name}"),
        &format!("{}/{}", world.registry(), name),
    );
    answer
}

fn push(engine: &DockerEngine, image: &str, to: &str) {
    wait(engine.push(PushRequest {
        image: image.into(),
        reference: reference(to),
        credential: None,
    }))
    .unwrap();
}

fn dockerfile(base: &str, last: &str) -> String {
    format!(
        "FROM {base}\nCOPY f.txt /f\nRUN date +%N > /made\nWORKDIR /w\nRUN echo {last} > /last\n"
    )
}

fn the_previous_image_is_the_cache(kind: Kind) {
    let world = World::start(kind);
    let base = base(&world, "previous");
    let first = engine(&world);
    let parent = built(
        &first,
        request(
            "localhost/kiln/parent:one",
            &dockerfile(&base, "same"),
            Builder::BuildKit,
        ),
    );
    let from = |run: &str, id| {
        if kind.containerd_store() {
            format!("localhost/kiln/parent:{run}@{id}")
        } else {
            format!("localhost/kiln/parent:{run}")
        }
    };
    let child = |from: &str| format!("FROM {from}\nCOPY a /a\nRUN date +%N > /child\n");
    let below = built(
        &first,
        request(
            "localhost/kiln/child:one",
            &child(&from("one", parent.image)),
            Builder::BuildKit,
        ),
    );
    for name in ["parent:one", "child:one"] {
        push(
            &first,
            &format!("localhost/kiln/{name}"),
            &format!("{}/{name}", world.registry()),
        );
    }

    world.second_engine();
    let second = engine(&world);
    // By digest, too: the digest that was pulled or probed is the one that is used.
    let by_digest = |name: &str| {
        let tagged = format!("{}/{name}:one", world.registry());
        format!(
            "{}/{name}@{}",
            world.registry(),
            world.digest(&tagged).unwrap()
        )
    };
    let again = from_previous(
        &second,
        &world,
        "parent:two",
        &dockerfile(&base, "same"),
        &by_digest("parent"),
    );
    assert_eq!((again.cached, again.ran), (4, 0));
    let below_again = from_previous(
        &second,
        &world,
        "child:two",
        &child(&from("two", again.image)),
        &by_digest("child"),
    );
    assert_eq!((below_again.cached, below_again.ran), (2, 0));
    // With the containerd store, the first image from cache hits alone has other metadata than the original.
    if !kind.containerd_store() {
        assert_eq!(
            (again.image, below_again.image),
            (parent.image, below.image)
        );
    }
}

fn a_changed_step_keeps_the_rest_for_the_next_engine(kind: Kind) {
    let world = World::start(kind);
    let base = base(&world, "generations");
    let first = engine(&world);
    built(
        &first,
        request(
            "localhost/kiln/generations:1",
            &dockerfile(&base, "1"),
            Builder::BuildKit,
        ),
    );
    push(
        &first,
        "localhost/kiln/generations:1",
        &format!("{}/generations:1", world.registry()),
    );
    for generation in 2..=3 {
        world.stop_engine();
        world.start_engine(&format!("engine{generation}"));
        let engine = engine(&world);
        let previous = format!("{}/generations:{}", world.registry(), generation - 1);
        let answer = from_previous(
            &engine,
            &world,
            &format!("generations:{generation}"),
            &dockerfile(&base, &generation.to_string()),
            &previous,
        );
        assert_eq!(
            (answer.cached, answer.ran),
            (3, 1),
            "generation {generation}"
        );
    }
}
