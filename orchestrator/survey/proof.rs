//! Reads a proof of an image: the document that refers to it.

use super::Inspected;
use crate::manifest::Proof;
use crate::memory::proofs;
use crate::name::{Digest, Platform, Reference, Repository};
use crate::registry::Registry;
use crate::request::{FaultKind, Patience, Referrer, WorldError};
use indexmap::IndexSet;
use std::sync::Arc;

/// The document of one image, exactly as it is stored. Of several, kiln's own comes first. `name` is what the messages call the
/// image.
///
/// # Errors
/// The image has several platforms and none is named, it has no such document, or a registry does not answer or refuses to.
pub async fn proof(
    name: &str,
    inspected: &Inspected,
    platform: Option<&Platform>,
    proof: Proof,
    registry: &dyn Registry,
) -> Result<Arc<[u8]>, WorldError> {
    let image = image(name, inspected, platform)?;
    let named = inspected.reference.iter().map(|name| &name.repository);
    let recorded = inspected.record.iter().map(|(tag, _)| &tag.repository);
    let looked: IndexSet<&Repository> = named.chain(recorded).collect();
    let mut gone = Vec::new();
    for repository in &looked {
        let kind = Some(proofs::artifact_type(proof));
        let list = registry.referrers(repository, image, kind, Patience::READ);
        let mut list = list.await?;
        list.sort_by_key(|one| !proofs::is_own(one, proof));
        for one in &list {
            match document(repository, one, registry).await? {
                Some(document) => return Ok(document),
                None => gone.push(repository.familiar()),
            }
        }
    }
    let why = match gone.first() {
        Some(repository) => deleted(proof, repository),
        None => absent(proof, inspected, &looked),
    };
    Err(WorldError::fault(FaultKind::NotFound, name, why))
}

/// A registry lists the document, and does not have it.
fn deleted(proof: Proof, repository: &str) -> String {
    format!(
        "the {} is listed in {repository}, but does not exist any more\n  kiln attaches it once: the next image that is built from other inputs has one again",
        proof.title()
    )
}

/// No registry lists such a document.
fn absent(proof: Proof, inspected: &Inspected, looked: &IndexSet<&Repository>) -> String {
    let (title, word) = (proof.title(), proof.word());
    let looked: Vec<String> = looked.iter().map(|one| one.familiar()).collect();
    let looked = looked.join(", ");
    let way = match &inspected.record {
        Some(_) => format!(
            "with `attest \"{word}\"` in the workspace, the next run that publishes this image adds it"
        ),
        None => {
            "kiln has no record of this image, so it attaches none: see what its publisher offers"
                .into()
        }
    };
    format!("no {title} refers to it in {looked}\n  {way}")
}

/// The image on this platform, or the only one.
fn image(
    name: &str,
    inspected: &Inspected,
    platform: Option<&Platform>,
) -> Result<Digest, WorldError> {
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
        WorldError::fault(FaultKind::NotFound, name, why)
    })
}

/// The only layer of a referrer; `None` if the registry does not have it any more.
async fn document(
    repository: &Repository,
    referrer: &Referrer,
    registry: &dyn Registry,
) -> Result<Option<Arc<[u8]>>, WorldError> {
    let pinned = Reference::pinned(repository.clone(), referrer.digest);
    let Some(stored) = registry.manifest(&pinned, Patience::READ).await? else {
        return Ok(None);
    };
    let layers = stored.manifest().ok().map(|manifest| manifest.layers);
    let digest = match layers.as_deref() {
        Some([only]) => only.digest,
        _ => None,
    };
    let what = pinned.to_string();
    let why = "it refers to the image, but is not one document";
    let digest = digest.ok_or_else(|| WorldError::refused(what, why))?;
    let document = registry.blob(repository, digest, Patience::READ).await?;
    Ok(Some(document))
}
