//! Containers on real engines: their results, and that none of them is left behind.

mod world;

use kiln::check::Check;
use kiln::engine::{Engine as _, docker};
use kiln::host::Environment;
use kiln::name::Platform;
use kiln::request::{
    BuildRequest, Builder, Command, ContainerAnswer, ContainerRequest, ContainerTask, Ended,
    FileKind, Found, Look, Mark, Ran, Served, Service,
};
use kiln::text::{Diagnostics, SourceId, kdl};
use serde_json::Value;
use std::time::{Duration, Instant};
use world::{Kind, World};

on_every_engine!(
    commands_end_with_their_results,
    containers_have_limits,
    files_are_read_without_starting_a_container,
    services_are_probed_from_inside,
    checks_run_on_a_real_image,
    no_container_is_left,
);

/// Far in the future, so that no other run removes these containers.
const LEASE: i64 = 1 << 40;

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

fn engine(world: &World) -> docker::DockerEngine {
    let env: Environment = [("DOCKER_HOST".to_owned(), world.docker_host())]
        .into_iter()
        .collect();
    docker::connect(&env, docker::STARTING).unwrap()
}

/// An image for one test, based on busybox.
fn image(world: &World, name: &str, rest: &str) -> String {
    image_on("busybox", world, name, rest)
}

fn image_on(base: &str, world: &World, name: &str, rest: &str) -> String {
    let kind = base;
    let base = format!("{}/containers/{name}:base", world.registry());
    world.import_base(kind, &base);
    let local = format!("localhost/containers/{name}:1");
    let request = BuildRequest {
        dockerfile: format!("FROM {base}\n{rest}"),
        context: Default::default(),
        args: Default::default(),
        platform: Platform::linux_amd64(),
        name: local.clone(),
        cache_from: Vec::new(),
        no_cache: false,
        options: Default::default(),
        builder: Builder::Classic,
        credentials: Default::default(),
        secrets: Default::default(),
    };
    wait(async {
        let (progress, _said) = tokio::sync::mpsc::unbounded_channel();
        let engine = engine(world);
        engine.info().await.unwrap();
        engine.build(request, progress).await.unwrap();
    });
    local
}

fn mark(run: &str) -> Mark {
    Mark {
        run: run.into(),
        lease: LEASE,
    }
}

fn command(argv: &[&str]) -> Command {
    Command {
        argv: argv.iter().map(|word| (*word).to_owned()).collect(),
        user: None,
        workdir: None,
        env: Vec::new(),
        network: false,
        within: Duration::from_secs(60),
        memory: 64 << 20,
        prints: true,
    }
}

fn ask(world: &World, image: &str, run: &str, task: ContainerTask) -> ContainerAnswer {
    wait(engine(world).examine(ContainerRequest {
        image: image.into(),
        mark: mark(run),
        task,
    }))
    .unwrap()
}

#[track_caller]
/// The containers carry the name of the image as their run, since tests of one world run at the same time.
fn ran(world: &World, image: &str, command: Command) -> Ran {
    let run = image.rsplit(['/', ':']).nth(1).expect("a name and a tag");
    match ask(world, image, run, ContainerTask::Run(command)) {
        ContainerAnswer::Ran(ran) => ran,
        other => panic!("{other:?}"),
    }
}

/// The containers of a run on the engine, running or not.
fn left(world: &World, run: &str) -> String {
    world.api(
        "GET",
        &format!(
            "/containers/json?all=1&filters=%7B%22label%22%3A%5B%22dev.kiln.run%3D{run}%22%5D%7D"
        ),
    )
}

