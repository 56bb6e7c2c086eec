//! The whole line from a manifest to a published fleet, on real engines and a real registry.

mod fleet;
mod world;

use fleet::Fleet;
use serde_json::Value;
use std::time::{Duration, Instant};
use world::{Kind, World};

on_every_engine!(
    a_fleet_is_published_once,
    a_second_engine_runs_no_step,
    images_that_do_not_depend_on_a_broken_step_are_published,
    another_image_under_the_parents_name_is_not_used,
    a_silent_registry_delays_a_build_by_seconds,
    without_push_only_the_engine_has_the_tags,
    interrupted_builds_end_and_leave_nothing,
    killed_builds_are_continued_and_leave_nothing,
    a_registry_with_a_password_accepts_credentials,
    hand_written_dockerfiles_are_based_on_each_other,
    the_classic_builder_uses_the_previous_image_as_cache,
    a_tag_of_two_variants_is_always_complete,
    revisions_are_counted_and_versions_are_read_from_images,
    images_on_the_engines_copy_of_a_base_are_not_published,
    images_run_on_the_platform_of_their_label,
    tools_of_the_build_platform_build_images_for_others,
);

/// Unreachable engines and registries have their own exit code. Needs no engine.
#[test]
fn unreachable_is_exit_code_3() {
    let dir = tempfile::tempdir().unwrap();
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let manifest = format!(
        "workspace \"x\" {{ publish \"{closed}/x/{{image}}\"; stage \"{closed}/x/kiln-stage\"; }}\nbase \"b\" from=\"{closed}/b:1\"\nimage \"a\" {{ from base=\"b\"; template \"a.hbs\"; tag \"1\"; }}\n"
    );
    std::fs::write(dir.path().join("kiln.kdl"), manifest).unwrap();
    std::fs::write(dir.path().join("a.hbs"), "FROM {{from}}\n").unwrap();
    let kiln = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_kiln"));
        command
            .current_dir(dir.path())
            .env("DOCKER_HOST", "unix:///nowhere/docker.sock")
            .args(args)
            .output()
            .unwrap()
    };
    let (plan, wrong) = (kiln(&["plan"]), kiln(&["list", "nothing-like-this"]));
    assert_eq!(
        plan.status.code(),
        Some(3),
        "{}",
        String::from_utf8_lossy(&plan.stderr)
    );
    assert!(String::from_utf8_lossy(&plan.stderr).contains("out of reach"));
    assert_eq!(
        wrong.status.code(),
        Some(2),
        "{}",
        String::from_utf8_lossy(&wrong.stderr)
    );
    let build = kiln(&["build"]);
    assert_eq!(
        build.status.code(),
        Some(3),
        "{}",
        String::from_utf8_lossy(&build.stderr)
    );
}

/// Kiln builds nothing if an image would be labelled with a platform that it does not run on.
fn images_run_on_the_platform_of_their_label(kind: Kind) {
    let world = World::shared(kind);
    let both = "linux/amd64 linux/arm64";
    let refused = |name: &str, images: &[(&str, &str, &str)], why: &str| {
        let fleet = Fleet::of(world, name, images);
        let run = fleet.build(&["--push"]);
        let said = run.to_string();
        // The one event says that the run has ended.
        assert_eq!((run.code, run.events.len()), (2, 1), "{run}");
        assert!(said.contains(why), "{why}\n{run}");
    };
    let pinned = "pinned to linux/amd64, but the image is built for linux/arm64";
    let word = "FROM --platform=linux/amd64 BASE\n";
    let arg = "ARG P=linux/amd64\nFROM --platform=$P BASE\n";
    let stage = "FROM --platform=linux/amd64 BASE AS tools\nFROM tools\n";
    let native = "FROM --platform=$BUILDPLATFORM BASE\n";
    refused("pin-word", &[("app", both, word)], pinned);
    refused("pin-arg", &[("app", "linux/arm64", arg)], pinned);
    refused("pin-stage", &[("app", both, stage)], pinned);
    refused(
        "pin-two",
        &[("app", both, native)],
        "runs on the build platform",
    );
    refused(
        "pin-one",
        &[("app", "linux/arm64", native)],
        "app/Dockerfile:1: the last stage runs on the build platform, here linux/amd64",
    );
    refused(
        "pin-base",
        &[
            ("slow", "linux/amd64", "FROM BASE\n"),
            ("app", both, "FROM BASE\n"),
        ],
        "base/busybox:1` (app/Dockerfile:1) does not support linux/arm64; its platform is linux/amd64",
    );
    // Before a missing emulator, which would not help.
    refused(
        "pin-base-run",
        &[("app", "linux/amd64 linux/s390x", "FROM BASE\nRUN true\n")],
        "base/busybox:1` (app/Dockerfile:1) does not support linux/s390x; its platform is linux/amd64",
    );
    refused(
        "pin-parent",
        &[
            ("tool", "linux/amd64", "FROM BASE\nRUN true\n"),
            ("app", "linux/arm64", "FROM FLEET/tool:1\n"),
        ],
        "`app:1` needs `tool:1` for linux/arm64, but `tool:1` is built only for linux/amd64",
    );
}

