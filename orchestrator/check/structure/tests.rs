use super::*;
use crate::text::Sources;

const FILE: Structure = Structure {
    path: String::new(),
    network: false,
    within: command::WITHIN,
    memory: command::MEMORY,
};

fn read_text(text: &str) -> (Vec<Check>, Diagnostics, Sources) {
    let (mut out, mut sources) = (Diagnostics::default(), Sources::default());
    let source = sources.add("checks/x.yaml", text);
    let checks = read(&FILE, source, text, &mut out);
    (checks, out, sources)
}

fn faults(out: &Diagnostics, sources: &Sources) -> Vec<String> {
    out.iter()
        .map(|d| format!("{} {}", sources.place(d.labels[0].span), d.message))
        .collect()
}

#[track_caller]
fn good(text: &str) -> Vec<Check> {
    let (checks, out, sources) = read_text(text);
    assert!(out.is_empty(), "{:?}", faults(&out, &sources));
    checks
}

/// A part of an error message, and its line.
#[track_caller]
fn bad(text: &str, fault: &str, line: usize) {
    let (_, out, sources) = read_text(text);
    let place = format!("checks/x.yaml:{line}:");
    let fits = out
        .iter()
        .any(|d| d.message.contains(fault) && sources.place(d.labels[0].span).starts_with(&place));
    assert!(fits, "{text}\n{:?}", faults(&out, &sources));
}

const WHOLE: &str = r#"
schemaVersion: "2.0.0"
globalEnvVars:
  - key: PATH
    value: "/env/bin:$PATH"
containerRunOptions:
  user: root
commandTests:
  - name: "gunicorn flask"
    setup: [["virtualenv", "/env"], ["pip", "install", "it's"]]
    teardown: [["rm", "-r", "/env"]]
    command: "which"
    args: ["gunicorn"]
    envVars:
      - {key: A, value: "1"}
    expectedOutput: ["/env/bin/gunicorn"]
    excludedError: ['.*Inst.*Security.* | .*Security.*Inst.*']
    exitCode: 3
  - name: script
    command: bash
    args:
      - -c
      - |
         echo hello &&
         echo world
fileExistenceTests:
- name: 'Root'
  path: '/'
  shouldExist: true
  permissions: 'drwxr-xr-x'
  uid: 0
  gid: 0
  isExecutableBy: 'group'
- {name: none, path: /nope, shouldExist: false}
fileContentTests:
- name: 'Debian Sources'
  path: '/etc/apt/sources.list'
  expectedContents: ['.*httpredir\.debian\.org.*']
  excludedContents: ['.*gce_debian_mirror.*']
metadataTest:
  envVars:
    - key: foo
      value: baz
  unboundEnvVars: [{key: GONE}]
  labels:
    - key: 'build-date'
      value: '^\d{4}-\d{2}'
      isRegex: true
  exposedPorts: ["8080", 2345]
  unexposedPorts: ["22"]
  volumes: ["/test"]
  unmountedVolumes: ["/etc"]
  entrypoint: []
  cmd: ["/bin/bash"]
  workdir: "/app"
  user: "luke"
"#;

#[test]
fn the_whole_format_is_read() {
    let checks = good(WHOLE);
    let titles: Vec<&str> = checks.iter().map(|check| check.title.as_str()).collect();
    assert_eq!(
        titles,
        [
            "gunicorn flask",
            "script",
            "Root",
            "none",
            "Debian Sources",
            "env foo=baz",
            "no env GONE",
            "label build-date",
            "entrypoint",
            "cmd /bin/bash",
            "workdir /app",
            "user luke",
            "port 8080",
            "port 2345",
            "no port 22",
            "volume /test",
            "no volume /etc"
        ]
    );
    let Kind::Command(first) = &checks[0].kind else {
        panic!("{:?}", checks[0])
    };
    assert_eq!(
        (first.exit, first.user.as_deref(), first.env.len()),
        (3, Some("root"), 2)
    );
    let argv = first.request(&crate::request::ImageConfig::default()).argv;
    assert_eq!(argv[..2], ["/bin/sh", "-c"]);
    assert!(
        argv[2].contains(r"'pip' 'install' 'it'\''s'")
            && argv[2].ends_with("exec 'which' 'gunicorn'\n"),
        "{}",
        argv[2]
    );
    let Kind::Command(second) = &checks[1].kind else {
        panic!("{:?}", checks[1])
    };
    assert_eq!(
        second.program,
        Program::Argv(vec![
            "bash".into(),
            "-c".into(),
            "echo hello &&\necho world\n".into()
        ])
    );
    let Kind::File(root) = &checks[2].kind else {
        panic!("{:?}", checks[2])
    };
    assert_eq!(
        (root.executable, root.permissions.as_deref(), root.follow),
        (Some(0o010), Some("drwxr-xr-x"), false)
    );
}

