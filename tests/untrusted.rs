//! G16: a run with `--untrusted` pushes nothing and reads no credential, whatever the workspace contains.
//!
//! The home of these tests is full of traps: a program that opens one of its files waits forever, its credential helper leaves a
//! mark, and its registry keeps every request. `tests/credentials.rs` has the tests that need an engine.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const SECRET: &str = "c4nary-s3cret";

/// A registry that requires a password for everything, and keeps the heads of all requests.
#[derive(Clone)]
struct Registry {
    domain: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Registry {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let registry = Self {
            domain: listener.local_addr().unwrap().to_string(),
            requests: Arc::default(),
        };
        let requests = registry.requests.clone();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let requests = requests.clone();
                std::thread::spawn(move || {
                    let (mut head, mut byte) = (Vec::new(), [0]);
                    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) > 0 {
                        head.push(byte[0]);
                    }
                    requests
                        .lock()
                        .unwrap()
                        .push(String::from_utf8_lossy(&head).into_owned());
                    let _ = stream.write_all(
                        b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"here\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                    );
                });
            }
        });
        registry
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// A workspace, and a home with traps.
struct Place {
    folder: TempDir,
    registry: Registry,
}

impl Place {
    fn new() -> Self {
        let place = Self {
            folder: TempDir::new().unwrap(),
            registry: Registry::open(),
        };
        place.write(
            "work/kiln.kdl",
            &place.manifest("image \"a\" { from base=\"b\"; template \"a.hbs\"; tag \"1\"; }"),
        );
        place.write("work/a.hbs", "FROM {{from}}\nRUN true\n");
        place
    }

