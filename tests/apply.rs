//! A saved plan on real engines: carried out by one job for each variant, in fresh clones and on engines with empty caches.

mod clones;
mod world;

use clones::{Fleet, REGISTRY};
use world::{Kind, World};

on_engine!(
    engine_28_5,
    V28_5,
    jobs_in_fresh_clones_end_where_one_run_does,
    a_plan_that_does_not_fit_any_more_is_refused,
    a_job_builds_the_variant_that_it_names
);

/// Each image is built once, and the tags have the same content as after `kiln build --push`.
fn jobs_in_fresh_clones_end_where_one_run_does(kind: Kind) {
    // Its own, since it changes the engine.
    let world = World::start(kind);
    let fleet = Fleet::new(&world, "jobs");
    let plan = fleet.plan();
    let plan = plan.to_str().unwrap();
    let shown = fleet.kiln(&fleet.dir, &format!("plan --out {plan}"), 0);
    let again = fleet.kiln(&fleet.dir, &format!("plan --show {plan}"), 0);
    assert_eq!(shown, format!("saved to {plan}\n{again}"));

    // A job whose parent is not staged names it.
    let early = fleet.job("early", &format!("apply {plan} --only app"), 1);
    assert!(
        early.contains("core:1: it is not staged: its job has not run"),
        "{early}"
    );
    for only in ["core", "lang:two", "lang:one"] {
        let done = fleet.job("job", &format!("apply {plan} --only {only}"), 0);
        assert!(done.contains("staged as"), "{only}: {done}");
    }
    let apart = fleet.job("publish", &format!("apply {plan} --publish"), 1);
    assert!(apart.contains("app:1"), "{apart}");
    let first = fleet
        .world
        .digest(&format!("{REGISTRY}/jobs/published/core:1"));
    assert!(first.is_some(), "what does not depend on it is published");
    // Another engine, which has nothing; and the base moves: its digest in the plan is used all the same.
    world.second_engine();
    fleet.move_base();
    let last = fleet.job("job", &format!("apply {plan} --only app:1 core"), 0);
    assert!(last.contains("/jobs/busybox:1 names"), "{last}");
    let results = world.dir().join("results.xml");
    let publish = format!(
        "apply {plan} --publish --format json --junit {}",
        results.display()
    );
    let events = fleet.job("publish", &publish, 0);
    assert!(events.contains("\"action\":\"find\""), "{events}");
    let results = std::fs::read_to_string(results).unwrap();
    assert!(results.contains("app:1"), "{results}");
    let done = fleet.job("publish", &format!("apply {plan} --publish"), 0);
    assert!(!done.contains("published "), "{done}");
    let over = format!("apply {plan} --publish --junit {plan}");
    let over = fleet.job("publish", &over, 2);
    assert!(
        over.contains("it is the saved plan, so it is not overwritten"),
        "{over}"
    );
    // A disk without space does not change how the run ended, and the job says so.
    let full = format!("apply {plan} --publish --junit /dev/full --summary /dev/full");
    let full = fleet.job("publish", &full, 0);
    for option in ["--junit", "--summary"] {
        let warning = format!("warning: {option} /dev/full: No space left on device");
        assert_eq!(full.matches(&warning).count(), 1, "{full}");
    }
    let jobs = fleet.state("published");
    assert_eq!(jobs.len(), 5, "{jobs:?}");

    // One run from an empty registry. The Dockerfiles name the first repositories, which are the fleet's there.
    fleet.move_to("published", "whole", &fleet.manifest("whole"));
    fleet.kiln(&fleet.dir, "build --push", 0);
    assert_eq!(fleet.state("whole"), jobs);
}

