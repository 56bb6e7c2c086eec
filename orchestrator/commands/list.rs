use crate::commands::planned::Wanted;
use crate::commands::world::exit;
use crate::commands::{
    Demands, Exit, Global, Host, OutputFormat, World, load_fleet, load_selected_in, print,
    print_json,
};
use crate::matrix::{Fleet, Parent, Variant, VariantId};
use crate::report::Published;
use crate::survey::Survey;
use crate::workspace::git::History;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// List the variants of the fleet with their parents and tags
///
/// Needs no engine and no network, and renders nothing. `kiln graph` shows what hand-written Dockerfiles
/// are based on. With --published, reads the registries, and shows what is published of each variant and where.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln list\n  kiln list --format json\n  kiln list --published --format json"
)]
pub struct Args {
    /// The variants to list, by image, variant or public reference [default: all]
    selectors: Vec<String>,
    /// Show the image that each variant has, when and from what it was built, and what its public tags name
    #[arg(long)]
    published: bool,
    /// The output format
    #[arg(long, value_enum, default_value = "text")]
    format: OutputFormat,
}

/// Runs `kiln list`.
pub async fn run(args: Args, global: &Global, host: &Host) -> Exit {
    if args.published {
        return match published(&args, global, host).await {
            Ok(exit) | Err(exit) => exit,
        };
    }
    let (fleet, selected) = match load_fleet(&args.selectors, global, host) {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    match args.format {
        OutputFormat::Text => print(&text(&fleet, &selected)),
        OutputFormat::Json => print_json(&json_text(&fleet, &selected)),
    }
    Exit::Done
}

/// Shows what registries have. Ends with 1 if the public tags of a variant could not be read.
async fn published(args: &Args, global: &Global, host: &Host) -> Result<Exit, Exit> {
    global.refuse_set_without_effect("list --published")?;
    let (workspace, ready, selected) =
        load_selected_in(&args.selectors, global, host, Demands::STAGE)?;
    let history = History::open(workspace.root());
    let wanted = Wanted::publish(selected);
    let options = wanted.options(&ready, host, &history);
    let world = World::open(host).of(ready.fleet.read_through());
    let survey = Survey {
        materials: ready.materials(),
        options: &options,
        registry: &*world.registry,
        evidence: false,
        questions: None,
    };
    let found = survey.publication().await.map_err(|why| exit(&why))?;
    let published = Published {
        ready: &ready,
        selected: &wanted.selected,
        found: &found,
    };
    match args.format {
        OutputFormat::Text => print(&published.text()),
        OutputFormat::Json => print_json(&format!("{:#}\n", published.json())),
    }
    Ok(match published.is_incomplete() {
        true => Exit::Failed,
        false => Exit::Done,
    })
}

fn selected<'a>(
    fleet: &'a Fleet,
    selected: &'a BTreeSet<VariantId>,
) -> impl Iterator<Item = &'a Variant> {
    fleet.variants.iter().filter(|v| selected.contains(&v.id))
}

fn text(fleet: &Fleet, ids: &BTreeSet<VariantId>) -> String {
    let mut out = String::new();
    let width = selected(fleet, ids)
        .map(|v| v.label().chars().count())
        .max()
        .unwrap_or(0);
    for variant in selected(fleet, ids) {
        let tags: Vec<&str> = variant.tags.iter().map(|t| t.tag.as_str()).collect();
        let line = format!(
            "{:<width$}  from {}  tags {}",
            variant.label(),
            parent(fleet, variant),
            tags.join(" ")
        );
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn parent(fleet: &Fleet, variant: &Variant) -> String {
    match variant.parent {
        Some(Parent::Base(base)) => fleet.base(base).reference.familiar(),
        Some(Parent::Variant(parent)) => fleet.variant(parent).label(),
        None => "its Dockerfile".into(),
    }
}

fn json_text(fleet: &Fleet, ids: &BTreeSet<VariantId>) -> String {
    let all: Vec<Value> = selected(fleet, ids).map(|v| row(fleet, v)).collect();
    format!("{:#}\n", Value::from(all))
}

fn row(fleet: &Fleet, variant: &Variant) -> Value {
    let cells: serde_json::Map<String, Value> = variant
        .cells
        .values()
        .map(|cell| (cell.axis.clone(), json!(cell.value)))
        .collect();
    json!({
        "variant": variant.label(),
        "image": variant.image,
        "name": variant.name,
        "dir": variant.dir,
        "axes": cells,
        "from": parent(fleet, variant),
        "platforms": variant.platforms,
        "references": variant.references().map(|(r, _)| r).collect::<Vec<_>>(),
    })
}
