//! Reads what is staged under build ids.

use super::unlocked::way_out_of;
use super::{Survey, all};
use crate::memory::{Made, Part, Record, content_id, record_tag};
use crate::name::{Digest, Reference};
use crate::plan::Facts;
use crate::registry::Registry;
use crate::request::{Configuration, Patience, Stored, WorldError};

impl Survey<'_> {
    /// One HEAD request per content tag, and the record of what it names.
    pub(super) async fn find_staged(
        &self,
        facts: &mut Facts,
        tags: Vec<Reference>,
    ) -> Result<(), WorldError> {
        let look = |tag: Reference| async move {
            let part = staged(self.registry, &self.materials.fleet.name, &tag).await?;
            Ok(Some((tag, part)))
        };
        let found: Vec<(Reference, Option<Part>)> = all(tags, look).await?;
        facts.staged.extend(found);
        Ok(())
    }

    /// A failure, with a way out if it is that of a registry with a staging repository.
    pub(super) fn with_stage(&self, why: WorldError) -> WorldError {
        let WorldError::Fault { kind, what, why } = why else {
            return why;
        };
        let mut staging = (self.materials.fleet.variants.iter()).filter_map(|v| v.staging.as_ref());
        let named = staging.find(|one| what.starts_with(&one.domain().to_string()));
        let why = match named {
            Some(staging) => {
                let help = way_out_of(kind, staging, "stage");
                format!("{why}\n  images are staged in {staging}\n  {help}")
            }
            None => why,
        };
        WorldError::fault(kind, what, why)
    }
}

/// The image under a content tag, as its record describes it. Without a record, as far as the image itself tells: its tag
/// is the hash of its inputs, so it is used, and its checks run again.
pub(crate) async fn staged(
    registry: &dyn Registry,
    workspace: &str,
    tag: &Reference,
) -> Result<Option<Part>, WorldError> {
    let Some(digest) = registry.head(tag, Patience::READ).await? else {
        return Ok(None);
    };
    described(registry, workspace, tag, digest).await
}

/// An image in the repository of this reference, for a workspace: one that was made for others is not for its variants yet.
pub(crate) async fn described(
    registry: &dyn Registry,
    workspace: &str,
    beside: &Reference,
    digest: Digest,
) -> Result<Option<Part>, WorldError> {
    let record = Reference::tagged(beside.repository.clone(), record_tag(digest));
    let stored = registry.manifest(&record, Patience::READ).await?;
    let record = stored.as_ref().and_then(Record::read);
    let own = |record: Record| {
        let is_own = record.is_of(workspace);
        let mut part = record
            .parts
            .into_iter()
            .find(|part| part.digest == digest)?;
        part.variants.retain(|_| is_own);
        Some(part)
    };
    if let Some(part) = record.and_then(own) {
        return Ok(Some(part));
    }
    let image = Reference::pinned(beside.repository.clone(), digest);
    let Some(stored) = registry.manifest(&image, Patience::READ).await? else {
        return Ok(None);
    };
    unrecorded(registry, &image, &stored).await
}

/// What an image without a record says about itself.
async fn unrecorded(
    registry: &dyn Registry,
    image: &Reference,
    stored: &Stored,
) -> Result<Option<Part>, WorldError> {
    let Some(config) = stored.config() else {
        return Ok(None);
    };
    let bytes = registry
        .blob(&image.repository, config, Patience::READ)
        .await?;
    let config = Configuration::read(&bytes).unwrap_or_default();
    let Some(platform) = config.platform.read() else {
        return Ok(None);
    };
    let made = Made {
        inputs: Vec::new(),
        content: content_id(&platform, config.layers(), &config.config),
        revision: None,
        built: config.built().unwrap_or(0),
        seconds: 0,
        cached: (0, 0),
        size: 0,
    };
    Ok(Some(Part {
        variants: Vec::new(),
        platform,
        digest: stored.digest,
        manifest: (
            stored.media_type.clone(),
            u64::try_from(stored.bytes.len()).unwrap_or(u64::MAX),
        ),
        made,
        passed: Default::default(),
        proofs: Default::default(),
        withdrawn: None,
    }))
}
