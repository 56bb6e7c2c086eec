//! A plan as text for people and as JSON for programs.

use crate::matrix::VariantName;
use crate::plan::{Action, DeferredMove, Move, MoveState, Owner, Plan, Reason, Step};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The plan as text: one paragraph per variant, with what it waits for and which tags it writes.
pub fn text(plan: &Plan) -> String {
    let mut out = summary(plan);
    for (variant, steps) in by_variant(plan).into_values() {
        let label = variant;
        let head = steps
            .iter()
            .find(|s| matches!(s.action, Action::Build | Action::Keep { .. }));
        let Some(head) = head else { continue };
        let platforms: Vec<String> = steps
            .iter()
            .filter(|s| s.action == Action::Build)
            .filter_map(|s| s.platform.as_ref())
            .map(ToString::to_string)
            .collect();
        let on = if platforms.len() > 1 {
            format!(" on {}", platforms.join(", "))
        } else {
            String::new()
        };
        let _ = writeln!(
            out,
            "\n{:<6}{label}{on}: {}",
            head.action.word(),
            head.reason.words()
        );
        let waits = waits(plan, &steps, variant);
        if !waits.is_empty() {
            let labels: Vec<String> = waits.iter().map(ToString::to_string).collect();
            let _ = writeln!(out, "      after {}", labels.join(", "));
        }
        for step in &steps {
            show_effects(&mut out, step, plan);
        }
    }
    for step in &plan.steps {
        if let Action::Share { owners, moves } = &step.action {
            let names: Vec<String> = owners
                .iter()
                .map(|owner| owner.variant.to_string())
                .collect();
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
    if let Some(why) = moves_nothing(plan) {
        let _ = writeln!(out, "\nno tag will be moved: {why}");
    }
    out
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
            MoveState::Held(why) => held.push(why.as_str()),
            MoveState::Current | MoveState::Kept => others += 1,
        }
    }
    held.extend(deferred(plan).collect::<Option<Vec<_>>>()?);
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
    let kept = plan
        .steps
        .iter()
        .filter(|s| matches!(s.action, Action::Keep { .. }))
        .count();
    let ending = if plan.push {
        format!("{} to write", count(plan.writes(), "tag"))
    } else {
        "named on the engine only".into()
    };
    format!(
        "fleet {}: {}, {} to build, {kept} up to date, {ending}\n",
        plan.fleet,
        count(variants, "variant"),
        plan.builds()
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
        Action::Fetch { .. } => {
            let _ = writeln!(out, "      fetch: {}", step.reason.words());
        }
        Action::Name { references } => references.iter().for_each(|r| {
            let _ = writeln!(out, "      name  {}", r.familiar());
        }),
        Action::Move {
            moves, deferred, ..
        } => {
            for one in deferred {
                let held = one
                    .held
                    .as_ref()
                    .map(|why| format!(": {why}"))
                    .unwrap_or_default();
                let word = if one.held.is_some() { "held " } else { "write" };
                let _ = writeln!(
                    out,
                    "      {word} {}:{}{held}",
                    one.repository.familiar(),
                    one.tag.written()
                );
            }
            moves.iter().for_each(|m| {
                let _ = writeln!(out, "      {}", show_move(m));
            });
        }
        Action::Check => {
            // The checks of the platforms differ only where they depend on the architecture: one line is enough.
            let variant = plan.variant(&step.variant);
            let first = variant
                .platforms
                .iter()
                .find(|platform| variant.checks.iter().any(|check| check.is_for(platform)));
            if first == step.platform.as_ref() {
                let each = if variant.platforms.len() > 1 {
                    ", on each platform"
                } else {
                    ""
                };
                let _ = writeln!(
                    out,
                    "      check {}{each}",
                    count(checks_of(step, plan).count(), "check")
                );
            }
        }
        Action::Build
        | Action::Use { .. }
        | Action::Probe
        | Action::Stage
        | Action::Index
        | Action::Keep { .. }
        | Action::MarkChecked { .. }
        | Action::Share { .. } => {}
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
        (MoveState::Held(why), _) => format!("held  {name}: {why}"),
    }
}

