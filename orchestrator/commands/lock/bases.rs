//! The outside images that `kiln lock` looks up.

use super::scope::Scope;
use crate::commands::{Exit, Host, World, complain, world};
use crate::dockerfile::ImageRef;
use crate::line::Ready;
use crate::lockfile::{BaseKey, Entry, LOCKFILE, Lockfile};
use crate::matrix::VariantId;
use crate::survey::{self, Unresolved};
use std::collections::{BTreeMap, BTreeSet};

type Needed<'a> = BTreeMap<BaseKey, (VariantId, &'a ImageRef)>;

/// The outside images that are to be locked.
pub(super) struct Bases<'a> {
    /// All of the fleet; none if its bases are not locked.
    pub all: Needed<'a>,
    /// Those that the command line names.
    asked: BTreeSet<BaseKey>,
}

impl<'a> Bases<'a> {
    /// Outside images are locked once the lock has one, or with `--bases`.
    pub fn of(ready: &'a Ready, scope: &Scope, begin: bool) -> Result<Self, Exit> {
        if !begin && !ready.lock.has_bases() {
            if let Some(base) = scope.named.first() {
                let name = base.familiar();
                complain(&format!(
                    "{LOCKFILE} locks no outside images, so `{name}` is not looked up\n  `kiln lock --bases` locks those that the fleet needs"
                ));
                return Err(Exit::Wrong);
            }
            return Ok(Self {
                all: Needed::new(),
                asked: BTreeSet::new(),
            });
        }
        let materials = ready.materials();
        let all = materials.lockable(ready.fleet.variants.iter().map(|v| v.id));
        let selected = materials.lockable(scope.variants.iter().copied());
        let named = all
            .keys()
            .filter(|key| scope.named.contains(&key.reference));
        let asked = named.cloned().chain(selected.into_keys()).collect();
        Ok(Self { all, asked })
    }

    /// The keys that the command line names.
    pub fn requested(&self) -> impl Iterator<Item = String> {
        self.asked.iter().map(ToString::to_string)
    }

    /// What must be looked up: what is not locked, and what is to be updated.
    pub fn open(&self, lock: &Lockfile, update: bool) -> Needed<'a> {
        let asked = self.all.iter().filter(|(key, _)| self.asked.contains(*key));
        let open = asked.filter(|(key, _)| update || lock.base(key).is_none());
        open.map(|(key, place)| (key.clone(), *place)).collect()
    }
}

/// What these images resolve to today, the number of those that could not be looked up, and the exit code for them.
/// Nothing is locked if one of them lacks a platform.
pub(super) async fn resolve(
    ready: &Ready,
    needed: &Needed<'_>,
    host: &Host,
) -> Result<(BTreeMap<String, Entry>, usize, Exit), Exit> {
    let (mut found, mut failed, mut worst) = (BTreeMap::new(), BTreeSet::new(), Exit::Done);
    if needed.is_empty() {
        return Ok((found, 0, worst));
    }
    let registry = World::open(host).registry;
    let mut lacking = Vec::new();
    for (key, digest) in survey::resolve(&ready.materials(), needed, &*registry).await {
        match digest {
            Ok(digest) => {
                let entry = Entry { digest, size: None };
                found.insert(key.to_string(), entry);
            }
            Err(Unresolved::Unfit(unfit)) => lacking.push(*unfit),
            // One message for a name, whatever the platforms.
            Err(Unresolved::World(why)) if failed.insert(key.reference) => {
                worst = worst.max(world::exit(&why));
            }
            Err(Unresolved::World(_)) => {}
        }
    }
    world::refuse(&lacking)?;
    Ok((found, failed.len(), worst))
}
