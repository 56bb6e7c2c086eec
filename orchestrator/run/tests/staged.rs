//! What is staged: an image that is gone when its tags are written, and a repository that cannot be read.

use super::engine::Fake as Engine;
use super::promises::go;
use super::world::{Call, World};
use crate::registry::{Registry as _, fake::Fake as Registry, fake::Fault, fake::Operation};

const FLEET: &str = r#"workspace "w" { publish "r.example/f/{image}"; stage "r.example/f/stage" }
base "b" from="r.example/base:1"
toolset "t" { run "true" }
image "one" { from base="b"; use "t"; tag "1"; tag "2" }
"#;

#[tokio::test]
async fn the_way_out_is_a_forced_build() {
    let (registry, base) = (Registry::default(), "r.example/base:1".parse().unwrap());
    registry.seed(&base, &Engine::base("base"));
    let engine = Engine::beside(&registry);
    let (_, _, first) = go(FLEET, &registry, &engine, false).await.unwrap();
    assert!(first.is_success(), "{first:?}");

    registry
        .delete(&"r.example/f/one:2".parse().unwrap())
        .await
        .unwrap();
    registry.fault(Operation::Manifest, "@sha256", 4, Fault::Ignored);
    let (_, _, second) = go(FLEET, &registry, &engine, false).await.unwrap();
    let said = format!("{second:?}");
    assert!(
        said.contains(
            "is gone from the registries; `kiln build --push --force one:1` builds it again"
        ),
        "{said}"
    );
}

/// A registry that fails looks the same for each of its repositories, so the message says which word of the manifest names it.
#[tokio::test]
async fn a_staging_repository_out_of_reach_has_a_way_out() {
    for (part, expect) in [
        (
            "f/stage",
            "images are staged in r.example/f/stage\n  run again when the registry answers; if the name is wrong, correct `stage`",
        ),
        (
            "f/one",
            "one:1 is published there (kiln.kdl:4:1)\n  run again when the registry answers; if the name is wrong, correct `publish`",
        ),
    ] {
        let (registry, base) = (Registry::default(), "r.example/base:1".parse().unwrap());
        registry.seed(&base, &Engine::base("base"));
        registry.fault(Operation::Head, part, 100, Fault::Unreachable);
        let plan = World::around(&registry).plan(&Call::push(FLEET)).await;
        let why = plan.map(|_| "a plan").unwrap_err().to_string();
        assert!(why.contains(expect), "{part}: {why}");
    }
}
