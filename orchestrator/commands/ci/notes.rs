//! What a pipeline lacks that this machine has.

use crate::ci::{System, command_of};
use crate::commands::ci::{Args, DockerName};
use crate::commands::{Global, Host};
use crate::line::Ready;
use crate::matrix::VARIABLE_PREFIX;
use crate::request::SecretSource;
use std::collections::BTreeSet;

/// One text each.
pub(super) fn notes(args: &Args, ready: &Ready, global: &Global, host: &Host) -> Vec<String> {
    let unset = unset(ready, global, host).into_iter().map(|name| {
        format!(
            "note: the pipeline does not set `{name}`, which comes from the environment here: pass it with --var {name}=…"
        )
    });
    let own = secrets(args, ready);
    let machines = loopback(args, ready).into_iter().chain(platforms(ready));
    unset.chain(own).chain(machines).collect()
}

/// A fleet for several platforms is built by one engine, which runs the others only with an emulator.
fn platforms(ready: &Ready) -> Option<String> {
    let all = ready.fleet.variants.iter().flat_map(|v| v.platforms.iter());
    let all: BTreeSet<String> = all.map(ToString::to_string).collect();
    let named: Vec<&str> = all.iter().map(String::as_str).collect();
    (named.len() > 1).then(|| {
        format!(
            "note: images are built for {}, and each job has one engine: what runs on a platform that is not the engine's own needs an emulator there, which a command of --install can install",
            named.join(", ")
        )
    })
}

/// Which options of the file that was there are not among those of the new one. Texts with spaces in quotes may be taken for
/// options, too: the whole command is shown, so a reader sees what they are.
pub(super) fn dropped(before: &str, text: &str) -> Option<String> {
    let now = command_of(text)?;
    let options = |command: &str| -> Vec<String> {
        let words = command.split(' ').filter(|word| word.starts_with("--"));
        words.map(str::to_owned).collect()
    };
    let mut left = options(before);
    for option in options(now) {
        left.iter()
            .position(|one| *one == option)
            .map(|at| left.remove(at));
    }
    let left: BTreeSet<String> = left.into_iter().collect();
    (!left.is_empty()).then(|| {
        let left: Vec<String> = left.into_iter().collect();
        format!(
            "note: the file had {}, and has it no more; it was written with `{before}`",
            left.join(", ")
        )
    })
}

/// What the jobs need for secrets that builds read from files, and for hooks.
fn secrets(args: &Args, ready: &Ready) -> Vec<String> {
    let all = ready.recipes.iter().flat_map(|one| &one.secrets.secrets);
    let files: BTreeSet<&str> = all
        .filter_map(|secret| match &secret.from {
            SecretSource::File(path) => Some(&**path),
            SecretSource::Env(_) => None,
        })
        .collect();
    let files = files.into_iter().map(|path| {
        format!("note: builds read a secret from the file {path}: if git does not have it, write it in the command of --install")
    });
    let mut variants = ready.fleet.variants.iter();
    let has_hooks = variants.any(|one| !one.hooks.is_empty());
    let is_bare = args.system() == System::GitHub && args.secret.is_empty();
    let hooks = (has_hooks && is_bare).then(|| {
        "note: hooks run in kiln-publish, which has no secrets but credentials of registries: name those that hooks read with --secret NAME".to_owned()
    });
    files.chain(hooks).collect()
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
            "note: images are staged in {repository}, which is another registry on each machine: name one in `stage` of kiln.kdl that all jobs reach, unless all of them run on one machine"
        )
    })
}
