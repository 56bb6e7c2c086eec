//! The Docker engine client on real engines.

#[path = "engine/builds.rs"]
mod builds;
#[path = "engine/cache.rs"]
mod cache;
#[path = "engine/leases.rs"]
mod leases;
#[path = "engine/reach.rs"]
mod reach;
#[path = "engine/transfers.rs"]
mod transfers;
#[path = "engine/tunnels.rs"]
mod tunnels;
mod world;

use kiln::engine::{Engine as _, docker};
use kiln::host::Environment;
use kiln::name::{Platform, Reference, Repository};
use kiln::request::{
    BuildAnswer, BuildProgress, BuildRequest, Builder, Credential, Credentials, WorldError,
};
use kiln::tree::{Content, Entry, Mode, Tree};
use std::sync::Arc;
use std::time::Duration;
use world::World;

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

fn environment(vars: &[(&str, &str)]) -> Environment {
    vars.iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn engine(world: &World) -> docker::DockerEngine {
    docker::connect(
        &environment(&[("DOCKER_HOST", &world.docker_host())]),
        docker::STARTING,
    )
    .unwrap()
}

/// A base for one test, by digest.
fn base(world: &World, name: &str) -> String {
    let tagged = format!("{}/{name}/base:1", world.registry());
    let digest = world.import_base("busybox", &tagged);
    format!("{}/{name}/base@{digest}", world.registry())
}

fn reference(text: &str) -> Reference {
    text.parse().unwrap()
}

/// A file, a program, a folder and a link; and a `.dockerignore`, which was already applied.
fn context() -> Tree {
    let mut tree = Tree::default();
    tree.add_bytes("f.txt", Mode::Plain, b"hello\n".as_slice());
    tree.add_bytes("a-b", Mode::Executable, b"#!/bin/sh\n".as_slice());
    tree.add_bytes("a/b", Mode::Plain, b"below\n".as_slice());
    tree.add_bytes(".dockerignore", Mode::Plain, b"*.log\n".as_slice());
    let digest = kiln::name::Digest::of("f.txt");
    tree.add(
        "link",
        Entry {
            mode: Mode::Plain,
            size: 0,
            digest,
            content: Content::Link("f.txt".into()),
        },
    );
    tree
}

fn request(name: &str, dockerfile: &str, builder: Builder) -> BuildRequest {
    BuildRequest {
        dockerfile: dockerfile.into(),
        context: Arc::new(context()),
        args: Default::default(),
        platform: Platform::linux_amd64(),
        name: name.into(),
        cache_from: Vec::new(),
        no_cache: false,
        options: Default::default(),
        builder,
        credentials: Default::default(),
        secrets: Default::default(),
    }
}

fn credentials(domain: &str, user: &str, password: &str) -> Credentials {
    let domain = format!("{domain}/x")
        .parse::<Repository>()
        .unwrap()
        .domain()
        .clone();
    [(
        domain,
        Credential::Basic {
            username: user.into(),
            password: password.into(),
        },
    )]
    .into()
}

/// Builds; returns the result and the events.
fn build(
    engine: &docker::DockerEngine,
    request: BuildRequest,
) -> (Result<BuildAnswer, WorldError>, Vec<BuildProgress>) {
    wait(async {
        let (progress, mut said) = tokio::sync::mpsc::unbounded_channel();
        let answer =
            tokio::time::timeout(Duration::from_secs(120), engine.build(request, progress))
                .await
                .expect("in two minutes");
        let mut all = Vec::new();
        said.recv_many(&mut all, 10_000).await;
        (answer, all)
    })
}

/// A build that must succeed.
fn built(engine: &docker::DockerEngine, request: BuildRequest) -> BuildAnswer {
    build(engine, request).0.unwrap()
}

/// The builders of an engine; the classic one does not work with the containerd store.
fn builders(world: &World) -> Vec<Builder> {
    if world.kind().containerd_store() {
        vec![Builder::BuildKit]
    } else {
        vec![Builder::BuildKit, Builder::Classic]
    }
}
