//! The pipelines that `kiln ci` writes, run job by job: each ends where `kiln build --push` does.

mod clones;
mod pipeline;
mod tools;
mod world;

use clones::{Fleet, REGISTRY};
use pipeline::{Machine, Ran, Status, circleci, github, gitlab, read};
use std::path::PathBuf;
use world::{Kind, World};

on_engine!(
    engine_28_5,
    V28_5,
    circleci_ends_where_one_run_does,
    circleci_computes_its_jobs,
    github_ends_where_one_run_does,
    gitlab_ends_where_one_run_does
);

/// An image of all files of the repository, which a plan there would change.
const WHOLE: &str = "image \"all\" { dockerfile \"all/Dockerfile\"; context \".\"; tag \"1\"; tag \"night\" on=\"schedule\" }\n";

/// It leaves out what differs between the repositories that a test publishes to.
const FILES: [(&str, &str); 2] = [
    ("all/Dockerfile", "FROM scratch\nCOPY . /all\n"),
    (
        ".dockerignore",
        "**/Dockerfile\n.circleci\n.git\n.github\n.gitlab-ci.yml\nkiln.kdl\n",
    ),
];

/// A fleet with the file of a CI system.
struct Place<'w> {
    fleet: Fleet<'w>,
    file: PathBuf,
    command: String,
}

impl<'w> Place<'w> {
    fn new(world: &'w World, name: &'static str, command: &str, file: &str) -> Self {
        let fleet = Fleet::with(world, name, WHOLE, &FILES);
        let place = Self {
            file: fleet.dir.join(file),
            fleet,
            command: format!("{command} --out {file}"),
        };
        place.write();
        place
    }

    /// Writes the file of the CI system, and commits.
    fn write(&self) {
        self.fleet.kiln(&self.fleet.dir, &self.command, 0);
        self.fleet.commit();
    }

    /// The manifest, in which one variant of `lang` fails.
    fn failing(&self, word: &str, to: &str) -> String {
        let manifest = self.fleet.manifest(to);
        let dockerfile = "dockerfile \"lang/Dockerfile\";";
        assert!(manifest.contains(dockerfile), "{manifest}");
        let failing = format!("{dockerfile} check run=\"test {{word}} != {word}\";");
        manifest.replace(dockerfile, &failing)
    }

    /// A pipeline of the fleet, then one in which a variant fails: the tags that each leaves are those of one run.
    fn check(&self, failing: &str, published: &[&str], run: impl Fn(&Self, &str) -> Ran) {
        let fleet = &self.fleet;
        let ran = run(self, "all");
        assert_eq!(ran.that(Status::Failed), [""; 0], "{}", ran.log);
        assert!(ran.at_once > 1, "{ran:?}");
        let all = fleet.state("published");
        assert_eq!(all.len(), 6, "{all:?}\n{}", ran.log);
        fleet.move_to("published", "whole", &fleet.manifest("whole"));
        fleet.kiln(&fleet.dir, "build --push", 0);
        assert_eq!(fleet.state("whole"), all);

        fleet.move_to("whole", "partly", &self.failing(failing, "partly"));
        self.write();
        let ran = run(self, "partly");
        // The job of the variant, and the one that publishes.
        assert_eq!(ran.that(Status::Failed).len(), 2, "{}", ran.log);
        let partly = fleet.state("partly");
        assert!(partly.keys().eq(published), "{partly:?}\n{}", ran.log);
        fleet.move_to("partly", "other", &self.failing(failing, "other"));
        fleet.kiln(&fleet.dir, "build --push", 1);
        assert_eq!(fleet.state("other"), partly);
    }
}

fn circleci_ends_where_one_run_does(kind: Kind) {
    let world = World::shared(kind);
    let file = ".circleci/config.yml";
    let place = Place::new(world, "circle", "ci circleci", file);
    let run = |place: &Place<'_>, branch: &str, name: &str| {
        let machine = Machine::new(world, &place.fleet.dir, &format!("circle-{name}"));
        let source = match name {
            "night" => "scheduled_pipeline",
            _ => "webhook",
        };
        let pipeline = circleci::Pipeline { branch, source };
        circleci::run(&machine, &read(&place.file), &pipeline)
    };
    place.check("two", &["all:1", "core:1", "lang:one"], |place, name| {
        run(place, "main", name)
    });
    // A pull request from a fork builds, and publishes nothing.
    let before = place.fleet.state("other");
    let ran = run(&place, "pull/7", "fork");
    assert_eq!(ran.jobs.len(), 1, "{ran:?}");
    assert!(ran.log.contains("--untrusted"), "{}", ran.log);
    assert_eq!(place.fleet.state("other"), before);
    // A scheduled pipeline carries out the plan of a nightly run.
    let fleet = &place.fleet;
    fleet.move_to("other", "night", &fleet.manifest("night"));
    place.write();
    let ran = run(&place, "main", "night");
    assert_eq!(ran.that(Status::Failed), [""; 0], "{}", ran.log);
    assert!(ran.log.contains("kiln nightly --dry-run"), "{}", ran.log);
    assert_eq!(fleet.state("night").len(), 6, "{}", ran.log);
    // What only a schedule moves.
    let timed = format!("{REGISTRY}/circle/night/all:night");
    assert!(world.digest(&timed).is_some(), "{}", ran.log);
}

