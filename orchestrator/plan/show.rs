//! A plan as text for people, as JSON for programs, and as a comment on a pull request.

mod evidence;
mod failing;
mod json;
mod markdown;
mod remarks;
mod variant;

pub use evidence::evidence;
pub(crate) use json::held_json;
pub use json::{json, reason_json, unknown_bases_json};
pub use markdown::markdown;
pub use remarks::{closing_remarks, remark_lines, unknown_lines, unpackaged_line};
pub use variant::write_evidence;

use crate::matrix::VariantName;
use crate::plan::{Action, MoveState, Plan, Reason, Step, held_lines};
use crate::text::{count, folded};
use failing::Failing;
use indexmap::IndexMap;
use std::fmt::Write as _;

/// The plan as text: what changes, with reasons and tags; the rest is counted, or shown with `all`.
pub fn text(plan: &Plan, all: bool) -> String {
    let mut out = String::new();
    let first = remarks::refused(plan).map(str::to_owned);
    for line in first.into_iter().chain(remarks::unrecorded(plan)) {
        let _ = writeln!(out, "{line}");
    }
    let groups = by_variant(plan);
    let _ = writeln!(out, "{}", headline(plan, &groups));
    // Counts every tag: once, not for each variant.
    let works = plan.has_work();
    let failing = Failing::of(plan);
    for (name, steps) in &groups {
        if all || (works && changes(steps)) || is_skipped(steps) {
            let fails = failing.why(name);
            variant::show(&mut out, plan, name, steps, fails.as_deref(), all);
        }
    }
    drop(groups);
    variant::show_shares(&mut out, plan, all);
    for line in closing_lines(plan, folded) {
        let _ = writeln!(out, "\n{line}");
    }
    out
}

/// What is left as it is, what is held, and why no tag moves if none does. `held` lays out a sentence about held tags.
fn closing_lines(plan: &Plan, held: impl Fn(&str) -> String) -> Vec<String> {
    let tally = plan.tally();
    let mut lines = remarks::others(plan);
    let sentences = held_lines(&tally.held);
    // A fleet that is up to date moves no tag because there is nothing to do.
    let expected = plan.has_work() || tally.current == 0;
    let unmoved = tally.moves_nothing();
    let unmoved = unmoved.filter(|_| expected && plan.push && !plan.steps.is_empty());
    // If one rule holds everything that would move, the last line says it, and the tags are named above.
    let once = unmoved.is_some() && sentences.len() == 1 && plan.has_work();
    lines.extend(sentences.iter().filter(|_| !once).map(|line| held(line)));
    lines.extend(unmoved.map(|why| format!("no tag will be moved: {why}")));
    lines
}

/// `fleet w: 4 variants, up to 3 builds, 1 up to date, 3 tags to write`
fn headline(plan: &Plan, groups: &Groups<'_>) -> String {
    format!("fleet {}: {}", plan.fleet, counts(plan, groups))
}

/// The counts of a plan; one clear statement if nothing changes.
fn counts(plan: &Plan, groups: &Groups<'_>) -> String {
    let variants = count(groups.len(), "variant");
    let with = |is| groups.values().filter(|steps| unbuilt(steps, is)).count();
    let kept = with(|action| matches!(action, Action::Keep { .. }));
    let taken = with(|action| matches!(action, Action::Take { .. }));
    let staged = (taken > 0).then(|| format!("{taken} staged already"));
    let current = (kept > 0).then(|| format!("{kept} up to date"));
    let skipped = skipped(plan);
    if !plan.has_work() {
        return match (&staged, &skipped) {
            (None, None) if kept > 0 => format!("nothing to do: {variants} up to date"),
            (None, None) => "nothing to do".into(),
            _ => {
                let parts: Vec<String> = [staged, current, skipped].into_iter().flatten().collect();
                format!("nothing to do: {}", parts.join(", "))
            }
        };
    }
    let failing = Failing::of(plan);
    let parts = [
        Some(variants),
        Some(builds(plan)),
        staged,
        current,
        skipped,
        without_build(groups, |action| *action == Action::Check, "check"),
        without_build(groups, |action| *action == Action::Attest, "attest"),
        Some(writes(plan, &failing)),
    ];
    let offline = match plan.is_offline() {
        true => "; the registry was not asked, so this is what a run into empty registries does",
        false => &failing.headline(),
    };
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ") + offline
}

