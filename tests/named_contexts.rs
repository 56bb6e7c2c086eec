//! `contexts` on real engines: folders, images and images of the manifest in the place of names, with both builders.

mod world;

use std::path::{Path, PathBuf};
use world::{Kind, World};

on_every_engine!(
    names_stand_for_folders_and_images,
    only_what_is_read_of_a_folder_counts
);

/// The stages `builder` and `bare` cannot be built: their contexts take their place.
const APP: &str = "FROM gone.example/golang AS builder
COPY nowhere /
RUN exit 1

FROM gone.example/bare AS bare
RUN exit 1

FROM kit AS files
FROM alpine
COPY --from=builder /made /made
COPY --from=0 /made /made-by-number
COPY --from=files /bin/x.sh /from-stage
COPY --from=kit bin/*.sh doc /kit/
COPY --from=empty . /empty/
COPY --from=none . /none/
COPY --from=bare . /bare/
COPY . /own/
RUN test \"$(cat /made)\" = parent && cmp /made /made-by-number && cmp /from-stage /kit/x.sh \\
  && test \"$(ls /kit)\" = \"$(printf 'readme\\nx.sh')\" && /kit/x.sh && test -z \"$(ls -A /empty)$(ls -A /none)$(ls -A /bare)\" \\
  && test \"$(ls -A /own)\" = Dockerfile
";

/// A folder as the ground of an image.
const WHOLE: &str = "FROM kit
COPY --from=alpine /bin /bin
RUN test \"$(ls -A /bin/x.sh /doc)\" = \"$(printf '/bin/x.sh\\n\\n/doc:\\nreadme')\"
";

const MOUNTED: &str = "FROM alpine
RUN --mount=from=kit,source=bin,target=/k /k/x.sh && test ! -e /k/readme
";

fn write(dir: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = dir.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

fn workspace(world: &World, name: &str, images: &str) -> PathBuf {
    let registry = world.registry();
    let busybox = format!("{registry}/base/busybox:1");
    world.import_base("busybox", &busybox);
    let dir = world.dir().join(name);
    let images = images.replace("BUSYBOX", &busybox);
    let manifest = format!(
        "workspace \"w\" {{ publish \"{registry}/{name}/{{image}}\"; stage \"{registry}/{name}/stage\" }}\n{images}"
    );
    let parent = format!("FROM {busybox}\nRUN echo parent > /made\n");
    write(
        &dir,
        &[
            ("kiln.kdl", &manifest),
            ("app/Dockerfile", APP),
            ("whole/Dockerfile", WHOLE),
            ("mounted/Dockerfile", MOUNTED),
            ("parent/Dockerfile", &parent),
            ("kit/.dockerignore", "secret\n"),
            ("kit/bin/x.sh", "#!/bin/sh\nexit 0\n"),
            ("kit/doc/readme", "read me\n"),
            ("kit/secret", "s\n"),
        ],
    );
    std::fs::create_dir_all(dir.join("empty")).unwrap();
    let script = dir.join("kit/bin/x.sh");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(script, executable).unwrap();
    dir
}

/// All output of a command that succeeds.
#[track_caller]
fn kiln(world: &World, dir: &Path, args: &[&str]) -> String {
    let output = world.kiln(dir).args(args).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {text}");
    text.into_owned()
}

fn names_stand_for_folders_and_images(kind: Kind) {
    let world = World::shared(kind);
    let kit = r#"contexts "kit" "./kit"; contexts "alpine" "BUSYBOX"; tag "1""#;
    let images = format!(
        r#"image "app" {{ dockerfile "app/Dockerfile"; contexts "builder" "parent"; contexts "empty" "empty"; contexts "none" "scratch"; contexts "bare" "scratch"; {kit} }}
image "whole" {{ dockerfile "whole/Dockerfile"; {kit} }}
image "mounted" {{ dockerfile "mounted/Dockerfile"; {kit} }}
image "parent" {{ dockerfile "parent/Dockerfile"; tag "1" }}
"#
    );
    let dir = workspace(world, "named", &images);
    for builder in ["buildkit", "classic"] {
        let args = ["build", "app", "whole", "parent", "--builder", builder];
        kiln(world, &dir, &args);
    }
    let mounted = kiln(world, &dir, &["build", "mounted", "app"]);
    // Nothing of the run is left on the engine. Another test runs on it at the same time.
    let start = mounted.find("localhost/kiln/context:k").expect("a step");
    let run = &mounted[start..start + "localhost/kiln/context:k012345678".len()];
    let images = world.api("GET", "/images/json");
    assert!(!images.contains(run), "{run}: {images}");
    kiln(world, &dir, &["build", "--push"]);
    let again = kiln(world, &dir, &["build", "--push"]);
    assert!(again.contains("4 up to date"), "{again}");
}

fn only_what_is_read_of_a_folder_counts(kind: Kind) {
    let world = World::shared(kind);
    let image = r#"image "app" { dockerfile "app/Dockerfile"; tag "1"
        contexts "kit" "./kit"; contexts "alpine" "BUSYBOX" }"#;
    let dir = workspace(world, "read", image);
    let dockerfile = "FROM alpine\nCOPY --from=kit bin /bin2\nRUN /bin2/x.sh\n";
    write(&dir, &[("app/Dockerfile", dockerfile)]);
    kiln(world, &dir, &["build", "--push"]);
    write(
        &dir,
        &[("kit/doc/readme", "another\n"), ("kit/new", "new\n")],
    );
    let unread = kiln(world, &dir, &["plan"]);
    assert!(unread.contains("nothing to do"), "{unread}");
    write(&dir, &[("kit/bin/x.sh", "#!/bin/sh\necho edited\n")]);
    let read = kiln(world, &dir, &["plan"]);
    assert!(
        read.contains("recipe changed: 1 file") && read.contains("~kit:bin/x.sh"),
        "{read}"
    );
    let built = kiln(world, &dir, &["build", "--push"]);
    assert!(
        built.contains("edited") && built.contains("1 published"),
        "{built}"
    );
    let manifest = std::fs::read_to_string(dir.join("kiln.kdl")).unwrap();
    let image = format!("{}/base/busybox:1", world.registry());
    write(&dir, &[("kiln.kdl", &manifest.replace("./kit", &image))]);
    let replaced = kiln(world, &dir, &["plan"]);
    let evidence = format!("contexts kit=a folder -> {image}");
    assert!(replaced.contains(&evidence), "{replaced}");
    // The builder names the line of the author's file.
    write(&dir, &[("kiln.kdl", &manifest)]);
    write(
        &dir,
        &[("app/Dockerfile", "FROM alpine\n\nCOPY --from=kit gone /x\n")],
    );
    let failed = world.kiln(&dir).arg("build").output().unwrap();
    let text = String::from_utf8_lossy(&failed.stdout) + String::from_utf8_lossy(&failed.stderr);
    assert_eq!(failed.status.code(), Some(1), "{text}");
    assert!(
        text.contains("build failed at app/Dockerfile:3 (kiln.kdl:"),
        "{text}"
    );
}
