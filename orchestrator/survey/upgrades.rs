//! Asks which packages can be upgraded: one container per outside base and set of package sources, for all images of it.
//!
//! ```text
//! packages in the records -> groups (base, sources, platform) -> one container each -> newest versions -> upgrades
//! ```
//!
//! The question goes to the outside base itself or, where a tool set added a source, to a published image that has it. What
//! cannot be answered is a fact about those images, never a reason to rebuild them.

mod ask;

use self::ask::Asker;
use super::{IN_FLIGHT, Survey, details_of};
use crate::engine::Engine;
use crate::matrix::{Variant, VariantId};
use crate::memory::packages::{Newest, System};
use crate::memory::{Packages, Part};
use crate::name::{Digest, Domain, Platform, Reference, Repository};
use crate::plan::{BaseFact, Facts};
use crate::request::{Credential, WorldError};
use async_trait::async_trait;
use futures_util::stream::{self, StreamExt as _};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The number of containers that ask at once.
const AT_ONCE: usize = 4;

/// Connects to the engine that questions about packages need: only if there is one.
#[async_trait]
pub trait Questions: Send + Sync {
    /// The engine.
    async fn engine(&self) -> Result<Arc<dyn Engine>, WorldError>;

    /// The credential for a registry that images are pulled from.
    async fn credential(&self, domain: &Domain) -> Result<Option<Credential>, WorldError>;

    /// A word of this run.
    fn run(&self) -> &str;
}

/// What one container answers for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Ground {
    base: Option<Reference>,
    sources: Digest,
    system: System,
    manager: &'static str,
    platform: Platform,
}

/// An image with packages to look up.
struct Asked {
    v: VariantId,
    staging: Repository,
    digest: Digest,
    packages: Packages,
    /// The base that it was built on, by digest.
    base: Option<Reference>,
}

type Groups = BTreeMap<Ground, Vec<Asked>>;

