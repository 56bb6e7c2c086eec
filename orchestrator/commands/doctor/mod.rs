//! `kiln doctor`: what a run depends on, checked before a run. One check is one file, and one line of the list of its subject:
//! [`CHECKS`] for registries, `engine::CHECKS` for the engine.

mod access;
mod answer;
mod clock;
mod credential;
mod disk;
mod engine;
mod finding;
mod machine;
mod subject;
mod wanted;

use crate::commands::{Exit, Global, Host, OutputFormat, print, print_json};
use crate::registry;
use crate::registry::oci::OciRegistry;
use finding::{Finding, Section};
use futures_util::future::BoxFuture;
use subject::Subject;

/// Check what a run needs: the engine, this machine, and the registries of the manifest
///
/// The engine: which one it is and why, its image store, its builder, the platforms that it runs and emulates, its clock, its free
/// space, and what goes wrong where it is not on this machine. This machine: free space for the workspace. For each registry:
/// which source has a credential, whether the registry answers, whether its clock agrees with that of this machine, and whether
/// each repository may be read and pushed to. To check that, an upload is started and cancelled. Needs no manifest. Shows no
/// secret. Ends with 1 if something would stop a run.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln doctor\n  kiln doctor --registry ghcr.io\n  kiln doctor --registry ghcr.io/acme/go --format json"
)]
pub struct Args {
    /// Only this registry, or only this repository of it; also one that the manifest does not name; may be repeated
    #[arg(long, value_name = "NAME")]
    registry: Vec<String>,
    /// The output format
    #[arg(long, value_enum, default_value = "text")]
    format: OutputFormat,
}

/// What a check of a registry works with.
struct Examination<'a> {
    pub subject: &'a Subject,
    pub registry: &'a OciRegistry,
}

type Check = for<'a> fn(&'a Examination<'a>) -> BoxFuture<'a, Vec<Finding>>;

/// The checks of a registry, in order. After a problem of one of them, those below would repeat it.
const CHECKS: [Check; 3] = [
    |one| Box::pin(credential::check(one)),
    |one| Box::pin(answer::check(one)),
    |one| Box::pin(access::check(one)),
];

/// Runs `kiln doctor`.
pub async fn run(args: Args, global: &Global, host: &Host) -> Exit {
    let all = match sections(&args, global, host).await {
        Ok(all) => all,
        Err(exit) => return exit,
    };
    match args.format {
        OutputFormat::Text => print(&finding::text(&all)),
        OutputFormat::Json => print_json(&format!("{:#}\n", finding::json(&all))),
    }
    match finding::problems(&all) {
        0 => Exit::Done,
        _ => Exit::Failed,
    }
}

async fn sections(args: &Args, global: &Global, host: &Host) -> Result<Vec<Section>, Exit> {
    global.refuse_set_without_effect("doctor")?;
    let found = subject::found(&args.registry, global, host)?;
    let registry = registry::client(&host.env);
    let registries = found.registries.iter().map(|one| examine(one, &registry));
    let registries = futures_util::future::join_all(registries);
    if !args.registry.is_empty() {
        return Ok(registries.await);
    }
    let engine = async {
        let seen = engine::Registries::of(&found.registries, &registry).await;
        engine::examine(host, &found.wanted, &seen).await
    };
    let (engines, registries) = futures_util::future::join(engine, registries).await;
    let machine = machine::examine(global, found.has_manifest);
    let all = engines.into_iter().chain([machine]);
    Ok(all.chain(registries).collect())
}

async fn examine(subject: &Subject, registry: &OciRegistry) -> Section {
    let one = Examination { subject, registry };
    let mut section = Section::new("registry");
    section.name = subject.domain.to_string();
    for check in CHECKS {
        section.findings.extend(check(&one).await);
        if section.findings.iter().any(Finding::is_problem) {
            break;
        }
    }
    section
}
