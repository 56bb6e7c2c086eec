//! Tags that a plan moves backwards, because the author allows it.

use super::held::listed;
use crate::memory::{Hold, record_tag};
use crate::name::Reference;
use crate::plan::{Facts, Move, MoveState, Options, Plan, Step};
use serde::{Deserialize, Serialize};

/// A tag that goes back because `--allow-older` lets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedBack {
    /// The tag.
    pub reference: Reference,
    /// What would hold it otherwise.
    pub hold: Hold,
}

/// The tags that the plan writes and would hold without `--allow-older`.
pub fn moved_back(plan: &Plan, facts: &Facts, options: &Options<'_>) -> Vec<MovedBack> {
    let moves = plan
        .steps
        .iter()
        .flat_map(|step| step.moves().iter().map(move |m| (step, m)));
    let written = moves.filter(|(_, m)| m.state == MoveState::Write);
    let back = written.filter_map(|(step, m)| {
        let hold = hold(plan, step, m, facts, options)?;
        let reference = m.reference.clone();
        Some(MovedBack { reference, hold })
    });
    back.collect()
}

fn hold(plan: &Plan, step: &Step, m: &Move, facts: &Facts, options: &Options<'_>) -> Option<Hold> {
    if !options.allows_older(&m.reference) {
        return None;
    }
    let (was, staging) = (m.was?, plan.variant(&step.variant).staging.clone()?);
    let record = Reference::tagged(staging, record_tag(was));
    let record = facts.records.get(&record)?.as_ref()?;
    let own = options.origin.line(&m.versions, Some(was));
    let line = record.lines.get(&m.reference)?;
    line.holds(&own, options.history)
}

/// `1 tag goes back, since --allow-older lets it: core:latest (1.26.5 instead of 1.27.0)`; `None` if none does.
pub fn moved_back_line(all: &[MovedBack]) -> Option<String> {
    let names = listed(all.iter().map(MovedBack::words));
    match all.len() {
        0 => None,
        1 => Some(format!(
            "1 tag goes back, since --allow-older lets it: {names}"
        )),
        n => Some(format!(
            "{n} tags go back, since --allow-older lets them: {names}"
        )),
    }
}

impl MovedBack {
    fn words(&self) -> String {
        let name = self.reference.familiar();
        match &self.hold {
            Hold::Version { theirs, ours } => format!("{name} ({ours} instead of {theirs})"),
            other => format!("{name} ({})", other.words()),
        }
    }
}
