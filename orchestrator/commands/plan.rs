use crate::commands::planned::Wanted;
use crate::commands::world::refuse;
use crate::commands::{
    Demand, Demands, Exit, Global, Host, World, load_selected_in, print, print_json, warn,
};
use crate::plan::{self, Plan};
use crate::request::Patience;
use crate::survey;
use crate::workspace::git::History;

/// Show what `kiln build --push` would do, and why
///
/// Shows what changes with the reasons and what they rest on, and counts the rest. Reads the registries, except with
/// --offline. Needs no engine.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln plan --offline\n  kiln plan --offline --format json\n  kiln plan --check\n  kiln plan core --all\n  kiln plan --format markdown > comment.md"
)]
pub struct Args {
    /// The variants to plan for, by image, variant or public reference [default: all]
    selectors: Vec<String>,
    /// Ask no registry; plan as if nothing were published
    #[arg(long)]
    offline: bool,
    /// Show also what does not change, and all lines of a recipe that have changed
    #[arg(long)]
    all: bool,
    /// Exit with 1 if anything would be built or written
    #[arg(long)]
    check: bool,
    /// Plan to build the selected variants again
    #[arg(long)]
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
    /// A comment on a pull request
    Markdown,
}

/// Runs `kiln plan`.
pub async fn run(args: Args, global: &Global, host: &Host) -> Exit {
    let force = args.force;
    let wanted = |wanted: Wanted| Wanted { force, ..wanted };
    match planned(&args.selectors, wanted, args.offline, global, host).await {
        Ok(plan) => {
            print_plan(&plan, args.format, args.all);
            match args.check && plan.has_work() {
                true => Exit::Failed,
                false => Exit::Done,
            }
        }
        Err(exit) => exit,
    }
}

/// Shows what a planner would do. A base that could not be looked up may have moved: then this ends with 1.
pub(super) async fn show(
    selectors: &[String],
    wanted: impl Fn(Wanted) -> Wanted,
    format: Format,
    all: bool,
    global: &Global,
    host: &Host,
) -> Exit {
    match planned(selectors, wanted, false, global, host).await {
        Ok(plan) => {
            print_plan(&plan, format, all);
            match plan.unknown.is_empty() {
                true => Exit::Done,
                false => Exit::Failed,
            }
        }
        Err(exit) => exit,
    }
}

fn print_plan(plan: &Plan, format: Format, all: bool) {
    match format {
        Format::Text => print(&plan::text(plan, all)),
        Format::Json => print_json(&format!("{:#}\n", plan::json(plan))),
        Format::Markdown => print(&plan::markdown(plan)),
    }
}

async fn planned(
    selectors: &[String],
    wanted: impl Fn(Wanted) -> Wanted,
    offline: bool,
    global: &Global,
    host: &Host,
) -> Result<Plan, Exit> {
    let demands = Demands {
        checksums: Demand::Should,
        stage: Demand::Must,
    };
    let (workspace, ready, selected) = load_selected_in(selectors, global, host, demands)?;
    let history = History::open(workspace.root());
    let wanted = Wanted {
        evidence: true,
        ..wanted(Wanted::publish(selected))
    };
    if offline {
        return Ok(wanted.offline(&ready, host, &history));
    }
    let world = World::open(host);
    let plan = wanted.surveyed(&ready, &world, host, &history).await?;
    check_bases(&plan, &world).await?;
    Ok(plan)
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
