//! Builds: requests, results, failures, and what is left after a build is stopped.

use super::world::{Kind, World};
use super::{base, build, builders, built, engine, request, wait};
use crate::on_every_engine;
use kiln::engine::Engine as _;
use kiln::request::{BuildProgress, Builder, WorldError};
use kiln::tree::{Content, Entry, Mode, Tree};
use std::sync::Arc;
use std::time::{Duration, Instant};

on_every_engine!(
    context_arrives_as_it_is,
    steps_are_counted_and_reported,
    failures_name_the_step,
    faults_of_the_dockerfile,
    a_changed_file_stops_the_build,
    many_files_arrive,
    a_dropped_build_is_stopped,
    local_parents_need_no_registry,
);

fn context_arrives_as_it_is(kind: Kind) {
    let world = World::shared(kind);
    let base = base(world, "context");
    let look = r#"cd /src && test "$(find . | sort | xargs)" = ". ./.dockerignore ./a ./a-b ./a/b ./f.txt ./link" && cat f.txt link a/b &&
        stat -c '%a %u %g %Y %n' f.txt a-b a/b && readlink link"#;
    for builder in builders(world) {
        let dockerfile = format!(
            "FROM {base}\nCOPY . /src\nRUN {}\n",
            look.replace('\n', " ")
        );
        let (answer, said) = build(
            &engine(world),
            request("localhost/kiln/context:1", &dockerfile, builder),
        );
        answer.unwrap_or_else(|e| panic!("{builder:?}: {e} {said:?}"));
        let printed: Vec<_> = said
            .iter()
            .filter_map(|p| {
                if let BuildProgress::Output(line) = p {
                    Some(line.as_str())
                } else {
                    None
                }
            })
            .collect();
        let expect = [
            "hello",
            "hello",
            "below",
            "644 0 0 315619200 f.txt",
            "755 0 0 315619200 a-b",
            "644 0 0 315619200 a/b",
            "f.txt",
        ];
        assert_eq!(printed, expect, "{builder:?}");
    }
}

fn steps_are_counted_and_reported(kind: Kind) {
    let world = World::shared(kind);
    let base = base(world, "steps");
    for builder in builders(world) {
        let dockerfile = format!(
            "FROM {base} AS one\nRUN echo {builder:?} > /made\nFROM {base}\nCOPY --from=one /made /\nCOPY a /a\nRUN cat /made\n"
        );
        let name = format!("localhost/kiln/steps:{builder:?}");
        let (first, said) = build(&engine(world), request(&name, &dockerfile, builder));
        let first = first.unwrap();
        assert_eq!((first.cached, first.ran), (0, 4), "{builder:?}");
        assert!(
            said.contains(&BuildProgress::Output(format!("{builder:?}"))),
            "{said:?}"
        );
        let (again, said) = build(&engine(world), request(&name, &dockerfile, builder));
        let again = again.unwrap();
        assert_eq!((again.cached, again.ran), (4, 0), "{builder:?}");
        assert_eq!(
            said.iter()
                .filter(|p| matches!(p, BuildProgress::Step { cached: true, .. }))
                .count(),
            4,
            "{said:?}"
        );
        let info = wait(engine(world).inspect(&name)).unwrap().unwrap();
        // A step that changes nothing has a layer only with BuildKit.
        let layers = if builder == Builder::BuildKit { 4 } else { 3 };
        assert_eq!(
            (info.id, info.architecture.as_str(), info.layers.len()),
            (again.image, "amd64", layers),
            "{builder:?}"
        );
        if !kind.containerd_store() {
            assert_eq!(first.image, again.image, "{builder:?}");
        }
    }
}

fn failures_name_the_step(kind: Kind) {
    let world = World::shared(kind);
    let base = base(world, "failures");
    for builder in builders(world) {
        let dockerfile = format!(
            "FROM {base}\n\nCOPY f.txt /\nRUN for n in $(seq 30); do echo line $n; done; \\\n    echo last; exit 37\nRUN true\n"
        );
        let (answer, _) = build(
            &engine(world),
            request("localhost/kiln/failures:1", &dockerfile, builder),
        );
        let failure = match answer {
            Err(WorldError::Build(failure)) => failure,
            other => panic!("{builder:?}: {other:?}"),
        };
        assert_eq!(
            (failure.line, failure.exit_code),
            (Some(4), Some(37)),
            "{builder:?}: {failure:?}"
        );
        assert!(
            failure.output.len() == 20 && failure.output.contains(&"last".into()),
            "{builder:?}: {failure:?}"
        );
        assert!(
            failure
                .step
                .as_ref()
                .is_some_and(|step| step.contains("RUN for n in")),
            "{builder:?}: {failure:?}"
        );
    }
    // Other tests build on this engine at the same time.
    let left = world.api("GET", "/containers/json?all=1");
    assert!(
        !left.contains("for n in"),
        "a failed step leaves no container: {left}"
    );
}

