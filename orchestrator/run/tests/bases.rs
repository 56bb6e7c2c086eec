//! Bases, for each response of their registry.

use super::engine::Fake as Engine;
use super::world::{Call, World, bring, runtime};
use crate::engine::Engine as _;
use crate::line::tests::bring as line;
use crate::matrix::Inputs;
use crate::memory::NoHistory;
use crate::name::{Platform, Reference};
use crate::plan::{self, BaseFact, LockSource, Options};
use crate::registry::{Registry as _, fake::Fault, fake::Operation};
use crate::request::{PullRequest, Stored};
use crate::run::Stop;
use crate::survey::{self, Survey};

const BASE: &str = "r.example/base:1";
const FLEET: &str = r#"workspace "w" { publish "r.example/f/{image}"; stage "r.example/f/stage" }
base "b" from="r.example/base:1"
toolset "t" { run "true" }
image "one" { from base="b"; use "t"; tag "1" }
image "two" { from base="b"; use "t"; tag "1" }
"#;

/// Whether the engine has a copy of the base.
#[derive(Clone, Copy)]
enum Copy {
    Old,
    None,
}

/// What is known of the base: with `--push` as the survey finds it, without as a local build does.
async fn found(answer: Option<Fault>, copy: Copy, push: bool) -> BaseFact {
    let ready = bring(FLEET);
    let (world, base) = (World::default(), BASE.parse::<Reference>().unwrap());
    let registry = &world.registry;
    registry.seed(&base, &Engine::base("old"));
    let engine = Engine::beside(registry);
    if let Copy::Old = copy {
        let (platform, credential) = (Platform::linux_amd64(), None);
        let reference = base.clone();
        let request = PullRequest {
            reference,
            platform,
            credential,
        };
        engine.pull(request).await.unwrap();
    }
    match answer {
        Some(fault) => registry.fault(Operation::Head, BASE, 9, fault),
        None => registry.delete(&base).await.unwrap(),
    }
    let selected = ready.fleet.variants.iter().map(|v| v.id).collect();
    let mut facts = match push {
        true => {
            let options = Options::new(true, selected, &NoHistory);
            let survey = Survey {
                materials: ready.materials(),
                options: &options,
                registry,
                evidence: false,
                questions: None,
            };
            survey.facts().await.unwrap().bases
        }
        false => survey::bases(&ready.materials(), &selected, registry, Some(&engine)).await,
    };
    facts.remove(&base).expect("a fact")
}

/// The error of a run with this response (none: 404), and whether the registry is out of reach.
#[track_caller]
fn check(answer: Option<Fault>, copy: Copy, push: bool, unreachable: bool, expect: &str) {
    let fact = runtime().block_on(found(answer.clone(), copy, push));
    let BaseFact::Unknown(error) = fact else {
        panic!("{fact:?}");
    };
    let text = error.to_string();
    assert!(text.starts_with(expect), "{answer:?}: {text}");
    let place = "\n  one:1 names it at kiln.kdl:2:1, kiln.kdl:4:1, kiln's templates/kiln/image.hbs:2, and so does 1 other image\n";
    assert!(text.contains(place), "{text}");
    assert_eq!(
        text.lines().count(),
        3,
        "the last line is a way out: {text}"
    );
    assert_eq!(error.kind().is_unreachable(), unreachable, "{text}");
}

/// A registry may have a newer image than the engine has, so a copy never replaces a response.
#[test]
fn a_registry_that_cannot_be_queried_is_an_error() {
    for push in [true, false] {
        for copy in [Copy::Old, Copy::None] {
            let out = |fault, expect| check(Some(fault), copy, push, true, expect);
            let stopped = "base r.example/base:1 is out of reach: r.example: connection refused\n";
            let dropped = "base r.example/base:1 is out of reach: r.example: connection reset";
            out(Fault::Unreachable, stopped);
            out(Fault::LostAnswer, dropped);
            out(
                Fault::Hang,
                "base r.example/base:1 is out of reach: r.example: timed out waiting for a response\n",
            );
            for status in [429, 503] {
                let expect =
                    format!("base r.example/base:1 is out of reach: r.example: {status}\n");
                check(Some(Fault::Status(status)), copy, push, true, &expect);
            }
            for status in [401, 403] {
                let expect = format!("base r.example/base:1: r.example: {status}\n");
                check(Some(Fault::Status(status)), copy, push, false, &expect);
            }
        }
    }
}

#[test]
fn a_registry_without_the_base_is_an_error_of_a_run_that_publishes() {
    let only = "base r.example/base:1: its registry does not have it (with `--push`, the engine is not searched)\n";
    check(None, Copy::Old, true, false, only);
    check(None, Copy::None, true, false, only);
    let neither = "base r.example/base:1: neither its registry nor the engine has it\n";
    check(None, Copy::None, false, false, neither);
}

#[test]
fn the_engines_copy_serves_without_push() {
    let fact = runtime().block_on(found(None, Copy::Old, false));
    assert!(
        matches!(&fact, BaseFact::Known(base) if base.lock.source == LockSource::Engine),
        "{fact:?}"
    );
}

#[test]
fn what_the_registry_has_is_used() {
    for push in [true, false] {
        let delay = Fault::Delay(std::time::Duration::from_millis(1));
        let fact = runtime().block_on(found(Some(delay), Copy::None, push));
        let BaseFact::Known(base) = fact else {
            panic!("{fact:?}");
        };
        assert_eq!(base.lock.source, LockSource::Registry);
        assert_eq!(base.lock.digest, Engine::base("old").digest);
    }
}

