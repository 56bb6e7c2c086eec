//! Histories of one fleet on real engines and a real registry: rows of the history test that runs in memory
//! (`orchestrator/run/tests/histories`). `root` is based on the base `b`, `app` on `root`.

mod world;

use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::process::Command;
use world::{Kind, World};

on_every_engine!(
    bases_parents_and_forced_builds,
    branches_reverts_and_old_pipelines,
    versions_go_and_records_are_lost,
    locked_bases,
    an_image_that_fails_night_after_night,
);

/// A fleet in a git repository. Its parts are edited between runs.
struct Fleet<'w> {
    world: &'w World,
    name: String,
    dir: PathBuf,
    root: RefCell<String>,
    app: RefCell<String>,
    versions: RefCell<Vec<&'static str>>,
    /// Further lines of the manifest.
    more: RefCell<&'static str>,
    commits: Cell<u32>,
}

/// A run: its exit code, what happened to each variant, and everything that it said.
struct Ran {
    code: i32,
    states: Vec<(String, String)>,
    said: String,
}

impl<'w> Fleet<'w> {
    fn new(world: &'w World, name: &str) -> Self {
        let dir = world.dir().join(format!("history-{name}"));
        std::fs::create_dir_all(&dir).unwrap();
        let base = format!("{}/base/busybox:1", world.registry());
        world.import_base("busybox", &base);
        let fleet = Self {
            world,
            name: name.into(),
            dir,
            root: RefCell::new("echo root-1 > /root.txt".into()),
            app: RefCell::new("echo app-1 > /app.txt".into()),
            versions: RefCell::new(vec!["1.27.0"]),
            more: RefCell::new(""),
            commits: Cell::new(0),
        };
        fleet.git(&["init", "--quiet", "--initial-branch=main"]);
        fleet.base("D1");
        fleet
    }

