//! Parts of a saved plan: what one job makes, and what is published once all jobs have ended.
//!
//! Jobs meet in the registry. What a job does not make itself is found there by its build id, in a step of its own
//! ([`Action::Find`]), which takes the place of the steps that make and check it.

use crate::matrix::VariantName;
use crate::name::Platform;
use crate::plan::{Action, Plan, Remarks, Step, StepId};
use std::collections::{BTreeSet, HashMap, HashSet};
use typed_index_collections::{TiSlice, TiVec};

/// How much of a saved plan a run carries out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// All of it.
    Whole,
    /// It builds, checks and stages some variants, and moves no tag.
    Only,
    /// It moves what is staged and has passed its checks, and builds nothing.
    Publish,
}

impl Plan {
    /// All of a saved plan.
    #[must_use]
    pub fn whole(self) -> Self {
        Self {
            applied: Some(Applied::Whole),
            ..self
        }
    }

    /// These variants are built, checked and staged. What they are based on is found where other jobs have staged it.
    #[must_use]
    pub fn only(&self, selected: &BTreeSet<VariantName>) -> Self {
        let remarks = Remarks::default();
        let narrowed = Narrowing::new(self, Applied::Only, selected).narrowed();
        Self {
            remarks,
            ..narrowed
        }
    }

    /// What jobs have staged is found, combined and moved; nothing is built.
    #[must_use]
    pub fn publishing(&self) -> Self {
        let narrowed = Narrowing::new(self, Applied::Publish, &BTreeSet::new()).narrowed();
        Self {
            bases: Default::default(),
            ..narrowed
        }
    }

    /// The command that carries out the file that the plan was read from: `kiln apply plan.json`.
    pub fn apply_command(&self) -> String {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@%".contains(c);
        let file = self.file.as_deref().unwrap_or("FILE");
        match file.chars().all(plain) {
            true => format!("kiln apply {file}"),
            false => format!("kiln apply '{}'", file.replace('\'', "'\\''")),
        }
    }

    /// Whether it was saved: then a tag moves only from what the plan has seen.
    pub fn is_saved(&self) -> bool {
        self.applied.is_some()
    }
}

/// What becomes of a step.
enum Becomes {
    Same,
    /// Its image is found.
    Found,
    /// It comes later: after its image is staged.
    Later,
    /// What waits for it waits for what it has waited for.
    Gone,
}

type Place = (VariantName, Option<Platform>);

struct Narrowing<'a> {
    plan: &'a Plan,
    applied: Applied,
    made: &'a BTreeSet<VariantName>,
    /// The variants that are checked or probed, and those that are staged.
    examined: HashSet<&'a VariantName>,
    staged: HashSet<Place>,
    /// By step of the plan, the steps that stand for it.
    at: TiVec<StepId, Vec<StepId>>,
    /// The probes that wait for their image to be staged.
    later: HashMap<Place, Step>,
    steps: TiVec<StepId, Step>,
}

impl<'a> Narrowing<'a> {
    fn new(plan: &'a Plan, applied: Applied, made: &'a BTreeSet<VariantName>) -> Self {
        let steps = plan.steps.iter();
        let examined = steps
            .clone()
            .filter(|step| matches!(step.action, Action::Check | Action::Probe));
        let staged = steps.filter(|step| step.action == Action::Stage);
        Self {
            plan,
            applied,
            made,
            examined: examined.map(|step| &step.variant).collect(),
            staged: staged.map(place).collect(),
            at: TiVec::new(),
            later: HashMap::new(),
            steps: TiVec::new(),
        }
    }

    fn narrowed(mut self) -> Plan {
        for step in &self.plan.steps {
            let ids = self.add(step);
            self.at.push(ids);
        }
        let steps = match self.applied {
            Applied::Only => reached(&self.steps, self.made),
            _ => self.steps,
        };
        let owners = steps.iter().flat_map(Step::owners);
        let named: HashSet<&VariantName> = owners
            .map(|owner| &owner.variant)
            .chain(steps.iter().map(|step| &step.variant))
            .collect();
        let variants = self.plan.variants.iter();
        let variants = variants.filter(|(name, _)| named.contains(name));
        Plan {
            variants: variants.map(|(k, v)| (k.clone(), v.clone())).collect(),
            applied: Some(self.applied),
            steps,
            ..self.plan.clone()
        }
    }

