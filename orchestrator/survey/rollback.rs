//! Reads what a rollback depends on: what tags named before, image by image, as the records say; which further tags name what
//! is withdrawn; and which images are based on that.
//!
//! The named tags and the staging repository must answer. Others only add what is shown: if their registries do not answer
//! within seconds, they are named, and the rollback goes on without them.

use super::published::Silent;
use super::{IN_FLIGHT, record};
use crate::matrix::VariantId;
use crate::memory::Record;
use crate::name::{Digest, Domain, Reference, Repository};
use crate::plan::{Ancestors, Asked, ChildTag, Left, Materials, Past, Trail, Trails, Turn, Wish};
use crate::registry::Registry;
use crate::request::{Patience, WorldError};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use std::collections::{BTreeMap, BTreeSet};

/// The most images that one tag is followed back.
const LONGEST: usize = 64;

/// What the tags name, and what they named before; then the further tags that name what these leave, or have left.
///
/// # Errors
/// A registry of a named tag, or a staging repository, that does not answer, or refuses to.
pub async fn trails(
    materials: &Materials<'_>,
    named: &BTreeSet<Asked>,
    wish: &Wish,
    registry: &dyn Registry,
) -> Result<Trails, WorldError> {
    let domains = named.iter().map(|one| one.reference.repository.domain());
    let look = Look {
        materials,
        registry,
        patient: domains.cloned().collect(),
    };
    let own = stream::iter(named).map(|asked| look.named(asked, wish));
    let own: Vec<Trail> = own.buffered(IN_FLIGHT).try_collect().await?;
    let left = Left::of(materials, &own, wish);
    let silent = Silent::default();
    let known: BTreeSet<&Reference> = named.iter().map(|asked| &asked.reference).collect();
    let mut further = look.further(&own, &left).await?;
    further.retain(|reference, _| !known.contains(reference));
    let others = look.others(further, &left, wish, &silent);
    let children = look.children(&left, &silent);
    let (others, children) = futures_util::join!(others, children);
    let ancestors = look.ancestors(own.iter().chain(&others)).await?;
    Ok(Trails {
        ancestors,
        named: own,
        others,
        children,
        unread: silent.into_inner(),
    })
}

/// Looks into the registries.
struct Look<'a> {
    materials: &'a Materials<'a>,
    registry: &'a dyn Registry,
    /// The registries of the named tags.
    patient: BTreeSet<Domain>,
}

