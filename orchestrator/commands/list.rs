use crate::commands::{Exit, Global, Host, Ready, load_selected, print, print_json};
use crate::matrix::{Parent, Variant, VariantId};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// List the variants of the fleet with their parents and tags
///
/// Needs no engine and no network.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  kiln list\n  kiln list --format json")]
pub struct Args {
    /// The variants to list, by image, variant or public reference [default: all]
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
}

/// Runs `kiln list`.
pub fn run(args: Args, global: &Global, host: &Host) -> Exit {
    let (ready, selected) = match load_selected(&args.selectors, global, host) {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    match args.format {
        Format::Text => print(&text(&ready, &selected)),
        Format::Json => print_json(&json_text(&ready, &selected)),
    }
    Exit::Done
}

fn selected<'a>(
    ready: &'a Ready,
    selected: &'a BTreeSet<VariantId>,
) -> impl Iterator<Item = &'a Variant> {
    ready
        .fleet
        .variants
        .iter()
        .filter(|v| selected.contains(&v.id))
}

fn text(ready: &Ready, ids: &BTreeSet<VariantId>) -> String {
    let mut out = String::new();
    let width = selected(ready, ids)
        .map(|v| v.label().chars().count())
        .max()
        .unwrap_or(0);
    for variant in selected(ready, ids) {
        let tags: Vec<&str> = variant.tags.iter().map(|t| t.tag.as_str()).collect();
        let line = format!(
            "{:<width$}  from {}  tags {}",
            variant.label(),
            parent(ready, variant),
            tags.join(" ")
        );
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn parent(ready: &Ready, variant: &Variant) -> String {
    match variant.parent {
        Some(Parent::Base(base)) => ready.fleet.base(base).reference.familiar(),
        Some(Parent::Variant(parent)) => ready.fleet.variant(parent).label(),
        None => {
            let parents: Vec<String> = ready
                .graph
                .parents(variant.id)
                .iter()
                .map(|p| ready.fleet.variant(*p).label())
                .collect();
            if parents.is_empty() {
                "its Dockerfile".into()
            } else {
                parents.join(", ")
            }
        }
    }
}

fn json_text(ready: &Ready, ids: &BTreeSet<VariantId>) -> String {
    let all: Vec<Value> = selected(ready, ids).map(|v| row(ready, v)).collect();
    format!("{:#}\n", Value::from(all))
}

fn row(ready: &Ready, variant: &Variant) -> Value {
    let cells: serde_json::Map<String, Value> = variant
        .cells
        .iter()
        .map(|(axis, cell)| (axis.clone(), json!(cell.value)))
        .collect();
    json!({
        "variant": variant.label(),
        "image": variant.image,
        "name": variant.name,
        "dir": variant.dir,
        "axes": cells,
        "from": parent(ready, variant),
        "platforms": variant.platforms,
        "references": variant.references().map(|(r, _)| r).collect::<Vec<_>>(),
        "recipe_id": ready.ids.variant(variant.id),
    })
}
