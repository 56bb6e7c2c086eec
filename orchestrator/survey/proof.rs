//! Reads a proof of an image: the document that refers to it.

use super::Inspected;
use crate::manifest::Proof;
use crate::memory::proofs;
use crate::name::{Digest, Platform, Reference, Repository};
use crate::registry::Registry;
use crate::request::{FaultKind, Patience, Referrer, WorldError};
use std::sync::Arc;

/// The document of one image, exactly as it is stored. Of several, kiln's own comes first.
///
/// # Errors
/// The image has several platforms and none is named, it has no such document, or a registry does not answer or refuses to.
pub async fn proof(
    inspected: &Inspected,
    platform: Option<&Platform>,
    proof: Proof,
    registry: &dyn Registry,
) -> Result<Arc<[u8]>, WorldError> {
    let image = image(inspected, platform)?;
    let named = inspected.reference.iter().map(|name| &name.repository);
    let recorded = inspected.record.iter().map(|(tag, _)| &tag.repository);
    let mut looked: Vec<&Repository> = Vec::new();
    for repository in named.chain(recorded) {
        if looked.contains(&repository) {
            continue;
        }
        looked.push(repository);
        let kind = Some(proofs::artifact_type(proof));
        let list = registry.referrers(repository, image, kind, Patience::READ);
        let list = list.await?;
        let own = list.iter().find(|one| proofs::is_own(one, proof));
        if let Some(one) = own.or(list.first()) {
            return document(repository, one, registry).await;
        }
    }
    let looked: Vec<String> = looked.into_iter().map(Repository::familiar).collect();
    let (title, word) = (proof.title(), proof.word());
    let why = format!(
        "no {title} refers to it in {}\n  with `attest \"{word}\"` in the workspace, the next run that publishes adds it",
        looked.join(", ")
    );
    Err(WorldError::fault(
        FaultKind::NotFound,
        format!("@{image}"),
        why,
    ))
}

/// The image on this platform, or the only one.
fn image(inspected: &Inspected, platform: Option<&Platform>) -> Result<Digest, WorldError> {
    let parts = inspected
        .record
        .iter()
        .flat_map(|(_, record)| &record.parts);
    let parts = parts.map(|part| (Some(part.platform.clone()), part.digest));
    let images: Vec<(Option<Platform>, Digest)> = parts.chain(inspected.listed.clone()).collect();
    let of = |wanted: &Platform| {
        let mut found = images.iter();
        found.find(|(own, _)| own.as_ref() == Some(wanted))
    };
    let found = match (platform, images.as_slice()) {
        // An image without a record that is not an index: its platform is not looked up.
        (_, []) => Some(inspected.digest),
        (Some(wanted), _) => of(wanted).map(|(_, digest)| *digest),
        (None, [(_, only)]) => Some(*only),
        (None, _) => None,
    };
    found.ok_or_else(|| {
        let all = images.iter().filter_map(|(own, _)| own.as_ref());
        let all: Vec<String> = all.map(Platform::to_string).collect();
        let why = match platform {
            Some(wanted) => format!("it has no {wanted}, only {}", all.join(", ")),
            None => format!(
                "it has several platforms: add --platform {}",
                all.join(" or ")
            ),
        };
        WorldError::fault(FaultKind::NotFound, format!("@{}", inspected.digest), why)
    })
}

/// The only layer of a referrer.
async fn document(
    repository: &Repository,
    referrer: &Referrer,
    registry: &dyn Registry,
) -> Result<Arc<[u8]>, WorldError> {
    let pinned = Reference::pinned(repository.clone(), referrer.digest);
    let stored = registry.manifest(&pinned, Patience::READ).await?;
    let manifest = stored.and_then(|stored| stored.manifest().ok());
    let layers = manifest.map(|manifest| manifest.layers);
    let digest = match layers.as_deref() {
        Some([only]) => only.digest,
        _ => None,
    };
    let what = pinned.to_string();
    let why = "it refers to the image, but is not one document";
    let digest = digest.ok_or_else(|| WorldError::refused(what, why))?;
    registry.blob(repository, digest, Patience::READ).await
}
