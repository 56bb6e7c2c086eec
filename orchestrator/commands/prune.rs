mod branches;

use crate::commands::planned::{Wanted, origin};
use crate::commands::world::exit;
use crate::commands::{
    Demands, Exit, Global, Host, OutputFormat, World, complain, load_selected_in, print, print_json,
};
use crate::line::Ready;
use crate::manifest::Period;
use crate::matrix::VariantId;
use crate::memory::{Record, record_tag};
use crate::name::{Digest, Reference, Repository};
use crate::plan::{self, Action, Facts, InUse, Plan, Pruned, Removal, Rules, Stock};
use crate::registry::Registry;
use crate::report::{Pruning, pruned_json, pruned_text};
use crate::request::WorldError;
use crate::run::{self, Removed};
use crate::survey::{self, Orphans, Survey};
use crate::workspace::Workspace;
use crate::workspace::git::History;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Show which staged images nothing needs any more, and with --yes remove them
///
/// Shows what would be removed, and why; removes it with --yes. Looks only at images that were made for this workspace, and
/// keeps what a tag, an index, kiln.lock, the next build or the newest image of a branch uses, the newest images of each
/// variant, and whatever is younger than a day. Run it in a clone that has all branches.
///
/// With --orphans, it also removes public images, however young they are.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln prune\n  kiln prune --keep 10 --older-than 2w\n  kiln prune go --yes\n  kiln prune --orphans"
)]
pub struct Args {
    /// The variants whose images to look at, by image, variant or public reference [default: all, also those that the manifest no
    /// longer has]
    selectors: Vec<String>,
    /// The number of newest images of each variant that stay, however old they are
    #[arg(long, value_name = "N", default_value = "5")]
    keep: u16,
    /// The age from which an image is removed: 2d, 30d, 8w. What is younger than a day always stays
    #[arg(long, value_name = "AGE", default_value = "30d")]
    older_than: Period,
    /// Remove public images, too, all of whose tags are orphaned: no variant has them any more. Their age does not count, and
    /// their staged copies stay as long as others. Not with selectors
    #[arg(long)]
    orphans: bool,
    /// Remove it; without this, nothing is changed
    #[arg(long)]
    yes: bool,
    /// The output format
    #[arg(long, value_enum, default_value = "text")]
    format: OutputFormat,
}

/// Runs `kiln prune`.
pub async fn run(args: Args, global: &Global, host: &Host) -> Exit {
    prune(&args, global, host).await.unwrap_or_else(|exit| exit)
}

async fn prune(args: &Args, global: &Global, host: &Host) -> Result<Exit, Exit> {
    global.refuse_set("prune")?;
    refuse_selected_orphans(args)?;
    if args.yes {
        host.refuse_untrusted("--yes", "leave out --yes")?;
        host.refuse_in_hook("`kiln prune --yes`")?;
    }
    let (workspace, ready, selected) =
        load_selected_in(&args.selectors, global, host, Demands::STAGE)?;
    branches::warn_if_partial(&workspace);
    let world = World::open(host);
    let mut stocks = Vec::new();
    for staging in ready.staging() {
        let stock = survey::stock(&*world.registry, &staging).await;
        stocks.push(stock.map_err(|why| exit(&why))?);
    }
    let (facts, plan) = surveyed(&stocks, &workspace, &ready, &world, host).await?;
    let rules = rules(args, &workspace, &ready, &selected);
    let mut all = Pruned::default();
    for stock in stocks {
        let used = used(&ready, &facts, &plan);
        let found = pruned(&*world.registry, stock, &facts, used, &rules).await;
        let found = found.map_err(|why| exit(&why))?;
        all.removed.extend(found.removed);
        for (why, count) in found.kept {
            *all.kept.entry(why).or_default() += count;
        }
    }
    let orphans = match args.orphans {
        true => orphans(&ready, &plan, &world, host).await?,
        false => Orphans::default(),
    };
    all.removed.splice(0..0, orphans.removed);
    all.removed = survey::measured(&*world.registry, all.removed).await;
    let done = match args.yes {
        true => {
            let stop = host.interruption.for_run();
            let done = run::remove(&*world.registry, &all.removed, &stop).await;
            Some(done.map_err(|why| exit(&why))?)
        }
        false => None,
    };
    Ok(show(args, &all, &orphans.left, done.as_deref()))
}

/// An orphaned tag belongs to no variant, so selectors would not limit which ones are removed.
fn refuse_selected_orphans(args: &Args) -> Result<(), Exit> {
    if !args.orphans || args.selectors.is_empty() {
        return Ok(());
    }
    complain(
        "--orphans cannot be combined with selectors, because an orphaned tag belongs to no variant\n  leave the selectors out",
    );
    Err(Exit::Wrong)
}

/// What the next `kiln build --push` would use. Nothing is removed if a public tag cannot be read: it may name what would be.
async fn surveyed(
    stocks: &[Stock],
    workspace: &Workspace,
    ready: &Ready,
    world: &World,
    host: &Host,
) -> Result<(Facts, Plan), Exit> {
    let history = History::open(workspace.root());
    let all = ready.fleet.variants.iter().map(|v| v.id).collect();
    let wanted = Wanted::publish(all);
    let options = wanted.options(ready, host, &history);
    let survey = Survey {
        materials: ready.materials(),
        options: &options,
        registry: &*world.registry,
        evidence: false,
        questions: None,
    };
    let mut facts = survey.facts().await.map_err(|why| exit(&why))?;
    if let Some(one) = facts.unread.values().next() {
        complain(
            "nothing is removed, because a public tag was not read and may name what would be",
        );
        return Err(exit(&one.why));
    }
    // With all records, the plan knows all tags that kiln wrote.
    facts.records.extend(stocks.iter().flat_map(records));
    let plan = plan::build(&ready.materials(), &facts, &options);
    Ok((facts, plan))
}

