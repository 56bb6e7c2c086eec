//! A run as test results: one suite per variant, with its image, its checks and its public tags as cases. A tag that is held is
//! skipped, with the reason.

use super::{attribute, body, seconds, text};
use crate::report::summary::{FAILED_BEFORE, FAILING, WITHDRAWN};
use crate::report::{Labels, Reporter, Row, Summary, words};
use crate::request::WorldError;
use crate::run::{CheckResult, Done, Event, EventKind, HookResult, Outcome};
use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::Write;
use std::time::Duration;

/// Collects a run and writes it when it ends.
pub struct Junit<W> {
    out: W,
    labels: Labels,
    /// Check results, by the label of their step.
    checks: Vec<(String, CheckResult)>,
    /// Results of hooks, by the label of their step.
    hooks: Vec<(String, HookResult)>,
    /// Failures other than those of checks and hooks, by the label of their step.
    failures: Vec<(String, String)>,
    /// Why images are failing and were not tried, by the label of their step.
    skipped: Vec<(String, String)>,
}

/// The cases of one variant.
pub(super) struct Suite {
    pub name: String,
    pub cases: Vec<Case>,
    /// The engines that built the image, or that it failed on, if the run had several.
    pub engines: Vec<String>,
    pub took: Duration,
}

/// One case of a suite.
pub(super) struct Case {
    pub name: String,
    pub time: Duration,
    pub end: End,
}

/// How a case ended.
pub(super) enum End {
    Passed,
    Failed { message: String, text: String },
    Skipped(String),
    Error(String),
}

/// What could not be looked up, one case each; `None` if that is nothing.
pub(super) fn unknown(lines: &[String]) -> Option<Suite> {
    let case = |line: &String| Case {
        name: line.split(": ").next().unwrap_or_default().to_owned(),
        time: Duration::ZERO,
        end: End::Error(line.clone()),
    };
    let suite = || Suite {
        name: "not known".into(),
        cases: lines.iter().map(case).collect(),
        engines: Vec::new(),
        took: Duration::ZERO,
    };
    (!lines.is_empty()).then(suite)
}

impl<W: Write + Send> Junit<W> {
    /// A report to any writer.
    pub fn new(out: W, labels: Labels) -> Self {
        Self {
            out,
            labels,
            checks: Vec::new(),
            hooks: Vec::new(),
            failures: Vec::new(),
            skipped: Vec::new(),
        }
    }

    fn cases(&self, row: &Row, is_nightly: bool) -> Vec<Case> {
        let checks = self.checks.iter();
        let checks = checks.filter_map(|(label, result)| Some(check(of(label, row)?, result)));
        let hooks = self.hooks.iter();
        let hooks = hooks.filter(|(label, _)| of(label, row).is_some());
        let hooks = hooks.map(|(_, result)| hook(result));
        let held = row.held.iter().map(|held| Case {
            name: format!("tag {}", held.tag),
            time: Duration::ZERO,
            end: End::Skipped(format!("held: {}", held.why.words())),
        });
        let tags = row.tags.iter().map(|tag| Case {
            name: format!("tag {tag}"),
            time: Duration::ZERO,
            end: End::Passed,
        });
        let image = std::iter::once(self.image(row, is_nightly));
        let all = image.chain(checks).chain(hooks).chain(tags).chain(held);
        // Several repositories may have the same tag.
        let mut seen = HashSet::new();
        all.filter(|case| seen.insert(case.name.clone())).collect()
    }

    /// What became of the image itself.
    fn image(&self, row: &Row, is_nightly: bool) -> Case {
        let text = texts(&self.failures, row);
        let message = row.state.clone();
        let end = match row.state.as_str() {
            FAILING if text.is_empty() => {
                let text = texts(&self.skipped, row);
                match is_nightly {
                    true => End::Failed { message, text },
                    false => End::Skipped(text),
                }
            }
            state if state.starts_with("blocked") || state == "not reached" => {
                End::Skipped(message)
            }
            "stopped" | WITHDRAWN => End::Skipped(message),
            // A check or a hook that failed is a case of its own.
            "failed its checks" | FAILED_BEFORE if text.is_empty() => End::Skipped(message),
            _ if text.is_empty() => End::Passed,
            _ => End::Failed { message, text },
        };
        Case {
            name: String::from("image"),
            time: Duration::try_from_secs_f64(row.seconds).unwrap_or_default(),
            end,
        }
    }
}

/// A hook as a case: once per repository after a move.
fn hook(result: &HookResult) -> Case {
    let (word, repository) = (result.phase.word(), result.reference.repository.familiar());
    let text = || {
        let why = result.why.clone().unwrap_or_default();
        let declared = format!("declared at {}", result.place);
        let lines = std::iter::once(why).chain(result.output.iter().cloned());
        lines.chain([declared]).collect::<Vec<_>>().join("\n")
    };
    Case {
        name: format!("{word} {} in {repository}", result.title),
        time: result.took,
        end: match &result.why {
            None => End::Passed,
            Some(why) => End::Failed {
                message: why.clone(),
                text: text(),
            },
        },
    }
}

/// What was collected about a variant.
fn texts(all: &[(String, String)], row: &Row) -> String {
    let own = all.iter().filter(|(label, _)| of(label, row).is_some());
    let own: Vec<&str> = own.map(|(_, text)| text.as_str()).collect();
    own.join("\n")
}

