//! What the engines of a run carry out: how much at once, and which steps each of them can run.

use super::places::Places;
use crate::plan::{Action, Fit, Plan, Step, StepId};
use std::collections::HashMap;
use typed_index_collections::TiVec;

/// An engine's index in the pool of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EngineId(pub usize);

/// How many steps run at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Builds: the engine has no limit of its own. The same number of images is checked in parallel.
    pub builds: usize,
    /// Everything else: pulls, pushes, moves.
    pub transfers: usize,
}

/// Steps that the same engines can carry out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kind {
    /// Those that emulate nothing.
    pub native: Vec<EngineId>,
    /// Those that emulate its platform: used only while no native one is in reach.
    pub emulated: Vec<EngineId>,
}

impl Kind {
    /// Whether no engine can carry out its steps.
    pub fn is_unfit(&self) -> bool {
        self.native.is_empty() && self.emulated.is_empty()
    }
}

/// The engines of a run, and which steps each can carry out.
#[derive(Debug, Clone)]
pub struct Capacity {
    /// The limits of each engine.
    pub engines: Vec<Limits>,
    /// How many steps that write to registries run at once, per engine.
    pub transfers: usize,
    /// The kinds of steps that run on an engine.
    pub kinds: Vec<Kind>,
    /// The kind of each step; `None` if it runs on no engine.
    pub of: TiVec<StepId, Option<usize>>,
}

impl Capacity {
    /// The steps of the kind at this place in `kinds`.
    pub fn steps(&self, kind: usize) -> Vec<StepId> {
        let of = self.of.iter_enumerated();
        let own = of.filter(|(_, of)| **of == Some(kind));
        own.map(|(id, _)| id).collect()
    }

    /// Engines in classes, and which steps the engines of a class can carry out. Without engines, no step runs on one.
    pub fn new(
        plan: &Plan,
        engines: &[(Limits, usize)],
        transfers: usize,
        fit: impl Fn(&Step, usize) -> Fit,
    ) -> Self {
        let classes = engines.iter().map(|(_, class)| class + 1).max();
        let places = Places::new(plan);
        // What is built on one engine has to fit it as a whole.
        let mut fits: Vec<Vec<Fit>> = vec![Vec::new(); places.images.len()];
        for (id, step) in plan.iter() {
            let Some(group) = places.group(id) else {
                continue;
            };
            let own = (0..classes.unwrap_or_default()).map(|class| fit(step, class));
            fits[group] = match fits[group].is_empty() {
                true => own.collect(),
                false => fits[group]
                    .iter()
                    .zip(own)
                    .map(|(a, b)| (*a).max(b))
                    .collect(),
            };
        }
        let mut kinds = Kinds::default();
        let of = plan.iter().map(|(id, _)| {
            let group = places.group(id).filter(|_| !engines.is_empty())?;
            Some(kinds.of(&fits[group], engines))
        });
        let of = of.collect();
        Self {
            engines: engines.iter().map(|(limits, _)| *limits).collect(),
            transfers,
            kinds: kinds.all,
            of,
        }
    }

    /// One engine that can carry out every step.
    pub fn one(plan: &Plan, limits: Limits) -> Self {
        Self::new(plan, &[(limits, 0)], limits.transfers, |_, _| Fit::Native)
    }
}

#[derive(Default)]
struct Kinds {
    all: Vec<Kind>,
    known: HashMap<Vec<Fit>, usize>,
}

impl Kinds {
    fn of(&mut self, fits: &[Fit], engines: &[(Limits, usize)]) -> usize {
        if let Some(kind) = self.known.get(fits) {
            return *kind;
        }
        let which = |wanted: Fit| {
            let engines = engines.iter().enumerate();
            let fitting = engines.filter(|(_, (_, class))| fits.get(*class) == Some(&wanted));
            fitting.map(|(at, _)| EngineId(at)).collect()
        };
        self.all.push(Kind {
            native: which(Fit::Native),
            emulated: which(Fit::Emulated),
        });
        self.known.insert(fits.to_vec(), self.all.len() - 1);
        self.all.len() - 1
    }
}

/// Whether a step works on an image that is on an engine.
pub fn runs_on_engine(action: &Action) -> bool {
    matches!(
        action,
        Action::Build | Action::Use { .. } | Action::Check | Action::Probe | Action::Stage
    )
}
