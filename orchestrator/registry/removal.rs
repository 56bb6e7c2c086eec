//! Removing what refers to an image.

use super::Registry;
use crate::name::{Digest, Reference, Repository, Tag};
use crate::request::{Patience, WorldError};

/// Deletes everything in a repository that refers to an image, and then the tag that lists it, if there is one. An image
/// that nothing refers to costs two requests.
///
/// # Errors
/// The registry does not answer, or does not delete.
pub async fn remove_referrers(
    registry: &dyn Registry,
    repository: &Repository,
    subject: Digest,
) -> Result<(), WorldError> {
    let all = registry.referrers(repository, subject, None, Patience::READ);
    for one in all.await? {
        let pinned = Reference::pinned(repository.clone(), one.digest);
        registry.delete(&pinned).await?;
    }
    // Registries delete by digest.
    let list = Reference::tagged(repository.clone(), Tag::referrers(subject));
    match registry.head(&list, Patience::READ).await? {
        Some(digest) => {
            let pinned = Reference::pinned(repository.clone(), digest);
            registry.delete(&pinned).await
        }
        None => Ok(()),
    }
}
