//! What runs hooks, in memory; and what hooks of runs are given.

use super::engine::Fake as Engine;
use super::world::{Call, World, runtime};
use crate::host::Hooks;
use crate::name::Platform;
use crate::plan::{self, Plan};
use crate::request::{HookEnd, HookRequest, Hooked, IndexEntry, Stored, WorldError};
use crate::run::{Done, Event, EventKind, Outcome, StepOutcome, Stop, TagState};
use async_trait::async_trait;
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Hooks that succeed unless they are made to fail. Each takes a minute. Clones are one.
#[derive(Clone, Default)]
pub struct Fake {
    /// Parts of the commands that fail.
    failing: Arc<Mutex<BTreeSet<String>>>,
    /// What has run since the last look.
    ran: Arc<Mutex<Vec<HookRequest>>>,
    /// How many run now, and how many have run at once.
    running: Arc<Mutex<(usize, usize)>>,
}

impl Fake {
    /// Commands that contain this text fail from now on.
    pub fn fail(&self, part: &str) {
        self.failing.lock().insert(part.to_owned());
    }

    /// All succeed again.
    pub fn mend(&self) {
        self.failing.lock().clear();
    }

    /// What has run since the last call.
    pub fn ran(&self) -> Vec<HookRequest> {
        std::mem::take(&mut *self.ran.lock())
    }

    /// The most that have run at once.
    pub fn peak(&self) -> usize {
        self.running.lock().1
    }

    /// What has run since the last call as lines, without digests: `hook scan stage for root:1.27.0 root:latest`.
    pub fn heard(&self) -> Vec<String> {
        let line = |hook: HookRequest| {
            let tags = hook.env.iter().find(|(name, _)| name == "KILN_TAGS");
            let tags = tags
                .map_or("", |(_, tags)| tags)
                .replace("r.example/f/", "");
            let words = hook.command.replace("r.example/f/", "");
            let words = words
                .split(' ')
                .map(|word| word.split('@').next().unwrap_or_default());
            let words: Vec<&str> = words.collect();
            format!("hook {} for {tags}", words.join(" "))
        };
        self.ran().into_iter().map(line).collect()
    }
}

#[async_trait]
impl Hooks for Fake {
    async fn run(&self, hook: &HookRequest, stop: &CancellationToken) -> Hooked {
        self.ran.lock().push(hook.clone());
        {
            let mut running = self.running.lock();
            running.0 += 1;
            running.1 = running.1.max(running.0);
        }
        let end = tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(60)) => {
                let fails = self.failing.lock().iter().any(|part| hook.command.contains(part));
                HookEnd::Exit(i32::from(fails))
            }
            () = stop.cancelled() => HookEnd::Stopped,
        };
        self.running.lock().0 -= 1;
        let output = match end {
            HookEnd::Exit(0) | HookEnd::Stopped => Vec::new(),
            _ => vec!["CVE-2026-1".to_owned()],
        };
        Hooked { end, output }
    }
}

const FLEET: &str = r#"workspace "w" { publish "r.example/f/{image}"; stage "r.example/f/stage"
    before-move run="scan {reference}" name="scan" timeout="10m"
    after-move run="sign {repository}@{digest}"
}
base "b" from="r.example/b:1"
toolset "t" { run "make t" }
image "one" { from base="b"; use "t"; platforms "linux/amd64" "linux/arm64"; tag "1"; tag "latest" }
"#;

/// A world with the base of the fleet.
fn world() -> World {
    let world = World::default();
    for platform in ["linux/amd64", "linux/arm64"] {
        let platform = platform.parse().expect("a platform");
        let stored = Engine::base_for("D1", &platform);
        world.serve(&format!("r.example/b@{}", stored.digest), &stored);
    }
    let parts = ["linux/amd64", "linux/arm64"].map(|text| {
        let platform: Platform = text.parse().expect("a platform");
        let stored = Engine::base_for("D1", &platform);
        IndexEntry {
            platform,
            digest: stored.digest,
            media_type: stored.media_type.clone(),
            size: stored.bytes.len() as u64,
        }
    });
    world.serve("r.example/b:1", &Stored::index(parts));
    world
}

