//! The lines of one variant, and those of the tags that several variants share.

use super::{checks_of, evidence, shares_change};
use crate::manifest::Proof;
use crate::matrix::VariantName;
use crate::plan::reason::NAMED;
use crate::plan::{Action, DeferredMove, Held, Move, MoveState, Plan, Reason, Step};
use crate::request::HookPhase;
use crate::text::count;
use indexmap::IndexMap;
use std::fmt::Write as _;

/// The most lines of evidence that a reason shows.
const EVIDENCE: usize = 12;

/// What happens to a variant, why, what it waits for, and its tags. With `all`, all evidence is shown.
/// What is known to fail has no effects.
pub(super) fn show(
    out: &mut String,
    plan: &Plan,
    name: &VariantName,
    steps: &[&Step],
    fails: Option<&str>,
    all: bool,
) {
    let platforms = plan.variant(name).platforms.len();
    for ((word, reasons), on) in heads(steps) {
        let on = places(&on, platforms > 1);
        for (place, reason) in reasons.iter().enumerate() {
            let _ = match place {
                0 => writeln!(out, "\n{word:<6}{name}{on}: {}", reason.words()),
                _ => writeln!(out, "      also: {}", reason.words()),
            };
            show_evidence(out, reason, all);
        }
    }
    let waits = waits(plan, steps, name);
    if !waits.is_empty() {
        let _ = writeln!(out, "      after {}", waits.join(", "));
    }
    if let Some(why) = fails {
        let _ = writeln!(out, "      fails since {why}; its tags stay");
        return;
    }
    for step in steps {
        show_effects(out, step, plan);
    }
}

/// ` on linux/amd64, linux/arm64`, with the digests of images that are taken.
fn places(on: &[&Step], several: bool) -> String {
    let taken = |step: &Step| match &step.action {
        Action::Take { digest, .. } => format!(" ({})", digest.short()),
        _ => String::new(),
    };
    let place = |step: &Step| Some(format!("{}{}", step.platform.as_ref()?, taken(step)));
    let places: Vec<String> = on.iter().filter_map(|step| place(step)).collect();
    match (several && !places.is_empty(), on) {
        (true, _) => format!(" on {}", places.join(", ")),
        (false, [only]) => taken(only),
        (false, _) => String::new(),
    }
}

/// What happens to the images of a variant: platforms with the same reasons are one entry.
fn heads<'a>(steps: &[&'a Step]) -> IndexMap<(&'static str, &'a [Reason]), Vec<&'a Step>> {
    let mut heads: IndexMap<_, Vec<&Step>> = IndexMap::new();
    for step in steps.iter().filter(|step| step.settles_image()) {
        let head = (step.action.word(), &*step.reasons);
        heads.entry(head).or_default().push(*step);
    }
    heads
}

fn show_evidence(out: &mut String, reason: &Reason, all: bool) {
    let is_in_sentence = match reason {
        Reason::RecipeChanged { .. } => false,
        // The sentence names the first ones.
        Reason::PackagesUpgradable { upgrades, .. } => upgrades.len() <= NAMED,
        // The sentence has the digests.
        _ => true,
    };
    if is_in_sentence {
        return;
    }
    write_evidence(out, reason, all);
}

/// What a reason rests on, below its sentence: the first lines, or all.
pub fn write_evidence(out: &mut String, reason: &Reason, all: bool) {
    let lines = evidence(reason);
    let shown = if all { lines.len() } else { EVIDENCE };
    for line in lines.iter().take(shown) {
        let _ = writeln!(out, "      | {line}");
    }
    if lines.len() > shown {
        let more = lines.len() - shown;
        let _ = writeln!(out, "      | and {more} more; --all shows them");
    }
}

