//! Whether an engine sees the registries that kiln sees.

use super::engine::Fake;
use super::world::{Call, World, runtime};
use crate::engine::Engine as _;
use crate::name::Reference;
use crate::registry::fake::{Fake as Registry, Fault, Operation};
use crate::request::{EngineInfo, Product};
use crate::run::reach::{question, questions, unseen};

const FLEET: &str =
    "workspace \"w\" { publish \"r.example/f/{image}\"; stage \"r.example/f/stage\" }
    base \"b\" from=\"BASE\"
    image \"a\" { from base=\"b\"; tag \"1\" }
    ";

/// What an engine beside `registry` has against the registries of a fleet, as kiln sees them in `world`.
async fn against(
    world: &World,
    (base, registry, product): (&str, &Registry, Product),
) -> Option<String> {
    let fleet = FLEET.replace("BASE", base);
    let (_, plan) = world.plan(&Call::push(&fleet)).await.expect("a plan");
    let questions = questions(&plan, &world.registry).await;
    assert_eq!(questions.len(), 1, "one for the staging registry");
    let engine = Fake::beside(registry);
    let info = EngineInfo {
        product,
        ..engine.info().await.expect("an engine in memory")
    };
    let found = unseen((&engine, &info), &questions[0], None).await;
    found.map(|unseen| unseen.to_string())
}

/// A base in the registry is looked for; where there is none, a mark without a tag. Podman answers that nothing exists, whatever the
/// query.
#[test]
fn an_engine_beside_another_registry() {
    let another = Registry::default();
    for base in ["r.example/base:1", "other.example/base:1"] {
        let registry = Registry::default();
        let reference: Reference = base.parse().expect("a reference");
        registry.seed(&reference, &Fake::base("base"));
        let world = World::around(&registry);
        runtime().block_on(async {
            let why = against(&world, (base, &another, Product::Docker)).await;
            let why = why.unwrap_or_default();
            assert!(why.contains("finds another registry at r.example"), "{why}");
            let same = against(&world, (base, &registry, Product::Docker)).await;
            assert_eq!(same, None);
            let podman = against(&world, (base, &another, Product::Podman)).await;
            assert_eq!(podman, None);
            let tags = registry.all_tags().into_iter();
            let tags: Vec<String> = tags.map(|(name, _)| name.familiar()).collect();
            assert_eq!(tags, [base], "a mark has no tag");
        });
    }
}

/// Each image costs seconds where the registry does not answer, and what an engine does not reach either is not its fault.
#[test]
fn a_registry_that_does_not_answer_is_queried_once() {
    let images: Vec<Reference> = ["r.example/a:1", "r.example/b:1", "r.example/c:1"]
        .map(|image| image.parse().expect("a reference"))
        .into();
    let check = |fault: Fault, expect: (bool, usize)| {
        let registry = Registry::default();
        let shown = format!("{fault:?}");
        registry.fault(Operation::Head, "r.example", 99, fault);
        let question = runtime().block_on(question(&registry, &images));
        let question = question.expect("there are images");
        assert!(!question.exists(), "{shown}");
        let asked = registry.calls().len();
        assert_eq!((question.is_reached(), asked), expect, "{shown}");
    };
    check(Fault::Unreachable, (false, 1));
    for status in [401, 429, 503] {
        check(Fault::Status(status), (true, 3));
    }
}
