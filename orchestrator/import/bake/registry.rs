//! Registries that a file leaves out where a variable is empty: `"${REG != "" ? "${REG}/" : ""}acme/app"`.
//!
//! An image without a registry is one of Docker Hub, so the same is published with `docker.io` in the variable, and a
//! manifest can follow that.

use super::Pass;
use super::fleet::Fleet;
use super::place::Names;
use super::stand_in::StandIns;
use super::variable::Variables;
use crate::import::build::Build;
use crate::import::note::Notes;
use crate::import::verify::described;

/// The registry of names without one.
pub(super) const HUB: &str = "docker.io";

/// How many variables are tried.
const MOST: usize = 3;

/// Evaluates the files with `docker.io` in the place of empty registries, each where nothing else changes by it; these
/// variables are the result.
pub(super) fn given(
    pass: &mut Pass,
    unset: &StandIns,
    evaluate: impl Fn(&StandIns) -> Pass,
) -> Names {
    let found = pass.fleet.as_ref().map(|fleet| fleet.registries.clone());
    let mut all = Names::new();
    let mut given = unset.clone();
    for name in found.unwrap_or_default().into_iter().take(MOST) {
        given.insert(name.clone(), HUB.to_owned());
        let other = evaluate(&given);
        let same = match (&pass.fleet, &other.fleet) {
            (Ok(today), Ok(other)) => builds(today) == builds(other),
            _ => false,
        };
        match same {
            true => {
                *pass = other;
                all.insert(name);
            }
            false => drop(given.shift_remove(&name)),
        }
    }
    all
}

/// Everything that is built, in one order.
fn builds(fleet: &Fleet) -> Vec<Build> {
    let mut builds = described(&fleet.images);
    builds.sort();
    builds
}

/// Notes the defaults that differ from those of the file.
pub(super) fn note(given: &Names, variables: &Variables, notes: &mut Notes) {
    let declared = variables.declared.iter();
    for name in declared.filter(|name| given.contains(name.as_str())) {
        notes.assumed(
            "a variable is the registry, and an empty one is Docker Hub: its default is `docker.io` in the manifest",
            "in place of an empty value, write `docker.io` in each run, too",
            name.span,
        );
    }
}
