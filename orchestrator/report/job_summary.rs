//! A run as a page of Markdown, for the job summary of a CI system.

use crate::plan::{Plan, Reason, Step};
use crate::report::closing::counts;
use crate::report::table::{distinct, held, is_split, seconds};
use crate::report::{Row, Summary, failures};
use crate::run::Outcome;
use crate::text::markdown::{code, escaped, fence};
use crate::text::{count, harmless};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The longest table, in bytes. GitHub takes 1 MiB for a step, and nothing of what is longer.
const TABLE: usize = 600_000;
/// The longest text about failures, in bytes.
const FAILURES: usize = 200_000;
/// The longest list of what was held and left, in bytes.
const REMARKS: usize = 100_000;

/// The table of a run with the reason why each image was built, what was held, and the failures; under 1 MB. Images that are
/// up to date are counted.
pub fn job_summary(plan: &Plan, outcome: &Outcome, summary: &Summary) -> String {
    let counts = counts(&summary.rows, outcome.took);
    let fleet = code(&plan.fleet);
    let mut out = format!("### kiln: {fleet}\n\n{}\n", escaped(&counts));
    table(&mut out, plan, &summary.rows);
    remarks(&mut out, summary);
    failed(&mut out, &failures(plan, outcome));
    out
}

fn table(out: &mut String, plan: &Plan, rows: &[Row]) {
    let reasons = reasons(plan);
    let has_engines = rows.iter().any(|row| !row.engines.is_empty());
    let rows = rows.iter().filter(|row| row.state != "up to date");
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    let (head, ruler) = match has_engines {
        true => (" engine |", " --- |"),
        false => ("", ""),
    };
    let _ = writeln!(
        out,
        "\n| image | result | why | tags | held | digest |{head} seconds |\n| --- | --- | --- | --- | --- | --- |{ruler} ---: |"
    );
    let lines = rows.map(|row| line(row, reasons.get(row.variant.as_str()), has_engines));
    let left = add(out, lines, TABLE);
    if left > 0 {
        let _ = writeln!(out, "\nand {}", count(left, "more image"));
    }
}

/// Adds the lines that fit into so many bytes, and returns the number of the others.
fn add(out: &mut String, lines: impl Iterator<Item = String>, bytes: usize) -> usize {
    let end = out.len() + bytes;
    let mut left = 0;
    for line in lines {
        match out.len() + line.len() <= end {
            true => out.push_str(&line),
            false => left += 1,
        }
    }
    left
}

fn line(row: &Row, reasons: Option<&Vec<&Reason>>, has_engines: bool) -> String {
    let engines = || format!(" {} |", escaped(&row.engines.join(" ")));
    let engines = has_engines.then(engines).unwrap_or_default();
    let reasons = reasons.into_iter().flatten();
    // The parent of what is blocked was not built.
    let holds = |one: &&&Reason| {
        !(matches!(one, Reason::ParentBuilt { .. }) && row.state.starts_with("blocked"))
    };
    let words = reasons.filter(holds).map(|one| one.words());
    let why: Vec<String> = words.map(|words| escaped(&words)).collect();
    format!(
        "| {} | {} | {} | {} | {} | {} |{engines} {} |\n",
        code(&row.variant),
        escaped(&row.state),
        why.join("; "),
        escaped(&distinct(row.tags.iter().map(String::as_str))),
        escaped(&held(&row.held, is_split(row))),
        row.digest.map(|d| d.short()).unwrap_or_default(),
        seconds(row)
    )
}

/// Why each variant is built, or not: each reason once.
fn reasons(plan: &Plan) -> BTreeMap<&str, Vec<&Reason>> {
    let mut all: BTreeMap<&str, Vec<&Reason>> = BTreeMap::new();
    for step in &plan.steps {
        let of_it = all.entry(step.variant.as_str()).or_default();
        of_it.extend(said(step));
    }
    for of_it in all.values_mut() {
        let mut seen: Vec<&Reason> = Vec::new();
        of_it.retain(|one| {
            let is_new = !seen.contains(one);
            seen.push(one);
            is_new
        });
    }
    all
}

fn said(step: &Step) -> impl Iterator<Item = &Reason> {
    let counts = |reason: &&Reason| {
        !matches!(
            reason,
            Reason::Follows | Reason::UpToDate | Reason::Unpublished
        )
    };
    step.reasons.iter().filter(counts)
}

fn remarks(out: &mut String, summary: &Summary) {
    let unmoved = summary.unmoved.as_ref();
    let unmoved = unmoved.map(|why| format!("no tag was moved: {why}"));
    let all = summary.remarks.iter().chain(&summary.unknown);
    let all: Vec<&String> = all.chain(&summary.held).chain(&unmoved).collect();
    if !all.is_empty() {
        out.push('\n');
    }
    let lines = all.into_iter().map(|line| format!("- {}\n", escaped(line)));
    let left = add(out, lines, REMARKS);
    if left > 0 {
        let _ = writeln!(out, "- and {left} more");
    }
}

/// The failures as they are in the log, without those that make it too long.
fn failed(out: &mut String, text: &str) {
    let text = harmless(text.trim());
    if text.is_empty() {
        return;
    }
    let mut length = 0;
    let lines: Vec<&str> = text.lines().collect();
    let shown = lines.iter().take_while(|line| {
        length += line.len() + 1;
        length <= FAILURES
    });
    let shown: Vec<&str> = shown.copied().collect();
    let fence = fence(shown.iter().copied());
    let _ = writeln!(
        out,
        "\n<details open>\n<summary>Failures</summary>\n\n{fence}text"
    );
    shown.iter().for_each(|line| {
        let _ = writeln!(out, "{line}");
    });
    let _ = writeln!(out, "{fence}\n\n</details>");
    if shown.len() < lines.len() {
        let left = count(lines.len() - shown.len(), "more line");
        let _ = writeln!(out, "\nand {left}, in the log");
    }
}

#[cfg(test)]
mod tests;
