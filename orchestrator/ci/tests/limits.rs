//! What the systems read at most: fleets of 60, 300 and 5,000 variants.

use super::{SYSTEMS, fleet, options, pipeline, text};
use crate::ci::{By, System, matrix};
use crate::line::Ready;
use crate::matrix::VariantName;
use crate::name::Digest;
use crate::plan::{Action, Plan, Step};

/// A root, a third of the others on it, and the rest on these.
fn levels(variants: usize) -> Ready {
    let middle = (variants - 1) / 3;
    let on_root = (0..middle).map(|at| (format!("middle-{at}"), vec!["root".into()]));
    let on_middle = |at| {
        (
            format!("leaf-{at}"),
            vec![format!("middle-{}", at % middle)],
        )
    };
    let root = std::iter::once(("root".into(), Vec::new()));
    let rows = root
        .chain(on_root)
        .chain((0..variants - 1 - middle).map(on_middle));
    fleet(&rows.collect::<Vec<_>>())
}

fn check(ready: &Ready, system: System, by: By, expect: Result<usize, &str>) {
    let made = text(ready, system, &options(by));
    let shown = made.as_ref().map(String::len).map_err(ToString::to_string);
    match expect {
        Ok(most) => assert!(
            shown.clone().is_ok_and(|size| size <= most),
            "{system:?} {by:?}: {shown:?}"
        ),
        Err(why) => assert_eq!(shown, Err(why.to_owned()), "{system:?} {by:?}"),
    }
}

#[test]
fn small_fleets_fit_everywhere() {
    for variants in [60, 300] {
        let ready = levels(variants);
        for system in SYSTEMS {
            for by in [By::Variant, By::Level] {
                check(&ready, system, by, Ok(500_000));
            }
        }
    }
}

#[test]
fn a_file_that_is_too_large_is_refused_with_a_way_out() {
    let ready = levels(5000);
    let refusal = "the file would have";
    let why = text(&ready, System::GitHub, &options(By::Variant))
        .expect_err("too large")
        .to_string();
    assert!(why.starts_with(refusal) && why.ends_with("GitHub reads 500 kB at most\n  `--by level` writes jobs that build several variants each"), "{why}");
    check(&ready, System::GitHub, By::Level, Ok(20_000));
    check(&ready, System::GitLab, By::Variant, Ok(5_000_000));
    check(&ready, System::GitLab, By::Level, Ok(1_000_000));
    check(&ready, System::CircleCi, By::Variant, Ok(8_000_000));
    check(&ready, System::CircleCi, By::Level, Ok(1_000_000));
}

/// No job gets a command that a shell cannot take.
#[test]
fn large_levels_are_divided() {
    let ready = levels(5000);
    for system in [System::CircleCi, System::GitLab] {
        let jobs = pipeline(&ready, system, By::Level).jobs;
        assert!(jobs.iter().all(|job| job.builds.len() <= 50));
        assert_eq!(
            jobs.len(),
            1 + 1666_usize.div_ceil(50) + 3333_usize.div_ceil(50)
        );
    }
}

/// A matrix has one job per variant that is built or checked, and at most 256 jobs.
#[test]
fn matrices_have_what_a_plan_works_on() {
    let matrices = |variants: usize, is_busy: &dyn Fn(usize) -> bool| {
        let ready = levels(variants);
        let step = |(at, name): (usize, &VariantName)| Step {
            variant: name.clone(),
            platform: None,
            action: match is_busy(at) {
                true => Action::Build,
                false => Action::Keep {
                    digest: Digest::of("kept"),
                },
            },
            reasons: Vec::new(),
            after: Vec::new(),
        };
        let plan = Plan {
            steps: ready.names.iter().enumerate().map(step).collect(),
            ..Plan::default()
        };
        matrix(&pipeline(&ready, System::GitHub, By::Level), &plan)
    };
    assert_eq!(
        matrices(4, &|at| at != 1),
        "kiln-level-0=[\"root:1\"]\nkiln-level-1=[]\nkiln-level-2=[\"leaf-0:1\",\"leaf-1:1\"]\n"
    );
    let large = matrices(5000, &|_| true);
    let sizes = large.lines().map(|line| {
        let (_, legs) = line.split_once('=').expect("an output");
        let legs: Vec<String> = serde_json::from_str(legs).expect("JSON");
        let variants = legs.iter().map(|leg| leg.split(' ').count());
        (legs.len(), variants.sum::<usize>())
    });
    assert_eq!(
        sizes.collect::<Vec<_>>(),
        [(1, 1), (238, 1666), (239, 3333)]
    );
}
