//! Why an image is what it is: what it was made from, what is different today, and what `build` and `nightly` would do.

use super::decide::{Decision, Decisions, State};
use crate::matrix::{VariantId, VariantName};
use crate::memory::Part;
use crate::name::{Digest, Platform, Reference};
use crate::plan::{BaseFact, Current, Effects, Facts, Materials, Reason};
use std::collections::{BTreeSet, VecDeque};

/// The explanation of one variant.
#[derive(Debug, Clone, PartialEq)]
pub struct Why {
    /// The variant.
    pub variant: VariantName,
    /// If it was not asked for: a variant that is built on it.
    pub child: Option<VariantName>,
    /// Its current image.
    pub current: Option<Current>,
    /// Images under its names that kiln has no record of for it.
    pub strangers: Vec<(Reference, Digest)>,
    /// Its platforms.
    pub builds: Vec<WhyBuild>,
    /// The outside images of today that could not be looked up, and why.
    pub unknown: Vec<(Reference, String)>,
    /// Whether it has a tool set with `refresh "upgrades"`: its packages were not looked up.
    pub is_unasked: bool,
    /// What `kiln build --push` would do besides building.
    pub effects: Effects,
}

/// The explanation of one platform of a variant.
#[derive(Debug, Clone, PartialEq)]
pub struct WhyBuild {
    /// The platform.
    pub platform: Platform,
    /// The image on this platform, with what it was made from.
    pub part: Option<Part>,
    /// What `kiln build --push` would do.
    pub build: Answer,
    /// What `kiln nightly` would do.
    pub nightly: Answer,
}

/// What a command would do with one build, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// What it would do.
    pub state: State,
    /// Why; all reasons that apply, the most important first.
    pub reasons: Vec<Reason>,
    /// Whether it would be built only if a parent does not come out the same.
    pub conditional: bool,
}

/// Explains the selected variants, and those of their parents that the commands would not keep.
pub fn why(
    materials: &Materials<'_>,
    facts: &Facts,
    build: &Decisions,
    nightly: &Decisions,
    selected: &BTreeSet<VariantId>,
) -> Vec<Why> {
    let explain = Explain {
        materials,
        facts,
        build,
        nightly,
    };
    let mut seen = selected.clone();
    let mut open: VecDeque<(VariantId, Option<VariantId>)> =
        selected.iter().map(|v| (*v, None)).collect();
    let mut all = Vec::new();
    while let Some((v, child)) = open.pop_front() {
        all.push(explain.variant(v, child));
        for parent in materials.graph.parents(v) {
            if explain.differs(parent) && seen.insert(parent) {
                open.push_back((parent, Some(v)));
            }
        }
    }
    all
}

struct Explain<'a> {
    materials: &'a Materials<'a>,
    facts: &'a Facts,
    build: &'a Decisions,
    nightly: &'a Decisions,
}

impl Explain<'_> {
    fn name(&self, v: VariantId) -> VariantName {
        self.materials.names[v].clone()
    }

    /// Whether a command would not keep it.
    fn differs(&self, v: VariantId) -> bool {
        let decisions = self.build.of(v).iter().chain(self.nightly.of(v));
        decisions
            .into_iter()
            .any(|one| !matches!(one.state, State::Kept(_)))
    }

    fn variant(&self, v: VariantId, child: Option<VariantId>) -> Why {
        let both = self.build.of(v).iter().zip(self.nightly.of(v));
        let strangers = self.facts.strangers.get(&v);
        Why {
            variant: self.name(v),
            child: child.map(|child| self.name(child)),
            current: self.facts.current.get(&v).cloned(),
            strangers: strangers.cloned().unwrap_or_default(),
            builds: both
                .map(|(build, nightly)| explained(build, nightly))
                .collect(),
            unknown: self.unknown(v),
            is_unasked: self.materials.recipes[v].waits_for_upgrades(),
            effects: Effects::default(),
        }
    }

    fn unknown(&self, v: VariantId) -> Vec<(Reference, String)> {
        let named = self.nightly.of(v).iter();
        let named: BTreeSet<&Reference> = named.flat_map(|one| &one.inputs.unknown).collect();
        let why = |base: &Reference| match self.facts.bases.get(base) {
            Some(BaseFact::Unknown(why)) => Some((base.clone(), why.to_string())),
            _ => {
                let unread = self.facts.unread.get(&v)?;
                Some((base.clone(), unread.why.to_string()))
            }
        };
        named.into_iter().filter_map(why).collect()
    }
}

fn explained(build: &Decision, nightly: &Decision) -> WhyBuild {
    let answer = |decision: &Decision| Answer {
        state: decision.state.clone(),
        reasons: decision.reasons.to_vec(),
        conditional: decision.is_conditional(),
    };
    WhyBuild {
        platform: build.platform.clone(),
        part: build.current.as_deref().cloned(),
        build: answer(build),
        nightly: answer(nightly),
    }
}
