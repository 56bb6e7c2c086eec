//! A failed build, with what a person needs to find out why.

use super::steps;
use crate::request::BuildFailure;

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
    let full = disk_is_full(said) || failed.output.iter().any(|line| disk_is_full(line));
    let line = line_in(said).or_else(|| steps::line(dockerfile, failed.step.as_deref()?));
    BuildFailure {
        message: if full {
            with_disk(said)
        } else {
            said.trim().to_owned()
        },
        lost_cache: cache_is_lost(said),
        exit_code: exit_code(said).or(code.filter(|code| *code != 0)),
        line,
        step: failed.step,
        output: failed.output,
    }
}

/// An engine's error, with a full disk detected: often only the text of the message shows it.
pub(super) fn named(said: &str) -> String {
    if disk_is_full(said) {
        with_disk(said)
    } else {
        said.trim().to_owned()
    }
}

fn with_disk(said: &str) -> String {
    format!(
        "no space left on the engine's disk (`docker system df` shows what fills it): {}",
        said.trim()
    )
}

fn disk_is_full(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.contains("no space left on device") || text.contains("disk quota exceeded")
}

/// A builder that remembers a step whose result is gone fails whenever that step is needed, until the record is
/// pruned. Seen on 28.5.2 with the containerd store, about once in a hundred builds that followed one that was
/// interrupted while its image was written: `failed to commit … to … during finalize: failed to stat active key
/// during commit: snapshot … does not exist: not found`. With `nocache` the step ran again and the build succeeded.
///
/// The classic builder of that store, given a previous image, fails at the first step without a layer: `failed to restore
/// cached image from … to …: failed to create cache image: …: failed to read diff archive: InvalidArgument: "" failed validation`.
fn cache_is_lost(said: &str) -> bool {
    let snapshot =
        said.contains("snapshot") && said.contains("does not exist") && said.contains("not found");
    snapshot || said.contains("failed to restore cached image")
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

    #[test]
    fn a_lost_snapshot_is_the_caches_fault() {
        let lost = |said| failure(said, None, Failed::default(), "").lost_cache;
        assert!(lost(
            "failed to commit w6a1fkf2qx9 to zbtrap7e7sz during finalize: failed to stat active key during commit: snapshot w6a1fkf2qx9 \
             does not exist: not found"
        ));
        assert!(lost(
            "failed to restore cached image from \"sha256:4a\" to sha256:15: failed to create cache image: failed to created cached image: \
             failed to read diff archive: InvalidArgument: \"\" failed validation"
        ));
        assert!(!lost(
            "failed to compute cache key: \"/nope\" not found: not found"
        ));
    }

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
        assert!(
            named("write /x: no space left on device")
                .starts_with("no space left on the engine's disk")
        );
        assert_eq!(named(" denied "), "denied");
    }
}
