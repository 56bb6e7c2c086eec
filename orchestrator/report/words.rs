//! Texts that all reports share.

use crate::manifest::Proof;
use crate::name::Reference;
use crate::request::{FailedCheck, FaultKind, HookFailure, HookPhase, WorldError};
use crate::run::{CacheUse, Done, Failure, HookResult};
use std::time::Duration;

/// The same as [`done`], but `None` for the step that stages an image which was staged before: the step before it has said so.
pub fn done_at(action: &str, result: &Done) -> Option<String> {
    let is_known = matches!(result, Done::Taken { .. }) && action == "stage";
    done(result).filter(|_| !is_known)
}

/// The result of a step in a few words; `None` if it is not worth a line.
pub fn done(done: &Done) -> Option<String> {
    Some(match done {
        Done::Built {
            cached, ran, cache, ..
        } => format!("built, {}", cache_words(*cached, *ran, cache)),
        Done::Checked { passed: 1 } => "passed its check".into(),
        Done::Checked { passed } => format!("passed {passed} checks"),
        Done::MarkedChecked | Done::CheckedBefore | Done::Probed { .. } => return None,
        Done::Used { image } => format!("tests {image}"),
        Done::Staged {
            digest,
            adopted: false,
        } => format!("staged as {}", digest.short()),
        Done::Staged {
            digest,
            adopted: true,
        } => format!("adopted {}, which another run staged", digest.short()),
        Done::Attested { proofs } if proofs.is_empty() => return None,
        Done::Attested { proofs } => format!("attached {}", Proof::titles(proofs).join(" and ")),
        Done::Indexed { digest } => format!("combined into the index {}", digest.short()),
        Done::Moved { written, .. } | Done::Shared { written, .. } if written.is_empty() => {
            return None;
        }
        Done::Shared { digest: None, .. } => return None,
        Done::Moved {
            written, digest, ..
        }
        | Done::Shared {
            written,
            digest: Some(digest),
            ..
        } => {
            format!("published {} at {}", listed(written), digest.short())
        }
        Done::Named { names } => format!("named {}", listed(names)),
        Done::Kept { digest } => format!("up to date at {}", digest.short()),
        Done::Same { digest } => format!("came out the same, kept at {}", digest.short()),
        Done::Skipped { why, .. } => why.clone()?,
        Done::Taken { digest } => format!("staged before as {}", digest.short()),
    })
}

fn listed(references: &[Reference]) -> String {
    references
        .iter()
        .map(Reference::familiar)
        .collect::<Vec<_>>()
        .join(", ")
}

fn cache_words(cached: usize, ran: usize, cache: &CacheUse) -> String {
    let steps = format!("{cached} of {} steps cached", cached + ran);
    match cache {
        CacheUse::From(reference) => {
            let tag = reference
                .tag
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            format!("{steps} (previous image {tag})")
        }
        // `--force` implies it, so the user may not have typed the option.
        CacheUse::None(why) if why == "--no-cache" => format!("{steps} (without cache)"),
        CacheUse::None(why) => format!("{steps} ({why})"),
    }
}

/// A failed check: its title, where it is declared, the reason and the evidence.
pub fn failed_check(failed: &FailedCheck) -> String {
    let place = failed
        .place
        .as_ref()
        .map(|place| format!(" ({place})"))
        .unwrap_or_default();
    let mut text = format!("  {}{place}\n    {}\n", failed.title, failed.why);
    failed
        .evidence
        .iter()
        .for_each(|line| text.push_str(&format!("    | {line}\n")));
    text
}

/// A time in seconds since 1970: `2026-08-03 06:00:00 UTC`.
pub fn when(seconds: i64) -> String {
    match jiff::Timestamp::from_second(seconds) {
        Ok(time) if seconds > 0 => time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        _ => "an unknown time".into(),
    }
}