fn commands_end_with_their_results(kind: Kind) {
    let world = World::shared(kind);
    let image = image(
        world,
        "commands",
        "ENV GREETING=hello\nUSER 1000\nWORKDIR /work\nENTRYPOINT [\"/nothing\"]\n",
    );
    let sh = |script: &str| ran(world, &image, command(&["sh", "-c", script]));

    let good = sh("echo $GREETING; id -u; pwd; echo oops >&2; exit 3");
    assert_eq!(good.ended, Ended::Exit(3), "{good:?}");
    assert_eq!(
        (good.stdout.text.as_str(), good.stderr.text.as_str()),
        ("hello\n1000\n/work\n", "oops\n")
    );

    let other = Command {
        user: Some("0".into()),
        workdir: Some("/tmp".into()),
        env: vec![("A".into(), "b".into())],
        ..command(&[])
    };
    let other = ran(
        world,
        &image,
        Command {
            argv: command(&["sh", "-c", "id -u; pwd; echo $A"]).argv,
            ..other
        },
    );
    assert_eq!(other.stdout.text, "0\n/tmp\nb\n");

    commands_that_cannot_start(world, &image);
    commands_that_take_too_long(world, &image);
    let loud = sh("yes 0123456789012345678901234567890123456789 | head -n 60000; echo the end");
    assert_eq!(
        (
            loud.ended,
            loud.stdout.cut,
            loud.stdout.tail.last().map(String::as_str)
        ),
        (Ended::Exit(0), true, Some("the end"))
    );
    assert_eq!(left(world, "commands"), "[]");
}

fn commands_that_cannot_start(world: &World, image: &str) {
    for argv in [["/no/such/program", ""], ["sh", ""]] {
        let missing = Command {
            user: (argv[0] == "sh").then(|| "nosuchuser".into()),
            ..command(&argv[..1])
        };
        let missing = ran(world, image, missing);
        assert!(
            matches!(&missing.ended, Ended::NotStarted(why) if why.contains("no such") || why.contains("unable to find user")),
            "{missing:?}"
        );
    }
}

fn commands_that_take_too_long(world: &World, image: &str) {
    let began = Instant::now();
    let late = ran(
        world,
        image,
        Command {
            within: Duration::from_secs(1),
            ..command(&["sh", "-c", "echo begun; trap '' TERM; sleep 100"])
        },
    );
    assert_eq!(
        (&late.ended, late.stdout.text.as_str()),
        (&Ended::TooLate, "begun\n")
    );
    assert!(
        began.elapsed() < Duration::from_secs(9),
        "{:?}: SIGKILL, not SIGTERM and ten seconds",
        began.elapsed()
    );
}

/// The settings of a running container, as the engine reports them.
async fn running_settings(world: &World, image: &str) -> Value {
    let engine = engine(world);
    let request = ContainerRequest {
        image: image.to_owned(),
        mark: mark("bounds"),
        task: ContainerTask::Run(command(&["sleep", "100"])),
    };
    let mut examined = Box::pin(engine.examine(request));
    let containers = || serde_json::from_str::<Value>(&left(world, "bounds")).unwrap();
    for _ in 0..100 {
        let _ = tokio::time::timeout(Duration::from_millis(100), &mut examined).await;
        if containers()[0]["State"] == "running" {
            break;
        }
    }
    let found = containers();
    let id = found[0]["Id"].as_str().expect("a container");
    let settings = world.api("GET", &format!("/containers/{id}/json"));
    drop(examined);
    engine.settle().await;
    serde_json::from_str(&settings).unwrap()
}

