//! A failed build, with what a person needs to find out why.

use super::{kind, quoted, steps};
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
    let line = line_in(said).or_else(|| match failed.step.as_deref() {
        Some(step) => steps::line(dockerfile, step).or_else(|| quoted::image(dockerfile, step)),
        None => quoted::line(dockerfile, said),
    });
    BuildFailure {
        kind,
        message: match is_foreign(said, &failed.output) {
            true => format!(
                "a program is for another platform than the engine's, which has no emulator for it (kiln's docs/engines.md): {}",
                said.trim()
            ),
            false => unseen(kind, named(kind, said)),
        },
        is_unanswered: kind::is_unanswered(said, exit_code),
        exit_code,
        line,
        step: failed.step,
        output: failed.output,
    }
}

/// Adds why an engine may not find an image that kiln has found before the build.
fn unseen(kind: FaultKind, said: String) -> String {
    match kind {
        FaultKind::NotFound => format!(
            "{said}\n  before the build, kiln found what the Dockerfile names in its registry: either it was deleted since, or the engine reaches another registry under this address (`kiln doctor` compares them)"
        ),
        _ => said,
    }
}

/// Whether the kernel refused to run a program. Kiln compares the platforms before the first build where the engine reports
/// those that it runs.
fn is_foreign(said: &str, output: &[String]) -> bool {
    let mut texts = output.iter().map(String::as_str).chain([said]);
    texts.any(|text| text.to_ascii_lowercase().contains("exec format error"))
}

/// An engine's error, with a full disk named as such: often only the text of the message shows it.
pub(super) fn named(kind: FaultKind, said: &str) -> String {
    let said = said.trim();
    match kind {
        FaultKind::DiskFull => format!(
            "no space left on the engine's disk (`docker system df` shows what fills it): {said}"
        ),
        _ if said.contains("server gave HTTP response to HTTPS client") => format!(
            "{said}\n  a registry over plain HTTP must be declared to the engine: `insecure-registries` in Docker's daemon.json, `insecure = true` in Podman's registries.conf"
        ),
        _ => said.to_owned(),
    }
}

/// `exit code: 7`, `exit code 7`, `returned a non-zero code: 7`, `exit status 7`.
fn exit_code(said: &str) -> Option<i64> {
    ["exit code", "non-zero code", "exit status"]
        .iter()
        .find_map(|words| {
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
mod tests;