impl Reason {
    /// One sentence without a full stop.
    pub fn words(&self) -> String {
        match self {
            Reason::Asked => "built here; its previous image serves as cache".into(),
            Reason::New => "nothing is published under its names".into(),
            Reason::RecipeChanged => "the published image was made from another recipe".into(),
            Reason::ParentBuilt(parent) => {
                format!("its parent {parent} is built")
            }
            Reason::Offline => "the registry was not asked".into(),
            Reason::UpToDate => "its recipe is built, staged and published".into(),
            Reason::Unpublished => {
                "its recipe is staged, but not all of its tags point to it".into()
            }
            Reason::ChecksChanged => "its recipe is built and staged; its checks are new".into(),
            Reason::StoodOn(child) => format!("{child} is based on it"),
            Reason::Follows => "follows from the step before".into(),
        }
    }

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Reason::Asked => "asked",
            Reason::New => "new",
            Reason::RecipeChanged => "recipe-changed",
            Reason::ParentBuilt(_) => "parent-built",
            Reason::Offline => "offline",
            Reason::UpToDate => "up-to-date",
            Reason::Unpublished => "unpublished",
            Reason::ChecksChanged => "checks-changed",
            Reason::StoodOn(_) => "stood-on",
            Reason::Follows => "follows",
        }
    }
}

/// The plan for programs; `docs/plan.md` describes the fields.
pub fn json(plan: &Plan) -> Value {
    let steps: Vec<Value> = plan
        .iter()
        .map(|(id, step)| step_json(id.0, step, plan))
        .collect();
    json!({ "format": 1, "fleet": plan.fleet, "push": plan.push, "builds": plan.builds(), "writes": plan.writes(), "steps": steps })
}

fn step_json(id: u32, step: &Step, plan: &Plan) -> Value {
    let mut value = json!({
        "step": id,
        "variant": step.variant,
        "platform": step.platform,
        "action": step.action.word(),
        "reason": { "code": step.reason.code(), "text": step.reason.words() },
        "after": step.after,
    });
    let extra = match &step.action {
        Action::Fetch { digest } | Action::Keep { digest } | Action::MarkChecked { digest } => {
            Some(("digest", json!(digest)))
        }
        Action::Name { references } => Some(("names", json!(references))),
        Action::Move { moves, .. } | Action::Share { moves, .. } => {
            Some(("moves", moves.iter().map(move_json).collect()))
        }
        Action::Check => Some(("checks", checks_of(step, plan).collect())),
        Action::Use { image, .. } => Some(("image", json!(image))),
        Action::Build | Action::Probe | Action::Stage | Action::Index => None,
    };
    let more: Option<(&str, Value)> = match &step.action {
        Action::Share { owners, .. } => Some(("owners", owners.iter().map(owner_json).collect())),
        Action::Move { deferred, .. } if !deferred.is_empty() => {
            Some(("late", deferred.iter().map(deferred_json).collect()))
        }
        _ => None,
    };
    if let Some(object) = value.as_object_mut() {
        object.extend(extra.map(|(key, extra)| (key.to_owned(), extra)));
        object.extend(more.map(|(key, more)| (key.to_owned(), more)));
    }
    value
}

fn deferred_json(deferred: &DeferredMove) -> Value {
    json!({ "repository": deferred.repository.to_string(), "tag": deferred.tag.written(), "held": deferred.held })
}

fn owner_json(owner: &Owner) -> Value {
    json!({ "variant": owner.variant, "kept": owner.kept })
}

fn move_json(m: &Move) -> Value {
    let kind = match m.kind {
        crate::matrix::TagKind::Fixed => "fixed",
        crate::matrix::TagKind::Moving => "moving",
    };
    let (state, why) = match &m.state {
        MoveState::Write => ("write", None),
        MoveState::Current => ("current", None),
        MoveState::Kept => ("kept", None),
        MoveState::Held(why) => ("held", Some(why)),
    };
    let mut value = json!({ "reference": m.reference, "kind": kind, "was": m.was, "state": state });
    if let (Some(why), Some(object)) = (why, value.as_object_mut()) {
        object.insert("why".into(), json!(why));
    }
    value
}
