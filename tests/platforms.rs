//! Images for two platforms on one engine: one half is emulated, and each half is what its label says.

mod world;

use std::path::PathBuf;
use std::process::{Command, Output};
use world::{Kind, World};

on_every_engine!(
    one_tag_for_two_platforms,
    the_classic_builder_builds_two_platforms,
);
on_engine!(engine_podman, Podman, podman_builds_two_platforms);

/// The port of the server for downloads.
const PORT: u16 = 7200;

/// Two images for amd64 and arm64, and one that is for amd64 in one of its variants.
struct Fleet<'w> {
    world: &'w World,
    name: &'static str,
    dir: PathBuf,
}

impl<'w> Fleet<'w> {
    /// `None` if the machine emulates nothing.
    fn new(world: &'w World, name: &'static str) -> Option<Self> {
        if !world.emulate() {
            return None;
        }
        let dir = world.dir().join(format!("platforms-{name}"));
        std::fs::create_dir_all(&dir).unwrap();
        world.push_base_index(&format!("{}/base/two:1", world.registry()));
        Some(Self { world, name, dir })
    }

    fn write(&self, syntax: &str, more: &str, step: &str) {
        let (registry, name) = (self.world.registry(), self.name);
        let text = format!(
            r#"workspace "w" {{
    publish "{registry}/{name}/{{image}}"
    stage "{registry}/{name}/stage"
    syntax "{syntax}"
}}
platforms "two" "linux/amd64" "linux/arm64"
base "two" from="{registry}/base/two:1"
toolset "where" {{
    run "{step}"
    check run="uname -m" contains="{{arch.uname}}"
    check file="/built-on" contains="{{arch.uname}}"
}}
image "root" {{ from base="two"; platforms "two"; use "where"; tag "1" }}
{more}
"#
        );
        std::fs::write(self.dir.join("kiln.kdl"), text).unwrap();
    }

    /// A tool set with an archive for each architecture, and a child.
    fn more() -> String {
        format!(
            r#"toolset "tool" {{
    archive "http://127.0.0.1:{PORT}/tool-{{arch}}.tgz" into="/opt/tool" strip=1
    check run="/opt/tool/tool" contains="tool for {{arch}} on {{arch.uname}}"
}}
image "app" {{
    axis "kind" {{ value "full"; value "slim" }}
    from image="root"
    platforms "two"
    when kind="slim" {{ platforms "-linux/arm64" }}
    use "tool"
    tag "{{kind}}"
}}"#
        )
    }

    fn serve(&self) {
        let served = self.dir.join("served");
        std::fs::create_dir_all(&served).unwrap();
        for arch in ["amd64", "arm64"] {
            let folder = self.dir.join(format!("packed-{arch}"));
            std::fs::create_dir_all(&folder).unwrap();
            let script = format!("#!/bin/sh\necho tool for {arch} on $(uname -m)\n");
            std::fs::write(folder.join("tool"), script).unwrap();
            let packed = Command::new("sh")
                .args([
                    "-c",
                    "chmod 755 \"$1/tool\" && tar -czf \"$2\" -C \"$1/..\" \"$(basename \"$1\")\"",
                    "sh",
                ])
                .arg(&folder)
                .arg(served.join(format!("tool-{arch}.tgz")))
                .status();
            assert!(packed.unwrap().success());
        }
        self.world.files(PORT, &served);
    }

    /// Runs kiln; returns its exit code and everything that it said.
    fn kiln(&self, args: &[&str]) -> (Option<i32>, String) {
        let mut kiln = self.world.kiln(&self.dir);
        let Output {
            status,
            stdout,
            stderr,
        } = kiln.args(args).output().unwrap();
        let text = [stderr, stdout].map(|text| String::from_utf8_lossy(&text).into_owned());
        (status.code(), text.concat())
    }

    #[track_caller]
    fn check(&self, args: &[&str], code: i32, expect: &[&str]) {
        let (got, text) = self.kiln(args);
        assert_eq!(got, Some(code), "{args:?}\n{text}");
        for one in expect {
            assert!(text.contains(one), "{args:?}: `{one}` in\n{text}");
        }
    }

    fn reference(&self, tag: &str) -> String {
        format!("{}/{}/{tag}", self.world.registry(), self.name)
    }

    /// The architectures of the index that a tag names, with their digests.
    fn parts(&self, tag: &str) -> Vec<(String, String)> {
        let index = self.world.manifest(&self.reference(tag));
        let parts = index["manifests"]
            .as_array()
            .unwrap_or_else(|| panic!("{tag}: {index}"));
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let part = |one: &serde_json::Value| {
            (text(&one["platform"]["architecture"]), text(&one["digest"]))
        };
        parts.iter().map(part).collect()
    }

    /// What a command prints in each half of an index, started by its digest.
    #[track_caller]
    fn check_halves(&self, tag: &str, command: &str, expect: [&str; 2]) {
        let parts = self.parts(tag);
        let architectures: Vec<&str> = parts.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(architectures, ["amd64", "arm64"], "{tag}");
        let repository = self.reference(tag.split(':').next().unwrap());
        for ((architecture, digest), expect) in parts.iter().zip(expect) {
            let mut docker = self.world.command("docker");
            let platform = format!("linux/{architecture}");
            let output = docker
                .args(["run", "--rm", "--network", "none", "--platform", &platform])
                .args([&format!("{repository}@{digest}"), "sh", "-c", command])
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            assert_eq!(said.trim(), expect, "{tag} on {architecture}: {output:?}");
        }
    }
}

