//! Plans as tables of text.

use super::*;
use crate::dockerfile::{ImageRef, ImageRefKind};
use crate::line;
use crate::matrix::Variant;
use crate::matrix::{Inputs, Parent};
use crate::memory::{Made, NoHistory, Record};
use crate::name::Reference;
use crate::plan::{Current, Ids, ids, json};
use crate::render::Recipe;
use crate::request::Stored;
use crate::text::{Diagnostics, SourceId};
use std::sync::Arc;
use typed_index_collections::TiVec;

/// A fleet with its line, for plans.
struct Line {
    fleet: Fleet,
    recipes: TiVec<VariantId, Recipe>,
    graph: Graph,
    ids: Ids,
    names: TiVec<VariantId, VariantName>,
    lock: crate::lockfile::Lockfile,
}

impl Line {
    fn materials(&self) -> Materials<'_> {
        let Self {
            fleet,
            recipes,
            graph,
            ids,
            names,
            lock,
        } = self;
        Materials {
            fleet,
            names,
            recipes,
            graph,
            ids,
            lock,
        }
    }

    fn plan(&self, facts: &Facts, push: bool, selected: impl IntoIterator<Item = u32>) -> Plan {
        let selected = selected.into_iter().map(VariantId).collect();
        let options = Options::new(push, selected, &NoHistory);
        build(&self.materials(), facts, &options)
    }

    fn all(&self) -> std::ops::Range<u32> {
        0..u32::try_from(self.fleet.variants.len()).unwrap()
    }

    /// The facts with an image of today's inputs for this variant, which has passed its checks.
    fn with_current(&self, facts: &mut Facts, v: u32, content: &str) {
        let v = VariantId(v);
        let options = Options::new(true, [v].into(), &NoHistory);
        let wanted = self.graph.with_ancestors(&options.selected);
        let decisions = decide(&self.materials(), facts, &options, &wanted);
        let variant = self.fleet.variant(v);
        let mut part = Part {
            variants: vec![self.names[v].clone()],
            platform: variant.platforms[0].clone(),
            digest: Digest::of(content),
            manifest: ("m".into(), 1),
            made: Made {
                inputs: vec![decisions.of(v)[0].inputs.inputs.clone()],
                content: Digest::of(content),
                revision: None,
                built: 0,
                seconds: 0,
                cached: (0, 0),
                size: 0,
            },
            passed: Default::default(),
            proofs: Default::default(),
            withdrawn: None,
        };
        part.pass(&variant.checks, 1);
        let current = Current {
            digest: part.digest,
            found: variant.public_name().unwrap(),
            record: Arc::new(Record::of(&self.fleet.name, vec![part])),
        };
        facts.current.insert(v, current);
    }
}

fn fleet_of(text: &str) -> Line {
    let mut faults = Diagnostics::default();
    let inputs = Inputs {
        git: crate::matrix::GitFacts {
            branch: Some("main".into()),
            default_branch: Some("main".into()),
            ..Default::default()
        },
        ..Inputs::default()
    };
    let fleet = line::fleet_of(text, &inputs, &mut faults).expect("a fleet");
    let recipes: TiVec<VariantId, Recipe> =
        fleet.variants.iter().map(|v| recipe(&fleet, v)).collect();
    let graph = Graph::connect(&fleet, &recipes, &mut faults);
    assert!(!faults.has_errors(), "{faults:?}");
    Line {
        ids: ids(&fleet, &recipes, &graph),
        names: VariantName::all(&fleet),
        lock: crate::lockfile::Lockfile::default(),
        fleet,
        recipes,
        graph,
    }
}