/// A toolchain in the fleet that runs on the build platform can build images for every platform.
fn tools_of_the_build_platform_build_images_for_others(kind: Kind) {
    let world = World::shared(kind);
    let app = "FROM --platform=$BUILDPLATFORM FLEET/tools:1 AS build\nARG TARGETARCH\nRUN echo \"made for $TARGETARCH\" > /out\n\
               FROM scratch\nCOPY --from=build /out /out\n";
    let fleet = Fleet::of(
        world,
        "cross",
        &[
            ("tools", "linux/amd64", "FROM BASE\nRUN echo t > /t\n"),
            ("app", "linux/amd64 linux/arm64", app),
        ],
    );
    let run = fleet.build(&["--push"]);
    assert_eq!(run.code, 0, "{run}");
    let written = [fleet.reference("tools:1"), fleet.reference("app:1")];
    assert_eq!(run.written(), written, "{run}");
    let again = fleet.build(&["--push"]);
    assert_eq!((again.code, again.written()), (0, vec![]), "{again}");
}

/// The edges between hand-written Dockerfiles come from FROM and COPY --from.
fn hand_written_dockerfiles_are_based_on_each_other(kind: Kind) {
    let world = World::shared(kind);
    let fleet = Fleet::by_hand(world, "byhand");
    let run = fleet.build(&["--push"]);
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(run.of("done", "build").len(), 2, "{run}");
    let written = run.written();
    assert_eq!(
        written,
        [fleet.reference("tool:1"), fleet.reference("app:1")],
        "{run}"
    );
}

fn the_classic_builder_uses_the_previous_image_as_cache(kind: Kind) {
    let world = World::start(kind);
    let fleet = Fleet::nine(&world, "classic");
    let cold = fleet.build(&["--push", "--builder", "classic"]);
    assert_eq!(cold.code, 0, "{cold}");
    fleet.assert_published_in_order(&cold);
    world.second_engine();
    let warm = fleet.build(&["--builder", "classic"]);
    assert_eq!(warm.code, 0, "{warm}");
    // With the containerd store, the classic builder has no cache from other engines.
    let built = warm.of("done", "build");
    assert_eq!(built.len(), 9, "{warm}");
    if !kind.containerd_store() {
        for done in built {
            assert_eq!(done["ran"], 0, "{done}\n{warm}");
        }
    }
}

