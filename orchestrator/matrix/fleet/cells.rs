//! The values of a variant, one for each axis.

use crate::name::Version;
use indexmap::IndexMap;
use std::sync::Arc;

/// The value of one axis in one variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The axis's name.
    pub axis: String,
    /// The value's name.
    pub value: String,
    /// The first token: what the value contributes to the first tag.
    pub token: String,
    /// The value as a version, on a version axis.
    pub version: Option<Version>,
    /// The value's own data.
    pub data: IndexMap<String, String>,
}

/// The value of each axis, in the order of the manifest. Variants share the values; few axes are found without an index.
#[derive(Debug, Clone, Default)]
pub struct Cells(Box<[Arc<Cell>]>);

impl Cells {
    /// The value of the axis with this name.
    pub fn get(&self, axis: &str) -> Option<&Cell> {
        self.values().find(|cell| cell.axis == axis)
    }

    /// The values.
    pub fn values(&self) -> impl Iterator<Item = &Cell> {
        self.0.iter().map(Arc::as_ref)
    }

    /// The names of the axes.
    pub fn axes(&self) -> impl Iterator<Item = &str> {
        self.values().map(|cell| cell.axis.as_str())
    }
}

impl FromIterator<Arc<Cell>> for Cells {
    fn from_iter<I: IntoIterator<Item = Arc<Cell>>>(cells: I) -> Self {
        Self(cells.into_iter().collect())
    }
}
