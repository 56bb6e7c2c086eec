//! The last lines of a run.

use crate::manifest::Proof;
use crate::report::summary::{ADOPTED, FAILED_AFTER, FAILING, STOPPED, WITHDRAWN};
use crate::report::{Row, Summary, words};
use crate::run::{Done, Outcome, StepOutcome, TagEnd, TagState};
use crate::text::folded;
use std::collections::BTreeMap;
use std::time::Duration;

/// The result of the whole run: what it left and what it held, then counts and time, and why it moved no tag, if that was not a
/// failure. If it was stopped, what became of each tag.
pub fn closing(summary: &Summary, outcome: &Outcome) -> String {
    let held = summary.held.iter().map(|line| folded(line));
    let said = summary.remarks.iter().cloned().chain(held);
    let said: String = said.map(|line| format!("{line}\n")).collect();
    let counts = counts(&summary.rows, outcome.took) + &attached(outcome);
    if outcome.stopped {
        let tags: String = outcome.tags.iter().map(tag_end).collect();
        return format!("{said}{counts}\n{tags}stopped; {}", way_on(summary));
    }
    match &summary.unmoved {
        Some(why) => format!("{said}{counts}\nno tag was moved: {why}"),
        None if lost_something(outcome) => format!(
            "{said}{counts}\nonce what was out of reach answers again, {}",
            way_on(summary)
        ),
        None => format!("{said}{counts}"),
    }
}

/// Whether a step failed since an engine or a registry was out of reach.
fn lost_something(outcome: &Outcome) -> bool {
    outcome.steps.iter().any(|end| match end {
        StepOutcome::Failed { failure, .. } => failure.error.kind().is_unreachable(),
        _ => false,
    })
}

/// How to go on after a run that did not reach its end. A forced run outside of a pipeline has a token of its own, which no other run has.
fn way_on(summary: &Summary) -> &'static str {
    let has_failed_hook = summary.rows.iter().any(|row| row.state == FAILED_AFTER);
    match summary.starts_over {
        true => {
            "because of --force, the same command builds all of it again; without --force, it keeps what was published, \
             and builds the rest only if something else asks for it"
        }
        false if has_failed_hook => {
            "the same command continues where this run ended, but does not run the after-move hooks above again"
        }
        false => "the same command continues where this run ended",
    }
}

fn tag_end(end: &TagEnd) -> String {
    let why = match end.state {
        TagState::Unknown => ": it was written, and the registry's answer did not come",
        TagState::Moved | TagState::NotMoved => "",
    };
    format!("  {:<9}  {}{why}\n", end.state.word(), end.tag)
}

/// What was attached, on a line of its own: `attached: SBOM to 5 images, provenance to 4 images`
fn attached(outcome: &Outcome) -> String {
    let mut images: BTreeMap<Proof, usize> = BTreeMap::new();
    for step in &outcome.steps {
        if let StepOutcome::Done {
            done: Done::Attested { proofs },
            ..
        } = step
        {
            proofs
                .iter()
                .for_each(|one| *images.entry(*one).or_default() += 1);
        }
    }
    let parts = images.iter().map(|(proof, n)| match n {
        1 => format!("{} to 1 image", proof.title()),
        n => format!("{} to {n} images", proof.title()),
    });
    let parts: Vec<String> = parts.collect();
    match parts.is_empty() {
        true => String::new(),
        false => format!("\nattached: {}", parts.join(", ")),
    }
}

pub(super) fn counts(rows: &[Row], took: Duration) -> String {
    let count = |word: &str| rows.iter().filter(|r| r.state.starts_with(word)).count();
    let states = [
        "published",
        "built",
        "up to date",
        "came out the same",
        "staged before",
        ADOPTED,
        FAILING,
        WITHDRAWN,
        "failed",
        "blocked",
        STOPPED,
        "not reached",
    ];
    let parts: Vec<String> = states
        .into_iter()
        .map(|s| (count(s), s))
        .filter(|(n, _)| *n > 0)
        .map(|(n, s)| format!("{n} {s}"))
        .collect();
    format!("{} in {}", parts.join(", "), words::took(took))
}
