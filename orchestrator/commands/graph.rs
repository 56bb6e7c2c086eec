use crate::commands::{Checksums, Exit, Global, Host, load, print};

/// Show which variant stands on which
///
/// Needs no engine and no network. Edges come from the manifest and from every FROM, COPY --from and
/// RUN --mount=from of the Dockerfiles.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  kiln graph\n  kiln graph --format mermaid\n  kiln graph --format dot")]
pub struct Args {
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
    match load(global, host, Checksums::Unasked) {
        Ok(ready) => {
            print(&match args.format {
                Format::Text => ready.graph.text(&ready.fleet),
                Format::Dot => ready.graph.dot(&ready.fleet),
                Format::Mermaid => ready.graph.mermaid(&ready.fleet),
                Format::Json => format!("{:#}\n", ready.graph.json(&ready.fleet)),
            });
            Exit::Done
        }
        Err(exit) => exit,
    }
}
