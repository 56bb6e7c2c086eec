use crate::commands::build::refuse_force;
use crate::commands::world::{exit, refuse};
use crate::commands::{
    Demand, Demands, Exit, Global, Host, World, load_selected, print, print_json, warn,
};
use crate::plan::{self, Facts, Options, Plan};
use crate::request::Patience;
use crate::survey;

/// Show what `kiln build --push` would do, and why
///
/// Reads the registries, except with --offline. Needs no engine.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  kiln plan --offline\n  kiln plan --offline --format json")]
pub struct Args {
    /// The variants to plan for, by image, variant or public reference [default: all]
    selectors: Vec<String>,
    /// Query no registry; plan as if nothing were published
    #[arg(long)]
    offline: bool,
    /// Not supported; kept to explain why
    #[arg(long, hide = true)]
    force: bool,
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

/// Runs `kiln plan`.
pub async fn run(args: Args, global: &Global, host: &Host) -> Exit {
    match plan(&args, global, host).await {
        Ok(shown) => {
            match args.format {
                Format::Text => print(&shown),
                Format::Json => print_json(&shown),
            }
            Exit::Done
        }
        Err(exit) => exit,
    }
}

async fn plan(args: &Args, global: &Global, host: &Host) -> Result<String, Exit> {
    if args.force {
        return Err(refuse_force("kiln plan"));
    }
    let demands = Demands {
        checksums: Demand::Should,
        stage: Demand::Must,
    };
    let (ready, selected) = load_selected(&args.selectors, global, host, demands)?;
    let world = World::open(host);
    let facts = match args.offline {
        true => Facts::default(),
        false => {
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
    let plan = plan::build(&ready.materials(), &facts, &options);
    if !args.offline {
        check_bases(&plan, &world).await?;
    }
    Ok(match args.format {
        Format::Text => plan::text(&plan),
        Format::Json => format!("{:#}\n", plan::json(&plan)),
    })
}

/// Refuses the bases that `kiln build` would refuse before its first build. If a base cannot be looked up, that is only
/// a warning: the build reports it.
async fn check_bases(plan: &Plan, world: &World) -> Result<(), Exit> {
    let bases = survey::Bases {
        plan,
        registry: &*world.registry,
        engine: None,
        patience: Patience::CACHE,
    };
    match bases.unmade().await {
        Ok(unmade) => refuse(&unmade),
        Err(why) => {
            warn(&format!(
                "the platforms of the bases were not checked: {why}"
            ));
            Ok(())
        }
    }
}
