//! What a fleet looks like after events: builds, merges, bases that move, runs that are killed.
//!
//! An image is described by its layers, `D1/root-1/app-1`: the base at D1, then what each Dockerfile makes.

use super::engine::Fake as Engine;
use super::world::{Call, World, runtime};
use crate::memory::Compared;
use crate::name::Reference;
use crate::plan::{Action, MoveState, Plan};
use crate::registry::Registry as _;
use crate::request::Patience;
use crate::run::{Done, Outcome, StepOutcome};
use indexmap::IndexMap;

/// The fleet of `cases/histories.md`: `root` on a base, `app` on `root`.
struct Fleet {
    world: World,
    engine: Engine,
    /// What root's Dockerfile makes.
    root: String,
    app: String,
    versions: Vec<&'static str>,
    root_tags: String,
    app_tags: String,
    app_more: String,
    call: Call,
}

impl Fleet {
    fn new() -> Self {
        let world = World::default();
        let fleet = Self {
            engine: world.engine(),
            world,
            root: "root-1".into(),
            app: "app-1".into(),
            versions: vec!["1.27.0"],
            root_tags: "tag \"{version}\"".into(),
            app_tags: "tag \"stable\"".into(),
            app_more: String::new(),
            call: Call::push(""),
        };
        fleet.base("D1");
        fleet
    }

    /// The base moves.
    fn base(&self, name: &str) {
        self.world.serve("r.example/b:1", &Engine::base(name));
    }

    fn text(&self) -> String {
        let values: String = self
            .versions
            .iter()
            .map(|v| format!("value \"{v}\"; "))
            .collect();
        let newest = self.versions[0];
        format!(
            "workspace \"w\" {{ publish \"r.example/f/{{image}}\"; stage \"r.example/f/stage\" }}
            base \"b\" from=\"r.example/b:1\"
            toolset \"root\" {{ run \"make {}\" }}
            toolset \"app\" {{ run \"make {}\" }}
            image \"root\" {{ axis \"version\" kind=\"version\" rungs=\"full minor latest\" {{ {values}}}
                from base=\"b\"; use \"root\"; {} }}
            image \"app\" {{ from image=\"root\" version=\"{newest}\"; use \"app\"; {}; {} }}
            ",
            self.root, self.app, self.root_tags, self.app_tags, self.app_more
        )
    }

    /// A run; what it did to each variant.
    async fn run(&mut self) -> Ran {
        self.call.text = self.text();
        let (_, plan, outcome) = self
            .world
            .go(&self.call, &self.engine)
            .await
            .expect("the registry answers");
        Ran { plan, outcome }
    }

    async fn build(&mut self) -> Ran {
        self.call.compared = Compared::RecipeAndParents;
        self.run().await
    }

    async fn nightly(&mut self) -> Ran {
        self.call.compared = Compared::Everything;
        self.run().await
    }

    /// A new commit on the branch.
    fn commit(&mut self, name: &str) {
        let parent = self.call.revision.clone();
        let parents: Vec<&str> = parent.as_deref().into_iter().collect();
        self.world.commits.add(name, &parents);
        self.call.revision = Some(name.into());
    }

    /// What a public tag consists of.
    async fn tag(&self, name: &str) -> String {
        let reference: Reference = format!("r.example/f/{name}").parse().expect("a reference");
        let stored = self
            .world
            .registry
            .manifest(&reference, Patience::READ)
            .await;
        stored
            .expect("an answer")
            .map(|s| Engine::layers(&s))
            .unwrap_or_else(|| "-".into())
    }

    #[track_caller]
    fn check(ran: &Ran, expect: &str) {
        assert_eq!(
            ran.words(),
            expect,
            "{}\n{:?}",
            crate::plan::text(&ran.plan, true),
            ran.outcome
        );
    }
}

struct Ran {
    plan: Plan,
    outcome: Outcome,
}