fn records(stock: &Stock) -> impl Iterator<Item = (Reference, Option<Arc<Record>>)> {
    stock.images.iter().map(|(digest, image)| {
        let tag = Reference::tagged(stock.repository.clone(), record_tag(*digest));
        (tag, image.record.clone())
    })
}

fn rules<'a>(
    args: &Args,
    workspace: &Workspace,
    ready: &'a Ready,
    selected: &BTreeSet<VariantId>,
) -> Rules<'a> {
    let names = selected.iter().map(|v| ready.names[*v].clone());
    Rules {
        workspace: &ready.fleet.name,
        keep: usize::from(args.keep),
        older_than: args.older_than.seconds(),
        now: ready.inputs.now.as_second(),
        among: (!args.selectors.is_empty()).then(|| names.collect()),
        pointers: branches::pointers(workspace, ready),
    }
}

/// The images that are in use, apart from what the staging repository says.
fn used(ready: &Ready, facts: &Facts, plan: &Plan) -> BTreeMap<Digest, InUse> {
    let locked = ready.lock.bases().map(|(_, entry)| entry.digest);
    let steps = plan.steps.iter().filter_map(|step| match &step.action {
        Action::Keep { digest } | Action::Take { digest, .. } => Some(*digest),
        Action::Skip { digest } => *digest,
        _ => None,
    });
    let standing = plan
        .variants
        .values()
        .flat_map(|v| v.standing.iter().flatten());
    let planned = steps.chain(standing.map(|part| part.digest));
    let locked = locked.map(|digest| (digest, InUse::Lock));
    let planned = planned.map(|digest| (digest, InUse::Plan));
    let tags = facts.public.values().map(|digest| (*digest, InUse::Tag));
    locked.chain(planned).chain(tags).collect()
}

/// What is removed from one staging repository. The public tags that records name are looked up for what would be removed,
/// until none of them is in use.
async fn pruned(
    registry: &dyn Registry,
    mut stock: Stock,
    facts: &Facts,
    mut used: BTreeMap<Digest, InUse>,
    rules: &Rules<'_>,
) -> Result<Pruned, WorldError> {
    let indexes = public_indexes(registry, &stock, facts).await?;
    stock.indexes.extend(indexes);
    loop {
        let found = plan::prune(&stock, &used, rules);
        let named = survey::still_named(registry, &stock, &found.removed).await;
        if named.is_empty() {
            return Ok(found);
        }
        used.extend(named);
    }
}

/// What public tags name and this repository has no record of: if it is an index, its parts are kept.
async fn public_indexes(
    registry: &dyn Registry,
    stock: &Stock,
    facts: &Facts,
) -> Result<BTreeMap<Digest, Vec<Digest>>, WorldError> {
    let mut unknown: BTreeMap<&Repository, BTreeSet<Digest>> = BTreeMap::new();
    for (tag, digest) in &facts.public {
        if !stock.images.contains_key(digest) {
            unknown.entry(&tag.repository).or_default().insert(*digest);
        }
    }
    let mut indexes = BTreeMap::new();
    for (repository, digests) in unknown {
        let digests = digests.into_iter().collect();
        indexes.extend(survey::children(registry, repository, digests).await?);
    }
    Ok(indexes)
}

async fn orphans(ready: &Ready, plan: &Plan, world: &World, host: &Host) -> Result<Orphans, Exit> {
    let orphaned: BTreeSet<Reference> = plan.remarks.orphaned.clone();
    if orphaned.is_empty() {
        branches::tell_if_elsewhere(&origin(ready, host));
    }
    let locked = ready.lock.bases().map(|(_, entry)| entry.digest).collect();
    let own = ready
        .fleet
        .variants
        .iter()
        .flat_map(|v| v.publish.iter().cloned());
    let found = survey::orphans(&*world.registry, &orphaned, &locked, &own.collect()).await;
    found.map_err(|why| exit(&why))
}

fn show(
    args: &Args,
    all: &Pruned,
    left: &BTreeMap<Reference, String>,
    done: Option<&[Removed]>,
) -> Exit {
    let pruning = Pruning { all, left, done };
    match args.format {
        OutputFormat::Text => print(&pruned_text(&pruning)),
        OutputFormat::Json => print_json(&format!("{:#}\n", pruned_json(&pruning))),
    }
    let Some(done) = done else {
        return Exit::Done;
    };
    let failed = done
        .iter()
        .zip(&all.removed)
        .find_map(|(one, removal)| match one {
            Removed::Failed(why) => Some((why, removal)),
            _ => None,
        });
    if let Some((why, removal)) = failed {
        let exit = exit(why);
        if exit == Exit::Failed {
            complain(&way_out(removal));
        }
        return exit;
    }
    match done.contains(&Removed::Untried) {
        true => Exit::Stopped,
        false => Exit::Done,
    }
}

/// What to do about a registry that does not delete.
fn way_out(removal: &Removal) -> String {
    let domain = removal.repository.domain().as_str();
    let help = match domain {
        "docker.io" => {
            "Docker Hub deletes no images by its registry API: remove tags on its web page or by its own API"
        }
        "ghcr.io" => {
            "GitHub's registry deletes no images by its registry API: use the package settings, or the action actions/delete-package-versions"
        }
        _ if domain.ends_with(".amazonaws.com") => {
            "ECR deletes by lifecycle policies: docs/retention.md of kiln has rules to paste"
        }
        _ => {
            "the credential needs the right to delete, and the registry must allow it: for the Distribution registry, REGISTRY_STORAGE_DELETE_ENABLED=true"
        }
    };
    format!("{} was not pruned\n  {help}", removal.repository)
}

#[cfg(test)]
mod tests;
