//! The table at the end: one row per variant.

use crate::plan::HeldTag;
use crate::report::Row;
use crate::report::engine_names::shortened;
use indexmap::{IndexMap, IndexSet};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The column that is left out if no tag is held.
const HELD: &str = "HELD";
/// The column that is left out if the run had one engine.
const ENGINE: &str = "ENGINE";

/// The rows as a table for people: variant, state, tags, held tags, digest, engine, cache, seconds. The lines below a table say
/// why tags are held.
pub fn table(rows: &[Row]) -> String {
    let head = [
        "VARIANT", "STATE", "TAGS", HELD, "DIGEST", ENGINE, "CACHE", "SECONDS",
    ];
    let any_held = rows.iter().any(|row| !row.held.is_empty());
    let any_engine = rows.iter().any(|row| !row.engines.is_empty());
    let shown = |column: &usize| match head[*column] {
        HELD => any_held,
        ENGINE => any_engine,
        _ => true,
    };
    let columns: Vec<usize> = (0..head.len()).filter(shown).collect();
    let mut cells = vec![head.map(String::from)];
    let engines = shortened(rows.iter().flat_map(|row| &row.engines).map(String::as_str));
    let moved_elsewhere = rows.iter().any(is_split);
    cells.extend(
        rows.iter()
            .map(|row| cells_of(row, &engines, moved_elsewhere)),
    );
    let width = |column: &usize| {
        let widths = cells.iter().map(|row| row[*column].chars().count());
        widths.max().unwrap_or(0)
    };
    let widths: Vec<usize> = columns.iter().map(width).collect();
    let mut out = String::new();
    for row in &cells {
        let mut line = String::new();
        for (column, width) in columns.iter().zip(&widths) {
            let cell = &row[*column];
            let _ = write!(line, "{cell:<width$}  ");
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn cells_of(row: &Row, engines: &BTreeMap<&str, &str>, named: bool) -> [String; 8] {
    let cache = row
        .cached
        .map_or_else(|| "-".into(), |(cached, all)| format!("{cached}/{all}"));
    let short = row.engines.iter();
    let short = short.map(|name| engines.get(&**name).copied().unwrap_or(name));
    let short: Vec<&str> = short.collect();
    [
        row.variant.clone(),
        row.state.clone(),
        or_dash(distinct(row.tags.iter().map(String::as_str))),
        or_dash(held_tags(&row.held, named)),
        row.digest.map_or_else(|| "-".into(), |d| d.short()),
        or_dash(short.join(" ")),
        cache,
        seconds(row),
    ]
}

/// How long the steps of a variant took; a dash if none of them ran.
pub(super) fn seconds(row: &Row) -> String {
    match row.seconds > 0.0 {
        true => format!("{:.1}", row.seconds),
        false => "-".into(),
    }
}

/// Whether a tag of a variant is held in one registry, and points to its image in another one.
pub(super) fn is_split(row: &Row) -> bool {
    let is_there = |held: &HeldTag| row.tags.contains(&held.tag);
    row.held.iter().any(is_there)
}

/// `1.27 latest`; `named` adds the registry: `latest on ghcr.io`.
fn held_tags(held: &[HeldTag], named: bool) -> String {
    if !named {
        return distinct(held.iter().map(|one| one.tag.as_str()));
    }
    let mut domains: IndexMap<String, Vec<&str>> = IndexMap::new();
    for one in held {
        let domain = one.repository.domain().to_string();
        domains.entry(domain).or_default().push(&one.tag);
    }
    let domains = domains.into_iter();
    let domains =
        domains.map(|(domain, tags)| format!("{} on {domain}", distinct(tags.into_iter())));
    domains.collect::<Vec<_>>().join(", ")
}

/// `1.27 1 (not in this run), latest (higher version)`; `named` adds the registry: `latest (later run on ghcr.io)`.
pub(super) fn held(held: &[HeldTag], named: bool) -> String {
    let mut kinds: IndexMap<String, Vec<&str>> = IndexMap::new();
    for one in held {
        let kind = match named {
            true => format!("{} on {}", one.why.short(), one.repository.domain()),
            false => one.why.short().to_owned(),
        };
        kinds.entry(kind).or_default().push(&one.tag);
    }
    let kinds = kinds.into_iter();
    let kinds: Vec<String> = kinds
        .map(|(kind, tags)| format!("{} ({kind})", distinct(tags.into_iter())))
        .collect();
    kinds.join(", ")
}

/// Lists a tag once, even if several repositories have it.
pub(super) fn distinct<'a>(tags: impl Iterator<Item = &'a str>) -> String {
    let tags: IndexSet<&str> = tags.collect();
    tags.into_iter().collect::<Vec<_>>().join(" ")
}

fn or_dash(text: String) -> String {
    match text.is_empty() {
        true => "-".into(),
        false => text,
    }
}