/// `{revision}` counts images in the registry, `{probe:…}` reads a version from the image just built.
fn revisions_are_counted_and_versions_are_read_from_images(kind: Kind) {
    let world = World::start(kind);
    let fleet = Fleet::late(&world, "late");
    let all = |tags: &[&str]| {
        tags.iter()
            .map(|tag| fleet.reference(&format!("all:{tag}")))
            .collect::<Vec<_>>()
    };
    let first = fleet.build(&["--push"]);
    assert_eq!(
        (first.code, first.written()),
        (0, all(&["v2.5.1", "once2.5.1", "tool-r1", "tool"])),
        "{first}"
    );
    let digest = world.digest(&fleet.reference("all:tool"));
    assert_eq!(world.digest(&fleet.reference("all:v2.5.1")), digest);

    world.second_engine();
    let again = fleet.build(&["--push"]);
    assert_eq!((again.code, again.written()), (0, vec![]), "{again}");
    assert!(
        again.of("done", "fetch").is_empty() && again.of("done", "probe").is_empty(),
        "nothing is probed twice\n{again}"
    );

    fleet.say("two", "tool");
    let changed = fleet.build(&["--push"]);
    assert_eq!(
        (changed.code, changed.written()),
        (0, all(&["v2.5.1", "tool-r2", "tool"])),
        "{changed}"
    );
    assert_eq!(
        world.digest(&fleet.reference("all:tool-r1")),
        digest,
        "a revision tag is never moved"
    );
    assert_eq!(
        world.digest(&fleet.reference("all:once2.5.1")),
        digest,
        "a fixed tag is never moved"
    );

    // An image whose tag resolves to a tag of another image is refused before any of its tags moves.
    fleet.say("three", "tool other");
    let both = fleet.build(&["--push", "--jobs", "1"]);
    assert_eq!(
        (both.code, both.of("failed", "move").len()),
        (1, 1),
        "{both}"
    );
    assert!(both.to_string().contains("has it, too"), "{both}");
    assert_eq!(both.written().len(), 3, "{both}");
}