    /// The base moves: another fleet publishes it.
    fn base(&self, content: &str) {
        let (registry, name) = (self.world.registry(), &self.name);
        let dir = self.dir.with_extension("base");
        std::fs::create_dir_all(&dir).unwrap();
        let text = format!(
            "workspace \"bases\" {{ publish \"{registry}/{name}/{{image}}\"; stage \"{registry}/{name}/base-stage\" }}
            base \"busybox\" from=\"{registry}/base/busybox:1\"
            toolset \"b\" {{ run \"echo {content} > /base\" }}
            image \"b\" {{ from base=\"busybox\"; use \"b\"; tag \"1\" }}\n"
        );
        std::fs::write(dir.join("kiln.kdl"), text).unwrap();
        let mut kiln = self.world.kiln(&dir);
        let output = kiln.args(["build", "--push", "--quiet"]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    fn write(&self) {
        let (registry, name) = (self.world.registry(), &self.name);
        let versions = self.versions.borrow();
        let values: String = versions
            .iter()
            .map(|v| format!("value \"{v}\"; "))
            .collect();
        let text = format!(
            "workspace \"w\" {{ publish \"{registry}/{name}/{{image}}\"; stage \"{registry}/{name}/stage\" }}
            base \"b\" from=\"{registry}/{name}/b:1\"
            toolset \"root\" {{ param \"version\"; run \"echo {{version}} > /version; {}\" }}
            toolset \"app\" {{ run \"{}\"; check run=\"test -e /app.txt\" }}
            image \"root\" {{ axis \"version\" kind=\"version\" rungs=\"full minor latest\" {{ {values}}}
                from base=\"b\"; use \"root\" version=\"{{version}}\"; tag \"{{version}}\" }}
            image \"app\" {{ from image=\"root\" version=\"{}\"; use \"app\"; tag \"stable\" }}\n{}\n",
            self.root.borrow(),
            self.app.borrow(),
            versions[0],
            self.more.borrow(),
        );
        std::fs::write(self.dir.join("kiln.kdl"), text).unwrap();
    }

    /// Commits the fleet as it is now.
    fn commit(&self) {
        self.write();
        self.commits.set(self.commits.get() + 1);
        let at = format!("2026-08-0{}T00:00:00Z", self.commits.get());
        self.git(&["add", "--all"]);
        let output = Command::new("git")
            .current_dir(&self.dir)
            .args(["-c", "user.name=t", "-c", "user.email=t@example.org"])
            .args(["commit", "--quiet", "--allow-empty", "-m", &at])
            .env("GIT_COMMITTER_DATE", &at)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    fn git(&self, args: &[&str]) {
        let mut git = Command::new("git");
        let output = git.current_dir(&self.dir).args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
    }

    /// Puts an index over what a tag names under this tag.
    fn index(&self, tag: &str) {
        let (registry, name) = (self.world.registry(), &self.name);
        let (image, tag) = tag.split_once(':').unwrap();
        let url = format!("http://{registry}/v2/{name}/{image}/manifests/{tag}");
        let reference = format!("{registry}/{name}/{image}:{tag}");
        let kind = self.world.manifest(&reference)["mediaType"].clone();
        let accept = format!("Accept: {}", kind.as_str().unwrap());
        let size = self.world.curl(&["-H", &accept, &url]).len();
        let index = serde_json::json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": [{
                "mediaType": kind,
                "digest": self.world.digest(&reference),
                "size": size,
                "platform": { "os": "linux", "architecture": "amd64" },
            }],
        });
        let put = [
            "-X",
            "PUT",
            "-H",
            "Content-Type: application/vnd.oci.image.index.v1+json",
        ];
        let index = index.to_string();
        self.world
            .curl(&[&put[..], &["--data", &index, &url]].concat());
    }

    /// `kiln lock`, with its exit code and words that it says.
    #[track_caller]
    fn lock(&self, args: &[&str], code: i32, said: &[&str]) {
        let mut kiln = self.world.kiln(&self.dir);
        let output = kiln.arg("lock").args(args).output().unwrap();
        let text = format!("{output:?}");
        assert_eq!(output.status.code(), Some(code), "{text}");
        assert!(said.iter().all(|word| text.contains(word)), "{text}");
    }

    fn kiln(&self, args: &[&str], branch: &str) -> Ran {
        let mut kiln = self.world.kiln(&self.dir);
        let output = kiln
            .args(args)
            .args(["--format", "json", "--branch", branch])
            .output()
            .unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        let events: Vec<Value> = out
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        let rows = events
            .iter()
            .filter_map(|event| event["variants"].as_array());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let row = |row: &Value| (text(&row["variant"]), text(&row["state"]));
        Ran {
            code: output.status.code().unwrap_or(-1),
            states: rows.flatten().map(row).collect(),
            said: format!("{}{out}", String::from_utf8_lossy(&output.stderr)),
        }
    }

    fn kiln_of(&self, args: &[&str]) -> Ran {
        self.write();
        self.kiln(args, "main")
    }

    /// `kiln build --push` on main: what it does to root and app.
    #[track_caller]
    fn build(&self, args: &[&str], expect: [&str; 2]) -> Ran {
        self.build_on("main", args, expect)
    }

    #[track_caller]
    fn build_on(&self, branch: &str, args: &[&str], expect: [&str; 2]) -> Ran {
        let args = [&["build", "--push"][..], args].concat();
        self.run(branch, &args, expect)
    }

    #[track_caller]
    fn nightly(&self, expect: [&str; 2]) -> Ran {
        self.run("main", &["nightly"], expect)
    }

    #[track_caller]
    fn run(&self, branch: &str, args: &[&str], expect: [&str; 2]) -> Ran {
        self.write();
        let ran = self.kiln(args, branch);
        let states: Vec<&str> = ran.states.iter().map(|(_, state)| state.as_str()).collect();
        let expect: Vec<&str> = expect
            .into_iter()
            .filter(|state| !state.is_empty())
            .collect();
        assert_eq!((ran.code, states), (0, expect), "{}", ran.said);
        ran
    }

    /// A run on a day of August, at two o'clock at night.
    #[track_caller]
    fn on_day(&self, day: u32, args: &[&str], code: i32, expect: &[&str]) -> Ran {
        self.write();
        let now = format!("2026-08-{day:02}T02:00:00Z");
        let ran = self.kiln(&[args, &["--now", now.as_str()]].concat(), "main");
        let states: Vec<&str> = ran.states.iter().map(|(_, state)| state.as_str()).collect();
        assert_eq!((ran.code, states), (code, expect.to_vec()), "{}", ran.said);
        ran
    }

    fn digest(&self, tag: &str) -> Option<String> {
        let reference = format!("{}/{}/{tag}", self.world.registry(), self.name);
        self.world.digest(&reference)
    }

    /// The uncompressed layers of what a tag names.
    fn layers(&self, tag: &str) -> Vec<String> {
        let (registry, name) = (self.world.registry(), &self.name);
        let (image, _) = tag.split_once(':').unwrap();
        let manifest = self.world.manifest(&format!("{registry}/{name}/{tag}"));
        let config = manifest["config"]["digest"].as_str().unwrap();
        let url = format!("http://{registry}/v2/{name}/{image}/blobs/{config}");
        let config: Value = serde_json::from_str(&self.world.curl(&["-L", &url])).unwrap();
        let layers = config["rootfs"]["diff_ids"].as_array().unwrap().iter();
        layers.map(|l| l.as_str().unwrap().to_owned()).collect()
    }

    /// G7: the first layers of app are those of the root that root's tags name.
    #[track_caller]
    fn assert_based_on_root(&self) {
        let (root, app) = (self.layers("root:latest"), self.layers("app:stable"));
        assert_eq!(app[..root.len()], root[..]);
    }
}

