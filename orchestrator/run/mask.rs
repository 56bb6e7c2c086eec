//! Takes the values of secrets out of what builders, checks and hooks say: a step that prints one must not publish it.

use crate::request::{
    BuildProgress, CheckFailure, FailedCheck, SecretValue, SecretValues, WorldError,
};
use crate::run::CheckResult;

/// What takes the place of a value.
const HIDDEN: &str = "***";

/// The shortest beginning of a value that is hidden at the end of a line, in bytes: long lines are cut.
const SHORTEST_START: usize = 6;

/// The texts that are hidden, the longest first.
#[derive(Default)]
pub(super) struct Mask(Vec<String>);

impl Mask {
    /// Hides all of these values.
    pub fn new(secrets: &SecretValues) -> Self {
        let values = secrets.values.values().chain(secrets.hidden.values());
        let mut texts: Vec<String> = values.flat_map(SecretValue::shown).collect();
        texts.sort_by_key(|text| (std::cmp::Reverse(text.len()), text.clone()));
        texts.dedup();
        Self(texts)
    }

    /// A text without the values.
    pub fn text(&self, text: String) -> String {
        let hide = |text: String, hidden: &String| match text.contains(hidden.as_str()) {
            true => text.replace(hidden.as_str(), HIDDEN),
            false => text,
        };
        self.without_start(self.0.iter().fold(text, hide))
    }

    /// A text that does not end with the beginning of a value.
    fn without_start(&self, text: String) -> String {
        let whole = text.trim_end_matches('…');
        let starts = self.0.iter().filter_map(|hidden| {
            let ends = hidden.char_indices().map(|(at, _)| at).rev();
            let mut ends = ends.filter(|end| *end >= SHORTEST_START);
            ends.find(|end| whole.ends_with(&hidden[..*end]))
        });
        match starts.max() {
            Some(length) => format!("{}{HIDDEN}", &whole[..whole.len() - length]),
            None => text,
        }
    }

    /// Progress without the values.
    pub fn progress(&self, progress: BuildProgress) -> BuildProgress {
        match progress {
            BuildProgress::Step { name, cached } => BuildProgress::Step {
                name: self.text(name),
                cached,
            },
            BuildProgress::Output(line) => BuildProgress::Output(self.text(line)),
            BuildProgress::Warning { line, text } => BuildProgress::Warning {
                line,
                text: self.text(text),
            },
        }
    }

    fn lines(&self, lines: Vec<String>) -> Vec<String> {
        lines.into_iter().map(|line| self.text(line)).collect()
    }

    /// The result of a check without the values: an image may have them, and print them.
    pub fn check(&self, mut result: CheckResult) -> CheckResult {
        result.verdict.why = self.text(result.verdict.why);
        result.verdict.evidence = self.lines(result.verdict.evidence);
        result
    }

    fn failed_check(&self, failed: FailedCheck) -> FailedCheck {
        FailedCheck {
            why: self.text(failed.why),
            evidence: self.lines(failed.evidence),
            ..failed
        }
    }

    /// An error without the values.
    pub fn error(&self, error: WorldError) -> WorldError {
        match error {
            WorldError::Build(mut failure) => {
                failure.message = self.text(failure.message);
                failure.step = failure.step.map(|step| self.text(step));
                failure.output = self.lines(failure.output);
                WorldError::Build(failure)
            }
            WorldError::Fault { kind, what, why } => {
                WorldError::fault(kind, self.text(what), self.text(why))
            }
            WorldError::Check(CheckFailure { failed, of }) => {
                let failed = failed.into_iter().map(|one| self.failed_check(one));
                let failed = failed.collect();
                WorldError::Check(CheckFailure { failed, of })
            }
            // The output of a hook is hidden where it ends.
            other @ (WorldError::Hook(_) | WorldError::Stopped) => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{BuildFailure, FaultKind, SecretSource};
    use std::collections::BTreeMap;

    fn check(values: &[&str], said: &str, shown: &str) {
        let values = values.iter().enumerate().map(|(at, value)| {
            let source = SecretSource::Env(format!("V{at}"));
            (source, SecretValue::new(value.as_bytes()))
        });
        let values: BTreeMap<_, _> = values.collect();
        let mounted = SecretValues {
            values: values.clone(),
            ..SecretValues::default()
        };
        let other = SecretValues {
            hidden: values,
            ..SecretValues::default()
        };
        assert_eq!(Mask::new(&other).text(said.into()), shown, "{said}");
        let mask = Mask::new(&mounted);
        assert_eq!(mask.text(said.into()), shown, "{said}");
        let failure = BuildFailure {
            kind: FaultKind::Failed,
            message: said.into(),
            step: Some(said.into()),
            line: None,
            output: vec![said.into()],
            exit_code: None,
            is_unanswered: false,
        };
        let WorldError::Build(failure) = mask.error(failure.into()) else {
            panic!("still a failed build");
        };
        assert_eq!(
            (
                failure.message.as_str(),
                failure.step.as_deref(),
                &*failure.output
            ),
            (shown, Some(shown), &[shown.to_owned()][..])
        );
        let failed = FailedCheck {
            id: String::new(),
            title: String::new(),
            place: None,
            why: said.into(),
            evidence: vec![said.into()],
        };
        let failed = CheckFailure {
            failed: vec![failed],
            of: 1,
        };
        let WorldError::Check(failed) = mask.error(failed.into()) else {
            panic!("still a failed check");
        };
        let failed = &failed.failed[0];
        assert_eq!(
            (failed.why.as_str(), failed.evidence[0].as_str()),
            (shown, shown)
        );
        let BuildProgress::Output(line) = mask.progress(BuildProgress::Output(said.into())) else {
            panic!("still output");
        };
        assert_eq!(line, shown);
    }

    /// G12: the value itself, each line of a long one, and the beginning of one that is cut.
    #[test]
    fn values_are_hidden() {
        check(&[], "s3cr3t", "s3cr3t");
        check(&["s3cr3t"], "a s3cr3t, s3cr3t!", "a ***, ***!");
        check(&["s3cr3t\n"], "s3cr3t", "***");
        // Hidden in other words, it would be shown by what is missing there.
        check(&["x"], "axb", "axb");
        check(&["four"], "afourb", "a***b");
        check(&["abcd", "abcdef"], "abcdef abcd", "*** ***");
        check(
            &["{\n  \"key\": \"v\",\r\n}\n"],
            "\"key\": \"v\", }",
            "*** }",
        );
        check(&["one\ttwo"], "one    two", "***");
        // As a build shows it, and as a hook does.
        let control = "esc\x1b[31mCANARY\x07x";
        check(&[control], "a escCANARYx", "a ***");
        check(&[control], "a esc·[31mCANARY·x", "a ***");
        check(&[control], "a esc\x1b[31mCANARY\x07x", "a ***");
        check(&["one\ttwo"], "one two", "***");
        check(&["a-long-value"], "it is a-long-va…", "it is ***");
        check(&["a-long-value"], "it is a-lon", "it is a-lon");
        check(&["größe-größe"], "größe-grö", "***");
    }
}
