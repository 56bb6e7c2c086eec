//! What is found in an image, and the verdict on it.

use super::*;

fn image() -> ImageInfo {
    let config = ImageConfig {
        env: vec!["PATH=/usr/bin:/bin".into(), "GOPATH=/go".into()],
        user: "circleci".into(),
        labels: [("a".to_owned(), "b".to_owned())].into(),
        ports: vec!["80/tcp".into()],
        ..ImageConfig::default()
    };
    ImageInfo {
        id: Digest::of(""),
        os: "linux".into(),
        architecture: "amd64".into(),
        variant: None,
        layers: Vec::new(),
        repo_digests: Vec::new(),
        size: 1_000_000,
        content: Digest::of(""),
        config,
    }
}

fn ran(ended: Ended, stdout: &str, stderr: &str) -> Option<ContainerAnswer> {
    Some(ContainerAnswer::Ran(Ran {
        ended,
        stdout: Output::whole(stdout.as_bytes()),
        stderr: Output::whole(stderr.as_bytes()),
    }))
}

fn found(mode: u32, content: &str) -> Found {
    let (size, content) = (content.len() as u64, Some(content.as_bytes().to_vec()));
    Found {
        kind: FileKind::File,
        mode,
        uid: 0,
        gid: 0,
        size,
        target: None,
        content,
    }
}

fn looked(all: &[Option<Found>]) -> Option<ContainerAnswer> {
    Some(ContainerAnswer::Looked(all.to_vec()))
}

/// An empty `why` means that the image passes the check.
#[track_caller]
fn judged(line: &str, image: &ImageInfo, answer: Option<ContainerAnswer>, why: &str) -> Verdict {
    let check = read(line).unwrap();
    assert_eq!(
        check.task(image).is_some(),
        answer.is_some(),
        "{line}: whether it needs a container"
    );
    let verdict = check.judge(image, answer.as_ref());
    assert_eq!(verdict.passed, why.is_empty(), "{line}: {verdict:?}");
    assert!(verdict.why.contains(why), "{line}: {verdict:?}");
    verdict
}

