//! Hooks on a real engine and registry: a gate before tags move, and what follows them.

mod world;

use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};
use world::{Kind, World};

on_engine!(
    engine_28_5,
    V28_5,
    hooks_see_the_image_before_and_after,
    a_refused_image_stays_staged,
    a_failure_after_the_move_is_named,
    an_interrupted_run_leaves_no_hook
);
on_engine!(
    engine_28_5_containerd,
    V28_5Containerd,
    hooks_see_the_image_before_and_after
);

const REGISTRY: &str = "127.0.0.1:5000";

/// Two images, one on the other, with hooks.
struct Fleet {
    world: &'static World,
    dir: PathBuf,
    name: &'static str,
}

impl Fleet {
    fn new(kind: Kind, name: &'static str, hooks: &str) -> Self {
        let world = World::shared(kind);
        world.import_base("busybox", &format!("{REGISTRY}/{name}/busybox:1"));
        let dir = world.dir().join(format!("hooks-{name}"));
        std::fs::create_dir_all(&dir).unwrap();
        let text = format!(
            "workspace \"w\" {{
                publish \"{REGISTRY}/{name}/{{image}}\"
                stage \"{REGISTRY}/{name}/stage\"
                {hooks}
            }}
            base \"busybox\" from=\"{REGISTRY}/{name}/busybox:1\"
            toolset \"root\" {{ run \"echo root > /root.txt\" }}
            toolset \"app\" {{ run \"echo app > /app.txt\" }}
            image \"root\" {{ from base=\"busybox\"; use \"root\"; tag \"1\" }}
            image \"app\" {{ from image=\"root\"; use \"app\"; tag \"edge\"; tag \"latest\" }}\n"
        );
        std::fs::write(dir.join("kiln.kdl"), text).unwrap();
        Self { world, dir, name }
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.dir.join(file), text).unwrap();
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.dir.join(file)).unwrap_or_default()
    }

    #[track_caller]
    fn kiln(&self, command: &str, code: i32) -> String {
        let mut kiln = self.world.kiln(&self.dir);
        let output: Output = kiln.args(command.split(' ')).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{command}: {output:?}");
        String::from_utf8([output.stderr, output.stdout].concat()).unwrap()
    }

    fn digest(&self, tag: &str) -> Option<String> {
        self.world
            .digest(&format!("{REGISTRY}/{}/{tag}", self.name))
    }

    /// The tags in the staging repository that begin so.
    fn staged(&self, kind: &str) -> usize {
        let url = format!("http://{REGISTRY}/v2/{}/stage/tags/list", self.name);
        self.world
            .curl(&[&url])
            .matches(&format!("\"{kind}-"))
            .count()
    }
}

