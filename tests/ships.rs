//! Builds realistic images: the examples on Debian, a workspace right after `kiln init`, and kiln's own image. Only images
//! that pass their checks are pushed.

mod world;

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use world::{Kind, World};

macro_rules! on_both_engines {
    ($($test:ident),+ $(,)?) => {
        on_engine!(engine_20_10, V20_10, $($test),+);
        on_engine!(engine_28_5, V28_5, $($test),+, kilns_own_image_runs_kiln);
    };
}

on_both_engines!(
    the_examples_are_built_and_pass_their_checks,
    images_that_fail_their_checks_are_not_pushed,
    a_new_workspace_is_built_at_once,
    hand_written_dockerfiles_are_built_at_once,
);

/// The base of the examples in this test: the Debian release of the host.
const BASE: &str = "127.0.0.1:5000/base/debian:1";

/// A workspace in a test world.
struct Ship<'w> {
    world: &'w World,
    dir: PathBuf,
    name: String,
}

struct Run {
    code: Option<i32>,
    events: Vec<Value>,
    text: String,
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "exit {:?}", self.code)?;
        self.events
            .iter()
            .filter(|e| e["event"] != "output" && e["event"] != "progress")
            .try_for_each(|e| writeln!(f, "{e}"))?;
        f.write_str(&self.text)
    }
}

impl Run {
    /// The number of checks of a variant that passed, and of those that failed.
    fn checks(&self, variant: &str) -> (usize, usize) {
        let of = |passed: bool| {
            self.events
                .iter()
                .filter(|e| {
                    e["event"] == "checked" && e["variant"] == variant && e["passed"] == passed
                })
                .count()
        };
        (of(true), of(false))
    }
}

impl<'w> Ship<'w> {
    fn new(world: &'w World, name: &str) -> Self {
        let dir = world.dir().join(name);
        std::fs::create_dir_all(&dir).unwrap();
        Self {
            world,
            dir,
            name: name.to_owned(),
        }
    }

    /// A copy of a workspace of this repository.
    fn of(world: &'w World, folder: &str, name: &str) -> Self {
        let ship = Self::new(world, name);
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(".");
        assert!(
            Command::new("cp")
                .arg("-r")
                .args([&from, &ship.dir])
                .status()
                .unwrap()
                .success()
        );
        ship
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.dir.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn kiln(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let Output {
            status,
            stdout,
            stderr,
        } = self.world.kiln(&self.dir).args(args).output().unwrap();
        (
            status.code(),
            String::from_utf8_lossy(&stdout).into_owned(),
            String::from_utf8_lossy(&stderr).into_owned(),
        )
    }

    fn build(&self, args: &[&str]) -> Run {
        let (code, out, text) =
            self.kiln(&[&["build", "--push", "--format", "json"], args].concat());
        let events = out
            .lines()
            .map(|line| {
                serde_json::from_str(line)
                    .unwrap_or_else(|_| panic!("{line} is not an event\n{text}"))
            })
            .collect();
        Run { code, events, text }
    }

    /// Builds an example with the world's base, and publishes it below its own name.
    fn build_example(&self, args: &[&str]) -> Run {
        let (registry, debian) = (
            format!("registry={}/{}", self.world.registry(), self.name),
            format!("debian={BASE}"),
        );
        self.build(
            &[
                &["--var", registry.as_str(), "--var", debian.as_str()],
                args,
            ]
            .concat(),
        )
    }

    fn is_published(&self, image: &str) -> bool {
        self.world
            .digest(&format!("{}/{}/{image}", self.world.registry(), self.name))
            .is_some()
    }

    fn tags(&self, image: &str) -> Vec<String> {
        let list = self.world.curl(&[&format!(
            "http://{}/v2/{}/{image}/tags/list",
            self.world.registry(),
            self.name
        )]);
        let list: Value = serde_json::from_str(&list).unwrap();
        list["tags"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|tag| Some(tag.as_str()?.to_owned()))
            .collect()
    }
}

fn debian(kind: Kind) -> &'static World {
    let world = World::shared(kind);
    world.import_base("debian", BASE);
    world
}

fn the_examples_are_built_and_pass_their_checks(kind: Kind) {
    let world = debian(kind);
    for (example, selectors, vars, images, checks) in [
        (
            "primary",
            &["lua:5.4", "lua:5.3"][..],
            "debian",
            &["lua:5.4", "lua:5", "lua:latest", "lua:5.3"][..],
            5,
        ),
        (
            "service",
            &[],
            "debian",
            &["redis:disk", "redis:latest", "redis:ram"],
            4,
        ),
        (
            "app",
            &[],
            "compiler=tcc",
            &["toolchain:1", "greeter:1.2.0", "greeter:latest"],
            1,
        ),
        (
            "alpine-and-debian",
            &["db-tools:debian"],
            "debian",
            &["db-tools:debian", "db-tools:latest"],
            3,
        ),
    ] {
        let ship = Ship::of(world, &format!("examples/{example}"), example);
        let compiler = if vars.contains('=') {
            vec!["--var", vars]
        } else {
            Vec::new()
        };
        let run = ship.build_example(&[selectors, &compiler].concat());
        assert_eq!(run.code, Some(0), "{example}: {run}");
        for image in images {
            assert!(ship.is_published(image), "{example}: {image}\n{run}");
        }
        let (passed, failed) = run.checks(images[0]);
        assert!(
            passed >= checks && failed == 0,
            "{example}: {passed} and {failed}\n{run}"
        );
        assert!(!ship.is_published("lua:5.4-browsers") && !ship.is_published("db-tools:alpine"));
        let again = ship.build_example(&[selectors, &compiler].concat());
        assert_eq!(again.code, Some(0), "{example}: {again}");
        assert!(
            !again
                .events
                .iter()
                .any(|e| e["event"] == "done" && e["action"] == "build"),
            "{example}: {again}"
        );
    }
}