    fn manifest(&self, more: &str) -> String {
        let domain = &self.registry.domain;
        format!(
            "workspace \"x\" {{ publish \"{domain}/x/{{image}}\"; stage \"{domain}/x/kiln-stage\"; }}\nbase \"b\" from=\"{domain}/b:1\"\n{more}\n"
        )
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A file that never ends to be read.
    fn trap(&self, path: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let made = Command::new("mkfifo").arg(path).status().unwrap();
        assert!(made.success());
    }

    /// A credential helper that leaves a mark, and has a credential for every registry.
    fn helper(&self) {
        let script = format!(
            "#!/bin/sh\necho called >> '{}'\necho '{{\"Username\":\"me\",\"Secret\":\"{SECRET}\"}}'\n",
            self.path("called").display()
        );
        self.write("bin/docker-credential-trap", &script);
        let program = self.path("bin/docker-credential-trap");
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
        self.write("home/.docker/config.json", r#"{"credsStore":"trap"}"#);
    }

    /// Runs kiln in the workspace; a run that reads a trap ends after half a minute, and fails the test.
    fn kiln(&self, args: &[&str], env: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kiln"));
        let path = format!("{}:/usr/bin:/bin", self.path("bin").display());
        command
            .current_dir(self.path("work"))
            .env_clear()
            .env("HOME", self.path("home"))
            .env("PATH", path)
            .env("DOCKER_HOST", "unix:///nowhere/docker.sock")
            .envs(env.iter().copied())
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let end = Instant::now() + Duration::from_secs(30);
        while child.try_wait().unwrap().is_none() {
            if Instant::now() > end {
                let _ = child.kill();
                panic!("kiln {args:?} reads a trap");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        child.wait_with_output().unwrap()
    }

    /// Runs kiln; checks its exit code, and that it has read and sent no credential. Returns what it wrote.
    #[track_caller]
    fn check(&self, args: &[&str], env: &[(&str, &str)], code: i32) -> String {
        let output = self.kiln(args, env);
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        let ended = output.status.code().unwrap_or_default();
        // Registries that refuse a run are out of its reach.
        let is_refused = code == 1 && ended == 3;
        assert!(ended == code || is_refused, "{args:?}: {ended}: {said}");
        assert!(!said.contains(SECRET), "{args:?}: {said}");
        assert!(!self.path("called").exists(), "{args:?} called the helper");
        for request in self.registry.requests() {
            let lower = request.to_lowercase();
            assert!(!lower.contains("authorization:"), "{args:?}: {request}");
            assert!(!request.contains(SECRET), "{args:?}: {request}");
            let reads = request.starts_with("GET ") || request.starts_with("HEAD ");
            assert!(reads, "{args:?} writes: {request}");
        }
        said
    }
}

/// Commands that look at registries, and those that would write to them. The last word of a call says what is refused.
const LOOKS: [&[&str]; 4] = [
    &["plan"],
    &["stale"],
    &["list", "--published"],
    &["nightly", "--dry-run"],
];
const WRITES: [(&[&str], &str); 5] = [
    (&["build", "--push"], "leave out --push"),
    (&["nightly"], "add --dry-run"),
    (&["release"], "add --dry-run"),
    (&["rollback", "1"], "add --dry-run"),
    (&["prune", "--yes"], "leave out --yes"),
];

/// G16: credentials of all sources.
#[test]
fn no_credential_is_read() {
    let variable = |place: &Place| {
        let name: String = place
            .registry
            .domain
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .collect();
        format!("KILN_AUTH_{name}")
    };
    let pair = format!("me:{SECRET}");
    let traps = Place::new();
    for file in [
        "home/.docker/config.json",
        "home/.config/containers/auth.json",
        "home/run/containers/auth.json",
        "home/auth.json",
        "home/.netrc",
    ] {
        traps.trap(file);
    }
    let certificates = format!("home/.docker/certs.d/{}", traps.registry.domain);
    traps.trap(&format!("{certificates}/client.cert"));
    traps.trap(&format!("{certificates}/client.key"));
    let helper = Place::new();
    helper.helper();
    let (run, auth) = (traps.path("home/run"), traps.path("home/auth.json"));
    let (run, auth) = (run.to_str().unwrap(), auth.to_str().unwrap());
    let places: [(&Place, Vec<(&str, &str)>); 2] = [
        (
            &traps,
            vec![("XDG_RUNTIME_DIR", run), ("REGISTRY_AUTH_FILE", auth)],
        ),
        (&helper, vec![]),
    ];
    for (place, env) in places {
        let own = variable(place);
        let env = [
            env,
            vec![(own.as_str(), pair.as_str()), ("KILN_UNTRUSTED", "1")],
        ]
        .concat();
        for args in LOOKS {
            let said = place.check(args, &env, 1);
            assert!(said.contains("uses no credentials"), "{args:?}: {said}");
            assert!(!said.contains("KILN_AUTH_"), "{args:?}: {said}");
            let offline = said.contains("`kiln plan --offline` asks no registry");
            assert_eq!(offline, args[0] == "plan", "{args:?}: {said}");
        }
        for (args, way_out) in WRITES {
            let said = place.check(args, &env, 2);
            assert!(said.contains(way_out), "{args:?}: {said}");
        }
        // It would have hooks.
        let said = place.check(&["plan", "--out", "plan.json"], &env, 2);
        assert!(said.contains("leave out --out"), "{said}");
        place.check(&["validate"], &env, 0);
        place.check(&["lock", "--bases"], &env, 1);
        // The engine is named by the environment alone.
        place.check(&["build"], &env, 3);
        assert!(!place.registry.requests().is_empty());
    }
    // The same place without the option: the traps work.
    let said = helper.kiln(&["plan"], &[]);
    assert!(!said.status.success());
    assert!(helper.path("called").exists(), "the helper is never called");
    let requests = helper.registry.requests().concat().to_lowercase();
    assert!(requests.contains("authorization: basic"), "{requests}");
}

/// The engine that Docker's configuration names as the current one is not used: that file has credentials.
#[test]
fn the_option_and_the_variable_mean_the_same() {
    let place = Place::new();
    place.trap("home/.docker/config.json");
    let none = [("DOCKER_HOST", "")];
    place.check(&["--untrusted", "build", "--push"], &none, 2);
    place.check(&["build", "--push", "--untrusted"], &none, 2);
    for (value, code) in [("1", 2), ("yes", 2), ("true", 2), ("", 2), ("0", 0)] {
        let env = [("KILN_UNTRUSTED", value)];
        let said = place.check(&["prune", "--yes", "--help"], &env, 0);
        assert!(said.contains("KILN_UNTRUSTED=1"), "{said}");
        let said = place.check(&["validate"], &env, if value == "1" { 0 } else { code });
        let is_wrong = said.contains("expected 1 for a workspace that is not trusted, or 0");
        assert_eq!(is_wrong, ["yes", "true", ""].contains(&value), "{said}");
    }
    // The environment cannot take the option back.
    let env = [("KILN_UNTRUSTED", "0")];
    place.check(&["--untrusted", "build", "--push"], &env, 2);
}

/// A hook that starts such a run would start itself again and again.
#[test]
fn a_hook_does_not_change_tags() {
    let place = Place::new();
    let hook = [("KILN_HOOK", "before-move")];
    let applied: [&[&str]; 2] = [
        &["apply", "plan.json"],
        &["apply", "plan.json", "--publish"],
    ];
    for args in WRITES.map(|(args, _)| args).into_iter().chain(applied) {
        let said = place.check(args, &hook, 2);
        assert!(
            said.contains("(KILN_HOOK=before-move)\n  run it after that run has ended"),
            "{args:?}: {said}"
        );
    }
    place.check(&["validate"], &hook, 0);
}

/// G16: a hostile pull request that changes every file that kiln reads.
#[test]
fn nothing_in_the_workspace_lifts_it() {
    let place = Place::new();
    place.helper();
    let env = [
        ("KILN_UNTRUSTED", "1"),
        ("KILN_VAR_TOKEN", SECRET),
        ("NPM_TOKEN", SECRET),
    ];
    let refused = |file: &str, text: &str, expect: &str| {
        let before = fs::read_to_string(place.path(file)).unwrap_or_default();
        place.write(file, text);
        for args in [&["validate"][..], &["build"], &["plan", "--offline"]] {
            let said = place.check(args, &env, 2);
            assert!(said.contains(expect), "{args:?}: {expect}\n{said}");
        }
        place.write(file, &before);
    };
    let image = "image \"a\" { from base=\"b\"; template \"a.hbs\"; tag \"1\"; }";
    let manifest = |more: &str| place.manifest(more);
    // The manifest.
    refused(
        "work/kiln.kdl",
        &manifest(
            "image \"a\" { from base=\"b\"; template \"a.hbs\"; network \"host\"; tag \"1\"; }",
        ),
        "kiln.kdl:3:",
    );
    refused(
        "work/kiln.kdl",
        &manifest(&format!(
            "variable \"token\"\n{}",
            image.replace("tag \"1\"", "arg T=\"{var:token}\"; tag \"1\"")
        )),
        "KILN_VAR_TOKEN of the environment is not used",
    );
    refused(
        "work/kiln.kdl",
        &manifest(image).replace("workspace \"x\" {", "workspace \"x\" { untrusted #false;"),
        "untrusted",
    );
    // Templates.
    for flag in [
        "--network=host",
        "--security=insecure",
        "--net\\work=host",
        "--mount=type=cache,target=/x --network=host",
        "--network=$N",
    ] {
        refused(
            "work/a.hbs",
            &format!("FROM {{{{from}}}}\nRUN true\nRUN {flag} cat /proc/net/tcp\n"),
            "a.hbs:3",
        );
    }
    refused(
        "work/a.hbs",
        "FROM {{from}}\nONBUILD RUN --network=host true\n",
        "a.hbs:2",
    );
    // A file that is used as it is.
    let own = format!(
        "FROM {}/b:1\nRUN true\nRUN --security=insecure true\n",
        place.registry.domain
    );
    place.write("work/own/Dockerfile", &own);
    refused(
        "work/kiln.kdl",
        &manifest("image \"a\" { from base=\"b\"; dockerfile \"own/Dockerfile\"; tag \"1\"; }"),
        "own/Dockerfile:3",
    );
    // Configuration in the workspace is not read, neither as a file of kiln's nor as one of Docker's or git's.
    for file in [
        ".env",
        ".kilnrc",
        "kiln.toml",
        ".docker/config.json",
        ".netrc",
    ] {
        place.write(&format!("work/{file}"), "KILN_UNTRUSTED=0\n");
    }
    place.write("work/kiln.lock", "version 1\n");
    place.check(&["build", "--push"], &env, 2);
    place.check(&["build"], &env, 3);
    place.check(&["plan", "--offline"], &env, 0);
}

/// A plan shows what the run would do, and it runs no hook.
#[test]
fn plans_show_no_hook() {
    let place = Place::new();
    let image = "image \"a\" { from base=\"b\"; template \"a.hbs\"; tag \"1\"; before-move run=\"scan {reference}\" name=\"gate\"; }";
    place.write("work/kiln.kdl", &place.manifest(image));
    for (value, shows) in [("0", true), ("1", false)] {
        for format in ["text", "json"] {
            let args = ["plan", "--offline", "--format", format];
            let said = place.check(&args, &[("KILN_UNTRUSTED", value)], 0);
            assert_eq!(said.contains("gate"), shows, "{value} {format}: {said}");
        }
    }
}

/// What is refused only in such a run is fine in others.
#[test]
fn a_trusted_workspace_may_use_the_network_of_the_machine() {
    let place = Place::new();
    place.write(
        "work/kiln.kdl",
        &place.manifest(
            "image \"a\" { from base=\"b\"; template \"a.hbs\"; network \"host\"; tag \"1\"; }",
        ),
    );
    place.write("work/a.hbs", "FROM {{from}}\nRUN --network=host true\n");
    place.check(&["validate"], &[], 0);
}
