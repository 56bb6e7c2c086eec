//! What differs between the current image and what it would be made from today.

use super::Decider;
use crate::manifest::Refresh;
use crate::memory::{Compared, Difference, Inputs, Made, Part, Upgrade, token};
use crate::name::{Digest, Platform};
use crate::plan::Reason;
use crate::plan::inputs::PlannedInputs;
use crate::render::Refreshed;
use std::collections::BTreeSet;

impl Decider<'_> {
    /// Why a build has something to do, and what differs besides.
    pub(super) fn reasons(
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
        // What a parent without any image would be is not known: another reason says so.
        reasons.extend(built.filter(|_| self.unsound_parent().is_none()));
        (reasons, ignored)
    }

    /// The tokens of the tool sets that are refreshed. Only `nightly` makes new ones: a pull request and its merge have the
    /// same inputs.
    pub(super) fn tokens(&self, current: Option<&Part>) -> Vec<(String, String)> {
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
                let now = self.options.origin.now;
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
    pub(super) fn refreshed(&self, part: &Part, today: &Inputs) -> Vec<Reason> {
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
    pub(super) fn compare(&self, part: &Part, today: &PlannedInputs) -> Vec<Reason> {
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
pub(super) fn bases(made: &Made, today: &PlannedInputs) -> Vec<Reason> {
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
