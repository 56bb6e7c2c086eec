//! The planner of `kiln build`: builds what has a reason, keeps the rest, publishes in order.

use crate::graph::Graph;
use crate::matrix::{Fleet, PublicTag, TagKind, Variant, VariantId};
use crate::name::{Digest, Platform, Reference, Tag};
use crate::plan::{Action, Facts, Move, MoveState, Plan, Reason, Step, StepId};
use std::collections::BTreeSet;

/// What the caller wants.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Publish to registries; otherwise the engine ends with the images.
    pub push: bool,
    /// Build what is selected even if nothing changed.
    pub force: bool,
    /// What was selected; what it stands on is added. Empty: nothing to do.
    pub selected: BTreeSet<VariantId>,
}

/// Plans a run over the selection and all that it stands on. Linear in variants, tags and edges.
pub fn build(fleet: &Fleet, graph: &Graph, facts: &Facts, options: &Options) -> Plan {
    let wanted = graph.with_ancestors(&options.selected);
    let mut planner = Planner::new(fleet, graph, facts, options);
    let order: Vec<VariantId> = graph.order().iter().copied().filter(|v| wanted.contains(v)).collect();
    for &v in &order {
        planner.decide(v);
    }
    for &v in order.iter().rev() {
        planner.ask_for_parents(v);
    }
    for &v in &order {
        planner.emit(v);
    }
    Plan { steps: planner.steps, push: options.push }
}

/// What is done about one variant, and where its steps are.
#[derive(Debug, Clone, Default)]
struct Decision {
    /// Why it is built; `None` if it is kept at `kept`.
    build: Option<Reason>,
    kept: Option<Digest>,
    /// Who needs a kept image on the engine.
    fetch_for: Option<VariantId>,
    /// By platform: the step after which the image is on the engine.
    present: Vec<(Platform, StepId)>,
    /// The steps after which the image is in the registry and proven.
    ready: Vec<StepId>,
    /// The step after which all public tags are where they belong.
    published: Option<StepId>,
}

struct Planner<'a> {
    fleet: &'a Fleet,
    graph: &'a Graph,
    facts: &'a Facts,
    options: &'a Options,
    decisions: Vec<Decision>,
    steps: Vec<Step>,
}

impl<'a> Planner<'a> {
    fn new(fleet: &'a Fleet, graph: &'a Graph, facts: &'a Facts, options: &'a Options) -> Self {
        let decisions = vec![Decision::default(); fleet.variants.len()];
        Self { fleet, graph, facts, options, decisions, steps: Vec::new() }
    }

    fn decide(&mut self, v: VariantId) {
        let parent_built = self.graph.parents(v).iter().copied().find(|p| self.decisions[p.0 as usize].build.is_some());
        let staged = self.facts.staged.get(&v).copied();
        let reason = if !self.options.push {
            Some(if self.facts.online { Reason::Asked } else { Reason::Offline })
        } else if !self.facts.online {
            Some(Reason::Offline)
        } else if self.options.force && self.options.selected.contains(&v) {
            Some(Reason::Forced)
        } else if let Some(parent) = parent_built {
            Some(Reason::ParentBuilt(parent))
        } else if staged.is_none() {
            Some(self.why_unstaged(v))
        } else {
            None
        };
        let kept = if reason.is_none() { staged } else { None };
        self.decisions[v.0 as usize] = Decision { build: reason, kept, ..Decision::default() };
    }

    fn why_unstaged(&self, v: VariantId) -> Reason {
        let published = self.fleet.variant(v).references().any(|(r, _)| self.facts.public.contains_key(&r));
        if published { Reason::RecipeChanged } else { Reason::New }
    }

    /// A kept parent of something that is built has to be on the engine.
    fn ask_for_parents(&mut self, v: VariantId) {
        if self.decisions[v.0 as usize].build.is_none() {
            return;
        }
        for parent in self.graph.parents(v) {
            let decision = &mut self.decisions[parent.0 as usize];
            if decision.build.is_none() {
                decision.fetch_for.get_or_insert(v);
            }
        }
    }

    fn emit(&mut self, v: VariantId) {
        let variant = self.fleet.variant(v);
        let ready = match self.decisions[v.0 as usize].build.clone() {
            Some(reason) => self.emit_builds(variant, reason),
            None => self.emit_kept(variant),
        };
        self.decisions[v.0 as usize].ready.clone_from(&ready);
        let published = if self.options.push { self.emit_moves(variant, ready) } else { self.emit_names(variant, ready) };
        self.decisions[v.0 as usize].published = Some(published);
    }

