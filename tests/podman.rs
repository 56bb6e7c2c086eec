//! Podman as the engine: it is called by its name, and with `syntax "classic"` builds, checks and pushes work.

mod world;

use std::path::PathBuf;
use world::{Kind, World};

on_engine!(
    engine_podman,
    Podman,
    builds_checks_and_publishes,
    what_fails_is_named,
    buildkit_is_refused_at_once
);

struct Fleet {
    world: &'static World,
    dir: PathBuf,
    name: &'static str,
}

impl Fleet {
    fn new(kind: Kind, name: &'static str) -> Self {
        let world = World::shared(kind);
        let dir = world.dir().join(format!("podman-{name}"));
        std::fs::create_dir_all(&dir).unwrap();
        world.push_base_index(&format!("{}/base/two:1", world.registry()));
        Self { world, dir, name }
    }

    fn write(&self, syntax: &str, step: &str) {
        let (registry, name) = (self.world.registry(), self.name);
        let text = format!(
            r#"workspace "w" {{ publish "{registry}/{name}/{{image}}"; stage "{registry}/{name}/stage"; syntax "{syntax}" }}
base "two" from="{registry}/base/two:1"
toolset "root" {{ run "echo root > /root.txt" }}
toolset "app" {{ run "{step}"
    check run="cat /app.txt" contains="app"
    check file="/root.txt" contains="root"
    check serve port=8080 }}
image "root" {{ from base="two"; use "root"; tag "1" }}
image "app" {{ from image="root"; use "app"; cmd "httpd" "-f" "-p" "8080"; tag "1" }}
"#
        );
        std::fs::write(self.dir.join("kiln.kdl"), text).unwrap();
    }

    #[track_caller]
    fn check(&self, args: &[&str], code: i32, expect: &[&str]) {
        let mut kiln = self.world.kiln(&self.dir);
        let output = kiln.args(args).output().unwrap();
        let text =
            [output.stderr, output.stdout].map(|text| String::from_utf8_lossy(&text).into_owned());
        let text = text.concat();
        assert_eq!(output.status.code(), Some(code), "{args:?}\n{text}");
        for one in expect {
            assert!(text.contains(one), "{args:?}: `{one}` in\n{text}");
        }
    }

    /// The names that runs have on the engine.
    fn left(&self) -> Vec<String> {
        let images: serde_json::Value =
            serde_json::from_str(&self.world.api("GET", "/images/json")).unwrap();
        let tags = images.as_array().unwrap().iter();
        let tags = tags.filter_map(|image| image["RepoTags"].as_array());
        let tags = tags.flatten().filter_map(|tag| tag.as_str());
        let own = tags.filter(|tag| tag.starts_with("localhost/kiln/"));
        own.map(str::to_owned).collect()
    }
}

fn builds_checks_and_publishes(kind: Kind) {
    let fleet = Fleet::new(kind, "whole");
    fleet.write("classic", "echo app > /app.txt");
    fleet.check(
        &["build", "--push"],
        0,
        &["2 published", "built, 0 of ", "passed 3 checks"],
    );
    assert_eq!(fleet.left(), [""; 0]);
    let before = fleet
        .world
        .digest(&format!("{}/whole/app:1", fleet.world.registry()));
    assert!(before.is_some());
    fleet.check(&["build", "--push"], 0, &["2 up to date"]);
    // The kept parent is fetched.
    fleet.write("classic", "echo another app > /app.txt");
    fleet.check(&["build", "--push"], 0, &["1 published, 1 up to date"]);
    fleet.check(&["build"], 0, &["2 built"]);
    fleet.check(&["test"], 0, &["3 checks"]);
    assert_eq!(fleet.left(), [""; 0]);
}

/// A failed step is named with its line and its exit code.
fn what_fails_is_named(kind: Kind) {
    let fleet = Fleet::new(kind, "failing");
    fleet.write("classic", "echo before; exit 7");
    let place = "app:1: build failed at .circleci/images/app/Dockerfile:";
    fleet.check(&["build"], 1, &[place, "exit status 7", "| before"]);
}

/// Before the first build, with the way out.
fn buildkit_is_refused_at_once(kind: Kind) {
    let fleet = Fleet::new(kind, "refused");
    fleet.write("buildkit", "echo app > /app.txt");
    let podman = std::process::Command::new("podman")
        .arg("--version")
        .output()
        .unwrap();
    let version = String::from_utf8_lossy(&podman.stdout)
        .trim()
        .replace("podman version ", "Podman ");
    let way_out = "say `syntax \"classic\"` in kiln.kdl";
    fleet.check(&["build", "--push"], 2, &[&version, "has none", way_out]);
    fleet.write("classic", "echo app > /app.txt");
    let refused = format!("{version} has no BuildKit");
    fleet.check(&["build", "--builder", "buildkit"], 2, &[&refused]);
}
