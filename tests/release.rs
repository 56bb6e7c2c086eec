//! Releases and rollbacks between two real registries.

mod world;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Once;
use world::{Kind, World};

on_engine!(
    engine_28_5,
    V28_5,
    a_release_copies,
    a_release_moves_all_or_nothing,
    a_rollback_lasts,
    a_rollback_is_done_once,
    a_parent_is_rolled_back_while_its_child_is_built
);

const FIRST: &str = "127.0.0.1:5000";
const SECOND: &str = "127.0.0.1:5001";
/// A registry that a test pauses.
const PAUSED: (&str, u16) = ("127.0.0.1:5002", 5002);

/// Two images, one on the other: builds publish them to the first registry, and releases to both.
struct Fleet {
    world: &'static World,
    dir: PathBuf,
    name: &'static str,
    /// The registry that only releases publish to.
    second: &'static str,
}

impl Fleet {
    fn new(kind: Kind, name: &'static str) -> Self {
        static SECOND_REGISTRY: Once = Once::new();
        let world = World::shared(kind);
        SECOND_REGISTRY.call_once(|| drop(world.another_registry(5001)));
        Self::with(world, name, SECOND)
    }

    fn with(world: &'static World, name: &'static str, second: &'static str) -> Self {
        world.import_base("busybox", &format!("{FIRST}/{name}/busybox:1"));
        let dir = world.dir().join(format!("release-{name}"));
        std::fs::create_dir_all(&dir).unwrap();
        Self {
            world,
            dir,
            name,
            second,
        }
    }

    /// Writes the manifest, with this content of `app`.
    fn manifest(&self, content: &str) {
        self.manifest_of("root", content);
    }

    /// Writes the manifest, with this content of `root` and of `app`.
    fn manifest_of(&self, root: &str, content: &str) {
        let (name, second) = (self.name, self.second);
        let text = format!(
            "workspace \"w\" {{
                publish \"{FIRST}/{name}/{{image}}\"
                publish \"{second}/{name}/{{image}}\" on=\"release\"
                stage \"{FIRST}/{name}/stage\"
            }}
            base \"busybox\" from=\"{FIRST}/{name}/busybox:1\"
            toolset \"root\" {{ run \"echo {root} > /root.txt\" }}
            toolset \"app\" {{ run \"echo {content} > /app.txt\"; check run=\"test -e /app.txt\" }}
            image \"root\" {{ from base=\"busybox\"; use \"root\"; tag \"1\" }}
            image \"app\" {{ from image=\"root\"; use \"app\"; tag \"edge\"; tag \"stable\" on=\"release\" }}\n"
        );
        std::fs::write(self.dir.join("kiln.kdl"), text).unwrap();
    }

    #[track_caller]
    fn build(&self, content: &str) {
        self.manifest(content);
        self.run("build --push", &self.world.docker_host(), 0);
    }

    /// What a command without an engine prints.
    #[track_caller]
    fn kiln(&self, command: &str, code: i32) -> String {
        self.run(command, "unix:///nonexistent/docker.sock", code)
    }

    #[track_caller]
    fn run(&self, command: &str, engine: &str, code: i32) -> String {
        let mut kiln = self.world.kiln(&self.dir);
        kiln.args(command.split(' ')).env("DOCKER_HOST", engine);
        let output = kiln.output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{command}: {output:?}");
        String::from_utf8([output.stderr, output.stdout].concat()).unwrap()
    }

    fn reference(&self, registry: &str, tag: &str) -> String {
        format!("{registry}/{}/{tag}", self.name)
    }

    fn digest(&self, registry: &str, tag: &str) -> Option<String> {
        self.world.digest(&self.reference(registry, tag))
    }

    /// The base moves: its tag gets another manifest of the same layers.
    fn move_base(&self) {
        let manifest = self.world.manifest(&self.reference(FIRST, "busybox:1"));
        let url = format!("http://{FIRST}/v2/{}/busybox/manifests/1", self.name);
        let media_type = manifest["mediaType"].as_str().unwrap();
        let header = format!("Content-Type: {media_type}");
        let text = manifest.to_string();
        self.world
            .curl(&["-f", "-X", "PUT", "-H", &header, "-d", &text, &url]);
    }

    /// What each tag names, in both registries.
    fn tags(&self) -> [Option<String>; 6] {
        let tags =
            |registry| ["root:1", "app:edge", "app:stable"].map(|tag| self.digest(registry, tag));
        let [[a, b, c], [d, e, f]] = [FIRST, self.second].map(tags);
        [a, b, c, d, e, f]
    }

    /// The blobs of an image: its configuration and layers.
    fn blobs(&self, tag: &str) -> BTreeSet<String> {
        let manifest = self.world.manifest(&self.reference(FIRST, tag));
        let layers = manifest["layers"].as_array().unwrap().iter();
        let blobs = layers.chain([&manifest["config"]]);
        blobs.map(|blob| blob["digest"].to_string()).collect()
    }

    /// How many blobs a registry has received for this fleet.
    fn sent(&self, registry: &str) -> usize {
        let log = match registry {
            FIRST => "registry.log",
            _ => "registry-5001.log",
        };
        let log = std::fs::read_to_string(self.world.dir().join(log)).unwrap();
        let put = format!("\"PUT /v2/{}/", self.name);
        let uploads = log.lines().filter(|line| line.contains(&put));
        uploads
            .filter(|line| line.contains("/blobs/uploads/"))
            .count()
    }
}

