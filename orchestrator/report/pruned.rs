//! What `kiln prune` removes, as a table and as JSON.

use crate::check::show_size;
use crate::matrix::VariantName;
use crate::name::{Digest, Reference, Repository};
use crate::plan::{Kind, Pruned, Removal};
use crate::run::Removed;
use crate::text::count;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What is removed, and what became of it.
pub struct Pruning<'a> {
    /// What is removed, and what is kept.
    pub all: &'a Pruned,
    /// Orphaned tags that stay, and why.
    pub left: &'a BTreeMap<Reference, String>,
    /// What became of each removal; `None` if nothing was changed.
    pub done: Option<&'a [Removed]>,
}

/// The table for people, with the sums and a way on.
pub fn pruned_text(pruning: &Pruning<'_>) -> String {
    let mut out = table(pruning);
    for (reference, why) in pruning.left {
        let _ = writeln!(out, "{} stays: {why}", reference.familiar());
    }
    let mut repositories: Vec<&Repository> = Vec::new();
    for removal in &pruning.all.removed {
        if !repositories.contains(&&removal.repository) {
            repositories.push(&removal.repository);
        }
    }
    for repository in repositories {
        let _ = writeln!(
            out,
            "{}: {}",
            repository.familiar(),
            sum(pruning, repository)
        );
    }
    let kept = pruning.all.kept.iter();
    let kept: Vec<String> = kept
        .map(|(why, n)| format!("{n} {}", why.words()))
        .collect();
    if !kept.is_empty() {
        let all: usize = pruning.all.kept.values().sum();
        let _ = writeln!(out, "{} kept: {}", count(all, "image"), kept.join(", "));
    }
    let any_gone = pruning
        .done
        .is_some_and(|done| done.contains(&Removed::Gone));
    let end = match (pruning.all.removed.is_empty(), pruning.done) {
        (true, _) => "nothing to remove\n",
        (false, None) => "nothing was changed; `--yes` removes it\n",
        (false, Some(_)) if any_gone => {
            "the registry frees the space when it collects its garbage, in its own time\n"
        }
        (false, Some(_)) => "nothing was removed\n",
    };
    out + end
}

fn table(pruning: &Pruning<'_>) -> String {
    if pruning.all.removed.is_empty() {
        return String::new();
    }
    let mut rows =
        vec![["WHAT", "VARIANT", "PLATFORMS", "DIGEST", "TAGS", "WHY"].map(String::from)];
    rows.extend(each(pruning).map(|(removal, done)| row(removal, done)));
    let widths: Vec<usize> = (0..6)
        .map(|column| {
            let widths = rows.iter().map(|row| row[column].chars().count());
            widths.max().unwrap_or(0)
        })
        .collect();
    let mut out = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        let _ = writeln!(out, "{}", cells.join("  ").trim_end());
    }
    out
}

fn each<'a>(pruning: &'a Pruning<'_>) -> impl Iterator<Item = (&'a Removal, Option<&'a Removed>)> {
    let removed = pruning.all.removed.iter().enumerate();
    removed.map(|(at, removal)| (removal, pruning.done.and_then(|done| done.get(at))))
}

/// What was removed, or would be.
fn goes<'a>(pruning: &'a Pruning<'_>) -> impl Iterator<Item = &'a Removal> {
    let goes = each(pruning).filter(|(_, done)| done.is_none_or(|done| *done == Removed::Gone));
    goes.map(|(removal, _)| removal)
}