/// No network, no mount, no swap; a memory limit if the engine supports one.
fn containers_have_limits(kind: Kind) {
    let world = World::shared(kind);
    let image = image(world, "bounds", "VOLUME /data\n");
    let alone = ran(
        world,
        &image,
        command(&[
            "sh",
            "-c",
            "ip route; ls /sys/class/net; grep Cap /proc/self/status",
        ]),
    );
    assert_eq!(alone.stdout.text.lines().next(), Some("lo"), "{alone:?}");
    let networked = ran(
        world,
        &image,
        Command {
            network: true,
            ..command(&["ip", "route"])
        },
    );
    assert!(networked.stdout.text.contains("default"), "{networked:?}");

    let settings = wait(running_settings(world, &image));
    let host = &settings["HostConfig"];
    assert_eq!(
        (&host["NetworkMode"], &host["Privileged"], &host["Binds"]),
        (&"none".into(), &false.into(), &Value::Null)
    );
    assert!(
        host["CapDrop"]
            .as_array()
            .is_some_and(|all| !all.is_empty()),
        "{host:#}"
    );
    assert_eq!(
        settings["Config"]["Labels"]["dev.kiln.lease"],
        LEASE.to_string()
    );
    assert_eq!(left(world, "bounds"), "[]");
    assert!(
        !world.api("GET", "/volumes").contains("Mountpoint"),
        "volumes are removed with their containers"
    );
}

fn files_are_read_without_starting_a_container(kind: Kind) {
    let world = World::shared(kind);
    let made = "RUN echo text > /a && chown 7:8 /a && chmod 4751 /a && ln -s a /b && ln -s /nowhere /c && mkdir -m 1777 /d && mkfifo /p\nENTRYPOINT []\nCMD []\n";
    let image = image(world, "files", made);
    let look = |path: &str, follow| Look {
        path: path.into(),
        follow,
        content: true,
    };
    let paths = ["/a", "/b", "/c", "/d", "/none", "/a/b", "/", "/bin/sh"];
    let looks = paths
        .map(|path| look(path, true))
        .into_iter()
        .chain([look("/b", false), look("/c", false)])
        .collect();
    let ContainerAnswer::Looked(found) = ask(world, &image, "files", ContainerTask::Look(looks))
    else {
        panic!("not looked")
    };
    let file = Found {
        kind: FileKind::File,
        mode: 0o4751,
        uid: 7,
        gid: 8,
        size: 5,
        target: None,
        content: Some(b"text\n".to_vec()),
    };
    assert_eq!(found[0].as_ref(), Some(&file));
    assert_eq!(found[1].as_ref(), Some(&file), "a link is followed");
    assert_eq!(found[2], None, "a link to nowhere");
    let kinds: Vec<_> = found
        .iter()
        .map(|f| f.as_ref().map(|f| (f.kind, f.mode)))
        .collect();
    assert_eq!(kinds[3], Some((FileKind::Folder, 0o1777)));
    assert_eq!((kinds[4], kinds[5]), (None, None));
    assert_eq!(kinds[6].map(|k| k.0), Some(FileKind::Folder));
    assert!(
        found[7]
            .as_ref()
            .is_some_and(|f| f.kind == FileKind::File && f.mode & 0o111 != 0),
        "{:?}",
        kinds[7]
    );
    let target = |at: usize| found[at].as_ref().and_then(|f| f.target.clone());
    assert_eq!(
        (target(8).as_deref(), target(9).as_deref()),
        (Some("a"), Some("/nowhere"))
    );
    assert_eq!(left(world, "files"), "[]");
}

fn served(world: &World, image: &str, probe: &[&str], within: u64) -> Served {
    let within = Duration::from_secs(within);
    let probe = Command {
        within,
        ..command(probe)
    };
    let service = Service {
        env: vec![("PORT".into(), "8123".into())],
        network: false,
        memory: 64 << 20,
        probe,
        within,
    };
    match ask(world, image, "serve", ContainerTask::Serve(service)) {
        ContainerAnswer::Served(served) => served,
        other => panic!("{other:?}"),
    }
}

