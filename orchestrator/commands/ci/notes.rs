//! What a pipeline lacks that this machine has.

use crate::commands::ci::{Args, DockerName};
use crate::commands::{Global, Host};
use crate::line::Ready;
use crate::matrix::VARIABLE_PREFIX;

/// One text each.
pub(super) fn notes(args: &Args, ready: &Ready, global: &Global, host: &Host) -> Vec<String> {
    let unset = unset(ready, global, host).into_iter().map(|name| {
        format!(
            "note: the pipeline does not set `{name}`, which comes from the environment here: pass it with --var {name}=…"
        )
    });
    unset.chain(loopback(args, ready)).collect()
}

/// The variables of the manifest that only the environment sets.
fn unset<'r>(ready: &'r Ready, global: &Global, host: &Host) -> Vec<&'r str> {
    let plain = |name: &str| name.to_lowercase().replace('_', "-");
    let given = global.variables.iter();
    let given: Vec<&str> = given.filter_map(|pair| pair.split('=').next()).collect();
    let of_environment = host.env.iter();
    let of_environment = of_environment.filter_map(|(name, _)| name.strip_prefix(VARIABLE_PREFIX));
    let of_environment: Vec<String> = of_environment.map(plain).collect();
    let names = ready.manifest.variables.iter().map(|one| one.name.as_str());
    names
        .filter(|name| of_environment.contains(&plain(name)) && !given.contains(name))
        .collect()
}

/// Each job has a machine of its own, unless the jobs share the engine of one.
fn loopback(args: &Args, ready: &Ready) -> Option<String> {
    let shares = matches!(args.docker, Some(DockerName::Shell | DockerName::Socket));
    let mut staging = ready
        .fleet
        .variants
        .iter()
        .filter_map(|v| v.staging.as_ref());
    let local = staging.find(|repository| repository.domain().is_loopback());
    local.filter(|_| !shares).map(|repository| {
        format!(
            "note: images are staged in {repository}, which is another registry on each machine: name one in `stage` that all jobs reach, unless all of them run on one machine"
        )
    })
}