/// `a` with a check on one platform or two, `b` on it without one, `c` on that with one.
fn line(platforms: &str) -> Line {
    let text = format!(
        "workspace \"w\" {{ publish \"r.example/f/{{image}}\"; stage \"r.example/f/stage\" }}\nbase \"base\" from=\"debian:12\"\n\
         image \"a\" {{ from base=\"base\"; template \"t\"; tag \"1\"; platforms {platforms}; check run=\"true\" }}\n\
         image \"b\" {{ from image=\"a\"; template \"t\"; tag \"1\"; platforms {platforms} }}\n\
         image \"c\" {{ from image=\"b\"; template \"t\"; tag \"1\"; platforms {platforms}; check file=\"/c\" }}\n"
    );
    fleet_of(&text)
}

fn recipe(fleet: &Fleet, variant: &Variant) -> Recipe {
    let reference = match variant.parent {
        Some(Parent::Variant(parent)) => fleet.variant(parent).public_name(),
        Some(Parent::Base(base)) => Some(fleet.base(base).reference.clone()),
        None => None,
    };
    let image_ref = |reference| ImageRef {
        kind: ImageRefKind::From,
        reference,
        bytes: 0..0,
        line: 1,
        needs: vec![Some(crate::dockerfile::RunsOn::Target); variant.platforms.len()],
        context: None,
    };
    Recipe {
        variant: variant.id,
        path: "D".into(),
        dockerfile: "".into(),
        source: SourceId(0),
        context: Default::default(),
        beside: Default::default(),
        image_refs: reference.into_iter().map(image_ref).collect(),
        final_base: Some(0),
        native: None,
        secrets: Default::default(),
        executed: Arc::default(),
        features: Arc::default(),
        map: Default::default(),
        fetching: Default::default(),
        refreshed: Default::default(),
        reads: Arc::default(),
        onbuild_reads: Default::default(),
        unneeded: Default::default(),
        idle: Default::default(),
        declared: "kiln.kdl:1:1".into(),
        based: None,
        contexts: None,
        is_unsound: false,
        generated: true,
    }
}

/// `action variant < what it waits for`, one line per step.
fn shown(plan: &Plan) -> Vec<String> {
    let name = |id: StepId| {
        format!(
            "{} {}",
            plan.step(id).action.word(),
            plan.variant(&plan.step(id).variant).image
        )
    };
    let after = |step: &Step| {
        let mut names: Vec<String> = step.after.iter().map(|id| name(*id)).collect();
        names.dedup();
        if names.is_empty() {
            String::new()
        } else {
            format!(" < {}", names.join(", "))
        }
    };
    plan.iter()
        .map(|(id, step)| format!("{}{}", name(id), after(step)))
        .collect()
}

fn planned(platforms: &str, push: bool, facts: &Facts) -> Plan {
    let line = line(platforms);
    line.plan(facts, push, line.all())
}

#[track_caller]
fn check(platforms: &str, push: bool, facts: &Facts, expect: &[&str]) {
    let plan = planned(platforms, push, facts);
    assert_eq!(shown(&plan), expect);
    assert_eq!(
        json(&plan)["steps"].as_array().map(Vec::len),
        Some(plan.steps.len())
    );
    saved_and_read(&plan);
}

/// A plan that is saved and read again is the same plan.
fn saved_and_read(plan: &Plan) {
    let saved = serde_json::to_string(plan).expect("a plan can be saved");
    let mut read: Plan = serde_json::from_str(&saved).expect("a plan can be read");
    // Where a check or a tag is declared is saved as text; its span belongs to the sources in memory.
    for (name, variant) in &mut read.variants {
        let own = plan.variant(name);
        let checks = Arc::get_mut(&mut variant.checks).expect("it was just read");
        for (check, own) in checks.iter_mut().zip(&*own.checks) {
            check.span = own.span;
        }
        for (tag, own) in variant.deferred.iter_mut().zip(&own.deferred) {
            tag.span = own.span;
        }
    }
    assert_eq!(&read, plan);
}

const ONE: &str = "\"linux/amd64\"";

