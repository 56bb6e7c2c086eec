//! The table at the end: one row per variant.

use crate::matrix::VariantName;
use crate::name::{Digest, Reference};
use crate::plan::{Action, Move, MoveState, Owner, Plan, Step, StepId, moves_nothing};
use crate::report::words;
use crate::run::{Done, Failure, Outcome, StepOutcome, TagEnd, TagState};
use indexmap::IndexMap;
use serde::Serialize;
use std::fmt::Write as _;
use std::time::Duration;

/// The result for one variant.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Row {
    /// The variant's name.
    pub variant: String,
    /// `published`, `built`, `up to date`, `failed`, `failed its checks`, `blocked by core:1.0`, `stopped`, `not reached`.
    pub state: String,
    /// The public tags that point to its image now, as far as this run knows.
    pub tags: Vec<String>,
    /// The digest of its image.
    pub digest: Option<Digest>,
    /// If it was built: the number of steps that came from a cache, and of all steps.
    pub cached: Option<(usize, usize)>,
    /// The time its steps took, in seconds.
    pub seconds: f64,
}

/// The rows of a run, in the order of the plan.
pub fn rows(plan: &Plan, outcome: &Outcome) -> Vec<Row> {
    let mut rows: IndexMap<VariantName, Row> = IndexMap::new();
    for (id, step) in plan.iter() {
        if let Action::Share { owners, moves } = &step.action {
            add_share(&mut rows, owners, moves, &outcome.steps[id.0 as usize]);
            continue;
        }
        let row = rows.entry(step.variant.clone()).or_insert_with(|| Row {
            variant: step.variant.to_string(),
            ..Row::default()
        });
        match &outcome.steps[id.0 as usize] {
            StepOutcome::Done { done, took } => add_done(row, plan, id, done, *took),
            StepOutcome::Failed { took, failure } => {
                row.seconds += took.as_secs_f64();
                row.state = failed_state(&plan.step(id).action, failure).into();
            }
            StepOutcome::Blocked { by }
                if !row.state.starts_with("failed") && row.state != STOPPED =>
            {
                row.state = format!("blocked by {}", plan.step(*by).variant);
            }
            StepOutcome::NotReached if row.state.is_empty() || row.state == "built" => {
                row.state = "not reached".into()
            }
            StepOutcome::Blocked { .. } | StepOutcome::NotReached => {}
        }
    }
    rows.into_values().collect()
}

const STOPPED: &str = "stopped";

fn failed_state(action: &Action, failure: &Failure) -> &'static str {
    match action {
        _ if words::is_stopped(failure) => STOPPED,
        Action::Check => "failed its checks",
        _ => "failed",
    }
}

fn add_done(row: &mut Row, plan: &Plan, id: StepId, done: &Done, took: Duration) {
    row.seconds += took.as_secs_f64();
    match done {
        Done::Built {
            image, cached, ran, ..
        } => {
            let before = row.cached.unwrap_or_default();
            row.cached = Some((before.0 + cached, before.1 + cached + ran));
            row.digest.get_or_insert(*image);
            row.state = "built".into();
        }
        Done::Staged { digest, .. } | Done::Indexed { digest } => row.digest = Some(*digest),
        Done::Kept { digest } => {
            row.digest = Some(*digest);
            row.state = "up to date".into();
        }
        Done::Same { digest } => {
            row.digest = Some(*digest);
            row.state = "came out the same".into();
        }
        Done::Taken { digest } => {
            row.digest = Some(*digest);
            row.state = "staged before".into();
        }
        Done::Moved { written, .. } => {
            row.tags = current_tags(plan, id, written);
            if !written.is_empty() {
                row.state = "published".into();
            }
        }
        Done::Named { names } => row.tags = names.iter().map(tag_text).collect(),
        Done::Used { .. }
        | Done::Probed { .. }
        | Done::Checked { .. }
        | Done::MarkedChecked
        | Done::CheckedBefore
        | Done::Shared { .. } => {}
    }
}

/// The row of each owner lists the shared tags. If they could not be written, only the first owner counts as failed:
/// it is one failure.
fn add_share(
    rows: &mut IndexMap<VariantName, Row>,
    owners: &[Owner],
    moves: &[Move],
    outcome: &StepOutcome,
) {
    for (place, owner) in owners.iter().enumerate() {
        let Some(row) = rows.get_mut(&owner.variant) else {
            continue;
        };
        match outcome {
            StepOutcome::Done {
                done: Done::Shared { written, .. },
                ..
            } => {
                row.tags.extend(current(moves, written));
                if !written.is_empty() {
                    row.state = "published".into();
                }
            }
            StepOutcome::Failed { failure, .. } if place == 0 => {
                row.state = failed_state(&Action::Index, failure).into();
            }
            _ => {}
        }
    }
}