const BUILT: &str = "uname -m > /built-on";

/// Downloads by architecture with their locked checksums, `platforms` in `when`, checks, a child, and one index over both
/// halves; then a platform that fails, and one that the engine does not run. DESIGN's promise G23: what is labelled a platform
/// runs on it.
fn one_tag_for_two_platforms(kind: Kind) {
    let Some(fleet) = Fleet::new(World::shared(kind), "two") else {
        return;
    };
    fleet.serve();
    fleet.write("buildkit", &Fleet::more(), BUILT);
    fleet.check(
        &["lock"],
        0,
        &["tool-amd64.tgz", "tool-arm64.tgz", "2 added"],
    );
    let emulated = "note: linux/arm64 is emulated by Docker Engine";
    // The emulator is seconds old, and BuildKit may not have noticed it: the build waits for that, and a plan does not.
    let (code, text) = fleet.kiln(&["build", "--push", "--format", "json"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains(emulated), "{text}");
    fleet.check(&["plan", "--force"], 0, &[emulated, "slower: 2 images"]);
    fleet.check_halves(
        "root:1",
        "uname -m; cat /built-on",
        ["x86_64\nx86_64", "aarch64\naarch64"],
    );
    let tool = ["tool for amd64 on x86_64", "tool for arm64 on aarch64"];
    fleet.check_halves("app:full", "/opt/tool/tool", tool);
    let slim = fleet.world.manifest(&fleet.reference("app:slim"));
    assert!(slim.get("manifests").is_none(), "{slim}");
    fleet.check(&["build", "--push"], 0, &["3 up to date"]);
    a_failing_platform_moves_nothing(&fleet);
    an_unknown_platform_is_refused(&fleet);
}

/// One half fails: the index stays, the platform is named, and the other half is not lost.
fn a_failing_platform_moves_nothing(fleet: &Fleet<'_>) {
    for (machine, platform) in [("aarch64", "linux/arm64"), ("x86_64", "linux/amd64")] {
        let before = fleet.parts("root:1");
        let step = format!("{BUILT}; ! uname -m | grep {machine}");
        fleet.write("buildkit", "", &step);
        let named = format!("root:1 {platform}: build failed");
        fleet.check(&["build", "--push", "--quiet"], 1, &[&named, "1 failed in"]);
        assert_eq!(fleet.parts("root:1"), before, "{platform}");
    }
}

fn an_unknown_platform_is_refused(fleet: &Fleet<'_>) {
    let more =
        "image \"big\" { from base=\"two\"; platforms \"linux/s390x\"; use \"where\"; tag \"1\" }";
    fleet.write("buildkit", more, BUILT);
    let refused = "is for linux/s390x, which Docker Engine";
    let help = "install emulators on the machine of the engine (kiln's docs/engines.md)";
    fleet.check(&["build", "big", "--push"], 2, &["big:1: ", refused, help]);
    assert_eq!(fleet.world.digest(&fleet.reference("big:1")), None);
}

/// It takes one image by digest, so each half gets the digest of its own.
fn the_classic_builder_builds_two_platforms(kind: Kind) {
    classic(kind, "classic");
}

fn podman_builds_two_platforms(kind: Kind) {
    classic(kind, "podman");
}

fn classic(kind: Kind, name: &'static str) {
    let Some(fleet) = Fleet::new(World::shared(kind), name) else {
        return;
    };
    let child =
        "image \"app\" { from image=\"root\"; platforms \"two\"; use \"where\"; tag \"1\" }";
    fleet.write("classic", child, BUILT);
    let build: &[&str] = match kind {
        Kind::Podman => &["build", "--push"],
        _ => &["build", "--push", "--builder", "classic"],
    };
    fleet.check(build, 0, &["2 published"]);
    let (code, text) = fleet.kiln(&["build", "--push"]);
    assert!(code == Some(0) && text.contains("2 up to date"), "{text}");
    fleet.check_halves("app:1", "cat /built-on", ["x86_64", "aarch64"]);
}
