//! What happens to each build of a fleet: kept, taken from what is staged, or built.
//!
//! ```text
//!            current image   today's build id staged   otherwise
//!   equal -> Kept            -> Staged                 -> Built
//! ```
//!
//! The survey decides several times, because what is staged is looked up by today's build id, and the id of a child is known
//! only once that of its parent is. Every time, [`Decisions::open`] lists what to look up next.

use super::inputs::{Contents, PlannedInputs, Today};
use crate::manifest::Refresh;
use crate::matrix::{Variant, VariantId};
use crate::memory::token::{self, FORCE};
use crate::memory::{Compared, Difference, Inputs, Made, Part, Upgrade, build_tag};
use crate::name::{Digest, Platform, Reference};
use crate::plan::{Current, Facts, Materials, Options, Reason};
use crate::render::Refreshed;
use std::collections::BTreeSet;
use typed_index_collections::{TiVec, ti_vec};

/// The decisions for the builds of the wanted variants.
#[derive(Debug, Clone, Default)]
pub struct Decisions {
    /// By variant; empty for variants that are not wanted.
    variants: TiVec<VariantId, Vec<Decision>>,
    /// Content tags that were not looked up yet.
    pub open: Vec<Reference>,
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
    pub reasons: Vec<Reason>,
    /// What differs, but does not count in this run: outside images that moved.
    pub ignored: Vec<Reason>,
    /// The image that it is compared with.
    pub current: Option<Part>,
}

/// What happens to one build.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// The current image is kept.
    Kept(Part),
    /// An image of today's inputs is staged and used.
    Staged(Part),
    /// It is built.
    Built,
}

impl Decision {
    /// The image that exists before the run.
    pub fn part(&self) -> Option<&Part> {
        match &self.state {
            State::Kept(part) | State::Staged(part) => Some(part),
            State::Built => None,
        }
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

    /// All decisions.
    pub fn all(&self) -> impl Iterator<Item = &Decision> {
        self.variants.iter().flatten()
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
        open: Vec::new(),
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
        let variant = materials.fleet.variant(v);
        let decided: Vec<(Decision, Option<Reference>)> = (0..variant.platforms.len())
            .map(|at| decider.build(at))
            .collect();
        for (decision, open) in decided {
            all.open.extend(open);
            all.variants[v].push(decision);
        }
    }
    all
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

    /// The decision for the platform at this place, and the content tag that must be looked up for it.
    fn build(&self, at: usize) -> (Decision, Option<Reference>) {
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
            reasons,
            ignored,
            current: current.cloned(),
        };
        let open = self.settle(&mut decision);
        if !matches!(decision.state, State::Kept(_)) && !decision.is_conditional() {
            // An image that is made new is made on the bases of today.
            decision.reasons.append(&mut decision.ignored);
        }
        (decision, open)
    }

    /// Keeps or takes an image, if there is one.
    fn settle(&self, decision: &mut Decision) -> Option<Reference> {
        if !self.options.reads() || !self.facts.online {
            return None;
        }
        if let (true, Some(current)) = (decision.reasons.is_empty(), &decision.current) {
            decision.state = State::Kept(current.clone());
            return None;
        }
        let inputs = decision.inputs.whole()?;
        let staging = self.variant().staging.clone()?;
        let tag = Reference::tagged(staging, build_tag(inputs.build_id()));
        match self.facts.staged.get(&tag) {
            None => return Some(tag),
            Some(None) => {}
            Some(Some(part)) => decision.state = State::Staged(part.clone()),
        }
        None
    }

    /// Why a build has something to do, and what differs besides.
    fn reasons(
        &self,
        today: &PlannedInputs,
        current: Option<&Part>,
        platform: &Platform,
        forced: bool,
    ) -> (Vec<Reason>, Vec<Reason>) {
        if !self.options.reads() {
            return (vec![Reason::Asked], Vec::new());
        }
        if !self.facts.online {
            return (vec![Reason::Offline], Vec::new());
        }
        let mut reasons: Vec<Reason> = forced.then_some(Reason::Forced).into_iter().collect();
        let mut ignored = Vec::new();
        match current {
            Some(part) => {
                reasons.extend(self.compare(part, today));
                let moved = bases(&part.made, today);
                match self.options.compared {
                    Compared::Everything => {
                        reasons.extend(moved);
                        reasons.extend(self.refreshed(part, &today.inputs));
                    }
                    Compared::RecipeAndParents => ignored.extend(moved),
                }
            }
            None => reasons.push(self.why_new(platform)),
        }
        let built = today.gaps.iter().map(|gap| Reason::ParentBuilt {
            parent: gap.parent.clone(),
        });
        reasons.extend(built);
        (reasons, ignored)
    }

    /// The tokens of the tool sets that are refreshed. Only `nightly` makes new ones: a pull request and its merge have the
    /// same inputs.
    fn tokens(&self, current: Option<&Part>) -> Vec<(String, String)> {
        let refreshed = self.materials.recipes[self.v].refreshed.iter();
        let token = |one: &Refreshed| {
            let name = token::fresh(&one.toolset);
            let recorded = current.and_then(|part| part.made.token(&name));
            let token = match (self.options.compared, recorded) {
                (Compared::RecipeAndParents, Some(recorded)) => recorded.to_owned(),
                _ => self.todays(one, current, recorded),
            };
            (name, token)
        };
        refreshed.map(token).collect()
    }

