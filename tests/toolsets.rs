//! Builds tool sets on Debian: packages, a user, labels and downloads with digests, with BuildKit and with the classic
//! builder. Also tests the messages when a step fails or an engine cannot build a file.

mod world;

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use world::{Kind, World};

on_every_engine!(
    a_primary_image_is_built_and_passes_its_checks,
    the_classic_builder_builds_the_plain_forms,
    a_failing_step_names_template_and_manifest,
    unsupported_syntax_is_refused_at_once,
);

/// A workspace, and a server for its downloads.
struct Sets<'w> {
    world: &'w World,
    dir: PathBuf,
    name: String,
    server: Child,
    port: u16,
}

impl Drop for Sets<'_> {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn run(program: &str, args: &[&str], dir: &Path) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(program)
        .args(args)
        .current_dir(dir)
        .output()
        .expect("a command that starts");
    assert!(
        status.success(),
        "{program} {args:?}: {}",
        String::from_utf8_lossy(&stderr)
    );
    String::from_utf8_lossy(&stdout).into_owned()
}

impl<'w> Sets<'w> {
    fn new(world: &'w World, name: &str) -> Self {
        static PORT: std::sync::atomic::AtomicU16 = std::sync::atomic::AtomicU16::new(8100);
        let port = PORT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let dir = world.dir().join(format!("sets-{name}"));
        let served = dir.join("served");
        std::fs::create_dir_all(served.join("hello-1.2/bin")).unwrap();
        std::fs::write(
            served.join("hello-1.2/bin/hello"),
            "#!/bin/sh\necho hello 1.2\n",
        )
        .unwrap();
        std::fs::write(served.join("tool"), "#!/bin/sh\necho tool\n").unwrap();
        run("chmod", &["755", "hello-1.2/bin/hello"], &served);
        run("tar", &["-czf", "hello-1.2.tar.gz", "hello-1.2"], &served);
        std::fs::write(dir.join("motd"), "welcome\n").unwrap();
        let server = world
            .command("/bin/busybox")
            .args(["httpd", "-f", "-p", &format!("127.0.0.1:{port}"), "-h"])
            .arg(&served)
            .spawn()
            .unwrap();
        world.import_base("debian", &format!("{}/base/debian:1", world.registry()));
        Self {
            world,
            dir,
            name: name.to_owned(),
            server,
            port,
        }
    }

    fn digest(&self, file: &str) -> String {
        let said = run("sha256sum", &[file], &self.dir.join("served"));
        format!("sha256:{}", said.split(' ').next().unwrap())
    }

    /// A primary image, and a child that extends it.
    fn write(&self, syntax: &str, step: &str) {
        let (registry, name, port) = (self.world.registry(), &self.name, self.port);
        let (archive, tool) = (self.digest("hello-1.2.tar.gz"), self.digest("tool"));
        let text = format!(
            r#"workspace "{name}" {{
    publish "{registry}/{name}/{{image}}"
    stage "{registry}/{name}/stage"
    syntax {syntax}
}}
base "debian" from="{registry}/base/debian:1"
toolset "hello" {{
    param "version"
    needs "circleci"
    archive "http://127.0.0.1:{port}/hello-{{version}}.tar.gz" into="/usr/local" strip=1 digest="{archive}"
    fetch "http://127.0.0.1:{port}/tool" into="/usr/local/bin/tool" mode="0755" digest="{tool}"
    file "motd" into="/etc/motd" mode="0600" owner="circleci"
    env HELLO="yes"
    run "{step}"
    check run="hello" contains="hello {{version}}"
    check run="tool" contains="tool"
    check file="/usr/local/bin/tool" mode="0755" owner="0:0"
    check file="/etc/motd" mode="0600" owner="circleci"
    check file="/etc/hello" contains="hello 1.2"
    check file="/fetched" absent
    check file="/var/cache/apt/kiln" absent
}}
image "primary" {{
    from base="debian"
    use "hello" version="1.2"
    user "circleci" uid=3434 shell="/bin/bash"
    workdir "/home/circleci/project"
    entrypoint "/usr/bin/env"
    cmd "bash" "-c" "hello"
    expose 8080
    stopsignal "SIGINT"
    label org.opencontainers.image.licenses="MIT" org.opencontainers.image.description="costs $5"
    tag "1"
    check user="circleci"
    check env="HELLO" value="yes"
    check label="org.opencontainers.image.title" value="primary"
    check label="org.opencontainers.image.description" value="costs $5"
    check run="id -un; pwd; test -w ." contains="circleci" "/home/circleci/project"
}}
image "child" {{
    from image="primary"
    use "netcat"
    tag "1"
    check user="circleci"
    check label="org.opencontainers.image.title" value="child"
    check label="org.opencontainers.image.description" value=""
    check label="org.opencontainers.image.licenses" value="MIT"
}}
"#
        );
        std::fs::write(self.dir.join("kiln.kdl"), text).unwrap();
    }

    fn kiln(&self, args: &[&str]) -> (Option<i32>, Vec<Value>, String) {
        let output = self
            .world
            .kiln(&self.dir)
            .args(args)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        let events = out
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        (
            output.status.code(),
            events,
            format!("{out}{}", String::from_utf8_lossy(&output.stderr)),
        )
    }

    /// Builds and publishes. A second build has every step cached: it reports at most `most` steps that ran for the image
    /// with downloads, and none for its child, which is based on the same image.
    fn build(&self, more: &[&str], most: u64) {
        let args: Vec<&str> = ["build", "--push", "--format", "json"]
            .iter()
            .chain(more)
            .copied()
            .collect();
        let (code, _, text) = self.kiln(&args);
        assert_eq!(code, Some(0), "{text}");
        for image in ["primary", "child"] {
            let reference = format!("{}/{}/{image}:1", self.world.registry(), self.name);
            assert!(
                self.world.digest(&reference).is_some(),
                "{reference}\n{text}"
            );
        }
        let args: Vec<&str> = ["build", "--format", "json"]
            .iter()
            .chain(more)
            .copied()
            .collect();
        let (code, events, text) = self.kiln(&args);
        assert_eq!(code, Some(0), "{text}");
        for done in events
            .iter()
            .filter(|e| e["event"] == "done" && e["action"] == "build")
        {
            let most = if done["variant"] == "primary:1" || most == u64::MAX {
                most
            } else {
                0
            };
            assert!(
                done["ran"].as_u64().is_some_and(|ran| ran <= most),
                "{done}\n{text}"
            );
        }
    }
}

