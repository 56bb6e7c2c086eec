use super::*;
use crate::host::Environment;
use crate::tree::{Content, Entry, Mode};
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
            log: None,
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
        let found = self.with(env, |door| door.value(&secret, &|_| None));
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
    world.check(&[("T", " \n\t ")], env("T"), missing);
    let short = Err(
        "the value of environment variable T has no line of 4 characters or more, so that it could not be hidden in output",
    );
    world.check(&[("T", "abc\nde\n")], env("T"), short);
    world.check(&[("T", "abcd")], env("T"), Ok(b"abcd"));
    let most = "x".repeat(SecretValue::LONGEST);
    world.check(&[("T", &most)], env("T"), Ok(most.as_bytes()));
    let long = Err(
        "the value of environment variable T has more than 500 KiB, the most that BuildKit accepts",
    );
    world.check(&[("T", &"x".repeat(1 << 20))], env("T"), long);
}

/// G12: hooks have the environment also where nothing is built. What cannot be read is not an error there.
#[test]
fn what_can_be_read_is_hidden() {
    let world = World::new();
    world.write("key", b"canary");
    let secret = |from: SecretSource| SecretRef {
        id: "npm".into(),
        from,
        place: "kiln.kdl:3:5".into(),
    };
    let all = [env("T"), env("GONE"), file("key"), file("gone"), file("..")];
    let refs = SecretRefs {
        secrets: all.map(secret).into(),
        agents: Vec::new(),
    };
    let hidden = world.with(&[("T", "canary")], |door| {
        readable(
            [&refs].into_iter(),
            &BTreeMap::new(),
            door.workspace,
            door.host,
        )
    });
    assert_eq!(
        hidden.keys().cloned().collect::<Vec<_>>(),
        [env("T"), file("key")]
    );
    assert!(hidden.values().all(|value| value.reveal() == b"canary"));
}

/// G14: what the manifest names stays inside the workspace.
#[test]
fn files_are_values() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("key"), "canary").unwrap();
    let world = World::new();
    std::os::unix::fs::symlink(outside.path().join("key"), world.folder.path().join("link"))
        .unwrap();
    world.write("key", b"\0\xffkey\n");
    world.write("blank", b" \n");
    world.write("empty", b"");
    world.write("long", &vec![b'x'; 1 << 20]);
    world.check(&[], file("key"), Ok(b"\0\xffkey\n"));
    world.check(&[], file("gone"), Err("file gone does not exist"));
    world.check(&[], file("empty"), Err("file empty is empty"));
    world.check(&[], file("blank"), Err("file blank is empty"));
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
    // The same file by another name, and one with the same content.
    std::fs::hard_link(
        world.folder.path().join("key"),
        world.folder.path().join("hard"),
    )
    .unwrap();
    world.write("copy", b"canary");
    let sent = |what: &str| format!("file {what}, so that its value could end up in an image");
    let own = sent("key is among the files that a build gets");
    world.check(&[], file("key"), Err(&own));
    // The name that gets in is the one to leave out.
    let other = sent("hard is among the files that a build gets, as key");
    world.check(&[], file("hard"), Err(&other));
    let copies = |path: &str| (path == "sub/key").then(|| String::from("kiln.kdl:9:3"));
    let (why, help) = world
        .with(&[], |door| door.file("hard", &copies))
        .unwrap_err();
    let by = "hard is among the files that a build gets, as key (kiln.kdl:9:3 copies it)";
    assert_eq!(why, sent(by));
    assert_eq!(
        help,
        "remove that `file`, or keep the value in another file"
    );
    world.check(&[], file("copy"), Ok(b"canary"));
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
    let start = "kiln.kdl:4:5: ssh \"default\": no agent answers at the path in environment variable SSH_AUTH_SOCK: ";
    assert!(why(&named).starts_with(start), "{}", why(&named));
    assert!(!why(&named).contains(path.to_str().unwrap()));
    let listening = UnixListener::bind(&path).unwrap();
    let silent = why(&named);
    assert!(silent.ends_with("it lists no keys within 3 s"), "{silent}");
    std::thread::spawn(move || {
        // The first connection is the one that ended without an answer.
        for (nth, agent) in listening.incoming().enumerate() {
            let mut agent = agent.unwrap();
            let mut request = [0; 5];
            agent.read_exact(&mut request).unwrap();
            let kind = if nth == 1 { 5 } else { 12 };
            let _ = agent.write_all(&[0, 0, 0, 5, kind, 0, 0, 0, 0]);
        }
    });
    let failing = why(&named);
    assert!(failing.ends_with("it lists no keys"), "{failing}");
    assert_eq!(
        world.with(&named, |door| door.socket(&agent)).unwrap(),
        path
    );
}