/// The platform and the digest of each image in the index of [`Fleet::two_platforms`].
fn shared_images(world: &World, fleet: &Fleet) -> Vec<(String, String)> {
    let index = world.manifest(&fleet.reference("tool:1"));
    let images = index["manifests"]
        .as_array()
        .unwrap_or_else(|| panic!("{index}"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let image = |image: &Value| {
        (
            text(&image["platform"]["architecture"]),
            text(&image["digest"]),
        )
    };
    images.iter().map(image).collect()
}

/// Two variants for two platforms share a tag: it is always a complete index of both.
fn a_tag_of_two_variants_is_always_complete(kind: Kind) {
    let world = World::shared(kind);
    let fleet = Fleet::two_platforms(world, "shared");
    let first = fleet.build(&["--push"]);
    assert_eq!(first.code, 0, "{first}");
    assert_eq!(
        first.written().last(),
        Some(&fleet.reference("tool:1")),
        "the shared tag is written last\n{first}"
    );
    let before = shared_images(world, &fleet);
    if !kind.containerd_store() {
        // The containerd store pushes a separate index for each of them.
        let own = |os: &str| world.digest(&fleet.reference(&format!("tool:1-{os}")));
        let both = [("amd64", own("amd")), ("arm64", own("arm"))]
            .map(|(name, digest)| (name.to_owned(), digest.expect("its own tag")));
        assert_eq!(before, both);
    }
    let again = fleet.build(&["--push"]);
    assert_eq!((again.code, again.written()), (0, vec![]), "{again}");

    fleet.greet("arm", "goodbye");
    let changed = fleet.build(&["--push"]);
    let builds = changed.of("done", "build").len();
    assert_eq!((changed.code, builds), (0, 1), "{changed}");
    let written = [fleet.reference("tool:1-arm"), fleet.reference("tool:1")];
    assert_eq!(changed.written(), written, "{changed}");
    let after = shared_images(world, &fleet);
    assert!(
        before[0] == after[0] && before[1] != after[1],
        "{before:?} {after:?}"
    );
    one_of_two_cannot_be_built(world, &fleet);
    one_of_two_is_built(world, &fleet);
    let local = fleet.build(&[]);
    assert_eq!(local.code, 0, "{local}");
}

/// If one of them cannot be built, the other one's own tag moves, and the shared tag stays complete.
fn one_of_two_cannot_be_built(world: &World, fleet: &Fleet) {
    let before = shared_images(world, fleet);
    fleet.greet("amd", "good evening");
    fleet.greet("arm", "");
    let broken = fleet.build(&["--push", "--keep-going"]);
    assert_eq!(
        (broken.code, broken.written()),
        (1, vec![fleet.reference("tool:1-amd")]),
        "{broken}"
    );
    assert_eq!(shared_images(world, fleet), before, "{broken}");
}

/// A build of only one of them moves the shared tag: the other part stays as it is published.
fn one_of_two_is_built(world: &World, fleet: &Fleet) {
    let before = shared_images(world, fleet);
    let alone = fleet.text(&["plan", "tool:1-amd"]);
    assert!(
        alone.contains("share 2 images under one index: tool:1-amd, tool:1-arm\n      move  "),
        "{alone}"
    );
    fleet.greet("arm", "goodbye");
    let one = fleet.build(&["tool:1-amd", "--push"]);
    assert_eq!(
        (one.code, one.written()),
        (0, vec![fleet.reference("tool:1")]),
        "{one}"
    );
    let after = shared_images(world, fleet);
    assert!(
        after[0] != before[0] && after[1] == before[1],
        "{before:?} {after:?}"
    );
}

fn a_fleet_is_published_once(kind: Kind) {
    let world = World::shared(kind);
    let fleet = Fleet::nine(world, "alone");
    let first = fleet.build(&["--push"]);
    assert_eq!(first.code, 0, "{first}");
    assert_eq!(first.of("done", "build").len(), 9, "{first}");
    fleet.assert_published_in_order(&first);
    let before = fleet.digests();
    let again = fleet.build(&["--push"]);
    assert_eq!(again.code, 0, "{again}");
    assert!(
        again.of("done", "build").is_empty() && again.written().is_empty(),
        "{again}"
    );
    assert_eq!(fleet.digests(), before);
}

/// The previous images in the registry are the only cache of a new engine.
fn a_second_engine_runs_no_step(kind: Kind) {
    let world = World::start(kind);
    let fleet = Fleet::nine(&world, "second");
    let cold = fleet.build(&["--push"]);
    assert_eq!(cold.code, 0, "{cold}");
    world.second_engine();
    let warm = fleet.build(&[]);
    assert_eq!(warm.code, 0, "{warm}");
    assert_eq!(warm.of("done", "build").len(), 9, "{warm}");
    for done in warm.of("done", "build") {
        assert_eq!(done["ran"], 0, "{done}\n{warm}");
        assert!(
            done["cached"].as_u64() > Some(0) && done["cache_from"].is_string(),
            "{done}"
        );
    }
    let images = |run: &fleet::Run| {
        run.of("done", "build")
            .iter()
            .map(|d| d["image"].to_string())
            .collect::<std::collections::BTreeSet<_>>()
    };
    if !kind.containerd_store() {
        assert_eq!(
            images(&cold),
            images(&warm),
            "the same steps result in the same images"
        );
    }
}

fn images_that_do_not_depend_on_a_broken_step_are_published(kind: Kind) {
    let world = World::shared(kind);
    let fleet = Fleet::nine(world, "broken");
    fleet.break_step("two");
    let run = fleet.build(&["--push", "--keep-going"]);
    assert_eq!(run.code, 1, "{run}");
    let failed = run.of("failed", "build");
    assert_eq!(failed.len(), 1, "{run}");
    assert_eq!(failed[0]["variant"], "word:two", "{run}");
    assert!(
        failed[0]["output"]
            .to_string()
            .contains("this step cannot work"),
        "{run}"
    );
    assert_eq!(failed[0]["exit_code"], 7, "{run}");
    assert_eq!(failed[0]["kind"], "failed", "{run}");
    assert!(
        failed[0]["place"]
            .as_str()
            .is_some_and(|p| p.contains("word/two/Dockerfile:")),
        "{run}"
    );
    let blocked = run.of("blocked", "build");
    assert_eq!(
        blocked
            .iter()
            .map(|b| b["variant"].as_str().unwrap())
            .collect::<Vec<_>>(),
        ["word:two-more"],
        "{run}"
    );
    let tags = fleet.digests();
    for (tag, digest) in &tags {
        assert_eq!(digest.is_some(), !tag.contains("two"), "{tag}\n{run}");
    }
    let text = fleet.text(&["build", "--push"]);
    assert!(text.contains("blocked: word:two-more"), "{text}");
    assert!(text.contains("this step cannot work"), "{text}");
}

/// The engine always has a copy of the base. Its registry is first stopped, and then does not have the base.
fn images_on_the_engines_copy_of_a_base_are_not_published(kind: Kind) {
    let world = World::start(kind);
    let fleet = Fleet::nine(&world, "bases");
    let domain = world.another_registry(5300);
    let base = format!("{domain}/base/busybox:1");
    world.import_base("busybox", &base);
    fleet.base_on(&base);
    world.stop_registry(5300);
    for args in [&["--push"][..], &[]] {
        let run = fleet.build(args);
        let said = run.to_string();
        assert_eq!((run.code, run.of("done", "build").len()), (3, 0), "{said}");
        let line = format!("base {base} is out of reach: {domain}: ");
        assert!(said.contains(&line), "{said}");
        let place = "core:1 names it at kiln.kdl:";
        assert!(
            said.contains(place) && said.contains(", templates/core.hbs:1"),
            "{said}"
        );
    }

    world.another_registry(5300);
    let unknown = format!("{domain}/base/unknown:1");
    let tag = format!("/images/{base}/tag?repo={domain}/base/unknown&tag=1");
    world.api("POST", &tag);
    fleet.base_on(&unknown);
    let push = fleet.build(&["--push"]);
    assert_eq!(
        (push.code, push.of("done", "build").len()),
        (1, 0),
        "{push}"
    );
    assert!(
        push.to_string().contains("push it to its registry"),
        "{push}"
    );
    assert!(fleet.digests().values().all(Option::is_none), "{push}");
    let local = fleet.build(&[]);
    assert_eq!(local.code, 0, "{local}");
    let warning = format!("warning: base {unknown}: its registry does not have it");
    assert!(local.to_string().contains(&warning), "{local}");
}

/// Images are based on the parent of this run, whatever a registry has under its name.
fn another_image_under_the_parents_name_is_not_used(kind: Kind) {
    let world = World::shared(kind);
    let fleet = Fleet::nine(world, "foreign");
    world.import_base("busybox", &fleet.reference("core:1"));
    let run = fleet.build(&["--push"]);
    assert_eq!(run.code, 0, "{run}");
    // Each child's step reads a file that only the real parent has.
    fleet.assert_published_in_order(&run);
}

fn a_silent_registry_delays_a_build_by_seconds(kind: Kind) {
    let world = World::start(kind);
    let silent = world.silent(5099);
    let fleet = Fleet::nine(&world, "silent");
    fleet.publish_to(&silent);
    let began = Instant::now();
    let run = fleet.build(&[]);
    assert_eq!(run.code, 0, "{run}");
    assert!(
        began.elapsed() < Duration::from_secs(60),
        "{:?}\n{run}",
        began.elapsed()
    );
    assert!(
        run.of("note", "build")
            .iter()
            .any(|n| n["text"].to_string().contains("no cache")),
        "{run}"
    );
    // The engine is not blocked: another build works at once.
    let again = Fleet::nine(&world, "beside").build(&[]);
    assert_eq!(again.code, 0, "{again}");
}

fn without_push_only_the_engine_has_the_tags(kind: Kind) {
    let world = World::start(kind);
    let fleet = Fleet::nine(&world, "local");
    let run = fleet.build(&[]);
    assert_eq!(run.code, 0, "{run}");
    let images: Value = serde_json::from_str(&world.api("GET", "/images/json")).unwrap();
    let names: Vec<&str> = images
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|i| i["RepoTags"].as_array().into_iter().flatten())
        .filter_map(Value::as_str)
        .collect();
    for reference in fleet.references() {
        assert!(
            names.contains(&reference.as_str()),
            "{reference} in {names:?}"
        );
    }
    assert!(
        !names.iter().any(|n| n.contains("localhost/kiln")),
        "{names:?}"
    );
    assert!(
        fleet.digests().values().all(Option::is_none),
        "nothing is published without --push"
    );
}

fn interrupted_builds_end_and_leave_nothing(kind: Kind) {
    let world = World::start(kind);
    let fleet = Fleet::nine(&world, "stopped");
    fleet.slow_step("core");
    let mut child = fleet.spawn(&["build", "--push", "--format", "json"]);
    let is_running = || {
        let found = std::process::Command::new("pgrep")
            .args(["-f", "sleep 31415"])
            .output()
            .unwrap();
        !found.stdout.is_empty()
    };
    let started = Instant::now();
    while !is_running() {
        let waited = started.elapsed();
        assert!(waited < Duration::from_secs(60), "the step does not begin");
        std::thread::sleep(Duration::from_millis(200));
    }
    let began = Instant::now();
    fleet::interrupt(&child);
    let code = child.wait().unwrap().code();
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(code, Some(130));
    std::thread::sleep(Duration::from_secs(4));
    assert!(!is_running(), "the step is still running");
    let containers: Value =
        serde_json::from_str(&world.api("GET", "/containers/json?all=1")).unwrap();
    assert_eq!(containers, serde_json::json!([]));
    let images = world.api("GET", "/images/json");
    assert!(!images.contains("localhost/kiln"), "{images}");
}

/// Lets all leases on the engine end, as a minute does.
fn age_leases(world: &World) {
    let images: Value = serde_json::from_str(&world.api("GET", "/images/json")).unwrap();
    let names = images.as_array().unwrap().iter();
    let names = names.flat_map(|i| i["RepoTags"].as_array().into_iter().flatten());
    for lease in names.filter_map(|name| name.as_str()?.strip_prefix("localhost/kiln/lease:")) {
        let run = lease.split('-').next().unwrap();
        let name = format!("/images/localhost/kiln/lease:{lease}");
        let old = format!("repo=localhost/kiln/lease&tag={run}-1");
        world.api("POST", &format!("{name}/tag?{old}"));
        world.api("DELETE", &name);
    }
}

/// `kill -9` at any moment: the same command finishes the work, and nothing of the killed runs remains.
fn killed_builds_are_continued_and_leave_nothing(kind: Kind) {
    let world = World::start(kind);
    let fleet = Fleet::nine(&world, "killed");
    for seconds in [2, 3, 4] {
        let mut child = fleet.spawn(&["build", "--push"]);
        std::thread::sleep(Duration::from_secs(seconds));
        let _ = child.kill();
        child.wait().unwrap();
    }
    world.api(
        "POST",
        &format!(
            "/images/{}/base/busybox:1/tag?repo=localhost/kiln/mine&tag=1",
            world.registry()
        ),
    );
    age_leases(&world);
    let run = fleet.build(&["--push"]);
    assert_eq!(run.code, 0, "{run}");
    for (reference, digest) in fleet.digests() {
        assert!(digest.is_some(), "{reference} is not published\n{run}");
    }
    // If the killed runs had finished all the work, that one needed no engine.
    let run = fleet.build(&["core"]);
    assert_eq!(run.code, 0, "{run}");
    let images = world.api("GET", "/images/json");
    assert!(images.contains("localhost/kiln/mine:1"), "{images}");
    let others = images.replace("localhost/kiln/mine", "");
    assert!(
        !others.contains("localhost/kiln") && !others.contains("killed/stage"),
        "{images}"
    );
    assert_eq!(world.api("GET", "/containers/json?all=1").trim(), "[]");
}

fn a_registry_with_a_password_accepts_credentials(kind: Kind) {
    let world = World::shared(kind);
    static PORT: std::sync::atomic::AtomicU16 = std::sync::atomic::AtomicU16::new(5200);
    let port = PORT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let (user, password) = ("kiln", "p>>???~~~ss");
    let domain = world.registry_with_auth(port, user, password);
    let fleet = Fleet::nine(world, "closed");
    fleet.publish_to(&domain);
    let shut = fleet.build(&["--push"]);
    assert_eq!(shut.code, 3, "{shut}");
    let run = fleet.build_with(
        &["--push"],
        &[(
            &format!("KILN_AUTH_127_0_0_1_{port}"),
            &format!("{user}:{password}"),
        )],
    );
    assert_eq!(run.code, 0, "{run}");
    assert!(
        !run.to_string().contains(password),
        "the events contain a password"
    );
}
