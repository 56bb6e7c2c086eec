//! Worlds for tests: a real Docker Engine and a real registry, in separate namespaces.
//!
//! A test file with `mod world;` needs root and the packages of `tests/ground/install`. `./test` takes care of both;
//! `./test --fast` skips these files. The script `tests/ground/world` does the work; this module calls it.
//!
//! A world ends when its `World` is dropped. A shared one, and one whose test was killed, ends shortly
//! after this process: `world start` leaves a guard process that watches its owner.

#![allow(dead_code)] // Each test file uses some of these functions.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The engines that tests run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    V20_10,
    V28_5,
    V28_5Containerd,
    /// The podman of the host's Debian release, over its Docker API.
    Podman,
}

impl Kind {
    pub const ALL: [Kind; 4] = [
        Kind::V20_10,
        Kind::V28_5,
        Kind::V28_5Containerd,
        Kind::Podman,
    ];

    /// Its name in `KILN_TEST_KINDS` and for `world start`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::V20_10 => "20.10",
            Kind::V28_5 => "28.5",
            Kind::V28_5Containerd => "28.5-containerd",
            Kind::Podman => "podman",
        }
    }

    pub fn containerd_store(self) -> bool {
        self == Kind::V28_5Containerd
    }

    /// Whether to run tests on it: `KILN_TEST_KINDS="20.10 28.5"` excludes the third.
    pub fn wanted(self) -> bool {
        let kinds = std::env::var("KILN_TEST_KINDS").unwrap_or_default();
        let mut named = kinds.split([' ', ',']).filter(|kind| !kind.is_empty());
        let unknown = named
            .clone()
            .find(|name| Kind::ALL.iter().all(|kind| kind.name() != *name));
        assert_eq!(unknown, None, "KILN_TEST_KINDS names no such engine");
        let wanted = kinds.trim().is_empty() || named.any(|kind| kind == self.name());
        if !wanted {
            eprintln!("LEFT OUT: KILN_TEST_KINDS does not name {}", self.name());
        }
        wanted
    }
}

/// Defines one test per kind of engine for each function, in the modules `engine_20_10`, `engine_28_5` and
/// `engine_28_5_containerd`. A function takes the kind: `fn pushes(kind: Kind)`, and calls
/// `World::shared(kind)` or, if it stops engines, `World::start(kind)`.
#[macro_export]
macro_rules! on_every_engine {
    ($($test:ident),+ $(,)?) => {
        $crate::on_engine!(engine_20_10, V20_10, $($test),+);
        $crate::on_engine!(engine_28_5, V28_5, $($test),+);
        $crate::on_engine!(engine_28_5_containerd, V28_5Containerd, $($test),+);
    };
}

/// Runs tests on one engine, in a module of that name.
#[macro_export]
macro_rules! on_engine {
    ($module:ident, $kind:ident, $($test:ident),+) => {
        mod $module {
            $(#[test]
            fn $test() {
                let kind = $crate::world::Kind::$kind;
                if kind.wanted() {
                    super::$test(kind);
                }
            })+
        }
    };
}

pub struct World {
    kind: Kind,
    dir: PathBuf,
    /// A process in the world's network namespace.
    pid: String,
    /// The digests of imported bases, by name.
    bases: Mutex<HashMap<String, String>>,
}

impl World {
    /// Starts a new world; it ends when dropped.
    pub fn start(kind: Kind) -> World {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let parent = std::env::var_os("KILN_TEST_WORLDS")
            .map_or("/var/tmp/kiln-worlds".into(), PathBuf::from);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = parent.join(format!("{}-{count}", std::process::id()));
        let dir_name = dir.to_str().expect("a folder named in UTF-8");
        let owner = std::process::id().to_string();
        run(ground("world")
            .args(["start", kind.name(), dir_name])
            .env("KILN_WORLD_OWNER", owner));
        let env = std::fs::read_to_string(dir.join("env")).expect("world start writes DIR/env");
        let pid = env
            .lines()
            .find_map(|line| line.strip_prefix("WORLD_PID="))
            .expect("a process")
            .to_owned();
        World {
            kind,
            dir,
            pid,
            bases: Mutex::default(),
        }
    }