/// G6, G10: each stage takes what its line in `kiln.lock` says, whatever the name resolves to.
#[test]
fn each_stage_takes_what_its_line_locks() {
    let (own, any) = (Engine::base("own"), Engine::base("any"));
    let world = World::default();
    world.serve(BASE, &Engine::base("moved"));
    for stored in [&own, &any] {
        world.serve(&format!("r.example/base@{}", stored.digest), stored);
    }
    let lock = format!(
        "version 1\n{BASE} linux/amd64 {}\n{BASE} any {}\n",
        own.digest, any.digest
    );
    let dockerfile = "FROM --platform=$BUILDPLATFORM r.example/base:1 AS tools\nRUN make it\nFROM r.example/base:1\nCOPY --from=tools /a /a\n";
    let text = "workspace \"w\" { publish \"r.example/f/{image}\"; stage \"r.example/f/stage\" }\nimage \"one\" { dockerfile \"D\"; tag \"1\" }";
    let files = [("D", dockerfile), ("kiln.lock", &*lock)];
    let ready = line(text, &Inputs::default(), &files).made();
    let (call, engine) = (Call::push(text), world.engine());
    runtime().block_on(async {
        let plan = world.plan_of(&ready, &call).await;
        let run = world.carry_out(&ready, plan, &call, &engine, Stop::default());
        let (outcome, _) = run.await;
        assert!(outcome.is_success(), "{outcome:?}");
    });
    let sent = engine.sent().join("\n");
    let from = |stored: &Stored| format!("r.example/base@{}", stored.digest);
    let stages = [
        format!("FROM --platform=$BUILDPLATFORM {} AS tools", from(&any)),
        format!("FROM {}\n", from(&own)),
    ];
    assert!(stages.iter().all(|stage| sent.contains(stage)), "{sent}");
}

const FILES: [(&str, &str); 6] = [
    ("good", "FROM r.example/base:1\nRUN make good\n"),
    ("child", "FROM r.example/f/good:1\nRUN make child\n"),
    (
        "unused",
        "FROM r.example/gone:1 AS unused\nRUN make nothing\nFROM r.example/base:1\nRUN make unused\n",
    ),
    ("dead", "FROM r.example/gone:1\nRUN make dead\n"),
    ("heir", "FROM r.example/f/dead:1\nRUN make heir\n"),
    (
        "front",
        "# syntax=r.example/front:1\nFROM r.example/base:1\nRUN make front\n",
    ),
];

/// What one outside image is needed for fails alone, whatever it is and whatever its registry answers, and the rest is published.
#[test]
fn an_outside_image_that_cannot_be_had_fails_alone() {
    let images =
        FILES.map(|(name, _)| format!("image \"{name}\" {{ dockerfile \"{name}\"; tag \"1\" }}\n"));
    let text = format!(
        "workspace \"w\" {{ publish \"r.example/f/{{image}}\"; stage \"r.example/f/stage\" }}\n{}",
        images.concat()
    );
    let answers = [
        None,
        Some(Fault::Unreachable),
        Some(Fault::Status(401)),
        Some(Fault::Status(500)),
    ];
    for answer in answers {
        let world = World::default();
        world.serve(BASE, &Engine::base("base"));
        for name in ["r.example/gone:1", "r.example/front:1"] {
            if let Some(fault) = &answer {
                world
                    .registry
                    .fault(Operation::Head, name, 99, fault.clone());
            }
        }
        let ready = line(&text, &Inputs::default(), &FILES).made();
        let (call, engine) = (Call::push(&text), world.engine());
        let (shown, outcome) = runtime().block_on(async {
            let plan = world.plan_of(&ready, &call).await;
            let shown = plan::text(&plan, false);
            let run = world.carry_out(&ready, plan, &call, &engine, Stop::default());
            (shown, run.await.0)
        });
        assert!(!outcome.is_success(), "{answer:?}");
        let published = FILES.map(|(name, _)| {
            let reference: Reference = format!("r.example/f/{name}:1").parse().unwrap();
            world.registry.tagged(&reference).is_some()
        });
        assert_eq!(
            published,
            [true, true, true, false, false, false],
            "{answer:?}"
        );
        for expect in ["(dead:1); its tags stay", "(front:1); its tags stay"] {
            assert!(shown.contains(expect), "{answer:?}: {shown}");
        }
    }
}

/// What files are copied from may be meant to be a stage.
#[test]
fn a_name_that_may_be_a_stage_says_that_there_is_none() {
    for (instruction, is_said) in [
        ("COPY --from=compile /x /x", true),
        ("RUN --mount=from=compile,target=/x true", true),
        ("COPY --from=compile:1 /x /x", false),
        ("COPY --from=r.example/compile /x /x", false),
    ] {
        let file =
            format!("FROM r.example/base:1 AS build\nFROM r.example/base:1\n{instruction}\n");
        let text = "workspace \"w\" { publish \"r.example/f/{image}\"; stage \"r.example/f/stage\" }\nimage \"a\" { dockerfile \"Dockerfile\"; tag \"1\" }";
        let ready = line(text, &Inputs::default(), &[("Dockerfile", &file)]).made();
        let selected = ready.fleet.variants.iter().map(|v| v.id).collect();
        let world = World::default();
        let registry = &world.registry;
        let engine = Engine::beside(registry);
        let materials = ready.materials();
        let found = survey::bases(&materials, &selected, registry, Some(&engine));
        let facts = runtime().block_on(found);
        let mut named = facts.iter();
        let fact = named.find(|(name, _)| name.to_string().contains("compile"));
        let Some((_, BaseFact::Unknown(error))) = fact else {
            panic!("{instruction}: {facts:?}");
        };
        let said = "if a stage is meant, the file has none of this name";
        assert_eq!(
            error.to_string().contains(said),
            is_said,
            "{instruction}: {error}"
        );
    }
}