/// Rows 1 to 4, 16 and 17.
fn bases_parents_and_forced_builds(kind: Kind) {
    let world = World::start(kind);
    let fleet = Fleet::new(&world, "bases");
    fleet.commit();
    fleet.build(&[], ["published", "published"]);
    let first = fleet.digest("app:stable");
    fleet.build(&[], ["up to date", "up to date"]);

    fleet.base("D2");
    let kept = fleet.build(&[], ["up to date", "up to date"]);
    let older = "1 image is based on an older base; kiln nightly rebuilds it";
    assert!(kept.said.contains(older), "{}", kept.said);
    assert_eq!(fleet.digest("app:stable"), first);
    fleet.nightly(["published", "published"]);
    assert_ne!(fleet.digest("app:stable"), first);
    fleet.assert_based_on_root();
    fleet.nightly(["up to date", "up to date"]);

    // A step that comes out differently each time, on an engine without a cache.
    fleet
        .root
        .replace("cat /proc/sys/kernel/random/uuid > /root.txt".into());
    fleet.build(&[], ["published", "published"]);
    let (root, app) = (fleet.digest("root:latest"), fleet.digest("app:stable"));
    world.second_engine();
    let forced = fleet.build(&["--force", "root"], ["published", ""]);
    assert!(forced.said.contains("was not selected"), "{}", forced.said);
    assert_ne!(fleet.digest("root:latest"), root);
    assert_eq!(fleet.digest("app:stable"), app);
    fleet.build(&[], ["up to date", "published"]);
    fleet.assert_based_on_root();
    fleet.nightly(["up to date", "up to date"]);
}

/// Rows 6, 9 and 13.
fn branches_reverts_and_old_pipelines(kind: Kind) {
    let world = World::shared(kind);
    let fleet = Fleet::new(world, "branches");
    fleet.commit();
    fleet.build(&[], ["published", "published"]);
    let first = fleet.digest("app:stable");

    fleet.app.replace("echo app-2 > /app.txt".into());
    fleet.commit();
    let topic = fleet.build_on("topic", &[], ["up to date", "built"]);
    assert!(
        topic.said.contains("this is branch `topic`"),
        "{}",
        topic.said
    );
    assert_eq!(fleet.digest("app:stable"), first);
    fleet.commit();
    fleet.build(&[], ["up to date", "published"]);
    let second = fleet.digest("app:stable");
    assert_ne!(second, first);

    fleet.app.replace("echo app-1 > /app.txt".into());
    fleet.commit();
    fleet.build(&[], ["up to date", "published"]);
    assert_eq!(fleet.digest("app:stable"), first, "a revert leads back");

    // The pipeline of the commit before runs again.
    fleet.git(&["checkout", "--quiet", "HEAD~1"]);
    fleet.app.replace("echo app-2 > /app.txt".into());
    let old = fleet.kiln(&["build", "--push"], "main");
    assert_eq!(old.code, 0, "{}", old.said);
    assert!(
        old.said.contains("a run of the later commit"),
        "{}",
        old.said
    );
    assert_eq!(fleet.digest("app:stable"), first);
}