impl Look<'_> {
    /// A named tag, with what it was moved back from, if it was.
    async fn named(&self, asked: &Asked, wish: &Wish) -> Result<Trail, WorldError> {
        let images = self.images(asked, None).await?;
        let mut trail = Trail {
            asked: asked.clone(),
            images,
            before: Vec::new(),
        };
        if let Turn::Done(_) = trail.turn(wish) {
            trail.before = self.before(&trail, wish).await?;
        }
        Ok(trail)
    }

    /// What a tag was moved back from: to take that back, the last of it.
    async fn before(&self, trail: &Trail, wish: &Wish) -> Result<Vec<Past>, WorldError> {
        let mut before = Vec::new();
        if let Some(line) = trail.line() {
            let withdrew = line.withdrew.iter().filter(|_| !wish.undo);
            let images: BTreeSet<&Digest> = withdrew.chain(&line.back_from).collect();
            for image in images {
                before.push(self.past(&trail.asked, *image).await?);
            }
        }
        Ok(before)
    }

    /// What a tag names, and what it named before. With `left`, nothing if the tag names nothing of that.
    async fn images(&self, asked: &Asked, left: Option<&Left>) -> Result<Vec<Past>, WorldError> {
        let patience = self.patience(&asked.reference.repository);
        let mut next = self.registry.head(&asked.reference, patience).await?;
        let mut seen = BTreeSet::new();
        let mut images: Vec<Past> = Vec::new();
        let is_left = |past: &Past| left.is_some_and(|left| left.has(past));
        while let Some(digest) = next.filter(|one| seen.insert(*one) && seen.len() <= LONGEST) {
            let past = self.past(asked, digest).await?;
            let line = past.line(&asked.reference);
            next = line.and_then(|line| line.was);
            let is_good = !past.is_withdrawn() && !is_left(&past);
            let is_former = !images.is_empty();
            if left.is_some() && !is_former && is_good {
                break;
            }
            images.push(past);
            if is_former && is_good {
                break;
            }
        }
        Ok(images)
    }

    async fn past(&self, asked: &Asked, digest: Digest) -> Result<Past, WorldError> {
        let staging = self.staging(asked.variant);
        let record = self.record(staging, digest).await?;
        let mut place = None;
        for repository in std::iter::once(&asked.reference.repository).chain(staging) {
            let pinned = Reference::pinned(repository.clone(), digest);
            let patience = self.patience(repository);
            let found = self.registry.head(&pinned, patience).await?;
            if found.is_some() {
                place = Some(repository.clone());
                break;
            }
        }
        Ok(Past {
            digest,
            record,
            place,
        })
    }

    async fn record(
        &self,
        staging: Option<&Repository>,
        image: Digest,
    ) -> Result<Option<Record>, WorldError> {
        let Some(tag) = record(staging, image) else {
            return Ok(None);
        };
        let stored = self.registry.manifest(&tag, Patience::READ).await?;
        Ok(stored.as_ref().and_then(Record::read))
    }

    /// The records of what the former images are based on, level by level.
    async fn ancestors(
        &self,
        trails: impl Iterator<Item = &Trail> + Clone,
    ) -> Result<Ancestors, WorldError> {
        let mut all = Ancestors::default();
        let Some(staging) = trails
            .clone()
            .find_map(|one| self.staging(one.asked.variant))
        else {
            return Ok(all);
        };
        let former = trails.filter_map(|trail| trail.images.iter().skip(1).last());
        let former: Vec<&Record> = former.filter_map(|past| past.record.as_ref()).collect();
        loop {
            let open = all.unknown(&former);
            if open.is_empty() {
                return Ok(all);
            }
            let read = stream::iter(open).map(|image| async move {
                let record = self.record(Some(staging), image).await?;
                Ok::<_, WorldError>((image, record))
            });
            let read: Vec<_> = read.buffer_unordered(IN_FLIGHT).try_collect().await?;
            all.0.extend(read);
        }
    }

    fn staging(&self, v: VariantId) -> Option<&Repository> {
        self.materials.fleet.variant(v).staging.as_ref()
    }

    /// A registry that the command line does not name gets seconds.
    fn patience(&self, repository: &Repository) -> Patience {
        let mut fleet = self.materials.fleet.variants.iter();
        let is_staging = fleet.any(|v| v.staging.as_ref() == Some(repository));
        match is_staging || self.patient.contains(repository.domain()) {
            true => Patience::READ,
            false => Patience::CACHE,
        }
    }

    /// The tags that may name what is left: those that its records know, and those that its variants share. Each has a variant
    /// that publishes in its repository.
    async fn further(
        &self,
        named: &[Trail],
        left: &Left,
    ) -> Result<BTreeMap<Reference, VariantId>, WorldError> {
        let fleet = self.materials.fleet;
        let mut images: BTreeMap<Digest, VariantId> = BTreeMap::new();
        for (trail, image) in named
            .iter()
            .flat_map(|one| left.images.iter().map(move |i| (one, i)))
        {
            images.entry(*image).or_insert(trail.asked.variant);
        }
        let read = stream::iter(images).map(|(image, v)| async move {
            let record = self.record(self.staging(v), image).await?;
            let lines = record.map(|record| record.lines).unwrap_or_default();
            Ok::<_, WorldError>(lines.into_keys().map(|tag| (tag, v)).collect::<Vec<_>>())
        });
        let read: Vec<Vec<(Reference, VariantId)>> =
            read.buffer_unordered(IN_FLIGHT).try_collect().await?;
        let publisher = |reference: &Reference| {
            let mut variants = fleet.variants.iter();
            let own = variants.find(|v| v.publish.contains(&reference.repository));
            own.map(|variant| variant.id)
        };
        let known = read.into_iter().flatten();
        let known = known.map(|(tag, v)| (publisher(&tag).unwrap_or(v), tag));
        let shared = left.variants.iter().flat_map(|v| {
            let own = fleet.variant(*v).references();
            let shared = own.filter(|(_, tag)| tag.shared);
            shared.map(|(reference, _)| (*v, reference))
        });
        let all = known.chain(shared);
        Ok(all.map(|(v, reference)| (reference, v)).collect())
    }

    /// Those of these tags that name something of what is left.
    async fn others(
        &self,
        tags: BTreeMap<Reference, VariantId>,
        left: &Left,
        wish: &Wish,
        silent: &Silent,
    ) -> Vec<Trail> {
        let one = |(reference, variant): (Reference, VariantId)| async move {
            let asked = Asked {
                reference,
                variant,
                short: None,
            };
            let repository = asked.reference.repository.clone();
            let trail = async {
                if wish.undo {
                    let trail = self.named(&asked, wish).await?;
                    return Ok(Some(trail).filter(|trail| !trail.before.is_empty()));
                }
                let images = self.images(&asked, Some(left)).await?;
                Ok((!images.is_empty()).then(|| Trail {
                    asked,
                    images,
                    before: Vec::new(),
                }))
            };
            silent.ask(&repository, trail).await
        };
        let found = stream::iter(tags).map(one).buffered(IN_FLIGHT);
        found.filter_map(|one| async move { one }).collect().await
    }

    /// The public tags of all variants that are based on what is left, with the records of their images.
    async fn children(&self, left: &Left, silent: &Silent) -> Vec<ChildTag> {
        let below = self.materials.graph.with_descendants(&left.variants);
        let children = below.difference(&left.variants);
        let tags = children.flat_map(|v| {
            let own = self.materials.fleet.variant(*v).references();
            own.map(|(reference, _)| (*v, reference))
        });
        let tags: BTreeSet<(VariantId, Reference)> = tags.collect();
        let digest = |(v, reference): (VariantId, Reference)| async move {
            let head = self
                .registry
                .head(&reference, self.patience(&reference.repository));
            let digest = silent.ask(&reference.repository, head).await?;
            Some((v, reference, digest))
        };
        let named = stream::iter(tags).map(digest).buffered(IN_FLIGHT);
        let named: Vec<(VariantId, Reference, Digest)> =
            named.filter_map(|one| async move { one }).collect().await;
        let images: BTreeMap<Digest, VariantId> =
            named.iter().map(|(v, _, digest)| (*digest, *v)).collect();
        let read = stream::iter(images).map(|(image, v)| async move {
            // Without its record, an image is not known to be based on anything.
            let record = self.record(self.staging(v), image).await.ok()??;
            Some((image, record))
        });
        let read = read.buffer_unordered(IN_FLIGHT);
        let records: BTreeMap<Digest, Record> =
            read.filter_map(|one| async move { one }).collect().await;
        let tag = |(variant, reference, digest): (VariantId, Reference, Digest)| {
            Some(ChildTag {
                variant,
                reference,
                digest,
                record: records.get(&digest)?.clone(),
            })
        };
        named.into_iter().filter_map(tag).collect()
    }
}