fn faults_of_the_dockerfile(kind: Kind) {
    let world = World::shared(kind);
    let base = base(world, "faults");
    for builder in builders(world) {
        let fault = |dockerfile: String| match build(
            &engine(world),
            request("localhost/kiln/faults:1", &dockerfile, builder),
        )
        .0
        {
            Err(WorldError::Build(failure)) => failure,
            other => panic!("{builder:?}: {other:?}"),
        };
        let unknown = fault(format!("FROM {base}\nRUNN x\n"));
        assert!(
            unknown
                .message
                .to_lowercase()
                .contains("unknown instruction"),
            "{builder:?}: {unknown:?}"
        );
        assert_eq!(unknown.line, Some(2), "{builder:?}: {unknown:?}");
        let missing = fault(format!("FROM {base}\nCOPY nope.txt /\n"));
        assert!(
            missing.message.contains("nope.txt"),
            "{builder:?}: {missing:?}"
        );
        assert_eq!(missing.line, Some(2), "{builder:?}: {missing:?}");
        let away = fault(format!("FROM {}/faults/nope:1\n", world.registry()));
        assert!(
            away.message.contains("faults/nope"),
            "{builder:?}: {away:?}"
        );
    }
}

/// One file on disk with its recorded digest, beside the rendered ones.
fn with_file(path: &std::path::Path, bytes: &[u8]) -> Arc<Tree> {
    std::fs::write(path, bytes).unwrap();
    let mut tree = super::context();
    let digest = kiln::name::Digest::of(bytes);
    tree.add(
        "big",
        Entry {
            mode: Mode::Plain,
            size: bytes.len() as u64,
            digest,
            content: Content::File(path.into()),
        },
    );
    Arc::new(tree)
}

fn a_changed_file_stops_the_build(kind: Kind) {
    let world = World::shared(kind);
    let base = base(world, "changed");
    let path = world.dir().join("changed");
    for builder in builders(world) {
        let mut request = request(
            "localhost/kiln/changed:1",
            &format!("FROM {base}\nCOPY big /\nRUN sha256sum /big\n"),
            builder,
        );
        let mut bytes = vec![b'x'; 3_000_000];
        request.context = with_file(&path, &bytes);
        built(&engine(world), request.clone());
        bytes[2_999_999] = b'y';
        std::fs::write(&path, &bytes).unwrap();
        let error = build(&engine(world), request).0.expect_err("another file");
        assert!(
            error.to_string().contains("has changed since kiln read it"),
            "{builder:?}: {error}"
        );
    }
}

/// More requests than an HTTP/2 server accepts unread: see `session.rs`.
fn many_files_arrive(kind: Kind) {
    let world = World::shared(kind);
    let base = base(world, "many");
    let mut tree = Tree::default();
    for n in 0..4_000 {
        tree.add_bytes(
            format!("many/{}/{n}", n % 100),
            Mode::Plain,
            format!("{n}").into_bytes(),
        );
    }
    let dockerfile =
        format!("FROM {base}\nCOPY many /many\nRUN test $(find /many -type f | wc -l) = 4000\n");
    let mut request = request("localhost/kiln/many:1", &dockerfile, Builder::BuildKit);
    request.context = Arc::new(tree);
    assert_eq!(built(&engine(world), request).ran, 2);
}

fn a_dropped_build_is_stopped(kind: Kind) {
    let world = World::shared(kind);
    let base = base(world, "dropped");
    for builder in builders(world) {
        // A duration that no other test uses.
        let seconds = if builder == Builder::BuildKit {
            4241
        } else {
            4242
        };
        let dockerfile = format!(
            "FROM {base}\nRUN echo begun; sleep {seconds}{}\n",
            kind as usize
        );
        let sleeps = || {
            let output = std::process::Command::new("pgrep")
                .args(["-f", &format!("^sleep {seconds}{}$", kind as usize)])
                .output()
                .unwrap();
            output.status.success()
        };
        wait(async {
            let (progress, mut said) = tokio::sync::mpsc::unbounded_channel();
            let engine = engine(world);
            let building = engine.build(
                request("localhost/kiln/dropped:1", &dockerfile, builder),
                progress,
            );
            let begun = async {
                while said
                    .recv()
                    .await
                    .is_some_and(|news| news != BuildProgress::Output("begun".into()))
                {
                }
            };
            tokio::select! {
                answer = building => panic!("{builder:?}: {answer:?}"),
                () = begun => {}
            }
        });
        let since = Instant::now();
        while sleeps() {
            assert!(
                since.elapsed() < Duration::from_secs(8),
                "{builder:?}: the step still runs"
            );
            std::thread::sleep(Duration::from_millis(100));
        }
        std::thread::sleep(Duration::from_millis(500));
        assert!(
            !world
                .api("GET", "/containers/json?all=1")
                .contains(&format!("sleep {seconds}")),
            "{builder:?}: a container is left"
        );
    }
}

/// The name belongs to no registry; with the containerd store it needs the id, too.
fn local_parents_need_no_registry(kind: Kind) {
    let world = World::shared(kind);
    let base = base(world, "parents");
    for builder in builders(world) {
        let parent = format!("localhost/kiln/parents:{builder:?}");
        let id = built(
            &engine(world),
            request(
                &parent,
                &format!("FROM {base}\nRUN echo {builder:?} > /parent\n"),
                builder,
            ),
        )
        .image;
        let from = if kind.containerd_store() {
            format!("{parent}@{id}")
        } else {
            parent
        };
        let dockerfile =
            format!("FROM {from}\nRUN cat /parent\nCOPY --from={from} /parent /copy\n");
        let child = built(
            &engine(world),
            request("localhost/kiln/child:1", &dockerfile, builder),
        );
        assert_eq!(child.ran, 2, "{builder:?}");
        let layers = |name: &str| wait(engine(world).inspect(name)).unwrap().unwrap().layers;
        assert!(
            layers("localhost/kiln/child:1").starts_with(&layers(&id.to_string())),
            "{builder:?}"
        );
    }
}
