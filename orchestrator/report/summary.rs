//! The end of a run: one row per variant, and what there is to say about all of them.

mod rows;

use crate::name::{Digest, Reference};
use crate::plan::{
    Applied, Held, HeldTag, Plan, Step, Tally, closing_remarks, held_json, held_lines,
    unknown_lines,
};
use crate::run::{Done, Outcome, StepOutcome};
use rows::rows;
pub(super) use rows::{ADOPTED, FAILED_AFTER, FAILED_BEFORE, FAILING, STOPPED, WITHDRAWN};
use serde::{Serialize, Serializer};
use std::collections::BTreeSet;

/// What a run has done, for every kind of report.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// One row per variant, in the order of the plan.
    pub rows: Vec<Row>,
    /// What it left as it is, or replaced without knowing it: one sentence each.
    pub remarks: Vec<String>,
    /// What could not be looked up: one sentence each.
    pub unknown: Vec<String>,
    /// The tags that it held: one sentence for each rule.
    pub held: Vec<String>,
    /// Why it moved no tag, if it published and that was not a failure.
    pub unmoved: Option<String>,
    /// Whether the same command would build everything again: it is forced, and no pipeline makes it resume.
    pub starts_over: bool,
    /// Whether a change of an author was left out, because an image that it needs is failing.
    pub is_blocked: bool,
    /// Whether images that are failing count as failures, although they were not tried: those of a nightly run do.
    pub is_nightly: bool,
    /// The exit code of the command.
    pub exit: u8,
}

impl Summary {
    /// Whether the run ends with 1, although every step succeeded: images are failing and count as failures, or a change was
    /// left out because of one.
    pub fn is_unmended(&self) -> bool {
        let failing = || self.rows.iter().any(|row| row.state == FAILING);
        self.is_blocked || (self.is_nightly && failing())
    }
}

/// The result for one variant.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Row {
    /// The variant's name.
    pub variant: String,
    /// `published`, `built`, `adopted`, `up to date`, `failing`, `failed`, `failed its checks`,
    /// `failed before-move`, `failed after-move`, `blocked by core:1.0`, `stopped`, `not reached`.
    pub state: String,
    /// The public tags that point to its image now, as far as this run knows.
    pub tags: Vec<String>,
    /// Its public tags that stay where they are, and why.
    #[serde(serialize_with = "held")]
    pub held: Vec<HeldTag>,
    /// The digest of its image.
    pub digest: Option<Digest>,
    /// If it was built: the number of steps that came from a cache, and of all steps.
    pub cached: Option<(usize, usize)>,
    /// The time its steps took, in seconds.
    pub seconds: f64,
    /// The engines that built it, or that it failed or was stopped on, if the run had several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub engines: Vec<String>,
}

fn held<S: Serializer>(held: &[HeldTag], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(held.iter().map(held_json))
}

/// Why a job of a saved plan moves no tag.
fn stages(plan: &Plan) -> String {
    let apply = plan.apply_command();
    format!("--only builds, checks and stages; `{apply} --publish` moves the tags")
}

/// The end of a run.
pub fn summary(plan: &Plan, outcome: &Outcome) -> Summary {
    let tally = tally(plan, outcome);
    let unmoved = match plan.applied {
        Some(Applied::Only) => Some(stages(plan)),
        _ => tally.moves_nothing(),
    };
    let unmoved = unmoved.filter(|_| plan.push && !plan.steps.is_empty() && outcome.is_success());
    Summary {
        rows: rows(plan, outcome),
        remarks: closing_remarks(plan, &outcome.moved(plan)),
        unknown: unknown_lines(plan),
        held: held_lines(&tally.held),
        unmoved,
        starts_over: false,
        is_blocked: plan.skips().any(Step::is_blocked),
        is_nightly: false,
        exit: 0,
    }
}

/// The public tags that a run wrote.
pub fn written(outcome: &Outcome) -> BTreeSet<&Reference> {
    let done = outcome.steps.iter().filter_map(|end| match end {
        StepOutcome::Done { done, .. } => Some(done),
        _ => None,
    });
    done.flat_map(Done::written).collect()
}

/// What has become of the public tags: what the plan held, and what the run found that it must hold.
fn tally(plan: &Plan, outcome: &Outcome) -> Tally {
    let planned = plan.tally();
    let mut tally = Tally {
        written: 0,
        ..planned.clone()
    };
    for end in &outcome.steps {
        let StepOutcome::Done { done, .. } = end else {
            continue;
        };
        if let Done::Moved { written, held, .. } | Done::Shared { written, held, .. } = done {
            tally.written += written.len();
            tally.held.extend(held_now(held));
        }
    }
    let changed = tally.written + tally.held.len() - planned.held.len();
    tally.current += planned.written.saturating_sub(changed);
    tally
}

/// The tags that the run found it must hold.
fn held_now(held: &[(Reference, Held)]) -> impl Iterator<Item = HeldTag> {
    let held = held.iter();
    held.map(|(reference, why)| HeldTag::new(reference, why.clone()))
}