impl Ran {
    /// `root:1.27.0 built new, app:stable kept; 3 written`
    fn words(&self) -> String {
        let mut variants: IndexMap<String, Vec<String>> = IndexMap::new();
        let (mut written, mut held) = (0, Vec::new());
        for (id, step) in self.plan.iter() {
            let words = variants.entry(step.variant.to_string()).or_default();
            let outcome = &self.outcome.steps[id.0 as usize];
            let reasons: Vec<&str> = step.reasons.iter().map(|reason| reason.code()).collect();
            match (outcome, &step.action) {
                (StepOutcome::Failed { .. }, action) => {
                    words.push(format!("{} failed", action.word()))
                }
                (StepOutcome::Blocked { .. }, Action::Build) => words.push("blocked".into()),
                (StepOutcome::Done { done, .. }, _) => match done {
                    Done::Built { .. } => words.push(format!("built {}", reasons.join("+"))),
                    Done::Kept { .. } => words.push("kept".into()),
                    Done::Taken { .. } => words.push("taken".into()),
                    Done::Same { .. } if step.action == Action::Build => words.push("same".into()),
                    Done::Same { .. } => words.push("came out the same".into()),
                    Done::Checked { .. } => words.push("checked".into()),
                    Done::Moved {
                        written: w,
                        held: h,
                        ..
                    } => {
                        written += w.len();
                        held.extend(h.iter().map(|(r, why)| (r.clone(), why.clone())));
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        for m in self.plan.moves() {
            if let MoveState::Held(why) = &m.state {
                held.push((m.reference.clone(), why.clone()));
            }
        }
        let variants: Vec<String> = variants
            .iter()
            .map(|(v, w)| format!("{v} {}", w.join(" ")))
            .collect();
        let held: Vec<String> = held
            .iter()
            .map(|(r, why)| format!("{} held {}", r.tag.as_ref().unwrap(), why.code()))
            .collect();
        let mut text = format!("{}; {written} written", variants.join(", "));
        if !held.is_empty() {
            text.push_str(&format!("; {}", held.join(", ")));
        }
        if !self.outcome.is_success() {
            text.push_str("; failed");
        }
        text
    }
}

#[test]
fn row_01_02_a_first_build_and_nothing_to_do() {
    runtime().block_on(async {
        let mut fleet = Fleet::new();
        let first = fleet.build().await;
        Fleet::check(
            &first,
            "root:1.27.0 built new, app:stable built new+parent-built; 4 written",
        );
        assert_eq!(fleet.tag("app:stable").await, "D1/root-1/app-1");
        let order: Vec<String> = fleet
            .world
            .registry
            .log()
            .iter()
            .map(|w| w.reference.familiar())
            .filter(|r| !r.contains("stage") && !r.contains('@'))
            .collect();
        assert_eq!(
            order,
            [
                "r.example/f/root:1.27.0",
                "r.example/f/root:1.27",
                "r.example/f/root:latest",
                "r.example/f/app:stable"
            ]
        );
        let second = fleet.build().await;
        Fleet::check(&second, "root:1.27.0 kept, app:stable kept; 0 written");
        assert_eq!(fleet.engine.builds(), 2);
    });
}

#[test]
fn row_03_04_a_base_moves() {
    runtime().block_on(async {
        let mut fleet = Fleet::new();
        fleet.build().await;
        fleet.base("D2");
        let build = fleet.build().await;
        Fleet::check(&build, "root:1.27.0 kept, app:stable kept; 0 written");
        let said = crate::plan::remark_lines(&build.plan).join("\n");
        assert!(
            said.contains("1 image is based on an older base; kiln nightly rebuilds it"),
            "{said}"
        );
        let night = fleet.nightly().await;
        Fleet::check(
            &night,
            "root:1.27.0 built base-moved, app:stable built parent-built; 4 written",
        );
        assert_eq!(fleet.tag("app:stable").await, "D2/root-1/app-1");
        let again = fleet.nightly().await;
        Fleet::check(&again, "root:1.27.0 kept, app:stable kept; 0 written");
    });
}

#[test]
fn row_06_a_branch_stages_and_its_merge_publishes() {
    runtime().block_on(async {
        let mut fleet = Fleet::new();
        fleet.commit("c1");
        fleet.build().await;
        fleet.app = "app-2".into();
        fleet.call.branch = Some("topic".into());
        fleet.commit("c2");
        let topic = fleet.build().await;
        Fleet::check(
            &topic,
            "root:1.27.0 kept, app:stable built recipe-changed; 0 written; stable held rule",
        );
        fleet.call.branch = Some("main".into());
        fleet.commit("c3");
        let merged = fleet.build().await;
        Fleet::check(&merged, "root:1.27.0 kept, app:stable taken; 1 written");
        assert_eq!(fleet.tag("app:stable").await, "D1/root-1/app-2");
    });
}

#[test]
fn row_09_a_revert_moves_the_tag_back() {
    runtime().block_on(async {
        let mut fleet = Fleet::new();
        fleet.commit("c1");
        fleet.build().await;
        fleet.app = "app-2".into();
        fleet.commit("c2");
        fleet.build().await;
        fleet.app = "app-1".into();
        fleet.commit("c3");
        let reverted = fleet.build().await;
        Fleet::check(&reverted, "root:1.27.0 kept, app:stable taken; 1 written");
        assert_eq!(fleet.tag("app:stable").await, "D1/root-1/app-1");
    });
}

#[test]
fn row_13_an_old_pipeline_runs_again() {
    runtime().block_on(async {
        let mut fleet = Fleet::new();
        fleet.commit("a");
        fleet.build().await;
        fleet.app = "app-2".into();
        fleet.commit("b");
        fleet.build().await;
        fleet.app = "app-1".into();
        fleet.call.revision = Some("a".into());
        let old = fleet.build().await;
        Fleet::check(
            &old,
            "root:1.27.0 kept, app:stable taken; 0 written; stable held later-revision",
        );
        assert_eq!(fleet.tag("app:stable").await, "D1/root-1/app-2");
    });
}