/// With `--dynamic`, a setup job writes the jobs of the fleet as it is, and they run.
fn circleci_computes_its_jobs(kind: Kind) {
    let world = World::shared(kind);
    let file = ".circleci/config.yml";
    let place = Place::new(world, "dynamic", "ci circleci --dynamic", file);
    let machine = Machine::new(world, &place.fleet.dir, "dynamic");
    let pipeline = circleci::Pipeline {
        branch: "main",
        source: "webhook",
    };
    let setup = circleci::run(&machine, &read(&place.file), &pipeline);
    assert_eq!(setup.that(Status::Success), ["kiln-setup"], "{}", setup.log);
    let continued = machine.passed(circleci::CONTINUED);
    let ran = circleci::run(&machine, &read(&continued), &pipeline);
    assert_eq!(ran.that(Status::Failed), [""; 0], "{}", ran.log);
    let all = place.fleet.state("published");
    assert_eq!(all.len(), 6, "{all:?}\n{}", ran.log);
}

fn github_ends_where_one_run_does(kind: Kind) {
    let world = World::shared(kind);
    let file = ".github/workflows/kiln.yml";
    let place = Place::new(world, "github", "ci github", file);
    let run = |place: &Place<'_>, event: &str, name: &str| {
        let machine = Machine::new(world, &place.fleet.dir, &format!("github-{name}"));
        let ran = github::run(&machine, &read(&place.file), event);
        (machine, ran)
    };
    place.check("two", &["all:1", "core:1", "lang:one"], |place, name| {
        run(place, "push", name).1
    });
    // By level: the variant fails again, and nothing else is left to do.
    let levels = format!("ci github --by level --out {file}");
    place.fleet.kiln(&place.fleet.dir, &levels, 0);
    place.fleet.commit();
    let before = place.fleet.state("other");
    let (machine, ran) = run(&place, "push", "levels");
    assert_eq!(place.fleet.state("other"), before);
    // What builds print cannot be a command of the system, and each job has a summary.
    assert!(ran.log.contains("::stop-commands::kiln"), "{}", ran.log);
    let summary = machine.place("kiln-publish").path("/tmp/github-summary");
    let summary = std::fs::read_to_string(summary).expect("a job summary");
    assert!(summary.contains("### kiln: `github`"), "{summary}");
    // A pull request builds, and publishes nothing.
    let (_, ran) = run(&place, "pull_request", "change");
    let worked = [ran.that(Status::Success), ran.that(Status::Failed)].concat();
    assert_eq!(worked.len(), 1, "{ran:?}");
    assert!(ran.log.contains("--untrusted"), "{}", ran.log);
    assert_eq!(place.fleet.state("other"), before);
}

/// With the program that people use to try pipelines of GitLab. It does not go on behind a job that another one needs, so the
/// variant that fails has no children.
fn gitlab_ends_where_one_run_does(kind: Kind) {
    let Some(program) = tools::tool("gitlab-ci-local") else {
        return;
    };
    let world = World::shared(kind);
    let place = Place::new(
        world,
        "gitlab",
        "ci gitlab --docker shell",
        ".gitlab-ci.yml",
    );
    let rest = ["all:1", "app:1", "app:is-app", "core:1", "lang:two"];
    place.check("one", &rest, |place, name| {
        let machine = Machine::new(world, &place.fleet.dir, &format!("gitlab-{name}"));
        gitlab::run(&machine, &program, &[])
    });
    // What a dynamic pipeline starts as its child, as a pipeline of its own: the program starts no children.
    let fleet = &place.fleet;
    fleet.move_to("other", "child", &fleet.manifest("child"));
    let written = "ci gitlab --docker shell --out .gitlab-ci.yml --inner";
    fleet.kiln(&fleet.dir, written, 0);
    fleet.commit();
    let machine = Machine::new(world, &fleet.dir, "gitlab-child");
    let ran = gitlab::run(&machine, &program, &["KILN_PIPELINE_SOURCE=schedule"]);
    assert_eq!(ran.that(Status::Failed), [""; 0], "{}", ran.log);
    assert_eq!(fleet.state("child").len(), 6, "{}", ran.log);
    // Its parent was started by a schedule.
    let timed = format!("{REGISTRY}/gitlab/child/all:night");
    assert!(world.digest(&timed).is_some(), "{}", ran.log);
}
