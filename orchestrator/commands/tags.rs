use crate::commands::{Exit, Global, Host, load_fleet, print, print_json};
use crate::matrix::{Fleet, TagKind, Variant, VariantId};
use crate::name::Reference;
use crate::plan::counter;
use indexmap::IndexMap;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// How a tag is derived whose pattern has no places.
const AS_WRITTEN: &str = "as written";

/// List every public reference with its owner and the rule that made it
///
/// Needs no engine and no network.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln tags\n  kiln tags core --format markdown\n  kiln tags --format json"
)]
pub struct Args {
    /// The variants whose tags to list, by image, variant or public reference [default: all]
    selectors: Vec<String>,
    /// The output format
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// The output format.
#[derive(clap::ValueEnum, Debug, Clone, Copy)]
pub enum Format {
    Text,
    Json,
    Markdown,
}

/// Runs `kiln tags`.
pub fn run(args: Args, global: &Global, host: &Host) -> Exit {
    let loaded = global.refuse_set_without_effect("tags");
    let loaded = loaded.and_then(|()| load_fleet(&args.selectors, global, host));
    let (fleet, selected) = match loaded {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    let rows = rows(&fleet, &selected);
    match args.format {
        Format::Text => print(&text(&rows)),
        Format::Json => print_json(&format!(
            "{:#}\n",
            Value::from(rows.iter().map(row_json).collect::<Vec<_>>())
        )),
        Format::Markdown => print(&markdown(&rows)),
    }
    Exit::Done
}

/// One reference and all its owners.
struct Row<'a> {
    /// The full reference; contains `{revision}` or `{probe:…}` if it is known only after the build.
    reference: String,
    /// The short form, as people write it.
    familiar: String,
    owners: Vec<Owner<'a>>,
    /// Why this run may not move it.
    held: Option<&'a str>,
}

/// A variant that owns a reference, and by which rule.
struct Owner<'a> {
    variant: &'a Variant,
    kind: TagKind,
    how: &'a str,
}

/// The references of the selected variants, in their order. A shared reference lists its other owners, too.
fn rows<'a>(fleet: &'a Fleet, selected: &BTreeSet<VariantId>) -> Vec<Row<'a>> {
    let mut rows: IndexMap<Reference, Row> = IndexMap::new();
    let mut deferred: Vec<Row> = Vec::new();
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    for variant in &fleet.variants {
        let is_selected = selected.contains(&variant.id);
        for (reference, tag, held) in variant.moves() {
            if is_selected {
                wanted.insert(reference.to_string());
            } else if !tag.shared {
                continue;
            }
            let row = rows
                .entry(reference.clone())
                .or_insert_with(|| Row::new(reference.to_string(), reference.familiar(), held));
            row.owners.push(Owner {
                variant,
                kind: tag.kind,
                how: tag.how.as_deref().unwrap_or(AS_WRITTEN),
            });
            row.held = row.held.or(held);
        }
        for (repository, tag, held) in variant.deferred_moves().filter(|_| is_selected) {
            let mut row = Row::new(
                counter(repository, tag),
                format!("{}:{}", repository.familiar(), tag.written()),
                held,
            );
            row.owners.push(Owner {
                variant,
                kind: tag.kind,
                how: tag.how.as_deref().unwrap_or(AS_WRITTEN),
            });
            deferred.push(row);
        }
    }
    rows.into_values()
        .filter(|row| wanted.contains(&row.reference))
        .chain(deferred)
        .collect()
}

impl<'a> Row<'a> {
    fn new(reference: String, familiar: String, held: Option<&'a str>) -> Self {
        Self {
            reference,
            familiar,
            owners: Vec::new(),
            held,
        }
    }

    /// The first owner, and how many others there are.
    fn owner(&self) -> String {
        let first = self.owners.first().map(|owner| owner.variant.label());
        let first = first.unwrap_or_default();
        match self.owners.len() {
            0 | 1 => first,
            n => format!("{first} + {}", n - 1),
        }
    }

    /// The owners of a shared reference besides the first one.
    fn others(&self) -> String {
        let others: Vec<String> = (self.owners.iter().skip(1))
            .map(|owner| owner.variant.label())
            .collect();
        match others.is_empty() {
            true => String::new(),
            false => format!(" (with {})", others.join(", ")),
        }
    }

    fn owners(&self) -> String {
        self.owners
            .iter()
            .map(|owner| owner.variant.label())
            .collect::<Vec<_>>()
            .join(" + ")
    }

    fn kind(&self) -> &'static str {
        match self.owners.iter().all(|owner| owner.kind == TagKind::Fixed) {
            true => "fixed",
            false => "moving",
        }
    }

    fn how(&self) -> String {
        let mut all: Vec<&str> = self.owners.iter().map(|owner| owner.how).collect();
        all.dedup();
        all.join("; ")
    }
}

/// One line per reference. What may be long comes last, so that the columns before it are aligned.
fn text(rows: &[Row]) -> String {
    let mut out = String::new();
    let cells: Vec<[String; 3]> = rows
        .iter()
        .map(|row| [row.familiar.clone(), row.owner(), row.kind().into()])
        .collect();
    let width = |column: usize| {
        let cells = cells.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths = [width(0), width(1), width(2)];
    for (row, cells) in rows.iter().zip(&cells) {
        for (cell, width) in cells.iter().zip(widths) {
            let _ = write!(out, "{cell:<width$}  ");
        }
        let held = row
            .held
            .map(|why| format!(" (held: {why})"))
            .unwrap_or_default();
        let _ = writeln!(out, "{}{}{held}", row.how(), row.others());
    }
    out
}

fn markdown(rows: &[Row]) -> String {
    let mut out = String::from("| reference | variant | kind | how |\n| --- | --- | --- | --- |\n");
    for row in rows {
        let cell = |text: String| text.replace('|', "\\|");
        let (reference, owners) = (&row.familiar, row.owners());
        let _ = writeln!(
            out,
            "| `{reference}` | {} | {} | {} |",
            cell(owners),
            row.kind(),
            cell(row.how())
        );
    }
    out
}

fn row_json(row: &Row) -> Value {
    let owner = |owner: &Owner| json!({ "variant": owner.variant.label(), "platforms": owner.variant.platforms, "how": owner.how });
    json!({
        "reference": row.reference,
        "kind": row.kind(),
        "owners": row.owners.iter().map(owner).collect::<Vec<_>>(),
        "held": row.held,
    })
}
