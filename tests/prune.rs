//! `kiln prune` on a real engine and real registries, with deletes and without.

mod world;

use serde_json::Value;
use std::path::PathBuf;
use world::{Kind, World};

on_engine!(
    engine_28_5,
    V28_5,
    only_what_nothing_needs_is_removed,
    a_registry_that_does_not_delete
);

/// `root` on a base, `app` on `root`, which stage in one repository.
struct Fleet<'w> {
    world: &'w World,
    name: &'static str,
    stage: String,
    dir: PathBuf,
}

impl<'w> Fleet<'w> {
    fn new(world: &'w World, name: &'static str, registry: &str) -> Self {
        let dir = world.dir().join(name);
        std::fs::create_dir_all(&dir).unwrap();
        let base = format!("{}/base/busybox:1", world.registry());
        world.import_base("busybox", &base);
        Self {
            world,
            name,
            stage: format!("{registry}/{name}/stage"),
            dir,
        }
    }

    fn write(&self, root: u32, app: u32, more: &str) {
        let (registry, name, stage) = (self.world.registry(), self.name, &self.stage);
        let text = format!(
            "workspace \"w\" {{ publish \"{registry}/{name}/{{image}}\"; stage \"{stage}\" }}
            base \"b\" from=\"{registry}/base/busybox:1\"
            toolset \"root\" {{ run \"echo {root} > /root.txt\" }}
            toolset \"app\" {{ run \"echo {app} > /app.txt\"; check run=\"test -e /app.txt\" }}
            image \"root\" {{ from base=\"b\"; use \"root\"; tag \"stable\" }}
            image \"app\" {{ from image=\"root\"; use \"app\"; tag \"stable\"; {more} }}\n"
        );
        std::fs::write(self.dir.join("kiln.kdl"), text).unwrap();
    }

    #[track_caller]
    fn kiln(&self, args: &[&str], code: i32) -> (String, String) {
        let mut kiln = self.world.kiln(&self.dir);
        let output = kiln.args(args).args(["--branch", "main"]).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let (out, err) = (text(output.stdout), text(output.stderr));
        assert_eq!(output.status.code(), Some(code), "{args:?}\n{err}\n{out}");
        (out, err)
    }

    #[track_caller]
    fn build(&self, root: u32, app: u32) {
        self.write(root, app, "");
        self.kiln(&["build", "--push", "--quiet"], 0);
    }

    /// `kiln prune` in a year, as JSON: what is removed, by variant, and the state of each.
    #[track_caller]
    fn prune(&self, args: &[&str]) -> Vec<(String, String)> {
        let args = [&["prune", "--now", "2100-01-01", "--format", "json"], args].concat();
        let json: Value = serde_json::from_str(&self.kiln(&args, 0).0).unwrap();
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let removed = json["removed"].as_array().unwrap().iter();
        let row = |one: &Value| (word(&one["variants"][0]), word(&one["state"]));
        let mut rows: Vec<(String, String)> = removed.map(row).collect();
        rows.sort();
        rows
    }

    fn tags(&self, repository: &str) -> Vec<String> {
        let (domain, path) = repository.split_once('/').unwrap();
        let text = self
            .world
            .curl(&[&format!("http://{domain}/v2/{path}/tags/list")]);
        let json: Value = serde_json::from_str(&text).unwrap();
        let tags = json["tags"].as_array().cloned().unwrap_or_default();
        let mut tags: Vec<String> = tags
            .iter()
            .map(|tag| tag.as_str().unwrap().into())
            .collect();
        tags.sort();
        tags
    }

    fn staged(&self, kind: &str) -> usize {
        let tags = self.tags(&self.stage);
        tags.iter().filter(|tag| tag.starts_with(kind)).count()
    }

    fn public(&self, tag: &str) -> Option<String> {
        let reference = format!("{}/{}/{tag}", self.world.registry(), self.name);
        self.world.digest(&reference)
    }
}

fn rows(all: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = all.iter();
    owned
        .map(|(one, other)| ((*one).into(), (*other).into()))
        .collect()
}

