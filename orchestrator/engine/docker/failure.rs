//! A failed build, with what a person needs to find out why.

use super::{kind, steps};
use crate::request::{BuildFailure, FaultKind};

/// The builder's stream about the step that failed.
#[derive(Debug, Default)]
pub(super) struct Failed {
    /// The builder's name for it.
    pub step: Option<String>,
    /// Its last lines.
    pub output: Vec<String>,
}

/// Combines the engine's message with what the stream reported.
pub(super) fn failure(
    said: &str,
    code: Option<i64>,
    failed: Failed,
    dockerfile: &str,
) -> BuildFailure {
    let exit_code = exit_code(said).or(code.filter(|code| *code != 0));
    let kind = kind::of_build(said, &failed.output, exit_code);
    let line = line_in(said).or_else(|| steps::line(dockerfile, failed.step.as_deref()?));
    BuildFailure {
        kind,
        message: named(kind, said),
        exit_code,
        line,
        step: failed.step,
        output: failed.output,
    }
}

/// An engine's error, with a full disk named as such: often only the text of the message shows it.
pub(super) fn named(kind: FaultKind, said: &str) -> String {
    let said = said.trim();
    match kind {
        FaultKind::DiskFull => format!(
            "no space left on the engine's disk (`docker system df` shows what fills it): {said}"
        ),
        _ => said.to_owned(),
    }
}

/// `exit code: 7`, `exit code 7`, `returned a non-zero code: 7`.
fn exit_code(said: &str) -> Option<i64> {
    ["exit code", "non-zero code"].iter().find_map(|words| {
        let rest = &said[said.rfind(words)? + words.len()..];
        let digits: String = rest
            .trim_start_matches([':', ' '])
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        digits.parse().ok()
    })
}

/// The line that a builder's message contains: `dockerfile parse error on line 3`, `Dockerfile:3`.
fn line_in(said: &str) -> Option<usize> {
    let digits = |rest: &str| {
        rest.chars()
            .take_while(char::is_ascii_digit)
            .collect::<String>()
            .parse()
            .ok()
    };
    ["parse error on line ", "parse error line ", "Dockerfile:"]
        .iter()
        .find_map(|words| digits(&said[said.find(words)? + words.len()..]))
}

#[cfg(test)]
mod tests {
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
}
