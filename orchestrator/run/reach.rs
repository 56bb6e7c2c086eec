//! Whether an engine sees the registries that kiln sees. Each engine pushes and pulls by itself, and an address such as
//! `127.0.0.1:5000` is another registry on each machine. So an engine is queried for an image that kiln finds there.

use crate::engine::Engine;
use crate::memory;
use crate::name::{Digest, Domain, Reference, Repository, Tag};
use crate::plan::{LockSource, Plan};
use crate::registry::Registry;
use crate::request::{Credential, EngineInfo, Patience, Product, WorldError};
use futures_util::future::join_all;
use std::collections::BTreeMap;
use std::fmt;

/// How many images are looked for in a registry.
const TRIES: usize = 4;

/// What an engine is queried for.
#[derive(Debug, Clone)]
pub struct Question {
    reference: Reference,
    /// Whether kiln finds it there. Otherwise, only whether the registry answers counts.
    exists: bool,
    /// Whether the registry answers kiln.
    is_reached: bool,
}

impl Question {
    /// The registry.
    pub fn domain(&self) -> &Domain {
        self.reference.repository.domain()
    }

    /// Whether kiln finds there what the engine is queried for.
    pub fn exists(&self) -> bool {
        self.exists
    }

    /// Whether the registry answers kiln. If not, an engine that does not reach it is not at fault.
    pub fn is_reached(&self) -> bool {
        self.is_reached
    }
}

/// What is wrong between an engine and a registry; reads as the end of a sentence about the engine.
#[derive(Debug)]
pub enum Unseen {
    /// The registry does not answer it.
    Unreachable(Domain, WorldError),
    /// It finds another registry under the same address: it does not have this image.
    Another(Reference),
    /// It cannot read this image, which kiln can.
    Unreadable(Reference, WorldError),
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(domain, WorldError::Fault { what, why, .. })
                if what == domain.as_str() =>
            {
                write!(f, "does not reach the registry {domain}: {why}")
            }
            Self::Unreachable(domain, why) => {
                write!(f, "does not reach the registry {domain}: {why}")
            }
            Self::Another(image) => write!(
                f,
                "finds another registry at {} than kiln: it has no {}",
                image.repository.domain(),
                image.familiar()
            ),
            Self::Unreadable(image, why) => {
                write!(f, "cannot read {}, which kiln can: {why}", image.familiar())
            }
        }
    }
}

/// A question about the first of these images that their registry has, by its digest; else about the first of them.
pub async fn question(registry: &dyn Registry, images: &[Reference]) -> Option<Question> {
    let mut is_reached = true;
    for image in images.iter().take(TRIES) {
        match registry.head(image, Patience::CACHE).await {
            Ok(Some(digest)) => return Some(found(image.repository.clone(), digest)),
            // It would not answer for the others either, and each costs seconds.
            Err(why) if is_silent(&why) => {
                is_reached = false;
                break;
            }
            Ok(None) | Err(_) => {}
        }
    }
    Some(Question {
        reference: images.first()?.clone(),
        exists: false,
        is_reached,
    })
}

/// Whether a registry does not answer, and will not in a moment either.
fn is_silent(why: &WorldError) -> bool {
    why.kind().is_unreachable() && !why.kind().is_passing()
}

fn found(repository: Repository, digest: Digest) -> Question {
    Question {
        reference: Reference::pinned(repository, digest),
        exists: true,
        is_reached: true,
    }
}

/// A question for each registry that a plan stages in. In one that has nothing yet, kiln stores a mark without a tag.
pub async fn questions(plan: &Plan, registry: &dyn Registry) -> Vec<Question> {
    let staging = plan.variants.values().filter_map(|v| v.staging.as_ref());
    let by_domain: BTreeMap<_, _> = staging.map(|one| (one.domain(), one)).collect();
    let asked = by_domain.into_iter().map(|(domain, staging)| async move {
        match question(registry, &known(plan, domain)).await {
            Some(asked) if asked.exists || !asked.is_reached => asked,
            _ => marked(registry, staging).await,
        }
    });
    join_all(asked).await
}

/// Images that a registry had when the plan was made, by digest.
fn known(plan: &Plan, domain: &Domain) -> Vec<Reference> {
    let bases = plan.bases.iter();
    let bases = bases.filter(|(_, lock)| lock.source != LockSource::Engine);
    let bases = bases.map(|(base, lock)| Reference::pinned(base.repository.clone(), lock.digest));
    let named = plan.variants.values().filter_map(|v| {
        let named = v.named.as_ref()?;
        Some(Reference::pinned(
            named.reference.repository.clone(),
            named.was?,
        ))
    });
    let all = named.chain(bases);
    let here = all.filter(|image| image.repository.domain() == domain);
    here.take(TRIES).collect()
}

/// A mark in a repository that has nothing that is known. If it cannot be stored, its push will say why.
async fn marked(registry: &dyn Registry, staging: &Repository) -> Question {
    let (mark, blob) = memory::mark();
    let reference = Reference::pinned(staging.clone(), mark.digest);
    let stored = async {
        registry.put_blob(staging, blob.into()).await?;
        registry.put(&reference, &mark).await
    };
    match stored.await {
        Ok(()) => found(staging.clone(), mark.digest),
        Err(why) => Question {
            reference: Reference::tagged(staging.clone(), Tag::latest()),
            exists: false,
            is_reached: !is_silent(&why),
        },
    }
}

/// What is wrong between an engine and a registry; `None` if nothing is known to be. Podman cannot be asked for an image (4.3.1).
pub async fn unseen(
    (engine, info): (&dyn Engine, &EngineInfo),
    question: &Question,
    credential: Option<&Credential>,
) -> Option<Unseen> {
    if info.product == Product::Podman {
        return None;
    }
    let image = &question.reference;
    match engine.probe(image, credential).await {
        Err(why) if why.kind().is_passing() => None,
        Err(why) if why.kind().is_unreachable() => {
            Some(Unseen::Unreachable(question.domain().clone(), why))
        }
        Ok(None) if question.exists => Some(Unseen::Another(image.clone())),
        Err(why) if question.exists => Some(Unseen::Unreadable(image.clone(), why)),
        _ => None,
    }
}
