use crate::commands::build::refuse_force;
use crate::commands::world::exit;
use crate::commands::{Checksums, Exit, Global, Host, World, load_selected, print};
use crate::plan::{self, Facts, Options};
use crate::survey;

/// Show what `kiln build --push` would do, and why
///
/// Reads the registries, and needs no engine; with --offline neither.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  kiln plan --offline\n  kiln plan --offline --format json")]
pub struct Args {
    /// What to plan for: an image, a variant, a public reference; all where nothing is named
    selectors: Vec<String>,
    /// Ask no registry: everything is planned as if nothing were published
    #[arg(long)]
    offline: bool,
    /// Not supported; kept to say why
    #[arg(long, hide = true)]
    force: bool,
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// How the plan is written.
#[derive(clap::ValueEnum, Debug, Clone, Copy)]
pub enum Format {
    Text,
    Json,
}

/// Runs `kiln plan`.
pub async fn run(args: Args, global: &Global, host: &Host) -> Exit {
    match plan(&args, global, host).await {
        Ok(text) => {
            print(&text);
            Exit::Done
        }
        Err(exit) => exit,
    }
}

async fn plan(args: &Args, global: &Global, host: &Host) -> Result<String, Exit> {
    if args.force {
        return Err(refuse_force("kiln plan"));
    }
    let (ready, selected) = load_selected(&args.selectors, global, host, Checksums::Should)?;
    let facts = match args.offline {
        true => Facts::default(),
        false => {
            let world = World::open(host);
            let asked = survey::published(
                &ready.fleet,
                &ready.graph,
                &ready.ids,
                &selected,
                &*world.registry,
            );
            asked.await.map_err(|why| exit(&why))?
        }
    };
    let options = Options {
        push: true,
        selected,
    };
    let plan = plan::build(&ready.fleet, &ready.graph, &facts, &options);
    Ok(match args.format {
        Format::Text => plan::text(&plan, &ready.fleet),
        Format::Json => format!("{:#}\n", plan::json(&plan, &ready.fleet)),
    })
}
