//! One event per line, for programs; `docs/events.md` describes the fields.

use crate::name::Reference;
use crate::plan::Held;
use crate::plan::StepId;
use crate::report::{Labels, Reporter, Summary, words};
use crate::request::{FailedCheck, FailedHook, WorldError};
use crate::run::{
    CacheUse, CheckResult, Done, Event, EventKind, Failure, HookResult, Outcome, TagState,
};
use crate::text::harmless_json;
use serde_json::{Value, json};
use std::io::Write;

/// Writes one JSON object per event.
pub struct Json<W> {
    out: W,
    labels: Labels,
}

impl<W: Write + Send> Json<W> {
    /// A report to any writer.
    pub fn new(out: W, labels: Labels) -> Self {
        Self { out, labels }
    }

    fn step(&self, event: &'static str, step: StepId, rest: Value) -> Value {
        let mut value = json!({ "event": event, "step": step.0, "variant": self.labels.of(step), "action": self.labels.action(step) });
        if let (Value::Object(all), Value::Object(rest)) = (&mut value, rest) {
            all.extend(rest);
        }
        value
    }

    fn value(&self, kind: &EventKind) -> Value {
        match kind {
            EventKind::StepStarted { step, engine } => {
                let engine = engine.as_ref().map(|engine| json!({ "engine": engine }));
                self.step("started", *step, engine.unwrap_or_else(|| json!({})))
            }
            EventKind::Progress { step, text, cached } => {
                self.step("progress", *step, json!({ "text": text, "cached": cached }))
            }
            EventKind::Output { step, line } => self.step("output", *step, json!({ "line": line })),
            EventKind::Checked { step, result } => self.step("checked", *step, check_json(result)),
            EventKind::HookStarted { step, phase, title } => {
                let hook = json!({ "phase": phase, "title": title });
                self.step("hook-started", *step, hook)
            }
            EventKind::Hooked { step, result } => self.step("hook", *step, hook_json(result)),
            EventKind::Note { step, text } => self.step("note", *step, json!({ "text": text })),
            EventKind::StepDone { step, done } => self.step("done", *step, done_json(done)),
            EventKind::StepFailed { step, failure } => {
                self.step("failed", *step, failure_json(failure))
            }
            EventKind::Blocked { step, by } => self.step(
                "blocked",
                *step,
                json!({ "by": by.0, "by_variant": self.labels.of(*by) }),
            ),
            EventKind::EngineGone { engine, why, steps } => {
                let steps: Vec<u32> = steps.iter().map(|step| step.0).collect();
                json!({ "event": "engine-gone", "engine": engine, "why": why, "steps": steps })
            }
            EventKind::EngineBack { engine, .. } => {
                json!({ "event": "engine-back", "engine": engine })
            }
            EventKind::EngineRefused { engine, why } => {
                json!({ "event": "engine-refused", "engine": engine, "why": why })
            }
            EventKind::Stopping => json!({ "event": "stopping" }),
        }
    }

    fn write(&mut self, value: &Value) {
        let _ = writeln!(self.out, "{}", harmless_json(&value.to_string()));
    }
}

fn finished(exit: u8, stopped: bool, ms: u64) -> Value {
    json!({ "event": "finished", "success": exit == 0, "exit": exit, "stopped": stopped, "ms": ms })
}

/// The last event of a command that ends before it runs anything.
pub fn ended_json(exit: u8, stopped: bool) -> Value {
    finished(exit, stopped, 0)
}

fn done_json(done: &Done) -> Value {
    let text = words::done(done);
    match done {
        Done::Built {
            image,
            cached,
            ran,
            cache,
        } => {
            let (from, why) = match cache {
                CacheUse::From(reference) => (Some(reference), None),
                CacheUse::None(why) => (None, Some(why)),
            };
            json!({ "image": image, "cached": cached, "ran": ran, "cache_from": from, "no_cache": why, "text": text })
        }
        Done::Staged { digest, adopted } => {
            json!({ "digest": digest, "adopted": adopted, "text": text })
        }
        Done::Checked { passed } => json!({ "passed": passed, "text": text }),
        Done::Indexed { digest }
        | Done::Kept { digest }
        | Done::Same { digest }
        | Done::Taken { digest } => json!({ "digest": digest, "text": text }),
        Done::Skipped { digest, why } => json!({ "digest": digest, "why": why, "text": text }),
        Done::Shared {
            digest,
            written,
            held,
            ..
        } => {
            json!({ "digest": digest, "written": written, "held": held_json(held), "text": text })
        }
        Done::Moved {
            digest,
            written,
            held,
            ..
        } => {
            json!({ "digest": digest, "written": written, "held": held_json(held), "text": text })
        }
        Done::Attested { proofs } => json!({ "proofs": proofs, "text": text }),
        Done::Named { names } => json!({ "names": names, "text": text }),
        Done::Probed { values } => json!({ "values": values, "text": text }),
        Done::Used { image } => json!({ "image": image, "text": text }),
        Done::MarkedChecked | Done::CheckedBefore => json!({ "text": text }),
    }
}

