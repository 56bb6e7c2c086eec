//! What builds take besides Dockerfile and context, on real engines: `target`, `network`, `shm-size`, `extra-host`,
//! `ulimit`, `retries`, `--set`.

mod world;

use std::path::{Path, PathBuf};
use world::{Kind, World};

on_every_engine!(
    options_reach_the_build,
    a_failed_step_is_tried_again,
    warnings_of_the_builder_are_shown_once,
    one_run_changes_an_argument,
    stages_that_are_not_needed_are_not_built
);

fn workspace(world: &World, name: &str, images: &str, dockerfiles: &[(&str, &str)]) -> PathBuf {
    let registry = world.registry();
    world.import_base("busybox", &format!("{registry}/base/busybox:1"));
    let dir = world.dir().join(name);
    for (image, text) in dockerfiles {
        std::fs::create_dir_all(dir.join(image)).unwrap();
        let text = text.replace("FROM base", &format!("FROM {registry}/base/busybox:1"));
        std::fs::write(dir.join(image).join("Dockerfile"), text).unwrap();
    }
    let manifest = format!(
        "workspace \"w\" {{ publish \"{registry}/{name}/{{image}}\"; stage \"{registry}/{name}/stage\" }}\n{images}"
    );
    std::fs::write(dir.join("kiln.kdl"), manifest).unwrap();
    dir
}

/// The exit code and all output.
fn kiln(world: &World, dir: &Path, args: &[&str]) -> (Option<i32>, String) {
    let output = world.kiln(dir).args(args).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.code(), text.into_owned())
}

fn options_reach_the_build(kind: Kind) {
    let world = World::shared(kind);
    let dir = workspace(
        world,
        "options",
        "image \"app\" { dockerfile \"app/Dockerfile\"; tag \"1\"; target \"app\"
            network \"none\"; extra-host \"mirror:10.1.2.3\" }
         image \"limited\" { dockerfile \"limited/Dockerfile\"; tag \"1\"; shm-size \"32m\"; ulimit \"nofile=1234:2345\" }\n",
        &[
            (
                "app",
                "FROM base AS app\nRUN grep 10.1.2.3 /etc/hosts && test \"$(ls /sys/class/net)\" = lo\n\
                 FROM base AS last\nRUN echo the last stage is built && exit 1\n",
            ),
            (
                "limited",
                "FROM base\nRUN test \"$(df -k /dev/shm | tail -n 1 | awk '{print $2}')\" = 32768 && test \"$(ulimit -n)\" = 1234\n",
            ),
        ],
    );
    let lacking = "`shm-size` is known to BuildKit in engines from 23.0 on";
    // A plan says it beforehand, and refuses nothing: another engine may build it.
    let (code, text) = kiln(world, &dir, &["plan"]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(text.contains(lacking), kind == Kind::V20_10, "{text}");
    for builder in ["buildkit", "classic"] {
        let build = |image: &str| kiln(world, &dir, &["build", image, "--builder", builder]);
        let (code, text) = build("app");
        assert_eq!(code, Some(0), "{builder}: {text}");
        let (code, text) = build("limited");
        if kind == Kind::V20_10 && builder == "buildkit" {
            assert_eq!(code, Some(2), "{text}");
            assert!(text.contains(lacking), "{text}");
        } else {
            assert_eq!(code, Some(0), "{builder}: {text}");
        }
    }
}

/// The classic builder builds every stage before the last one.
fn stages_that_are_not_needed_are_not_built(kind: Kind) {
    let world = World::shared(kind);
    let text = format!(
        "FROM {0}/base/gone:1 AS dead\nRUN exit 1\nFROM base AS tests\nCOPY missing /\nRUN exit 1\nFROM base AS used\n\
         RUN echo used > /used\nFROM base\nCOPY --from=2 /used /\nRUN grep used /used\n",
        world.registry()
    );
    let image = "image \"app\" { dockerfile \"app/Dockerfile\"; tag \"1\" }\n";
    let dir = workspace(world, "unneeded", image, &[("app", &text)]);
    for builder in ["buildkit", "classic"] {
        let (code, text) = kiln(world, &dir, &["build", "--builder", builder]);
        assert_eq!(code, Some(0), "{builder}: {text}");
    }
}

fn one_run_changes_an_argument(kind: Kind) {
    let world = World::shared(kind);
    let dir = workspace(
        world,
        "set",
        "image \"app\" { dockerfile \"app/Dockerfile\"; tag \"latest\"; arg V=\"manifest\" }\n",
        &[(
            "app",
            "FROM base\nARG V\nRUN echo V is $V && test $V = run\n",
        )],
    );
    let set = ["build", "--set", "app.arg.V=run"];
    let (code, text) = kiln(world, &dir, &set);
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = kiln(world, &dir, &["build"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("V is manifest"), "{text}");
    let (code, text) = kiln(world, &dir, &[&set[..], &["--push"]].concat());
    assert_eq!(code, Some(2), "{text}");
    let latest = format!("would move {}/set/app:latest to", world.registry());
    assert!(text.contains(&latest), "{text}");
}

/// BuildKit checks Dockerfiles from 27.0 on. Two images are built from one file.
fn warnings_of_the_builder_are_shown_once(kind: Kind) {
    let world = World::shared(kind);
    let image = |name: &str| {
        format!(
            "image \"{name}\" {{ dockerfile \"app/Dockerfile\"; tag \"1\"; arg NAME=\"{name}\" }}\n"
        )
    };
    let dir = workspace(
        world,
        "warned",
        &format!("{}{}", image("one"), image("two")),
        &[("app", "FROM base\nARG NAME\nRUN echo $NAME\nCMD echo hi\n")],
    );
    let (code, text) = kiln(world, &dir, &["build"]);
    assert_eq!(code, Some(0), "{text}");
    let warning = "warning: app/Dockerfile:4: JSONArgsRecommended: ";
    let expect = if kind == Kind::V20_10 { 0 } else { 1 };
    assert_eq!(text.matches(warning).count(), expect, "{text}");
}

/// A cache mount outlives a failed step, so the step can fail the first time alone.
fn a_failed_step_is_tried_again(kind: Kind) {
    let world = World::shared(kind);
    let dir = workspace(
        world,
        "flaky",
        "image \"app\" { dockerfile \"app/Dockerfile\"; tag \"1\"; retries 2 }\n",
        &[(
            "app",
            "FROM base\nRUN --mount=type=cache,id=flaky,target=/state echo x >> /state/tries && test $(wc -l < /state/tries) -ge 2\n",
        )],
    );
    let (code, text) = kiln(world, &dir, &["build", "--retries", "0"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(!text.contains("retry"), "{text}");
    std::fs::write(
        dir.join("app/Dockerfile"),
        std::fs::read_to_string(dir.join("app/Dockerfile"))
            .unwrap()
            .replace("-ge 2", "-ge 3"),
    )
    .unwrap();
    let (code, text) = kiln(world, &dir, &["build"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("retry 1 of 2 in 2 s"), "{text}");
    assert!(!text.contains("retry 2 of 2"), "{text}");
}