/// Exit code 4: a file, the commit, or a tag is not what the plan has seen.
fn a_plan_that_does_not_fit_any_more_is_refused(kind: Kind) {
    let fleet = Fleet::new(World::shared(kind), "late");
    let plan = fleet.plan();
    let plan = plan.to_str().unwrap();
    fleet.kiln(&fleet.dir, "build --push", 0);
    fleet.write("lang/lang.txt", "other\n");
    fleet.commit();
    fleet.kiln(&fleet.dir, &format!("plan --out {plan}"), 0);

    fleet.write("lang/lang.txt", "another\n");
    let file = fleet.kiln(&fleet.dir, &format!("apply {plan}"), 4);
    assert!(
        file.contains("lang:one: lang/lang.txt differs from the plan"),
        "{file}"
    );
    fleet.write("lang/lang.txt", "other\n");
    fleet.git(&["commit", "-q", "--allow-empty", "-m", "another commit"]);
    let commit = fleet.kiln(&fleet.dir, &format!("apply {plan}"), 4);
    assert!(commit.contains("the plan is for commit"), "{commit}");
    fleet.git(&["reset", "-q", "--hard", "HEAD~1"]);

    // Nor does publishing, which builds nothing, run in another workspace or one that cannot be read.
    let manifest = fleet.manifest("published");
    fleet.write("kiln.kdl", &manifest.replacen("\"late\"", "\"two\"", 1));
    fleet.git(&["commit", "-qam", "another name"]);
    let workspace = fleet.kiln(&fleet.dir, &format!("apply {plan} --publish"), 2);
    assert!(
        workspace.contains("the plan is for the workspace `late`, and this is `two`"),
        "{workspace}"
    );
    fleet.git(&["reset", "-q", "--hard", "HEAD~1"]);
    fleet.write("kiln.kdl", "workspace {");
    fleet.kiln(&fleet.dir, &format!("apply {plan} --publish"), 2);
    fleet.write("kiln.kdl", &manifest);
    let over = fleet.kiln(&fleet.dir, "plan --out kiln.kdl", 2);
    assert!(over.contains("it is not overwritten"), "{over}");

    // Something else moves a tag.
    let tag = format!("{REGISTRY}/late/published/lang:one");
    let url = format!("http://{REGISTRY}/v2/late/published/lang/manifests/one");
    let two = fleet
        .world
        .manifest(&format!("{REGISTRY}/late/published/lang:two"));
    let header = format!("Content-Type: {}", two["mediaType"].as_str().unwrap());
    let put = |text: &str| {
        let how = [
            "-f",
            "-X",
            "PUT",
            "-H",
            &header,
            "--data-binary",
            text,
            &url,
        ];
        fleet.world.curl(&how);
    };
    put(&format!("{two}\n"));
    let moved = fleet.world.digest(&tag);
    let refused = fleet.kiln(&fleet.dir, &format!("apply {plan}"), 4);
    assert!(refused.contains("make a new plan"), "{refused}");
    assert_eq!(fleet.world.digest(&tag), moved);

    // So does one whose image is based on one that the plan builds: nothing is built.
    fleet.write("core/core.txt", "core, too\n");
    fleet.commit();
    fleet.kiln(&fleet.dir, &format!("plan --out {plan}"), 0);
    put(&format!("{two}\n\n"));
    let refused = fleet.kiln(&fleet.dir, &format!("apply {plan}"), 4);
    assert!(refused.contains("lang:one: it named"), "{refused}");
    assert!(!refused.contains("core:1"), "{refused}");

    // The name of an engine is checked whether something is built or not.
    for command in [
        format!("apply {plan} --engine nope"),
        "build --push core --engine nope".into(),
        "test core --engine nope".into(),
        "nightly core --engine nope".into(),
    ] {
        let wrong = fleet.kiln(&fleet.dir, &command, 2);
        assert!(
            wrong.contains("engine `nope`: the Docker context"),
            "{wrong}"
        );
    }
}

/// Two variants share their only tag, so it is part of both of their names: a job with the name of one builds that one.
fn a_job_builds_the_variant_that_it_names(kind: Kind) {
    let fleet = Fleet::new(World::shared(kind), "twins");
    let plan = fleet.plan();
    let plan = plan.to_str().unwrap();
    let text = format!(
        "workspace \"twins\" {{ publish \"{REGISTRY}/twins/{{image}}\"; stage \"{REGISTRY}/twins/stage\" }}
        image \"pair\" {{
            axis \"cpu\" {{ value \"amd\" token=\"\" shared; value \"arm\" token=\"\" shared }}
            dockerfile \"pair/Dockerfile\"
            when cpu=\"amd\" {{ platforms \"linux/amd64\" }}
            when cpu=\"arm\" {{ platforms \"linux/arm64\" }}
            tag \"1\"
        }}"
    );
    fleet.write("kiln.kdl", &text);
    fleet.write("pair/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
    fleet.commit();
    fleet.kiln(&fleet.dir, &format!("plan --out {plan}"), 0);
    for variant in ["pair:1 (amd)", "pair:1 (arm)"] {
        let mut job = fleet.world.kiln(&fleet.dir);
        job.args(["apply", plan, "--only", variant])
            .env("DOCKER_HOST", fleet.world.docker_host());
        let done = job.output().unwrap();
        let said = String::from_utf8([done.stderr, done.stdout].concat()).unwrap();
        assert!(done.status.success() && said.contains("1 built"), "{said}");
    }
    let published = fleet.kiln(&fleet.dir, &format!("apply {plan} --publish"), 0);
    assert!(published.contains("2 published"), "{published}");
}
