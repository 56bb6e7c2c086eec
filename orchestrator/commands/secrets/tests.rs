use super::*;
use crate::host::Environment;
use crate::tree::{Entry, Mode};
use std::os::unix::net::UnixListener;

struct World {
    folder: tempfile::TempDir,
    contexts: HashMap<Digest, Arc<Tree>>,
}

impl World {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            contexts: HashMap::new(),
        }
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        std::fs::write(self.folder.path().join(path), bytes).unwrap();
    }

    fn with<T>(&self, env: &[(&str, &str)], ask: impl FnOnce(Door<'_>) -> T) -> T {
        let vars = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let host = Host {
            env: Environment::from_iter(vars),
            now: jiff::Timestamp::UNIX_EPOCH,
            colour: false,
            interruption: Default::default(),
        };
        ask(Door {
            host: &host,
            workspace: &Workspace::new(self.folder.path().to_owned()),
            contexts: &self.contexts,
        })
    }

    /// The value of a secret, or why there is none.
    fn check(&self, env: &[(&str, &str)], from: SecretSource, wanted: Result<&[u8], &str>) {
        let secret = SecretRef {
            id: "npm".into(),
            from,
            place: "kiln.kdl:3:5".into(),
        };
        let found = self.with(env, |door| door.value(&secret));
        match (found, wanted) {
            (Ok(value), Ok(wanted)) => assert_eq!(value.reveal(), wanted),
            (Err((why, _)), Err(wanted)) => {
                assert_eq!(why, format!("kiln.kdl:3:5: secret \"npm\": {wanted}"));
            }
            (found, wanted) => panic!("{found:?} instead of {wanted:?}"),
        }
    }
}

fn env(name: &str) -> SecretSource {
    SecretSource::Env(name.into())
}

fn file(path: &str) -> SecretSource {
    SecretSource::File(path.into())
}

#[test]
fn variables_are_values() {
    let world = World::new();
    let lines = "-----BEGIN KEY-----\nAAAA\n-----END KEY-----\n";
    world.check(&[("T", "--build-arg=x")], env("T"), Ok(b"--build-arg=x"));
    world.check(&[("T", lines)], env("T"), Ok(lines.as_bytes()));
    let missing = Err("environment variable T is not set, or is empty");
    world.check(&[("OTHER", "x")], env("T"), missing);
    world.check(&[("T", "")], env("T"), missing);
    let most = "x".repeat(SecretValue::LONGEST);
    world.check(&[("T", &most)], env("T"), Ok(most.as_bytes()));
    let long = Err(
        "the value of environment variable T has more than 500 KiB, the most that BuildKit accepts",
    );
    world.check(&[("T", &"x".repeat(1 << 20))], env("T"), long);
}

/// G14: what the manifest names stays inside the workspace.
#[test]
fn files_are_values() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("key"), "canary").unwrap();
    let world = World::new();
    std::os::unix::fs::symlink(outside.path().join("key"), world.folder.path().join("link"))
        .unwrap();
    world.write("key", &[0, 255, b'\n']);
    world.write("empty", b"");
    world.write("long", &vec![b'x'; 1 << 20]);
    world.check(&[], file("key"), Ok(&[0, 255, b'\n']));
    world.check(&[], file("gone"), Err("file gone does not exist"));
    world.check(&[], file("empty"), Err("file empty is empty"));
    world.check(&[], file("."), Err("`.` is not a file"));
    world.check(
        &[],
        file("link"),
        Err("`link` is a link out of the workspace"),
    );
    world.check(
        &[],
        file("../key"),
        Err("`../key` leads out of the workspace"),
    );
    let long = Err("the value of file long has more than 500 KiB, the most that BuildKit accepts");
    world.check(&[], file("long"), long);
}

/// G12: a value that COPY could put into a layer is refused.
#[test]
fn a_file_of_a_build_context_is_refused() {
    let mut world = World::new();
    world.write("key", b"canary");
    let mut tree = Tree::default();
    let real = world.folder.path().canonicalize().unwrap().join("key");
    tree.add(
        "sub/key",
        Entry {
            mode: Mode::Plain,
            size: 6,
            digest: Digest::of("canary"),
            content: Content::File(real),
        },
    );
    world.contexts.insert(Digest::of("tree"), Arc::new(tree));
    let sent =
        "file key is among the files that a build gets, so that its value could end up in an image";
    world.check(&[], file("key"), Err(sent));
}

#[test]
fn agents_answer_before_the_first_build() {
    let world = World::new();
    let agent = AgentRef {
        id: "default".into(),
        env: "SSH_AUTH_SOCK".into(),
        place: "kiln.kdl:4:5".into(),
    };
    let path = world.folder.path().join("agent");
    let named = [("SSH_AUTH_SOCK", path.to_str().unwrap())];
    let why = |env: &[(&str, &str)]| world.with(env, |door| door.socket(&agent)).unwrap_err().0;
    assert_eq!(
        why(&[]),
        "kiln.kdl:4:5: ssh \"default\": environment variable SSH_AUTH_SOCK is not set, or is empty"
    );
    let start = format!(
        "kiln.kdl:4:5: ssh \"default\": no agent answers at {} (SSH_AUTH_SOCK): ",
        path.display()
    );
    assert!(why(&named).starts_with(&start), "{}", why(&named));
    let _listening = UnixListener::bind(&path).unwrap();
    assert_eq!(
        world.with(&named, |door| door.socket(&agent)).unwrap(),
        path
    );
}
