//! The commands of the guides in docs/, run on a real engine and a real registry: what they print is what the guides show.

mod world;

use regex::Regex;
use std::path::{Path, PathBuf};
use world::{Kind, World};

on_engine!(
    engine_28_5,
    V28_5,
    the_nightly_guide,
    the_release_guide,
    the_retention_guide
);

/// A workspace for one guide.
struct Guide<'w> {
    world: &'w World,
    name: &'static str,
    dir: PathBuf,
}

impl<'w> Guide<'w> {
    fn new(world: &'w World, name: &'static str) -> Self {
        let dir = world.dir().join(format!("guide-{name}"));
        std::fs::create_dir_all(&dir).unwrap();
        Self { world, name, dir }
    }

    fn path(&self, image: &str) -> String {
        format!("{}/{}/{image}", self.world.registry(), self.name)
    }

    /// A base moves: another image gets its name.
    fn base(&self, content: &str) {
        let (name, busybox) = (self.path("debian:13"), self.path("busybox:1"));
        self.world.import_base("busybox", &busybox);
        let dir = self.dir.with_extension("base");
        std::fs::create_dir_all(&dir).unwrap();
        let text = format!(
            "workspace \"bases\" {{ publish \"{}\"; stage \"{}\" }}
            base \"busybox\" from=\"{busybox}\"
            toolset \"b\" {{ run \"echo {content} > /base\" }}
            image \"debian\" {{ from base=\"busybox\"; use \"b\"; tag \"13\" }}\n",
            name.trim_end_matches(":13"),
            self.path("base-stage"),
        );
        std::fs::write(dir.join("kiln.kdl"), text).unwrap();
        let output = self
            .world
            .kiln(&dir)
            .args(["build", "--push"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// Writes the manifest, with the names of the guide on the test's registry.
    fn manifest(&self, text: &str) {
        let text = text
            .replace("registry.example.org/", &self.path(""))
            .replace("docker.io/cimg", &self.path("cimg"))
            .replace("\"debian:13\"", &format!("\"{}\"", self.path("debian:13")));
        std::fs::write(self.dir.join("kiln.kdl"), text).unwrap();
    }

    /// What a command prints, with the names of the guide.
    #[track_caller]
    fn kiln(&self, command: &str, code: i32) -> String {
        let args = command.split_whitespace().skip(1);
        let output = self.world.kiln(&self.dir).args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{command}: {output:?}");
        let out = [output.stderr, output.stdout].concat();
        String::from_utf8(out)
            .unwrap()
            .replace(&self.path("cimg"), "cimg")
            .replace(&self.path("debian"), "debian")
            .replace(&self.path(""), "registry.example.org/")
    }

    /// Runs the command of a block of the guide, and compares what it prints.
    #[track_caller]
    fn shows(&self, command: &str, place: usize, code: i32) {
        let guide = guide(self.name);
        let blocks = blocks(&guide, "console");
        let shown = blocks.iter().filter_map(|block| {
            let (first, rest) = block.split_once('\n')?;
            (first == format!("$ {command}")).then_some(rest)
        });
        let shown = shown.clone().nth(place).expect("the guide has the command");
        let said = self.kiln(command, code);
        assert_eq!(masked(&said), masked(shown), "{command}\n{said}");
    }
}

fn guide(name: &str) -> String {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    std::fs::read_to_string(docs.join(format!("{name}.md"))).unwrap()
}

/// The code blocks of a language.
fn blocks(guide: &str, language: &str) -> Vec<String> {
    let begin = format!("```{language}\n");
    let parts = guide.split(&begin).skip(1);
    parts
        .map(|part| part.split("```").next().unwrap().to_owned())
        .collect()
}

/// Without digests and sizes, and with single spaces.
fn masked(text: &str) -> String {
    let hex = Regex::new(r"\b[0-9a-f]{12,64}\b").unwrap();
    let size = Regex::new(r"\b[0-9.]+ (GB|MB|kB|bytes)\b").unwrap();
    let spaces = Regex::new(r" +").unwrap();
    let text = hex.replace_all(text.trim_end(), "<digest>");
    let text = size.replace_all(&text, "<size>");
    spaces.replace_all(&text, " ").into_owned()
}

fn the_nightly_guide(kind: Kind) {
    let guide = Guide::new(World::shared(kind), "nightly");
    guide.base("D1");
    guide.manifest(
        "workspace \"cimg\" { publish \"docker.io/cimg/{image}\"; stage \"docker.io/cimg/stage\" }
        base \"debian\" from=\"debian:13\"
        toolset \"app\" { run \"echo app > /app\" }
        toolset \"go\" { run \"echo go > /go\" }
        image \"go\" { axis \"version\" kind=\"version\" rungs=\"full minor\" { value \"1.27.0\" }
            from base=\"debian\"; use \"go\"; tag \"{version}\" }
        image \"app\" { from image=\"go\" version=\"1.27.0\"; use \"app\"; tag \"stable\" }",
    );
    guide.kiln("kiln build --push", 0);
    guide.base("D2");
    guide.shows("kiln nightly --dry-run", 0, 0);
    guide.shows("kiln stale", 0, 1);
    guide.kiln("kiln nightly", 0);
    guide.kiln("kiln stale", 0);
}

fn the_release_guide(kind: Kind) {
    let guide = Guide::new(World::shared(kind), "release");
    guide.base("D1");
    let text = blocks(&self::guide("release"), "kdl").remove(0);
    let built = |word: &str| {
        let with = "use \"tools\"\n    tag \"edge\"";
        let tools = format!("toolset \"tools\" {{ run \"echo {word}\" }}\n");
        tools + &text.replace("tag \"edge\"", with)
    };
    guide.manifest(&built("first"));
    guide.kiln("kiln build --push", 0);
    guide.kiln("kiln release", 0);
    guide.manifest(&built("old"));
    guide.kiln("kiln build --push", 0);
    guide.shows("kiln release --dry-run", 0, 0);
    guide.manifest(&built("new"));
    guide.shows("kiln release", 0, 1);
    guide.manifest(&built("old"));
    guide.kiln("kiln release", 0);
    guide.shows("kiln rollback go:stable --dry-run", 0, 0);
    guide.shows("kiln rollback go:stable --all-tags", 0, 0);
}

fn the_retention_guide(kind: Kind) {
    let guide = Guide::new(World::shared(kind), "retention");
    guide.base("D1");
    let built = |word: &str| {
        guide.manifest(&format!(
            "workspace \"cimg\" {{ publish \"docker.io/cimg/{{image}}\"; stage \"docker.io/cimg/stage\" }}
            base \"debian\" from=\"debian:13\"
            toolset \"go\" {{ run \"echo {word} > /go\" }}
            image \"go\" {{ from base=\"debian\"; use \"go\"; tag \"1\" }}"
        ));
        guide.kiln("kiln build --push", 0);
    };
    ["first", "second", "third"].into_iter().for_each(built);
    let young = guide.kiln("kiln prune", 0);
    assert!(young.contains("nothing"), "{young}");
    let dry = guide.kiln("kiln prune --keep 0 --now 2036-01-01", 0);
    assert!(
        dry.contains("\nWHAT ") && dry.contains("`--yes` removes it"),
        "{dry}"
    );
    let done = guide.kiln("kiln prune --keep 0 --now 2036-01-01 --yes", 0);
    assert_eq!(done.matches("\nimage ").count(), 1, "{done}");
    let kept = guide.kiln("kiln build --push", 0);
    assert!(kept.contains("1 up to date"), "{kept}");
}
