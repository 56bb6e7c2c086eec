//! G17: leases. What a killed run left goes, and nothing else.

use super::world::{Kind, World};
use super::{base, engine, reference, wait};
use crate::on_every_engine;
use kiln::engine::Engine as _;
use kiln::name::Platform;
use kiln::request::{PullRequest, PushRequest};
use std::time::Duration;

on_every_engine!(what_a_killed_run_left_is_removed);

const KILLED: &str = "kdeaddead0";
const ALIVE: &str = "ka11fea11e";

/// The names of all images on the engine that contain a text.
fn names(world: &World, part: &str) -> Vec<String> {
    let images = world.api("GET", "/images/json");
    let images: serde_json::Value = serde_json::from_str(&images).unwrap();
    let all = images.as_array().unwrap().iter();
    let both = all.flat_map(|image| [&image["RepoTags"], &image["RepoDigests"]]);
    let mut names: Vec<String> = both
        .flat_map(|names| names.as_array().into_iter().flatten())
        .map(|name| name.as_str().unwrap().to_owned())
        .filter(|name| name.contains(part))
        .collect();
    names.sort();
    names
}

/// Gives a run what runs have on an engine, and abandons it in the middle of a push, as a kill would.
fn abandon(world: &World, run: &str, base: &str, stage: &str) {
    wait(async {
        let engine = engine(world);
        engine.hold(run).await.unwrap();
        let pull = PullRequest {
            reference: reference(base),
            platform: Platform::linux_amd64(),
            credential: None,
        };
        engine.pull(pull).await.unwrap();
        let own = format!("localhost/kiln/app:{run}-01234567-linux-amd64");
        engine.tag(base, &reference(&own)).await.unwrap();
        let push = PushRequest {
            image: own,
            reference: reference(stage),
            credential: None,
        };
        // It ends with the runtime, which lets nothing clean up.
        tokio::spawn(async move { engine.push(push).await });
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if !names(world, stage).is_empty() {
                break;
            }
        }
    });
}

/// Lets the lease of a run end in 1970.
fn age(world: &World, run: &str) {
    for lease in names(world, &format!("localhost/kiln/lease:{run}")) {
        let old = format!("repo=localhost/kiln/lease&tag={run}-1");
        world.api("POST", &format!("/images/{lease}/tag?{old}"));
        world.api("DELETE", &format!("/images/{lease}"));
    }
}

fn what_a_killed_run_left_is_removed(kind: Kind) {
    let world = World::shared(kind);
    let silent = world.silent(5990);
    let stage = format!("{silent}/leases/stage:b-1");
    let tagged = base(world, "leases");
    let by_tag = format!("{}/leases/base:1", world.registry());
    // The base was pushed from here, so the engine has it; a run has to pull it.
    world.api("DELETE", &format!("/images/{by_tag}?force=1"));
    abandon(world, KILLED, &tagged, &stage);
    wait(async {
        let engine = engine(world);
        engine.hold(ALIVE).await.unwrap();
        assert_eq!(
            engine.reap(0).await.unwrap(),
            0,
            "the lease of {KILLED} has not ended"
        );
        let mine = "localhost/kiln/mine:1";
        engine.tag(&tagged, &reference(mine)).await.unwrap();
        assert!(!names(world, &stage).is_empty() && !names(world, KILLED).is_empty());
        age(world, KILLED);
        assert!(engine.reap(0).await.unwrap() > 0);
        assert_eq!(names(world, KILLED), Vec::<String>::new());
        assert_eq!(names(world, &stage), Vec::<String>::new());
        assert_eq!(names(world, mine), [mine]);
        assert_eq!(names(world, ALIVE).len(), 1);
        engine.release().await;
        assert_eq!(names(world, ALIVE), Vec::<String>::new());
        engine.untag(mine).await.unwrap();
    });
}
