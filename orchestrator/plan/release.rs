//! The planner of `kiln release`: moves tags to images that are staged, and builds nothing. Where something would have to be
//! built, checked or overwritten, it refuses, and nothing moves.

mod refused;

pub use refused::{Refused, Unready, refused_json, refused_markdown, refused_text};

use super::decide::{Decision, Decisions, State, decide};
use super::moves::{deferred_moves, probed_name};
use crate::check::{self, Check};
use crate::matrix::{Fleet, Permission, TagKind, Variant, VariantId, VariantName};
use crate::memory::{Order, Part, Record};
use crate::name::{Digest, Reference};
use crate::plan::{
    Action, DeferredMove, Facts, Held, Materials, Move, MoveState, Options, Plan, PlannedVariant,
    Reason, Remarks, Step, Unknown, build,
};
use indexmap::IndexMap;
use std::collections::{BTreeSet, HashSet};

/// Plans a release of the selected variants and their ancestors. The fleet of the materials has only the tags that the release
/// moves; `whole` is the fleet of the manifest.
///
/// # Errors
/// Every image that is not ready, with the reason.
pub fn release(
    materials: &Materials<'_>,
    whole: &Fleet,
    facts: &Facts,
    options: &Options<'_>,
) -> Result<Plan, Vec<Refused>> {
    let wanted = materials.graph.with_ancestors(&options.selected);
    let decisions = decide(materials, facts, options, &wanted);
    let judge = Judge {
        materials,
        facts,
        decisions: &decisions,
        options,
        wanted: &wanted,
    };
    let order = materials.graph.order().iter().copied();
    let order: Vec<VariantId> = order.filter(|v| wanted.contains(v)).collect();
    let mut refused: Vec<Refused> = order.iter().flat_map(|v| judge.refused(*v)).collect();
    if refused.is_empty() {
        let plan = build(materials, facts, options);
        refused.extend(overwritten(&plan));
        if refused.is_empty() {
            return Ok(narrowed(plan, materials, whole));
        }
    }
    Err(refused)
}

/// Says which images of a release are not ready.
struct Judge<'a> {
    materials: &'a Materials<'a>,
    facts: &'a Facts,
    decisions: &'a Decisions,
    options: &'a Options<'a>,
    wanted: &'a BTreeSet<VariantId>,
}

impl Judge<'_> {
    fn variant(&self, v: VariantId) -> &Variant {
        self.materials.fleet.variant(v)
    }

    /// Why an image is not ready; all reasons.
    fn refused(&self, v: VariantId) -> Vec<Refused> {
        let why = match self.facts.unread.get(&v) {
            Some(unread) => vec![Unready::Unread(Unknown::from(&unread.why))],
            None => {
                let mut why = self.unbuilt(v);
                why.extend(self.unchecked(v));
                why.extend(self.unprobed(v));
                why
            }
        };
        let variant = &self.materials.names[v];
        let mut children = self.materials.graph.children(v);
        let has_children = children.any(|child| self.wanted.contains(&child));
        let one = |why| Refused {
            variant: variant.clone(),
            has_children,
            why,
        };
        why.into_iter().map(one).collect()
    }

    /// What would be built, and why: platforms with the same reasons are one entry. What would be built only because a parent
    /// is, is ready when that is.
    fn unbuilt(&self, v: VariantId) -> Vec<Unready> {
        let mut all: IndexMap<(Vec<Reason>, bool), Vec<_>> = IndexMap::new();
        let newer = self.newer(v);
        let builds = self.decisions.of(v).iter();
        for one in builds.filter(|one| !matches!(one.state, State::Kept(_))) {
            let mut reasons = one.reasons.to_vec();
            reasons.retain(|reason| !matches!(reason, Reason::ParentBuilt { .. }));
            if !reasons.is_empty() {
                let is_staged = matches!(one.state, State::Staged(_)) && newer.is_none();
                let same = all.entry((reasons, is_staged)).or_default();
                same.push(one.platform.clone());
            }
        }
        let several = self.variant(v).platforms.len() > 1;
        let one = |((reasons, is_staged), platforms): ((Vec<Reason>, bool), Vec<_>)| match reasons
            .as_slice()
        {
            _ if is_staged => Unready::NotMoved {
                parent: self.unmoved_parent(v),
            },
            [Reason::New] => Unready::NotStaged,
            _ => Unready::Differs {
                reasons,
                platforms: if several { platforms } else { Vec::new() },
                newer: newer.clone(),
            },
        };
        all.into_iter().map(one).collect()
    }

    /// A parent that is staged and not moved.
    fn unmoved_parent(&self, v: VariantId) -> Option<VariantName> {
        let is_unmoved = |parent: &VariantId| {
            let mut builds = self.decisions.of(*parent).iter();
            self.newer(*parent).is_none() && builds.any(|one| matches!(one.state, State::Staged(_)))
        };
        let mut parents = self.materials.graph.parents(v);
        parents
            .find(is_unmoved)
            .map(|one| self.materials.names[one].clone())
    }

    /// The commit that the image of a variant was staged from, if the commit of the release comes before it: the recipe has
    /// changed since, and another build of this commit would not be staged there.
    fn newer(&self, v: VariantId) -> Option<String> {
        let own = self.options.origin.revision.as_deref()?;
        let record = &self.facts.current.get(&v)?.record;
        let mut staged = record.parts.iter().filter_map(|p| p.made.revision.as_ref());
        let newer = staged.find(|one| self.options.history.order(own, one) == Order::Older);
        newer.cloned()
    }

    /// The checks of today that an image has not passed.
    fn unchecked(&self, v: VariantId) -> Option<Unready> {
        let checks = &self.variant(v).checks;
        let parts = self.decisions.of(v).iter().filter_map(Decision::part);
        let open = parts.flat_map(|part| checks.iter().filter(|check| is_open(part, check)));
        let titles: BTreeSet<String> = open.map(|check| check.title.clone()).collect();
        (!titles.is_empty()).then(|| Unready::Unchecked {
            checks: titles.into_iter().collect(),
        })
    }

    /// Tags whose value was never read from the image, and those that exist on another one.
    fn unprobed(&self, v: VariantId) -> Vec<Unready> {
        let Some(current) = self.facts.current.get(&v) else {
            return Vec::new();
        };
        let due = deferred_moves(self.variant(v)).into_iter();
        let due = due.filter(|deferred| deferred.held.is_none());
        let one = |deferred| self.deferred(&deferred, &current.record, current.digest);
        due.filter_map(one).collect()
    }

    fn deferred(&self, deferred: &DeferredMove, record: &Record, image: Digest) -> Option<Unready> {
        let Some(reference) = probed_name(deferred, record) else {
            return Some(Unready::Unprobed {
                tag: format!(
                    "{}:{}",
                    deferred.repository.familiar(),
                    deferred.tag.written()
                ),
            });
        };
        let was = *self.facts.public.get(&reference)?;
        let differs = deferred.tag.kind == TagKind::Fixed && was != image;
        differs.then_some(Unready::Written { reference, was })
    }
}

