//! The previous image as cache on an empty engine, over two generations.

use super::world::{Kind, World};
use super::{base, built, engine, reference, request, wait};
use crate::on_every_engine;
use kiln::engine::Engine as _;
use kiln::engine::docker::DockerEngine;
use kiln::name::{Digest, Platform};
use kiln::request::{BuildAnswer, Builder, PullRequest, PushRequest};

on_every_engine!(
    the_previous_image_is_the_cache,
    a_changed_step_keeps_the_rest_for_the_next_engine
);

/// Builds with the previous image as cache, in the form that this engine needs, and pushes the result.
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

/// A Dockerfile based on the parent of a run.
fn child(kind: Kind, run: &str, id: Digest) -> String {
    let from = match kind.containerd_store() {
        true => format!("localhost/kiln/parent:{run}@{id}"),
        false => format!("localhost/kiln/parent:{run}"),
    };
    format!("FROM {from}\nCOPY a /a\nRUN date +%N > /child\n")
}

/// Builds an image without a cache, and pushes it.
fn from_scratch(engine: &DockerEngine, world: &World, name: &str, dockerfile: &str) -> BuildAnswer {
    let local = format!("localhost/kiln/{name}");
    let answer = built(engine, request(&local, dockerfile, Builder::BuildKit));
    push(engine, &local, &format!("{}/{name}", world.registry()));
    answer
}

fn the_previous_image_is_the_cache(kind: Kind) {
    let world = World::start(kind);
    let parent_file = dockerfile(&base(&world, "previous"), "same");
    let first = engine(&world);
    let parent = from_scratch(&first, &world, "parent:one", &parent_file);
    let child_file = child(kind, "one", parent.image);
    let below = from_scratch(&first, &world, "child:one", &child_file);

    world.second_engine();
    let second = engine(&world);
    // References by digest work, too: the engine uses the digest that was pulled or probed.
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
        &parent_file,
        &by_digest("parent"),
    );
    assert_eq!((again.cached, again.ran), (4, 0));
    let below_again = from_previous(
        &second,
        &world,
        "child:two",
        &child(kind, "two", again.image),
        &by_digest("child"),
    );
    assert_eq!((below_again.cached, below_again.ran), (2, 0));
    // With the containerd store, the first image that is built only from cache hits has different metadata.
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
    from_scratch(&first, &world, "generations:1", &dockerfile(&base, "1"));
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
