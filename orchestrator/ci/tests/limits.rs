//! What the systems read at most: fleets of some 60, 300 and 5,000 variants.

use super::{SYSTEMS, options, pipeline, text};
use crate::ci::limits::check_jobs;
use crate::ci::{By, Left, System, matrix, sized};
use crate::line::Ready;
use crate::line::tests::bring;
use crate::matrix::{Inputs, VariantName};
use crate::name::Digest;
use crate::plan::{Action, Plan, Step};
use std::sync::Arc;

/// A root, this many images on it, and two on each of these.
fn fleet(middle: usize) -> Ready {
    let values = (0..middle).map(|at| format!("value \"v{at}\";"));
    let axis = format!("axis \"a\" {{ {} }}", values.collect::<String>());
    let text = format!(
        "workspace \"w\" {{ publish \"ghcr.io/f/{{image}}\"; stage \"ghcr.io/f/stage\" }}
        image \"root\" {{ dockerfile \"root/Dockerfile\"; tag \"1\" }}
        image \"middle\" {{ {axis}; from image=\"root\"; template \"t.hbs\"; tag \"{{a}}\" }}
        image \"leaf\" {{ {axis}; from image=\"middle\" a=\"{{a}}\"; template \"t.hbs\"; tag \"{{a}}\" }}
        image \"more\" {{ {axis}; from image=\"middle\" a=\"{{a}}\"; template \"t.hbs\"; tag \"{{a}}\" }}"
    );
    let root = ("root/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
    bring(
        &text,
        &Inputs::default(),
        &[root, ("t.hbs", "FROM {{from}}\n")],
    )
    .made()
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
    for middle in [20, 100] {
        let ready = fleet(middle);
        for system in SYSTEMS {
            for by in [By::Variant, By::Level] {
                check(&ready, system, by, Ok(500_000));
            }
        }
    }
}

#[test]
fn a_file_that_is_too_large_is_refused_with_a_way_out() {
    let ready = fleet(1667);
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

/// The estimate from the number of jobs is lower than the size of the file: it refuses no file that fits.
#[test]
fn the_least_size_of_a_job_is_less_than_its_size() {
    let ready = fleet(20);
    for system in SYSTEMS {
        for by in [By::Variant, By::Level] {
            let pipeline = pipeline(&ready, system, by);
            let (_, size) = sized(system, &pipeline, &options(by));
            assert!(
                pipeline.jobs.len() * system.limits().job < size,
                "{system:?} {by:?}"
            );
            let many = check_jobs(system, by, 200_000);
            assert!(many.is_err(), "{system:?} {by:?}");
        }
    }
}

/// No job gets a command that a shell cannot take.
#[test]
fn large_levels_are_divided() {
    let ready = fleet(1667);
    for system in [System::CircleCi, System::GitLab] {
        let jobs = pipeline(&ready, system, By::Level).jobs;
        assert!(jobs.iter().all(|job| job.builds.len() <= 50));
        assert_eq!(
            jobs.len(),
            1 + 1667_usize.div_ceil(50) + 3334_usize.div_ceil(50)
        );
    }
}

/// A matrix has one job per variant that is built or checked, and at most 256 jobs.
#[test]
fn matrices_have_what_a_plan_works_on() {
    let matrices = |middle: usize, is_busy: &dyn Fn(usize) -> bool| {
        let ready = fleet(middle);
        let step = |(at, name): (usize, &VariantName)| Step {
            variant: name.clone(),
            platform: None,
            action: match is_busy(at) {
                true => Action::Build,
                false => Action::Keep {
                    digest: Digest::of("kept"),
                },
            },
            reasons: Arc::default(),
            after: Vec::new(),
        };
        let plan = Plan {
            steps: ready.names.iter().enumerate().map(step).collect(),
            ..Plan::default()
        };
        matrix(&pipeline(&ready, System::GitHub, By::Level), &plan).expect("a plan of the fleet")
    };
    assert_eq!(
        matrices(1, &|at| at != 1),
        "kiln-level-0=[\"root:1\"]\nkiln-level-1=[]\nkiln-level-2=[\"leaf:v0\",\"more:v0\"]\n"
    );
    let large = matrices(1667, &|_| true);
    let sizes = large.lines().map(|line| {
        let (_, legs) = line.split_once('=').expect("an output");
        let legs: Vec<String> = serde_json::from_str(legs).expect("JSON");
        let variants = legs.iter().map(|leg| leg.split(' ').count());
        (legs.len(), variants.sum::<usize>())
    });
    assert_eq!(
        sizes.collect::<Vec<_>>(),
        [(1, 1), (239, 1667), (239, 3334)]
    );
}

/// A plan of another manifest is refused: no job would build what the pipeline does not have.
#[test]
fn matrices_leave_nothing_out() {
    let step = |name: &str, action: Action| Step {
        variant: VariantName::from(name),
        platform: None,
        action,
        reasons: Arc::default(),
        after: Vec::new(),
    };
    let kept = Action::Keep {
        digest: Digest::of("kept"),
    };
    for (other, expected) in [
        (Action::Build, Err(Left(VariantName::from("other:1")))),
        (
            kept,
            Ok("kiln-level-0=[\"root:1\"]\nkiln-level-1=[]\nkiln-level-2=[]\n".to_owned()),
        ),
    ] {
        let plan = Plan {
            steps: [step("root:1", Action::Build), step("other:1", other)]
                .into_iter()
                .collect(),
            ..Plan::default()
        };
        let made = matrix(&pipeline(&fleet(1), System::GitHub, By::Level), &plan);
        assert_eq!(made, expected);
    }
}
