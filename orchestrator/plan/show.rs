//! A plan as text for people, and as JSON for programs.

mod json;

pub use json::json;

use crate::matrix::VariantName;
use crate::plan::{Action, Move, MoveState, Plan, Reason, Step};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The most lines of evidence that a reason shows.
const EVIDENCE: usize = 12;

/// The plan as text: what changes, with reasons and tags; the rest is counted, or shown with `all`.
pub fn text(plan: &Plan, all: bool) -> String {
    let mut out = summary(plan);
    for (variant, steps) in by_variant(plan).into_values() {
        if all || changes(&steps) {
            show_variant(&mut out, plan, variant, &steps);
        }
    }
    show_shares(&mut out, plan, all);
    remarks(&mut out, plan);
    if let Some(why) = moves_nothing(plan) {
        let _ = writeln!(out, "\nno tag will be moved: {why}");
    }
    out
}

/// Whether anything is built, checked or written.
fn changes(steps: &[&Step]) -> bool {
    steps.iter().any(|step| match &step.action {
        Action::Move { moves, deferred } => {
            let writes = |m: &Move| !matches!(m.state, MoveState::Current | MoveState::Kept);
            moves.iter().any(writes) || !deferred.is_empty()
        }
        Action::Keep { .. } => false,
        _ => true,
    })
}

fn show_variant(out: &mut String, plan: &Plan, variant: &VariantName, steps: &[&Step]) {
    let heads: Vec<&&Step> = steps
        .iter()
        .filter(|s| {
            matches!(
                s.action,
                Action::Build | Action::Keep { .. } | Action::Take { .. }
            )
        })
        .collect();
    for head in &heads {
        let on = match (&head.platform, heads.len() > 1) {
            (Some(platform), true) => format!(" on {platform}"),
            _ => String::new(),
        };
        let word = head.action.word();
        let reason = head.reason().words();
        let _ = writeln!(out, "\n{word:<6}{variant}{on}: {reason}");
        for more in head.reasons.iter().skip(1) {
            let _ = writeln!(out, "      also: {}", more.words());
        }
        head.reasons.iter().for_each(|reason| evidence(out, reason));
    }
    let waits = waits(plan, steps, variant);
    if !waits.is_empty() {
        let labels: Vec<String> = waits.iter().map(ToString::to_string).collect();
        let _ = writeln!(out, "      after {}", labels.join(", "));
    }
    for step in steps {
        show_effects(out, step, plan);
    }
}

/// What changed in a recipe, as far as it fits.
fn evidence(out: &mut String, reason: &Reason) {
    let Reason::RecipeChanged {
        change: Some(change),
    } = reason
    else {
        return;
    };
    let all = change.lines.iter().chain(&change.files).chain(&change.args);
    let all: Vec<&String> = all.collect();
    for line in all.iter().take(EVIDENCE) {
        let _ = writeln!(out, "      | {line}");
    }
    if all.len() > EVIDENCE {
        let _ = writeln!(out, "      | and {} more", all.len() - EVIDENCE);
    }
}

fn show_shares(out: &mut String, plan: &Plan, all: bool) {
    for step in &plan.steps {
        let Action::Share { owners, moves } = &step.action else {
            continue;
        };
        if !all && moves.iter().all(|m| m.state == MoveState::Current) {
            continue;
        }
        let names: Vec<String> = owners.iter().map(|one| one.variant.to_string()).collect();
        let _ = writeln!(
            out,
            "\nshare {} under one index: {}",
            count(owners.len(), "image"),
            names.join(", ")
        );
        moves.iter().for_each(|m| {
            let _ = writeln!(out, "      {}", show_move(m));
        });
    }
}

/// What the plan leaves as it is.
fn remarks(out: &mut String, plan: &Plan) {
    for line in remark_lines(plan) {
        let _ = writeln!(out, "\n{line}");
    }
}

/// One line for each thing that a plan leaves as it is, without a full stop.
pub fn remark_lines(plan: &Plan) -> Vec<String> {
    let remarks = &plan.remarks;
    let mut lines = Vec::new();
    for (base, unknown) in &plan.unknown {
        lines.push(format!(
            "{} was not looked up: {}",
            base.familiar(),
            unknown.why
        ));
    }
    let older = remarks.older_bases.len();
    if older > 0 {
        let verb = if older == 1 { "is" } else { "are" };
        let on = if older == 1 {
            "an older base"
        } else {
            "older bases"
        };
        lines.push(format!(
            "{} {verb} based on {on}; kiln nightly rebuilds {}",
            count(older, "image"),
            if older == 1 { "it" } else { "them" }
        ));
    }
    for (parent, children) in &remarks.left_behind {
        let verb = if *children == 1 { "is" } else { "are" };
        let was = if *children == 1 { "was" } else { "were" };
        lines.push(format!(
            "{} {verb} based on {parent} and {was} not selected; kiln build rebuilds {}",
            count(*children, "image"),
            if *children == 1 { "it" } else { "them" }
        ));
    }
    if !remarks.stray_fixed.is_empty() {
        lines.push(format!(
            "{} on images without a record {}; delete a tag, and the next run writes it",
            count(remarks.stray_fixed.len(), "fixed tag"),
            if remarks.stray_fixed.len() == 1 {
                "stays where it is"
            } else {
                "stay where they are"
            }
        ));
    }
    if !remarks.orphaned.is_empty() {
        let tags: Vec<String> = remarks.orphaned.iter().map(|r| r.familiar()).collect();
        lines.push(format!(
            "orphaned, since no variant has {} any more: {}",
            if tags.len() == 1 { "it" } else { "them" },
            tags.join(", ")
        ));
    }
    lines
}

