//! Images pass their checks before any push: the compiled kiln on real engines and registries.

mod world;

use serde_json::Value;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use world::{Kind, World};

on_every_engine!(
    a_fleet_that_passes_its_checks_is_published_once,
    nothing_of_a_failing_image_or_its_descendants_is_pushed,
    new_checks_run_on_old_images,
    without_push_a_failing_image_gets_no_name,
    built_and_published_images_are_tested,
    an_interrupted_check_leaves_nothing,
);

/// A workspace for one test: `core`, a `tool` based on it, an `app` based on that, and an independent `other`.
struct Fleet<'w> {
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
        self.events.iter().try_for_each(|e| writeln!(f, "{e}"))?;
        f.write_str(&self.text)
    }
}

impl Run {
    fn of(&self, event: &str, action: &str) -> Vec<&Value> {
        self.events
            .iter()
            .filter(|e| e["event"] == event && e["action"] == action)
            .collect()
    }

    fn variants(&self, event: &str, action: &str) -> Vec<String> {
        let mut all: Vec<String> = self
            .of(event, action)
            .iter()
            .map(|e| e["variant"].as_str().unwrap().to_owned())
            .collect();
        all.sort();
        all
    }
}

const SERVICE: &str = "CMD exec httpd -f -p 8080 -h /kiln";
/// Checks of the tool set that all images except `other` use.
const GOOD: &str = r#"check run="cat /kiln/tool" contains="tool {version}" within="20s"
    check file="/kiln/tool" mode="0640" owner="0:50"
    check structure="checks/tool.yaml""#;

impl<'w> Fleet<'w> {
    fn new(world: &'w World, name: &str) -> Self {
        let dir = world.dir().join(format!("checks-{name}"));
        let fleet = Self {
            world,
            dir,
            name: name.to_owned(),
        };
        world.import_base("busybox", &format!("{}/base/busybox:1", world.registry()));
        fleet.write(
            "core.hbs",
            "FROM {{from}}\nRUN mkdir -p /kiln && echo core > /kiln/core\n",
        );
        let tool = "RUN echo tool {{axis.version}} > /kiln/tool && chown 0:50 /kiln/tool && chmod 640 /kiln/tool\nENV TOOL={{axis.version}}\n";
        fleet.write("tool.hbs", &format!("FROM {{{{from}}}}\n{tool}{SERVICE}\n"));
        fleet.write("app.hbs", "FROM {{from}}\nRUN grep tool /kiln/tool\n");
        fleet.write(
            "checks/tool.yaml",
            "schemaVersion: 2.0.0\ncommandTests:\n- name: it greets\n  setup: [[sh, -c, 'echo hello > /tmp/x']]\n  command: cat\n  args: [/tmp/x]\n  \
             expectedOutput: ['^hello', '(?m)^hello$']\nmetadataTest:\n  envVars: [{key: TOOL, value: '^1', isRegex: true}]\n",
        );
        fleet.checks(GOOD, "");
        fleet
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.dir.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Writes the manifest with these checks of the tool set and of `app`.
    fn checks(&self, tool: &str, app: &str) {
        let (name, registry) = (&self.name, self.world.registry());
        self.write(
            "kiln.kdl",
            &format!(
                r#"workspace "{name}" {{
    publish "{registry}/{name}/{{image}}"
    stage "{registry}/{name}/stage"
}}
base "busybox" from="{registry}/base/busybox:1"
toolset "tool" {{
    param "version"
    {tool}
}}
image "core" {{ from base="busybox"; template "core.hbs"; tag "1"; check file="/kiln/core" }}
image "tool" {{
    axis "version" {{ value "1.5" }}
    from image="core"
    template "tool.hbs"
    use "tool" version="{{version}}"
    check serve port=8080 run="wget -qO- http://127.0.0.1:8080/core" contains="core" within="30s"
    tag "{{version}}"
}}
image "app" {{ from image="tool" version="1.5"; template "app.hbs"; tag "1"; {app} }}
image "other" {{ from image="core"; template "core.hbs"; tag "1" }}
"#
            ),
        );
    }

    fn kiln(&self, args: &[&str]) -> Command {
        let mut command = self.world.kiln(&self.dir);
        command.args(args);
        command
    }

    fn output(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let Output {
            status,
            stdout,
            stderr,
        } = self.kiln(args).output().unwrap();
        (
            status.code(),
            String::from_utf8_lossy(&stdout).into_owned(),
            String::from_utf8_lossy(&stderr).into_owned(),
        )
    }

    fn build(&self, args: &[&str]) -> Run {
        let (code, stdout, text) = self.output(&[&["build", "--format", "json"], args].concat());
        let events = stdout
            .lines()
            .map(|line| {
                serde_json::from_str(line)
                    .unwrap_or_else(|_| panic!("{line} is not an event\n{text}"))
            })
            .collect();
        Run { code, events, text }
    }

    fn digest(&self, image: &str) -> Option<String> {
        self.world
            .digest(&format!("{}/{}/{image}", self.world.registry(), self.name))
    }

    /// The tags of a repository.
    fn tags(&self, image: &str) -> Vec<String> {
        let url = format!(
            "http://{}/v2/{}/{image}/tags/list",
            self.world.registry(),
            self.name
        );
        let list: Value = serde_json::from_str(&self.world.curl(&[&url])).unwrap();
        let mut tags: Vec<String> = list["tags"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|t| Some(t.as_str()?.to_owned()))
            .collect();
        tags.sort();
        tags
    }

    fn assert_no_container(&self) {
        let left: Value =
            serde_json::from_str(&self.world.api("GET", "/containers/json?all=1")).unwrap();
        let ours: Vec<&Value> = left
            .as_array()
            .unwrap()
            .iter()
            .filter(|c| c["Labels"]["dev.kiln.run"].is_string())
            .collect();
        assert!(ours.is_empty(), "{ours:#?}");
    }
}

