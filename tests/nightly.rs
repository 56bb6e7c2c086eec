//! A fleet of twelve images through its nights, on real engines and a real registry.

mod world;

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Output;
use world::{Kind, World};

on_every_engine!(a_fleet_of_twelve);

/// By image: what it is based on.
const FLEET: [(&str, &str); 12] = [
    ("core", "base one"),
    ("go", "core"),
    ("node", "core"),
    ("ruby", "core"),
    ("rust", "core"),
    ("api", "go"),
    ("web", "node"),
    ("db", "base two"),
    ("backup", "db"),
    ("restore", "db"),
    ("report", "db"),
    ("archive", "backup"),
];

/// What is based on the base `two`, directly or not.
const ON_TWO: [&str; 5] = ["db", "backup", "restore", "report", "archive"];

struct Fleet<'w> {
    world: &'w World,
    dir: PathBuf,
}

impl<'w> Fleet<'w> {
    fn new(world: &'w World) -> Self {
        let registry = world.registry();
        world.import_base("busybox", &format!("{registry}/base/busybox:1"));
        let dir = world.dir().join("nights");
        std::fs::create_dir_all(&dir).unwrap();
        let mut text = format!(
            "workspace \"nights\" {{ publish \"{registry}/nights/{{image}}\"; stage \"{registry}/nights/stage\" }}
            base \"one\" from=\"{registry}/nights/one:1\"
            base \"two\" from=\"{registry}/nights/two:1\"\n"
        );
        for (image, parent) in FLEET {
            let from = match parent.strip_prefix("base ") {
                Some(base) => format!("from base=\"{base}\""),
                None => format!("from image=\"{parent}\""),
            };
            // Copies are the same bytes in every build.
            text += &format!(
                "toolset \"{image}\" {{ file \"{image}.txt\" into=\"/{image}.txt\"; check file=\"/{image}.txt\" }}
                image \"{image}\" {{ {from}; use \"{image}\"; tag \"1\"; tag \"latest\" }}\n"
            );
            std::fs::write(dir.join(format!("{image}.txt")), image).unwrap();
        }
        std::fs::write(dir.join("kiln.kdl"), text).unwrap();
        let fleet = Self { world, dir };
        fleet.base("one", "D1");
        fleet.base("two", "D1");
        fleet
    }

    /// A base moves: another fleet publishes it.
    fn base(&self, name: &str, content: &str) {
        let registry = self.world.registry();
        let dir = self.dir.with_extension(name);
        std::fs::create_dir_all(&dir).unwrap();
        let text = format!(
            "workspace \"bases\" {{ publish \"{registry}/nights/{{image}}\"; stage \"{registry}/nights/base-stage\" }}
            base \"busybox\" from=\"{registry}/base/busybox:1\"
            toolset \"b\" {{ run \"echo {content} > /base\" }}
            image \"{name}\" {{ from base=\"busybox\"; use \"b\"; tag \"1\" }}\n"
        );
        std::fs::write(dir.join("kiln.kdl"), text).unwrap();
        let mut kiln = self.world.kiln(&dir);
        let output = kiln.args(["build", "--push", "--quiet"]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    fn kiln(&self, args: &[&str]) -> Output {
        self.world.kiln(&self.dir).args(args).output().unwrap()
    }

    /// The state of each variant after a run that succeeds.
    #[track_caller]
    fn states(&self, args: &[&str]) -> BTreeMap<String, String> {
        succeeded(&self.kiln(&[args, &["--format", "json"]].concat()))
    }

    /// A nightly run that has no engine.
    #[track_caller]
    fn quiet_night(&self) {
        let mut kiln = self.world.kiln(&self.dir);
        kiln.env("DOCKER_HOST", "unix:///nonexistent/docker.sock");
        let output = kiln.args(["nightly", "--format", "json"]).output().unwrap();
        let states = succeeded(&output);
        assert_eq!(states.len(), FLEET.len(), "{states:?}");
        assert!(
            states.values().all(|state| state == "up to date"),
            "{states:?}"
        );
    }

    /// What each public tag names.
    fn tags(&self) -> BTreeMap<String, Option<String>> {
        let images = FLEET
            .iter()
            .flat_map(|(image, _)| ["1", "latest"].map(|tag| (image, tag)));
        let tags = images.map(|(image, tag)| {
            let reference = format!("{}/nights/{image}:{tag}", self.world.registry());
            (format!("{image}:{tag}"), self.world.digest(&reference))
        });
        tags.collect()
    }
}

#[track_caller]
fn succeeded(output: &Output) -> BTreeMap<String, String> {
    assert!(output.status.success(), "{output:?}");
    let out = String::from_utf8_lossy(&output.stdout);
    let events = out
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let rows = events.filter_map(|event| event["variants"].as_array().cloned());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    rows.flatten()
        .map(|row| (text(&row["variant"]), text(&row["state"])))
        .collect()
}

fn with_state(states: &BTreeMap<String, String>, wanted: &str) -> BTreeSet<String> {
    let found = states.iter().filter(|(_, state)| *state == wanted);
    found.map(|(variant, _)| variant.clone()).collect()
}

fn first_tags(images: &[&str]) -> BTreeSet<String> {
    images.iter().map(|image| format!("{image}:1")).collect()
}

/// A night without a reason calls no engine; a base that moves rebuilds exactly what is based on it; what comes out the same
/// keeps its digest.
fn a_fleet_of_twelve(kind: Kind) {
    let fleet = Fleet::new(World::shared(kind));
    let all = FLEET.map(|(image, _)| image);
    let built = fleet.states(&["build", "--push"]);
    assert_eq!(with_state(&built, "published"), first_tags(&all));
    let first = fleet.tags();
    fleet.quiet_night();
    assert_eq!(fleet.tags(), first);
    let nothing = fleet.kiln(&["stale"]);
    assert_eq!(nothing.status.code(), Some(0), "{nothing:?}");

    fleet.base("two", "D2");
    let stale = fleet.kiln(&["stale", "--format", "json"]);
    assert_eq!(stale.status.code(), Some(1), "{stale:?}");
    let stale: Value = serde_json::from_slice(&stale.stdout).unwrap();
    let variants = stale["variants"].as_array().unwrap().iter();
    let named = variants.filter(|one| one["stale"] == true);
    let named: BTreeSet<String> = named
        .map(|one| one["variant"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(named, first_tags(&ON_TWO));
    let night = fleet.states(&["nightly"]);
    assert_eq!(
        with_state(&night, "published"),
        first_tags(&ON_TWO),
        "{night:?}"
    );
    let second = fleet.tags();
    let moved = second
        .iter()
        .filter(|(tag, digest)| first[*tag] != **digest);
    let moved: BTreeSet<&str> = moved
        .map(|(tag, _)| tag.split_once(':').unwrap().0)
        .collect();
    assert_eq!(moved, BTreeSet::from(ON_TWO));
    fleet.quiet_night();

    let again = fleet.states(&["nightly", "--force", "core"]);
    assert_eq!(again["core:1"], "came out the same", "{again:?}");
    assert_eq!(fleet.tags(), second);
    fleet.quiet_night();
}
