//! What jobs do of a plan, as tables of text.

use super::*;
use crate::line::tests::bring;
use crate::matrix::{Inputs, VariantId};
use crate::memory::NoHistory;
use crate::plan::{Facts, Options, build};

/// Three levels, and one beside them.
const FLEET: &str = r#"
workspace "w" {
    publish "r.example/f/{image}"
    stage "r.example/f/stage"
}
base "b" from="r.example/b:1"
image "a" {
    from base="b"
    tag "1"
    check run="true"
}
image "b" {
    from image="a"
    tag "1"
    tag "p-{probe:echo 3}"
}
image "c" {
    from image="b"
    tag "1"
}
image "d" {
    from base="b"
    tag "1"
}
"#;

fn plan() -> Plan {
    let ready = bring(FLEET, &Inputs::default(), &[]).made();
    let all = 0..u32::try_from(ready.fleet.variants.len()).unwrap();
    let options = Options::new(true, all.map(VariantId).collect(), &NoHistory);
    let facts = Facts {
        online: true,
        ..Facts::default()
    };
    build(&ready.materials(), &facts, &options)
}

#[track_caller]
fn check(plan: &Plan, expect: &[&str]) {
    let name = |step: &Step| format!("{} {}", step.action.word(), step.variant);
    let shown: Vec<String> = plan
        .steps
        .iter()
        .map(|step| {
            let after = step.after.iter().map(|id| name(plan.step(*id)));
            let after: Vec<String> = after.collect();
            match after.is_empty() {
                true => name(step),
                false => format!("{} < {}", name(step), after.join(", ")),
            }
        })
        .collect();
    assert_eq!(shown, expect);
    for step in &plan.steps {
        assert!(plan.variants.contains_key(&step.variant));
    }
}

#[track_caller]
fn only(selected: &[&str], expect: &[&str]) {
    let plan = plan();
    let names = plan
        .variants
        .keys()
        .filter(|name| selected.contains(&name.as_str()));
    check(&plan.only(&names.cloned().collect()), expect);
}

/// G1: a job stages nothing unless what it is based on is found staged and checked; it moves no tag.
#[test]
fn a_job_makes_its_variant_and_finds_the_others() {
    only(
        &["a:1"],
        &[
            "build a:1",
            "check a:1 < build a:1",
            "stage a:1 < check a:1",
        ],
    );
    // The values are recorded with the image.
    only(
        &["b:1"],
        &[
            "find a:1",
            "build b:1 < find a:1",
            "stage b:1 < find a:1, build b:1",
            "probe b:1 < build b:1, stage b:1",
        ],
    );
    only(
        &["c:1"],
        &[
            "find a:1",
            "find b:1 < find a:1",
            "build c:1 < find b:1",
            "stage c:1 < find a:1, find b:1, build c:1",
        ],
    );
    only(
        &["a:1", "c:1"],
        &[
            "build a:1",
            "check a:1 < build a:1",
            "stage a:1 < check a:1",
            "find b:1 < build a:1",
            "build c:1 < find b:1",
            "stage c:1 < stage a:1, find b:1, build c:1",
        ],
    );
}

/// G1, G2: what is published is found first, and the tags keep their order.
#[test]
fn publishing_finds_everything_and_moves_it_in_order() {
    check(
        &plan().publishing(),
        &[
            "find a:1",
            "move a:1 < find a:1",
            "find b:1 < find a:1",
            "move b:1 < find a:1, move a:1, find b:1",
            "find c:1 < find b:1",
            "move c:1 < find a:1, find b:1, move b:1, find c:1",
            "find d:1",
            "move d:1 < find d:1",
        ],
    );
}