/// The platform that a label has after the name of this variant; `None` if it is of another one.
fn of<'a>(label: &'a str, row: &Row) -> Option<&'a str> {
    let rest = label.strip_prefix(row.variant.as_str())?;
    (rest.is_empty() || rest.starts_with(' ')).then(|| rest.trim())
}

fn check(platform: &str, result: &CheckResult) -> Case {
    let title = &result.check.title;
    Case {
        name: match platform {
            "" => title.clone(),
            platform => format!("{title} ({platform})"),
        },
        time: result.took,
        end: match result.verdict.passed {
            true => End::Passed,
            false => End::Failed {
                message: result.verdict.why.clone(),
                text: body(result),
            },
        },
    }
}

/// The suites as an XML document.
pub(super) fn document(suites: &[Suite], took: Duration) -> String {
    let sums = suites
        .iter()
        .map(|one| (one.cases.len(), counts(&one.cases)));
    let sums = sums.fold((0, 0, 0, 0), |sum, (all, (failed, errors, skipped))| {
        (sum.0 + all, sum.1 + failed, sum.2 + errors, sum.3 + skipped)
    });
    let (tests, failures, errors, skipped) = sums;
    let time = seconds(took);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites name=\"kiln\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\" time=\"{time}\">"
    );
    suites.iter().for_each(|one| suite(&mut out, one));
    out.push_str("</testsuites>\n");
    out
}

fn suite(out: &mut String, suite: &Suite) {
    let (cases, took) = (&suite.cases, seconds(suite.took));
    let (failed, errors, skipped) = counts(cases);
    let (name, all) = (attribute(&suite.name), cases.len());
    let _ = writeln!(
        out,
        "  <testsuite name=\"{name}\" tests=\"{all}\" failures=\"{failed}\" errors=\"{errors}\" skipped=\"{skipped}\" time=\"{took}\">"
    );
    if !suite.engines.is_empty() {
        let _ = writeln!(out, "    <properties>");
        for engine in &suite.engines {
            let engine = attribute(engine);
            let _ = writeln!(out, "      <property name=\"engine\" value=\"{engine}\"/>");
        }
        let _ = writeln!(out, "    </properties>");
    }
    cases.iter().for_each(|case| show(out, &name, case));
    out.push_str("  </testsuite>\n");
}

/// The cases that failed, that could not be looked up, and that were skipped.
fn counts(cases: &[Case]) -> (usize, usize, usize) {
    let failed = cases.iter().filter(|c| matches!(c.end, End::Failed { .. }));
    let skipped = cases.iter().filter(|c| matches!(c.end, End::Skipped(_)));
    let errors = cases.iter().filter(|c| matches!(c.end, End::Error(_)));
    (failed.count(), errors.count(), skipped.count())
}

fn show(out: &mut String, suite: &str, case: &Case) {
    let (name, time) = (attribute(&case.name), seconds(case.time));
    let head = format!("    <testcase name=\"{name}\" classname=\"{suite}\" time=\"{time}\"");
    let _ = match &case.end {
        End::Passed => writeln!(out, "{head}/>"),
        End::Skipped(why) => writeln!(
            out,
            "{head}>\n      <skipped message=\"{}\"/>\n    </testcase>",
            attribute(why)
        ),
        End::Error(why) => writeln!(
            out,
            "{head}>\n      <error message=\"{}\"/>\n    </testcase>",
            attribute(why)
        ),
        End::Failed { message, text: all } => writeln!(
            out,
            "{head}>\n      <failure message=\"{}\">{}</failure>\n    </testcase>",
            attribute(message),
            text(all)
        ),
    };
}

impl<W: Write + Send> Reporter for Junit<W> {
    fn event(&mut self, event: &Event) {
        match &event.kind {
            EventKind::Checked { step, result } => {
                let label = self.labels.of(*step).to_owned();
                self.checks.push((label, (**result).clone()));
            }
            EventKind::Hooked { step, result } => {
                let label = self.labels.of(*step).to_owned();
                self.hooks.push((label, (**result).clone()));
            }
            EventKind::StepFailed { step, failure }
                if self.labels.action(*step) != "check"
                    && !words::is_stopped(failure)
                    && !matches!(failure.error, WorldError::Hook(_)) =>
            {
                let (label, action) = (self.labels.of(*step), self.labels.action(*step));
                let text = words::failure(label, action, failure);
                self.failures.push((label.to_owned(), text));
            }
            EventKind::StepDone {
                step,
                done: Done::Skipped { why: Some(why), .. },
            } => {
                let label = self.labels.of(*step).to_owned();
                self.skipped.push((label, why.clone()));
            }
            _ => {}
        }
    }

    fn close(&mut self, outcome: &Outcome, summary: &Summary) {
        let rows = summary.rows.iter();
        let suites = rows.map(|row| Suite {
            name: row.variant.clone(),
            cases: self.cases(row, summary.is_nightly),
            engines: row.engines.clone(),
            took: Duration::try_from_secs_f64(row.seconds).unwrap_or_default(),
        });
        let unknown = unknown(&summary.unknown).filter(|_| summary.is_nightly);
        let out = document(&suites.chain(unknown).collect::<Vec<_>>(), outcome.took);
        let _ = self.out.write_all(out.as_bytes());
        let _ = self.out.flush();
    }
}
