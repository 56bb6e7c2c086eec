//! What a run promises, over many fleets, failures and faults of the registry: no tag before what it stands on (G1,
//! G2), success if and only if every planned tag reads back (G5), and a second run that finishes what the first left.

use super::engine::Fake as Engine;
use crate::graph::Graph;
use crate::lockfile::Lockfile;
use crate::manifest;
use crate::matrix::{Fleet, GitFacts, Inputs, Trigger, VariantId, expand};
use crate::name::{Digest, Reference};
use crate::plan::{self, Facts, MoveState, Options, Plan, ids};
use crate::registry::fake::{Fake as Registry, Fault, Operation, Write};
use crate::render::{self, Files, Ignore, Recipe};
use crate::run::{self, Limits, Outcome, Policy, RunContext, RunParts, Stop};
use crate::survey;
use crate::text::{Diagnostics, Sources, kdl};
use crate::tree::Tree;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::unbounded_channel;

/// Fleets that are tried, unless `KILN_TEST_SEEDS` says another number.
const SEEDS: u64 = 120;

/// A workspace without files.
struct Nothing;

impl Files for Nothing {
    fn text(&self, _: &str) -> Result<Option<Arc<str>>, String> {
        Ok(None)
    }

    fn tree(&self, _: &str, _: &Ignore) -> Result<Arc<Tree>, String> {
        Ok(Arc::default())
    }
}

/// Numbers that are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// A fleet of two to seven images, each on the base or on an earlier one, published to one repository or two.
fn manifest_of(dice: &mut Dice, broken: bool) -> String {
    let count = 2 + dice.below(6);
    let publish = if dice.below(3) == 0 {
        "\"r.example/f/{image}\" \"s.example/f/{image}\""
    } else {
        "\"r.example/f/{image}\""
    };
    let mut text = format!(
        "workspace \"w\" {{ publish {publish}; stage \"r.example/f/stage\" }}\nbase \"b\" from=\"r.example/base:1\"\n"
    );
    for image in 0..count {
        let parent = match dice.below(image + 1) {
            0 => String::from("base=\"b\""),
            other => format!("image=\"i{}\"", other - 1),
        };
        let fails = dice.below(6) == 0;
        let step = if broken && fails {
            "nobody can do this"
        } else {
            "true"
        };
        let _ = write!(
            text,
            "toolset \"t{image}\" {{ run \"echo {image}; {step}\" }}\nimage \"i{image}\" {{ from {parent}; use \"t{image}\"; "
        );
        text.push_str("tag \"latest\"; tag \"1\"; tag \"1.0\" fixed }\n");
    }
    text
}

#[derive(Clone)]
pub(super) struct Line {
    fleet: Fleet,
    recipes: Vec<Recipe>,
    graph: Graph,
}

pub(super) fn line(text: &str) -> Line {
    let (mut faults, mut sources) = (Diagnostics::default(), Sources::default());
    let source = sources.add("kiln.kdl", text);
    let manifest = manifest::parse(&[kdl::parse(source, text, &mut faults)], &mut faults);
    let inputs = Inputs {
        now: jiff::Timestamp::UNIX_EPOCH,
        variables: BTreeMap::new(),
        git: GitFacts::default(),
        event: Trigger::default(),
    };
    let fleet =
        expand(&manifest, &inputs, &mut faults).unwrap_or_else(|| panic!("{faults:?}\n{text}"));
    let recipes = render::render(
        &fleet,
        &Nothing,
        &Lockfile::default(),
        &mut sources,
        &mut faults,
    );
    let graph = Graph::connect(&fleet, &recipes, &mut faults);
    assert!(!faults.has_errors(), "{faults:?}\n{text}");
    Line {
        fleet,
        recipes,
        graph,
    }
}

/// One run as `kiln build --push` makes it; `None` where the registry could not be asked.
pub(super) async fn go(
    line: &Line,
    registry: &Registry,
    engine: &Engine,
    fail_fast: bool,
) -> Option<(Plan, Outcome)> {
    let Line {
        fleet,
        recipes,
        graph,
    } = line.clone();
    let selected = fleet.variants.iter().map(|v| v.id).collect();
    let ids = ids(&fleet, &recipes, &graph);
    let facts = survey::published(&fleet, &graph, &ids, &selected, registry)
        .await
        .ok()?;
    let plan = plan::build(
        &fleet,
        &graph,
        &facts,
        &Options {
            push: true,
            force: false,
            selected,
        },
    );
    let locks = survey::locks(&plan, &graph, registry, engine).await.ok()?;
    let facts = Facts { locks, ..facts };
    let info = crate::engine::Engine::info(engine).await.ok()?;
    let (registry, engine) = (
        Arc::new(registry.clone()),
        Some((
            Arc::new(engine.clone()) as Arc<dyn crate::engine::Engine>,
            info,
        )),
    );
    let (credentials, run, stop) = (Arc::default(), run::run_id(), Stop::default());
    let parts = RunParts {
        fleet,
        recipes,
        graph,
        plan: plan.clone(),
        facts,
        ids,
        engine,
        registry,
        credentials,
        run,
        cache: true,
        stop,
    };
    let (sender, _heard) = unbounded_channel();
    let policy = if fail_fast {
        Policy::FailFast
    } else {
        Policy::KeepGoing
    };
    let outcome = run::run(
        Arc::new(RunContext::new(parts, sender)),
        Limits {
            builds: 2,
            transfers: 3,
        },
        policy,
    )
    .await;
    Some((plan, outcome))
}