    fn todays(&self, one: &Refreshed, current: Option<&Part>, recorded: Option<&str>) -> String {
        match one.refresh {
            Refresh::Every(period) => {
                let now = self.options.origin.surveyed / 1000;
                token::epoch(period, now, &self.variant().image, recorded)
            }
            Refresh::Upgrades => {
                let known = current.map(|part| self.upgrades(&one.toolset, part.digest));
                token::upgrades(known.unwrap_or_default(), recorded)
            }
        }
    }

    /// The newer versions that are known for what a tool set installed in an image.
    fn upgrades(&self, toolset: &str, image: Digest) -> &[Upgrade] {
        let known = self.facts.upgrades.get(&image);
        let known = known.and_then(|known| known.get(toolset));
        known.map_or(&[], Vec::as_slice)
    }

    /// The tool sets whose tokens differ from those of an image.
    fn refreshed(&self, part: &Part, today: &Inputs) -> Vec<Reason> {
        let mut recorded = part.made.inputs.iter();
        if recorded.any(|inputs| inputs.other_tokens(today).is_empty()) {
            return Vec::new();
        }
        let newest = part.made.inputs.last();
        let differences = newest.map(|newest| newest.other_tokens(today));
        let reason = |difference| self.reason(difference, part.digest);
        let differences = differences.unwrap_or_default().into_iter();
        differences.map(reason).collect()
    }

    /// Recipe, parents, and the outside images that are locked: a changed line is a deliberate change. Parents that this
    /// run builds are compared once they are built.
    fn compare(&self, part: &Part, today: &PlannedInputs) -> Vec<Reason> {
        let open = today.gaps_names();
        let differences = |recorded: &Inputs| -> Vec<Difference> {
            let all = recorded.differences(&today.inputs, Compared::Everything);
            let counts = |difference: &Difference| match difference {
                Difference::Recipe => true,
                Difference::Parent { name, .. } => !open.contains(name.as_str()),
                Difference::Base { name, .. } => today.locked.contains(name),
                Difference::Token { .. } => false,
            };
            all.into_iter().filter(counts).collect()
        };
        let recorded = &part.made.inputs;
        if recorded.iter().any(|inputs| differences(inputs).is_empty()) {
            return Vec::new();
        }
        let newest = recorded.last().map(differences).unwrap_or_default();
        newest
            .into_iter()
            .map(|difference| self.reason(difference, part.digest))
            .collect()
    }

    fn reason(&self, difference: Difference, image: Digest) -> Reason {
        match difference {
            Difference::Recipe => Reason::RecipeChanged {
                change: self
                    .facts
                    .details
                    .get(&image)
                    .map(|old| old.change(&self.materials.details(self.v))),
            },
            Difference::Base { name, from, to } => Reason::LockChanged {
                base: name,
                from,
                to,
            },
            Difference::Parent { name, from, to } => Reason::ParentChanged {
                parent: name,
                from,
                to,
            },
            Difference::Token { toolset, from, to } => {
                let upgrades = self.upgrades(&toolset, image).to_vec();
                match self.refresh(&toolset) {
                    Some(Refresh::Every(period)) => Reason::FreshnessPassed {
                        refresh: period.to_string(),
                        toolset,
                        from,
                        to,
                    },
                    _ => Reason::PackagesUpgradable { toolset, upgrades },
                }
            }
        }
    }

    fn refresh(&self, toolset: &str) -> Option<Refresh> {
        let mut refreshed = self.materials.recipes[self.v].refreshed.iter();
        let one = refreshed.find(|one| one.toolset == toolset)?;
        Some(one.refresh)
    }

    fn why_new(&self, platform: &Platform) -> Reason {
        if self.current().is_some() {
            return Reason::PlatformMissing {
                platform: platform.clone(),
            };
        }
        let workspace = &self.materials.fleet.name;
        match self.facts.unrecorded(self.variant(), workspace).next() {
            Some((name, digest)) => Reason::NoRecord {
                name: name.clone(),
                digest: *digest,
            },
            None => Reason::New,
        }
    }
}

/// The outside images that moved since the newest inputs of an image, without those that are locked.
fn bases(made: &Made, today: &PlannedInputs) -> Vec<Reason> {
    let others = |inputs: &Inputs| -> Vec<Difference> {
        let mut others = inputs.other_bases(&today.inputs);
        others.retain(
            |one| !matches!(one, Difference::Base { name, .. } if today.locked.contains(name)),
        );
        others
    };
    if made.inputs.iter().any(|inputs| others(inputs).is_empty()) {
        return Vec::new();
    }
    let newest = made.inputs.last().map(others);
    let moved = newest.unwrap_or_default().into_iter();
    moved
        .filter_map(|difference| match difference {
            // A base that could not be looked up is said elsewhere.
            Difference::Base {
                name,
                from,
                to: Some(to),
            } => Some(Reason::BaseMoved {
                base: name,
                from,
                to: Some(to),
            }),
            _ => None,
        })
        .collect()
}

impl PlannedInputs {
    fn gaps_names(&self) -> BTreeSet<&str> {
        self.gaps.iter().map(|gap| gap.parent.as_str()).collect()
    }
}
