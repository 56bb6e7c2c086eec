use crate::commands::{Checksums, Exit, Global, Host, load_selected, print};

/// Show which variant stands on which
///
/// Needs no engine and no network. Edges come from the manifest and from every FROM, COPY --from and
/// RUN --mount=from of the Dockerfiles.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln graph\n  kiln graph --format mermaid\n  kiln graph --format dot\n  kiln graph lang+"
)]
pub struct Args {
    /// What to show: an image, a variant, a public reference; all where nothing is named
    selectors: Vec<String>,
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// How the graph is written.
#[derive(clap::ValueEnum, Debug, Clone, Copy)]
pub enum Format {
    Text,
    Dot,
    Mermaid,
    Json,
}

/// Runs `kiln graph`.
pub fn run(args: Args, global: &Global, host: &Host) -> Exit {
    let (ready, selected) = match load_selected(&args.selectors, global, host, Checksums::Unasked) {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    let graph = ready.graph.part(&selected);
    print(&match args.format {
        Format::Text => graph.text(&ready.fleet),
        Format::Dot => graph.dot(&ready.fleet),
        Format::Mermaid => graph.mermaid(&ready.fleet),
        Format::Json => format!("{:#}\n", graph.json(&ready.fleet)),
    });
    Exit::Done
}