fn builds(plan: &Plan) -> String {
    let up_to = match plan.conditional_builds() {
        0 => "",
        _ => "up to ",
    };
    format!("{up_to}{}", count(plan.builds(), "build"))
}

/// `2 failing, 1 blocked by them, 1 withdrawn`
fn skipped(plan: &Plan) -> Option<String> {
    let with = |is: fn(&Reason) -> bool| plan.skips().filter(|step| is(step.reason())).count();
    let withdrawn = with(|reason| matches!(reason, Reason::Withdrawn(_)));
    let withdrawn = (withdrawn > 0).then(|| format!("{withdrawn} withdrawn"));
    let below = with(|reason| matches!(reason, Reason::ParentWithdrawn { .. }));
    let below = (below > 0).then(|| format!("{below} based on what is withdrawn"));
    let (own, others): (Vec<&Step>, Vec<&Step>) = plan
        .skips()
        .filter(|step| !step.is_withdrawn())
        .partition(|step| matches!(step.reason(), Reason::Failing { .. }));
    let failing = (!own.is_empty()).then(|| format!("{} failing", own.len()));
    let them = if own.len() == 1 { "it" } else { "them" };
    let blocked = (!others.is_empty()).then(|| format!("{} blocked by {them}", others.len()));
    let parts: Vec<String> = failing
        .into_iter()
        .chain(blocked)
        .chain(withdrawn)
        .chain(below)
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Whether a variant has such a step, and none that builds it.
fn unbuilt(steps: &[&Step], is: fn(&Action) -> bool) -> bool {
    let mut actions = steps.iter().map(|step| &step.action);
    actions.clone().any(is) && actions.all(|action| *action != Action::Build)
}

/// The images that are not built and have such a step, with a word for it.
fn without_build(groups: &Groups<'_>, is: fn(&Action) -> bool, word: &str) -> Option<String> {
    match groups.values().filter(|steps| unbuilt(steps, is)).count() {
        0 => None,
        n => Some(format!("{} to {word}", count(n, "image"))),
    }
}

fn writes(plan: &Plan, failing: &Failing<'_>) -> String {
    let written = plan.tally().written.saturating_sub(failing.due());
    match plan.push {
        true => format!("{} to write", count(written, "tag")),
        false => "named on the engine only".into(),
    }
}

/// Whether anything is built, checked or written.
fn changes(steps: &[&Step]) -> bool {
    steps.iter().any(|step| match &step.action {
        Action::Move { .. } => step.due() > 0,
        Action::Keep { .. } => false,
        _ => true,
    })
}

/// Whether a variant is not tried because of a failure: a plan shows that even if it does nothing else.
fn is_skipped(steps: &[&Step]) -> bool {
    let mut steps = steps.iter();
    steps.any(|step| matches!(step.action, Action::Skip { .. }))
}

/// The steps of each variant, in the order of the plan.
type Groups<'a> = IndexMap<&'a VariantName, Vec<&'a Step>>;

/// The steps of each variant. Tags that several variants share are apart.
fn by_variant(plan: &Plan) -> Groups<'_> {
    let mut groups = Groups::new();
    let own = |step: &&Step| !matches!(step.action, Action::Share { .. });
    for step in plan.steps.iter().filter(own) {
        groups.entry(&step.variant).or_default().push(step);
    }
    groups
}

/// The titles of the checks of a step.
fn checks_of<'a>(step: &'a Step, plan: &'a Plan) -> impl Iterator<Item = &'a str> {
    let on = |check: &&crate::check::Check| {
        step.platform
            .as_ref()
            .is_none_or(|platform| check.is_for(platform))
    };
    plan.variant(&step.variant)
        .checks
        .iter()
        .filter(on)
        .map(|check| check.title.as_str())
}

/// Whether a shared index or its tags are written.
fn shares_change(step: &Step) -> bool {
    step.moves().iter().any(|m| m.state == MoveState::Write)
}

#[cfg(test)]
mod tests;
