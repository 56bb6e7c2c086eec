//! A saved plan on real engines: carried out by one job for each variant, in fresh clones and on engines with empty caches.

mod world;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use world::{Kind, World};

on_engine!(
    engine_28_5,
    V28_5,
    jobs_in_fresh_clones_end_where_one_run_does,
    a_plan_that_does_not_fit_any_more_is_refused
);

const REGISTRY: &str = "127.0.0.1:5000";

/// Three levels: `core` on a base, two `lang` on it, and `app` on one of these; each with a file of its own.
struct Fleet<'w> {
    world: &'w World,
    dir: PathBuf,
    name: &'static str,
}

impl<'w> Fleet<'w> {
    fn new(world: &'w World, name: &'static str) -> Self {
        world.import_base("busybox", &format!("{REGISTRY}/{name}/busybox:1"));
        let dir = world.dir().join(format!("apply-{name}"));
        let fleet = Self { world, dir, name };
        fleet.write("kiln.kdl", &fleet.manifest("published"));
        let parents = [
            ("core", format!("{REGISTRY}/{name}/busybox:1")),
            ("lang", format!("{REGISTRY}/{name}/published/core:1")),
            ("app", format!("{REGISTRY}/{name}/published/lang:two")),
        ];
        // A step that only copies gives the same layer on every engine and at any time.
        for (image, parent) in parents {
            let text = format!(
                "FROM {parent}\nARG WORD=none\nENV WORD=$WORD\nCOPY {image}.txt /{image}.txt\n"
            );
            fleet.write(&format!("{image}/Dockerfile"), &text);
            fleet.write(&format!("{image}/{image}.txt"), &format!("{image}\n"));
        }
        fleet.git(&["init", "-q", "-b", "main"]);
        fleet.commit();
        fleet
    }

    fn manifest(&self, to: &str) -> String {
        let name = self.name;
        format!(
            "workspace \"{name}\" {{ publish \"{REGISTRY}/{name}/{to}/{{image}}\"; stage \"{REGISTRY}/{name}/{to}-stage\"; }}\n\
             image \"core\" {{ dockerfile \"core/Dockerfile\"; tag \"1\"; check run=\"grep core /core.txt\"; }}\n\
             image \"lang\" {{ axis \"word\" {{ value \"one\"; value \"two\"; }}; dockerfile \"lang/Dockerfile\"; arg WORD=\"{{word}}\"; tag \"{{word}}\"; }}\n\
             image \"app\" {{ dockerfile \"app/Dockerfile\"; tag \"1\"; tag \"is-{{probe:cat /app.txt}}\"; check run=\"grep core /core.txt\"; }}\n"
        )
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.dir.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[track_caller]
    fn git(&self, args: &[&str]) {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
        let mut git = Command::new("git");
        git.current_dir(&self.dir).args(identity).args(args);
        let output = git.output().expect("git starts");
        assert!(output.status.success(), "git {args:?}: {output:?}");
    }

    fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-qm", "a commit"]);
    }

    /// A clone that has nothing but the repository.
    fn fresh(&self, job: &str) -> PathBuf {
        let clone = self.world.dir().join(format!("{}-{job}", self.name));
        let _ = std::fs::remove_dir_all(&clone);
        let from = self.dir.to_str().unwrap();
        self.git(&["clone", "-q", from, clone.to_str().unwrap()]);
        clone
    }

    #[track_caller]
    fn kiln(&self, dir: &Path, command: &str, code: i32) -> String {
        let mut kiln = self.world.kiln(dir);
        kiln.args(command.split(' '))
            .env("DOCKER_HOST", self.world.docker_host());
        let output = kiln.output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{command}: {output:?}");
        String::from_utf8([output.stderr, output.stdout].concat()).unwrap()
    }

    /// A job: in a fresh clone, and on an engine without a build cache.
    #[track_caller]
    fn job(&self, job: &str, command: &str, code: i32) -> String {
        self.world.api("POST", "/build/prune?all=true");
        self.kiln(&self.fresh(job), command, code)
    }

    /// The base gets another manifest of the same layers.
    fn move_base(&self) {
        let manifest = self
            .world
            .manifest(&format!("{REGISTRY}/{}/busybox:1", self.name));
        let url = format!("http://{REGISTRY}/v2/{}/busybox/manifests/1", self.name);
        let header = format!("Content-Type: {}", manifest["mediaType"].as_str().unwrap());
        let text = manifest.to_string();
        self.world
            .curl(&["-f", "-X", "PUT", "-H", &header, "-d", &text, &url]);
    }

    fn plan(&self) -> PathBuf {
        self.world.dir().join(format!("{}.json", self.name))
    }

    /// The content of each tag.
    fn state(&self, to: &str) -> BTreeMap<String, String> {
        let tags = ["core:1", "lang:one", "lang:two", "app:1", "app:is-app"];
        let content = |tag: &str| {
            let reference = format!("{REGISTRY}/{}/{to}/{tag}", self.name);
            let inspected = self.kiln(&self.dir, &format!("inspect {reference} --format json"), 0);
            let json: serde_json::Value = serde_json::from_str(&inspected).expect("JSON");
            let content = json["record"]["parts"][0]["content"].as_str();
            let content = content.unwrap_or_else(|| panic!("{inspected}"));
            (tag.to_owned(), content.to_owned())
        };
        tags.map(content).into()
    }
}

