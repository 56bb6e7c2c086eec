//! A plan as JSON for programs.

use super::failing::Failing;
use super::{checks_of, evidence, remark_lines};
use crate::matrix::{Hook, TagKind};
use crate::plan::{
    Action, DeferredMove, HeldTag, Lock, Locked, Move, MoveState, Owner, Plan, Reason, Step,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The plan for programs; `docs/plan.md` describes the fields.
pub fn json(plan: &Plan) -> Value {
    let steps: Vec<Value> = plan
        .iter()
        .map(|(id, step)| step_json(id.0, step, plan))
        .collect();
    let tally = plan.tally();
    let bases = named(&plan.bases, |lock| json!(lock.digest));
    let locked = plan
        .bases
        .iter()
        .filter(|(_, lock)| !lock.locked.is_empty());
    let locked = locked.map(|(base, lock)| (base.to_string(), locked_json(lock)));
    let replaced = named(&plan.remarks.replaced, |was| json!(was));
    let older = named(&plan.remarks.older_bases, |moved| {
        moved.iter().map(reason_json).collect()
    });
    json!({
        "format": 2,
        "fleet": plan.fleet,
        "push": plan.push,
        "offline": plan.is_offline(),
        "builds": plan.builds(),
        "conditional": plan.conditional_builds(),
        "failing": Failing::of(plan).builds(),
        "skipped": plan.skips().count(),
        "writes": tally.written,
        "remarks": remark_lines(plan),
        "held": tally.held.iter().map(held_json).collect::<Vec<_>>(),
        "moves_nothing": tally.moves_nothing().filter(|_| plan.push && !plan.steps.is_empty()),
        "bases": bases,
        "locked_bases": locked.collect::<Map<_, _>>(),
        "unknown_bases": unknown_bases_json(plan),
        "older_bases": older,
        "unasked": plan.remarks.unasked,
        "unpackaged": plan.remarks.unpackaged,
        "differing": plan.remarks.differing.iter().map(|(tag, image)| json!({ "reference": tag, "digest": image })).collect::<Vec<_>>(),
        "orphaned": plan.remarks.orphaned,
        "replaced": replaced,
        "steps": steps,
    })
}

/// What could not be looked up, by name, and why.
pub fn unknown_bases_json(plan: &Plan) -> Value {
    Value::Object(named(&plan.unknown, |unknown| json!(unknown.why)))
}

/// The digests that `kiln.lock` has for a base, by platform.
fn locked_json(lock: &Lock) -> Value {
    let platform = |one: &Locked| {
        let platform = one.platform.as_ref();
        platform.map_or_else(|| String::from("any"), ToString::to_string)
    };
    let all = lock.locked.iter();
    let all: Map<String, Value> = all.map(|one| (platform(one), json!(one.digest))).collect();
    all.into()
}

/// A tag that is held, and why.
pub(crate) fn held_json(held: &HeldTag) -> Value {
    let reference = format!("{}:{}", held.repository, held.tag);
    json!({ "reference": reference, "code": held.why.code(), "text": held.why.words() })
}

/// An object with a field for each entry.
fn named<K: ToString, V>(all: &BTreeMap<K, V>, value: impl Fn(&V) -> Value) -> Map<String, Value> {
    let entries = all.iter();
    entries
        .map(|(key, own)| (key.to_string(), value(own)))
        .collect()
}

fn step_json(id: u32, step: &Step, plan: &Plan) -> Value {
    let mut value = json!({
        "step": id,
        "variant": step.variant,
        "platform": step.platform,
        "action": step.action.word(),
        "reasons": step.reasons.iter().map(reason_json).collect::<Vec<_>>(),
        "after": step.after,
    });
    let extra = match &step.action {
        Action::Skip { digest } => Some(("digest", json!(digest))),
        Action::Keep { digest } | Action::Take { digest, .. } => Some(("digest", json!(digest))),
        Action::Name { references } => Some(("names", json!(references))),
        Action::Move { moves, .. } | Action::Share { moves, .. } => {
            Some(("moves", moves.iter().map(move_json).collect()))
        }
        Action::Check => Some(("checks", checks_of(step, plan).collect())),
        Action::Use { image, .. } => Some(("image", json!(image))),
        Action::Attest => Some(("proofs", json!(plan.attest))),
        Action::Build
        | Action::Find
        | Action::Probe
        | Action::Stage
        | Action::Index
        | Action::MarkChecked => None,
    };
    let more: Option<(&str, Value)> = match &step.action {
        Action::Share { owners, .. } => Some(("owners", owners.iter().map(owner_json).collect())),
        Action::Move { deferred, .. } if !deferred.is_empty() => {
            Some(("late", deferred.iter().map(deferred_json).collect()))
        }
        _ => None,
    };
    let hooks = plan.hooks_of(step);
    let hooks = (!hooks.is_empty()).then(|| hooks.into_iter().map(hook_json).collect());
    if let Some(object) = value.as_object_mut() {
        object.extend(hooks.map(|hooks| (String::from("hooks"), hooks)));
        object.extend(extra.map(|(key, extra)| (key.to_owned(), extra)));
        object.extend(more.map(|(key, more)| (key.to_owned(), more)));
    }
    value
}

/// The reason with its evidence: the fields of its kind, and the same as lines.
pub fn reason_json(reason: &Reason) -> Value {
    let mut value = json!({ "code": reason.code(), "text": reason.words() });
    // The fields of the reason, which its own serialization nests under its name.
    let fields = match serde_json::to_value(reason) {
        Ok(Value::Object(named)) => named.into_iter().next().map(|(_, fields)| fields),
        _ => None,
    };
    if let (Some(Value::Object(fields)), Some(object)) = (fields, value.as_object_mut()) {
        object.insert("evidence".into(), Value::Object(fields));
        object.insert("lines".into(), json!(evidence(reason)));
    }
    value
}

/// A hook; its command as it is written.
fn hook_json(hook: &Hook) -> Value {
    json!({
        "phase": hook.phase, "title": hook.title, "run": hook.written(), "timeout_s": hook.within.as_secs_f64(), "place": hook.place,
    })
}

fn deferred_json(deferred: &DeferredMove) -> Value {
    json!({ "repository": deferred.repository.to_string(), "tag": deferred.tag.written(), "held": deferred.held })
}

fn owner_json(owner: &Owner) -> Value {
    json!({ "variant": owner.variant })
}

fn move_json(m: &Move) -> Value {
    let kind = match m.kind {
        TagKind::Fixed => "fixed",
        TagKind::Moving => "moving",
    };
    let (state, why) = match &m.state {
        MoveState::Write => ("write", None),
        MoveState::Current | MoveState::Renew => ("current", None),
        MoveState::Kept => ("kept", None),
        MoveState::Held(why) => (
            "held",
            Some(json!({ "code": why.code(), "text": why.words() })),
        ),
    };
    let mut value = json!({ "reference": m.reference, "kind": kind, "was": m.was, "state": state });
    if let (Some(why), Some(object)) = (why, value.as_object_mut()) {
        object.insert("why".into(), why);
    }
    value
}