fn row(removal: &Removal, done: Option<&Removed>) -> [String; 6] {
    let variants: Vec<&str> = removal.variants.iter().map(VariantName::as_str).collect();
    let platforms = removal.platforms.iter().map(ToString::to_string);
    let tags = removal.tags.iter();
    let tags: Vec<String> = tags.map(|tag| short(tag.as_str())).collect();
    let whose = match removal.kind {
        // No variant has it any more.
        Kind::Orphan => removal.repository.familiar(),
        _ => variants.join(" "),
    };
    [
        word(removal.kind).into(),
        or_dash(whose),
        or_dash(platforms.collect::<Vec<_>>().join(" ")),
        removal.digest.short(),
        or_dash(tags.join(" ")),
        match done {
            Some(Removed::Changed(why)) => format!("left: {why}"),
            Some(Removed::Failed(_)) => "failed".into(),
            Some(Removed::Untried) => "not tried".into(),
            Some(Removed::Gone) | None => removal.why.clone(),
        },
    ]
}

/// The tags of the staging repository are long: `b-0123456789ab`.
fn short(tag: &str) -> String {
    match tag.split_once('-') {
        Some((letter, hash)) if letter.len() == 1 && hash.len() == 64 => {
            format!("{letter}-{}", &hash[..12])
        }
        _ => tag.into(),
    }
}

fn or_dash(text: String) -> String {
    match text.is_empty() {
        true => "-".into(),
        false => text,
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Orphan => "orphan",
        Kind::Index => "index",
        Kind::Image => "image",
        Kind::Failure => "failure",
    }
}

/// `12 images and 3 failures would be removed, at most 1.2 GB`
fn sum(pruning: &Pruning<'_>, repository: &Repository) -> String {
    let own = || goes(pruning).filter(|removal| removal.repository == *repository);
    let counts = |is_failure: bool| {
        let of = own().filter(|removal| (removal.kind == Kind::Failure) == is_failure);
        of.count()
    };
    let (images, failures) = (counts(false), counts(true));
    let mut parts = vec![count(images, "image")];
    if failures > 0 {
        parts.push(count(failures, "failure"));
    }
    let verb = match pruning.done {
        Some(_) => "removed",
        None => "to remove",
    };
    let start = format!("{} {verb}", parts.join(", "));
    match images + failures {
        0 => start,
        _ => {
            let size = show_size(size(own()));
            format!("{start}; their layers have {size}, unless other images share them")
        }
    }
}

/// The size of all layers and configurations in bytes; those that several of the images share count once.
fn size<'a>(of: impl Iterator<Item = &'a Removal>) -> u64 {
    let blobs: BTreeMap<Digest, u64> = of.flat_map(|removal| removal.blobs.clone()).collect();
    blobs.values().sum()
}

/// The same for programs; docs/retention.md describes the fields.
pub fn pruned_json(pruning: &Pruning<'_>) -> Value {
    let removed = each(pruning).map(|(removal, done)| {
        let (state, why_left) = match done {
            None => ("planned", None),
            Some(Removed::Gone) => ("removed", None),
            Some(Removed::Changed(why)) => ("left", Some(why.clone())),
            Some(Removed::Failed(why)) => ("failed", Some(why.to_string())),
            Some(Removed::Untried) => ("not-tried", None),
        };
        json!({
            "kind": removal.kind,
            "repository": removal.repository.to_string(),
            "digest": removal.digest,
            "tags": removal.tags.iter().map(|tag| tag.as_str()).collect::<Vec<_>>(),
            "variants": removal.variants,
            "platforms": removal.platforms,
            "since": removal.since,
            "why": removal.why,
            "bytes": removal.blobs.values().sum::<u64>(),
            "state": state,
            "why_left": why_left,
        })
    });
    let left = pruning.left.iter();
    let left = left.map(|(reference, why)| json!({ "reference": reference, "why": why }));
    json!({
        "format": 1,
        "dry_run": pruning.done.is_none(),
        "removed": removed.collect::<Vec<_>>(),
        "kept": pruning.all.kept.iter().map(|(why, n)| (json!(why).as_str().unwrap_or_default().to_owned(), json!(n))).collect::<serde_json::Map<_, _>>(),
        "orphans_left": left.collect::<Vec<_>>(),
        "bytes": size(goes(pruning)),
    })
}

#[cfg(test)]
mod tests;
