//! Tool sets that are refreshed, on real engines: a period that ends, and packages of a local Debian repository that get newer
//! versions, once as the base's source and once as a source that a tool set adds.

mod world;

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use world::{Kind, World};

on_every_engine!(what_is_due_is_built);

/// A fleet, and the server of its package repositories.
struct Fleet {
    world: World,
    dir: PathBuf,
    server: Child,
    /// The repositories, as containers name them.
    mirror: String,
}

impl Drop for Fleet {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Runs a shell script in a folder.
#[track_caller]
fn sh(script: &str, dir: &Path) {
    let mut sh = Command::new("sh");
    let output = sh.args(["-ec", script]).current_dir(dir).output().unwrap();
    assert!(output.status.success(), "{script}: {output:?}");
}

/// A package of a repository, with a file that has its version.
fn package(repository: &Path, name: &str, version: &str, depends: &str) {
    let script = format!(
        "rm -rf root; mkdir -p root/DEBIAN root/opt; echo {version} > root/opt/{name}; \
         printf 'Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: kiln <kiln@example.org>\n{depends}Description: a test\n' > root/DEBIAN/control; \
         dpkg-deb --root-owner-group --build root {name}_{version}_all.deb; rm -rf root; \
         apt-ftparchive packages . > Packages.new; mv Packages.new Packages; \
         apt-ftparchive release . > Release.new; mv Release.new Release"
    );
    std::fs::create_dir_all(repository).unwrap();
    sh(&script, repository);
}

/// How a run ended, what happened to each variant, and everything that it said.
struct Ran {
    code: Option<i32>,
    states: Vec<(String, String)>,
    said: String,
}

impl Fleet {
    fn new(kind: Kind) -> Self {
        let world = World::start(kind);
        let dir = world.dir().join("freshness");
        std::fs::create_dir_all(&dir).unwrap();
        let registry = world.registry();
        world.import_base("debian", &format!("{registry}/base/debian:1"));
        // Containers reach the engine's host under the address of their bridge.
        let bridge: Value = serde_json::from_str(&world.api("GET", "/networks/bridge")).unwrap();
        let subnet = bridge["IPAM"]["Config"][0]["Subnet"].as_str();
        let (network, _) = subnet.expect("a network").rsplit_once('.').unwrap();
        let mirror = format!("http://{network}.1:8200");
        let served = dir.join("served");
        package(&served.join("base"), "kiln-lib", "1.0", "");
        package(
            &served.join("base"),
            "kiln-hello",
            "1.0",
            "Depends: kiln-lib\n",
        );
        package(&served.join("extra"), "kiln-extra", "1.0", "");
        let server = world
            .command("/bin/busybox")
            .args(["httpd", "-f", "-p", "0.0.0.0:8200", "-h"])
            .arg(&served)
            .spawn()
            .unwrap();
        let fleet = Self {
            world,
            dir,
            server,
            mirror,
        };
        fleet.publish_base();
        fleet.write();
        fleet
    }

    fn repository(&self, name: &str) -> PathBuf {
        self.dir.join("served").join(name)
    }

