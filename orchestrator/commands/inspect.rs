mod meant;
mod short;

use crate::check;
use crate::commands::planned::Wanted;
use crate::commands::world::exit;
use crate::commands::{
    Demand, Demands, Exit, Global, Host, World, complain, load, print, print_json,
};
use crate::line::Ready;
use crate::matrix::VariantId;
use crate::name::{Reference, Repository};
use crate::plan::Facts;
use crate::report::{Titles, inspected_json, inspected_text};
use crate::request::{FaultKind, Patience, WorldError};
use crate::survey::{self, Inspect, Inspected, Survey};
use crate::workspace::Workspace;
use crate::workspace::git::History;
use meant::{Meant, absent, meant, wrong};
use short::Unresolved;
use std::collections::BTreeSet;

/// Show what kiln remembers of one image
///
/// Reads the record of an image from the staging repository of the workspace: for which variants it was made and from what,
/// when and from which commit it was built, which checks it passed, and for each public tag that was moved to it when and
/// by which commit that was, and what the tag named before. Needs no engine.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln inspect go:1.27.0\n  kiln inspect 'go[version=1.27.0]'\n  kiln inspect docker.io/cimg/go:1.27\n  kiln inspect @5d41402abc4b --details\n  kiln inspect go:1.27.0 --format json"
)]
pub struct Args {
    /// A variant as in `kiln why`, which means its current image; a reference with its registry, which means what that has
    /// now; or @ and a digest, which may be abbreviated
    #[arg(value_name = "IMAGE")]
    name: String,
    /// Show also the Dockerfile, the arguments and the files that it was made from
    #[arg(long)]
    details: bool,
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

/// Runs `kiln inspect`.
pub async fn run(args: Args, global: &Global, host: &Host) -> Exit {
    match inspect(&args, global, host).await {
        Ok(exit) | Err(exit) => exit,
    }
}

async fn inspect(args: &Args, global: &Global, host: &Host) -> Result<Exit, Exit> {
    let demands = Demands {
        checksums: Demand::Unasked,
        stage: Demand::Must,
        bases: Demand::Unasked,
    };
    let (workspace, ready) = load(global, host, demands)?;
    let world = World::open(host);
    let which = match meant(&args.name, &ready, global, host)? {
        Meant::Variant(v) => current(v, &workspace, &ready, &world, host).await?,
        Meant::Name(name) => Inspect::Name(name),
        Meant::Unowned(names, faults) => match first(&names, &world).await? {
            Some(name) => Inspect::Name(name),
            None => return Err(absent(&names, &faults, global, host)),
        },
        Meant::Digest(digest) => Inspect::Digest(digest),
        Meant::Short(hex) => {
            let facts = known(&workspace, &ready, &world, host).await?;
            let digest = short::resolved(&hex, &facts);
            Inspect::Digest(digest.map_err(unresolved)?)
        }
    };
    let found = found(which, &ready, args.details, &world).await;
    let found = found.map_err(|why| exit(&why))?;
    let titles = titles(&ready);
    match args.format {
        Format::Text => print(&inspected_text(&found, &titles)),
        Format::Json => print_json(&format!("{:#}\n", inspected_json(&found, &titles))),
    }
    Ok(Exit::Done)
}

/// No repository has the digest, or it names several images.
fn unresolved(why: Unresolved) -> Exit {
    match why {
        Unresolved::Several(why) => wrong(why),
        Unresolved::Absent(why) => {
            complain(&why);
            Exit::Failed
        }
    }
}

/// The first of these names that a registry has, with its digest.
async fn first(names: &[Reference], world: &World) -> Result<Option<Reference>, Exit> {
    for name in names {
        let found = world.registry.head(name, Patience::READ).await;
        if let Some(digest) = found.map_err(|why| exit(&why))? {
            return Ok(Some(Reference {
                digest: Some(digest),
                ..name.clone()
            }));
        }
    }
    Ok(None)
}

/// Looks into the staging repositories; a digest that they do not have may be in a public one.
async fn found(
    which: Inspect,
    ready: &Ready,
    details: bool,
    world: &World,
) -> Result<Inspected, WorldError> {
    let registry = &*world.registry;
    let found = survey::inspect(which.clone(), &staging(ready), details, registry).await;
    match found {
        Err(why) if why.kind() == FaultKind::NotFound && matches!(which, Inspect::Digest(_)) => {
            let public = ready.fleet.variants.iter().flat_map(|v| &v.publish);
            let all = staging(ready).into_iter().chain(public.cloned()).collect();
            survey::inspect(which, &all, details, registry).await
        }
        found => found,
    }
}

/// What the names of the fleet lead to.
async fn known(
    workspace: &Workspace,
    ready: &Ready,
    world: &World,
    host: &Host,
) -> Result<Facts, Exit> {
    let all = ready.fleet.variants.iter().map(|variant| variant.id);
    look_up(all.collect(), workspace, ready, world, host).await
}

async fn look_up(
    selected: BTreeSet<VariantId>,
    workspace: &Workspace,
    ready: &Ready,
    world: &World,
    host: &Host,
) -> Result<Facts, Exit> {
    let history = History::open(workspace.root());
    let options = Wanted::publish(selected).options(ready, host, &history);
    let survey = Survey {
        materials: ready.materials(),
        options: &options,
        registry: &*world.registry,
        evidence: false,
    };
    survey.current().await.map_err(|why| exit(&why))
}

/// The current image of a variant.
async fn current(
    v: VariantId,
    workspace: &Workspace,
    ready: &Ready,
    world: &World,
    host: &Host,
) -> Result<Inspect, Exit> {
    let facts = look_up([v].into(), workspace, ready, world, host).await?;
    if let Some(current) = facts.current.get(&v) {
        return Ok(Inspect::Name(Reference {
            digest: Some(current.digest),
            ..current.found.clone()
        }));
    }
    let strangers = facts.strangers.get(&v).and_then(|all| all.first());
    let Some((name, digest)) = strangers else {
        let name = &ready.names[v];
        complain(&format!(
            "{name} has no image: nothing is published or staged for it\n  kiln build --push builds it"
        ));
        return Err(Exit::Failed);
    };
    Ok(Inspect::Name(Reference {
        digest: Some(*digest),
        ..name.clone()
    }))
}

fn staging(ready: &Ready) -> BTreeSet<Repository> {
    let variants = ready.fleet.variants.iter();
    variants.filter_map(|v| v.staging.clone()).collect()
}

fn titles(ready: &Ready) -> Titles {
    let checks = ready.fleet.variants.iter().flat_map(|v| &v.checks);
    checks
        .map(|one| (check::id(one), one.title.clone()))
        .collect()
}
