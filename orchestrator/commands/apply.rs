use crate::commands::build::{Ending, Format, How, Made, gather, go, hooks_of};
use crate::commands::engines::{self, Engines};
use crate::commands::secrets::{self, Door};
use crate::commands::{
    Demands, Exit, Global, Host, World, complain, load_as, refuse_first, saved, select, tell, world,
};
use crate::line::Ready;
use crate::matrix::VariantName;
use crate::name::Digest;
use crate::plan::{self, ChangedFile, ChangedFiles, Plan, SavedPlan};
use crate::request::SecretValues;
use crate::run;
use crate::survey;
use crate::tree::Tree;
use crate::workspace::Workspace;
use crate::workspace::git::{self, History, Overrides};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Carry out a plan that `kiln plan --out` has saved
///
/// Builds and publishes exactly what the plan says, on the base images that it names. With --only, builds, checks and stages some
/// variants and moves no tag, so that each variant can have a machine of its own: what other jobs have staged is found in the
/// registry. With --publish, moves what is staged and has passed its checks, and builds nothing. The same command again
/// continues. Ends with 4 if a tag, a file of the workspace or the commit is not what the plan has seen: make a new plan.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln plan --out plan.json && kiln apply plan.json\n  kiln apply plan.json --only core:1.27\n  kiln apply plan.json --publish"
)]
pub struct Args {
    /// The file with the plan
    file: PathBuf,
    /// Build, check and stage only these variants of the plan, by image, variant or public reference; may be repeated
    #[arg(long, value_name = "SELECTOR", num_args = 1.., conflicts_with = "publish")]
    only: Vec<String>,
    /// Combine, move and build nothing: publish what the jobs of the plan have staged
    #[arg(long)]
    publish: bool,
    /// How to show progress; auto means bars on a terminal, lines elsewhere
    #[arg(long, value_enum, default_value = "auto")]
    format: Format,
    #[command(flatten)]
    how: How,
}

impl Args {
    /// Whether it writes events to standard output.
    pub fn writes_events(&self) -> bool {
        self.format == Format::Json
    }
}

/// Runs `kiln apply`.
///
/// # Errors
/// The run did not begin; the message was shown.
pub async fn run(args: Args, global: &Global, host: &Host) -> Result<Exit, Exit> {
    args.how.refuse_quiet(Some(args.format))?;
    if args.publish {
        refuse_first(args.how.of_builds(), |option| {
            format!(
                "{option} has no effect with --publish: it builds nothing, and needs no engine\n  leave it out"
            )
        })?;
    }
    apply(&args, global, host).await
}

async fn apply(args: &Args, global: &Global, host: &Host) -> Result<Exit, Exit> {
    let why = "the plan says it\n  give it to `kiln plan --out`, or leave it out";
    global.refuse_because("apply", why)?;
    let instead = "run `kiln build` without --push";
    host.refuse_untrusted("kiln apply", instead)?;
    if args.only.is_empty() {
        host.refuse_in_hook("`kiln apply`")?;
    }
    if !args.publish {
        engines::check_names(&args.how.engines, host)?;
    }
    let mut saved = saved::read(&args.file)?;
    // The jobs of a pipeline have it in a folder that ends with them.
    let is_temporary = args.file.is_absolute() && host.env.get("CI").is_some();
    saved.plan.file = (!is_temporary).then(|| args.file.display().to_string());
    let (workspace, ready) = load_as(&saved.inputs, global, host, Demands::NONE)?;
    saved::check_workspace(&saved, &ready.fleet.name)?;
    args.how
        .check_results((&workspace, &ready), Some(&args.file), host)?;
    let root = workspace.root();
    check_revision(&saved, root, host)?;
    // A job that makes one image does not answer for the others.
    let is_nightly = saved.is_nightly && args.only.is_empty();
    let ending = Ending {
        is_nightly,
        is_incomplete: is_nightly && saved.plan.is_incomplete(),
        back: saved.back.clone(),
        ..Ending::default()
    };
    let whole = saved.plan.clone();
    let Part {
        plan,
        contexts,
        secrets,
        names,
    } = match args.publish {
        true => Part::of(saved.plan.publishing(), &workspace, host),
        false => {
            let names = selected(args, &saved.plan, &ready, global, host)?;
            part(&saved.plan, names, (&workspace, &ready), host)?
        }
    };
    let made = Made {
        plan,
        contexts,
        secrets,
        history: History::open(root),
        hooks: hooks_of(&workspace, host),
        allow_older: saved.allow_older,
    };
    let world = World::open(host).of(made.plan.read_through());
    if made.plan.needs_engine() {
        refuse_unfit(&whole, names.as_ref(), &world).await?;
    }
    let engines = connected(args, &made.plan, &world, host).await?;
    let parts = gather(made, &args.how, engines, &world, host).await?;
    go(parts, &args.how, args.format, ending, host).await
}

/// The workspace must be at the commit that the plan was made for: its records name that one, and the order of two runs depends on
/// it.
fn check_revision(saved: &SavedPlan, root: &Path, host: &Host) -> Result<(), Exit> {
    let (now, _) = git::revision(root, &host.env, Overrides::default());
    let planned = &saved.plan.origin.revision;
    if now.sha == *planned {
        return Ok(());
    }
    let short = |revision: &Option<String>| match revision {
        Some(revision) => format!("commit {}", revision.get(..12).unwrap_or(revision)),
        None => "no commit".into(),
    };
    let (planned, now) = (short(planned), short(&now.sha));
    complain(&format!(
        "the plan is for {planned}, and the workspace is at {now}\n  check out the commit of the plan, or make a new plan"
    ));
    Err(Exit::Changed)
}

