//! Lines for the log of a CI system: the output of each build folds.
//!
//! Builds run at the same time, and a fold holds what is between its ends. So the output of a build is kept until the build
//! ends; what begins, succeeds and fails is shown at once.

use crate::plan::StepId;
use crate::report::ci_log::Part;
use crate::report::{CiLog, Labels, Plain, Reporter, Summary, words};
use crate::request::WorldError;
use crate::run::{Event, EventKind, Failure, Outcome};
use crate::text::one_line;
use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

/// The output of a build that is kept before it is shown as a part, in bytes.
const KEPT: usize = 1 << 20;

/// Writes lines for the log of a CI system.
pub struct Grouped<W> {
    plain: Plain<W>,
    labels: Labels,
    log: CiLog,
    /// The time of the first event, since 1970.
    began: Duration,
    kept: BTreeMap<StepId, Kept>,
    parts: usize,
    errors: usize,
}

/// The output of a build that was not shown.
struct Kept {
    lines: String,
    from: Duration,
    has_output: bool,
}

impl<W: Write + Send> Grouped<W> {
    /// A report to any writer. `began` is the time of the first event, since 1970.
    pub fn new(out: W, labels: Labels, quiet: bool, log: CiLog, began: Duration) -> Self {
        Self {
            plain: Plain::new(out, labels.clone(), quiet),
            labels,
            log,
            began,
            kept: BTreeMap::new(),
            parts: 0,
            errors: 0,
        }
    }

    fn keep(&mut self, step: StepId, at: Duration, line: &str, is_output: bool) {
        let kept = self.kept.entry(step).or_insert_with(|| Kept {
            lines: String::new(),
            from: at,
            has_output: false,
        });
        kept.lines.push_str(&one_line(line));
        kept.lines.push('\n');
        kept.has_output |= is_output;
        if kept.lines.len() >= KEPT {
            self.show(step, at);
        }
    }

    fn show(&mut self, step: StepId, at: Duration) {
        let Some(kept) = self.kept.remove(&step).filter(|kept| kept.has_output) else {
            return;
        };
        self.parts += 1;
        let title = format!("{}: output of the build", self.labels.of(step));
        let shown = self.log.fold(&Part {
            number: self.parts,
            title: &one_line(&title),
            lines: &kept.lines,
            from: self.began + kept.from,
            to: self.began + at,
        });
        self.plain.raw(&shown);
    }

    fn error(&mut self, step: StepId, failure: &Failure) {
        if words::is_stopped(failure) || self.errors == CiLog::ERRORS {
            return;
        }
        self.errors += 1;
        let action = words::failing(self.labels.action(step), failure);
        let label = self.labels.of(step);
        let title = format!("{label}: {action} failed");
        let shown = self.log.error(place(failure), &title, &reason(failure));
        self.plain.raw(&shown);
    }
}

/// Where to look next.
fn place(failure: &Failure) -> Option<&str> {
    let own = failure.place.as_deref();
    own.or_else(|| match &failure.error {
        WorldError::Check(check) => check.failed.iter().find_map(|one| one.place.as_deref()),
        WorldError::Hook(hook) => hook.failed.first().map(|one| one.place.as_str()),
        _ => None,
    })
}

fn reason(failure: &Failure) -> String {
    match &failure.error {
        WorldError::Build(build) => {
            let step = build.step.as_ref().map(|step| format!("{step}\n"));
            step.unwrap_or_default() + &build.message
        }
        WorldError::Check(check) => {
            let all = check.failed.iter();
            let all = all.map(|one| format!("{}: {}", one.title, one.why));
            all.collect::<Vec<_>>().join("\n")
        }
        error => error.to_string(),
    }
}

impl<W: Write + Send> Reporter for Grouped<W> {
    fn event(&mut self, event: &Event) {
        self.plain.begin(&event.kind);
        match &event.kind {
            EventKind::Output { step, line } if !self.plain.is_quiet() => {
                self.keep(*step, event.at, &format!("| {line}"), true);
                return;
            }
            EventKind::Progress { step, text, .. } => self.keep(*step, event.at, text, false),
            EventKind::StepDone { step, .. } | EventKind::StepFailed { step, .. } => {
                self.show(*step, event.at);
            }
            _ => {}
        }
        self.plain.event(event);
        if let EventKind::StepFailed { step, failure } = &event.kind {
            self.error(*step, failure);
        }
    }

    fn close(&mut self, outcome: &Outcome, summary: &Summary) {
        for step in self.kept.keys().copied().collect::<Vec<_>>() {
            self.show(step, outcome.took);
        }
        self.plain.close(outcome, summary);
    }
}

#[cfg(test)]
mod tests;