/// Why a run that publishes moves no tag: the tags that would move are held, or there is none. One sentence without a
/// full stop.
pub fn moves_nothing(plan: &Plan) -> Option<String> {
    if !plan.push || plan.steps.is_empty() {
        return None;
    }
    let (mut held, mut others) = (Vec::new(), 0);
    for m in plan.moves() {
        match &m.state {
            MoveState::Write => return None,
            MoveState::Held(why) => held.push(why.words()),
            MoveState::Current | MoveState::Kept => others += 1,
        }
    }
    let deferred: Vec<&str> = deferred(plan).collect::<Option<_>>()?;
    held.extend(deferred.into_iter().map(str::to_owned));
    let Some(first) = held.first() else {
        return (others == 0).then(|| "no tag rule gives a tag in this run".into());
    };
    let all = match (held.len(), others) {
        (1, 0) => "the only tag is held".into(),
        (n, 0) => format!("all {n} tags are held"),
        (1, _) => "1 tag is held, and the others are up to date".into(),
        (n, _) => format!("{n} tags are held, and the others are up to date"),
    };
    Some(match held.iter().filter(|why| *why != first).count() {
        0 => format!("{all}: {first}"),
        n => format!("{all}: {first} ({n} of them for other reasons)"),
    })
}

/// For each tag that is read from an image, why it is held; `None` if it is not. A plan has no step for tags that it need
/// not read.
fn deferred(plan: &Plan) -> impl Iterator<Item = Option<&str>> {
    let moving = plan
        .steps
        .iter()
        .filter(|s| matches!(s.action, Action::Move { .. }));
    let all = moving.flat_map(|s| &plan.variant(&s.variant).deferred_held);
    all.map(Option::as_deref)
}

fn summary(plan: &Plan) -> String {
    let variants = by_variant(plan).len();
    let heads = |is: fn(&Action) -> bool| plan.steps.iter().filter(|s| is(&s.action)).count();
    let kept = heads(|action| matches!(action, Action::Keep { .. }));
    let taken = heads(|action| matches!(action, Action::Take { .. }));
    let staged = match taken {
        0 => String::new(),
        taken => format!("{taken} staged already, "),
    };
    let builds = match (plan.builds(), plan.conditional_builds()) {
        (builds, 0) => format!("{builds} to build"),
        (builds, _) => format!("up to {builds} to build"),
    };
    let ending = if plan.push {
        format!("{} to write", count(plan.writes(), "tag"))
    } else {
        "named on the engine only".into()
    };
    let unrecorded = match plan.remarks.unrecorded {
        0 => String::new(),
        1 => "1 image has no record\n".into(),
        several => format!("{several} images have no record\n"),
    };
    format!(
        "{unrecorded}fleet {}: {}, {builds}, {staged}{kept} up to date, {ending}\n",
        plan.fleet,
        count(variants, "variant"),
    )
}

/// `1 tag`, `2 tags`
fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

fn by_variant(plan: &Plan) -> BTreeMap<usize, (&VariantName, Vec<&Step>)> {
    let mut first = BTreeMap::new();
    let mut groups: BTreeMap<usize, (&VariantName, Vec<&Step>)> = BTreeMap::new();
    for (at, step) in plan
        .steps
        .iter()
        .enumerate()
        .filter(|(_, step)| !matches!(step.action, Action::Share { .. }))
    {
        let group = *first.entry(&step.variant).or_insert(at);
        groups
            .entry(group)
            .or_insert_with(|| (&step.variant, Vec::new()))
            .1
            .push(step);
    }
    groups
}

fn waits<'a>(plan: &'a Plan, steps: &[&Step], own: &VariantName) -> Vec<&'a VariantName> {
    let mut all: Vec<usize> = steps
        .iter()
        .flat_map(|s| &s.after)
        .map(|id| &plan.step(*id).variant)
        .filter(|v| *v != own)
        .filter_map(|v| plan.variants.get_index_of(v))
        .collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter()
        .filter_map(|at| Some(plan.variants.get_index(at)?.0))
        .collect()
}

fn show_effects(out: &mut String, step: &Step, plan: &Plan) {
    match &step.action {
        Action::Name { references } => references.iter().for_each(|r| {
            let _ = writeln!(out, "      name  {}", r.familiar());
        }),
        Action::Move { moves, deferred } => {
            for one in deferred {
                let held = one.held.as_ref().map(|why| format!(": {why}"));
                let _ = writeln!(
                    out,
                    "      {} {}:{}{}",
                    if held.is_some() { "held " } else { "write" },
                    one.repository.familiar(),
                    one.tag.written(),
                    held.unwrap_or_default()
                );
            }
            moves.iter().for_each(|m| {
                let _ = writeln!(out, "      {}", show_move(m));
            });
        }
        Action::Check => {
            // The checks of the platforms differ only where they depend on the architecture: one line is enough.
            let variant = plan.variant(&step.variant);
            let mut platforms = variant.platforms.iter();
            let first = platforms
                .find(|platform| variant.checks.iter().any(|check| check.is_for(platform)));
            if first == step.platform.as_ref() {
                let each = match variant.platforms.len() {
                    1 => "",
                    _ => ", on each platform",
                };
                let checks = count(checks_of(step, plan).count(), "check");
                let _ = writeln!(out, "      check {checks}{each}");
            }
        }
        _ => {}
    }
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

fn show_move(m: &Move) -> String {
    let name = m.reference.familiar();
    match (&m.state, &m.was) {
        (MoveState::Write, Some(was)) => format!("move  {name} (is {})", was.short()),
        (MoveState::Write, None) => format!("write {name}"),
        (MoveState::Current, _) => format!("same  {name}"),
        (MoveState::Kept, _) => format!("kept  {name} (written once)"),
        (MoveState::Held(why), _) => format!("held  {name}: {}", why.words()),
    }
}