fn a_fleet_that_passes_its_checks_is_published_once(kind: Kind) {
    let world = World::start(kind);
    let fleet = Fleet::new(&world, "good");
    let run = fleet.build(&["--push"]);
    assert_eq!(run.code, Some(0), "{run}");
    assert_eq!(
        run.variants("done", "check"),
        ["core:1", "tool:1.5"],
        "{run}"
    );
    let passed: Vec<&Value> = run
        .of("checked", "check")
        .into_iter()
        .filter(|e| e["variant"] == "tool:1.5")
        .collect();
    assert_eq!(
        passed.len(),
        5,
        "two of the tool set, two of its file, one of the image\n{run}"
    );
    assert!(passed.iter().all(|e| e["passed"] == true), "{run}");
    assert!(
        passed
            .iter()
            .any(|e| e["check"] == "it greets" && e["place"] == "checks/tool.yaml:3:3"),
        "{run}"
    );
    for image in ["core:1", "tool:1.5", "app:1", "other:1"] {
        assert!(fleet.digest(image).is_some(), "{image}\n{run}");
    }
    let staged = fleet.tags("stage");
    let known = |tag: &String| ["b-", "d-", "v-", "f-"].iter().any(|p| tag.starts_with(p));
    assert!(staged.iter().all(known), "{staged:?}");
    fleet.assert_no_container();

    let again = fleet.build(&["--push"]);
    assert_eq!(again.code, Some(0), "{again}");
    assert!(
        again.of("done", "build").is_empty() && again.of("done", "check").is_empty(),
        "{again}"
    );
}

