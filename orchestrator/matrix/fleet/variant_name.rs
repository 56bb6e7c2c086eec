//! The names of variants.

use crate::matrix::fleet::variants::{Fleet, Variant, VariantId};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use typed_index_collections::TiVec;

/// A variant by its name, `go:1.26.5-node`: unique in its fleet, and the same on every machine.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VariantName(Arc<str>);

impl VariantName {
    /// The names of all variants of a fleet, in its order. Where two variants have one label, since their first tag is
    /// shared, the values of their axes are added.
    pub fn all(fleet: &Fleet) -> TiVec<VariantId, Self> {
        let labels: Vec<String> = fleet.variants.iter().map(Variant::label).collect();
        let (mut seen, mut twice) = (HashSet::new(), HashSet::new());
        for label in &labels {
            if !seen.insert(label.as_str()) {
                twice.insert(label.as_str());
            }
        }
        let name = |(variant, label): (&Variant, &String)| match twice.contains(label.as_str()) {
            false => Self(label.as_str().into()),
            true => {
                let cells = variant.cells.values().map(|cell| cell.value.as_str());
                let values: Vec<&str> = cells.collect();
                Self(format!("{label} ({})", values.join(" ")).into())
            }
        };
        fleet.variants.iter().zip(&labels).map(name).collect()
    }

    /// The image that it is a variant of.
    pub fn image(&self) -> &str {
        self.0.split_once(':').map_or(&*self.0, |(image, _)| image)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VariantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for VariantName {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}
