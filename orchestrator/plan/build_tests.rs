//! Plans as tables of text.

use super::*;
use crate::line;
use crate::matrix::{Inputs, Parent};
use crate::name::Reference;
use crate::plan::{Ids, ids, json};
use crate::render::{ImageRef, ImageRefKind, Recipe};
use crate::text::{Diagnostics, SourceId};

/// A fleet with its line, for plans.
struct Line {
    fleet: Fleet,
    recipes: Vec<Recipe>,
    graph: Graph,
    ids: Ids,
}

impl Line {
    fn plan(&self, facts: &Facts, options: &Options) -> Plan {
        let Self {
            fleet,
            recipes,
            graph,
            ids,
        } = self;
        let materials = Materials {
            fleet,
            recipes,
            graph,
            ids,
        };
        build(&materials, facts, options)
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
    let recipes: Vec<Recipe> = fleet.variants.iter().map(|v| recipe(&fleet, v)).collect();
    let graph = Graph::connect(&fleet, &recipes, &mut faults);
    assert!(!faults.has_errors(), "{faults:?}");
    Line {
        ids: ids(&fleet, &recipes, &graph),
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
        needs: Vec::new(),
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
        map: Default::default(),
        fetching: Vec::new(),
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
    let selected = line.fleet.variants.iter().map(|v| v.id).collect();
    line.plan(facts, &Options { push, selected })
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
        for (check, own) in variant.checks.iter_mut().zip(&own.checks) {
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

/// A new check of a kept image fetches it, runs, and is recorded; a check that has passed does not run again.
#[test]
fn only_new_checks_of_kept_images_run() {
    let staged = [
        (VariantId(0), Digest::of("a")),
        (VariantId(1), Digest::of("b")),
        (VariantId(2), Digest::of("c")),
    ];
    let mut facts = Facts {
        online: true,
        staged: staged.into(),
        ..Facts::default()
    };
    facts
        .green
        .extend([VariantId(0), VariantId(1), VariantId(2)]);
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
    facts.green.remove(&VariantId(0));
    check(
        ONE,
        true,
        &facts,
        &[
            "keep a",
            "fetch a < keep a",
            "check a < fetch a",
            "green a < keep a, check a",
            "move a < keep a, green a",
            "keep b < keep a, green a",
            "move b < keep b, move a",
            "keep c < keep b",
            "move c < keep c, move b",
        ],
    );
    facts.staged.remove(&VariantId(2));
    let plan = planned(ONE, true, &facts);
    assert!(
        shown(&plan).contains(&"stage c < check c, keep b".to_owned()),
        "{:?}",
        shown(&plan)
    );
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
    let selected = selected.iter().map(|v| VariantId(*v)).collect();
    let options = Options {
        push: true,
        selected,
    };
    let plan = shared().plan(facts, &options);
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
                .map(|owner| if owner.kept.is_some() { 'k' } else { 'b' })
                .collect();
            let after: Vec<&str> = step
                .after
                .iter()
                .map(|id| plan.step(*id).action.word())
                .collect();
            Some(format!(
                "{} {kept} {:?} < {}",
                step.reason.code(),
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
        online: true,
        ..Facts::default()
    };
    check_share(
        &facts,
        &[0, 1, 2],
        "follows bb Write < stage move stage move",
    );
    let held = "up-to-date bb Held(\"a:1-w is a part of it, and neither selected nor staged with its checks passed\") < stage move";
    check_share(&facts, &[0], held);
    check_share(&facts, &[2], held);

    facts.staged.insert(VariantId(1), Digest::of("w"));
    check_share(&facts, &[0], "follows bk Write < stage move");
    facts.staged.insert(VariantId(0), Digest::of("l"));
    check_share(
        &facts,
        &[0, 1],
        "unpublished kk Write < keep move keep move",
    );
    facts
        .shared
        .insert(vec![VariantId(0), VariantId(1)], Digest::of("index"));
    facts
        .public
        .insert(one.clone(), Digest::of("another index"));
    check_share(
        &facts,
        &[0, 1],
        "unpublished kk Write < keep move keep move",
    );
    facts.public.insert(one, Digest::of("index"));
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
        let selected = selected.into_iter().map(VariantId).collect();
        let options = Options {
            push: false,
            selected,
        };
        let plan = line.plan(&Facts::default(), &options);
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