/// The part of a plan that is carried out.
struct Part {
    plan: Plan,
    /// The files of the workspace that it reads.
    contexts: HashMap<Digest, Arc<Tree>>,
    /// What its builds mount.
    secrets: SecretValues,
    /// The variants that it makes; all without names.
    names: Option<BTreeSet<VariantName>>,
}

impl Part {
    /// A part without builds.
    fn of(plan: Plan, workspace: &Workspace, host: &Host) -> Self {
        Self {
            contexts: HashMap::new(),
            secrets: secrets::hidden(&plan, workspace, host),
            names: None,
            plan,
        }
    }
}

/// The part of the plan that is built, with what it needs of the workspace and of this machine. Without names, it is all of it.
fn part(
    plan: &Plan,
    names: Option<BTreeSet<VariantName>>,
    (workspace, ready): (&Workspace, &Ready),
    host: &Host,
) -> Result<Part, Exit> {
    let plan = match &names {
        None => plan.clone().whole(),
        Some(names) => plan.only(names),
    };
    let contexts = ready.contexts(&plan);
    let materials = ready.materials();
    let changed = plan::changed_files(&plan, &materials, |digest| contexts.contains_key(digest));
    refuse_changed(&changed, workspace.root())?;
    let door = Door {
        host,
        workspace,
        contexts: &contexts,
    };
    let secrets = door.read(&plan)?;
    Ok(Part {
        plan,
        contexts,
        secrets,
        names,
    })
}

/// The variants that the selectors name; each selector names one of the plan. `None` without selectors.
fn selected(
    args: &Args,
    plan: &Plan,
    ready: &Ready,
    global: &Global,
    host: &Host,
) -> Result<Option<BTreeSet<VariantName>>, Exit> {
    if args.only.is_empty() {
        return Ok(None);
    }
    let planned: BTreeSet<&VariantName> = plan.steps.iter().map(|step| &step.variant).collect();
    let mut all = BTreeSet::new();
    for selector in &args.only {
        // The name of a variant means that one alone, also if others share the tag that it is called by.
        let named = VariantName::from(selector.as_str());
        if planned.contains(&named) {
            all.insert(named);
            continue;
        }
        let found = select(ready, std::slice::from_ref(selector), global, host)?;
        let names = found.into_iter().map(|v| ready.names[v].clone());
        let mut names = names.filter(|name| planned.contains(name)).peekable();
        if names.peek().is_none() {
            complain(&format!(
                "--only {selector}: the plan has no step for it\n  `kiln plan --show {} --all` lists the variants of the plan",
                args.file.display()
            ));
            return Err(Exit::Wrong);
        }
        all.extend(names);
    }
    Ok(Some(all))
}

/// The most variants that are named with their files.
const NAMED: usize = 5;

/// The name of a changed file from the folder of the workspace, else from its build context.
fn shown(file: &ChangedFile, root: &Path) -> String {
    let path = file.path.as_deref();
    let below = path.and_then(|path| path.strip_prefix(root).ok());
    below.map_or_else(|| file.name.clone(), |path| path.display().to_string())
}

fn refuse_changed(changed: &[ChangedFiles], root: &Path) -> Result<(), Exit> {
    if changed.is_empty() {
        return Ok(());
    }
    for one in changed.iter().take(NAMED) {
        let files = one.files.iter().take(NAMED);
        let files: Vec<String> = files.map(|file| shown(file, root)).collect();
        let what = match (files.as_slice(), one.files.len()) {
            ([], _) => "the manifest does not declare it any more".to_owned(),
            (files, all) if all > files.len() => {
                format!(
                    "{} and {} more differ from the plan",
                    files.join(", "),
                    all - files.len()
                )
            }
            ([only], _) => format!("{only} differs from the plan"),
            (files, _) => format!("{} differ from the plan", files.join(", ")),
        };
        complain(&format!("{}: {what}", one.variant));
    }
    if let Some(more) = changed.len().checked_sub(NAMED).filter(|more| *more > 0) {
        complain(&match more {
            1 => "1 more variant reads other files than the plan says".into(),
            more => format!("{more} more variants read other files than the plan says"),
        });
    }
    tell("  check out the files that the plan was made from, or make a new plan");
    Err(Exit::Changed)
}

/// Refuses a plan whose tags have moved since, before its first build.
async fn refuse_unfit(
    plan: &Plan,
    names: Option<&BTreeSet<VariantName>>,
    world: &World,
) -> Result<(), Exit> {
    let unfit = run::unfit(plan, names, &*world.registry).await;
    let unfit = unfit.map_err(|why| world::exit(&why))?;
    for why in unfit.iter().take(NAMED) {
        complain(&why.to_string());
    }
    if let Some(more) = unfit.len().checked_sub(NAMED).filter(|more| *more > 0) {
        complain(&match more {
            1 => "1 more tag has changed since the plan was made".into(),
            more => format!("{more} more tags have changed since the plan was made"),
        });
    }
    match unfit.is_empty() {
        true => Ok(()),
        false => Err(Exit::Changed),
    }
}

/// Connects to the engines if the plan needs one, and says which bases have moved.
async fn connected(args: &Args, plan: &Plan, world: &World, host: &Host) -> Result<Engines, Exit> {
    if !plan.needs_engine() {
        return Ok(Engines::default());
    }
    let engines = engines::connect(&args.how, host).await?;
    for one in survey::moved(plan, &*world.registry).await {
        let now = match one.now {
            Some(now) => format!("names {} now", now.short()),
            None => "does not exist any more".into(),
        };
        tell(&format!(
            "note: base {} {now}; {} is used, as planned",
            one.reference.familiar(),
            one.planned.short()
        ));
    }
    Ok(engines)
}