/// Rows 11, 20 and 21.
fn versions_go_and_records_are_lost(kind: Kind) {
    let world = World::shared(kind);
    let fleet = Fleet::new(world, "versions");
    fleet.versions.replace(vec!["1.27.0", "1.26.0"]);
    fleet.commit();
    let first = fleet.kiln_of(&["build", "--push"]);
    assert_eq!(first.code, 0, "{}", first.said);
    let newest = fleet.digest("root:latest");
    assert_eq!(fleet.digest("root:1.27.0"), newest);

    fleet.versions.replace(vec!["1.26.0"]);
    fleet.commit();
    let removed = fleet.kiln_of(&["build", "--push"]);
    let higher = "it names version 1.27.0, which is higher than 1.26.0";
    assert!(removed.said.contains(higher), "{}", removed.said);
    assert_eq!(fleet.digest("root:latest"), newest);
    let allowed = fleet.kiln_of(&["build", "--push", "--allow-older", "latest"]);
    assert_eq!(allowed.code, 0, "{}", allowed.said);
    assert_eq!(fleet.digest("root:latest"), fleet.digest("root:1.26.0"));

    // A stranger pushes another image under the name.
    let stable = fleet.digest("app:stable");
    let name = format!("{}/versions/app:stable", world.registry());
    world.import_base("busybox", &name);
    assert_ne!(fleet.digest("app:stable"), stable);
    let replaced = fleet.build(&[], ["up to date", "published"]);
    assert!(
        replaced.said.contains("without a record"),
        "{}",
        replaced.said
    );
    assert_eq!(fleet.digest("app:stable"), stable);
}

/// Rows 19 and more: what `kiln.lock` says is what is built.
fn locked_bases(kind: Kind) {
    let world = World::shared(kind);
    let fleet = Fleet::new(world, "locked");
    let lock = || std::fs::read_to_string(fleet.dir.join("kiln.lock")).unwrap();
    let b = format!("{}/locked/b:1", world.registry());
    fleet.write();
    fleet.lock(&["--bases"], 0, &["1 added"]);
    let text = lock().replace("\n127", "\n# our base\n127");
    std::fs::write(fleet.dir.join("kiln.lock"), &text).unwrap();
    fleet.commit();
    fleet.build(&[], ["published", "published"]);

    // The base moves: nothing is built, and nothing is counted.
    fleet.base("D2");
    let kept = ["up to date", "up to date"];
    for ran in [fleet.build(&[], kept), fleet.nightly(kept)] {
        assert!(!ran.said.contains("older base"), "{}", ran.said);
    }
    fleet.lock(&["--check"], 0, &["complete, 1 locked"]);
    fleet.lock(&[], 0, &["1 kept"]);
    assert_eq!(lock(), text, "`kiln lock` moves no base");
    fleet.lock(&["--update", "b"], 0, &["updated", "was sha256:"]);
    let moved = lock();
    assert!(moved.contains("# our base\n") && moved != text, "{moved}");
    fleet.commit();
    let plan = fleet.kiln(&["plan"], "main").said;
    assert!(
        plan.contains("lock-changed") && plan.contains("kiln.lock: "),
        "{plan}"
    );
    fleet.build(&[], ["published", "published"]);
    fleet.build(&[], ["up to date", "up to date"]);
    assert!(world.digest(&b).is_some());

    // The name now resolves to an index that has the same image for this platform: nothing has changed.
    fleet.index("b:1");
    assert!(!moved.contains(&world.digest(&b).unwrap()));
    fleet.lock(&["--update", "b"], 0, &["1 kept"]);
    fleet.build(&[], ["up to date", "up to date"]);
    fleet.root.replace("echo root-2 > /root.txt".into());
    fleet.commit();
    fleet.build(&[], ["published", "published"]);
    fleet.assert_based_on_root();

    // A digest that the registry does not have: what is kept is kept, what must be built fails with the line.
    let gone = format!("sha256:{}", "0".repeat(64));
    let locked = moved.lines().last().unwrap().rsplit(' ').next().unwrap();
    std::fs::write(fleet.dir.join("kiln.lock"), moved.replace(locked, &gone)).unwrap();
    fleet.commit();
    let ran = fleet.kiln(&["build", "--push"], "main");
    let words = [
        "kiln.lock:5 locks it to",
        "does not have any more",
        "`kiln lock --update",
    ];
    for word in words {
        assert!(
            ran.code == 1 && ran.said.contains(word),
            "{}: {}",
            ran.code,
            ran.said
        );
    }
    fleet.lock(&["--update"], 0, &["1 updated"]);
    fleet.commit();
    fleet.build(&[], ["up to date", "up to date"]);
}