#[test]
fn json_is_read_too() {
    let checks = good(
        r#"{"schemaVersion": "2.0.0", "fileExistenceTests": [{"name": "x", "path": "/x", "shouldExist": true, "permissions": ""}]}"#,
    );
    assert_eq!(checks.len(), 1);
    assert!(good("schemaVersion: 2.0.0").is_empty());
}

#[test]
fn errors_in_the_file_have_their_places() {
    bad("", "empty", 1);
    bad("a: [", "not valid YAML", 1);
    bad("- a", "a mapping of names", 1);
    bad("commandTests: []", "needs `schemaVersion`", 1);
    bad("schemaVersion: 1.0.0", "only version 2.0.0", 1);
    bad("a: &x [1]\nb: *x", "aliases", 2);
    bad("a: 1\n---\nb: 2", "more than one document", 2);
    bad(&format!("a: {}", "[".repeat(200)), "too deep", 1);
}

#[test]
fn errors_in_fields_have_their_places() {
    for (text, fault, line) in [
        ("comandTests: []", "unknown field `comandTests`", 2),
        ("schemaVersion: 2.0.0", "twice", 2),
        ("commandTests: x", "`commandTests` must be a list", 2),
        (
            "licenseTests:\n- debian: true",
            "license tests are not supported",
            3,
        ),
        (
            "containerRunOptions:\n  privileged: true",
            "never privileged",
            3,
        ),
        (
            "containerRunOptions:\n  bindMounts: [/a:/b]",
            "reaches outside",
            3,
        ),
    ] {
        bad(&format!("schemaVersion: 2.0.0\n{text}"), fault, line);
    }
}

#[test]
fn errors_in_tests_have_their_places() {
    for (kind, test, fault, line) in [
        ("command", "name: x", "needs `command`", 3),
        (
            "command",
            "name: x\n  command: y\n  expectedOutput: ['é(']",
            "not a regular expression",
            5,
        ),
        (
            "command",
            "name: x\n  command: [y]",
            "`command` must be text",
            4,
        ),
        ("fileExistence", "{name: x, path: y}", "absolute path", 3),
        (
            "fileExistence",
            "{name: x, path: /y, shouldExist: 'yes'}",
            "`true` or `false`",
            3,
        ),
        (
            "fileExistence",
            "{name: x, path: /y, isExecutableBy: me}",
            "`owner`, `group`, `other` or `any`",
            3,
        ),
    ] {
        let text = format!("schemaVersion: 2.0.0\n{kind}Tests:\n- {test}");
        bad(&text, fault, line);
    }
}

/// The place of a check is the place of its test.
#[test]
fn checks_know_their_places() {
    let (checks, _, sources) = read_text(WHOLE);
    let places: Vec<String> = checks
        .iter()
        .take(3)
        .map(|c| sources.place(c.span))
        .collect();
    assert_eq!(
        places,
        [
            "checks/x.yaml:9:5",
            "checks/x.yaml:19:5",
            "checks/x.yaml:27:3"
        ]
    );
}

proptest::proptest! {
    #[test]
    fn nothing_panics(text in "[-a: \\[\\]{}&*!|>'\"%@#\n?,é\t0]{0,60}") {
        let _ = read_text(&text);
        let _ = read_text(&format!("schemaVersion: 2.0.0\ncommandTests:\n- {text}"));
    }

    #[test]
    fn no_change_of_a_good_file_panics(at in 0..WHOLE.len(), junk in "[-: \\[\\]{}'\"\n]{0,3}") {
        if WHOLE.is_char_boundary(at) {
            let _ = read_text(&format!("{}{junk}{}", &WHOLE[..at], &WHOLE[at..]));
        }
    }
}