fn nothing_of_a_failing_image_or_its_descendants_is_pushed(kind: Kind) {
    let world = World::start(kind);
    let fleet = Fleet::new(&world, "bad");
    fleet.checks(
        &format!("{GOOD}\n    check run=\"nosuchtool --version\""),
        "",
    );
    let run = fleet.build(&["--push", "--keep-going"]);
    assert_eq!(run.code, Some(1), "{run}");
    let failed = run.of("failed", "check");
    assert_eq!(failed.len(), 1, "{run}");
    let check = &failed[0]["checks"][0];
    assert_eq!(
        (&failed[0]["variant"], &check["check"]),
        (&"tool:1.5".into(), &"run nosuchtool --version".into()),
        "{run}"
    );
    assert!(
        check["place"]
            .as_str()
            .is_some_and(|p| p.starts_with("kiln.kdl:11:")),
        "{run}"
    );
    assert!(check["evidence"].to_string().contains("not found"), "{run}");

    assert!(
        fleet.digest("core:1").is_some() && fleet.digest("other:1").is_some(),
        "images that do not depend on it are published\n{run}"
    );
    assert_eq!(
        (fleet.digest("tool:1.5"), fleet.digest("app:1")),
        (None, None),
        "{run}"
    );
    let staged: Vec<String> = fleet
        .tags("stage")
        .into_iter()
        .filter(|t| t.starts_with("b-"))
        .collect();
    assert_eq!(staged.len(), 2, "only core and other: {staged:?}\n{run}");
    assert!(fleet.tags("tool").is_empty() && fleet.tags("app").is_empty());
    fleet.assert_no_container();

    let (code, stdout, stderr) = fleet.output(&["build", "--push"]);
    assert_eq!(code, Some(1));
    let text = format!("{stderr}{stdout}");
    for words in [
        "tool:1.5: check failed",
        "run nosuchtool --version (kiln.kdl:11:",
        "127: no such command",
        "1 of 6 checks failed",
        "blocked: app:1",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
}

/// A changed check builds nothing: kiln fetches the staged images and checks them.
fn new_checks_run_on_old_images(kind: Kind) {
    let world = World::start(kind);
    let fleet = Fleet::new(&world, "later");
    let first = fleet.build(&["--push"]);
    assert_eq!(first.code, Some(0), "{first}");
    let before = fleet.digest("app:1");

    fleet.checks(
        &format!("{GOOD}\n    check run=\"true\""),
        "check size=\"<50MB\"",
    );
    // A second engine without the images.
    world.second_engine();
    let run = fleet.build(&["--push"]);
    assert_eq!(run.code, Some(0), "{run}");
    assert!(run.of("done", "build").is_empty(), "{run}");
    assert_eq!(
        run.variants("done", "check"),
        ["app:1", "tool:1.5"],
        "{run}"
    );
    assert_eq!(run.variants("done", "mark"), ["app:1", "tool:1.5"], "{run}");
    assert_eq!(fleet.digest("app:1"), before);
    let again = fleet.build(&["--push"]);
    assert!(
        again.code == Some(0) && again.of("done", "check").is_empty(),
        "{again}"
    );

    fleet.checks(GOOD, "check run=\"false\"");
    let plan = fleet.output(&["plan"]).1;
    assert!(
        plan.contains("keep  app:1: its checks are new or have not passed")
            && plan.contains("run   1 check"),
        "{plan}"
    );
    let bad = fleet.build(&["--push"]);
    assert_eq!(
        (bad.code, bad.variants("failed", "check")),
        (Some(1), vec!["app:1".to_owned()]),
        "{bad}"
    );
    assert!(bad.of("done", "build").is_empty(), "{bad}");
    assert_eq!(fleet.digest("app:1"), before, "the published image stays");
    fleet.assert_no_container();
}

fn without_push_a_failing_image_gets_no_name(kind: Kind) {
    let world = World::start(kind);
    let fleet = Fleet::new(&world, "local");
    fleet.checks(GOOD, "check user=\"!root\"");
    let run = fleet.build(&[]);
    assert_eq!(run.code, Some(1), "{run}");
    assert!(
        run.of("failed", "check")[0]["checks"][0]["why"] == "the image runs as root",
        "{run}"
    );
    let images = world.api("GET", "/images/json");
    assert!(
        images.contains("local/tool:1.5")
            && !images.contains("local/app:1")
            && !images.contains("localhost/kiln"),
        "{images}"
    );
}

fn built_and_published_images_are_tested(kind: Kind) {
    let world = World::start(kind);
    let fleet = Fleet::new(&world, "tested");
    let (code, stdout, stderr) = fleet.output(&["test"]);
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    assert!(
        stdout.contains("not tested") && stdout.contains("build it with `kiln build`"),
        "{stdout}"
    );
    assert_eq!(fleet.build(&["--push"]).code, Some(0));
    assert_eq!(fleet.build(&[]).code, Some(0));

    let (code, stdout, stderr) = fleet.output(&["test"]);
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert!(
        stdout.contains("6 checks of 2 images: 6 passed")
            && stdout.contains("  passed  it greets: exit code 0"),
        "{stdout}"
    );

    a_published_image_fails(&world, &fleet);
    another_image_is_tested(&world, &fleet);
    fleet.assert_no_container();
}

/// Checks that the published image fails, on an engine that does not have it.
fn a_published_image_fails(world: &World, fleet: &Fleet) {
    fleet.checks(&format!("{GOOD}\n    check run=\"echo '<&>'; exit 4\""), "");
    world.second_engine();
    let results = fleet.dir.join("results.xml");
    let args = [
        "test",
        "tool",
        "--published",
        "--format",
        "junit",
        "--output",
        results.to_str().unwrap(),
    ];
    let (code, stdout, stderr) = fleet.output(&args);
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    assert!(
        stdout.contains("FAILED  run echo '<&>'; exit 4 (kiln.kdl:11:")
            && stdout.contains("6 checks of 1 image: 5 passed, 1 failed"),
        "{stdout}"
    );
    let xml = std::fs::read_to_string(&results).unwrap();
    assert!(
        xml.contains("<testsuite name=\"tool:1.5\" tests=\"6\" failures=\"1\""),
        "{xml}"
    );
    assert!(
        xml.contains("name=\"run echo &#39;")
            || xml.contains("name=\"run echo '&lt;&amp;&gt;'; exit 4\""),
        "{xml}"
    );
    assert!(
        xml.contains("exit code 4, expected 0")
            && xml.contains("\n&lt;&amp;&gt;\ndeclared at kiln.kdl:11:"),
        "{xml}"
    );
    let images: Value = serde_json::from_str(&world.api("GET", "/images/json?all=1")).unwrap();
    assert_eq!(
        images,
        serde_json::json!([]),
        "the images that the test pulled are removed"
    );
}

/// An image that is named on the command line.
fn another_image_is_tested(world: &World, fleet: &Fleet) {
    let busybox = format!("{}/base/busybox:1", world.registry());
    let (code, stdout, _) =
        fleet.output(&["test", "core", "--image", &busybox, "--format", "json"]);
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(
        (code, &report["passed"]),
        (Some(1), &Value::Bool(false)),
        "{report:#}"
    );
    assert_eq!(
        report["images"][0]["checks"][0]["why"], "/kiln/core does not exist",
        "{report:#}"
    );
    let (code, ..) = fleet.output(&["test", "--image", &busybox]);
    assert_eq!(code, Some(2), "it is ambiguous which checks to run");
}

/// A check that takes longer than the test.
const SLOW: &str = "check run=\"sleep 31416\" within=\"10m\"";

/// Starts kiln, and returns once the container of a slow check runs.
fn started(world: &World, fleet: &Fleet, args: &[&str]) -> Child {
    let mut child = fleet
        .kiln(args)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    for _ in 0..300 {
        if world.api("GET", "/containers/json").contains("sleep 31416") {
            return child;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    let _ = child.kill();
    let _ = child.wait();
    panic!("no check has started");
}

/// Ctrl-C during a check removes its containers within ten seconds. After `kill -9`, a later run removes them, once
/// their lease has expired.
fn an_interrupted_check_leaves_nothing(kind: Kind) {
    let world = World::start(kind);
    let fleet = Fleet::new(&world, "stopped");
    fleet.checks(SLOW, "");
    for args in [&["build", "--push"][..], &["build"], &["test", "tool"]] {
        if args[0] == "test" {
            fleet.checks(GOOD, "");
            let built = fleet.build(&["--force"]);
            assert_eq!(built.code, Some(0), "{built}");
            fleet.checks(SLOW, "");
        }
        let mut child = started(&world, &fleet, args);
        let began = Instant::now();
        let killed = Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status()
            .unwrap();
        assert!(killed.success());
        assert_eq!(child.wait().unwrap().code(), Some(130), "{args:?}");
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "{args:?}: {:?}",
            began.elapsed()
        );
        fleet.assert_no_container();
    }
    assert!(
        !world.api("GET", "/images/json").contains("localhost/kiln"),
        "the run's own names are removed"
    );

    a_killed_check_has_a_lease(&world, &fleet);
}

fn a_killed_check_has_a_lease(world: &World, fleet: &Fleet) {
    let mut child = started(world, fleet, &["build"]);
    child.kill().unwrap();
    child.wait().unwrap();
    let left: Value = serde_json::from_str(&world.api("GET", "/containers/json?all=1")).unwrap();
    let lease: i64 = left[0]["Labels"]["dev.kiln.lease"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs() as i64;
    assert!(
        (now + 600..now + 1300).contains(&lease),
        "the check's ten minutes plus ten more: {lease} at {now}"
    );
    world.api(
        "DELETE",
        &format!("/containers/{}?force=1", left[0]["Id"].as_str().unwrap()),
    );
}
