//! Secrets and ssh agents of builds on real engines. G12: no value is in an argument, an output, a layer, a history, a
//! record, a plan or a report.

mod world;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use world::{Kind, World};

on_every_engine!(
    values_reach_the_steps_that_mount_them_and_nothing_else,
    a_step_that_fails_prints_no_value,
    what_is_missing_is_reported_before_the_first_build,
    untrusted_runs_give_nothing,
    untrusted_runs_share_no_cache_of_steps_with_secrets,
    hooks_print_no_value_also_if_nothing_is_built,
    a_build_signs_with_the_agent_and_changes_nothing_in_it,
);

/// What is searched for: each is a value, or a line of one.
const CANARIES: [&str; 4] = [
    "canary-env-b7c1f0",
    "canary-key-line-one-5d2e",
    "canary-key-line-two-91aa",
    "canary-tool-set-40c3",
];

/// A value of several lines.
const KEY: &str =
    "-----BEGIN KEY-----\ncanary-key-line-one-5d2e\ncanary-key-line-two-91aa\n-----END KEY-----\n";

/// Steps that look at each value; the file itself does not have them.
const APP: &str = "FROM base AS other
RUN test ! -e /run/secrets/npm
FROM base
ARG ID=npm
RUN --mount=type=secret,id=$ID,required=true \\
  test \"$(wc -c < /run/secrets/npm)\" = 17 && grep -q b7c1f0 /run/secrets/npm
RUN --mount=type=secret,id=key,target=/root/key.pem,required=true \\
  test \"$(wc -l < /root/key.pem)\" = 4 && grep -q two-91aa /root/key.pem
RUN test ! -e /root/key.pem.bak && test ! -s /run/secrets/npm
COPY --from=other /bin/true /other
";

/// Steps that print each value.
const LOUD: &str = "FROM base
RUN --mount=type=secret,id=npm echo the value is $(cat /run/secrets/npm)
RUN --mount=type=secret,id=key cat /run/secrets/key && echo in one line: $(cat /run/secrets/key)
RUN --mount=type=secret,id=npm printf 'no newline: ' && cat /run/secrets/npm
";

struct Workspace<'w> {
    world: &'w World,
    dir: PathBuf,
    name: &'static str,
}

impl<'w> Workspace<'w> {
    fn new(world: &'w World, name: &'static str, nodes: &str, dockerfile: &str) -> Self {
        let registry = world.registry();
        let busybox = format!("{registry}/base/busybox:1");
        world.import_base("busybox", &busybox);
        let dir = world.dir().join("workspaces").join(name);
        std::fs::create_dir_all(dir.join("app")).unwrap();
        std::fs::create_dir_all(dir.join("private")).unwrap();
        let text = dockerfile.replace("FROM base", &format!("FROM {busybox}"));
        std::fs::write(dir.join("app/Dockerfile"), text).unwrap();
        std::fs::write(dir.join("private/key.pem"), KEY).unwrap();
        let manifest = format!(
            "workspace \"w\" {{ publish \"{registry}/{name}/{{image}}\"; stage \"{registry}/{name}/stage\" }}\n\
             base \"busybox\" from=\"{busybox}\"\n{nodes}\n"
        );
        std::fs::write(dir.join("kiln.kdl"), manifest).unwrap();
        Self { world, dir, name }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.world.kiln(&self.dir);
        command.args(args);
        command
            .env("NPM_TOKEN", CANARIES[0])
            .env("TOOL", CANARIES[3]);
        command
    }

    /// The exit code and all output, in which no value is.
    #[track_caller]
    fn kiln(&self, args: &[&str]) -> (Option<i32>, String) {
        shown(self.command(args).output().unwrap())
    }
}

#[track_caller]
fn shown(output: Output) -> (Option<i32>, String) {
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    without_canaries("the output", text.as_bytes());
    (output.status.code(), text.into_owned())
}

#[track_caller]
fn without_canaries(what: &str, bytes: &[u8]) {
    for canary in CANARIES {
        let found = bytes
            .windows(canary.len())
            .any(|window| window == canary.as_bytes());
        assert!(
            !found,
            "{canary} is in {what}: {}",
            String::from_utf8_lossy(bytes)
        );
    }
}

/// Reads the arguments of all processes until it is dropped.
struct Arguments {
    stop: Arc<AtomicBool>,
    reading: Option<std::thread::JoinHandle<usize>>,
}

