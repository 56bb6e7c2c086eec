//! Lines for logs; each begins with its variant.

use crate::plan::StepId;
use crate::report::failures::Shown;
use crate::report::{Labels, Reporter, Summary, words};
use crate::run::{Done, Event, EventKind, Outcome};
use crate::text::{harmless, one_line};
use std::collections::HashMap;
use std::io::Write;

/// Writes one line per event.
pub struct Plain<W> {
    out: W,
    labels: Labels,
    /// Whether to omit the output of builds.
    quiet: bool,
    failures: Shown,
    /// Builds that have begun and said nothing yet, with where they run: such a step may find that its image is staged already.
    silent: HashMap<StepId, String>,
}

impl<W: Write + Send> Plain<W> {
    /// A report to any writer.
    pub fn new(out: W, labels: Labels, quiet: bool) -> Self {
        Self {
            out,
            labels,
            quiet,
            failures: Shown::default(),
            silent: HashMap::new(),
        }
    }

    /// Whether it omits the output of builds.
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Text as it is: it contains no control characters of others.
    pub(super) fn raw(&mut self, text: &str) {
        let _ = self.out.write_all(text.as_bytes());
    }

    /// Says that a build begins, before the first that is said about it.
    pub(super) fn begin(&mut self, event: &EventKind) {
        let (step, builds) = match event {
            EventKind::Progress { step, .. }
            | EventKind::Output { step, .. }
            | EventKind::Note { step, .. }
            | EventKind::StepFailed { step, .. } => (step, true),
            EventKind::StepDone { step, done } => (step, matches!(done, Done::Built { .. })),
            _ => return,
        };
        if let Some(on) = self.silent.remove(step).filter(|_| builds) {
            let label = self.labels.of(*step).to_owned();
            self.line(&label, &format!("building{on}"));
        }
    }

    fn line(&mut self, label: &str, text: &str) {
        // A closed pipe must not end a run that may be halfway through publishing.
        let _ = writeln!(self.out, "[{}] {}", one_line(label), one_line(text));
    }
}

impl<W: Write + Send> Reporter for Plain<W> {
    fn event(&mut self, event: &Event) {
        let labels = self.labels.clone();
        self.begin(&event.kind);
        match &event.kind {
            EventKind::StepStarted { step, engine } if labels.action(*step) == "build" => {
                let on = engine.as_ref().map(|engine| format!(" on {engine}"));
                self.silent.insert(*step, on.unwrap_or_default());
            }
            EventKind::StepStarted { .. } => {}
            EventKind::Progress { step, text, cached } => self.line(
                labels.of(*step),
                &format!("{}{text}", if *cached { "cached " } else { "" }),
            ),
            EventKind::Output { .. } if self.quiet => {}
            EventKind::Output { step, line } => self.line(labels.of(*step), &format!("| {line}")),
            EventKind::Checked { step, result } => {
                let (title, why) = (&result.check.title, &result.verdict.why);
                let word = if result.verdict.passed {
                    "passed"
                } else {
                    "FAILED"
                };
                self.line(labels.of(*step), &format!("check {word}: {title}: {why}"));
            }
            EventKind::HookStarted { step, phase, title } => {
                self.line(labels.of(*step), &format!("{}: {title}", phase.word()));
            }
            EventKind::Hooked { step, result } => {
                self.line(labels.of(*step), &words::hooked(result));
            }
            EventKind::Note { step, text } => self.line(labels.of(*step), &format!("note: {text}")),
            EventKind::StepDone { step, done } => {
                if let Some(text) = words::done_at(labels.action(*step), done) {
                    self.line(labels.of(*step), &text);
                }
            }
            EventKind::StepFailed { step, failure } => {
                let (label, action) = (labels.of(*step), labels.action(*step));
                let text = self.failures.text(label, action, failure);
                let _ = write!(self.out, "{}", harmless(&text));
            }
            EventKind::Blocked { step, by } if labels.action(*step) == "build" => {
                self.line(
                    labels.of(*step),
                    &format!("not built, since {} failed", labels.of(*by)),
                );
            }
            EventKind::Blocked { step, by } if labels.action(*step) == "stage" => {
                let why = match labels.of(*step) == labels.of(*by) {
                    true => format!("its {}", labels.action(*by)),
                    false => labels.of(*by).to_owned(),
                };
                self.line(labels.of(*step), &format!("not pushed, since {why} failed"));
            }
            EventKind::Blocked { .. } => {}
            EventKind::EngineGone { engine, why, steps } => {
                let text = words::engine_gone(engine, why, steps.len());
                let _ = writeln!(self.out, "{}", one_line(&text));
            }
            EventKind::EngineBack { engine, is_new } => {
                let _ = writeln!(
                    self.out,
                    "{}",
                    one_line(&words::engine_back(engine, *is_new))
                );
            }
            EventKind::EngineRefused { engine, why } => {
                let text = words::engine_refused(engine, why);
                let _ = writeln!(self.out, "{}", one_line(&text));
            }
            EventKind::Stopping => {
                let _ = writeln!(
                    self.out,
                    "stopping: builds are cancelled, tags that are being written are finished"
                );
            }
        }
    }

    fn close(&mut self, _: &Outcome, _: &Summary) {
        let _ = self.out.flush();
    }
}
