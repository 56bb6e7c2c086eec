//! A staged image that is gone when its tags are written.

use super::engine::Fake as Engine;
use super::promises::{bring, go};
use crate::registry::{Registry as _, fake::Fake as Registry, fake::Fault, fake::Operation};

const FLEET: &str = r#"workspace "w" { publish "r.example/f/{image}"; stage "r.example/f/stage" }
base "b" from="r.example/base:1"
toolset "t" { run "true" }
image "one" { from base="b"; use "t"; tag "1" }
"#;

#[tokio::test]
async fn the_way_out_names_the_staging_tag() {
    let ready = bring(FLEET);
    let (registry, base) = (Registry::default(), "r.example/base:1".parse().unwrap());
    registry.seed(&base, &Engine::base("base"));
    let engine = Engine::beside(&registry);
    let (_, first) = go(&ready, &registry, &engine, false).await.unwrap();
    assert!(first.is_success(), "{first:?}");

    registry
        .delete(&"r.example/f/one:1".parse().unwrap())
        .await
        .unwrap();
    registry.fault(Operation::Manifest, "stage@sha256", 1, Fault::Ignored);
    let (_, second) = go(&ready, &registry, &engine, false).await.unwrap();
    let v = ready.fleet.variants[0].id;
    let tag = format!("r.example/f/stage:{}", ready.ids.recipe_tag(v));
    let said = format!("{second:?}");
    assert!(
        said.contains(&format!("delete its staging tag {tag}, and the next run")),
        "{said}"
    );

    // The suggested fix works.
    registry.delete(&tag.parse().unwrap()).await.unwrap();
    let (plan, third) = go(&ready, &registry, &engine, false).await.unwrap();
    assert_eq!((plan.builds(), third.is_success()), (1, true), "{third:?}");
}