    /// Build, check and, when publishing, stage each platform; returns what the public tags wait for.
    ///
    /// A child is built beside its parent's checks, but nothing of it leaves the engine before the parent
    /// is staged, and with that proven.
    fn emit_builds(&mut self, variant: &Variant, reason: Reason) -> Vec<StepId> {
        let mut done = Vec::new();
        let parents_ready = self.parents_ready(variant.id);
        for platform in &variant.platforms {
            let after = self.parents_present(variant.id, platform);
            let built = self.push(variant.id, Some(platform), Action::Build, reason.clone(), after);
            self.decisions[variant.id.0 as usize].present.push((platform.clone(), built));
            let proven = self.emit_check(variant, platform, built).unwrap_or(built);
            let after = std::iter::once(proven).chain(parents_ready.iter().copied()).collect();
            done.push(match self.options.push {
                true => self.push(variant.id, Some(platform), Action::Stage, Reason::Follows, after),
                false => proven,
            });
        }
        if self.options.push && variant.platforms.len() > 1 {
            done = vec![self.push(variant.id, None, Action::Index, Reason::Follows, done)];
        }
        done
    }

    /// What an image that is on the engine has to prove, if anything.
    fn emit_check(&mut self, variant: &Variant, platform: &Platform, present: StepId) -> Option<StepId> {
        let any = variant.checks.iter().any(|check| check.is_for(platform));
        any.then(|| self.push(variant.id, Some(platform), Action::Check, Reason::Follows, vec![present]))
    }

    fn emit_kept(&mut self, variant: &Variant) -> Vec<StepId> {
        let decision = self.decisions[variant.id.0 as usize].clone();
        let Some(digest) = decision.kept else { return Vec::new() };
        let unproven = !variant.checks.is_empty() && !self.facts.green.contains(&variant.id);
        let reason = match self.is_published(variant, digest) {
            _ if unproven => Reason::ChecksChanged,
            true => Reason::UpToDate,
            false => Reason::Unpublished,
        };
        // An image is no better proven than what it stands on.
        let kept = self.push(variant.id, None, Action::Keep { digest }, reason, self.parents_ready(variant.id));
        let why = if unproven { Some(Reason::ChecksChanged) } else { decision.fetch_for.map(Reason::StoodOn) };
        let Some(why) = why else { return vec![kept] };
        let mut proven = vec![kept];
        for platform in &variant.platforms {
            let fetched = self.push(variant.id, Some(platform), Action::Fetch { digest }, why.clone(), vec![kept]);
            self.decisions[variant.id.0 as usize].present.push((platform.clone(), fetched));
            if unproven {
                proven.extend(self.emit_check(variant, platform, fetched));
            }
        }
        if unproven {
            let green = self.push(variant.id, None, Action::Green { digest }, Reason::Follows, proven);
            return vec![kept, green];
        }
        vec![kept]
    }

    fn is_published(&self, variant: &Variant, digest: Digest) -> bool {
        moves(variant, self.facts, Some(digest)).iter().all(|m| m.state != MoveState::Write)
    }

    /// All of a parent's moves precede any of its children's.
    fn emit_moves(&mut self, variant: &Variant, mut after: Vec<StepId>) -> StepId {
        let decision = &self.decisions[variant.id.0 as usize];
        let reason = match decision.kept {
            Some(digest) if self.is_published(variant, digest) => Reason::UpToDate,
            Some(_) => Reason::Unpublished,
            None => Reason::Follows,
        };
        let moves = moves(variant, self.facts, decision.kept);
        after.extend(self.parents_published(variant.id));
        self.push(variant.id, None, Action::Move { moves }, reason, after)
    }

    fn emit_names(&mut self, variant: &Variant, mut after: Vec<StepId>) -> StepId {
        let references = variant.references().map(|(reference, _)| reference).collect();
        after.extend(self.parents_published(variant.id));
        self.push(variant.id, None, Action::Name { references }, Reason::Follows, after)
    }

    fn parents_present(&self, v: VariantId, platform: &Platform) -> Vec<StepId> {
        let present = |parent: &VariantId| {
            let steps = &self.decisions[parent.0 as usize].present;
            steps.iter().find(|(p, _)| p == platform).or(steps.first()).map(|(_, step)| *step)
        };
        self.graph.parents(v).iter().filter_map(present).collect()
    }

