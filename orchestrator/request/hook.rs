//! Hooks: commands of the host that run before or after public tags move, and how they end.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// When a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HookPhase {
    /// Before the first tag moves to an image: if it fails, no tag does.
    BeforeMove,
    /// After the tags in a repository have moved.
    AfterMove,
}

impl HookPhase {
    /// `before-move`, `after-move`: the node of the manifest.
    pub fn word(self) -> &'static str {
        match self {
            Self::BeforeMove => "before-move",
            Self::AfterMove => "after-move",
        }
    }
}

/// A command to run on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookRequest {
    /// The command, for `sh -c`.
    pub command: String,
    /// Variables that are added to kiln's own environment.
    pub env: Vec<(String, String)>,
    /// The time limit.
    pub within: Duration,
}

impl HookRequest {
    /// What runs it by hand, in a shell: with the variables that its command names.
    pub fn by_hand(&self) -> String {
        let named = self
            .env
            .iter()
            .filter(|(name, _)| names(&self.command, name));
        let set: String = named
            .map(|(name, value)| format!("{name}={} ", quoted(value)))
            .collect();
        match set.is_empty() {
            true => self.command.clone(),
            false => format!("{set}sh -c {}", quoted(&self.command)),
        }
    }
}

/// Whether a command has this word.
fn names(command: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut words = command.split(|c| !is_part(c));
    words.any(|one| one == word)
}

/// Text as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// How a hook ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookEnd {
    /// It exited with this code.
    Exit(i32),
    /// This signal ended it.
    Signal(i32),
    /// It ran longer than its time limit, and was ended.
    TooLate,
    /// The run was stopped, and the hook with it.
    Stopped,
    /// It could not be started, and why.
    NotStarted(String),
}

/// The result of a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hooked {
    /// How it ended.
    pub end: HookEnd,
    /// The last lines that it wrote to standard output and standard error, safe to print.
    pub output: Vec<String>,
}

impl Hooked {
    /// The number of last lines that are kept.
    pub const LINES: usize = 60;

    /// Why it failed: one sentence without a full stop. `None` if it succeeded.
    pub fn why(&self, within: Duration) -> Option<String> {
        Some(match &self.end {
            HookEnd::Exit(0) => return None,
            HookEnd::Exit(126) => {
                "exit code 126 (a program in the command is not executable?)".into()
            }
            HookEnd::Exit(127) => "exit code 127 (a program in the command was not found?)".into(),
            HookEnd::Exit(code) => format!("exit code {code}"),
            HookEnd::Signal(signal) => format!("ended by signal {signal}"),
            HookEnd::TooLate => format!("took longer than {} s, and was ended", within.as_secs()),
            HookEnd::Stopped => "it did not end: the run was stopped".into(),
            HookEnd::NotStarted(why) => format!("could not be started: {why}"),
        })
    }
}

/// Hooks of one image that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct HookFailure {
    /// When they ran.
    pub phase: HookPhase,
    /// Those that failed, at least one.
    pub failed: Vec<FailedHook>,
}

impl HookFailure {
    fn sentence(&self) -> String {
        let word = self.phase.word();
        match self.failed.as_slice() {
            [one] => format!("the {word} hook `{}` failed: {}", one.title, one.why),
            all => format!("{} {word} hooks failed", all.len()),
        }
    }
}

/// A hook that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedHook {
    /// Its name, or its command in short.
    pub title: String,
    /// Where it is declared: `kiln.kdl:12:5`.
    pub place: String,
    /// The command as it ran.
    pub command: String,
    /// What runs it by hand.
    pub by_hand: String,
    /// One sentence without a full stop.
    pub why: String,
    /// The last lines of its output.
    pub output: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_by_hand_has_the_variables_that_it_names() {
        let by_hand = |command: &str| {
            let env = [
                ("KILN_TAGS", "r.example/a:1 r.example/a:2"),
                ("KILN_TAGS_OLD", "x"),
                ("KILN_WORKSPACE", "it's"),
            ];
            let hook = HookRequest {
                command: command.into(),
                env: env.map(|(k, v)| (k.into(), v.into())).into(),
                within: Duration::ZERO,
            };
            hook.by_hand()
        };
        assert_eq!(by_hand("sign r@sha256:1"), "sign r@sha256:1");
        assert_eq!(
            by_hand("echo '$KILN' \"${KILN_TAGS}\""),
            r#"KILN_TAGS='r.example/a:1 r.example/a:2' sh -c 'echo '\''$KILN'\'' "${KILN_TAGS}"'"#
        );
        let quote = by_hand("tell $KILN_WORKSPACE");
        assert_eq!(
            quote,
            r"KILN_WORKSPACE='it'\''s' sh -c 'tell $KILN_WORKSPACE'"
        );
    }

    #[test]
    fn ends_have_reasons() {
        let why = |end| {
            let output = Vec::new();
            let why = Hooked { end, output }.why(Duration::from_secs(300));
            why.unwrap_or_else(|| "passed".into())
        };
        let cases = [
            (HookEnd::Exit(0), "passed"),
            (HookEnd::Exit(3), "exit code 3"),
            (
                HookEnd::Exit(127),
                "exit code 127 (a program in the command was not found?)",
            ),
            (HookEnd::Signal(9), "ended by signal 9"),
            (HookEnd::TooLate, "took longer than 300 s, and was ended"),
            (
                HookEnd::NotStarted("no sh".into()),
                "could not be started: no sh",
            ),
        ];
        for (end, expected) in cases {
            assert_eq!(why(end), expected);
        }
    }
}
