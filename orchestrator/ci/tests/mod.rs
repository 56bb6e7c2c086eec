//! The pipelines of fleets: their texts, the limits of the systems, and what is true of every pipeline.

mod cron;
mod limits;
mod read;
mod texts;

use crate::ci::{By, CRON, Docker, Options, Part, Pipeline, System, TooLarge, write};
use crate::line::Ready;
use crate::line::tests::bring;
use crate::matrix::Inputs;
use proptest::prelude::*;
use read::Jobs;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

const SYSTEMS: [System; 3] = [System::CircleCi, System::GitLab, System::GitHub];

fn options(by: By) -> Options {
    Options {
        by,
        part: Part::Whole,
        image: Some("r.example/kiln:1".into()),
        install: None,
        runners: Vec::new(),
        branches: Vec::new(),
        contexts: Vec::new(),
        docker: Docker::InDocker,
        secrets: BTreeSet::new(),
        cron: CRON.into(),
        variables: Vec::new(),
        out: None,
    }
}

fn pipeline(ready: &Ready, system: System, by: By) -> Pipeline {
    Pipeline::of(ready, system, by, None, |domain| {
        format!(
            "KILN_AUTH_{}",
            domain.as_str().to_uppercase().replace('.', "_")
        )
    })
}

fn text(ready: &Ready, system: System, options: &Options) -> Result<String, TooLarge> {
    write(system, &pipeline(ready, system, options.by), options)
}

/// A fleet of images that copy from others: each row is an image and its parents.
fn fleet(rows: &[(String, Vec<String>)]) -> Ready {
    let mut manifest = String::from(
        "workspace \"f\" { publish \"ghcr.io/f/{image}\"; stage \"ghcr.io/f/stage\" }\n",
    );
    let mut files = Vec::new();
    for (image, parents) in rows {
        let _ = writeln!(
            manifest,
            "image \"{image}\" {{ dockerfile \"{image}/Dockerfile\"; tag \"1\" }}"
        );
        let copies = parents
            .iter()
            .map(|one| format!("COPY --from=ghcr.io/f/{one}:1 / /{one}\n"));
        let text = format!("FROM scratch\n{}", copies.collect::<String>());
        files.push((format!("{image}/Dockerfile"), text));
    }
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (&**path, &**text))
        .collect();
    bring(&manifest, &Inputs::default(), &files).made()
}

/// What must be true of every pipeline: each variant is built by one job, and each edge of the fleet is a path between jobs.
fn check(ready: &Ready, system: System, by: By) {
    let text = text(ready, system, &options(by)).expect("a small fleet");
    let jobs = Jobs::read(system, &text);
    let mut of: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, job) in &jobs.0 {
        for variant in &job.variants {
            let other = of.insert(variant, name);
            assert_eq!(other, None, "{system:?}: {variant} is in two jobs");
        }
    }
    let names: BTreeSet<&str> = ready.names.iter().map(|name| name.as_str()).collect();
    let built: BTreeSet<&str> = of.keys().copied().collect();
    assert_eq!(built, names, "{system:?}: every variant is built");
    for &v in ready.graph.order() {
        for parent in ready.graph.parents(v) {
            let (parent, child) = (
                of[ready.names[parent].as_str()],
                of[ready.names[v].as_str()],
            );
            assert!(
                jobs.is_path(parent, child),
                "{system:?}: no path from {parent} to {child}\n{text}"
            );
        }
    }
    let publish = "kiln-publish";
    for (name, job) in &jobs.0 {
        let is_after_plan = name == "kiln-plan" || jobs.is_path("kiln-plan", name);
        assert!(
            job.is_apart || is_after_plan,
            "{system:?}: {name} does not wait for the plan"
        );
        let is_before = name == publish || jobs.is_path(name, publish);
        assert!(
            job.is_apart || is_before,
            "{system:?}: {name} may end after the publishing job"
        );
        let most = system.limits().needs.map_or(usize::MAX, |most| most + 1);
        assert!(
            job.listed <= most,
            "{system:?}: {name} needs {}",
            job.listed
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn every_edge_of_a_fleet_is_a_path_between_jobs(
        rows in prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 0..4), 1..16)
    ) {
        let name = |at: usize| format!("image-{at}");
        let rows: Vec<_> = rows.iter().enumerate().map(|(at, parents)| {
            let parents = parents.iter().filter(|_| at > 0).map(|one| name(one.index(at.max(1))));
            (name(at), parents.collect::<BTreeSet<_>>().into_iter().collect())
        }).collect();
        let ready = fleet(&rows);
        for system in SYSTEMS {
            check(&ready, system, By::Variant);
            if system != System::GitHub {
                check(&ready, system, By::Level);
            }
        }
    }
}

/// GitLab accepts 50 needs: 300 parents are joined, and a second child uses the same joins.
#[test]
fn many_parents_are_joined() {
    let parents: Vec<String> = (0..300).map(|at| format!("part-{at}")).collect();
    let mut rows: Vec<_> = parents
        .iter()
        .map(|one| (one.clone(), Vec::new()))
        .collect();
    rows.push(("all".into(), parents.clone()));
    rows.push(("every".into(), parents));
    let ready = fleet(&rows);
    for system in SYSTEMS {
        check(&ready, system, By::Variant);
    }
    let joins = pipeline(&ready, System::GitLab, By::Variant).jobs;
    assert_eq!(joins.iter().filter(|job| job.is_join()).count(), 7);
}

/// More than 2,401 parents need joins of joins.
#[test]
fn joins_are_joined() {
    let parents: Vec<String> = (0..2500).map(|at| format!("part-{at}")).collect();
    let mut rows: Vec<_> = parents
        .iter()
        .map(|one| (one.clone(), Vec::new()))
        .collect();
    rows.push(("all".into(), parents));
    check(&fleet(&rows), System::GitLab, By::Variant);
}
