use crate::commands::{Demand, Demands, Exit, Global, Host, load, print};
use crate::text::count;

/// Check the manifest, the templates and the graph, and report all errors at once
///
/// Needs no engine and no network.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  kiln validate")]
pub struct Args {}

/// Runs `kiln validate`.
pub fn run(_: Args, global: &Global, host: &Host) -> Exit {
    let demands = Demands {
        checksums: Demand::Must,
        stage: Demand::Should,
        bases: Demand::Should,
    };
    match load(global, host, demands) {
        Ok((_, ready)) => {
            let variants = ready.fleet.variants.len();
            let tags: usize = ready
                .fleet
                .variants
                .iter()
                .map(|v| v.references().count())
                .sum();
            print(&format!(
                "{}: {}, {}, no errors found\n",
                ready.fleet.name,
                count(variants, "variant"),
                count(tags, "reference"),
            ));
            Exit::Done
        }
        Err(exit) => exit,
    }
}
