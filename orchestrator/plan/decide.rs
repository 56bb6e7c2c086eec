//! What happens to each build of a fleet: kept, taken from what is staged, or built.
//!
//! ```text
//!            current image   today's build id staged   otherwise
//!   equal -> Kept            -> Staged                 -> Built
//!                               today's build id failed, or its image was withdrawn -> Skipped
//! ```
//!
//! A variant whose inputs failed before is skipped on all its platforms: they are published together. Its current image stays,
//! and its children are compared with that one.
//!
//! The survey decides several times, because what is staged is looked up by today's build id, and the id of a child is known
//! only once that of its parent is. Every time, [`Decisions::open`] lists what to look up next.

mod compare;

use self::compare::bases;
use super::inputs::{Contents, PlannedInputs, Today};
use crate::matrix::{Variant, VariantId};
use crate::memory::token::FORCE;
use crate::memory::{Compared, Failure, Part, Withdrawal, build_tag, failure_tag};
use crate::name::{Platform, Reference};
use crate::plan::{Current, Facts, Materials, Options, Reason, Retry};
use std::collections::BTreeSet;
use thin_vec::ThinVec;
use typed_index_collections::{TiVec, ti_vec};

/// The decisions for the builds of the wanted variants.
#[derive(Debug, Clone, Default)]
pub struct Decisions {
    /// By variant; empty for variants that are not wanted.
    variants: TiVec<VariantId, Vec<Decision>>,
    /// By variant: the image, itself or one that it is based on, that fails and has no image that passed its checks.
    unsound: TiVec<VariantId, Option<VariantId>>,
    /// Content tags that were not looked up yet.
    pub open: Vec<Reference>,
    /// Tags of failures that were not looked up yet.
    pub open_failures: Vec<Reference>,
}

/// The decision for one build.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The platform.
    pub platform: Platform,
    /// What it would be made from today.
    pub inputs: PlannedInputs,
    /// What happens.
    pub state: State,
    /// Why; all that apply, the most important first.
    pub reasons: ThinVec<Reason>,
    /// What differs, but does not count in this run: outside images that moved.
    pub ignored: ThinVec<Reason>,
    /// The image that it is compared with.
    pub current: Option<Box<Part>>,
}

/// What happens to one build.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// The current image is kept.
    Kept(Box<Part>),
    /// An image of today's inputs is staged and used.
    Staged(Box<Part>),
    /// It is built.
    Built,
    /// Nothing is built, since the inputs failed before, since their image was withdrawn, or since a parent has no image to
    /// build on. The current image stays.
    Skipped,
}

impl Decision {
    /// The image that exists before the run.
    pub fn part(&self) -> Option<&Part> {
        match &self.state {
            State::Kept(part) | State::Staged(part) => Some(part),
            State::Skipped => self.current.as_deref(),
            State::Built => None,
        }
    }

    /// Whether nothing is built since the image, or one that it is based on, was withdrawn.
    pub fn is_withdrawn(&self) -> bool {
        self.reasons.first().is_some_and(Reason::is_withdrawn)
    }

    /// Whether the current image stays as it is.
    pub fn stays(&self) -> bool {
        matches!(self.state, State::Kept(_) | State::Skipped)
    }

    /// Whether it is built only because a parent is: if that comes out the same, nothing is built.
    pub fn is_conditional(&self) -> bool {
        self.state == State::Built
            && self
                .reasons
                .iter()
                .all(|reason| matches!(reason, Reason::ParentBuilt { .. }))
    }
}

impl Decisions {
    /// The decisions for a variant, in the order of its platforms.
    pub fn of(&self, v: VariantId) -> &[Decision] {
        &self.variants[v]
    }

    /// The decisions for a variant, which are forgotten.
    pub(super) fn take(&mut self, v: VariantId) -> Vec<Decision> {
        std::mem::take(&mut self.variants[v])
    }

    /// All decisions.
    pub fn all(&self) -> impl Iterator<Item = &Decision> {
        self.variants.iter().flatten()
    }

    /// Whether a variant is skipped: its current image stays, although today's inputs are others.
    pub fn is_skipped(&self, v: VariantId) -> bool {
        let mut builds = self.of(v).iter();
        builds.any(|one| one.state == State::Skipped)
    }

    /// The image, itself or one that it is based on, that fails or is withdrawn, and has no image that passed its checks: until
    /// it is mended, nothing is published that is based on it.
    pub fn unsound(&self, v: VariantId) -> Option<VariantId> {
        self.unsound[v]
    }

    /// Why nothing is built on the image that [`Decisions::unsound`] names.
    pub fn why_unsound(&self, materials: &Materials<'_>, v: VariantId) -> Reason {
        let parent = materials.names[v].clone();
        match self.of(v).iter().any(Decision::is_withdrawn) {
            true => Reason::ParentWithdrawn { parent },
            false => Reason::ParentFailing { parent },
        }
    }