#[test]
fn commands_are_judged() {
    let long = "x".repeat(2 << 20);
    for (options, code, stdout, stderr, why) in [
        ("", 0, "", "", ""),
        ("exit=3", 3, "", "", ""),
        ("exit=3", 0, "", "", "exit code 0, expected 3"),
        (r#"contains="go{version}""#, 0, "go1.26.5", "", ""),
        (r#"contains="Open""#, 0, "", "OpenSSH", ""),
        (r#"contains="a" "b""#, 0, "a", "", "does not contain `b`"),
        (
            r#"lacks="warning""#,
            0,
            "a warning",
            "",
            "the output contains `warning`",
        ),
        (r#"matches="^v{{2}}""#, 0, "v", "", "does not match `^v{2}`"),
        (r##"matches=#"^v\d+"#"##, 0, "v12", "", ""),
        (r#"matches="^two$""#, 0, "one\ntwo\n", "", ""),
        (r#"contains="end""#, 0, &long, "", "cut after 1 MiB"),
    ] {
        judged(
            &format!(r#"check run="x" {options}"#),
            &image(),
            ran(Ended::Exit(code), stdout, stderr),
            why,
        );
    }
}

#[test]
fn commands_that_do_not_exit_are_judged() {
    let no_shell = r#"exec: "/bin/sh": stat /bin/sh: no such file or directory"#;
    for (options, ended, why) in [
        (
            r#"run="x" within="2s""#,
            Ended::TooLate,
            "still running after 2 s",
        ),
        (
            r#"run="x" memory="10MB""#,
            Ended::OutOfMemory,
            "the limit is 10.0 MB",
        ),
        (
            r#"run="x""#,
            Ended::NotStarted(no_shell.into()),
            "`argv` does not need it",
        ),
        (
            r#"argv="/x""#,
            Ended::NotStarted("exec format error".into()),
            "platform",
        ),
    ] {
        judged(
            &format!("check {options}"),
            &image(),
            ran(ended, "", ""),
            why,
        );
    }
}

#[test]
fn the_last_lines_of_a_command_are_the_evidence() {
    let line = r#"check run="x""#;
    let missing = judged(
        line,
        &image(),
        ran(Ended::Exit(127), "1\n2", "sh: x: not found\n"),
        "no such command",
    );
    assert_eq!(missing.evidence, ["1", "2", "sh: x: not found"]);
    let many: String = (0..200).map(|n| format!("{n}\n")).collect();
    let long = judged(
        line,
        &image(),
        ran(Ended::Exit(1), &many, &many),
        "exit code 1",
    );
    assert_eq!(
        (
            long.evidence.len(),
            long.evidence.last().map(String::as_str)
        ),
        (Output::LINES, Some("199"))
    );
}

#[test]
fn commands_get_their_variables() {
    let check =
        read(r#"check run="x" { env PATH="/opt:$PATH" B="${GOPATH}/bin$" C="$NONE-$$" }"#).unwrap();
    let Some(ContainerTask::Run(command)) = check.task(&image()) else {
        panic!("no command")
    };
    let env: Vec<String> = command
        .env
        .iter()
        .map(|(k, v)| format!("{k}={v}"))
        .collect();
    assert_eq!(env, ["PATH=/opt:/usr/bin:/bin", "B=/go/bin$", "C=-$$"]);
    assert_eq!(command.argv, ["/bin/sh", "-c", "x"]);
}

/// Judges `check file="/x"` with these options.
#[track_caller]
fn judged_file(options: &str, answer: Option<ContainerAnswer>, why: &str) -> Verdict {
    judged(
        &format!(r#"check file="/x" {options}"#),
        &image(),
        answer,
        why,
    )
}

#[test]
fn files_are_judged() {
    let file = |mode, content: &str| looked(&[Some(found(mode, content))]);
    let missing = || looked(&[None]);
    for (options, answer, why) in [
        ("", file(0o644, ""), ""),
        ("", missing(), "/x does not exist"),
        ("absent", missing(), ""),
        ("absent", file(0o644, ""), "/x exists"),
        (r#"mode="4755""#, file(0o4755, ""), ""),
        (r#"contains="a""#, file(0o644, "abc"), ""),
        (
            r#"contains="z""#,
            file(0o644, "abc"),
            "its content does not contain `z`",
        ),
        ("", looked(&[]), "no result"),
        ("", ran(Ended::Exit(0), "", ""), "no result"),
    ] {
        judged_file(options, answer, why);
    }
}

#[test]
fn the_file_that_was_found_is_the_evidence() {
    let wrong_mode = judged_file(
        r#"mode="755""#,
        looked(&[Some(found(0o644, "ab"))]),
        "mode 0644, expected 0755",
    );
    assert_eq!(wrong_mode.evidence, ["-rw-r--r-- 0:0 2 /x"]);
    let folder = Found {
        kind: FileKind::Folder,
        content: None,
        ..found(0o1777, "")
    };
    let wrong_kind = judged_file(
        r#"contains="z""#,
        looked(&[Some(folder)]),
        "not a regular file",
    );
    assert_eq!(wrong_kind.evidence, ["dtrwxrwxrwx 0:0 0 /x"]);
}

#[test]
fn owners_of_files_are_judged() {
    let passwd = found(0o644, "root:x:0:0:\ncircleci:x:1000:1000:\n");
    let group = found(0o644, "root:x:0:\nstaff:x:50:\n");
    for (owner, uid, gid, why) in [
        ("circleci:staff", 1000, 50, ""),
        ("1000", 1000, 7, ""),
        ("circleci", 0, 0, "user 0, expected circleci (1000)"),
        (":staff", 0, 0, "group 0, expected staff (50)"),
        ("nobody", 0, 0, "which does not exist in the image"),
    ] {
        let file = Found {
            uid,
            gid,
            ..found(0o644, "")
        };
        let answer = looked(&[Some(file), Some(passwd.clone()), Some(group.clone())]);
        judged_file(&format!(r#"owner="{owner}""#), answer, why);
    }
}

#[test]
fn settings_are_judged() {
    let image = image();
    judged(r#"check env="GOPATH" value="/go""#, &image, None, "");
    judged(
        r#"check env="GOPATH" value="/""#,
        &image,
        None,
        "the value is not `/`",
    );
    judged(
        r#"check env="PATH" contains="/bin" matches="^/usr""#,
        &image,
        None,
        "",
    );
    judged(
        r#"check env="HOME""#,
        &image,
        None,
        "the image has no variable HOME",
    );
    judged(r#"check env="HOME" absent"#, &image, None, "");
    judged(
        r#"check env="PATH" absent"#,
        &image,
        None,
        "the variable PATH is set",
    );
    judged(r#"check label="a" value="b""#, &image, None, "");
    judged(
        r#"check label="c""#,
        &image,
        None,
        "the image has no label c",
    );
    judged(r#"check size="1MB""#, &image, None, "");
    judged(
        r#"check size="<1MB""#,
        &image,
        None,
        "the image has 1.0 MB, 1 bytes over the limit",
    );
}

#[test]
fn users_are_judged() {
    let passwd = looked(&[Some(found(
        0o644,
        "root:x:0:0:\ntoor:x:0:0:\ncircleci:x:1000:1000:\n",
    ))]);
    let no_passwd = looked(&[None]);
    for (check, user, answer, why) in [
        ("!root", "circleci", &passwd, ""),
        ("!root", "1000:0", &passwd, ""),
        ("!root", "", &passwd, "runs as root"),
        ("!root", "0:0", &passwd, "runs as root"),
        ("!root", "toor", &passwd, "runs as root"),
        ("!root", "nobody", &passwd, "not in its /etc/passwd"),
        ("!root", "", &no_passwd, "runs as root"),
        ("!0", "65532", &None, ""),
        ("circleci", "1000", &passwd, ""),
        ("1000", "circleci:circleci", &passwd, ""),
        (
            "circleci",
            "",
            &passwd,
            "runs as root (0), expected circleci",
        ),
        ("1000:1000", "1000:1000", &None, ""),
        ("1000:1000", "1000", &None, "expected 1000:1000"),
        ("!circleci", "1000", &passwd, "runs as circleci"),
    ] {
        let mut image = image();
        image.config.user = user.into();
        judged(
            &format!(r#"check user="{check}""#),
            &image,
            answer.clone(),
            why,
        );
    }
}

#[test]
fn primary_containers_are_judged() {
    let image = image();
    let all = "ok shell bash\nok git git version 2\nok ssh OpenSSH\nok tar dev/null\nok gzip \nok ca-certificates /etc/ssl\n";
    judged(
        "check circleci-primary",
        &image,
        ran(Ended::Exit(0), all, ""),
        "",
    );
    let some = all
        .replace("ok ssh OpenSSH", "missing ssh sh: ssh: not found")
        .replace("ok tar", "missing tar");
    let verdict = judged(
        "check circleci-primary",
        &image,
        ran(Ended::Exit(0), &some, ""),
        "it lacks ssh, tar; install openssh-client",
    );
    assert!(
        verdict
            .evidence
            .contains(&"missing ssh sh: ssh: not found".to_owned()),
        "{verdict:?}"
    );
    judged(
        "check circleci-primary",
        &image,
        ran(Ended::Exit(0), "", ""),
        "it lacks shell, git",
    );
    let no_shell = Ended::NotStarted("exec: \"/bin/sh\": no such file".into());
    judged(
        "check circleci-primary",
        &image,
        ran(no_shell, "", ""),
        "the image has no /bin/sh",
    );
}

#[test]
fn services_are_judged() {
    let image = image();
    let probe = |code, text: &str| {
        Some(Ran {
            ended: Ended::Exit(code),
            stdout: Output::whole(text.as_bytes()),
            stderr: Output::default(),
        })
    };
    let served = |ready, ended, probe| {
        Some(ContainerAnswer::Served(Served {
            ready,
            tries: 3,
            ended,
            probe,
            output: Output::whole(b"starting"),
        }))
    };
    let line = r#"check serve port=80 run="wget -qO- localhost" contains="ok" within="10s""#;
    judged(line, &image, served(true, None, probe(0, "ok")), "");
    judged(
        line,
        &image,
        served(true, None, probe(0, "no")),
        "the output does not contain `ok`",
    );
    let verdict = judged(
        line,
        &image,
        served(false, None, probe(1, "refused")),
        "not ready after 10 s: the probe ended with code 1",
    );
    assert_eq!(verdict.evidence, ["service: starting", "probe: refused"]);
    judged(
        line,
        &image,
        served(false, Some(Ended::Exit(2)), None),
        "the service ended with code 2",
    );
    judged(
        line,
        &image,
        served(false, Some(Ended::NotStarted("no".into())), None),
        "the service: it could not be started",
    );
    judged(
        "check serve port=80",
        &image,
        served(false, None, probe(1, "")),
        "nothing listens on port 80 after 30 s",
    );
    judged(
        "check serve port=80",
        &image,
        served(false, None, None),
        "not ready after 30 s",
    );
}

mod total {
    use super::*;
    use proptest::prelude::*;

    fn any_line() -> impl Strategy<Value = String> {
        let words = prop::sample::select(vec![
            "run=",
            "argv=",
            "file=",
            "env=",
            "user=",
            "size=",
            "label=",
            "serve",
            "circleci-primary",
            "structure=",
            "port=",
            "exit=",
            "mode=",
            "owner=",
            "absent",
            "network",
            "contains=",
            "matches=",
            "within=",
            "memory=",
            "value=",
            "{ env A=\"b\" }",
        ]);
        let values = prop::sample::select(vec![
            "\"a\"", "\"/x\"", "5", "#true", "\"{v}\"", "\"(\"", "\"<1MB\"", "\"!\"", "\"é'$\"",
            "\"\"",
        ]);
        prop::collection::vec((words, values), 0..5).prop_map(|pairs| {
            pairs
                .iter()
                .fold("check".to_owned(), |line, (word, value)| {
                    if word.ends_with('=') {
                        format!("{line} {word}{value}")
                    } else {
                        format!("{line} {word}")
                    }
                })
        })
    }

    proptest! {
        /// Any line and any result have a verdict.
        #[test]
        fn no_line_and_no_result_panics(line in any_line(), code in any::<i64>(), text in ".*") {
            if let Ok(check) = read(&line) {
                let info = image();
                let _ = check.task(&info);
                for answer in [None, ran(Ended::Exit(code), &text, &text), looked(&[]), looked(&[Some(found(code as u32, &text)), None])] {
                    let _ = check.judge(&info, answer.as_ref());
                }
            }
        }
    }
}
