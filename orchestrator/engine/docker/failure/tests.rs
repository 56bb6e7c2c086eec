use super::*;

#[track_caller]
fn check(said: &str, code: Option<i64>, line: Option<usize>) {
    let failure = failure(said, None, Failed::default(), "");
    assert_eq!((failure.exit_code, failure.line), (code, line), "{said}");
}

#[test]
fn codes_and_lines_are_found_in_words() {
    check(
        "executor failed running [/bin/sh -c exit 7]: exit code: 7",
        Some(7),
        None,
    );
    check(
        r#"process "/bin/sh -c exit code 3; false" did not complete successfully: exit code: 1"#,
        Some(1),
        None,
    );
    check(
        "The command '/bin/sh -c exit 37' returned a non-zero code: 37",
        Some(37),
        None,
    );
    check(
        "dockerfile parse error on line 12: unknown instruction: RUNN",
        None,
        Some(12),
    );
    check(
        "dockerfile parse error line 2: unknown instruction: RUNN",
        None,
        Some(2),
    );
    check("Dockerfile:3\n--------------------", None, Some(3));
    check(
        "failed to compute cache key: \"/nope\" not found: not found",
        None,
        None,
    );
}

/// G19: as such.
#[test]
fn a_full_disk_is_named() {
    let failed = Failed {
        step: None,
        output: vec!["cp: write error: No space left on device".into()],
    };
    let failure = failure("exit code: 1", None, failed, "");
    assert!(
        failure
            .message
            .starts_with("no space left on the engine's disk"),
        "{}",
        failure.message
    );
    assert_eq!(failure.kind, FaultKind::DiskFull);
    assert!(
        named(FaultKind::DiskFull, "write /x: no space left on device")
            .starts_with("no space left on the engine's disk")
    );
    assert_eq!(named(FaultKind::NotAllowed, " denied "), "denied");
}

/// A variable that is known is not the one that is empty. Of several, none is named.
#[test]
fn a_secret_without_an_id_has_the_line_of_the_variable_that_is_not_known() {
    let check = |lines: &str, expected| {
        let file = format!("FROM debian\nARG ID=npm\nARG UNKNOWN\nARG OTHER\n{lines}\nRUN true\n");
        let said = "invalid secret mount. one of source, target required";
        assert_eq!(
            failure(said, None, Failed::default(), &file).line,
            expected,
            "{lines}"
        );
    };
    let mount = |name: &str| format!("RUN --mount=type=secret,id=${{{name}}} true");
    check(&[mount("ID"), mount("UNKNOWN")].join("\n"), Some(6));
    check(&[mount("UNKNOWN"), mount("ID")].join("\n"), Some(5));
    check(&[mount("UNKNOWN"), mount("OTHER")].join("\n"), None);
    check(&format!("{}\nFROM debian", mount("UNKNOWN")), Some(5));
}

/// What BuildKit of 28.5.2 answers to each instruction, before a step runs.
#[test]
fn an_instruction_without_a_step_has_its_line() {
    for (instruction, said) in [
        ("LABEL x", "LABEL must have two arguments"),
        ("ENV x", "ENV must have two arguments"),
        (
            "RUN --mount=type=bnd,target=/x true",
            r#"unsupported mount type "bnd" (did you mean bind?)"#,
        ),
        (
            r#"COPY "a b" /x/"#,
            r#"failed to process "\"a": unexpected end of statement while looking for matching double-quote"#,
        ),
        (
            "ENV W=${V:?}",
            r#"failed to process "${V:?}": V: is not allowed to be unset"#,
        ),
        (
            "WORKDIR /${V:?it is needed}",
            r#"failed to process "/${V:?it is needed}": V: it is needed"#,
        ),
        ("EXPOSE abc", "invalid containerPort: abc"),
        (
            "RUN --mount=type=secret,id=${UNKNOWN} true",
            "one of source, target required",
        ),
        ("STOPSIGNAL 1 2", "invalid signal: 1 2"),
        ("COPY --chmod=zzz Dockerfile /", "invalid syntax"),
    ] {
        let file = format!(
            "FROM debian\nLABEL a=\"x\" b=c\nENV V w\nEXPOSE 80\nCOPY --chmod=755 a /\n{instruction}\nRUN true\n"
        );
        let failure = failure(said, None, Failed::default(), &file);
        assert_eq!(failure.line, Some(6), "{instruction}: {said}");
    }
}

/// A look at an image has the line that names it, however short its name is there.
#[test]
fn a_look_at_an_image_has_its_line() {
    let file = "# syntax=docker/dockerfile:1\nFROM debian AS a\nFROM r.example/x@sha256:0000000000000000000000000000000000000000000000000000000000000000\nCOPY --from=busybox:1 /a /b\n";
    let pinned = file
        .lines()
        .nth(2)
        .expect("a line")
        .trim_start_matches("FROM ");
    for (step, line) in [
        (
            "resolve image config for docker-image://docker.io/docker/dockerfile:1".to_owned(),
            1,
        ),
        (
            "[internal] load metadata for docker.io/library/debian:latest".to_owned(),
            2,
        ),
        (format!("[internal] load metadata for {pinned}"), 3),
        (
            "[internal] load metadata for docker.io/library/busybox:1".to_owned(),
            4,
        ),
    ] {
        let failed = Failed {
            step: Some(step.clone()),
            output: Vec::new(),
        };
        let failure = failure("not found", None, failed, file);
        assert_eq!(failure.line, Some(line), "{step}");
    }
}