/// G1: the staged image is there by digest before its tags are, and the public one after that.
fn hooks_see_the_image_before_and_after(kind: Kind) {
    let fleet = Fleet::new(
        kind,
        "seen",
        "before-move run=\"./look {reference}\"; after-move run=\"./look {reference}\" name=\"look again\"",
    );
    // The registry's answer for the digest, and for the first of the tags.
    let script = "#!/bin/sh
        accept='Accept: application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json'
        status() { curl -s -o /dev/null -w '%{http_code}' -I -H \"$accept\" \"http://127.0.0.1:5000/v2/$1\"; }
        path=${KILN_REPOSITORY#*/}; tag=${KILN_TAGS%% *}; tag=${tag#*/}
        echo \"$KILN_HOOK $KILN_VARIANT $(status $path/manifests/$KILN_DIGEST) $(status ${tag%:*}/manifests/${tag##*:}) $path $KILN_PLATFORMS\" >> seen
        test \"$1\" = \"$KILN_REFERENCE\" && test \"$1\" = \"$KILN_REPOSITORY@$KILN_DIGEST\"\n";
    fleet.write("look", script);
    std::fs::set_permissions(
        fleet.dir.join("look"),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    let plan = fleet.kiln("plan", 0);
    assert!(
        plan.contains("run   before-move: ./look {reference}"),
        "{plan}"
    );
    assert!(plan.contains("run   after-move: look again"), "{plan}");
    assert_eq!(fleet.read("seen"), "", "a plan runs no hook");
    fleet.kiln("build --push", 0);
    let seen = "before-move root:1 200 404 seen/stage linux/amd64
after-move root:1 200 200 seen/root linux/amd64
before-move app:edge 200 404 seen/stage linux/amd64
after-move app:edge 200 200 seen/app linux/amd64
";
    assert_eq!(fleet.read("seen"), seen);
    fleet.kiln("build --push", 0);
    assert_eq!(
        fleet.read("seen"),
        seen,
        "a run without a move runs no hook"
    );
}

/// G1: no tag moves to an image that a hook refuses, nor to one that is based on it, and nothing remembers that.
fn a_refused_image_stays_staged(kind: Kind) {
    let fleet = Fleet::new(
        kind,
        "refused",
        "before-move name=\"scan\" run=\"echo scan >> ran; yes finding | head -100000; printf '\\u{1b}[2J'; test -e allowed\"",
    );
    let said = fleet.kiln("build --push --junit results.xml", 1);
    assert!(said.contains("root:1: before-move failed"), "{said}");
    assert!(said.contains("scan (kiln.kdl:4:17)"), "{said}");
    assert!(said.contains("    | finding\n"), "{said}");
    assert!(said.contains("blocked: app:edge"), "{said}");
    assert!(!said.contains('\u{1b}'), "{said}");
    let results = fleet.read("results.xml");
    assert!(
        results.contains("<failure message=\"exit code 1\">"),
        "{results}"
    );
    assert_eq!(
        [fleet.digest("root:1"), fleet.digest("app:edge")],
        [None, None]
    );
    assert_eq!(
        (fleet.staged("b"), fleet.staged("f"), fleet.staged("v")),
        (2, 0, 0)
    );

    // It is queried again, and nothing is built again.
    let said = fleet.kiln("build --push --format json", 1);
    assert!(!said.contains("\"action\":\"build\""), "{said}");
    assert!(said.contains("\"phase\":\"before-move\""), "{said}");
    assert_eq!(fleet.read("ran"), "scan\nscan\n");
    fleet.write("allowed", "");
    fleet.kiln("nightly", 0);
    assert!(fleet.digest("root:1").is_some() && fleet.digest("app:latest").is_some());
    assert_eq!(fleet.read("ran").lines().count(), 4);
}

/// The tags have moved, also those of children; the exit code is 1, and the command is named.
fn a_failure_after_the_move_is_named(kind: Kind) {
    let fleet = Fleet::new(
        kind,
        "after",
        "after-move run=\"no-such-signer {digest}\"; after-move run=\"echo $KILN_VARIANT >> told\"",
    );
    let said = fleet.kiln("build --push", 1);
    let root = fleet.digest("root:1").expect("it is published");
    assert!(fleet.digest("app:latest").is_some());
    assert!(
        said.contains("exit code 127 (a program in the command was not found?)"),
        "{said}"
    );
    assert!(
        said.contains(&format!("run by hand:\n    no-such-signer {root}\n")),
        "{said}"
    );
    assert_eq!(fleet.read("told"), "root:1\napp:edge\n");
    fleet.kiln("build --push", 0);
}

/// G17: SIGTERM to kiln ends its hooks and all that they have started, also in other sessions.
fn an_interrupted_run_leaves_no_hook(kind: Kind) {
    let fleet = Fleet::new(
        kind,
        "interrupted",
        "before-move run=\"trap '' TERM; setsid sleep 32001 & touch started; sleep 32001; sleep 32001\"",
    );
    let mut kiln = fleet.world.kiln(&fleet.dir);
    kiln.args(["build", "--push"]);
    let child = kiln.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.unwrap();
    let began = Instant::now();
    while !fleet.dir.join("started").exists() {
        assert!(
            began.elapsed() < Duration::from_secs(120),
            "no hook started"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    let sent = std::process::Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("not moved"), "{said}");
    assert_eq!(fleet.digest("root:1"), None);
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.map(|one| std::fs::read(one.path().join("cmdline")).unwrap_or_default());
    let left = lines.filter(|line| line.starts_with(b"sleep\x0032001"));
    assert_eq!(left.count(), 0);
}