    /// The steps after which all parents are in the registry and proven.
    fn parents_ready(&self, v: VariantId) -> Vec<StepId> {
        self.graph.parents(v).iter().flat_map(|p| &self.decisions[p.0 as usize].ready).copied().collect()
    }

    fn parents_published(&self, v: VariantId) -> Vec<StepId> {
        self.graph.parents(v).iter().filter_map(|p| self.decisions[p.0 as usize].published).collect()
    }

    fn push(&mut self, variant: VariantId, platform: Option<&Platform>, action: Action, reason: Reason, after: Vec<StepId>) -> StepId {
        let id = StepId(u32::try_from(self.steps.len()).unwrap_or(u32::MAX));
        self.steps.push(Step { variant, platform: platform.cloned(), action, reason, after });
        id
    }
}

/// Why a tag of several owners is left alone.
const SHARED: &str = "several variants share it, and an index over variants is not written yet";

/// A variant's public tags in the order they are written: fixed ones, moving ones, `latest` last.
fn moves(variant: &Variant, facts: &Facts, expected: Option<Digest>) -> Vec<Move> {
    let mut moves: Vec<Move> = variant.moves().map(|(r, tag, closed)| planned(r, tag, closed, facts, expected)).collect();
    moves.sort_by_key(|m| (m.kind, m.reference.tag == Some(Tag::latest())));
    moves
}

