//! What the manifest needs of an engine.

use crate::line::Ready;
use crate::manifest::Syntax;
use crate::name::{Domain, Platform};
use std::collections::BTreeSet;

/// What the manifest needs of an engine; nothing without a manifest.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    /// What its Dockerfiles are written for.
    pub syntax: Option<Syntax>,
    /// What it builds for.
    pub platforms: BTreeSet<Platform>,
    /// Its registries that have an address of the machine itself.
    pub loopback: BTreeSet<Domain>,
}

impl Wanted {
    pub fn of(ready: &Ready) -> Self {
        let variants = &ready.fleet.variants;
        let own = variants
            .iter()
            .flat_map(|v| v.publish.iter().chain(&v.staging));
        let domains = own.map(|repository| repository.domain());
        Self {
            syntax: Some(ready.fleet.syntax),
            platforms: variants
                .iter()
                .flat_map(|v| v.platforms.iter().cloned())
                .collect(),
            loopback: domains.filter(|d| d.is_loopback()).cloned().collect(),
        }
    }
}