/// Every digest is kept, and what is there is not sent again.
fn a_release_copies(kind: Kind) {
    let fleet = Fleet::new(kind, "copies");
    fleet.build("one");
    let [root, edge, stable, ..] = fleet.tags();
    assert!(root.is_some() && edge.is_some() && stable.is_none());
    let staged = fleet.sent(FIRST);
    assert!(staged > 0, "the log of the registry has its uploads");

    fleet.kiln("release", 0);
    let released = [&root, &edge, &edge, &root, &edge, &edge].map(Clone::clone);
    assert_eq!(fleet.tags(), released);
    let first = fleet.blobs("app:edge");
    let sent = first.union(&fleet.blobs("root:1")).count();
    assert_eq!(fleet.sent(SECOND), sent);

    fleet.kiln("release", 0);
    fleet.kiln("release app --as approved", 0);
    assert_eq!(fleet.tags(), released);
    for registry in [FIRST, SECOND] {
        assert_eq!(fleet.digest(registry, "app:approved"), edge);
    }
    assert_eq!((fleet.sent(FIRST), fleet.sent(SECOND)), (staged, sent));

    fleet.build("two");
    fleet.kiln("release", 0);
    let second = fleet.blobs("app:edge");
    assert_eq!(fleet.sent(SECOND) - sent, second.difference(&first).count());
}

/// A release with one image that is not ready names it and moves nothing.
fn a_release_moves_all_or_nothing(kind: Kind) {
    let fleet = Fleet::new(kind, "nothing");
    fleet.manifest("one");
    let engine = fleet.world.docker_host();
    fleet.run("build --push root", &engine, 0);
    let before = fleet.tags();
    assert_eq!(before.iter().flatten().count(), 1);
    let refused = |code: &str| {
        let said = fleet.kiln("release", 1);
        assert!(
            said.contains("moves nothing: 1 image is not ready\n  app:edge: "),
            "{said}"
        );
        let said = fleet.kiln("release --format json", 1);
        assert!(said.contains(&format!("\"code\":\"{code}\"")), "{said}");
    };
    refused("not-staged");
    assert_eq!(fleet.tags(), before);

    fleet.build("one");
    fleet.kiln("release", 0);
    let before = fleet.tags();
    fleet.manifest("two");
    refused("differs");
    assert_eq!(fleet.tags(), before);
}

