//! A plan as a comment on a pull request. Other people's text in it is escaped ([`crate::text::markdown`]).

use super::failing::Failing;
use super::{
    by_variant, changes, closing_lines, counts, evidence, is_skipped, remarks, shares_change,
};
use crate::matrix::VariantName;
use crate::plan::{Action, Move, MoveState, Plan, Reason, Step};
use crate::text::markdown::{code, escaped, fence};
use crate::text::{count, one_line};
use std::fmt::Write as _;

/// The most lines of evidence of one image; a comment has a limit of 65,536 characters.
const EVIDENCE: usize = 40;
/// The most images that the comment names.
const IMAGES: usize = 100;
/// The most images whose evidence the comment has.
const FOLDED: usize = 20;

/// A summary under the name of the command, a table of what is built and why, the tags that move, and the evidence, folded.
pub fn markdown(plan: &Plan, command: &str) -> String {
    let groups = by_variant(plan);
    let mut out = String::new();
    if let Some(line) = remarks::refused(plan) {
        let _ = writeln!(out, "{line}\n");
    }
    let _ = writeln!(
        out,
        "**{command}** for {}: {}",
        code(&plan.fleet),
        escaped(&counts(plan, &groups))
    );
    let works = plan.has_work();
    let changed: Vec<(&VariantName, Vec<&Step>)> = groups
        .into_iter()
        .filter(|(_, steps)| (works && changes(steps)) || is_skipped(steps))
        .collect();
    table(&mut out, plan, &changed);
    shares(&mut out, plan);
    notes(&mut out, plan);
    details(&mut out, &changed);
    out
}

fn table(out: &mut String, plan: &Plan, changed: &[(&VariantName, Vec<&Step>)]) {
    if changed.is_empty() {
        return;
    }
    let failing = Failing::of(plan);
    out.push_str("\n| image | what | why | tags that move |\n| --- | --- | --- | --- |\n");
    for (name, steps) in changed.iter().take(IMAGES) {
        let (what, why) = (actions(steps).join(", "), reasons(steps));
        let mut why: Vec<String> = why.iter().map(|one| escaped(&one.words())).collect();
        let fails = failing.why(name);
        let tags = fails
            .as_ref()
            .map_or_else(|| tags(steps), |_| String::new());
        why.extend(fails.map(|why| format!("**will fail**: {}", escaped(&why))));
        let name = code(name.as_str());
        let _ = writeln!(out, "| {name} | {what} | {} | {tags} |", why.join("; "));
    }
    if changed.len() > IMAGES {
        let more = count(changed.len() - IMAGES, "more image");
        let _ = writeln!(out, "\nand {more}; `kiln plan` shows them all");
    }
}

/// `build`, `keep`, `skip`, `take`, `check`, `attest`
fn actions(steps: &[&Step]) -> Vec<&'static str> {
    let shown = |action: &Action| {
        matches!(
            action,
            Action::Build
                | Action::Keep { .. }
                | Action::Skip { .. }
                | Action::Take { .. }
                | Action::Check
                | Action::Attest
        )
    };
    let mut words: Vec<&str> = Vec::new();
    for step in steps.iter().filter(|step| shown(&step.action)) {
        if !words.contains(&step.action.word()) {
            words.push(step.action.word());
        }
    }
    // What is built is always checked, and gets all proofs.
    let built = words.contains(&"build");
    words.retain(|word| !(built && ["check", "attest"].contains(word)));
    words
}

/// The reasons of its images, each once.
fn reasons<'a>(steps: &[&'a Step]) -> Vec<&'a Reason> {
    let mut all: Vec<&Reason> = Vec::new();
    for reason in steps.iter().flat_map(|step| step.reasons.iter()) {
        if *reason != Reason::Follows && !all.contains(&reason) {
            all.push(reason);
        }
    }
    // That it is up to date matters only if there is nothing else.
    if all.len() > 1 {
        all.retain(|reason| !matches!(reason, Reason::UpToDate | Reason::Unpublished));
    }
    all
}

fn tags(steps: &[&Step]) -> String {
    let moves = steps.iter().flat_map(|step| step.moves());
    let known = moves.filter(|m| m.state == MoveState::Write).map(moved);
    let late = steps.iter().flat_map(|step| match &step.action {
        Action::Move { deferred, .. } => deferred.as_slice(),
        _ => &[],
    });
    let late = late.filter(|one| one.held.is_none());
    let late = late.map(|one| {
        code(&format!(
            "{}:{}",
            one.repository.familiar(),
            one.tag.written()
        ))
    });
    let all: Vec<String> = known.chain(late).collect();
    all.join("<br>")
}

fn moved(m: &Move) -> String {
    let name = code(&m.reference.familiar());
    match m.was {
        Some(was) => format!("{name} (is {})", was.short()),
        None => format!("{name} (new)"),
    }
}

fn shares(out: &mut String, plan: &Plan) {
    for step in plan.steps.iter().filter(|step| shares_change(step)) {
        let owners: Vec<String> = step
            .owners()
            .map(|one| code(one.variant.as_str()))
            .collect();
        if !owners.is_empty() {
            let (owners, tags) = (owners.join(", "), tags(&[step]));
            let tags = tags.replace("<br>", ", ");
            let _ = writeln!(out, "\n{owners} share {tags}");
        }
    }
}

/// What is left as it is and what is held.
fn notes(out: &mut String, plan: &Plan) {
    let lines = remarks::unrecorded(plan).into_iter();
    let lines: Vec<String> = lines.chain(closing_lines(plan, str::to_owned)).collect();
    if !lines.is_empty() {
        out.push('\n');
    }
    for line in lines {
        let _ = writeln!(out, "- {}", escaped(&line));
    }
}

/// The evidence, folded.
fn details(out: &mut String, changed: &[(&VariantName, Vec<&Step>)]) {
    let all: Vec<(&VariantName, String)> = changed
        .iter()
        .map(|(name, steps)| (*name, diffs(steps)))
        .filter(|(_, text)| !text.is_empty())
        .collect();
    if all.is_empty() {
        return;
    }
    out.push_str("\n<details>\n<summary>What has changed</summary>\n");
    for (name, text) in all.iter().take(FOLDED) {
        let _ = write!(out, "\n{}\n{text}", code(name.as_str()));
    }
    if all.len() > FOLDED {
        let more = all.len() - FOLDED;
        let _ = writeln!(out, "\nand {more} more; `kiln plan --all` shows them");
    }
    out.push_str("\n</details>\n");
}

/// Each reason that has evidence, with it.
fn diffs(steps: &[&Step]) -> String {
    let mut out = String::new();
    for reason in reasons(steps) {
        let lines = evidence(reason);
        if lines.is_empty() {
            continue;
        }
        let fence = fence(lines.iter().map(String::as_str));
        let _ = writeln!(out, "\n{}\n\n{fence}diff", escaped(&reason.words()));
        for line in lines.iter().take(EVIDENCE) {
            let _ = writeln!(out, "{}", one_line(line));
        }
        if lines.len() > EVIDENCE {
            let _ = writeln!(out, "and {} more", lines.len() - EVIDENCE);
        }
        let _ = writeln!(out, "{fence}");
    }
    out
}