    /// The world of this kind that all tests of this process share: use separate repositories in it, and
    /// leave its engine running.
    pub fn shared(kind: Kind) -> &'static World {
        static SHARED: [OnceLock<World>; 4] = [const { OnceLock::new() }; 4];
        SHARED[kind as usize].get_or_init(|| World::start(kind))
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Contains all files of the world; a test may add its own in `dir().join("…")`.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub fn socket(&self) -> PathBuf {
        self.dir.join("docker.sock")
    }

    pub fn docker_host(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// The domain of the world's registry.
    pub fn registry(&self) -> &'static str {
        "127.0.0.1:5000"
    }

    /// A command for the compiled kiln in `workspace`, with the world's engine and network, a separate home and nothing
    /// else from this process's environment. `spawn().kill()` kills kiln itself.
    pub fn kiln(&self, workspace: impl AsRef<Path>) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_kiln"));
        command.current_dir(workspace);
        command
    }

    /// A command for any program in the world's network, with the environment of [`World::kiln`].
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let home = self.dir.join("home");
        std::fs::create_dir_all(&home).expect("a home");
        let mut command = Command::new("nsenter");
        command
            .args(["--target", &self.pid, "--net", "--"])
            .arg(program);
        command.env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
            .env("HOME", home)
            .env("DOCKER_HOST", self.docker_host());
        command
    }

    /// The output of curl in the world's network; panics if curl fails.
    pub fn curl(&self, args: &[&str]) -> String {
        run(self
            .command("curl")
            .args(["-sS", "--max-time", "60"])
            .args(args))
    }

    /// One call of the engine's API: `api("GET", "/images/json")`.
    pub fn api(&self, method: &str, path: &str) -> String {
        let socket = self.socket();
        let socket = socket.to_str().expect("a path in UTF-8");
        self.curl(&[
            "--unix-socket",
            socket,
            "-X",
            method,
            &format!("http://engine{path}"),
        ])
    }

    /// The digest that a registry of this world serves for `domain/repository:tag`.
    pub fn digest(&self, reference: &str) -> Option<String> {
        let head = self.curl(&["-I", "-H", ACCEPT, &manifest_url(reference)]);
        head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("docker-content-digest")
                .then(|| value.trim().to_owned())
        })
    }

    /// What a registry of this world serves for `domain/repository:tag`: a manifest or an index.
    pub fn manifest(&self, reference: &str) -> serde_json::Value {
        let text = self.curl(&["-H", ACCEPT, &manifest_url(reference)]);
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{reference}: {text}"))
    }

    /// Imports a base into the engine, pushes it, and returns its digest: `import_base("busybox",
    /// "127.0.0.1:5000/base/busybox:1")`. `busybox` is small; `debian` is 170 MB and has a working apt. Done once per name, and
    /// one at a time: the containerd store loses an image whose name two imports replace at once.
    pub fn import_base(&self, base: &str, reference: &str) -> String {
        let mut bases = self.bases.lock().unwrap_or_else(PoisonError::into_inner);
        let digest = bases.entry(reference.to_owned());
        let import = || self.ground("base", &[base, reference]);
        digest.or_insert_with(import).clone()
    }

    /// Pushes the tiny base for amd64 and arm64 as one index, and returns its digest.
    pub fn push_base_index(&self, reference: &str) -> String {
        self.ground("base-index", &[reference])
    }

    /// Lets the engine run programs for arm64, if the machine allows the mount that this needs. Otherwise the test says that
    /// it left something out.
    pub fn emulate(&self) -> bool {
        let output = ground("world").arg("emulate").arg(&self.dir).output();
        let output = output.expect("a command that starts");
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr);
            eprintln!("LEFT OUT: nothing is built for arm64: {why}");
        }
        output.status.success()
    }

    /// Stops the engine and starts an empty one with the same registry.
    pub fn second_engine(&self) {
        self.ground("engine-stop", &[]);
        self.start_engine("second");
    }

    pub fn stop_engine(&self) {
        self.ground("engine-stop", &[]);
    }

    /// Kills the engine, as a power failure would.
    pub fn kill_engine(&self) {
        self.ground("engine-kill", &[]);
    }

    /// Starts an engine again (`first`), or another one with a separate data root.
    pub fn start_engine(&self, name: &str) {
        let dir = self.dir.to_str().expect("a path in UTF-8");
        run(ground("world").args(["engine-start", self.kind.name(), dir, name]));
    }

    /// Starts a further engine beside the first one, or again after it was killed. Its socket is `dir().join("NAME.sock")`.
    pub fn start_beside(&self, kind: Kind, name: &str) {
        let dir = self.dir.to_str().expect("a path in UTF-8");
        run(ground("world").args(["beside-start", kind.name(), dir, name]));
    }

    /// The same, and lets it listen on a port with TLS, with [`World::certificates`].
    pub fn start_beside_tls(&self, kind: Kind, name: &str, port: u16) {
        self.certificates();
        let dir = self.dir.to_str().expect("a path in UTF-8");
        let port = port.to_string();
        run(ground("world").args(["beside-start", kind.name(), dir, name, &port]));
    }

    /// The folder of certificates for an engine on 127.0.0.1 (`server.pem`) and for its clients, with Docker's names.
    pub fn certificates(&self) -> PathBuf {
        let tls = self.dir.join("tls");
        std::fs::create_dir_all(&tls).expect("a folder");
        let script = "key() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \"$@\" 2>>log; }
             key -x509 -subj /CN=authority -keyout ca-key.pem -out ca.pem
             echo subjectAltName=IP:127.0.0.1 >names
             for side in server client; do
                 key -subj /CN=$side -keyout $side-key.pem -out $side.csr
                 openssl x509 -req -in $side.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -extfile names -out $side.pem 2>>log
             done
             mv client.pem cert.pem; mv client-key.pem key.pem";
        run(Command::new("sh").args(["-ec", script]).current_dir(&tls));
        tls
    }

    /// Serves the world's first engine over ssh on a port, by a command such as [`World::command`]. The folder of a program `ssh`
    /// that has the key and knows the host is `dir().join("ssh/bin")`.
    pub fn serve_ssh(&self, port: u16, command: impl FnOnce(&str) -> Command) -> Sshd {
        let folder = self.dir.join("ssh");
        std::fs::create_dir_all(folder.join("bin")).expect("a folder");
        let at = folder.display();
        let script = format!(
            "for key in host mine; do ssh-keygen -q -t ed25519 -N '' -f $key; done
             echo \"[127.0.0.1]:{port} $(cut -d' ' -f1,2 host.pub)\" >known
             printf '%s\\n' 'Port {port}' 'ListenAddress 127.0.0.1' 'HostKey {at}/host' 'AuthorizedKeysFile {at}/mine.pub' 'StrictModes no' \\
                 'UsePAM no' 'PidFile none' 'PermitRootLogin prohibit-password' 'SetEnv DOCKER_HOST={engine}' >server
             printf '%s\\n' 'IdentityFile {at}/mine' 'IdentitiesOnly yes' 'UserKnownHostsFile {at}/known' 'StrictHostKeyChecking yes' >client
             printf '#!/bin/sh\\nexec /usr/bin/ssh -F {at}/client \"$@\"\\n' >bin/ssh
             chmod +x bin/ssh
             mkdir -p /run/sshd",
            engine = self.docker_host(),
        );
        run(Command::new("sh")
            .args(["-ec", &script])
            .current_dir(&folder));
        let mut server = command("/usr/sbin/sshd");
        server.arg("-D").arg("-f").arg(folder.join("server"));
        Sshd(server.spawn().expect("a server"))
    }

    /// Kills a further engine, as a power failure would.
    pub fn kill_beside(&self, name: &str) {
        self.ground("beside-kill", &[name]);
    }

    /// Opens a port that accepts connections and never answers; returns its domain.
    pub fn silent(&self, port: u16) -> String {
        self.ground("tcp-silent", &[&port.to_string()]);
        format!("127.0.0.1:{port}")
    }

    /// Serves the files of a folder, read at each request; returns the URL of the folder.
    pub fn files(&self, port: u16, folder: &Path) -> String {
        self.ground(
            "files",
            &[&port.to_string(), folder.to_str().expect("a path in UTF-8")],
        );
        format!("http://127.0.0.1:{port}/")
    }

    pub fn stop_files(&self, port: u16) {
        self.ground("files-stop", &[&port.to_string()]);
    }

    /// Starts another registry; returns its domain.
    pub fn another_registry(&self, port: u16) -> String {
        self.ground("registry-start", &[&port.to_string()]);
        format!("127.0.0.1:{port}")
    }

    /// Starts another registry, which deletes nothing; returns its domain.
    pub fn registry_without_deletes(&self, port: u16) -> String {
        let dir = self.dir.to_str().expect("a folder named in UTF-8");
        let mut world = ground("world");
        let world = world.env("KILN_WORLD_DELETES", "false");
        run(world.args(["registry-start", dir, &port.to_string()]));
        format!("127.0.0.1:{port}")
    }

    /// Starts another registry that requires a password; returns its domain.
    pub fn registry_with_auth(&self, port: u16, user: &str, password: &str) -> String {
        self.ground("registry-start", &[&port.to_string(), user, password]);
        format!("127.0.0.1:{port}")
    }

    pub fn stop_registry(&self, port: u16) {
        self.ground("registry-stop", &[&port.to_string()]);
    }

    /// Lets a registry accept connections and never respond, until it is resumed.
    pub fn pause_registry(&self, port: u16) {
        self.ground("registry-pause", &[&port.to_string()]);
    }

    pub fn resume_registry(&self, port: u16) {
        self.ground("registry-resume", &[&port.to_string()]);
    }

    fn ground(&self, word: &str, args: &[&str]) -> String {
        run(ground("world").arg(word).arg(&self.dir).args(args))
    }
}