fn services_are_probed_from_inside(kind: Kind) {
    let world = World::shared(kind);
    let rest = "RUN mkdir /www && echo it works > /www/index.html\nCMD sleep 5; echo serving; exec httpd -f -p $PORT -h /www\n";
    let image = image(world, "serve", rest);
    let good = served(
        world,
        &image,
        &["wget", "-qO-", "http://127.0.0.1:8123/"],
        30,
    );
    assert!(
        good.ready && good.tries > 1 && good.ended.is_none(),
        "{good:?}"
    );
    assert_eq!(
        (good.probe.unwrap().stdout.text.as_str(), good.output.tail),
        ("it works\n", vec!["serving".to_owned()])
    );

    let never = served(world, &image, &["wget", "-qO-", "http://127.0.0.1:1/"], 3);
    assert!(
        !never.ready && never.tries > 1 && never.ended.is_none(),
        "{never:?}"
    );

    let hopeless = served(world, &image, &["/no/such/probe"], 60);
    assert!(
        hopeless.tries == 1
            && matches!(
                hopeless.probe.as_ref().map(|p| &p.ended),
                Some(Ended::NotStarted(_))
            ),
        "{hopeless:?}"
    );

    let broken = self::image(world, "broken", "CMD echo broken >&2; exit 7\n");
    let broken = served(world, &broken, &["false"], 60);
    assert_eq!(
        (broken.ready, broken.ended, broken.output.tail),
        (false, Some(Ended::Exit(7)), vec!["broken".to_owned()])
    );
    assert_eq!(left(world, "serve"), "[]");
}

/// The verdict for one line of a manifest.
#[track_caller]
fn judged(world: &World, image: &str, line: &str, why: &str) {
    let mut faults = Diagnostics::default();
    let document = kdl::parse(SourceId(0), line, &mut faults);
    let declared = kiln::check::Declared::parse(&document.nodes[0], &mut faults).expect("a check");
    let check: Check = declared
        .fill(|text| Some(text.value.clone()), &mut faults)
        .expect("a check");
    assert!(faults.is_empty(), "{line}: {faults:?}");
    let verdict = wait(async {
        let engine = engine(world);
        let info = engine.inspect(image).await.unwrap().expect("the image");
        let answer = match check.task(&info) {
            Some(task) => Some(
                engine
                    .examine(ContainerRequest {
                        image: image.into(),
                        mark: mark("judged"),
                        task,
                    })
                    .await
                    .unwrap(),
            ),
            None => None,
        };
        check.judge(&info, answer.as_ref())
    });
    assert_eq!(verdict.passed, why.is_empty(), "{line}: {verdict:?}");
    assert!(verdict.why.contains(why), "{line}: {verdict:?}");
}

