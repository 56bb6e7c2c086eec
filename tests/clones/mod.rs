//! A fleet of three levels in a git repository, for tests whose jobs work in fresh clones.

#![allow(dead_code)] // Each test file uses some of these functions.

use crate::world::World;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

pub const REGISTRY: &str = "127.0.0.1:5000";

/// Three levels: `core` on a base, two `lang` on it, and `app` on one of these; each with a file of its own.
pub struct Fleet<'w> {
    pub world: &'w World,
    pub dir: PathBuf,
    name: &'static str,
    /// More images.
    more: &'static str,
}

impl<'w> Fleet<'w> {
    pub fn new(world: &'w World, name: &'static str) -> Self {
        Self::with(world, name, "", &[])
    }

    /// One with more images, and their files.
    pub fn with(
        world: &'w World,
        name: &'static str,
        more: &'static str,
        files: &[(&str, &str)],
    ) -> Self {
        world.import_base("busybox", &format!("{REGISTRY}/{name}/busybox:1"));
        let dir = world.dir().join(format!("clones-{name}"));
        let fleet = Self {
            world,
            dir,
            name,
            more,
        };
        for (path, text) in files {
            fleet.write(path, text);
        }
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

    pub fn manifest(&self, to: &str) -> String {
        let (name, more) = (self.name, self.more);
        format!(
            "workspace \"{name}\" {{ publish \"{REGISTRY}/{name}/{to}/{{image}}\"; stage \"{REGISTRY}/{name}/{to}-stage\"; }}\n\
             image \"core\" {{ dockerfile \"core/Dockerfile\"; tag \"1\"; check run=\"grep core /core.txt\"; }}\n\
             image \"lang\" {{ axis \"word\" {{ value \"one\"; value \"two\"; }}; dockerfile \"lang/Dockerfile\"; arg WORD=\"{{word}}\"; tag \"{{word}}\"; }}\n\
             image \"app\" {{ dockerfile \"app/Dockerfile\"; tag \"1\"; tag \"is-{{probe:cat /app.txt}}\"; check run=\"grep core /core.txt\"; }}\n{more}"
        )
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.dir.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[track_caller]
    pub fn git(&self, args: &[&str]) {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
        let mut git = Command::new("git");
        git.current_dir(&self.dir).args(identity).args(args);
        let output = git.output().expect("git starts");
        assert!(output.status.success(), "git {args:?}: {output:?}");
    }

    pub fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "--allow-empty", "-qm", "a commit"]);
    }

    /// A clone that has nothing but the repository.
    pub fn fresh(&self, job: &str) -> PathBuf {
        let clone = self.world.dir().join(format!("{}-{job}", self.name));
        let _ = std::fs::remove_dir_all(&clone);
        let from = self.dir.to_str().unwrap();
        self.git(&["clone", "-q", from, clone.to_str().unwrap()]);
        clone
    }

    #[track_caller]
    pub fn kiln(&self, dir: &Path, command: &str, code: i32) -> String {
        let mut kiln = self.world.kiln(dir);
        kiln.args(command.split(' '))
            .env("DOCKER_HOST", self.world.docker_host());
        let output = kiln.output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{command}: {output:?}");
        String::from_utf8([output.stderr, output.stdout].concat()).unwrap()
    }

    /// A job: in a fresh clone, and on an engine without a build cache.
    #[track_caller]
    pub fn job(&self, job: &str, command: &str, code: i32) -> String {
        self.world.api("POST", "/build/prune?all=true");
        self.kiln(&self.fresh(job), command, code)
    }

    /// The base gets another manifest of the same layers.
    pub fn move_base(&self) {
        let manifest = self
            .world
            .manifest(&format!("{REGISTRY}/{}/busybox:1", self.name));
        let url = format!("http://{REGISTRY}/v2/{}/busybox/manifests/1", self.name);
        let header = format!("Content-Type: {}", manifest["mediaType"].as_str().unwrap());
        let text = manifest.to_string();
        self.world
            .curl(&["-f", "-X", "PUT", "-H", &header, "-d", &text, &url]);
    }

    pub fn plan(&self) -> PathBuf {
        self.world.dir().join(format!("{}.json", self.name))
    }

    /// The content of each tag that exists.
    pub fn state(&self, to: &str) -> BTreeMap<String, String> {
        let tags = [
            "all:1",
            "core:1",
            "lang:one",
            "lang:two",
            "app:1",
            "app:is-app",
        ];
        let content = |tag: &str| {
            let reference = format!("{REGISTRY}/{}/{to}/{tag}", self.name);
            self.world.digest(&reference)?;
            let inspected = self.kiln(&self.dir, &format!("inspect {reference} --format json"), 0);
            let json: serde_json::Value = serde_json::from_str(&inspected).expect("JSON");
            let content = json["record"]["parts"][0]["content"].as_str();
            let content = content.unwrap_or_else(|| panic!("{inspected}"));
            Some((tag.to_owned(), content.to_owned()))
        };
        tags.into_iter().filter_map(content).collect()
    }

    /// Lets the fleet publish to other repositories, where nothing is.
    pub fn move_to(&self, from: &str, to: &str, manifest: &str) {
        self.write("kiln.kdl", manifest);
        for image in ["lang", "app"] {
            let path = self.dir.join(image).join("Dockerfile");
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.replace(&format!("/{from}/"), &format!("/{to}/"));
            std::fs::write(path, text).unwrap();
        }
        self.commit();
    }
}
