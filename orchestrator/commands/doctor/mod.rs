//! `kiln doctor`: what a run depends on, checked before a run. One check is one file, and one line of [`CHECKS`].

mod access;
mod answer;
mod credential;
mod finding;
mod subject;

use crate::commands::{Exit, Global, Host, OutputFormat, complain, print, print_json};
use crate::registry;
use crate::registry::oci::OciRegistry;
use finding::Finding;
use futures_util::future::BoxFuture;
use subject::Subject;

/// Check the registries of the manifest: credentials, whether they answer, and what kiln may do there
///
/// For each registry: which source has a credential, whether the registry answers, whether its clock agrees with that of this
/// machine, and whether each repository may be read and pushed to. To check that, an upload is started and cancelled. Shows
/// no secret. Ends with 1 if something would stop a run.
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

/// What a check works with.
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
    let subjects = match subject::subjects(&args.registry, global, host) {
        Ok(subjects) => subjects,
        Err(exit) => return exit,
    };
    if subjects.is_empty() {
        complain("the manifest names no registry\n  name one: `kiln doctor --registry ghcr.io`");
        return Exit::Wrong;
    }
    let registry = registry::client(&host.env);
    let examined = subjects.into_iter().map(|subject| {
        let registry = registry.clone();
        async move {
            let found = examine(&subject, &registry).await;
            (subject, found)
        }
    });
    let all = futures_util::future::join_all(examined).await;
    match args.format {
        OutputFormat::Text => print(&finding::text(&all)),
        OutputFormat::Json => print_json(&format!("{:#}\n", finding::json(&all))),
    }
    let is_bad = |(_, found): &(Subject, Vec<Finding>)| found.iter().any(Finding::is_problem);
    match all.iter().any(is_bad) {
        true => Exit::Failed,
        false => Exit::Done,
    }
}

async fn examine(subject: &Subject, registry: &OciRegistry) -> Vec<Finding> {
    let one = Examination { subject, registry };
    let mut all: Vec<Finding> = Vec::new();
    for check in CHECKS {
        all.extend(check(&one).await);
        if all.iter().any(Finding::is_problem) {
            break;
        }
    }
    all
}