    /// Adds what a step becomes, and returns what stands for it.
    fn add(&mut self, step: &Step) -> Vec<StepId> {
        let after = self.after(&step.after);
        match self.becomes(step) {
            Becomes::Gone => after,
            Becomes::Same => self.add_same(step, after),
            Becomes::Found => vec![self.push(step, Action::Find, after)],
            Becomes::Later => {
                let step = Step {
                    after,
                    ..step.clone()
                };
                self.later.insert(place(&step), step);
                Vec::new()
            }
        }
    }

    /// A step, and the probe that waits for it.
    fn add_same(&mut self, step: &Step, after: Vec<StepId>) -> Vec<StepId> {
        let id = self.push(step, step.action.clone(), after);
        if step.action == Action::Stage
            && let Some(mut probe) = self.later.remove(&place(step))
        {
            probe.after.push(id);
            self.steps.push(probe);
        }
        vec![id]
    }

    fn push(&mut self, step: &Step, action: Action, after: Vec<StepId>) -> StepId {
        self.steps.push_and_get_key(Step {
            action,
            after,
            ..step.clone()
        })
    }

    fn after(&self, after: &[StepId]) -> Vec<StepId> {
        let all = after.iter().flat_map(|id| &self.at[*id]).copied();
        let all: BTreeSet<StepId> = all.collect();
        all.into_iter().collect()
    }

    fn becomes(&self, step: &Step) -> Becomes {
        let is_made = self.made.contains(&step.variant);
        let is_examined = self.examined.contains(&step.variant);
        match (&step.action, self.applied) {
            (
                Action::Index | Action::Attest | Action::Move { .. } | Action::Share { .. },
                Applied::Publish,
            ) => Becomes::Same,
            (
                Action::Index
                | Action::Attest
                | Action::Move { .. }
                | Action::Share { .. }
                | Action::Name { .. },
                _,
            ) => Becomes::Gone,
            // Its values are recorded with the image.
            (Action::Probe, _) if is_made && self.staged.contains(&place(step)) => Becomes::Later,
            _ if is_made => Becomes::Same,
            (Action::Build, _) => Becomes::Found,
            (Action::Keep { .. } | Action::Take { .. }, _) if is_examined => Becomes::Found,
            (Action::Keep { .. } | Action::Take { .. } | Action::Skip { .. }, _) => Becomes::Same,
            (
                Action::Check
                | Action::Probe
                | Action::Stage
                | Action::MarkChecked
                | Action::Use { .. }
                | Action::Find,
                _,
            ) => Becomes::Gone,
        }
    }
}

fn place(step: &Step) -> Place {
    (step.variant.clone(), step.platform.clone())
}

/// The steps of these variants, and all that they wait for.
fn reached(steps: &TiSlice<StepId, Step>, selected: &BTreeSet<VariantName>) -> TiVec<StepId, Step> {
    let mut needed: BTreeSet<StepId> = BTreeSet::new();
    // What a step waits for comes before it.
    for (id, step) in steps.iter_enumerated().rev() {
        if selected.contains(&step.variant) || needed.contains(&id) {
            needed.insert(id);
            needed.extend(&step.after);
        }
    }
    let places: HashMap<StepId, StepId> = needed
        .iter()
        .enumerate()
        .map(|(place, id)| (*id, StepId::from(place)))
        .collect();
    let renumbered = |step: &Step| Step {
        after: step
            .after
            .iter()
            .filter_map(|id| places.get(id).copied())
            .collect(),
        ..step.clone()
    };
    needed.iter().map(|id| renumbered(&steps[*id])).collect()
}

#[cfg(test)]
mod tests;