/// A server for ssh, which ends when it is dropped.
pub struct Sshd(std::process::Child);

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let stop = ground("world").arg("stop").arg(&self.dir).output();
        if let Ok(output) = stop
            && !output.status.success()
        {
            eprintln!("{}", String::from_utf8_lossy(&output.stderr));
        }
    }
}

fn ground(command: &str) -> Command {
    let mut ground = Command::new(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/ground")
            .join(command),
    );
    ground.stdin(Stdio::null());
    ground
}

/// Runs a command and returns its standard output, trimmed; panics with its output if it fails.
fn run(command: &mut Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("a command that starts");
    let stdout = String::from_utf8_lossy(&stdout);
    assert!(
        status.success(),
        "{command:?}: {status}\n{stdout}{}",
        String::from_utf8_lossy(&stderr)
    );
    stdout.trim().to_owned()
}

/// All media types of images.
const ACCEPT: &str = "Accept: application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
                      application/vnd.docker.distribution.manifest.list.v2+json, \
                      application/vnd.docker.distribution.manifest.v2+json";

fn manifest_url(reference: &str) -> String {
    let (domain, rest) = reference.split_once('/').expect("a domain");
    let (repository, tag) = rest.rsplit_once(':').expect("a tag");
    format!("http://{domain}/v2/{repository}/manifests/{tag}")
}
