//! Reads the proofs of an image: the documents that refer to it.

use super::Inspected;
use crate::manifest::Proof;
use crate::memory::proofs;
use crate::name::{Digest, Platform, Reference, Repository};
use crate::registry::Registry;
use crate::request::{FaultKind, Patience, Referrer, WorldError};
use indexmap::IndexSet;
use std::sync::Arc;

/// The documents of an image, exactly as they are stored: that of the platform, or without one those of all its platforms, in
/// the order of its index. Of several for one image, kiln's own comes first. `name` is what the messages call the image.
///
/// # Errors
/// The image has no such platform, or one of its platforms no such document, or a registry does not answer or refuses to.
pub async fn proofs(
    name: &str,
    inspected: &Inspected,
    platform: Option<&Platform>,
    proof: Proof,
    registry: &dyn Registry,
) -> Result<Vec<Arc<[u8]>>, WorldError> {
    let images = images(name, inspected, platform)?;
    let several = images.len() > 1;
    let mut documents = Vec::new();
    for (on, image) in images {
        let name = match on.filter(|_| several) {
            Some(on) => format!("{name} on {on}"),
            None => name.to_owned(),
        };
        documents.push(one(&name, inspected, image, proof, registry).await?);
    }
    Ok(documents)
}

/// The document of one image.
async fn one(
    name: &str,
    inspected: &Inspected,
    image: Digest,
    proof: Proof,
    registry: &dyn Registry,
) -> Result<Arc<[u8]>, WorldError> {
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
        "the {} is listed in {repository}, but does not exist any more\n  with `attest \"{}\"` in the workspace, `kiln build --push --check-proofs` attaches it again",
        proof.title(),
        proof.word()
    )
}

/// No registry lists such a document.
fn absent(proof: Proof, inspected: &Inspected, looked: &IndexSet<&Repository>) -> String {
    let (title, word) = (proof.title(), proof.word());
    let looked: Vec<String> = looked.iter().map(|one| one.familiar()).collect();
    let looked = looked.join(", ");
    let way = match &inspected.record {
        Some(_) => format!(
            "with `attest \"{word}\"` in the workspace, the next run that publishes this image adds it; if it was deleted, `kiln build --push --check-proofs` does"
        ),
        None => {
            "kiln has no record of this image, so it attaches none: see what its publisher offers"
                .into()
        }
    };
    format!("no {title} refers to it in {looked}\n  {way}")
}

/// The image on this platform, or those on all of them.
fn images(
    name: &str,
    inspected: &Inspected,
    platform: Option<&Platform>,
) -> Result<Vec<(Option<Platform>, Digest)>, WorldError> {
    let parts = inspected
        .record
        .iter()
        .flat_map(|(_, record)| &record.parts);
    let parts = parts.map(|part| (Some(part.platform.clone()), part.digest));
    let mut images: Vec<(Option<Platform>, Digest)> =
        parts.chain(inspected.listed.clone()).collect();
    if images.is_empty() {
        // An image without a record that is not an index: its platform is not looked up.
        return Ok(vec![(None, inspected.digest)]);
    }
    let Some(wanted) = platform else {
        return Ok(images);
    };
    let all: Vec<String> = (images.iter())
        .filter_map(|(own, _)| own.as_ref())
        .map(Platform::to_string)
        .collect();
    images.retain(|(own, _)| own.as_ref() == Some(wanted));
    match images.is_empty() {
        false => Ok(images),
        true => {
            let why = format!("it has no {wanted}, only {}", all.join(", "));
            Err(WorldError::fault(FaultKind::NotFound, name, why))
        }
    }
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