fn checks_run_on_a_real_image(kind: Kind) {
    let world = World::shared(kind);
    let rest = "RUN echo 'root:x:0:0::/:' > /etc/passwd && echo 'circleci:x:1000:1000::/:' >> /etc/passwd && echo 'staff:x:50:' > /etc/group \
                && mkdir -p /home && echo x > /home/f && chown 1000:50 /home/f\n\
                ENV GOPATH=/go\nLABEL org.opencontainers.image.title=it\nEXPOSE 80\nUSER circleci\nCMD exec httpd -f -p 8124 -h /\n";
    let image = image(world, "judged", rest);
    let good = |line: &str| judged(world, &image, line, "");
    let bad = |line: &str, why: &str| judged(world, &image, line, why);
    good(r#"check run="id -un" contains="circleci""#);
    bad(
        r#"check run="id -un" contains="root""#,
        "does not contain `root`",
    );
    bad(r#"check run="nosuchcommand""#, "127: no such command");
    bad(
        r#"check run="sleep 9" within="1s""#,
        "still running after 1 s",
    );
    good(r#"check run="echo $PATH" contains="/opt:/" { env PATH="/opt:$PATH" }"#);
    good(r#"check file="/home/f" mode="0644" owner="circleci:staff" contains="x""#);
    bad(
        r#"check file="/home/f" owner="root""#,
        "user 1000, expected root (0)",
    );
    good(r#"check file="/root/.npmrc" absent"#);
    good(r#"check env="GOPATH" value="/go""#);
    good(r#"check label="org.opencontainers.image.title" value="it""#);
    good(r#"check user="!root""#);
    bad(r#"check user="root""#, "runs as circleci (1000)");
    good(r#"check size="<20MB""#);
    bad(r#"check size="<1kB""#, "over the limit");
    bad(
        "check circleci-primary",
        "it lacks git, ssh, ca-certificates",
    );
    good("check serve port=8124 within=\"20s\"");
    bad(
        "check serve port=8125 within=\"2s\"",
        "nothing listens on port 8125",
    );
    good(r#"check serve port=8124 run="wget -qO- http://127.0.0.1:8124/home/f" contains="x""#);
}

/// Debian's packages meet the requirements of a primary container, and fewer packages do not.
#[test]
fn debian_packages_make_a_primary_container() {
    let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.wanted()) else {
        return;
    };
    let world = World::shared(kind);
    let install = "RUN apt-get -qq update && apt-get -qq install -y --no-install-recommends";
    let some = image_on(
        "debian",
        world,
        "nearly",
        &format!("{install} git ca-certificates\n"),
    );
    judged(
        world,
        &some,
        "check circleci-primary",
        "it lacks ssh; install openssh-client",
    );
    let all = image_on(
        "debian",
        world,
        "primary",
        &format!("{install} git ca-certificates openssh-client\n"),
    );
    judged(world, &all, "check circleci-primary", "");
}

/// One task of each kind; none ends by itself.
fn endless_tasks() -> [ContainerTask; 3] {
    let probe = command(&["sleep", "1000"]);
    let long = Duration::from_secs(1000);
    let service = Service {
        env: Vec::new(),
        network: true,
        memory: 64 << 20,
        probe: probe.clone(),
        within: long,
    };
    [
        ContainerTask::Run(Command {
            within: long,
            ..probe
        }),
        ContainerTask::Serve(service),
        ContainerTask::Look(vec![Look {
            path: "/".into(),
            follow: true,
            content: false,
        }]),
    ]
}

/// A cancelled request leaves no containers behind. Those of a killed kiln are removed when their lease has expired.
fn no_container_is_left(kind: Kind) {
    let world = World::shared(kind);
    let image = image(world, "left", "CMD sleep 1000\n");
    wait(async {
        let engine = engine(world);
        for task in endless_tasks() {
            for patience in [1, 30, 150, 1500, 4000] {
                let request = ContainerRequest {
                    image: image.clone(),
                    mark: mark("left"),
                    task: task.clone(),
                };
                let _ =
                    tokio::time::timeout(Duration::from_millis(patience), engine.examine(request))
                        .await;
            }
        }
        engine.settle().await;
        assert_eq!(left(world, "left"), "[]");
    });
    expired_containers_are_removed(world, &image);
}

fn expired_containers_are_removed(world: &World, image: &str) {
    let labels = |lease: &str| {
        format!(r#"{{"Image":"{image}","Labels":{{"dev.kiln.run":"killed"{lease}}}}}"#)
    };
    for (name, lease) in [
        ("old", r#","dev.kiln.lease":"1000""#),
        ("new", r#","dev.kiln.lease":"3000""#),
        ("unmarked", ""),
    ] {
        let body = labels(lease);
        let socket = world.socket();
        let url = format!("http://engine/containers/create?name=kiln-{name}");
        let socket = socket.to_str().unwrap();
        world.curl(&[
            "--unix-socket",
            socket,
            "-X",
            "POST",
            "-H",
            "Content-Type: application/json",
            "-d",
            &body,
            &url,
        ]);
    }
    assert_eq!(wait(engine(world).reap(2000)).unwrap(), 1);
    let rest = left(world, "killed");
    assert!(
        !rest.contains("kiln-old") && rest.contains("kiln-new") && rest.contains("kiln-unmarked"),
        "{rest}"
    );
    assert_eq!(wait(engine(world).reap(4000)).unwrap(), 1);
    world.api("DELETE", "/containers/kiln-unmarked?force=1");
}