/// If the check of a tool set fails, neither the image nor its descendants are pushed; all others are.
fn images_that_fail_their_checks_are_not_pushed(kind: Kind) {
    let ship = Ship::of(debian(kind), "examples/service", "broken");
    let manifest = std::fs::read_to_string(ship.dir.join("kiln.kdl")).unwrap();
    let broken = manifest.replace(
        "contains=\"Redis server\"",
        "contains=\"Redis server\" \"sha=nobody\"",
    );
    assert_ne!(manifest, broken);
    ship.write(
        "kiln.kdl",
        &format!(
            "{broken}\nimage \"other\" {{ from base=\"debian\"; tag \"1\"; check run=\"true\"; }}\n"
        ),
    );
    let run = ship.build_example(&[]);
    assert_eq!(run.code, Some(1), "{run}");
    let (passed, failed) = run.checks("redis:disk");
    assert!(passed > 0 && failed == 1, "{passed} and {failed}\n{run}");
    assert!(ship.is_published("other:1"), "{run}");
    assert!(
        ship.tags("redis").is_empty(),
        "{:?}\n{run}",
        ship.tags("redis")
    );
    let staged = ship.tags("kiln-stage");
    assert_eq!(
        staged.iter().filter(|tag| tag.starts_with("b-")).count(),
        1,
        "{staged:?}\n{run}"
    );
}

fn a_new_workspace_is_built_at_once(kind: Kind) {
    let ship = Ship::new(debian(kind), "begun");
    let (code, out, err) = ship.kiln(&["init", "--base", BASE]);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    let run = ship.build(&[]);
    assert_eq!(run.code, Some(0), "{run}");
    assert!(
        ship.is_published("ci:plain")
            && ship.is_published("ci:latest")
            && ship.is_published("ci:python"),
        "{run}"
    );
    assert!(run.checks("ci:python").0 >= 4, "{run}");
}

/// Four Dockerfiles in three levels; each needs a file of its parent.
fn hand_written_dockerfiles_are_built_at_once(kind: Kind) {
    let world = World::shared(kind);
    world.import_base("busybox", &format!("{}/base/busybox:1", world.registry()));
    let ship = Ship::new(world, "adopted");
    let below = format!("{}/adopted", world.registry());
    ship.write(
        ".circleci/images/core/Dockerfile",
        &format!(
            "FROM {}/base/busybox:1\nCOPY motd /motd\n",
            world.registry()
        ),
    );
    ship.write(".circleci/images/core/motd", "hello\n");
    for tag in ["1.0", "1.1"] {
        let text = format!("FROM {below}/core\nRUN grep hello /motd && echo {tag} >/tool\n");
        ship.write(&format!(".circleci/images/tool/{tag}/Dockerfile"), &text);
    }
    let app = format!(
        "FROM {below}/core:latest\nCOPY --from={below}/tool:1.1 /tool /tool\nCOPY src /src\nRUN grep 1.1 /tool\n"
    );
    ship.write(".circleci/images/app/Dockerfile", &app);
    ship.write("src/main", "x\n");
    let (code, out, err) = ship.kiln(&["init", "--from", ".circleci/images"]);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    let run = ship.build(&[]);
    assert_eq!(run.code, Some(0), "{out}\n{run}");
    for image in ["core:latest", "tool:1.0", "tool:1.1", "app:latest"] {
        assert!(ship.is_published(image), "{image}\n{run}");
    }
}

/// The manifest in `images/`, with the kiln under test.
fn kilns_own_image_runs_kiln(kind: Kind) {
    let ship = Ship::of(debian(kind), "images", "own");
    ship.write("bin/kiln", "");
    let own = ship.dir.join("bin/kiln");
    // Stripping leaves a tenth of it; without `strip`, all of it is copied.
    if !Command::new("strip")
        .arg("-o")
        .arg(&own)
        .arg(env!("CARGO_BIN_EXE_kiln"))
        .status()
        .is_ok_and(|status| status.success())
    {
        std::fs::copy(env!("CARGO_BIN_EXE_kiln"), &own).unwrap();
    }
    // Debian has the package `docker-cli` since release 13; the base has the host's release.
    let old = std::fs::read_to_string("/etc/debian_version")
        .is_ok_and(|version| version.starts_with("12"));
    let docker = if old {
        "docker=docker.io"
    } else {
        "docker=docker-cli"
    };
    let run = ship.build_example(&["--var", docker]);
    assert_eq!(run.code, Some(0), "{run}");
    assert!(
        ship.is_published("kiln:latest")
            && ship.is_published(&format!("kiln:{}", env!("CARGO_PKG_VERSION"))),
        "{run}"
    );
    let version = |e: &&Value| {
        e["event"] == "checked"
            && e["passed"] == true
            && e["check"]
                .as_str()
                .is_some_and(|check| check.contains("kiln --version"))
    };
    assert_eq!(run.events.iter().filter(version).count(), 1, "{run}");
}
