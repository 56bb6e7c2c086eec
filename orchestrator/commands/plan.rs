use crate::commands::emulation;
use crate::commands::older::Older;
use crate::commands::planned::Wanted;
use crate::commands::world::refuse;
use crate::commands::{
    Demand, Demands, Exit, Global, Host, World, check_committed, check_results, check_set,
    complain, load_beside, print, print_json, saved, tell, warn,
};
use crate::memory::Compared;
use crate::plan::{self, MovedBack, Plan, SavedPlan, Step};
use crate::request::Patience;
use crate::survey;
use crate::workspace::git::History;
use std::path::{Path, PathBuf};

/// Show what `kiln build --push` would do, and why
///
/// Shows what changes with the reasons and what they rest on, and counts the rest. Reads the registries, except with
/// --offline. Needs no engine.
#[derive(clap::Args, Debug)]
#[command(
    override_usage = "kiln plan [OPTIONS] [SELECTORS]...\n       kiln plan [OPTIONS] --show <FILE>",
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
    /// Exit with 1 if anything would be built, checked or written
    #[arg(long)]
    check: bool,
    /// Plan to build the selected variants again, without cache
    #[arg(long)]
    force: bool,
    /// With --force: plan to use the cache
    #[arg(long, requires = "force")]
    cache: bool,
    /// Plan to try images again that are failing
    #[arg(long, conflicts_with = "offline")]
    retry: bool,
    /// Let this tag move to an older version or revision: TAG, IMAGE:TAG or a whole reference; may be repeated
    #[arg(long, value_name = "TAG", conflicts_with = "offline")]
    allow_older: Vec<String>,
    /// Save the plan to a file that `kiln apply` carries out
    #[arg(short, long, value_name = "FILE", conflicts_with = "offline")]
    out: Option<PathBuf>,
    /// Show a plan that was saved, and read nothing else
    #[arg(long, value_name = "FILE", conflicts_with_all = ["selectors", "offline", "force", "retry", "allow_older", "out"])]
    show: Option<PathBuf>,
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

/// What is previewed.
pub(super) struct Preview<'a> {
    /// The command that would do it.
    pub command: &'static str,
    pub selectors: &'a [String],
    pub compared: Compared,
    pub force: bool,
    pub no_cache: bool,
    pub retry: bool,
    pub all_packages: bool,
    pub allow_older: &'a [String],
    pub offline: bool,
    /// Where the plan is saved.
    pub out: Option<&'a Path>,
    /// The file of `--junit`.
    pub results: Option<&'a Path>,
}

/// Runs `kiln plan`.
pub async fn run(args: Args, global: &Global, host: &Host) -> Exit {
    if args.all && !matches!(args.format, Format::Text) {
        complain("--all has no effect with --format json or markdown: leave it out");
        return Exit::Wrong;
    }
    if let Some(file) = &args.show {
        return show_saved(file, &args, global);
    }
    if args.out.is_some() && host.env.is_untrusted() {
        complain(
            "--out saves a plan for `kiln apply`, which runs its hooks and publishes, and a run with --untrusted (or KILN_UNTRUSTED=1) makes none\n  leave out --out, or leave out --untrusted if you trust the workspace",
        );
        return Exit::Wrong;
    }
    let preview = Preview {
        command: "kiln plan",
        selectors: &args.selectors,
        compared: Compared::RecipeAndParents,
        force: args.force,
        no_cache: args.force && !args.cache,
        retry: args.retry,
        all_packages: false,
        allow_older: &args.allow_older,
        offline: args.offline,
        out: args.out.as_deref(),
        results: None,
    };
    let shown = shown(&preview, args.format, args.all, global, host).await;
    match shown {
        Ok(plan) if args.check && plan.has_work() => Exit::Failed,
        Ok(_) => Exit::Done,
        Err(exit) => exit,
    }
}

/// Shows a saved plan as it was shown when it was made.
fn show_saved(file: &Path, args: &Args, global: &Global) -> Exit {
    let why = "the plan was made before\n  leave it out";
    if let Err(exit) = global.refuse_because("plan --show", why) {
        return exit;
    }
    match saved::read(file) {
        Ok(saved) => {
            let shown = Shown {
                plan: &saved.plan,
                back: &saved.back,
                command: &saved.command,
            };
            shown.write(args.format, args.all);
            match args.check && saved.plan.has_work() {
                true => Exit::Failed,
                false => Exit::Done,
            }
        }
        Err(exit) => exit,
    }
}

/// Shows what a nightly run would do. It ends as that run would: with 1 if a base could not be looked up, which may have moved,
/// and if an image is failing and is not tried.
pub(super) async fn show(
    preview: Preview<'_>,
    format: Format,
    all: bool,
    global: &Global,
    host: &Host,
) -> Exit {
    match shown(&preview, format, all, global, host).await {
        Ok(plan) if !plan.is_incomplete() && plan.skips().all(Step::is_withdrawn) => Exit::Done,
        Ok(_) => Exit::Failed,
        Err(exit) => exit,
    }
}

