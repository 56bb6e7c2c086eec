//! A fleet of nine small variants in three levels, built by the compiled kiln in a test world.

// Each test binary uses a part of it.
#![allow(dead_code)]

use crate::world::World;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

/// The languages of the middle level.
const WORDS: [&str; 4] = ["one", "two", "three", "four"];

/// A workspace on disk, and the world it is built in.
pub struct Fleet<'w> {
    world: &'w World,
    dir: PathBuf,
    name: String,
    domain: RefCell<String>,
}

/// The result of one run of `kiln build --format json`.
pub struct Run {
    pub code: i32,
    pub events: Vec<Value>,
    stderr: String,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "exit {}", self.code)?;
        self.events.iter().try_for_each(|e| writeln!(f, "{e}"))?;
        f.write_str(&self.stderr)
    }
}

impl Run {
    /// The events of a kind about steps of a kind.
    pub fn of(&self, event: &str, action: &str) -> Vec<&Value> {
        self.events
            .iter()
            .filter(|e| e["event"] == event && e["action"] == action)
            .collect()
    }

    /// Every reference that was written, in order.
    pub fn written(&self) -> Vec<String> {
        let moved = self
            .events
            .iter()
            .filter(|e| e["event"] == "done" && (e["action"] == "move" || e["action"] == "share"));
        let lists = moved.filter_map(|e| e["written"].as_array());
        lists
            .flatten()
            .filter_map(|r| Some(r.as_str()?.to_owned()))
            .collect()
    }
}

impl<'w> Fleet<'w> {
    /// A workspace without files that publishes to the world's registry.
    fn empty(world: &'w World, name: &str) -> Self {
        let dir = world.dir().join(format!("fleet-{name}"));
        Self {
            world,
            dir,
            name: name.to_owned(),
            domain: RefCell::new(world.registry().to_owned()),
        }
    }

    /// core:1, word:{one,two,three,four}, word:{…}-more: each step needs a file of its parent.
    pub fn nine(world: &'w World, name: &str) -> Self {
        let fleet = Self::empty(world, name);
        world.import_base("busybox", &format!("{}/base/busybox:1", world.registry()));
        fleet.write("kiln.kdl", &fleet.manifest());
        fleet.write(
            "templates/core.hbs",
            "FROM {{from}}\nRUN mkdir /kiln && echo core > /kiln/core\n",
        );
        fleet.write(
            "templates/word.hbs",
            "FROM {{from}}\nRUN test -e /kiln/core && echo {{axis.word}} > /kiln/word\n",
        );
        fleet.write(
            "templates/more.hbs",
            "FROM {{from}}\nRUN grep {{axis.word}} /kiln/word && echo more > /kiln/more\n",
        );
        fleet
    }

    /// tool:1 and app:1 with hand-written Dockerfiles: app copies a file from tool.
    pub fn by_hand(world: &'w World, name: &str) -> Self {
        let fleet = Self::empty(world, name);
        let registry = world.registry();
        world.import_base("busybox", &format!("{registry}/base/busybox:1"));
        let image = |image: &str| {
            format!(
                "image \"{image}\" {{ dockerfile \"docker/{image}/Dockerfile\"; tag \"1\"; }}\n"
            )
        };
        let workspace = format!(
            "workspace \"{name}\" {{ publish \"{registry}/{name}/{{image}}\"; stage \"{registry}/{name}/stage\"; }}\n"
        );
        fleet.write(
            "kiln.kdl",
            &format!(
                "{workspace}variable \"registry\" default=\"\"\n{}{}",
                image("app"),
                image("tool")
            ),
        );
        fleet.write(
            "docker/tool/Dockerfile",
            &format!(
                "FROM {registry}/base/busybox:1\nCOPY greeting /greeting\nRUN cat /greeting\n"
            ),
        );
        fleet.write("docker/tool/greeting", "hello\n");
        let app = format!(
            "ARG BASE={registry}/base/busybox:1\nFROM $BASE\nCOPY --from={registry}/{name}/tool:1 /greeting /from-tool\nRUN grep hello /from-tool\n"
        );
        fleet.write("docker/app/Dockerfile", &app);
        fleet
    }