fn faults(dice: &mut Dice, registry: &Registry) {
    let operations = [
        Operation::Head,
        Operation::Manifest,
        Operation::Put,
        Operation::Put,
        Operation::Put,
        Operation::Copy,
    ];
    for _ in 0..dice.below(4) {
        let operation = operations[dice.below(6) as usize];
        let part = [
            "i0:",
            "i1:",
            ":latest",
            ":1.0",
            ":b-",
            ":r-",
            "s.example",
            "/",
        ][dice.below(8) as usize];
        let fault = match dice.below(5) {
            0 => Fault::Unreachable,
            1 => Fault::Status(403),
            2 => Fault::LostAnswer,
            3 => Fault::Ignored,
            _ => Fault::Delay(Duration::from_millis(dice.below(50))),
        };
        registry.fault(operation, part, 1 + dice.below(3) as usize, fault);
    }
}

/// Whose public tag this is.
fn owner(fleet: &Fleet, reference: &Reference) -> Option<VariantId> {
    fleet
        .variants
        .iter()
        .find(|v| v.references().any(|(r, _)| r == *reference))
        .map(|v| v.id)
}

/// G1 and G2, on the log of the registry.
fn check_log(
    line: &Line,
    earlier: &[Write],
    log: &[Write],
    before: &BTreeMap<Reference, Digest>,
) -> Result<(), String> {
    let place = |reference: &Reference| log.iter().position(|write| write.reference == *reference);
    for (at, write) in log.iter().enumerate() {
        let Some(v) = owner(&line.fleet, &write.reference) else {
            continue;
        };
        let stage = &line.fleet.variant(v).staging;
        let staged = earlier
            .iter()
            .chain(&log[..at])
            .any(|w| w.reference.repository == *stage && w.digest == write.digest);
        if !staged {
            return Err(format!(
                "{} was written before its image was staged",
                write.reference
            ));
        }
        for parent in line.graph.parents(v) {
            for (reference, _) in line.fleet.variant(*parent).references() {
                let there = before.contains_key(&reference)
                    || place(&reference).is_some_and(|place| place < at);
                if !there {
                    return Err(format!(
                        "{} was written before {reference} of its parent",
                        write.reference
                    ));
                }
            }
        }
    }
    Ok(())
}

/// G5: success means that every planned tag reads back as the image its variant came to.
fn check_success(
    line: &Line,
    plan: &Plan,
    outcome: &Outcome,
    registry: &Registry,
) -> Result<(), String> {
    let digest_of = |v: VariantId| {
        line.fleet
            .variant(v)
            .references()
            .next()
            .and_then(|(r, _)| registry.tagged(&r))
    };
    let wrong = plan
        .moves()
        .filter(|m| m.state == MoveState::Write)
        .find(|m| {
            let v = owner(&line.fleet, &m.reference);
            registry.tagged(&m.reference).is_none()
                || registry.tagged(&m.reference) != v.and_then(digest_of)
        });
    match wrong {
        Some(m) if outcome.is_success() => Err(format!(
            "the run succeeded, and {} is not as planned",
            m.reference
        )),
        _ => Ok(()),
    }
}

async fn one(seed: u64) -> Result<(), String> {
    let mut dice = Dice(seed);
    let rolled = dice.below(1 << 30);
    let (broken, whole) = (
        manifest_of(&mut Dice(rolled), true),
        manifest_of(&mut Dice(rolled), false),
    );
    let registry = Registry::default();
    registry.seed(
        &"r.example/base:1".parse().expect("a reference"),
        &Engine::base("base"),
    );
    let engine = Engine::beside(&registry);
    faults(&mut dice, &registry);
    let fail_fast = dice.below(4) == 0;
    let (first, second) = (line(&broken), line(&whole));
    let went = go(&first, &registry, &engine, fail_fast).await;
    check_log(&first, &[], &registry.log(), &BTreeMap::new())?;
    if let Some((plan, outcome)) = &went {
        check_success(&first, plan, outcome, &registry)?;
    }
    // What is left of the faults is over, and the broken step is mended: another engine finishes the work.
    for operation in [
        Operation::Head,
        Operation::Manifest,
        Operation::Put,
        Operation::Copy,
    ] {
        registry.heal(operation);
    }
    let done = registry.log().len();
    let public = second
        .fleet
        .variants
        .iter()
        .flat_map(|v| v.references().map(|(r, _)| r));
    let before: BTreeMap<Reference, Digest> = public
        .filter_map(|r| Some((r.clone(), registry.tagged(&r)?)))
        .collect();
    let staged: Vec<Reference> = registry
        .log()
        .iter()
        .map(|w| w.reference.clone())
        .filter(|r| r.to_string().contains(":b-"))
        .collect();
    let (plan, outcome) = go(&second, &registry, &Engine::beside(&registry), false)
        .await
        .ok_or("the second run could not ask")?;
    if !outcome.is_success() {
        return Err(format!("the second run failed: {outcome:?}"));
    }
    let log = registry.log();
    check_log(&second, &log[..done], &log[done..], &before)?;
    check_success(&second, &plan, &outcome, &registry)?;
    let again = registry.log()[done..]
        .iter()
        .find(|w| staged.contains(&w.reference))
        .cloned();
    if let Some(write) = again {
        return Err(format!("{} was staged twice", write.reference));
    }
    let third = go(&second, &registry, &Engine::beside(&registry), false)
        .await
        .ok_or("the third run could not ask")?;
    if third.0.builds() + third.0.writes() > 0 {
        return Err(format!(
            "there is nothing left to do, and the third run plans {:?}",
            third.0
        ));
    }
    Ok(())
}

#[test]
fn runs_keep_their_promises() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let seeds = std::env::var("KILN_TEST_SEEDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(SEEDS);
    for seed in 0..seeds {
        if let Err(why) = runtime.block_on(one(seed)) {
            panic!("seed {seed}: {why}");
        }
    }
}