async fn shown(
    preview: &Preview<'_>,
    format: Format,
    all: bool,
    global: &Global,
    host: &Host,
) -> Result<Plan, Exit> {
    let (plan, back) = planned(preview, global, host).await?;
    let shown = Shown {
        plan: &plan,
        back: &back,
        command: preview.command,
    };
    shown.write(format, all);
    Ok(plan)
}

/// What is written of a plan.
pub(super) struct Shown<'a> {
    pub plan: &'a Plan,
    /// The tags that it moves backwards.
    pub back: &'a [MovedBack],
    /// The command that would carry it out.
    pub command: &'a str,
}

impl Shown<'_> {
    /// Writes it to standard output.
    pub fn write(&self, format: Format, all: bool) {
        let line = plan::moved_back_line(self.back);
        let line = line.map_or_else(String::new, |line| format!("\n{line}\n"));
        match format {
            Format::Text => print(&(plan::text(self.plan, all) + &line)),
            Format::Json => print_json(&format!("{:#}\n", json(self.plan, self.back))),
            Format::Markdown => print(&(plan::markdown(self.plan, self.command) + &line)),
        }
    }
}

fn json(plan: &Plan, back: &[MovedBack]) -> serde_json::Value {
    let mut json = plan::json(plan);
    json["moved_back"] = back.iter().map(|one| one.reference.to_string()).collect();
    json
}

/// The plan of a preview, and the tags that it moves backwards.
pub(super) async fn planned(
    preview: &Preview<'_>,
    global: &Global,
    host: &Host,
) -> Result<(Plan, Vec<MovedBack>), Exit> {
    let place = preview.out.map(saved::Place::checked).transpose()?;
    let demands = Demands {
        checksums: match preview.out {
            // It is built without another look at the manifest.
            Some(_) => Demand::Must,
            None => Demand::Should,
        },
        stage: Demand::Must,
        bases: Demand::Should,
    };
    let file = place.as_ref().and_then(saved::Place::file);
    let (workspace, ready, selected) = load_beside(file, preview.selectors, global, host, demands)?;
    check_results(&[("--junit", preview.results)], (&workspace, &ready), None)?;
    let among = ready.graph.with_ancestors(&selected);
    check_set(&ready, &selected)?;
    let history = History::open(workspace.root());
    let wanted = Wanted {
        evidence: true,
        compared: preview.compared,
        force: preview.force,
        no_cache: preview.no_cache,
        named: !preview.selectors.is_empty(),
        retry: preview.retry,
        all_packages: preview.all_packages,
        allow_older: Older::read(preview.allow_older, &ready.fleet, &among)?,
        ..Wanted::publish(selected)
    };
    if preview.offline {
        let plan = wanted.offline(&ready, host, &history);
        return Ok((run_by(host, plan), Vec::new()));
    }
    check_committed(&workspace, &ready, preview.out);
    let world = World::open(host).of(ready.fleet.read_through());
    let surveyed = wanted.surveyed(&ready, &world, host, &history).await;
    let (mut plan, back) = surveyed.inspect_err(|exit| advise_offline(*exit, preview, host))?;
    check_bases(&plan, &world, ready.inputs.untrusted).await?;
    plan.remarks.is_refused = emulation::preview(&plan, host).await;
    if let Some(place) = place {
        place.check_contexts(&ready.contexts(&plan))?;
        let saved = SavedPlan {
            command: preview.command.to_owned(),
            inputs: ready.inputs.clone(),
            is_nightly: preview.compared == Compared::Everything,
            allow_older: wanted.allow_older.tags.clone(),
            back: back.clone(),
            plan: plan.clone(),
        };
        place.write(&saved)?;
    }
    Ok((run_by(host, plan), back))
}

/// Without credentials, a registry that needs a login cannot be read.
fn advise_offline(exit: Exit, preview: &Preview<'_>, host: &Host) {
    let is_unread = matches!(exit, Exit::Failed | Exit::Unreachable);
    if is_unread && host.env.is_untrusted() && preview.command == "kiln plan" {
        tell("--untrusted: `kiln plan --offline` asks no registry, also none that needs a login");
    }
}

/// The plan as this host would carry it out: without hooks if the workspace is not trusted.
fn run_by(host: &Host, plan: Plan) -> Plan {
    match host.env.is_untrusted() {
        true => plan.without_hooks(),
        false => plan,
    }
}

/// Refuses the bases that `kiln build` would refuse before its first build. If a base cannot be looked up, that is only
/// a warning: the build reports it.
async fn check_bases(plan: &Plan, world: &World, is_untrusted: bool) -> Result<(), Exit> {
    let bases = survey::Bases {
        plan,
        registry: &*world.registry,
        engine: None,
        patience: Patience::CACHE,
        is_untrusted,
    };
    match bases.unfit().await {
        Ok(unfit) => refuse(&unfit),
        Err(why) => {
            warn(&format!(
                "the platforms of the bases were not checked: {why}"
            ));
            Ok(())
        }
    }
}
