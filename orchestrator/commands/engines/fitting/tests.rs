use super::*;
use crate::engine::docker;
use crate::host::Environment;
use crate::line::tests::bring;
use crate::matrix::{Inputs, VariantId};
use crate::memory::NoHistory;
use crate::plan::Action;
use crate::plan::{Facts, Options, build};
use crate::request::{Builder, EngineInfo, Product, Store};
use crate::run::Limits;
use std::sync::Arc;
use std::time::Duration;

const IMAGES: &str =
    "workspace \"w\" { publish \"r.example/f/{image}\"; stage \"r.example/f/stage\" }
    base \"b\" from=\"debian:12\"
    toolset \"t\" { run \"make\" }
    image \"a\" { from base=\"b\"; platforms \"linux/arm64\"; use \"t\"; tag \"1\" }
    image \"c\" { from base=\"b\"; platforms \"linux/arm64\"; use \"t\"; tag \"1\" }";

fn plan() -> Plan {
    plan_of(IMAGES)
}

fn plan_of(text: &str) -> Plan {
    let ready = bring(text, &Inputs::default(), &[]).made();
    let all = ready.fleet.variants.iter_enumerated().map(|(v, _)| v);
    let selected: BTreeSet<VariantId> = all.collect();
    let options = Options::new(true, selected, &NoHistory);
    build(&ready.materials(), &Facts::default(), &options)
}

/// An engine on amd64 that reports that it runs nothing else.
fn member(name: &str) -> Member {
    let env = Environment::from_iter([]);
    let engine = docker::connect_to(&env, "unix:///nowhere", Duration::ZERO);
    Member {
        name: Arc::from(name),
        engine: Arc::new(engine.expect("an address")),
        info: EngineInfo {
            id: name.into(),
            product: Product::Docker,
            version: "28.5.2".into(),
            api: "1.51".into(),
            store: Store::GraphDriver,
            driver: "overlay2".into(),
            builder: Builder::BuildKit,
            platform: Platform::linux_amd64(),
            cpus: 2,
        },
        platforms: Some(vec![Platform::linux_amd64()]),
        limits: Limits {
            builds: 2,
            transfers: TRANSFERS,
        },
    }
}

#[test]
fn a_platform_that_no_engine_has_is_refused_with_its_place_and_count() {
    let plan = plan();
    let pool = Pool::new(vec![member("one"), member("two")], TRANSFERS);
    assert!(lacks_emulator(&plan, &pool));
    let builds = plan.iter().filter(|(_, step)| step.action == Action::Build);
    let builds: Vec<StepId> = builds.map(|(id, _)| id).collect();
    let text = refusal(&plan, &pool, &builds);
    let (first, rest) = text.split_once('\n').expect("lines");
    assert!(first.starts_with("a:1: "), "{text}");
    assert!(
        first.ends_with(": RUN is for linux/arm64, which no engine runs or emulates (2 images)"),
        "{text}"
    );
    let why = "Docker Engine 28.5.2 on linux/amd64 neither runs nor emulates linux/arm64";
    assert!(
        rest.starts_with(&format!("  one: {why}\n  two: {why}\n  name an engine")),
        "{text}"
    );
}

/// What `plan` warns of beforehand is what `build` refuses.
#[test]
fn what_no_builder_takes_is_found_for_plans_and_builds() {
    let text = IMAGES.replacen("\"linux/arm64\"", "\"linux/amd64\"; shm-size \"1g\"", 1);
    let plan = plan_of(&text.replacen("\"linux/arm64\"", "\"linux/amd64\"", 1));
    let with = |name: &str, version: &str, builder: Builder| {
        let mut member = member(name);
        member.info = EngineInfo {
            version: version.into(),
            builder,
            ..member.info
        };
        member
    };
    let said = |members: Vec<Member>| {
        let pool = Pool::new(members, TRANSFERS);
        (
            lacking(&plan, pool.members()).join("\n"),
            unfit(&plan, &pool, &pool.capacity(&plan)).join("\n"),
        )
    };
    let old = |name: &str| with(name, "20.10.24", Builder::BuildKit);
    let (lacks, text) = said(vec![old("one"), old("two")]);
    assert_eq!(lacks, "");
    assert!(
        text.starts_with("no engine can build a:1 for linux/amd64 (1 image)\n  one: "),
        "{text}"
    );
    let why = "`shm-size` is known to BuildKit in engines from 23.0 on";
    assert_eq!(text.matches(why).count(), 2, "{text}");
    // One engine lacks one thing, and the other one another: each is named.
    let mixed = IMAGES
        .replacen("\"linux/arm64\"", "\"linux/amd64\"; shm-size \"1g\"", 1)
        .replacen("\"linux/arm64\"", "\"linux/amd64\"; ulimit \"nofile=9\"", 1);
    let mixed = plan_of(&mixed);
    let pool = Pool::new(vec![old("one"), old("two")], TRANSFERS);
    let text = unfit(&mixed, &pool, &pool.capacity(&mixed)).join("\n");
    for why in [
        "\n  one: `shm-size` is known",
        "\n  one: c:1: `ulimit` is known",
        "\n  two: `shm-size` is known",
        "\n  two: c:1: `ulimit` is known",
    ] {
        assert_eq!(text.matches(why).count(), 1, "{why}: {text}");
    }
    let nothing = (String::new(), String::new());
    assert_eq!(said(vec![old("one"), member("two")]), nothing);

    let engine = "workspace \"w\" { syntax \"buildkit\" engine=\"23.0\";";
    let plan = plan_of(&IMAGES.replacen("workspace \"w\" {", engine, 1));
    let members = [old("one"), member("two")];
    let lacks = lacking(&plan, members.iter());
    assert_eq!(lacks.len(), 1, "{lacks:?}");
    let why = "engine one: the workspace declares an engine from 23.0 on, and this one is 20.10";
    assert!(lacks[0].starts_with(why), "{lacks:?}");
}
