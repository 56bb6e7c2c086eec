//! The results of `kiln test`, as text and as JSON.

use crate::matrix::VariantName;
use crate::plan::{Action, Plan, Step, StepId};
use crate::report::{json::check_json, words};
use crate::request::WorldError;
use crate::run::{CheckResult, Done, Outcome, StepOutcome, failure};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::Duration;

/// One image and the results of its checks.
#[derive(Debug, Clone, PartialEq)]
pub struct Tested {
    /// `go:1.26.5-node`
    pub variant: String,
    /// The name of the tested image, as the report shows it.
    pub image: String,
    /// The platform of the image.
    pub platform: String,
    /// An error comes from the engine or the registry; the checks did not run.
    pub results: Result<Vec<CheckResult>, WorldError>,
    /// How long its checks took.
    pub took: Duration,
}

impl Tested {
    /// Whether all checks passed.
    pub fn passed(&self) -> bool {
        self.results
            .as_ref()
            .is_ok_and(|results| failure(results).is_none())
    }

    /// The number of checks that passed, and of those that failed.
    pub fn counts(&self) -> (usize, usize) {
        let results = self.results.as_deref().unwrap_or_default();
        let passed = results.iter().filter(|one| one.verdict.passed).count();
        (passed, results.len() - passed)
    }
}

/// What a run of [`crate::plan::test`] found: one entry per variant of the plan, with its check results in the order of
/// the checks.
pub fn tested(plan: &Plan, outcome: &Outcome, heard: &[(StepId, CheckResult)]) -> Vec<Tested> {
    let entry = |name: &VariantName| {
        let steps = plan.iter().filter(|(_, step)| step.variant == *name);
        let mut one = Tested {
            variant: name.to_string(),
            image: String::new(),
            platform: String::new(),
            results: Ok(Vec::new()),
            took: Duration::ZERO,
        };
        for (id, step) in steps {
            one.platform = step
                .platform
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            one.add(plan, step, &outcome.steps[id]);
            if step.action == Action::Check
                && let Ok(results) = &mut one.results
            {
                let own = heard.iter().filter(|(of, _)| *of == id);
                results.extend(own.map(|(_, result)| result.clone()));
                let checks = &plan.variant(name).checks;
                results
                    .sort_by_key(|result| checks.iter().position(|check| *check == result.check));
            }
        }
        one
    };
    plan.variants.keys().map(entry).collect()
}

impl Tested {
    fn add(&mut self, plan: &Plan, step: &Step, outcome: &StepOutcome) {
        if let Action::Use { image, .. } = &step.action {
            self.image = image.familiar();
        }
        match outcome {
            StepOutcome::Done { done, took } => {
                self.took += *took;
                if let Done::Used { image } = done {
                    self.image.clone_from(image);
                }
            }
            StepOutcome::Failed { failure, took } => {
                self.took += *took;
                // A failed check is a result; any other error means that there is none.
                if !matches!(failure.error, WorldError::Check(_)) {
                    self.results = Err(failure.error.clone());
                }
            }
            StepOutcome::Blocked { by } if self.results.is_ok() => {
                let by = plan.step(*by).action.word();
                self.results = Err(WorldError::refused(&self.variant, format!("{by} failed")));
            }
            StepOutcome::NotReached => self.results = Err(WorldError::Stopped),
            StepOutcome::Blocked { .. } => {}
        }
    }
}

/// One paragraph per image, failed checks with their evidence, and a summary line.
pub fn tested_text(all: &[Tested], took: Duration) -> String {
    let mut out = String::new();
    for one in all {
        let _ = writeln!(out, "{} ({})", one.variant, one.image);
        match &one.results {
            Ok(results) => results.iter().for_each(|result| show(&mut out, result)),
            Err(error) => {
                let _ = writeln!(out, "  not tested: {error}");
            }
        }
        out.push('\n');
    }
    let _ = writeln!(out, "{}", closing(all, took));
    out
}

fn show(out: &mut String, result: &CheckResult) {
    let verdict = &result.verdict;
    if verdict.passed {
        let _ = writeln!(
            out,
            "  passed  {}: {} ({})",
            result.check.title,
            verdict.why,
            words::took(result.took)
        );
        return;
    }
    let place = result
        .check
        .place
        .as_ref()
        .map(|place| format!(" ({place})"))
        .unwrap_or_default();
    let _ = writeln!(
        out,
        "  FAILED  {}{place}\n          {}",
        result.check.title, verdict.why
    );
    verdict.evidence.iter().for_each(|line| {
        let _ = writeln!(out, "          | {line}");
    });
}

fn closing(all: &[Tested], took: Duration) -> String {
    let (passed, failed) = all
        .iter()
        .map(Tested::counts)
        .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let untested = all.iter().filter(|one| one.results.is_err()).count();
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    let total = passed + failed;
    let mut text = format!(
        "{total} check{} of {} image{}: {passed} passed",
        plural(total),
        all.len(),
        plural(all.len())
    );
    if failed > 0 {
        let _ = write!(text, ", {failed} failed");
    }
    if untested > 0 {
        let _ = write!(text, ", {untested} image{} not tested", plural(untested));
    }
    format!("{text} in {}", words::took(took))
}

/// The results as JSON; `docs/checks.md` describes the fields.
pub fn tested_json(all: &[Tested], took: Duration) -> Value {
    let images: Vec<Value> = all.iter().map(one_json).collect();
    json!({ "format": 1, "passed": all.iter().all(Tested::passed), "images": images, "took_ms": milliseconds(took) })
}

fn one_json(one: &Tested) -> Value {
    let checks: Option<Vec<Value>> = one
        .results
        .as_ref()
        .ok()
        .map(|results| results.iter().map(check_json).collect());
    json!({
        "variant": one.variant, "image": one.image, "platform": one.platform, "passed": one.passed(),
        "error": one.results.as_ref().err().map(ToString::to_string), "checks": checks, "took_ms": milliseconds(one.took),
    })
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