    /// Images with hand-written Dockerfiles: name, platforms, Dockerfile. `BASE` stands for a base in the world's registry,
    /// `FLEET` for the repositories of the fleet.
    pub fn of(world: &'w World, name: &str, images: &[(&str, &str, &str)]) -> Self {
        let fleet = Self::empty(world, name);
        let registry = world.registry();
        let base = format!("{registry}/base/busybox:1");
        world.import_base("busybox", &base);
        let mut manifest = format!(
            "workspace \"{name}\" {{ publish \"{registry}/{name}/{{image}}\"; stage \"{registry}/{name}/stage\"; }}\nvariable \"registry\" default=\"\"\n"
        );
        for (image, platforms, dockerfile) in images {
            let platforms: Vec<String> = platforms
                .split(' ')
                .map(|platform| format!("\"{platform}\""))
                .collect();
            manifest += &format!(
                "image \"{image}\" {{ dockerfile \"{image}/Dockerfile\"; tag \"1\"; platforms {}; }}\n",
                platforms.join(" ")
            );
            let dockerfile = dockerfile
                .replace("BASE", &base)
                .replace("FLEET", &format!("{registry}/{name}"));
            fleet.write(&format!("{image}/Dockerfile"), &dockerfile);
        }
        fleet.write("kiln.kdl", &manifest);
        fleet
    }

    /// One image with a `{revision}` tag and a probed tag, and optionally a second one whose tag resolves to the same.
    pub fn late(world: &'w World, name: &str) -> Self {
        let fleet = Self::empty(world, name);
        world.import_base("busybox", &format!("{}/base/busybox:1", world.registry()));
        fleet.say("one", "tool");
        fleet
    }

    /// Sets the output of the image of [`Self::late`], and which images exist.
    pub fn say(&self, words: &str, images: &str) {
        let (name, registry) = (&self.name, self.world.registry());
        let image = |image: &str| {
            format!(
                "image \"{image}\" {{ from base=\"busybox\"; template \"say.hbs\"; tag \"{image}\"; tag \"{image}-r{{revision}}\"; \
                 tag \"v{{probe:cat /version}}\"; tag \"once{{probe:cat /version}}\" fixed; }}\n"
            )
        };
        let images: String = images.split(' ').map(image).collect();
        let workspace = format!(
            "workspace \"{name}\" {{ publish \"{registry}/{name}/all\"; stage \"{registry}/{name}/stage\"; }}\n"
        );
        let base = format!(
            "variable \"registry\" default=\"\"\nbase \"busybox\" from=\"{registry}/base/busybox:1\"\n"
        );
        self.write("kiln.kdl", &format!("{workspace}{base}{images}"));
        self.write("say.hbs", &format!("FROM {{{{from}}}}\nRUN echo {words} > /words && echo 'say version 2.5.1' > /version\n"));
    }

    /// tool:1-amd and tool:1-arm for two platforms, which share tool:1. Neither has a RUN step.
    pub fn two_platforms(world: &'w World, name: &str) -> Self {
        let fleet = Self::empty(world, name);
        let registry = world.registry();
        fleet.write(
            "kiln.kdl",
            &format!(
                r#"workspace "{name}" {{ publish "{registry}/{name}/{{image}}"; stage "{registry}/{name}/stage"; }}
variable "registry" default=""
image "tool" {{
    axis "os" {{ value "amd" default shared; value "arm" default shared; }}
    dockerfile "docker/{{os}}/Dockerfile"
    when os="arm" {{ platforms "linux/arm64"; }}
    tag "1-{{os}}"
}}
"#
            ),
        );
        fleet.greet("amd", "hello");
        fleet.greet("arm", "hello");
        fleet
    }

    /// Sets the content of one of [`Self::two_platforms`]; without a greeting it cannot be built.
    pub fn greet(&self, os: &str, greeting: &str) {
        // A RUN for another platform than that of the engine is refused before anything is built.
        let then = if greeting.is_empty() {
            "ADD http://127.0.0.1:9/none /none\n"
        } else {
            ""
        };
        self.write(
            &format!("docker/{os}/Dockerfile"),
            &format!("FROM scratch\nCOPY greeting /greeting\n{then}"),
        );
        self.write(&format!("docker/{os}/greeting"), greeting);
    }

    /// Changes the base of [`Self::nine`].
    pub fn base_on(&self, base: &str) {
        let busybox = format!("{}/base/busybox:1", self.world.registry());
        self.write("kiln.kdl", &self.manifest().replace(&busybox, base));
    }