impl Arguments {
    fn watch() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let reading = std::thread::spawn(move || {
            let mut seen = 0;
            while !stopped.load(Ordering::Relaxed) {
                for process in std::fs::read_dir("/proc").unwrap().flatten() {
                    let arguments = std::fs::read(process.path().join("cmdline"));
                    let arguments = arguments.unwrap_or_default();
                    without_canaries("the arguments of a process", &arguments);
                    seen += usize::from(!arguments.is_empty());
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            seen
        });
        Self {
            stop,
            reading: Some(reading),
        }
    }

    /// Fails if a value was among them.
    #[track_caller]
    fn end(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let seen = self.reading.take().map(|reading| reading.join());
        assert!(seen.unwrap().unwrap() > 0, "arguments were read");
    }
}

/// Searches all files of a world but its workspaces, compressed ones too: registries, engines with their layers, logs.
/// Engines keep the output of steps: after one has printed a value, `engines` is false.
#[track_caller]
fn search(dir: &Path, engines: bool) {
    let script = r#"
        cd "$1"
        find . \( -path ./workspaces -o -path "./$2" \) -prune -o -type f -size -64M -print | while read -r file; do
            if gzip -t "$file" 2>/dev/null; then gzip -dc "$file"; else cat "$file"; fi 2>/dev/null |
                grep -aqF -f "$3" && echo "$file"
        done
        true"#;
    // In a file: other tests read the arguments of all processes meanwhile.
    let wanted = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(wanted.path(), CANARIES.join("\n")).unwrap();
    let found = Command::new("sh")
        .args(["-c", script, "sh", dir.to_str().unwrap()])
        .arg(if engines { "none" } else { "engines" })
        .arg(wanted.path())
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&found.stdout),
        "",
        "files with a value"
    );
}

const IMAGES: &str = "settings \"secrets\" { secret \"npm\" env=\"NPM_TOKEN\"; secret \"key\" file=\"private/key.pem\" }
    image \"app\" { dockerfile \"app/Dockerfile\"; tag \"1\"; settings \"secrets\" }
    image \"loud\" { dockerfile \"loud/Dockerfile\"; tag \"1\"; settings \"secrets\" }
    toolset \"cli\" { secret \"tool\" env=\"TOOL\" target=\"/root/.tool\"
        run \"test $(wc -c < /root/.tool) = 20 && touch /made\" secret=\"tool\" }
    image \"tools\" { from base=\"busybox\"; use \"cli\"; tag \"1\" }";