/// Each image is built once, and the tags have the same content as after `kiln build --push`.
fn jobs_in_fresh_clones_end_where_one_run_does(kind: Kind) {
    // Its own, since it changes the engine.
    let world = World::start(kind);
    let fleet = Fleet::new(&world, "jobs");
    let plan = fleet.plan();
    let plan = plan.to_str().unwrap();
    let shown = fleet.kiln(&fleet.dir, &format!("plan --out {plan}"), 0);
    let again = fleet.kiln(&fleet.dir, &format!("plan --show {plan}"), 0);
    assert_eq!(shown, format!("saved to {plan}\n{again}"));

    // A job whose parent is not staged names it.
    let early = fleet.job("early", &format!("apply {plan} --only app"), 1);
    assert!(
        early.contains("core:1: it is not staged: its job has not run"),
        "{early}"
    );
    for only in ["core", "lang:two", "lang:one"] {
        let done = fleet.job("job", &format!("apply {plan} --only {only}"), 0);
        assert!(done.contains("staged as"), "{only}: {done}");
    }
    let apart = fleet.job("publish", &format!("apply {plan} --publish"), 1);
    assert!(apart.contains("app:1"), "{apart}");
    let first = fleet
        .world
        .digest(&format!("{REGISTRY}/jobs/published/core:1"));
    assert!(first.is_some(), "what does not depend on it is published");
    // Another engine, which has nothing; and the base moves: its digest in the plan is used all the same.
    world.second_engine();
    fleet.move_base();
    let last = fleet.job("job", &format!("apply {plan} --only app:1 core"), 0);
    assert!(last.contains("/jobs/busybox:1 names"), "{last}");
    let results = world.dir().join("results.xml");
    let publish = format!(
        "apply {plan} --publish --format json --junit {}",
        results.display()
    );
    let events = fleet.job("publish", &publish, 0);
    assert!(events.contains("\"action\":\"find\""), "{events}");
    let results = std::fs::read_to_string(results).unwrap();
    assert!(results.contains("app:1"), "{results}");
    let done = fleet.job("publish", &format!("apply {plan} --publish"), 0);
    assert!(!done.contains("published "), "{done}");
    let jobs = fleet.state("published");

    // One run from an empty registry. The Dockerfiles name the first repositories, which are the fleet's there.
    fleet.write("kiln.kdl", &fleet.manifest("whole"));
    for image in ["lang", "app"] {
        let path = fleet.dir.join(image).join("Dockerfile");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, text.replace("/published/", "/whole/")).unwrap();
    }
    fleet.commit();
    fleet.kiln(&fleet.dir, "build --push", 0);
    assert_eq!(fleet.state("whole"), jobs);
}

/// Exit code 4: a file, the commit, or a tag is not what the plan has seen.
fn a_plan_that_does_not_fit_any_more_is_refused(kind: Kind) {
    let fleet = Fleet::new(World::shared(kind), "late");
    let plan = fleet.plan();
    let plan = plan.to_str().unwrap();
    fleet.kiln(&fleet.dir, "build --push", 0);
    fleet.write("lang/lang.txt", "other\n");
    fleet.commit();
    fleet.kiln(&fleet.dir, &format!("plan --out {plan}"), 0);

    fleet.write("lang/lang.txt", "another\n");
    let file = fleet.kiln(&fleet.dir, &format!("apply {plan}"), 4);
    assert!(
        file.contains("lang:one: lang.txt differs from the plan"),
        "{file}"
    );
    fleet.write("lang/lang.txt", "other\n");
    fleet.git(&["commit", "-q", "--allow-empty", "-m", "another commit"]);
    let commit = fleet.kiln(&fleet.dir, &format!("apply {plan}"), 4);
    assert!(commit.contains("the plan is for commit"), "{commit}");
    fleet.git(&["reset", "-q", "--hard", "HEAD~1"]);

    // Nor does publishing, which builds nothing, run in another workspace or one that cannot be read.
    let manifest = fleet.manifest("published");
    fleet.write("kiln.kdl", &manifest.replacen("\"late\"", "\"two\"", 1));
    fleet.git(&["commit", "-qam", "another name"]);
    let workspace = fleet.kiln(&fleet.dir, &format!("apply {plan} --publish"), 2);
    assert!(
        workspace.contains("the plan is for the workspace `late`, and this is `two`"),
        "{workspace}"
    );
    fleet.git(&["reset", "-q", "--hard", "HEAD~1"]);
    fleet.write("kiln.kdl", "workspace {");
    fleet.kiln(&fleet.dir, &format!("apply {plan} --publish"), 2);
    fleet.write("kiln.kdl", &manifest);
    let over = fleet.kiln(&fleet.dir, "plan --out kiln.kdl", 2);
    assert!(over.contains("it is not overwritten"), "{over}");

    // Something else moves a tag.
    let tag = format!("{REGISTRY}/late/published/lang:one");
    let url = format!("http://{REGISTRY}/v2/late/published/lang/manifests/one");
    let two = fleet
        .world
        .manifest(&format!("{REGISTRY}/late/published/lang:two"));
    let header = format!("Content-Type: {}", two["mediaType"].as_str().unwrap());
    let text = format!("{two}\n");
    fleet.world.curl(&[
        "-f",
        "-X",
        "PUT",
        "-H",
        &header,
        "--data-binary",
        &text,
        &url,
    ]);
    let moved = fleet.world.digest(&tag);
    let refused = fleet.kiln(&fleet.dir, &format!("apply {plan}"), 4);
    assert!(refused.contains("make a new plan"), "{refused}");
    assert_eq!(fleet.world.digest(&tag), moved);
}
