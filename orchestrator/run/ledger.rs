//! Which public tags a run has moved: written down before each write and after each read-back, since a run may be
//! stopped at any point between.

use crate::matrix::VariantName;
use crate::name::Reference;
use crate::plan::{Action, MoveState, Plan, Step, StepId};
use crate::run::StepOutcome;
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};
use typed_index_collections::TiSlice;

/// What a run knows about a public tag that it was to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TagState {
    /// It was written and read back.
    Moved,
    /// It was not written.
    NotMoved,
    /// The write was sent, and its response or the read-back did not come.
    Unknown,
}

impl TagState {
    /// `moved`, `not moved`, `unknown`
    pub fn word(self) -> &'static str {
        match self {
            Self::Moved => "moved",
            Self::NotMoved => "not moved",
            Self::Unknown => "unknown",
        }
    }
}

/// A public tag at the end of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagEnd {
    /// Its reference; the pattern (`r.example/go:v{probe:go version}`) if it is not known yet.
    pub tag: String,
    /// Whether it was moved.
    pub state: TagState,
}

/// Locked for moments only.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// The tags of a variant that are to be written now, also those that were read from its image.
    due: Mutex<HashMap<VariantName, Vec<Reference>>>,
    states: Mutex<BTreeMap<Reference, TagState>>,
}

impl Ledger {
    /// These tags of a variant are written next.
    pub fn due<'a>(&self, v: &VariantName, tags: impl IntoIterator<Item = &'a Reference>) {
        let tags = tags.into_iter().cloned().collect();
        self.due.lock().insert(v.clone(), tags);
    }

    /// A tag has this state now.
    pub fn enter(&self, tag: &Reference, state: TagState) {
        self.states.lock().insert(tag.clone(), state);
    }

    /// What is known about a tag, if the run has begun to write it.
    pub fn state(&self, tag: &Reference) -> Option<TagState> {
        self.states.lock().get(tag).copied()
    }

    /// Every public tag that the run was to move, in the order of the plan.
    pub fn ends(&self, plan: &Plan, outcomes: &TiSlice<StepId, StepOutcome>) -> Vec<TagEnd> {
        let steps = plan.steps.iter().zip(outcomes);
        steps
            .flat_map(|(step, outcome)| match outcome {
                StepOutcome::Done { .. } => self.ended(step, false),
                _ => self.ended(step, true),
            })
            .collect()
    }

    /// The tags that a step has written and read back so far.
    pub fn written(&self, step: &Step) -> Vec<Reference> {
        let mut tags = self.known(step);
        let states = self.states.lock();
        tags.retain(|tag| states.get(tag) == Some(&TagState::Moved));
        tags
    }

    /// The tags of one step. Those that a complete step did not write were up to date.
    fn ended(&self, step: &Step, also_unwritten: bool) -> Vec<TagEnd> {
        let unwritten = also_unwritten.then_some(TagState::NotMoved);
        let patterns = self.patterns(step).into_iter().filter_map(|tag| {
            let state = unwritten?;
            Some(TagEnd { tag, state })
        });
        let known = self.known(step);
        let states = self.states.lock();
        let known = known.into_iter().filter_map(|tag| {
            let state = states.get(&tag).copied().or(unwritten)?;
            let tag = tag.familiar();
            Some(TagEnd { tag, state })
        });
        patterns.chain(known).collect()
    }

    /// The tags of a step that are known: those that it has begun to write, or those of the plan.
    fn known(&self, step: &Step) -> Vec<Reference> {
        let moves = match &step.action {
            Action::Move { moves, .. } => match self.due.lock().get(&step.variant) {
                Some(due) => return due.clone(),
                None => moves,
            },
            Action::Share { moves, .. } => moves,
            _ => return Vec::new(),
        };
        let planned = moves.iter().filter(|m| m.state == MoveState::Write);
        planned.map(|m| m.reference.clone()).collect()
    }

    /// The patterns of those that are not known yet.
    fn patterns(&self, step: &Step) -> Vec<String> {
        match &step.action {
            Action::Move { deferred, .. } if !self.due.lock().contains_key(&step.variant) => {
                let due = deferred.iter().filter(|one| one.held.is_none());
                due.map(|one| format!("{}:{}", one.repository.familiar(), one.tag.written()))
                    .collect()
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