fn values_reach_the_steps_that_mount_them_and_nothing_else(kind: Kind) {
    let world = World::start(kind);
    // 20.10 takes ids as they are written, so kiln refuses this one there.
    if kind == Kind::V20_10 {
        let image = "image \"app\" { dockerfile \"app/Dockerfile\"; tag \"1\"; secret \"npm\" env=\"NPM_TOKEN\" }";
        let text = "FROM base\nARG ID=npm\nRUN --mount=type=secret,id=$ID true\n";
        let workspace = Workspace::new(&world, "variable", image, text);
        let (code, text) = workspace.kiln(&["build", "app"]);
        assert_eq!(code, Some(2), "{text}");
        assert!(
            text.contains("a variable in the id of RUN --mount"),
            "{text}"
        );
    }
    let text = match kind {
        Kind::V20_10 => APP.replace("id=$ID", "id=npm"),
        _ => APP.to_owned(),
    };
    let workspace = Workspace::new(&world, "values", IMAGES, &text);
    std::fs::create_dir_all(workspace.dir.join("loud")).unwrap();
    let loud = LOUD.replace(
        "FROM base",
        &format!("FROM {}/base/busybox:1", world.registry()),
    );
    std::fs::write(workspace.dir.join("loud/Dockerfile"), loud).unwrap();
    let (code, plan) = workspace.kiln(&["plan", "--format", "json"]);
    assert_eq!(code, Some(0), "{plan}");

    let arguments = Arguments::watch();
    let (code, text) = workspace.kiln(&["build", "app", "tools", "--push"]);
    assert_eq!(code, Some(0), "{text}");
    let image = format!("{}/{}/app:1", world.registry(), workspace.name);
    let (code, text) = workspace.kiln(&["inspect", &image]);
    assert_eq!(code, Some(0), "{text}");
    // Without a build, no value is needed.
    let mut again = workspace.command(&["build", "app", "tools", "--push"]);
    let again = again.env_remove("NPM_TOKEN").env_remove("TOOL").output();
    let (code, text) = shown(again.unwrap());
    assert_eq!(code, Some(0), "{text}");
    search(world.dir(), true);

    for format in ["plain", "json"] {
        let args = ["build", "loud", "--push", "--force", "--format", format];
        let (code, text) = workspace.kiln(&[&args[..], &["--junit", "report.xml"]].concat());
        assert_eq!(code, Some(0), "{text}");
        for said in [
            "the value is ***",
            "in one line: *** *** *** ***",
            "no newline: ***",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
        let report = std::fs::read(workspace.dir.join("report.xml")).unwrap();
        without_canaries("the report", &report);
    }
    arguments.end();
    search(world.dir(), false);
}

fn a_step_that_fails_prints_no_value(kind: Kind) {
    let world = World::shared(kind);
    let workspace = Workspace::new(
        world,
        "fails",
        "image \"app\" { dockerfile \"app/Dockerfile\"; tag \"1\"; secret \"npm\" env=\"NPM_TOKEN\" }",
        "FROM base\nRUN --mount=type=secret,id=npm echo before && cat /run/secrets/npm && exit 7\n",
    );
    for format in ["plain", "json"] {
        let args = ["build", "--format", format, "--junit", "report.xml"];
        let (code, text) = workspace.kiln(&args);
        assert_eq!(code, Some(1), "{text}");
        assert!(text.contains("before") && text.contains("***"), "{text}");
        let report = std::fs::read(workspace.dir.join("report.xml")).unwrap();
        without_canaries("the report", &report);
    }
}

fn what_is_missing_is_reported_before_the_first_build(kind: Kind) {
    let world = World::shared(kind);
    let workspace = Workspace::new(
        world,
        "missing",
        "image \"app\" { dockerfile \"app/Dockerfile\"; tag \"1\"; secret \"a\" env=\"NOT_SET\"
            secret \"b\" file=\"private/gone\"; ssh \"default\" }
         image \"first\" { from base=\"busybox\"; cmd \"true\"; tag \"1\" }",
        "FROM base\nRUN --mount=type=secret,id=a --mount=type=secret,id=b --mount=type=ssh true\n",
    );
    let (code, text) = workspace.kiln(&["build"]);
    assert_eq!(code, Some(2), "{text}");
    for said in [
        "secret \"a\": environment variable NOT_SET is not set, or is empty; mounted by app:1",
        "secret \"b\": file private/gone does not exist; mounted by app:1",
        "ssh \"default\": environment variable SSH_AUTH_SOCK is not set, or is empty; mounted by app:1",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    assert!(!text.contains("first"), "nothing was built: {text}");
    let (code, text) = workspace.kiln(&["build", "first"]);
    assert_eq!(code, Some(0), "{text}");
    // The classic builder mounts nothing.
    let mut classic = workspace.command(&["build", "app", "--builder", "classic"]);
    let (code, text) = shown(classic.env("NOT_SET", "x").output().unwrap());
    assert_eq!(code, Some(2), "{text}");
}

/// G16: whatever the workspace declares, a build of an untrusted run gets nothing.
fn untrusted_runs_give_nothing(kind: Kind) {
    let world = World::shared(kind);
    let workspace = Workspace::new(
        world,
        "untrusted",
        "image \"app\" { dockerfile \"app/Dockerfile\"; tag \"1\"; secret \"npm\" env=\"NPM_TOKEN\"; secret \"key\" file=\"private/key.pem\" }",
        "FROM base\nRUN --mount=type=secret,id=npm --mount=type=secret,id=key test ! -e /run/secrets/npm && test ! -e /run/secrets/key\n",
    );
    let (code, text) = workspace.kiln(&["build", "--untrusted"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("no build gets a secret"), "{text}");
    let required = Workspace::new(
        world,
        "untrusted-required",
        "image \"app\" { dockerfile \"app/Dockerfile\"; tag \"1\"; secret \"npm\" env=\"NPM_TOKEN\" }",
        "FROM base\nRUN --mount=type=secret,id=npm,required=true true\n",
    );
    let (code, text) = required.kiln(&["build", "--untrusted"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("(--untrusted: no build gets"), "{text}");
}

/// G16: on one engine, an untrusted run takes no step that a secret made, and a trusted one none that was made without.
fn untrusted_runs_share_no_cache_of_steps_with_secrets(kind: Kind) {
    let workspace = |name, mount: &str, check: &str| {
        let nodes = "image \"app\" { dockerfile \"app/Dockerfile\"; tag \"1\"; secret \"npm\" env=\"NPM_TOKEN\" }";
        let dockerfile = format!(
            "FROM base\nRUN --mount=type=secret,id=npm{mount} wc -c /run/secrets/npm > /size || true\nRUN {check}\n"
        );
        Workspace::new(World::shared(kind), name, nodes, &dockerfile)
    };
    let required = workspace("apart-required", ",required=true", "test -s /size");
    let optional = workspace("apart-optional", "", "date");
    for (of, args, expected) in [
        (&required, &["build"] as &[&str], Some(0)),
        (&required, &["build", "--untrusted"], Some(1)),
        (&optional, &["build", "--untrusted"], Some(0)),
        (&optional, &["build", "--untrusted"], Some(0)),
    ] {
        let (code, text) = of.kiln(args);
        assert_eq!(code, expected, "{args:?}\n{text}");
    }
    // The step with the secret is the same, and the next one fails on what an untrusted run has made.
    let trusted = workspace("apart-optional", "", "test -s /size");
    let (code, text) = trusted.kiln(&["build"]);
    assert_eq!(code, Some(0), "{text}");
}

/// G12: a hook has the environment of kiln in every run, and the second run finds the image staged.
fn hooks_print_no_value_also_if_nothing_is_built(kind: Kind) {
    let workspace = Workspace::new(
        World::shared(kind),
        "hooks-values",
        "image \"app\" { dockerfile \"app/Dockerfile\"; tag \"1\"; secret \"npm\" env=\"NPM_TOKEN\"
            before-move run=\"echo the value: $NPM_TOKEN; exit 1\" }",
        "FROM base\nRUN --mount=type=secret,id=npm true\n",
    );
    for run in ["built", "staged before"] {
        let (code, text) = workspace.kiln(&["build", "--push"]);
        assert_eq!(code, Some(1), "{run}: {text}");
        assert!(text.contains("the value: ***"), "{run}: {text}");
    }
}

/// An agent with one key; it ends when this is dropped.
struct Agent {
    process: Child,
    socket: PathBuf,
}

impl Agent {
    fn start(dir: &Path) -> Self {
        let (socket, key) = (dir.join("agent.sock"), dir.join("key"));
        let process = Command::new("ssh-agent")
            .args(["-D", "-a", socket.to_str().unwrap()])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let agent = Self { process, socket };
        while !agent.socket.exists() {
            std::thread::sleep(Duration::from_millis(20));
        }
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-C", "kiln-test", "-f"])
            .arg(&key)
            .status();
        assert!(made.unwrap().success());
        assert!(agent.add(&[key.to_str().unwrap()]).status.success());
        agent
    }

    fn add(&self, args: &[&str]) -> Output {
        let mut command = Command::new("ssh-add");
        command.args(args).env("SSH_AUTH_SOCK", &self.socket);
        command.output().unwrap()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Copies a program of this machine with its libraries, so that it runs in any image: `/kit/ld --library-path /kit …`.
fn kit(program: &str, into: &Path) {
    std::fs::create_dir_all(into).unwrap();
    let script = r#"
        path=$(command -v "$1") && cp -L "$path" "$2/$1"
        ldd "$path" | tr ' \t' '\n' | grep '^/' | while read -r library; do cp -L "$library" "$2"; done
        cp "$2"/ld-linux* "$2/ld""#;
    let copied = Command::new("sh")
        .args(["-euc", script, "sh", program, into.to_str().unwrap()])
        .status();
    assert!(copied.unwrap().success());
}

fn a_build_signs_with_the_agent_and_changes_nothing_in_it(kind: Kind) {
    let world = World::shared(kind);
    let workspace = Workspace::new(
        world,
        "agent",
        "image \"app\" { dockerfile \"app/Dockerfile\"; tag \"1\"; ssh \"default\"; ssh \"other\" env=\"OTHER_SOCK\" }",
        "FROM base
COPY kit /kit
RUN --mount=type=ssh,required=true /kit/ld --library-path /kit /kit/ssh-add -l | grep kiln-test
RUN --mount=type=ssh,id=other,required=true /kit/ld --library-path /kit /kit/ssh-add -L | grep 'ssh-ed25519 .* kiln-test'
RUN --mount=type=ssh /kit/ld --library-path /kit /kit/ssh-add -L > /key.pub && /kit/ld --library-path /kit /kit/ssh-add -T /key.pub
RUN --mount=type=ssh ! /kit/ld --library-path /kit /kit/ssh-add -D && ! echo x | /kit/ld --library-path /kit /kit/ssh-add -x
RUN test -z \"$SSH_AUTH_SOCK\" && test ! -e /run/buildkit/ssh_agent.0
",
    );
    kit("ssh-add", &workspace.dir.join("app/kit"));
    let folder = tempfile::tempdir().unwrap();
    let agent = Agent::start(folder.path());
    let mut build = workspace.command(&["build"]);
    build.env("SSH_AUTH_SOCK", &agent.socket);
    build.env("OTHER_SOCK", &agent.socket);
    let (code, text) = shown(build.output().unwrap());
    assert_eq!(code, Some(0), "{text}");
    let keys = agent.add(&["-l"]);
    let keys = String::from_utf8_lossy(&keys.stdout).into_owned();
    assert!(keys.contains("kiln-test"), "the key is still there: {keys}");
    // Without a key, the build says so.
    let mut build = workspace.command(&["build", "--no-cache"]);
    build.env("SSH_AUTH_SOCK", folder.path().join("gone"));
    build.env("OTHER_SOCK", &agent.socket);
    let (code, text) = shown(build.output().unwrap());
    assert_eq!(code, Some(2), "{text}");
    assert!(
        text.contains("ssh \"default\": no agent answers at "),
        "{text}"
    );
}