    /// What a variant's children take of it on a platform; `None` if the run builds it.
    fn contents(&self, v: VariantId, platform: &Platform) -> Option<Contents> {
        let mut builds = self.of(v).iter();
        let part = builds.find(|one| one.platform == *platform)?.part()?;
        Some((part.made.content, Some(part.digest)))
    }
}

/// Decides for the wanted variants, parents first; linear in builds and edges.
pub fn decide(
    materials: &Materials<'_>,
    facts: &Facts,
    options: &Options<'_>,
    wanted: &BTreeSet<VariantId>,
) -> Decisions {
    let mut all = Decisions {
        variants: ti_vec![Vec::new(); materials.fleet.variants.len()],
        unsound: ti_vec![None; materials.fleet.variants.len()],
        ..Decisions::default()
    };
    let order = materials.graph.order().iter();
    for v in order.copied().filter(|v| wanted.contains(v)) {
        let decider = Decider {
            materials,
            facts,
            options,
            all: &all,
            v,
        };
        let (mut builds, look) = decider.variant_on_each_platform();
        if builds.iter().any(|one| one.state == State::Skipped) {
            builds.iter_mut().for_each(|one| one.state = State::Skipped);
        }
        let unsound = decider.unsound(&builds);
        for look in look {
            match look {
                Look::Staged(tag) => all.open.push(tag),
                Look::Failed(tag) => all.open_failures.push(tag),
            }
        }
        (all.variants[v], all.unsound[v]) = (builds, unsound);
    }
    all
}

/// What must be looked up before a build can be decided.
enum Look {
    /// What is staged under this content tag.
    Staged(Reference),
    /// What is remembered under this tag of inputs that failed.
    Failed(Reference),
}

struct Decider<'a> {
    materials: &'a Materials<'a>,
    facts: &'a Facts,
    options: &'a Options<'a>,
    all: &'a Decisions,
    v: VariantId,
}