/// The tags that several variants share.
pub(super) fn show_shares(out: &mut String, plan: &Plan, all: bool) {
    for step in &plan.steps {
        let Action::Share { owners, moves } = &step.action else {
            continue;
        };
        if !all && !shares_change(step) {
            continue;
        }
        let names: Vec<String> = owners.iter().map(|one| one.variant.to_string()).collect();
        let owners = count(owners.len(), "image");
        let names = names.join(", ");
        let _ = writeln!(out, "\nshare {owners} under one index: {names}");
        show_hooks(out, step, plan, HookPhase::BeforeMove);
        show_moves(out, moves);
        show_hooks(out, step, plan, HookPhase::AfterMove);
    }
}

/// The variants that it waits for, in the order of the fleet.
fn waits(plan: &Plan, steps: &[&Step], own: &VariantName) -> Vec<String> {
    let all = steps.iter().flat_map(|s| &s.after);
    let mut all: Vec<usize> = all
        .map(|id| &plan.step(*id).variant)
        .filter(|v| *v != own)
        .filter_map(|v| plan.variants.get_index_of(v))
        .collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter()
        .filter_map(|at| Some(plan.variants.get_index(at)?.0.to_string()))
        .collect()
}

fn show_effects(out: &mut String, step: &Step, plan: &Plan) {
    match &step.action {
        Action::Name { references } => references.iter().for_each(|r| {
            let _ = writeln!(out, "      name  {}", r.familiar());
        }),
        Action::Move { moves, deferred } => {
            show_hooks(out, step, plan, HookPhase::BeforeMove);
            deferred.iter().for_each(|one| show_deferred(out, one));
            show_moves(out, moves);
            show_hooks(out, step, plan, HookPhase::AfterMove);
        }
        Action::Check => show_checks(out, step, plan),
        Action::Attest => {
            let proofs = Proof::titles(&plan.attest).join(", ");
            let _ = writeln!(out, "      add   {proofs}");
        }
        _ => {}
    }
}

fn show_deferred(out: &mut String, one: &DeferredMove) {
    let tag = format!("{}:{}", one.repository.familiar(), one.tag.written());
    let _ = match &one.held {
        Some(why) => {
            let why = Held::Rule(why.clone());
            writeln!(out, "      held  {tag} ({})", why.short())
        }
        None => writeln!(out, "      write {tag}"),
    };
}

/// The checks of the platforms differ only where they depend on the architecture: one line is enough.
fn show_checks(out: &mut String, step: &Step, plan: &Plan) {
    let variant = plan.variant(&step.variant);
    let mut platforms = variant.platforms.iter();
    let first =
        platforms.find(|platform| variant.checks.iter().any(|check| check.is_for(platform)));
    if first != step.platform.as_ref() {
        return;
    }
    let each = match variant.platforms.len() {
        1 => "",
        _ => ", on each platform",
    };
    let checks = count(checks_of(step, plan).count(), "check");
    let _ = writeln!(out, "      run   {checks}{each}");
}

/// The hooks of a step that writes tags.
fn show_hooks(out: &mut String, step: &Step, plan: &Plan, phase: HookPhase) {
    let hooks = plan.hooks_of(step).into_iter();
    for hook in hooks.filter(|hook| hook.phase == phase) {
        let _ = writeln!(out, "      run   {}: {}", phase.word(), hook.title);
    }
}

fn show_moves(out: &mut String, moves: &[Move]) {
    for m in moves {
        let _ = writeln!(out, "      {}", show_move(m));
    }
}

fn show_move(m: &Move) -> String {
    let name = m.reference.familiar();
    match (&m.state, &m.was) {
        (MoveState::Write, Some(was)) => format!("move  {name} (is {})", was.short()),
        (MoveState::Write, None) => format!("write {name}"),
        (MoveState::Current | MoveState::Renew, _) => format!("same  {name}"),
        (MoveState::Kept, _) => format!("kept  {name} (written once)"),
        // The last lines tell the whole reason, once for all tags that it holds.
        (MoveState::Held(why), _) => format!("held  {name} ({})", why.short()),
    }
}
