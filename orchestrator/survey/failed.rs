//! Reads what is remembered of inputs that failed.

use super::{Survey, all};
use crate::memory::Failure;
use crate::name::Reference;
use crate::plan::Facts;
use crate::registry::Registry;
use crate::request::{Patience, WorldError};

impl Survey<'_> {
    /// One GET request per build that is not staged and that this run does not try in any case.
    pub(super) async fn find_failures(
        &self,
        facts: &mut Facts,
        tags: Vec<Reference>,
    ) -> Result<(), WorldError> {
        let look = |tag: Reference| async move {
            let failure = failed(self.registry, &tag).await?;
            Ok(Some((tag, failure)))
        };
        let found: Vec<(Reference, Option<Failure>)> = all(tags, look).await?;
        facts.failures.extend(found);
        Ok(())
    }
}

/// What is remembered under the tag of a failure.
pub(crate) async fn failed(
    registry: &dyn Registry,
    tag: &Reference,
) -> Result<Option<Failure>, WorldError> {
    let stored = registry.manifest(tag, Patience::READ).await?;
    Ok(stored.as_ref().and_then(Failure::read))
}