/// A run that is stopped after some seconds, if at all.
fn run(world: &World, text: &str, stopped: Option<u64>) -> (Plan, Outcome, Vec<Event>) {
    runtime().block_on(async {
        let mut call = Call::push(text);
        call.revision = Some("c1".into());
        let (ready, plan) = world.plan(&call).await.expect("the registry answers");
        let stop = Stop::default();
        if let Some(seconds) = stopped {
            let soon = stop.soon.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                soon.cancel();
            });
        }
        let engine = world.engine();
        let run = world.carry_out(&ready, plan.clone(), &call, &engine, stop);
        let (outcome, events) = run.await;
        (plan, outcome, events)
    })
}

/// A plan shows its hooks, is closed, and means the same after it was saved.
#[test]
fn a_plan_holds_its_hooks() {
    let (plan, ..) = run(&world(), FLEET, Some(0));
    let text = plan::text(&plan, false);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let at = |line: &str| lines.iter().position(|one| one.starts_with(line));
    let order = [
        at("run   before-move: scan"),
        at("write r.example/f/one:1"),
        at("write r.example/f/one:latest"),
        at("run   after-move: sign {repository}@{digest}"),
    ];
    assert!(
        order.iter().all(Option::is_some) && order.is_sorted(),
        "{text}"
    );
    let json = plan::json(&plan);
    let steps = json["steps"].as_array().expect("steps");
    let moved = steps.iter().find(|step| step["action"] == "move");
    let hooks = &moved.expect("a move")["hooks"];
    let expected = serde_json::json!([
        { "phase": "before-move", "title": "scan", "run": "scan {reference}", "timeout_s": 600.0, "place": "kiln.kdl:2:5" },
        { "phase": "after-move", "title": "sign {repository}@{digest}", "run": "sign {repository}@{digest}", "timeout_s": 300.0, "place": "kiln.kdl:3:5" },
    ]);
    assert_eq!(*hooks, expected);
    let saved = serde_json::to_string(&plan).expect("JSON");
    let read: Plan = serde_json::from_str(&saved).expect("a plan");
    assert_eq!(plan::text(&read, true), plan::text(&plan, true));
}