/// Nights, builds and releases leave a tag where a rollback has put it, until what was wrong is mended.
fn a_rollback_lasts(kind: Kind) {
    let fleet = Fleet::new(kind, "rollback");
    fleet.build("good");
    fleet.kiln("release", 0);
    let good = fleet.tags();
    fleet.build("bad");
    fleet.kiln("release", 0);
    let bad = fleet.tags();
    assert_ne!(good, bad);

    fleet.kiln("rollback app:stable --all-tags --dry-run", 0);
    assert_eq!(fleet.tags(), bad);
    fleet.kiln("rollback app:stable --all-tags", 0);
    assert_eq!(fleet.tags(), good);
    for (command, code) in [("nightly", 0), ("build --push", 0), ("release", 1)] {
        let said = fleet.kiln(command, code);
        assert!(said.contains("withdrawn"), "{command}: {said}");
        assert_eq!(fleet.tags(), good, "{command}");
    }
    fleet.move_base();
    fleet.kiln("stale", 1);
    let said = fleet.kiln("build --push", 0);
    assert!(said.contains("withdrawn"), "{said}");
    assert_eq!(fleet.tags(), good);
    // G8: what was moved back stays, whatever is run again.
    let said = fleet.kiln("rollback app:stable --all-tags", 0);
    assert!(said.contains("moved back already, from "), "{said}");
    assert_eq!(fleet.tags(), good);

    fleet.build("mended");
    fleet.kiln("release", 0);
    let [_, edge, .., stable] = fleet.tags();
    assert_eq!(stable, edge);
    assert!(!good.contains(&edge) && !bad.contains(&edge));
}

/// The same command finishes a rollback that one registry has kept from ending, and moves nothing twice. It takes back only what
/// it names, and `--undo` returns all of it.
fn a_rollback_is_done_once(kind: Kind) {
    let (second, port) = PAUSED;
    let world = World::shared(kind);
    world.another_registry(port);
    let fleet = Fleet::with(world, "once", second);
    for content in ["one", "two", "three"] {
        fleet.build(content);
        fleet.kiln("release", 0);
    }
    let three = fleet.digest(FIRST, "app:stable");
    let stable = || [FIRST, second].map(|registry| fleet.digest(registry, "app:stable"));
    let edge = || [FIRST, second].map(|registry| fleet.digest(registry, "app:edge"));
    let both = |image: &Option<String>| [image.clone(), image.clone()];
    assert_eq!((stable(), edge()), (both(&three), both(&three)));

    // A registry that the command does not name cannot stop it, nor what others have of being listed.
    world.pause_registry(port);
    let said = fleet.kiln(&format!("rollback {FIRST}/once/app:stable"), 0);
    assert!(said.contains("not read: 127.0.0.1:5002/once/app"), "{said}");
    let two = fleet.digest(FIRST, "app:stable");
    assert_ne!(two, three);
    let said = fleet.kiln("list --published", 1);
    assert!(said.contains("5002/once/app:stable was not read"), "{said}");
    assert!(said.contains("5000/once/app:stable"), "{said}");
    world.resume_registry(port);

    let said = fleet.kiln("rollback app:stable", 0);
    assert!(said.contains("moved back already, from "), "{said}");
    assert_eq!((stable(), edge()), (both(&two), both(&three)));
    fleet.kiln("rollback app:stable --all-tags", 0);
    for _ in 0..2 {
        assert_eq!((stable(), edge()), (both(&two), both(&two)));
        fleet.kiln("rollback app:stable --all-tags", 0);
    }

    fleet.kiln("rollback app:stable --undo --all-tags", 0);
    assert_eq!((stable(), edge()), (both(&three), both(&three)));
    fleet.kiln("release", 0);
    assert_eq!((stable(), edge()), (both(&three), both(&three)));
}

/// G7: a child that is built while its parent is moved back is published on the parent that is published then.
fn a_parent_is_rolled_back_while_its_child_is_built(kind: Kind) {
    let fleet = Fleet::new(kind, "meanwhile");
    fleet.build("one");
    let good = fleet.digest(FIRST, "root:1");
    fleet.manifest_of("bad", "one && sleep 15 && echo two");
    let mut build = fleet.world.kiln(&fleet.dir);
    build.args(["build", "--push"]);
    build.env("DOCKER_HOST", fleet.world.docker_host());
    let build = build.spawn().unwrap();
    while fleet.digest(FIRST, "root:1") == good {
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    fleet.kiln("rollback root:1", 0);
    let output = build.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(fleet.digest(FIRST, "root:1"), good);
    let (root, app) = (fleet.blobs("root:1"), fleet.blobs("app:edge"));
    let layers = |blobs: &BTreeSet<String>| blobs.intersection(&root).count();
    // All but the configuration.
    assert_eq!(layers(&app), root.len() - 1);
}