/// No part of an image leaves the engine before it and its ancestors have passed their checks.
#[test]
fn staging_waits_for_checks_and_for_the_parents_staging() {
    let online = Facts {
        online: true,
        ..Facts::default()
    };
    check(
        ONE,
        true,
        &online,
        &[
            "build a",
            "check a < build a",
            "stage a < check a",
            "move a < stage a",
            "build b < build a",
            "stage b < build b, stage a",
            "move b < stage b, move a",
            "build c < build b",
            "check c < build c",
            "stage c < check c, stage b",
            "move c < stage c, move b",
        ],
    );
    let local = [
        "build a",
        "check a < build a",
        "name a < check a",
        "build b < build a",
        "name b < build b, name a",
        "build c < build b",
    ];
    check(
        ONE,
        false,
        &online,
        &[
            &local[..],
            &["check c < build c", "name c < check c, name b"],
        ]
        .concat(),
    );
}

/// G1: on each platform.
#[test]
fn every_platform_is_checked() {
    let online = Facts {
        online: true,
        ..Facts::default()
    };
    let plan = planned("\"linux/amd64\" \"linux/arm64\"", true, &online);
    let shown = shown(&plan);
    assert_eq!(
        shown.iter().filter(|s| s.starts_with("check a")).count(),
        2,
        "{shown:?}"
    );
    assert!(
        shown.contains(&"stage b < build b, index a".to_owned()),
        "{shown:?}"
    );
}

/// What `a`, `b` and `c` are when they were built from today's inputs.
fn built(line: &Line) -> Facts {
    let lock = crate::plan::Lock {
        digest: Digest::of("base"),
        source: crate::plan::LockSource::Registry,
        locked: Vec::new(),
    };
    let parts = Some(Vec::new());
    let base = crate::plan::BaseFact::Known(crate::plan::Base { lock, parts });
    let mut facts = Facts {
        online: true,
        bases: [("debian:12".parse().unwrap(), base)].into(),
        ..Facts::default()
    };
    for (v, content) in line.all().zip(["a", "b", "c"]) {
        line.with_current(&mut facts, v, content);
    }
    facts
}

/// A new check of a kept image runs and is recorded; a check that has passed does not run again.
#[test]
fn only_new_checks_of_kept_images_run() {
    let line = line(ONE);
    let mut facts = built(&line);
    check(
        ONE,
        true,
        &facts,
        &[
            "keep a",
            "move a < keep a",
            "keep b < keep a",
            "move b < keep b, move a",
            "keep c < keep b",
            "move c < keep c, move b",
        ],
    );
    let unchecked = |record: &Record| {
        let mut record = record.clone();
        record.parts[0].passed.clear();
        Arc::new(record)
    };
    let a = facts.current.get_mut(&VariantId(0)).unwrap();
    a.record = unchecked(&a.record);
    check(
        ONE,
        true,
        &facts,
        &[
            "keep a",
            "check a < keep a",
            "mark a < keep a, check a",
            "move a < keep a, check a, mark a",
            "keep b < keep a, check a, mark a",
            "move b < keep b, move a",
            "keep c < keep b",
            "move c < keep c, move b",
        ],
    );
    facts.current.remove(&VariantId(2));
    let plan = planned(ONE, true, &facts);
    assert!(
        shown(&plan).contains(&"stage c < check c, keep b".to_owned()),
        "{:?}",
        shown(&plan)
    );
}

/// A child of a parent that is built is built only if the parent does not come out the same.
#[test]
fn a_parent_that_is_built_makes_its_children_conditional() {
    let line = line(ONE);
    let mut facts = built(&line);
    facts.current.remove(&VariantId(0));
    let plan = line.plan(&facts, true, line.all());
    assert_eq!((plan.builds(), plan.conditional_builds()), (3, 2));
    let text = crate::plan::text(&plan, false);
    assert!(text.contains("up to 3 builds"), "{text}");
    let unless = |name: &str| {
        let recipe = plan.variants[&VariantName::from(name)]
            .recipe
            .as_ref()
            .unwrap();
        recipe.build(0).unwrap().unless.is_some()
    };
    assert_eq!(["a:1", "b:1", "c:1"].map(unless), [false, true, true]);
}