impl Decider<'_> {
    fn variant(&self) -> &Variant {
        self.materials.fleet.variant(self.v)
    }

    fn current(&self) -> Option<&Current> {
        let is_read = !self.facts.unread.contains_key(&self.v);
        self.facts.current.get(&self.v).filter(|_| is_read)
    }

    fn variant_on_each_platform(&self) -> (Vec<Decision>, Vec<Look>) {
        let platforms = 0..self.variant().platforms.len();
        let decided = platforms.map(|at| self.build(at));
        let (mut builds, look): (Vec<Decision>, Vec<Option<Look>>) = decided.unzip();
        // Most variants have one platform, and a vector that grows starts with room for four.
        builds.shrink_to_fit();
        (builds, look.into_iter().flatten().collect())
    }

    /// The image that makes it impossible to publish what is based on this variant, if there is one.
    fn unsound(&self, builds: &[Decision]) -> Option<VariantId> {
        self.unsound_parent().or_else(|| {
            let checks = &self.variant().checks;
            let is_bad = |one: &Decision| {
                let current = one.current.as_ref();
                one.state == State::Skipped && !current.is_some_and(|part| part.is_green(checks))
            };
            builds.iter().any(is_bad).then_some(self.v)
        })
    }

    fn unsound_parent(&self) -> Option<VariantId> {
        let mut parents = self.materials.graph.parents(self.v);
        parents.find_map(|parent| self.all.unsound[parent])
    }

    /// The decision for the platform at this place, and what must be looked up for it.
    fn build(&self, at: usize) -> (Decision, Option<Look>) {
        let platform = self.variant().platforms[at].clone();
        let name = &self.materials.names[self.v];
        let current = self
            .current()
            .and_then(|current| current.record.part(name, &platform));
        let today = Today {
            materials: self.materials,
            facts: self.facts,
        };
        let settled = |v: VariantId, platform: &Platform| self.all.contents(v, platform);
        let mut inputs = today.inputs(self.v, at, &settled, current.map(|part| &part.made));
        let forced = self.options.force.as_ref();
        let forced = forced.filter(|_| self.options.selected.contains(&self.v));
        let tokens = forced.map(|token| (FORCE.to_owned(), token.clone()));
        let tokens = tokens.into_iter().chain(self.tokens(current));
        inputs.inputs.tokens.extend(tokens);
        let (reasons, ignored) = self.reasons(&inputs, current, &platform, forced.is_some());
        let mut decision = Decision {
            platform,
            inputs,
            state: State::Built,
            reasons: reasons.into(),
            ignored: ignored.into(),
            current: current.cloned().map(Box::new),
        };
        let open = self.settle(&mut decision);
        if !matches!(decision.state, State::Kept(_)) && !decision.is_conditional() {
            // An image that is made new is made on the bases of today.
            decision.reasons.append(&mut decision.ignored);
        }
        (decision, open)
    }

    /// Keeps or takes an image, if there is one; skips what would fail again.
    fn settle(&self, decision: &mut Decision) -> Option<Look> {
        if !self.options.reads() || !self.facts.online {
            return None;
        }
        let is_equal = decision.reasons.is_empty() && decision.inputs.gaps.is_empty();
        if let (true, Some(current)) = (is_equal, decision.current.clone()) {
            let is_green = current.is_green(&self.variant().checks);
            decision.state = State::Kept(current);
            return match is_green {
                true => None,
                // Its checks are new: whether it has failed them before is remembered like a build that fails.
                false => self.remember(decision, &[Reason::ChecksChanged]),
            };
        }
        if let Some(parent) = self.unsound_parent() {
            let why = self.all.why_unsound(self.materials, parent);
            decision.reasons.insert(0, why);
            decision.state = State::Skipped;
            return None;
        }
        if let Some(withdrawal) = self.withdrawn(decision).cloned() {
            return withdraw(decision, withdrawal);
        }
        let build = decision.inputs.whole()?.build_id();
        let staging = self.variant().staging.clone()?;
        let tag = Reference::tagged(staging, build_tag(build));
        match self.facts.staged.get(&tag) {
            None => return Some(Look::Staged(tag)),
            Some(None) => {}
            Some(Some(part)) => {
                if let Some(withdrawal) = part.withdrawal().cloned() {
                    return withdraw(decision, withdrawal);
                }
                decision.state = State::Staged(Box::new(part.clone()));
                let new = decision.reasons.iter_mut();
                new.filter(|one| **one == Reason::New)
                    .for_each(|one| *one = Reason::NotPublished);
                return None;
            }
        }
        let reasons = decision.reasons.clone();
        self.remember(decision, &reasons)
    }

    /// The tag that remembers that today's inputs failed.
    fn failure_tag(&self, decision: &Decision) -> Option<Reference> {
        let build = decision.inputs.whole()?.build_id();
        let staging = self.variant().staging.clone()?;
        Some(Reference::tagged(staging, failure_tag(build)))
    }

    /// That an image of today's inputs was withdrawn when a tag was moved back to the current one. What does not count in this
    /// run, such as a base that moved, does not make it another image.
    fn withdrawn(&self, decision: &Decision) -> Option<&Withdrawal> {
        if !decision.inputs.gaps.is_empty() || decision.reasons.contains(&Reason::Forced) {
            return None;
        }
        let lines = self.current()?.record.lines.values();
        let images = lines.flat_map(|line| &line.withdrew);
        let records =
            images.filter_map(|image| self.facts.record(self.variant(), *image)?.as_deref());
        let name = &self.materials.names[self.v];
        let mut parts = records.filter_map(|record| record.part(name, &decision.platform));
        let found =
            parts.find(|part| part.withdrawal().is_some() && self.is_same(part, &decision.inputs));
        found?.withdrawal()
    }

    /// Whether an image was made from today's inputs, as far as they count in this run.
    fn is_same(&self, part: &Part, today: &PlannedInputs) -> bool {
        let moved = || bases(&part.made, today).is_empty();
        let counts = || match self.options.compared {
            Compared::Everything => moved() && self.refreshed(part, &today.inputs).is_empty(),
            Compared::RecipeAndParents => true,
        };
        self.compare(part, today).is_empty() && counts()
    }

    /// Skips what has something to do for these reasons and whose inputs failed before, unless this run tries them again.
    fn remember(&self, decision: &mut Decision, reasons: &[Reason]) -> Option<Look> {
        let is_named = self.options.named.contains(&self.v);
        let retry = Retry::of(self.options, is_named, reasons);
        if retry == Retry::Always {
            return None;
        }
        let tag = self.failure_tag(decision)?;
        let Some(known) = self.facts.failures.get(&tag) else {
            return Some(Look::Failed(tag));
        };
        let applies = |failure: &&Failure| failure.applies(&self.variant().checks);
        if let Some(failure) = known.as_ref().filter(applies) {
            let now = self.options.origin.now;
            let tried = retry.tries(failure, now);
            let mut reason = Reason::failing(failure, now, tried);
            if self.variant().platforms.len() > 1 {
                reason = reason.on(&decision.platform);
            }
            if !tried {
                decision.reasons.insert(0, reason);
                decision.state = State::Skipped;
            } else if decision.state == State::Built {
                decision.reasons.push(reason);
            }
        }
        None
    }
}

/// The current image stays: what would be built is withdrawn.
fn withdraw(decision: &mut Decision, withdrawal: Withdrawal) -> Option<Look> {
    decision.reasons.insert(0, Reason::Withdrawn(withdrawal));
    decision.state = State::Skipped;
    None
}