/// Row 5, and the days on which a nightly run tries again: what is based on the failing image is kept, and what is new there
/// is built on its last good image.
fn an_image_that_fails_night_after_night(kind: Kind) {
    let world = World::shared(kind);
    let fleet = Fleet::new(world, "nights");
    let side = |text: &'static str| fleet.more.replace(text);
    fleet
        .app
        .replace("grep -q D1 /base && echo app-1 > /app.txt".into());
    side(
        "toolset \"side\" { run \"echo side-1 > /side.txt\" }
        image \"side\" { from image=\"app\"; use \"side\"; tag \"1\" }",
    );
    fleet.commit();
    let push: &[&str] = &["build", "--push"];
    fleet.on_day(1, push, 0, &["published"; 3]);
    fleet.on_day(1, &["stale"], 0, &[]);
    let good = (fleet.digest("app:stable"), fleet.digest("side:1"));

    fleet.base("D2");
    let stale = fleet.on_day(1, &["stale"], 1, &[]);
    assert!(stale.said.contains("parent-built"), "{}", stale.said);
    let blocked = "blocked by app:stable";
    fleet.on_day(1, &["nightly"], 1, &["published", "failed", blocked]);
    let failed = ["up to date", "failed", blocked];
    let kept = ["up to date", "failing", "up to date"];
    let skipped = fleet.on_day(1, &["nightly"], 1, &kept);
    let next = "kiln nightly tries it again from 2026-08-02 on";
    assert!(skipped.said.contains(next), "{}", skipped.said);
    fleet.on_day(1, push, 0, &kept);
    fleet.on_day(2, &["nightly"], 1, &failed);
    fleet.on_day(3, &["nightly"], 1, &kept);
    fleet.on_day(4, &["nightly"], 1, &failed);
    fleet.on_day(5, &["nightly"], 1, &kept);
    fleet.on_day(5, &["build", "--push", "app"], 1, &["up to date", "failed"]);
    fleet.on_day(5, &["stale"], 1, &[]);
    assert_eq!(
        (fleet.digest("app:stable"), fleet.digest("side:1")),
        good,
        "tags stay"
    );

    side(
        "toolset \"side\" { run \"echo side-2 > /side.txt\" }
        image \"side\" { from image=\"app\"; use \"side\"; tag \"1\" }",
    );
    fleet.commit();
    fleet.on_day(5, push, 0, &["up to date", "failing", "published"]);
    let (app, side) = (fleet.layers("app:stable"), fleet.layers("side:1"));
    assert_eq!(side[..app.len()], app[..]);

    // The base is mended. What is based on the last good image of app follows it.
    fleet.base("D3 D1");
    let mended = ["published"; 3];
    fleet.on_day(6, &["nightly"], 0, &mended);
    fleet.assert_based_on_root();
    fleet.on_day(6, &["stale"], 0, &[]);
    let listed = fleet.on_day(6, &["list", "--published"], 0, &[]).said;
    for tag in ["root:latest", "app:stable", "side:1"] {
        let digest = fleet.digest(tag).unwrap();
        assert!(listed.contains(&digest), "{tag} at {digest}: {listed}");
    }
}
