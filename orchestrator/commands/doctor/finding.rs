//! What a check has found, for people and for programs.

use crate::text::count;
use serde_json::{Value, json};

/// What was found about the engine, this machine or a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    /// `engine`, `machine` or `registry`.
    kind: &'static str,
    /// What its lines are under.
    pub name: String,
    /// In the order of the checks.
    pub findings: Vec<Finding>,
}

impl Section {
    /// Nothing yet.
    pub fn new(kind: &'static str) -> Self {
        Self {
            kind,
            name: kind.into(),
            findings: Vec::new(),
        }
    }

    fn json(&self) -> Value {
        let findings: Vec<Value> = self.findings.iter().map(Finding::json).collect();
        match self.kind {
            "machine" => json!({ "findings": findings }),
            kind => json!({ kind: self.name, "findings": findings }),
        }
    }
}

/// One result of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    /// What was checked: `engine`, `credential`, `clock` and so on.
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

    #[cfg(test)]
    pub fn text(&self) -> &str {
        &self.text
    }

    fn line(&self) -> String {
        let text = self.text.replace('\n', "\n                       ");
        format!("  {:<7}  {:<10}  {text}\n", self.state.word(), self.check)
    }

    fn json(&self) -> Value {
        json!({"check": self.check, "state": self.state.word(), "text": self.text})
    }
}

/// All findings as text.
pub(super) fn text(all: &[Section]) -> String {
    let mut text = String::new();
    for section in all {
        text.push_str(&format!("{}\n", section.name));
        let lines = section.findings.iter();
        lines.for_each(|one| text.push_str(&one.line()));
    }
    let end = match problems(all) {
        0 => String::from("no problems"),
        some => count(some, "problem"),
    };
    format!("{text}{}: {end}\n", checked(all))
}

/// `1 engine, 2 registries`
fn checked(all: &[Section]) -> String {
    let number = |kind: &str| all.iter().filter(|one| one.kind == kind).count();
    let registries = match number("registry") {
        1 => String::from("1 registry"),
        number => format!("{number} registries"),
    };
    match number("engine") {
        0 => registries,
        number => format!("{}, {registries}", count(number, "engine")),
    }
}

/// The same as JSON.
pub(super) fn json(all: &[Section]) -> Value {
    let of = |kind: &str| {
        let of_kind = all.iter().filter(|one| one.kind == kind);
        of_kind.map(Section::json).collect::<Vec<_>>()
    };
    json!({
        "engines": of("engine"),
        "machine": of("machine").first(),
        "registries": of("registry"),
        "problems": problems(all),
    })
}

/// How many problems there are.
pub(super) fn problems(all: &[Section]) -> usize {
    let found = all.iter().flat_map(|one| &one.findings);
    found.filter(|one| one.is_problem()).count()
}