/// What the environment says; of an index, by its own digest.
#[test]
fn a_hook_knows_its_image() {
    let world = world();
    let (_, outcome, _) = run(&world, FLEET, None);
    assert!(outcome.is_success(), "{outcome:?}");
    let tag = "r.example/f/one:1".parse().expect("a reference");
    let digest = world.registry.tagged(&tag).expect("it moved");
    let ran = world.hooks.ran();
    let staged = format!("r.example/f/stage@{digest}");
    assert_eq!(ran[0].command, format!("scan {staged}"));
    assert_eq!(ran[0].within, Duration::from_secs(600));
    assert_eq!(ran[1].command, format!("sign r.example/f/one@{digest}"));
    let digest = digest.to_string();
    let expected = [
        ("KILN_DIGEST", digest.as_str()),
        ("KILN_WORKSPACE", "w"),
        ("KILN_IMAGE", "one"),
        ("KILN_VARIANT", "one:1"),
        ("KILN_PLATFORMS", "linux/amd64 linux/arm64"),
        ("KILN_REVISION", "c1"),
        ("KILN_HOOK", "before-move"),
        ("KILN_REFERENCE", staged.as_str()),
        ("KILN_REPOSITORY", "r.example/f/stage"),
        ("KILN_TAGS", "r.example/f/one:1 r.example/f/one:latest"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(ran[0].env, expected);
}

/// G3: a run that is stopped in a hook moves nothing after that, and says which hook of tags that have moved did not end.
#[test]
fn a_stopped_run_names_its_hooks() {
    let world = world();
    let (_, before, _) = run(&world, FLEET, Some(30));
    assert!(before.stopped);
    let states: Vec<TagState> = before.tags.iter().map(|end| end.state).collect();
    assert_eq!(states, [TagState::NotMoved, TagState::NotMoved]);
    let fleet = FLEET.replace("\n}", "\n    after-move run=\"tell {digest}\"\n}");
    assert!(fleet.contains("tell"), "{fleet}");
    let (plan, after, events) = run(&world, &fleet, Some(90));
    assert!(after.stopped && !after.is_success());
    let states: Vec<TagState> = after.tags.iter().map(|end| end.state).collect();
    assert_eq!(states, [TagState::Moved, TagState::Moved]);
    let began = |event: &Event| matches!(event.kind, EventKind::HookStarted { .. });
    assert_eq!(events.iter().filter(|event| began(event)).count(), 2);
    let mut failures = after.steps.iter().filter_map(|end| match end {
        StepOutcome::Failed { failure, .. } => Some(failure),
        _ => None,
    });
    let failure = failures.next().expect("the hooks did not end");
    assert!(failure.is_after_move() && !failure.written.is_empty());
    let WorldError::Hook(hook) = &failure.error else {
        panic!("{failure:?}");
    };
    let said = hook
        .failed
        .iter()
        .map(|one| (one.command.as_str(), one.why.as_str()));
    let said: Vec<_> = said.map(|(command, why)| (&command[..4], why)).collect();
    let expected = [
        ("sign", "it did not end: the run was stopped"),
        ("tell", "it did not begin: the run was stopped"),
    ];
    assert_eq!(said, expected);
    assert_eq!(plan.steps.len(), after.steps.len());
}

/// Many images, few hooks at once.
#[test]
fn hooks_run_beside_each_other_with_a_limit() {
    let images = (0..8).map(|n| {
        format!("toolset \"t{n}\" {{ run \"make t{n}\" }}\nimage \"i{n}\" {{ from base=\"b\"; use \"t{n}\"; tag \"1\" }}\n")
    });
    let fleet = FLEET.split("toolset").next().unwrap().to_owned() + &images.collect::<String>();
    let mut world = world();
    world.transfers = 8;
    let (_, outcome, _) = run(&world, &fleet, None);
    assert!(outcome.is_success(), "{outcome:?}");
    assert_eq!(world.hooks.ran().len(), 16);
    assert_eq!(world.hooks.peak(), 4);
}

/// A hook takes no slot of pulls and pushes, whatever its phase: what is built meanwhile is published before the hook ends.
#[test]
fn a_slow_hook_keeps_no_transfer_waiting() {
    for phase in ["before-move", "after-move"] {
        let fleet = format!(
            "workspace \"w\" {{ publish \"r.example/f/{{image}}\"; stage \"r.example/f/stage\" }}
            base \"b\" from=\"r.example/b:1\"
            toolset \"t\" {{ param \"v\"; run \"make {{v}}\" }}
            image \"slow\" {{ from base=\"b\"; use \"t\" v=\"slow\"; tag \"1\"; {phase} run=\"scan {{digest}}\" }}
            image \"one\" {{ from base=\"b\"; use \"t\" v=\"one\"; tag \"1\" }}
            image \"two\" {{ from image=\"one\"; use \"t\" v=\"two\"; tag \"1\" }}
            image \"three\" {{ from image=\"two\"; use \"t\" v=\"three\"; tag \"1\" }}
            "
        );
        let mut world = world();
        world.transfers = 1;
        let (plan, outcome, events) = run(&world, &fleet, None);
        assert!(outcome.is_success(), "{outcome:?}");
        let place = |is: &dyn Fn(&EventKind) -> bool| events.iter().position(|one| is(&one.kind));
        let moved = place(&|kind| match kind {
            EventKind::StepDone { step, done } => {
                let is_move = matches!(done, Done::Moved { .. });
                is_move && plan.step(*step).variant.as_str() == "three:1"
            }
            _ => false,
        });
        let hooked = place(&|kind| matches!(kind, EventKind::Hooked { .. }));
        assert!(
            moved.is_some() && moved < hooked,
            "{phase}: {moved:?}, {hooked:?}"
        );
    }
}

/// A run that is started without hooks does not pass over those of its plan.
#[test]
fn hooks_are_not_left_out() {
    let mut world = world();
    world.without_hooks = true;
    let (_, outcome, _) = run(&world, FLEET, None);
    let said = format!("{outcome:?}");
    assert!(
        said.contains("this run was started without hooks"),
        "{said}"
    );
    assert!(
        world
            .registry
            .tagged(&"r.example/f/one:1".parse().unwrap())
            .is_none()
    );
}
