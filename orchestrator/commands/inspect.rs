use crate::check;
use crate::commands::planned::Wanted;
use crate::commands::world::exit;
use crate::commands::{
    Demand, Demands, Exit, Global, Host, World, complain, load, print, print_json,
};
use crate::line::Ready;
use crate::matrix::VariantId;
use crate::name::{NameError, Reference, Repository};
use crate::report::{Titles, inspected_json, inspected_text};
use crate::survey::{self, Inspect, Survey};
use crate::workspace::Workspace;
use crate::workspace::git::History;
use std::collections::BTreeSet;

/// Show what kiln remembers of one image
///
/// Reads the record of an image from the staging repository of the workspace: for which variants it was made and from what,
/// when and from which commit it was built, which checks it passed, and for each public tag that was moved to it when and
/// by which commit that was, and what the tag named before. Needs no engine.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln inspect go:1.27.0\n  kiln inspect docker.io/cimg/go:1.27\n  kiln inspect @sha256:5d41402abc4b… --details\n  kiln inspect go:1.27.0 --format json"
)]
pub struct Args {
    /// A variant, which means its current image; a reference, which means what its registry has now; or @ and a digest
    #[arg(value_name = "REF")]
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
    };
    let (workspace, ready) = load(global, host, demands)?;
    let world = World::open(host);
    let which = match variant(&ready, &args.name)? {
        Some(v) => current(v, &workspace, &ready, &world, host).await?,
        None => named(&args.name)?,
    };
    let staging: BTreeSet<Repository> = staging(&ready);
    let found = survey::inspect(which, &staging, args.details, &*world.registry).await;
    let found = found.map_err(|why| exit(&why))?;
    let titles = titles(&ready);
    match args.format {
        Format::Text => print(&inspected_text(&found, &titles)),
        Format::Json => print_json(&format!("{:#}\n", inspected_json(&found, &titles))),
    }
    Ok(Exit::Done)
}

/// The variant of this name, or the only one of the image of this name.
fn variant(ready: &Ready, name: &str) -> Result<Option<VariantId>, Exit> {
    let own = ready.names.iter().position(|own| own.as_str() == name);
    if let Some(own) = own {
        return Ok(Some(ready.fleet.variants[own].id));
    }
    let variants = ready.fleet.variants.iter();
    let of_image: Vec<VariantId> = variants.filter(|v| v.image == name).map(|v| v.id).collect();
    match of_image[..] {
        [] => Ok(None),
        [only] => Ok(Some(only)),
        _ => {
            let name_of = |v: &VariantId| ready.names[v.0 as usize].to_string();
            let names: Vec<String> = of_image.iter().map(name_of).collect();
            complain(&format!(
                "{name} is an image of several variants: name one of {}",
                names.join(", ")
            ));
            Err(Exit::Wrong)
        }
    }
}

/// The current image of a variant.
async fn current(
    v: VariantId,
    workspace: &Workspace,
    ready: &Ready,
    world: &World,
    host: &Host,
) -> Result<Inspect, Exit> {
    let history = History::open(workspace.root());
    let options = Wanted::publish([v].into()).options(ready, host, &history);
    let survey = Survey {
        materials: ready.materials(),
        options: &options,
        registry: &*world.registry,
        evidence: false,
    };
    let facts = survey.current().await.map_err(|why| exit(&why))?;
    if let Some(current) = facts.current.get(&v) {
        return Ok(Inspect::Name(Reference {
            digest: Some(current.digest),
            ..current.found.clone()
        }));
    }
    let strangers = facts.strangers.get(&v).and_then(|all| all.first());
    let Some((name, digest)) = strangers else {
        let name = &ready.names[v.0 as usize];
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

/// A digest or a reference.
fn named(name: &str) -> Result<Inspect, Exit> {
    let wrong = |why: NameError| {
        complain(&format!(
            "{name}: {why}\n  name a variant, a reference, or a digest as @sha256:…"
        ));
        Exit::Wrong
    };
    match name.strip_prefix('@') {
        Some(digest) => Ok(Inspect::Digest(digest.parse().map_err(wrong)?)),
        None => Ok(Inspect::Name(name.parse().map_err(wrong)?)),
    }
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