/// Four generations: the first two go, the others still pull, and the fleet goes on from them.
fn only_what_nothing_needs_is_removed(kind: Kind) {
    let world = World::start(kind);
    let fleet = Fleet::new(&world, "prune", world.registry());
    for generation in 1..=4 {
        fleet.build(generation, generation);
    }
    let staged = || (fleet.staged("b-"), fleet.staged("d-"), fleet.staged("v-"));
    assert_eq!(staged(), (8, 8, 2));
    // What was built today stays, whatever else is given.
    let young = ["prune", "--keep", "0", "--older-than", "1h", "--yes"];
    assert!(fleet.kiln(&young, 0).0.contains("nothing to remove"));

    // What the tags name, and what they named before, stays.
    let old = ["app:stable", "app:stable", "root:stable", "root:stable"];
    let planned = fleet.prune(&["--keep", "0"]);
    assert_eq!(planned, rows(&old.map(|name| (name, "planned"))));
    assert_eq!(staged(), (8, 8, 2), "a dry run removes nothing");
    assert_eq!(fleet.prune(&["--keep", "4"]), rows(&[]));
    let one = fleet.prune(&["app", "--keep", "3", "--yes"]);
    assert_eq!(one, rows(&[("app:stable", "removed")]));
    let args = ["prune", "--now", "2100-01-01", "--keep", "0", "--yes"];
    let text = fleet.kiln(&args, 0).0;
    assert!(
        text.contains("3 images removed") && text.contains("4 images kept"),
        "{text}"
    );
    assert_eq!(staged(), (4, 4, 2));
    assert_eq!(fleet.prune(&["--keep", "0", "--yes"]), rows(&[]));

    // Everything is up to date, and an engine without any of it builds the next generation of app on root.
    let (root, app) = (fleet.public("root:stable"), fleet.public("app:stable"));
    let plan = fleet.kiln(&["plan", "--check"], 0).0;
    assert!(plan.contains("up to date"), "{plan}");
    world.second_engine();
    fleet.build(4, 5);
    assert_eq!(fleet.public("root:stable"), root);
    assert_ne!(fleet.public("app:stable"), app);
    // What was removed is built again.
    fleet.build(1, 1);
    fleet.kiln(&["plan", "--check"], 0);
    orphans(&fleet);
}

/// A tag that the manifest no longer has.
fn orphans(fleet: &Fleet<'_>) {
    let app = format!("{}/{}/app", fleet.world.registry(), fleet.name);
    fleet.write(1, 6, "tag \"edge\"");
    fleet.kiln(&["build", "--push", "--quiet"], 0);
    fleet.write(1, 6, "");
    let stays = fleet.kiln(&["prune", "--orphans", "--yes"], 0).0;
    assert!(
        stays.contains("app:edge stays: `stable` names the same image"),
        "{stays}"
    );
    fleet.build(1, 7);
    let planned = fleet.kiln(&["prune", "--orphans"], 0).0;
    assert!(
        planned
            .lines()
            .any(|line| line.starts_with("orphan") && line.contains(&app) && line.contains("edge")),
        "{planned}"
    );
    assert_eq!(fleet.tags(&app), ["edge", "stable"]);
    fleet.kiln(&["prune", "--orphans", "--yes"], 0);
    assert_eq!(fleet.tags(&app), ["stable"]);
    fleet.kiln(&["plan", "--check"], 0);
    removed_image(fleet, &app);
}

/// An image that the manifest no longer has, and no repository of the fleet is the one that it was published to.
fn removed_image(fleet: &Fleet<'_>, app: &str) {
    let path = fleet.dir.join("kiln.kdl");
    let text = std::fs::read_to_string(&path).unwrap();
    let kept = text.lines().filter(|line| !line.contains("image \"app\""));
    let kept: String = kept.map(|line| format!("{line}\n")).collect();
    std::fs::write(&path, kept).unwrap();
    let planned = fleet.kiln(&["prune", "--orphans"], 0).0;
    assert!(
        planned.contains("orphan") && planned.contains("stable"),
        "{planned}"
    );
    fleet.kiln(&["prune", "--orphans", "--yes"], 0);
    assert!(fleet.tags(app).is_empty());
    assert!(fleet.public("root:stable").is_some());
}

fn a_registry_that_does_not_delete(kind: Kind) {
    let world = World::shared(kind);
    let registry = world.registry_without_deletes(5007);
    let fleet = Fleet::new(world, "undeletable", &registry);
    for generation in 1..=3 {
        fleet.build(generation, generation);
    }
    let before = fleet.tags(&fleet.stage);
    let args = ["prune", "--now", "2100-01-01", "--keep", "0", "--yes"];
    let (text, said) = fleet.kiln(&args, 1);
    assert!(
        text.contains("failed") && text.contains("not tried"),
        "{text}"
    );
    let words = [
        "does not support deletion",
        "REGISTRY_STORAGE_DELETE_ENABLED=true",
    ];
    assert!(words.iter().all(|word| said.contains(word)), "{said}");
    assert_eq!(fleet.tags(&fleet.stage), before);
}
