//! Credentials on real engines and registries: which build gets which, how often a helper runs, and what a run without trust does.

mod fleet;
mod world;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;
use std::sync::atomic::{AtomicU16, Ordering};
use world::{Kind, World};

on_every_engine!(
    a_helper_runs_once_and_its_credentials_stay_apart,
    untrusted_builds_read_and_write_nothing_that_is_closed,
);

const PASSWORD: &str = "c4nary-s3cret";

/// A port for each registry of these tests.
fn port() -> u16 {
    static PORT: AtomicU16 = AtomicU16::new(5300);
    PORT.fetch_add(1, Ordering::Relaxed)
}

/// Two registries with a password, a base in each, and an image on each of them.
struct Place<'w> {
    world: &'w World,
    folder: std::path::PathBuf,
    closed: [String; 2],
}

impl<'w> Place<'w> {
    fn new(world: &'w World, name: &str) -> Self {
        let closed = [port(), port()].map(|port| world.registry_with_auth(port, "me", PASSWORD));
        let place = Self {
            world,
            folder: world.dir().join(name),
            closed,
        };
        let open = format!("{}/base/busybox:1", world.registry());
        world.import_base("busybox", &open);
        let [one, other] = &place.closed;
        place.write("kiln.kdl", &format!(
            "workspace \"{name}\" {{ publish \"{one}/{name}/{{image}}\"; stage \"{one}/{name}/stage\"; }}
base \"open\" from=\"{open}\"
base \"closed\" from=\"{other}/base/busybox:1\"
image \"a\" {{ from base=\"open\"; template \"t.hbs\"; tag \"1\"; }}
image \"b\" {{ from base=\"closed\"; template \"t.hbs\"; tag \"1\"; }}
"
        ));
        place.write("t.hbs", "FROM {{from}}\nRUN echo built > /built\n");
        place
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A credential helper for both registries, which writes down each call.
    fn helper(&self) {
        let script = format!(
            "#!/bin/sh\nread -r server || true\necho \"$server\" >> '{}'\necho '{{\"Username\":\"me\",\"Secret\":\"{PASSWORD}\"}}'\n",
            self.folder.join("asked").display()
        );
        self.write("bin/docker-credential-own", &script);
        let program = self.folder.join("bin/docker-credential-own");
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
        let [one, other] = &self.closed;
        let config = format!(r#"{{"credHelpers":{{"{one}":"own","{other}":"own"}}}}"#);
        self.write("config/config.json", &config);
    }

    /// The registries of the calls since the last look, sorted.
    fn asked(&self) -> Vec<String> {
        let path = self.folder.join("asked");
        let text = fs::read_to_string(&path).unwrap_or_default();
        let _ = fs::remove_file(path);
        let mut all: Vec<String> = text.lines().map(str::to_owned).collect();
        all.sort();
        all
    }

    fn kiln(&self, args: &[&str], env: &[(&str, &str)]) -> Output {
        let mut command = self.world.kiln(&self.folder);
        let path = std::env::var("PATH").unwrap_or_default();
        let own = self.folder.join("bin");
        command
            .args(args)
            .env("PATH", format!("{}:{path}", own.display()))
            .env("DOCKER_CONFIG", self.folder.join("config"))
            .envs(env.iter().copied());
        command.output().unwrap()
    }

    #[track_caller]
    fn check(&self, args: &[&str], env: &[(&str, &str)], code: i32) -> String {
        let output = self.kiln(args, env);
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        assert!(!said.contains(PASSWORD), "{args:?}: {said}");
        said
    }

    /// Puts the base into the second registry.
    fn fill(&self, helper: &Path) {
        assert!(helper.exists());
        let [_, other] = &self.closed;
        let folder = self.folder.join("fill");
        fs::create_dir_all(&folder).unwrap();
        let manifest = format!(
            "workspace \"fill\" {{ publish \"{other}/base/{{image}}\"; stage \"{other}/base/stage\"; }}
base \"open\" from=\"{}/base/busybox:1\"
image \"busybox\" {{ from base=\"open\"; template \"t.hbs\"; tag \"1\"; }}
",
            self.world.registry()
        );
        fs::write(folder.join("kiln.kdl"), manifest).unwrap();
        fs::write(folder.join("t.hbs"), "FROM {{from}}\nRUN true\n").unwrap();
        let folder = folder.to_str().unwrap();
        self.check(&["-C", folder, "build", "--push"], &[], 0);
    }
}

/// G13: one call of the helper for each registry and run; a login that is wrong for one registry harms no other one.
fn a_helper_runs_once_and_its_credentials_stay_apart(kind: Kind) {
    let world = World::shared(kind);
    let place = Place::new(world, "helpers");
    place.helper();
    place.fill(&place.folder.join("config/config.json"));
    place.asked();
    let [one, other] = place.closed.clone();
    // What doctor finds before anything is published.
    let said = place.check(&["doctor"], &[], 0);
    for line in [
        "docker-credential-own (named in ",
        "over HTTP without TLS",
        &format!("{one}/helpers/stage"),
        &format!("may read {other}/base/busybox"),
        "no problems",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    let mut both = [one.clone(), other.clone()];
    both.sort();
    assert_eq!(place.asked(), both);
    place.check(&["build", "--push"], &[], 0);
    assert_eq!(place.asked(), both);
    // A wrong password for the second registry: what is based on it fails, the rest is published.
    let variable = format!("KILN_AUTH_{}", other.replace(['.', ':'], "_"));
    let wrong = [(variable.as_str(), "me:wrong-p4ssword")];
    let said = place.check(
        &["doctor", "--registry", &other, "--format", "json"],
        &wrong,
        1,
    );
    let found: serde_json::Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}"));
    assert_eq!(found["problems"], 1, "{said}");
    assert!(
        said.contains(&variable) && !said.contains("wrong-p4ssword"),
        "{said}"
    );
    let said = place.check(&["build", "--push", "--force"], &wrong, 1);
    assert!(!said.contains("wrong-p4ssword"), "{said}");
    // Outside of a workspace.
    let said = place.check(&["-C", "/", "doctor", "--registry", &one], &[], 0);
    assert!(said.contains("no problems"), "{said}");
    let said = place.check(&["doctor", "--registry", "not a name"], &[], 2);
    assert!(said.contains("not the name of a registry"), "{said}");
    // A helper that does not exist.
    fs::remove_file(place.folder.join("bin/docker-credential-own")).unwrap();
    let said = place.check(&["doctor", "--registry", &one], &[], 1);
    assert!(
        said.contains("docker-credential-own cannot be started"),
        "{said}"
    );
    assert!(said.contains("=user:password"), "{said}");
}

/// G16: the open part is built, the closed part fails by name, nothing is written, and no helper runs.
fn untrusted_builds_read_and_write_nothing_that_is_closed(kind: Kind) {
    let world = World::shared(kind);
    let place = Place::new(world, "outside");
    place.helper();
    place.fill(&place.folder.join("config/config.json"));
    place.asked();
    let env = [("KILN_UNTRUSTED", "1")];
    let said = place.check(&["build", "--format", "plain"], &env, 1);
    assert!(said.contains("uses no credentials"), "{said}");
    let images = world.api("GET", "/images/json");
    let [one, other] = &place.closed;
    assert!(
        images.contains(&format!("{one}/outside/a:1")),
        "{said}\n{images}"
    );
    assert!(!images.contains(&format!("{one}/outside/b:1")), "{images}");
    let said = place.check(&["doctor"], &env, 1);
    assert!(said.contains("none is read with --untrusted"), "{said}");
    assert_eq!(place.asked(), Vec::<String>::new());
    place.check(&["build", "--push"], &env, 2);
    let login = format!("me:{PASSWORD}");
    for domain in [one, other] {
        let url = format!("http://{domain}/v2/_catalog");
        let catalog = world.curl(&["-u", &login, &url]);
        assert!(!catalog.contains("outside"), "{catalog}");
    }
}
