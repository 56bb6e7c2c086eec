//! What a check has found, for people and for programs.

use super::subject::Subject;
use crate::text::count;
use serde_json::{Value, json};

/// One result of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    /// What was checked: `credential`, `answer`, `clock`, `read`, `push`.
    check: &'static str,
    state: State,
    /// What was found; of a problem, the reason and a way out.
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Good,
    Note,
    Problem,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Note => "note",
            Self::Problem => "problem",
        }
    }
}

impl Finding {
    pub fn good(check: &'static str, text: impl Into<String>) -> Self {
        Self::new(check, State::Good, text)
    }

    /// Neither good nor a problem.
    pub fn note(check: &'static str, text: impl Into<String>) -> Self {
        Self::new(check, State::Note, text)
    }

    /// What would stop a run.
    pub fn problem(check: &'static str, text: impl ToString) -> Self {
        Self::new(check, State::Problem, text.to_string())
    }

    fn new(check: &'static str, state: State, text: impl Into<String>) -> Self {
        Self {
            check,
            state,
            text: text.into(),
        }
    }

    pub fn is_problem(&self) -> bool {
        self.state == State::Problem
    }

    fn line(&self) -> String {
        let text = self.text.replace('\n', "\n                      ");
        format!("  {:<7}  {:<10}  {text}\n", self.state.word(), self.check)
    }

    fn json(&self) -> Value {
        json!({"check": self.check, "state": self.state.word(), "text": self.text})
    }
}

/// The findings of all registries as text.
pub(super) fn text(all: &[(Subject, Vec<Finding>)]) -> String {
    let mut text = String::new();
    for (subject, found) in all {
        text.push_str(&format!("{}\n", subject.domain));
        found.iter().for_each(|one| text.push_str(&one.line()));
    }
    let problems = problems(all);
    let end = match problems {
        0 => String::from("no problems"),
        some => count(some, "problem"),
    };
    format!("{text}{}: {end}\n", count_registries(all.len()))
}

fn count_registries(number: usize) -> String {
    match number {
        1 => String::from("1 registry"),
        number => format!("{number} registries"),
    }
}

/// The same as JSON.
pub(super) fn json(all: &[(Subject, Vec<Finding>)]) -> Value {
    let registries = all.iter().map(|(subject, found)| {
        let findings: Vec<Value> = found.iter().map(Finding::json).collect();
        json!({"registry": subject.domain.as_str(), "findings": findings})
    });
    json!({
        "registries": registries.collect::<Vec<_>>(),
        "problems": problems(all),
    })
}

fn problems(all: &[(Subject, Vec<Finding>)]) -> usize {
    let found = all.iter().flat_map(|(_, found)| found);
    found.filter(|one| one.is_problem()).count()
}
