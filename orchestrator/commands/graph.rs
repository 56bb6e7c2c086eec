use crate::commands::{Demands, Exit, Global, Host, load_selected, print, print_json};

/// Show which variant is based on which
///
/// Needs no engine and no network. The edges come from the manifest and from FROM, COPY --from and
/// RUN --mount=from in the Dockerfiles.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln graph\n  kiln graph --format mermaid\n  kiln graph --format dot\n  kiln graph lang+"
)]
pub struct Args {
    /// The variants to show, by image, variant or public reference [default: all]
    selectors: Vec<String>,
    /// The output format
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// The output format.
#[derive(clap::ValueEnum, Debug, Clone, Copy)]
pub enum Format {
    Text,
    Dot,
    Mermaid,
    Json,
}

/// Runs `kiln graph`.
pub fn run(args: Args, global: &Global, host: &Host) -> Exit {
    if let Err(exit) = global.refuse_branch("graph") {
        return exit;
    }
    let (ready, selected) = match load_selected(&args.selectors, global, host, Demands::NONE) {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    let graph = ready.graph.part(&selected);
    match args.format {
        Format::Text => print(&graph.text(&ready.fleet)),
        Format::Dot => print(&graph.dot(&ready.fleet)),
        Format::Mermaid => print(&graph.mermaid(&ready.fleet)),
        Format::Json => print_json(&format!("{:#}\n", graph.json(&ready.fleet, &ready.recipes))),
    }
    Exit::Done
}