fn current_tags(plan: &Plan, id: StepId, written: &[Reference]) -> Vec<String> {
    let Action::Move { moves, .. } = &plan.step(id).action else {
        return Vec::new();
    };
    // The plan does not contain tags with values that were read from the image.
    let probed = written
        .iter()
        .filter(|reference| moves.iter().all(|m| m.reference != **reference))
        .map(tag_text);
    current(moves, written).into_iter().chain(probed).collect()
}

fn current(moves: &[Move], written: &[Reference]) -> Vec<String> {
    moves
        .iter()
        .filter(|m| m.state == MoveState::Current || written.contains(&m.reference))
        .map(|m| tag_text(&m.reference))
        .collect()
}

fn tag_text(reference: &Reference) -> String {
    reference
        .tag
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// The rows as a table for people: variant, state, tags, digest, cache, seconds.
pub fn table(rows: &[Row]) -> String {
    let head = ["VARIANT", "STATE", "TAGS", "DIGEST", "CACHE", "SECONDS"].map(String::from);
    let cells: Vec<[String; 6]> = std::iter::once(head)
        .chain(rows.iter().map(cells))
        .collect();
    let widths: Vec<usize> = (0..6)
        .map(|c| {
            cells
                .iter()
                .map(|row| row[c].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut out = String::new();
    for row in &cells {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell:<width$}  ");
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn cells(row: &Row) -> [String; 6] {
    let cache = row
        .cached
        .map_or_else(|| "-".into(), |(cached, all)| format!("{cached}/{all}"));
    let digest = row.digest.map_or_else(|| "-".into(), |d| d.short());
    let tags = if row.tags.is_empty() {
        "-".into()
    } else {
        distinct(&row.tags).join(" ")
    };
    [
        row.variant.clone(),
        row.state.clone(),
        tags,
        digest,
        cache,
        format!("{:.1}", row.seconds),
    ]
}

/// Lists a tag once, even if several repositories have it.
fn distinct(tags: &[String]) -> Vec<&str> {
    tags.iter()
        .map(String::as_str)
        .collect::<indexmap::IndexSet<_>>()
        .into_iter()
        .collect()
}

/// All failures in full, with the variants that each one blocked. Steps that were stopped did not fail.
pub fn failures(plan: &Plan, outcome: &Outcome) -> String {
    let mut out = String::new();
    for (id, step) in plan.iter() {
        let StepOutcome::Failed { failure, .. } = &outcome.steps[id.0 as usize] else {
            continue;
        };
        if words::is_stopped(failure) {
            continue;
        }
        let label = subject(step);
        let _ = write!(
            out,
            "\n{}",
            words::failure(&label, step.action.word(), failure)
        );
        let blocked: indexmap::IndexSet<String> = plan
            .iter()
            .filter(|(other, s)| {
                is_of_another_variant(s, step)
                    && outcome.steps[other.0 as usize] == StepOutcome::Blocked { by: id }
            })
            .map(|(_, s)| subject(s))
            .collect();
        if !blocked.is_empty() {
            let names: Vec<String> = blocked.into_iter().collect();
            let _ = writeln!(out, "  blocked: {}", names.join(", "));
        }
    }
    out
}

fn is_of_another_variant(step: &Step, failed: &Step) -> bool {
    step.variant != failed.variant || matches!(step.action, Action::Share { .. })
}

/// The subject of a step: a variant, or the tags that several variants share.
fn subject(step: &Step) -> String {
    let Action::Share { owners, .. } = &step.action else {
        return step.variant.to_string();
    };
    let names: Vec<String> = owners
        .iter()
        .map(|owner| owner.variant.to_string())
        .collect();
    format!("the tags of {}", names.join(" and "))
}

/// The result of the whole run: counts and time, and why it moved no tag, if that was not a failure. If it was stopped,
/// what became of each tag.
pub fn closing(plan: &Plan, rows: &[Row], outcome: &Outcome) -> String {
    let counts = counts(rows, outcome.took);
    if outcome.stopped {
        let tags: String = outcome.tags.iter().map(tag_end).collect();
        return format!("{counts}\n{tags}stopped; the same command continues where this run ended");
    }
    match moves_nothing(plan).filter(|_| outcome.is_success()) {
        Some(why) => format!("{counts}\nno tag was moved: {why}"),
        None => counts,
    }
}

fn tag_end(end: &TagEnd) -> String {
    let why = match end.state {
        TagState::Unknown => ": it was written, and the registry's answer did not come",
        TagState::Moved | TagState::NotMoved => "",
    };
    format!("  {:<9}  {}{why}\n", end.state.word(), end.tag)
}

fn counts(rows: &[Row], took: Duration) -> String {
    let count = |word: &str| rows.iter().filter(|r| r.state.starts_with(word)).count();
    let states = [
        "published",
        "built",
        "up to date",
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
