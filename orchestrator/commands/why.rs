use crate::commands::planned::Wanted;
use crate::commands::world::exit;
use crate::commands::{
    Demands, Exit, Global, Host, OutputFormat, World, check_set, load_selected_in, print,
    print_json,
};
use crate::line::Ready;
use crate::memory::Compared;
use crate::plan::{self, Facts, Options, Why};
use crate::report::{why_json, why_text};
use crate::request::WorldError;
use crate::survey::Survey;
use crate::workspace::git::History;

/// Explain images: what each is made from, what has changed since, and what build and nightly would do
///
/// Shows the current image of each variant, by which name it was found, when and from which commit it was built, and what it
/// was made from. Then what `kiln build --push` and `kiln nightly` would do today, with the reasons and what they rest on;
/// the same for each parent that would not be kept. Reads the registries. Needs no engine.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln why core:stable\n  kiln why core\n  kiln why core --format json"
)]
pub struct Args {
    /// The variants to explain, by image, variant or public reference
    #[arg(required = true, value_name = "IMAGE")]
    selectors: Vec<String>,
    /// The output format
    #[arg(long, value_enum, default_value = "text")]
    format: OutputFormat,
}

/// Runs `kiln why`.
pub async fn run(args: Args, global: &Global, host: &Host) -> Exit {
    match explained(&args.selectors, global, host).await {
        Ok(all) => {
            match args.format {
                OutputFormat::Text => print(&why_text(&all)),
                OutputFormat::Json => print_json(&format!("{:#}\n", why_json(&all))),
            }
            Exit::Done
        }
        Err(exit) => exit,
    }
}

async fn explained(selectors: &[String], global: &Global, host: &Host) -> Result<Vec<Why>, Exit> {
    let (workspace, ready, selected) = load_selected_in(selectors, global, host, Demands::STAGE)?;
    check_set(&ready, &selected)?;
    let history = History::open(workspace.root());
    let wanted = |compared| Wanted {
        compared,
        evidence: true,
        ..Wanted::publish(selected.clone())
    };
    let wanted = [Compared::Everything, Compared::RecipeAndParents].map(wanted);
    let [nightly, build] = wanted
        .each_ref()
        .map(|one| one.options(&ready, host, &history));
    let world = World::open(host).of(ready.fleet.read_through());
    let found = facts(&ready, &world, &nightly, &build).await;
    let found = found.map_err(|why| exit(&why))?;
    let materials = ready.materials();
    let all = materials.graph.with_ancestors(&selected);
    let decide = |options| plan::decide(&materials, &found, options, &all);
    let (built, nightly) = (decide(&build), decide(&nightly));
    let mut all = plan::why(&materials, &found, &built, &nightly, &selected);
    let plan = plan::build(&materials, &found, &build);
    all.iter_mut().for_each(|why| why.add(&plan));
    Ok(all)
}

/// What both comparisons need. Nightly's comes first: it keeps less, and so reads more.
async fn facts(
    ready: &Ready,
    world: &World,
    nightly: &Options<'_>,
    build: &Options<'_>,
) -> Result<Facts, WorldError> {
    let survey = Survey {
        materials: ready.materials(),
        options: nightly,
        registry: &*world.registry,
        evidence: true,
        questions: None,
    };
    let mut facts = survey.facts().await?;
    let options = build;
    Survey { options, ..survey }.add(&mut facts).await?;
    Ok(facts)
}