    fn manifest(&self) -> String {
        let (name, base) = (&self.name, self.world.registry());
        let words: String = WORDS.iter().map(|w| format!(" value \"{w}\";")).collect();
        format!(
            r#"workspace "{name}" {{
    publish "{{var:registry}}/{name}/{{image}}"
    stage "{{var:registry}}/{name}/stage"
}}
variable "registry" default="127.0.0.1:5000"
base "busybox" from="{base}/base/busybox:1"
image "core" {{
    from base="busybox"
    template "templates/core.hbs"
    tag "1"
    tag "latest"
}}
image "word" {{
    axis "word" {{{words} }}
    axis "level" {{ value "plain" token=""; value "more"; }}
    when level="plain" {{ from image="core"; template "templates/word.hbs"; }}
    when level="more" {{ from image="word" level="plain"; template "templates/more.hbs"; }}
    tag "{{word}}-{{level}}"
}}
"#
        )
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.dir.join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Changes the registry to publish to.
    pub fn publish_to(&self, domain: &str) {
        domain.clone_into(&mut self.domain.borrow_mut());
    }

    /// Makes the step of one word fail with exit code 7.
    pub fn break_step(&self, word: &str) {
        let step = "echo this step cannot work >&2 && exit 7";
        let template = format!(
            "FROM {{{{from}}}}\nRUN test -e /kiln/core && echo {{{{axis.word}}}} > /kiln/word\nRUN if [ \"$(cat /kiln/word)\" = {word} ]; then {step}; fi\n"
        );
        self.write("templates/word.hbs", &template);
    }

    /// Makes the first step take hours.
    pub fn slow_step(&self, template: &str) {
        self.write(
            &format!("templates/{template}.hbs"),
            "FROM {{from}}\nRUN sleep 31415\n",
        );
    }

    /// A public reference of this fleet.
    pub fn reference(&self, tag: &str) -> String {
        format!("{}/{}/{tag}", self.domain.borrow(), self.name)
    }

    /// All public references.
    pub fn references(&self) -> Vec<String> {
        let words = WORDS
            .iter()
            .flat_map(|w| [format!("word:{w}"), format!("word:{w}-more")]);
        ["core:1".to_owned(), "core:latest".to_owned()]
            .into_iter()
            .chain(words)
            .map(|t| self.reference(&t))
            .collect()
    }

    /// What the registry serves under each public reference.
    pub fn digests(&self) -> BTreeMap<String, Option<String>> {
        self.references()
            .into_iter()
            .map(|r| (r.clone(), self.world.digest(&r)))
            .collect()
    }

    /// Asserts that every reference is published, those of parents before those of their children.
    pub fn assert_published_in_order(&self, run: &Run) {
        for (reference, digest) in self.digests() {
            assert!(digest.is_some(), "{reference} is not published\n{run}");
        }
        let written = run.written();
        let at = |tag: &str| {
            written
                .iter()
                .position(|r| *r == self.reference(tag))
                .unwrap_or_else(|| panic!("{tag} was not written\n{run}"))
        };
        for word in WORDS {
            assert!(
                at("core:1") < at(&format!("word:{word}"))
                    && at(&format!("word:{word}")) < at(&format!("word:{word}-more")),
                "{run}"
            );
        }
        assert!(at("core:1") < at("core:latest"), "{run}");
    }

    /// Builds with events as JSON.
    pub fn build(&self, args: &[&str]) -> Run {
        self.build_with(args, &[])
    }

    /// The same with additional environment variables.
    pub fn build_with(&self, args: &[&str], env: &[(&str, &str)]) -> Run {
        let mut command = self.world.kiln(&self.dir);
        command
            .args(["build", "--format", "json"])
            .args(args)
            .arg("--var")
            .arg(format!("registry={}", self.domain.borrow()));
        let output = command.envs(env.iter().copied()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let events = text
            .lines()
            .map(|line| {
                serde_json::from_str(line).unwrap_or_else(|_| panic!("{line} is not an event"))
            })
            .collect();
        Run {
            code: output.status.code().unwrap_or(-1),
            events,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The text output of kiln, from both streams.
    pub fn text(&self, args: &[&str]) -> String {
        self.run(args).0
    }

    /// The same with the exit code.
    pub fn run(&self, args: &[&str]) -> (String, Option<i32>) {
        let mut command = self.world.kiln(&self.dir);
        let output = command
            .args(args)
            .arg("--var")
            .arg(format!("registry={}", self.domain.borrow()))
            .output()
            .unwrap();
        let text = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stderr),
            String::from_utf8_lossy(&output.stdout)
        );
        (text, output.status.code())
    }

    /// Starts kiln in the background.
    pub fn spawn(&self, args: &[&str]) -> Child {
        let mut command = self.world.kiln(&self.dir);
        command
            .args(args)
            .arg("--var")
            .arg(format!("registry={}", self.domain.borrow()));
        command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }
}

/// Sends the signal of Ctrl-C.
pub fn interrupt(child: &Child) {
    let killed = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
}
