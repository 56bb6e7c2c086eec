//! The promises of a run, over many fleets, failures and faults of the registry: no tag before its parents' tags (G1,
//! G2), success if and only if every planned tag reads back (G5), and a second run that finishes what the first left.

use super::engine::Fake as Engine;
use super::world::{Call, World, bring};
use crate::line::Ready;
use crate::matrix::{Fleet, VariantId};
use crate::name::{Digest, Reference};
use crate::plan::{MoveState, Plan};
use crate::registry::fake::{Fake as Registry, Fault, Operation, Write};
use crate::run::{Outcome, StepOutcome};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// The number of fleets, unless `KILN_TEST_SEEDS` sets another one.
const SEEDS: u64 = 120;

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

/// A run like that of `kiln build --push`; `None` if the registry could not be queried.
pub(super) async fn go(
    text: &str,
    registry: &Registry,
    engine: &Engine,
    fail_fast: bool,
) -> Option<(Arc<Ready>, Plan, Outcome)> {
    let world = World::around(registry);
    let call = Call {
        fail_fast,
        ..Call::push(text)
    };
    world.go(&call, engine).await.ok()
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
            ":d-",
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

/// The owner of a public tag.
fn owner(fleet: &Fleet, reference: &Reference) -> Option<VariantId> {
    fleet
        .variants
        .iter()
        .find(|v| v.references().any(|(r, _)| r == *reference))
        .map(|v| v.id)
}

/// G1 and G2, on the log of the registry.
fn check_log(
    ready: &Ready,
    earlier: &[Write],
    log: &[Write],
    before: &BTreeMap<Reference, Digest>,
) -> Result<(), String> {
    let place = |reference: &Reference| log.iter().position(|write| write.reference == *reference);
    for (at, write) in log.iter().enumerate() {
        let Some(v) = owner(&ready.fleet, &write.reference) else {
            continue;
        };
        let stage = &ready.fleet.variant(v).staging;
        let staged = earlier
            .iter()
            .chain(&log[..at])
            .any(|w| Some(&w.reference.repository) == stage.as_ref() && w.digest == write.digest);
        if !staged {
            return Err(format!(
                "{} was written before its image was staged",
                write.reference
            ));
        }
        for parent in ready.graph.parents(v) {
            for (reference, _) in ready.fleet.variant(*parent).references() {
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

/// G5: success means that every planned tag reads back as the image of its variant.
fn check_success(
    ready: &Ready,
    plan: &Plan,
    outcome: &Outcome,
    registry: &Registry,
) -> Result<(), String> {
    let digest_of = |v: VariantId| {
        ready
            .fleet
            .variant(v)
            .references()
            .next()
            .and_then(|(r, _)| registry.tagged(&r))
    };
    let wrong = plan
        .moves()
        .filter(|m| m.state == MoveState::Write)
        .find(|m| {
            let v = owner(&ready.fleet, &m.reference);
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
    let went = go(&broken, &registry, &engine, fail_fast).await;
    check_log(&bring(&broken), &[], &registry.log(), &BTreeMap::new())?;
    if let Some((ready, plan, outcome)) = &went {
        check_success(ready, plan, outcome, &registry)?;
    }
    // The remaining faults are over, and the broken step is fixed: another engine finishes the work.
    for operation in [
        Operation::Head,
        Operation::Manifest,
        Operation::Put,
        Operation::PutBlob,
        Operation::Copy,
    ] {
        registry.heal(operation);
    }
    finished(&whole, &registry).await?;
    let (_, plan, _) = go(&whole, &registry, &Engine::beside(&registry), false)
        .await
        .ok_or("the registry could not be queried by the third run")?;
    match plan.builds() + plan.writes() {
        0 => Ok(()),
        _ => Err(format!(
            "nothing is left to do, and the third run plans {}",
            crate::plan::text(&plan, true)
        )),
    }
}

/// A second run, on another engine, succeeds and stages nothing twice.
async fn finished(text: &str, registry: &Registry) -> Result<(), String> {
    let ready = &bring(text);
    let done = registry.log().len();
    let variants = ready.fleet.variants.iter();
    let public = variants.flat_map(|v| v.references().map(|(r, _)| r));
    let before: BTreeMap<Reference, Digest> = public
        .filter_map(|r| Some((r.clone(), registry.tagged(&r)?)))
        .collect();
    let log = registry.log();
    let written = log.iter().map(|w| w.reference.clone());
    let staged: Vec<Reference> = written.filter(|r| r.to_string().contains(":b-")).collect();
    let (_, plan, outcome) = go(text, registry, &Engine::beside(registry), false)
        .await
        .ok_or("the registry could not be queried by the second run")?;
    if !outcome.is_success() {
        return Err(format!("the second run failed: {outcome:?}"));
    }
    let log = registry.log();
    check_log(ready, &log[..done], &log[done..], &before)?;
    check_success(ready, &plan, &outcome, registry)?;
    let again = log[done..].iter().find(|w| staged.contains(&w.reference));
    match again {
        Some(write) => Err(format!("{} was staged twice", write.reference)),
        None => Ok(()),
    }
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

/// A task that panics is a failed step: what depends on it is blocked, everything else goes on, and the run ends.
#[test]
fn a_panic_is_a_failed_step() {
    let text = "workspace \"w\" { publish \"r.example/f/{image}\"; stage \"r.example/f/stage\" }
        base \"b\" from=\"r.example/base:1\"
        toolset \"bad\" { run \"echo a bug\" }
        toolset \"good\" { run \"echo\" }
        image \"i0\" { from base=\"b\"; use \"bad\"; tag \"1\" }
        image \"i1\" { from image=\"i0\"; use \"good\"; tag \"1\" }
        image \"i2\" { from base=\"b\"; use \"good\"; tag \"1\" }
        ";
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let registry = Registry::default();
    registry.seed(
        &"r.example/base:1".parse().expect("a reference"),
        &Engine::base("base"),
    );
    let engine = Engine::beside(&registry);
    let (_, plan, outcome) = runtime
        .block_on(go(text, &registry, &engine, false))
        .expect("the registry answers");
    let mut failed = plan.iter().filter_map(|(id, step)| {
        let StepOutcome::Failed { failure, .. } = &outcome.steps[id.0 as usize] else {
            return None;
        };
        let label = step.variant.to_string();
        Some((label, step.action.word(), failure.error.to_string()))
    });
    let (label, action, error) = failed.next().expect("a failed step");
    assert_eq!((label.as_str(), action), ("i0:1", "build"));
    assert!(
        error.starts_with("kiln has a bug here: at RUN ") && error.ends_with("; please report it"),
        "{error}"
    );
    assert_eq!(failed.next(), None);
    let tagged = |name: &str| {
        let reference = format!("r.example/f/{name}:1").parse();
        registry.tagged(&reference.expect("a reference")).is_some()
    };
    assert_eq!(["i0", "i1", "i2"].map(tagged), [false, false, true]);
    assert!(!outcome.steps.contains(&StepOutcome::NotReached));
}