/// `4.2 s`, `3 min 20 s`
pub fn took(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

/// What failed, in words.
pub fn failing<'a>(action: &'a str, failure: &'a Failure) -> &'a str {
    match &failure.error {
        _ if failure.unread => "reading its public tags",
        WorldError::Hook(hook) => hook.phase.word(),
        _ => doing(action),
    }
}

/// A failure with its place, the reason, the last lines of output, and the tags written before it.
pub fn failure(label: &str, action: &str, failure: &Failure) -> String {
    if is_stopped(failure) {
        let on = on_engine(failure);
        return format!(
            "{label}: {} stopped{on}\n{}",
            doing(action),
            written(failure)
        );
    }
    let action = failing(action, failure);
    let mut text = format!("{label}: {action} failed{}", on_engine(failure));
    if let Some(place) = &failure.place {
        text.push_str(&format!(" at {place}"));
    }
    text.push('\n');
    match &failure.error {
        WorldError::Build(build) => {
            if let Some(step) = &build.step {
                text.push_str(&format!("  step: {step}\n"));
            }
            build
                .output
                .iter()
                .for_each(|line| text.push_str(&format!("  | {line}\n")));
            text.push_str(&format!("  {}\n", build.message));
        }
        WorldError::Check(check) => {
            check
                .failed
                .iter()
                .for_each(|failed| text.push_str(&failed_check(failed)));
            text.push_str(&format!("  {check}\n"));
        }
        WorldError::Hook(hook) => text.push_str(&failed_hooks(hook)),
        error => text.push_str(&format!("  {error}\n")),
    }
    text + &written(failure)
}

/// Where it failed, in a run on several engines.
fn on_engine(failure: &Failure) -> String {
    let engine = failure.engine.as_ref();
    engine.map_or_else(String::new, |engine| format!(" on {engine}"))
}

/// What a step does, for people: events have the word of the action.
fn doing(action: &str) -> &str {
    match action {
        "find" => "finding the staged image",
        "use" => "taking the staged image",
        "stage" => "staging",
        "mark" => "recording the checks",
        "probe" => "reading values from the image",
        "index" => "joining the platforms",
        "attest" => "attaching documents",
        "move" | "share" => "moving tags",
        "name" => "naming the image",
        "take" | "keep" => "reading the published image",
        other => other,
    }
}

/// Hooks that failed: each with its place, the reason and its last lines; and what became of the tags.
fn failed_hooks(failure: &HookFailure) -> String {
    let mut text = String::new();
    for failed in &failure.failed {
        text.push_str(&format!(
            "  {} ({})\n    {}\n",
            failed.title, failed.place, failed.why
        ));
        failed
            .output
            .iter()
            .for_each(|line| text.push_str(&format!("    | {line}\n")));
    }
    match failure.phase {
        HookPhase::BeforeMove => text.push_str("  no tag moved to this image\n"),
        HookPhase::AfterMove => {
            text.push_str(
                "  the tags have moved, and later runs do not run this hook again; run by hand:\n",
            );
            let commands = failure.failed.iter();
            commands.for_each(|failed| text.push_str(&format!("    {}\n", failed.by_hand)));
        }
    }
    text
}

/// `before-move passed: scan`
pub fn hooked(result: &HookResult) -> String {
    let word = result.phase.word();
    match &result.why {
        None => format!("{word} passed: {}", result.title),
        Some(why) => format!("{word} FAILED: {}: {why}", result.title),
    }
}

/// What identifies a failure that several steps have in common: of a world that they share, such as an outside image that does not
/// exist. `None` for what only this step can fail at: its own build, its checks.
pub fn common_cause(action: &str, failure: &Failure) -> Option<String> {
    match &failure.error {
        WorldError::Build(_) | WorldError::Check(_) | WorldError::Hook(_) => None,
        _ if is_stopped(failure) || !failure.written.is_empty() => None,
        error => Some(format!("{action}{}: {error}", on_engine(failure))),
    }
}

/// Whether the run was stopped during the step, so that it did not fail.
pub fn is_stopped(failure: &Failure) -> bool {
    failure.error.kind() == FaultKind::Stopped
}

fn written(failure: &Failure) -> String {
    match failure.written.is_empty() {
        true => String::new(),
        false => format!("  written before that: {}\n", listed(&failure.written)),
    }
}

/// An engine does not answer any more.
pub fn engine_gone(engine: &str, why: &str, steps: usize) -> String {
    let then = match steps {
        0 => String::from("nothing has to start again"),
        1 => String::from("1 step starts again"),
        _ => format!("{steps} steps start again"),
    };
    format!("note: engine {engine} is gone: {why}; {then}")
}

/// An engine answers that did not at the start, and is of no use.
pub fn engine_refused(engine: &str, why: &str) -> String {
    format!("note: engine {engine} answers now, but is not used: {why}")
}

/// An engine that was gone, or did not answer at the start (`is_new`), is used.
pub fn engine_back(engine: &str, is_new: bool) -> String {
    match is_new {
        true => format!("note: engine {engine} answers now and is used"),
        false => format!("note: engine {engine} is back and is used again"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_that_is_used_for_the_first_time_is_not_back() {
        assert_eq!(
            engine_back("b", false),
            "note: engine b is back and is used again"
        );
        assert_eq!(
            engine_back("b", true),
            "note: engine b answers now and is used"
        );
    }
}