impl Survey<'_> {
    /// Looks up what can be upgraded in the current images of tool sets with `refresh "upgrades"`.
    pub(super) async fn find_upgrades(&self, facts: &mut Facts, wanted: &BTreeSet<VariantId>) {
        let Some(questions) = self.questions else {
            return;
        };
        let groups = self.groups(facts, wanted).await;
        if groups.is_empty() {
            return;
        }
        let engine = match questions.engine().await {
            Ok(engine) => engine,
            Err(why) => return unasked(facts, groups.values().flatten(), &why),
        };
        if let Err(why) = engine.hold(questions.run()).await {
            return unasked(facts, groups.values().flatten(), &why);
        }
        let asker = Asker {
            questions,
            engine: &*engine,
            names: self.materials.names,
            all_packages: self.options.all_packages,
        };
        let answers = stream::iter(groups.iter())
            .map(|(ground, images)| asker.answer(ground, images))
            .buffered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        engine.settle().await;
        engine.release().await;
        for (images, answer) in groups.values().zip(answers) {
            match answer {
                Ok(newest) => self.note(facts, images, &newest),
                Err(why) => unasked(facts, images, &why),
            }
        }
    }

    fn note(&self, facts: &mut Facts, images: &[Asked], newest: &Newest) {
        for image in images {
            let upgrades = image.packages.upgrades(newest);
            facts.upgrades.insert(image.digest, upgrades);
            if self.options.all_packages {
                let all = image.packages.all.iter();
                let all = all.filter_map(|one| image.packages.upgrade(one, newest));
                let all: BTreeSet<_> = all.collect();
                if !all.is_empty() {
                    facts.newer.entry(image.v).or_default().extend(all);
                }
            }
        }
    }

    /// The images to ask about, by what answers for them.
    async fn groups(&self, facts: &mut Facts, wanted: &BTreeSet<VariantId>) -> Groups {
        let images = wanted.iter().flat_map(|v| self.current_parts(facts, *v));
        let read = stream::iter(images.collect::<Vec<_>>())
            .map(|(v, part)| async move {
                let staging = self.materials.fleet.variant(v).staging.clone()?;
                let details = details_of(part.digest, &staging, self.registry).await;
                Some((v, part, staging, details))
            })
            .buffered(IN_FLIGHT);
        let read: Vec<_> = read.filter_map(|one| async move { one }).collect().await;
        let (mut groups, mut unlisted) = (Groups::new(), Vec::new());
        for (v, part, staging, details) in read {
            let is_unpackaged = details.as_ref().is_some_and(|details| details.unpackaged);
            let Some(packages) = details.and_then(|details| details.packages) else {
                match self.has_upgrades(v) {
                    true if is_unpackaged => drop(facts.unpackaged.insert(v)),
                    true => unlisted.push(v),
                    false => {}
                }
                continue;
            };
            if packages.upgradable(self.options.all_packages).is_empty() {
                continue;
            }
            let variant = self.materials.fleet.variant(v);
            let ground = self.ground(variant, &part, &packages);
            let base = self.pinned_base(facts, variant, &part.platform);
            groups.entry(ground).or_default().push(Asked {
                v,
                staging,
                digest: part.digest,
                packages: *packages,
                base,
            });
        }
        for v in unlisted {
            let name = &self.materials.names[v];
            let why = format!(
                "its record lists no packages; `kiln build --push --force {name}` builds it with a list, if it has a package manager that kiln knows"
            );
            facts.unasked.insert(v, why);
        }
        groups
    }

    /// Whether a variant has a tool set with `refresh "upgrades"`.
    fn has_upgrades(&self, v: VariantId) -> bool {
        self.materials.recipes[v].waits_for_upgrades()
    }

    /// The current images of a variant whose packages are looked up.
    fn current_parts(&self, facts: &Facts, v: VariantId) -> Vec<(VariantId, Part)> {
        let is_wanted = self.options.all_packages || self.has_upgrades(v);
        let is_read = !facts.unread.contains_key(&v);
        let current = facts.current.get(&v).filter(|_| is_read);
        match current {
            Some(current) if is_wanted => {
                let name = &self.materials.names[v];
                let platforms = self.materials.fleet.variant(v).platforms.iter();
                let part = |platform| current.record.part(name, platform);
                platforms
                    .filter_map(part)
                    .map(|part| (v, part.clone()))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    fn ground(&self, variant: &Variant, part: &Part, packages: &Packages) -> Ground {
        let fleet = self.materials.fleet;
        Ground {
            base: fleet.ground(variant).map(|base| base.reference.clone()),
            sources: packages.sources,
            system: packages.system,
            manager: fleet.distribution(variant).manager.word(),
            platform: part.platform.clone(),
        }
    }

    /// The outside base that a variant is based on in the end, as its images were built on it last, else as it is now.
    fn pinned_base(
        &self,
        facts: &Facts,
        variant: &Variant,
        platform: &Platform,
    ) -> Option<Reference> {
        let fleet = self.materials.fleet;
        let base = &fleet.ground(variant)?.reference;
        let root = fleet.ancestors(variant).last().unwrap_or(variant).id;
        let current = facts.current.get(&root);
        let part = current.and_then(|one| one.record.part(&self.materials.names[root], platform));
        let inputs = part.and_then(|part| part.made.inputs.last());
        let recorded = inputs.and_then(|inputs| inputs.bases.get(&base.familiar()));
        let digest = match (recorded, facts.bases.get(base)) {
            (Some(recorded), _) => recorded.digest,
            (None, Some(BaseFact::Known(known))) => known.lock.digest_for(Some(platform)),
            _ => return None,
        };
        Some(Reference::pinned(base.repository.clone(), digest))
    }
}

/// Notes why nothing is known of images.
fn unasked<'a>(facts: &mut Facts, images: impl IntoIterator<Item = &'a Asked>, why: &WorldError) {
    let why = why.to_string();
    let variants = images.into_iter().map(|image| (image.v, why.clone()));
    facts.unasked.extend(variants);
}
