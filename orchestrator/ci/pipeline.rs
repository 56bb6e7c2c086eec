//! The pipeline of a fleet, before it is written for a system.

use crate::ci::jobs::{Job, JobId, jobs};
use crate::ci::{By, System};
use crate::line::Ready;
use crate::manifest::Refresh;
use crate::name::{Digest, Domain};
use crate::request::SecretSource;
use std::collections::{BTreeMap, BTreeSet};
use typed_index_collections::TiVec;

/// A registry that a pipeline uses, and the variable with the credential for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The registry.
    pub domain: Domain,
    /// The variable: `KILN_AUTH_GHCR_IO`.
    pub variable: String,
    /// When the pipeline needs it.
    pub need: Need,
}

/// When a pipeline needs a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Always: it writes there.
    Always,
    /// If the bases there are private.
    PrivateBases,
    /// If the registry, which is on the machine that runs the job, has a password.
    Password,
}

/// The pipeline of a fleet.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// The name of the workspace.
    pub(super) name: String,
    /// The folder of the workspace in the repository; `None` if it is the repository's own.
    pub(super) folder: Option<String>,
    /// The jobs that build, parents first.
    pub(super) jobs: TiVec<JobId, Job>,
    /// The registries that it uses.
    pub(super) logins: Vec<Login>,
    /// The variables of the environment that hold secrets of builds.
    pub(super) secrets: BTreeSet<String>,
    /// Whether planning a nightly run needs an engine.
    pub(super) plans_on_engine: bool,
}

impl Pipeline {
    /// The pipeline of a fleet. `variable` names the variable with the credential for a registry.
    pub fn of(
        ready: &Ready,
        system: System,
        by: By,
        folder: Option<String>,
        variable: impl Fn(&Domain) -> String,
    ) -> Self {
        let login = |(domain, need): (Domain, Need)| Login {
            variable: variable(&domain),
            domain,
            need,
        };
        let refreshed = ready.recipes.iter().flat_map(|recipe| &recipe.refreshed);
        Self {
            name: ready.fleet.name.clone(),
            folder,
            jobs: jobs(ready, by, system),
            logins: domains(ready).into_iter().map(login).collect(),
            secrets: secrets(ready),
            plans_on_engine: refreshed
                .into_iter()
                .any(|one| one.refresh == Refresh::Upgrades),
        }
    }

    /// What only one job at a time may have: the right to publish this workspace. Another workspace of the repository may have
    /// the same name, so its folder counts; the hash keeps folders apart whose letters differ only in what a group cannot have.
    pub(super) fn group(&self) -> String {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let plain = |text: &str| -> String {
            let text = text.chars().take(100);
            text.map(|c| if fits(c) { c } else { '-' }).collect()
        };
        let name = plain(&self.name);
        match &self.folder {
            None => format!("kiln-publish-{name}"),
            Some(folder) => {
                let hash = Digest::of(folder).hex();
                let hash = hash.get(..8).unwrap_or(&hash);
                format!("kiln-publish-{name}-{}-{hash}", plain(folder))
            }
        }
    }

    /// How many jobs build something.
    pub fn builders(&self) -> usize {
        self.jobs.iter().filter(|job| !job.is_join()).count()
    }

    /// The registries that it uses, each with the variable that has the credential for it.
    pub fn logins(&self) -> &[Login] {
        &self.logins
    }

    /// The variables of the environment that hold secrets of builds.
    pub fn secrets(&self) -> &BTreeSet<String> {
        &self.secrets
    }

    /// How many levels the jobs have.
    pub(super) fn levels(&self) -> usize {
        let last = self.jobs.iter().map(|job| job.level + 1).max();
        last.unwrap_or_default()
    }
}

/// The registries of the fleet, with what each is needed for.
fn domains(ready: &Ready) -> BTreeMap<Domain, Need> {
    let bases = ready.fleet.bases.iter();
    let bases = bases.map(|base| (base.reference.repository.domain(), Need::PrivateBases));
    let read = ready
        .recipes
        .iter()
        .flat_map(|recipe| recipe.image_refs.iter());
    let read = read.map(|one| (one.reference.repository.domain(), Need::PrivateBases));
    let variants = ready.fleet.variants.iter();
    let own = variants.flat_map(|v| v.publish.iter().chain(&v.staging));
    let own = own.map(|repository| (repository.domain(), Need::Always));
    let all = bases.chain(read).chain(own).map(|(domain, need)| {
        let need = if domain.is_loopback() {
            Need::Password
        } else {
            need
        };
        (domain.clone(), need)
    });
    // A registry of both kinds has the need of those that it writes to, which come last.
    all.collect()
}

fn secrets(ready: &Ready) -> BTreeSet<String> {
    let all = ready
        .recipes
        .iter()
        .flat_map(|recipe| &recipe.secrets.secrets);
    let names = all.filter_map(|secret| match &secret.from {
        SecretSource::Env(name) => Some(name.clone()),
        SecretSource::File(_) => None,
    });
    names.collect()
}