fn planned(reference: Reference, tag: &PublicTag, closed: Option<&str>, facts: &Facts, expected: Option<Digest>) -> Move {
    let was = facts.public.get(&reference).copied();
    let state = match (was, closed) {
        // One variant's image under a name that several own would be half of what the name promises.
        _ if tag.shared => MoveState::Held(SHARED.to_owned()),
        (Some(_), _) if was == expected => MoveState::Current,
        (_, Some(why)) => MoveState::Held(why.to_owned()),
        (Some(_), None) if tag.kind == TagKind::Fixed => MoveState::Kept,
        _ => MoveState::Write,
    };
    Move { reference, kind: tag.kind, was, state }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::{Inputs, Parent, expand};
    use crate::plan::json;
    use crate::render::{Recipe, Stand, StandKind};
    use crate::text::{Diagnostics, SourceId, kdl};

    /// `a` with a check on one platform or two, `b` on it without one, `c` on that with one.
    fn line(platforms: &str) -> (Fleet, Graph) {
        let text = format!(
            "workspace \"w\" {{ publish \"r.example/f/{{image}}\"; stage \"r.example/f/stage\" }}\nbase \"base\" from=\"debian:12\"\n\
             image \"a\" {{ from base=\"base\"; template \"t\"; tag \"1\"; platforms {platforms}; check run=\"true\" }}\n\
             image \"b\" {{ from image=\"a\"; template \"t\"; tag \"1\"; platforms {platforms} }}\n\
             image \"c\" {{ from image=\"b\"; template \"t\"; tag \"1\"; platforms {platforms}; check file=\"/c\" }}\n"
        );
        let mut faults = Diagnostics::default();
        let manifest = crate::manifest::parse(&[kdl::parse(SourceId(0), &text, &mut faults)], &mut faults);
        let inputs = Inputs {
            now: jiff::Timestamp::UNIX_EPOCH,
            variables: Default::default(),
            git: crate::matrix::GitFacts { branch: Some("main".into()), default_branch: Some("main".into()), ..Default::default() },
            event: Default::default(),
        };
        let fleet = expand(&manifest, &inputs, &mut faults).expect("a fleet");
        let recipes: Vec<Recipe> = fleet.variants.iter().map(|v| recipe(&fleet, v)).collect();
        let graph = Graph::connect(&fleet, &recipes, &mut faults);
        assert!(!faults.has_errors(), "{faults:?}");
        (fleet, graph)
    }

    fn recipe(fleet: &Fleet, variant: &Variant) -> Recipe {
        let reference = match variant.parent {
            Some(Parent::Variant(parent)) => fleet.variant(parent).public_name(),
            Some(Parent::Base(base)) => Some(fleet.base(base).reference.clone()),
            None => None,
        };
        let stand = |reference| Stand { kind: StandKind::From, reference, bytes: 0..0, line: 1, platform: None };
        Recipe {
            variant: variant.id,
            path: "D".into(),
            dockerfile: "".into(),
            source: SourceId(0),
            context: Default::default(),
            beside: Default::default(),
            stands: reference.into_iter().map(stand).collect(),
            standing: Some(0),
            map: Default::default(),
            generated: true,
        }
    }

    /// `action variant < what it waits for`, one a step.
    fn shown(plan: &Plan, fleet: &Fleet) -> Vec<String> {
        let name = |id: StepId| format!("{} {}", plan.step(id).action.word(), fleet.variant(plan.step(id).variant).image);
        let after = |step: &Step| {
            let mut names: Vec<String> = step.after.iter().map(|id| name(*id)).collect();
            names.dedup();
            if names.is_empty() { String::new() } else { format!(" < {}", names.join(", ")) }
        };
        plan.iter().map(|(id, step)| format!("{}{}", name(id), after(step))).collect()
    }

    fn planned(platforms: &str, push: bool, facts: &Facts) -> (Plan, Fleet) {
        let (fleet, graph) = line(platforms);
        let selected = fleet.variants.iter().map(|v| v.id).collect();
        (build(&fleet, &graph, facts, &Options { push, force: false, selected }), fleet)
    }

    #[track_caller]
    fn check(platforms: &str, push: bool, facts: &Facts, expect: &[&str]) {
        let (plan, fleet) = planned(platforms, push, facts);
        assert_eq!(shown(&plan, &fleet), expect);
        assert_eq!(json(&plan, &fleet)["steps"].as_array().map(Vec::len), Some(plan.steps.len()));
    }

    const ONE: &str = "\"linux/amd64\"";

    /// Nothing of an image leaves the engine before it and all it stands on are proven.
    #[test]
    fn staging_waits_for_checks_and_for_the_parents_staging() {
        let online = Facts { online: true, ..Facts::default() };
        check(
            ONE,
            true,
            &online,
            &[
                "build a",
                "check a < build a",
                "stage a < check a",
                "move a < stage a",
                "build b < build a",
                "stage b < build b, stage a",
                "move b < stage b, move a",
                "build c < build b",
                "check c < build c",
                "stage c < check c, stage b",
                "move c < stage c, move b",
            ],
        );
        let local =
            ["build a", "check a < build a", "name a < check a", "build b < build a", "name b < build b, name a", "build c < build b"];
        check(ONE, false, &online, &[&local[..], &["check c < build c", "name c < check c, name b"]].concat());
    }

    #[test]
    fn every_platform_is_checked() {
        let online = Facts { online: true, ..Facts::default() };
        let (plan, fleet) = planned("\"linux/amd64\" \"linux/arm64\"", true, &online);
        let shown = shown(&plan, &fleet);
        assert_eq!(shown.iter().filter(|s| s.starts_with("check a")).count(), 2, "{shown:?}");
        assert!(shown.contains(&"stage b < build b, index a".to_owned()), "{shown:?}");
    }

    /// A new check of a kept image fetches it, asks, and notes the answer; what was asked before is not asked again.
    #[test]
    fn only_new_checks_are_asked_of_kept_images() {
        let staged = [(VariantId(0), Digest::of("a")), (VariantId(1), Digest::of("b")), (VariantId(2), Digest::of("c"))];
        let mut facts = Facts { online: true, staged: staged.into(), ..Facts::default() };
        facts.green.extend([VariantId(0), VariantId(1), VariantId(2)]);
        check(
            ONE,
            true,
            &facts,
            &["keep a", "move a < keep a", "keep b < keep a", "move b < keep b, move a", "keep c < keep b", "move c < keep c, move b"],
        );
        facts.green.remove(&VariantId(0));
        check(
            ONE,
            true,
            &facts,
            &[
                "keep a",
                "fetch a < keep a",
                "check a < fetch a",
                "green a < keep a, check a",
                "move a < keep a, green a",
                "keep b < keep a, green a",
                "move b < keep b, move a",
                "keep c < keep b",
                "move c < keep c, move b",
            ],
        );
        facts.staged.remove(&VariantId(2));
        let (plan, fleet) = planned(ONE, true, &facts);
        assert!(shown(&plan, &fleet).contains(&"stage c < check c, keep b".to_owned()), "{:?}", shown(&plan, &fleet));
    }
}
