//! The registries that are checked, with what a run reads and pushes there.

use super::wanted::Wanted;
use crate::commands::{Demands, Exit, Global, Host, complain, load};
use crate::graph::Target;
use crate::line::Ready;
use crate::name::{Domain, Reference, Repository, Tag};
use crate::workspace;
use std::collections::{BTreeMap, BTreeSet};

/// A registry.
pub(super) struct Subject {
    pub domain: Domain,
    /// What a run reads: bases by their names; of repositories, a tag that may not exist.
    pub reads: BTreeSet<Reference>,
    /// What a run for a pull request reads if its credential may, each with where such a run is staged: all that it takes
    /// otherwise.
    pub tries: BTreeMap<Reference, Repository>,
    /// What a run pushes to.
    pub pushes: BTreeSet<Repository>,
}

/// What is checked.
pub(super) struct Found {
    /// The registries of the manifest, or those that are named.
    pub registries: Vec<Subject>,
    /// What the manifest needs of an engine.
    pub wanted: Wanted,
    /// Whether there is a manifest.
    pub has_manifest: bool,
}

/// The registries of the manifest, or those that are named. One that is named may be outside of the manifest, and needs none.
///
/// # Errors
/// A name is not one of a registry, or the manifest is wrong; the message was shown.
pub(super) fn found(named: &[String], global: &Global, host: &Host) -> Result<Found, Exit> {
    let has_manifest = workspace::find(&global.workspace).is_ok();
    let (known, wanted) = match has_manifest {
        true => {
            let (_, ready) = load(global, host, Demands::NONE)?;
            (of_fleet(&ready), Wanted::of(&ready))
        }
        false => Default::default(),
    };
    let registries = match named.is_empty() {
        true => known.into_values().collect(),
        false => of_names(named, &known)?,
    };
    Ok(Found {
        registries,
        wanted,
        has_manifest,
    })
}

fn of_names(named: &[String], known: &BTreeMap<Domain, Subject>) -> Result<Vec<Subject>, Exit> {
    let mut all: BTreeMap<Domain, Subject> = BTreeMap::new();
    for name in named {
        let (domain, repository) = read(name)?;
        let own = all.entry(domain.clone());
        let own = own.or_insert_with(|| Subject::empty(domain.clone()));
        match repository {
            Some(repository) => own.both(&repository),
            None => {
                let known = known.get(&domain);
                own.reads.extend(known.iter().flat_map(|k| k.reads.clone()));
                let tries = known.iter().flat_map(|k| k.tries.clone());
                own.tries.extend(tries);
                own.pushes
                    .extend(known.iter().flat_map(|k| k.pushes.clone()));
            }
        }
    }
    Ok(all.into_values().collect())
}

/// A registry, and one of its repositories if the name has a path.
fn read(name: &str) -> Result<(Domain, Option<Repository>), Exit> {
    let name = name.trim_end_matches('/');
    let as_domain = format!("{name}/image").parse::<Repository>().ok();
    let as_domain = as_domain.filter(|r| r.domain().as_str() == name);
    if let Some(found) = as_domain {
        return Ok((found.domain().clone(), None));
    }
    match name.parse::<Repository>() {
        Ok(found) if Repository::has_domain(name) => Ok((found.domain().clone(), Some(found))),
        _ => {
            let shown = name.escape_debug();
            complain(&format!(
                "--registry {shown}: not the name of a registry\n  write it as in the names of images: `ghcr.io`, `127.0.0.1:5000`, `docker.io`; or a repository: `ghcr.io/acme/go`"
            ));
            Err(Exit::Wrong)
        }
    }
}

fn of_fleet(ready: &Ready) -> BTreeMap<Domain, Subject> {
    let mut all: BTreeMap<Domain, Subject> = BTreeMap::new();
    let mut at = |domain: &Domain, add: &dyn Fn(&mut Subject)| {
        let one = all.entry(domain.clone());
        add(one.or_insert_with(|| Subject::empty(domain.clone())));
    };
    for variant in &ready.fleet.variants {
        for repository in variant.staging.iter().chain(variant.publish.iter()) {
            at(repository.domain(), &|one| one.both(repository));
        }
        if let (Some(trusted), Some(own)) = (&variant.trusted_staging, &variant.staging) {
            at(trusted.domain(), &|one| {
                one.tries.insert(latest(trusted), own.clone());
            });
        }
        for target in ready.graph.targets(variant.id) {
            if let Target::Base(base) = target {
                at(base.repository.domain(), &|one| {
                    one.reads.insert(base.clone());
                });
            }
        }
    }
    all
}

/// A tag of a repository, which may not exist.
fn latest(repository: &Repository) -> Reference {
    Reference::tagged(repository.clone(), Tag::latest())
}

impl Subject {
    fn empty(domain: Domain) -> Self {
        Self {
            domain,
            reads: BTreeSet::new(),
            tries: BTreeMap::new(),
            pushes: BTreeSet::new(),
        }
    }

    fn both(&mut self, repository: &Repository) {
        self.reads.insert(latest(repository));
        self.pushes.insert(repository.clone());
    }
}
