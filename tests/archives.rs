//! Downloads match kiln.lock, or nothing is built from them: on real engines, with a server whose files change.

mod world;

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU16, Ordering};
use world::{Kind, World};

on_every_engine!(
    a_changed_download_stops_the_build,
    a_changed_download_stops_the_classic_builder
);

fn a_changed_download_stops_the_build(kind: Kind) {
    changed(kind, "buildkit");
}

fn a_changed_download_stops_the_classic_builder(kind: Kind) {
    changed(kind, "classic");
}

struct Fleet<'w> {
    world: &'w World,
    dir: PathBuf,
    port: u16,
    builder: &'static str,
}

impl<'w> Fleet<'w> {
    fn new(world: &'w World, builder: &'static str) -> Self {
        static PORT: AtomicU16 = AtomicU16::new(7000);
        world.import_base("busybox", &format!("{}/base/busybox:1", world.registry()));
        let dir = world.dir().join(format!("archives-{builder}"));
        std::fs::create_dir_all(dir.join("served")).unwrap();
        let fleet = Self {
            world,
            dir,
            port: PORT.fetch_add(1, Ordering::Relaxed),
            builder,
        };
        fleet.serve("one");
        world.files(fleet.port, &fleet.dir.join("served"));
        fleet.manifest(1);
        fleet
    }

    /// Serves one archive per platform, and a file.
    fn serve(&self, word: &str) {
        let served = self.dir.join("served");
        for arch in ["amd64", "arm64"] {
            let folder = self.dir.join(format!("packed/tool-{word}/bin"));
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(
                folder.join("tool"),
                format!("#!/bin/sh\necho tool {word} {arch}\n"),
            )
            .unwrap();
            let script = "chmod 755 \"$1/bin/tool\" && tar -czf \"$2\" -C \"$(dirname \"$1\")\" \"$(basename \"$1\")\"";
            let mut packed = Command::new("sh");
            packed
                .args(["-c", script, "sh"])
                .arg(folder.parent().unwrap())
                .arg(served.join(format!("tool-{arch}.tgz")));
            assert!(packed.status().unwrap().success());
        }
        std::fs::write(served.join("helper"), "#!/bin/sh\necho helper\n").unwrap();
    }

    fn manifest(&self, round: u32) {
        let (registry, builder, port) = (self.world.registry(), self.builder, self.port);
        let text = format!(
            r#"workspace "archives" {{
    publish "{registry}/{builder}/{{image}}"
    stage "{registry}/{builder}/stage"
    syntax "{builder}"
}}
base "busybox" from="{registry}/base/busybox:1"
toolset "tool" {{
    archive "http://127.0.0.1:{port}/tool-{{arch}}.tgz" into="/opt/tool" strip=1
    fetch "http://127.0.0.1:{port}/helper" into="/usr/local/bin/helper" mode="0755"
    check run="/opt/tool/bin/tool && helper" contains="helper"
}}
image "core" {{ from base="busybox"; use "tool"; env ROUND="{round}"; tag "1" }}
image "app" {{ from image="core"; env APP="1"; tag "1" }}
image "other" {{ from base="busybox"; env ROUND="{round}"; tag "1" }}
"#
        );
        std::fs::write(self.dir.join("kiln.kdl"), text).unwrap();
    }

    fn kiln(&self, args: &[&str]) -> (Option<i32>, String) {
        let Output {
            status,
            stdout,
            stderr,
        } = self.world.kiln(&self.dir).args(args).output().unwrap();
        (
            status.code(),
            format!(
                "{}{}",
                String::from_utf8_lossy(&stderr),
                String::from_utf8_lossy(&stdout)
            ),
        )
    }

    #[track_caller]
    fn check(&self, args: &[&str], code: i32, expect: &[&str]) {
        let (got, text) = self.kiln(args);
        assert!(
            got == Some(code) && expect.iter().all(|word| text.contains(word)),
            "{args:?} is {got:?}, not {code} with {expect:?}\n{text}"
        );
    }

    #[track_caller]
    fn build(&self, code: i32, expect: &[&str]) {
        self.check(
            &["build", "--push", "--builder", self.builder],
            code,
            expect,
        );
    }

    fn digest(&self, image: &str) -> Option<String> {
        self.world.digest(&format!(
            "{}/{}/{image}:1",
            self.world.registry(),
            self.builder
        ))
    }
}

fn changed(kind: Kind, builder: &'static str) {
    let world = World::shared(kind);
    let fleet = Fleet::new(world, builder);
    fleet.build(2, &["the checksum of", "run `kiln lock`"]);
    assert_eq!(fleet.digest("core"), None);
    fleet.check(&["lock"], 0, &["kiln.lock: 2 added"]);
    let locked = std::fs::read_to_string(fleet.dir.join("kiln.lock")).unwrap();
    fleet.build(0, &[]);
    let first = fleet.digest("core");
    assert!(first.is_some() && fleet.digest("app").is_some());

    // The same address with other content: the build fails before the file is unpacked.
    fleet.serve("two");
    fleet.manifest(2);
    let other = fleet.digest("other");
    fleet.build(
        1,
        &[
            "/tool-amd64.tgz does not match the checksum in kiln.lock (sha256:",
            "kiln.kdl:8",
        ],
    );
    assert_eq!(fleet.digest("core"), first);
    assert_ne!(
        fleet.digest("other"),
        other,
        "an image without the download is published"
    );
    fleet.check(
        &["lock"],
        1,
        &[
            "tool-amd64.tgz: the content has changed",
            "locked sha256:",
            "served sha256:",
        ],
    );
    assert_eq!(
        std::fs::read_to_string(fleet.dir.join("kiln.lock")).unwrap(),
        locked
    );

    // The user accepts the new content.
    fleet.check(&["lock", "--update"], 0, &["kiln.lock: 1 updated, 1 kept"]);
    fleet.build(0, &[]);
    assert!(fleet.digest("core").is_some_and(|new| Some(new) != first));
    fleet.check(&["lock", "--check"], 0, &["complete, 2 locked"]);
    world.stop_files(fleet.port);
    fleet.check(&["lock", "core"], 3, &["is out of reach"]);
    fleet.build(0, &[]);
}