fn held_json(held: &[(Reference, Held)]) -> Value {
    let one = |(reference, why): &(Reference, Held)| json!({ "reference": reference, "code": why.code(), "text": why.words() });
    held.iter().map(one).collect()
}

/// A check and its result.
pub fn check_json(result: &CheckResult) -> Value {
    let (check, verdict) = (&result.check, &result.verdict);
    json!({
        "check": check.title, "place": check.place, "passed": verdict.passed, "why": verdict.why, "evidence": verdict.evidence,
        "took_ms": u64::try_from(result.took.as_millis()).unwrap_or(u64::MAX),
    })
}

fn hook_json(result: &HookResult) -> Value {
    json!({
        "phase": result.phase, "title": result.title, "place": result.place, "command": result.command,
        "reference": result.reference, "passed": result.why.is_none(), "why": result.why, "output": result.output,
        "took_ms": u64::try_from(result.took.as_millis()).unwrap_or(u64::MAX),
    })
}

/// What became of each tag of a stopped run.
fn tags_json(outcome: &Outcome) -> Value {
    let of = |state| {
        let tags = outcome.tags.iter().filter(|end| end.state == state);
        tags.map(|end| &end.tag).collect::<Vec<_>>()
    };
    json!({ "moved": of(TagState::Moved), "not_moved": of(TagState::NotMoved), "unknown": of(TagState::Unknown) })
}

fn failure_json(failure: &Failure) -> Value {
    let mut value = json!({ "kind": failure.error.kind().name(), "error": failure.error.to_string(), "place": failure.place, "written": failure.written });
    if let (WorldError::Build(build), Some(object)) = (&failure.error, value.as_object_mut()) {
        object.insert("build_step".into(), json!(build.step));
        object.insert("exit_code".into(), json!(build.exit_code));
        object.insert("output".into(), json!(build.output));
    }
    if let (Some(engine), Some(object)) = (&failure.engine, value.as_object_mut()) {
        object.insert("engine".into(), json!(engine));
    }
    if let (WorldError::Check(check), Some(object)) = (&failure.error, value.as_object_mut()) {
        let failed = |f: &FailedCheck| json!({ "check": f.title, "place": f.place, "why": f.why, "evidence": f.evidence });
        object.insert("checks".into(), check.failed.iter().map(failed).collect());
    }
    if let (WorldError::Hook(hook), Some(object)) = (&failure.error, value.as_object_mut()) {
        let failed = |f: &FailedHook| json!({ "title": f.title, "place": f.place, "command": f.command, "why": f.why, "output": f.output });
        object.insert("phase".into(), json!(hook.phase));
        object.insert("hooks".into(), hook.failed.iter().map(failed).collect());
    }
    value
}

impl<W: Write + Send> Reporter for Json<W> {
    fn event(&mut self, event: &Event) {
        let mut value = self.value(&event.kind);
        if let Some(object) = value.as_object_mut() {
            object.insert(
                "ms".into(),
                json!(u64::try_from(event.at.as_millis()).unwrap_or(u64::MAX)),
            );
        }
        self.write(&value);
    }

    fn close(&mut self, outcome: &Outcome, summary: &Summary) {
        let ms = u64::try_from(outcome.took.as_millis()).unwrap_or(u64::MAX);
        self.write(&json!({
            "event": "summary", "ms": ms, "variants": summary.rows,
            "remarks": summary.remarks, "held": summary.held, "moves_nothing": summary.unmoved,
        }));
        let mut finished = finished(summary.exit, outcome.stopped, ms);
        if let (true, Some(object)) = (outcome.stopped, finished.as_object_mut()) {
            object.insert("tags".into(), tags_json(outcome));
        }
        self.write(&finished);
        let _ = self.out.flush();
    }
}