    /// A Debian whose only package source is the local one.
    fn publish_base(&self) {
        let (registry, mirror) = (self.world.registry(), &self.mirror);
        let dir = self.dir.join("bases");
        std::fs::create_dir_all(&dir).unwrap();
        let text = format!(
            "workspace \"bases\" {{ publish \"{registry}/fresh/{{image}}\"; stage \"{registry}/fresh/base-stage\" }}
            base \"debian\" from=\"{registry}/base/debian:1\"
            toolset \"b\" {{ run \"rm -f /etc/apt/sources.list.d/* && echo 'deb [trusted=yes] {mirror}/base ./' > /etc/apt/sources.list\" }}
            image \"b\" {{ from base=\"debian\"; use \"b\"; tag \"1\" }}\n"
        );
        std::fs::write(dir.join("kiln.kdl"), text).unwrap();
        let mut kiln = self.world.kiln(&dir);
        let output = kiln.args(["build", "--push", "--quiet"]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// `hello` has packages of the base's source and `above` is based on it; `extra` has a package of a source that a tool set
    /// adds; `weekly` is refreshed after a period; `plain` is never refreshed.
    fn write(&self) {
        let (registry, mirror) = (self.world.registry(), &self.mirror);
        let text = format!(
            "workspace \"w\" {{ publish \"{registry}/fresh/{{image}}\"; stage \"{registry}/fresh/stage\" }}
            base \"b\" from=\"{registry}/fresh/b:1\"
            toolset \"before\" {{ run \"date +%s%N > /before\" }}
            toolset \"hello\" {{ needs \"before\"; package \"kiln-hello\"; refresh \"upgrades\" }}
            toolset \"source\" {{ file \"extra.list\" into=\"/etc/apt/sources.list.d/extra.list\" }}
            toolset \"extra\" {{ needs \"source\"; package \"kiln-extra\"; refresh \"upgrades\" }}
            toolset \"weekly\" {{ needs \"before\"; run \"date +%s%N > /weekly\"; refresh \"7d\" }}
            toolset \"after\" {{ run \"date +%s%N > /after\" }}
            toolset \"plain\" {{ package \"kiln-hello\" }}
            image \"hello\" {{ from base=\"b\"; use \"hello\"; tag \"1\" }}
            image \"above\" {{ from image=\"hello\"; use \"hello\"; use \"after\"; tag \"1\" }}
            image \"extra\" {{ from base=\"b\"; use \"extra\"; tag \"1\" }}
            image \"weekly\" {{ from base=\"b\"; use \"weekly\"; tag \"1\" }}
            image \"plain\" {{ from base=\"b\"; use \"plain\"; tag \"1\" }}\n"
        );
        std::fs::write(self.dir.join("kiln.kdl"), text).unwrap();
        let extra = format!("deb [trusted=yes] {mirror}/extra ./\n");
        std::fs::write(self.dir.join("extra.list"), extra).unwrap();
    }

    fn kiln(&self, args: &[&str]) -> Ran {
        let mut kiln = self.world.kiln(&self.dir);
        let output = kiln.args(args).args(["--branch", "main"]).output().unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        let events = out
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let rows = events.filter_map(|event| event["variants"].as_array().cloned());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let row = |row: Value| (text(&row["variant"]), text(&row["state"]));
        Ran {
            code: output.status.code(),
            states: rows.flatten().map(row).collect(),
            said: format!("{}{out}", String::from_utf8_lossy(&output.stderr)),
        }
    }

    /// A run that publishes exactly these images, keeps all others, and ends with this code.
    #[track_caller]
    fn publishes(&self, args: &[&str], published: &[&str], code: i32) -> Ran {
        let ran = self.kiln(&[args, &["--format", "json"]].concat());
        let mut all: Vec<&str> = ran
            .states
            .iter()
            .filter(|(_, state)| state != "up to date")
            .map(|(variant, _)| variant.as_str())
            .collect();
        all.sort_unstable();
        assert_eq!(
            (ran.code, all),
            (Some(code), published.to_vec()),
            "{}",
            ran.said
        );
        assert_eq!(ran.states.len(), 5, "{}", ran.said);
        ran
    }

    fn digest(&self, image: &str) -> String {
        let reference = format!("{}/fresh/{image}:1", self.world.registry());
        self.world.digest(&reference).expect("a published image")
    }

    /// A file of a published image.
    fn file(&self, image: &str, path: &str) -> String {
        let reference = format!("{}/fresh/{image}:1", self.world.registry());
        let mut docker = self.world.command("docker");
        let output = docker
            .args(["run", "--rm", "--pull", "always", &reference, "cat", path])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// The engine's images and containers.
    fn on_the_engine(&self) -> (String, String) {
        let containers = self.world.api("GET", "/containers/json?all=1");
        (self.world.api("GET", "/images/json"), containers)
    }
}

fn what_is_due_is_built(kind: Kind) {
    let fleet = Fleet::new(kind);
    let all = ["above:1", "extra:1", "hello:1", "plain:1", "weekly:1"];
    let start = "2026-08-03";
    fleet.publishes(&["build", "--push", "--now", start], &all, 0);
    let nightly = ["nightly", "--now", start];

    // Nothing is due: the question about packages leaves nothing on the engine.
    let before = fleet.on_the_engine();
    fleet.publishes(&nightly, &[], 0);
    assert_eq!(fleet.on_the_engine(), before);
    assert_eq!(before.1, "[]");

    // What a tool set's package needs has a newer version in the base's source.
    let steps = [
        fleet.file("hello", "/before"),
        fleet.file("above", "/after"),
    ];
    let old = fleet.digest("hello");
    package(&fleet.repository("base"), "kiln-lib", "1.1", "");
    fleet.publishes(&["build", "--push", "--now", start], &[], 0);
    let upgrade = "kiln-lib 1.0 -> 1.1";
    let all = fleet.kiln(&["stale", "plain", "--all-packages"]).said;
    assert!(
        all.contains("plain:1: newer versions of 1 package\n"),
        "{all}"
    );
    for command in [&["nightly", "--dry-run"][..], &["stale"]] {
        let shown = fleet.kiln(command);
        assert!(shown.said.contains(upgrade), "{}", shown.said);
    }
    fleet.publishes(&nightly, &["above:1", "hello:1"], 0);
    assert_eq!(fleet.file("hello", "/opt/kiln-lib"), "1.1");
    assert_eq!(fleet.file("plain", "/opt/kiln-lib"), "1.0");
    let differs = fleet.kiln(&["diff", &format!("@{old}"), "hello:1"]);
    let packages = format!("packages  {upgrade}\n");
    assert!(differs.said.contains(&packages), "{}", differs.said);
    // The step before the tool set came from the cache, and what follows ran again.
    assert_eq!(fleet.file("hello", "/before"), steps[0]);
    assert_ne!(fleet.file("above", "/after"), steps[1]);
    fleet.publishes(&nightly, &[], 0);

    // The source that a tool set added has a newer version.
    package(&fleet.repository("extra"), "kiln-extra", "2.0", "");
    fleet.publishes(&nightly, &["extra:1"], 0);
    assert_eq!(fleet.file("extra", "/opt/kiln-extra"), "2.0");

    // A period ends; a second run on that day has nothing to do, nor has a build.
    let steps = ["/before", "/weekly"].map(|path| fleet.file("weekly", path));
    let later = ["nightly", "--now", "2026-08-11"];
    let shown = fleet.kiln(&["nightly", "--dry-run", "--now", "2026-08-11"]);
    let due = "tool set weekly is due: refresh \"7d\"";
    assert!(shown.said.contains(due), "{}", shown.said);
    fleet.publishes(&later, &["weekly:1"], 0);
    assert_eq!(fleet.file("weekly", "/before"), steps[0]);
    assert_ne!(fleet.file("weekly", "/weekly"), steps[1]);
    fleet.publishes(&later, &[], 0);

    // A mirror that does not have its index is a remark, and no reason to build.
    std::fs::remove_file(fleet.repository("base").join("Packages")).unwrap();
    std::fs::remove_file(fleet.repository("base").join("Release")).unwrap();
    let ran = fleet.publishes(&later, &[], 1);
    let remark = "newer packages were not looked up for hello:1";
    assert!(
        fleet.kiln(&["nightly", "--dry-run"]).said.contains(remark),
        "{}",
        ran.said
    );
}