/// `a` on Linux and on Windows, which share `1`; each has a tag of its own.
fn shared() -> Line {
    fleet_of(
        "workspace \"w\" { publish \"r.example/f/{image}\"; stage \"r.example/f/stage\" }\nbase \"base\" from=\"debian:12\"\n\
         image \"a\" { axis \"os\" { value \"l\" default shared; value \"w\" default shared }; from base=\"base\"; template \"t\"; tag \"1-{os}\"\n\
         when os=\"w\" { platforms \"windows/amd64\" } }\n\
         image \"b\" { from image=\"a\" os=\"l\"; template \"t\"; tag \"1\" }\n",
    )
}

/// The step that writes `1`: its reason, which owners are kept, the state of the tag, what it waits for.
#[track_caller]
fn check_share(facts: &Facts, selected: &[u32], expect: &str) {
    let plan = shared().plan(facts, true, selected.iter().copied());
    saved_and_read(&plan);
    let shares: Vec<String> = plan
        .steps
        .iter()
        .filter_map(|step| {
            let Action::Share { owners, moves } = &step.action else {
                return None;
            };
            let kept: String = owners
                .iter()
                .map(|owner| match plan.variant(&owner.variant).standing[0] {
                    Some(_) => 'k',
                    None => 'b',
                })
                .collect();
            let after: Vec<&str> = step
                .after
                .iter()
                .map(|id| plan.step(*id).action.word())
                .collect();
            Some(format!(
                "{} {kept} {:?} < {}",
                step.reason().code(),
                moves[0].state,
                after.join(" ")
            ))
        })
        .collect();
    assert_eq!(shares.join("\n"), expect);
    assert!(
        plan.moves()
            .filter(|m| m.reference.to_string() == "r.example/f/a:1")
            .count()
            <= 1
    );
}

#[test]
fn what_is_shared_moves_once_and_complete() {
    let one: Reference = "r.example/f/a:1".parse().expect("a reference");
    let mut facts = Facts {
        bases: built(&line(ONE)).bases,
        online: true,
        ..Facts::default()
    };
    check_share(
        &facts,
        &[0, 1, 2],
        "follows bb Write < stage move stage move",
    );
    let held = "up-to-date bb Held(Incomplete(\"a:1-w is a part of it, and neither selected nor published with its checks passed\")) < stage move";
    check_share(&facts, &[0], held);
    check_share(&facts, &[2], held);

    let line = shared();
    line.with_current(&mut facts, 1, "w");
    check_share(&facts, &[0], "follows bk Write < stage move");
    line.with_current(&mut facts, 0, "l");
    let both = "unpublished kk Write < keep move keep move";
    check_share(&facts, &[0, 1], both);
    facts
        .public
        .insert(one.clone(), Digest::of("another index"));
    check_share(&facts, &[0, 1], both);
    let parts = [0, 1].map(|v| facts.current[&VariantId(v)].record.parts[0].descriptor());
    facts.public.insert(one, Stored::index(parts).digest);
    check_share(
        &facts,
        &[0, 1],
        "up-to-date kk Current < keep move keep move",
    );
}

/// On an engine, a name is one image.
#[test]
fn the_first_owner_names_what_is_shared_on_an_engine() {
    let line = shared();
    for (selected, expect) in [(vec![0, 1], vec!["1-l 1", "1-w"]), (vec![1], vec!["1-w 1"])] {
        let plan = line.plan(&Facts::default(), false, selected);
        let names = plan.steps.iter().filter_map(|step| match &step.action {
            Action::Name { references } => Some(
                references
                    .iter()
                    .filter_map(|r| r.tag.as_ref())
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(" "),
            ),
            _ => None,
        });
        assert_eq!(names.collect::<Vec<_>>(), expect);
    }
}
