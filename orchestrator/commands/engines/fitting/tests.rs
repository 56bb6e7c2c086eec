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
    let ready = bring(IMAGES, &Inputs::default(), &[]).made();
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