fn is_open(part: &Part, check: &Check) -> bool {
    check.is_for(&part.platform) && !part.passed.contains_key(&check::id(check))
}

/// Fixed tags that exist on other images: they are written once.
fn overwritten(plan: &Plan) -> impl Iterator<Item = Refused> {
    let moves = plan.steps.iter().flat_map(|step| {
        let kept = step.moves().iter().filter(|m| m.state == MoveState::Kept);
        kept.map(move |m| (step, m))
    });
    moves.filter_map(|(step, m)| {
        let why = Unready::Written {
            reference: m.reference.clone(),
            was: m.was?,
        };
        Some(Refused {
            variant: step.variant.clone(),
            has_children: false,
            why,
        })
    })
}

/// The plan without the tags that no release moves. An image may be fetched from every repository of its variant.
fn narrowed(plan: Plan, materials: &Materials<'_>, whole: &Fleet) -> Plan {
    let withheld: HashSet<Reference> = withheld(materials.fleet).collect();
    let names = materials.names.iter().zip(&whole.variants);
    let mut variants = plan.variants;
    for (name, variant) in names {
        if let Some(planned) = variants.get_mut(name) {
            let late = planned.late.iter().filter(|one| one.held.is_none());
            let late = late.cloned().collect();
            **planned = PlannedVariant {
                publish: variant.publish.clone(),
                late,
                ..(**planned).clone()
            };
        }
    }
    Plan {
        variants,
        steps: (plan.steps.into_iter())
            .map(|step| due(step, &withheld))
            .collect(),
        remarks: Remarks {
            replaced: plan.remarks.replaced,
            differing: plan.remarks.differing,
            ..Remarks::default()
        },
        ..plan
    }
}

/// The tags that the release would move if what it releases were for them.
fn withheld(fleet: &Fleet) -> impl Iterator<Item = Reference> {
    let is_withheld = |one: &Permission| matches!(one, Permission::Withheld(_));
    let of = move |variant: &Variant| {
        let all = variant.references().map(|(reference, _)| reference);
        let own = all.filter(|reference| {
            let permissions = variant.permissions_of(reference);
            permissions.is_some_and(|(tag, repository)| is_withheld(tag) || is_withheld(repository))
        });
        own.collect::<Vec<_>>()
    };
    fleet.variants.iter().flat_map(of)
}

/// A step with the tags that the release moves or withholds. A tag of several variants shows why it is held.
fn due(step: Step, withheld: &HashSet<Reference>) -> Step {
    let is_due = |m: &Move| !is_apart(m) || withheld.contains(&m.reference);
    let action = match step.action {
        Action::Move { moves, deferred } => Action::Move {
            moves: moves.into_iter().filter(is_due).collect(),
            deferred: deferred
                .into_iter()
                .filter(|one| one.held.is_none())
                .collect(),
        },
        other => other,
    };
    Step { action, ..step }
}

fn is_apart(m: &Move) -> bool {
    matches!(&m.state, MoveState::Held(why) if matches!(**why, Held::Rule(_)))
}