const STEP: &str = "hello > /etc/hello";

fn a_primary_image_is_built_and_passes_its_checks(kind: Kind) {
    let sets = Sets::new(World::shared(kind), "primary");
    // The oldest engine does not support `COPY --link`; the newest must give the same result with it.
    sets.write(
        if kind == Kind::V20_10 {
            "\"buildkit\""
        } else {
            "\"buildkit\" engine=\"23.0\""
        },
        STEP,
    );
    // Newer BuildKit versions count the requests that check whether the two files have changed.
    sets.build(&[], 2);
}

fn the_classic_builder_builds_the_plain_forms(kind: Kind) {
    let sets = Sets::new(World::shared(kind), "plain");
    sets.write("\"classic\"", STEP);
    // With a previous image as cache, this builder uses no other cache: the stages, which are not in it, run again.
    // With the containerd store, kiln passes no previous image, and the builder uses its own cache.
    sets.build(
        &["--builder", "classic"],
        if kind.containerd_store() { u64::MAX } else { 6 },
    );
}

fn a_failing_step_names_template_and_manifest(kind: Kind) {
    let sets = Sets::new(World::shared(kind), "fails");
    sets.write("\"buildkit\"", "nobody-can-do-this");
    let (code, events, text) = sets.kiln(&["build", "--format", "json"]);
    assert_eq!(code, Some(1), "{text}");
    let failed = events
        .iter()
        .find(|e| e["event"] == "failed" && e["action"] == "build")
        .unwrap_or_else(|| panic!("{text}"));
    let place = failed["place"].as_str().unwrap_or_default();
    assert!(
        place.starts_with(".circleci/images/primary/Dockerfile:"),
        "{failed}"
    );
    assert!(
        place.contains("templates/kiln/toolset.hbs:") && place.contains("kiln.kdl:14:"),
        "{failed}"
    );
}

fn unsupported_syntax_is_refused_at_once(kind: Kind) {
    let sets = Sets::new(World::shared(kind), "refused");
    sets.write("\"buildkit\"", STEP);
    let (code, _, text) = sets.kiln(&["build", "--builder", "classic"]);
    assert_eq!(code, Some(2), "{text}");
    assert!(
        text.contains("RUN --mount needs BuildKit")
            && text.contains("leave out `--builder classic`"),
        "{text}"
    );
    sets.write("\"buildkit\" engine=\"99.0\"", STEP);
    let (code, _, text) = sets.kiln(&["build"]);
    assert_eq!(code, Some(2), "{text}");
    assert!(
        text.contains("the workspace declares an engine from 99.0 on"),
        "{text}"
    );
}
