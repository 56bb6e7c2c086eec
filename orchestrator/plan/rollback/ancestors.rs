//! The images that a former image is based on. One that was withdrawn by another rollback comes back with it.

use super::trail::Past;
use crate::memory::Record;
use crate::name::{Digest, Reference};
use std::collections::{BTreeMap, BTreeSet};

/// Records of images that others are based on, by digest; `None` if an image has none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ancestors(pub BTreeMap<Digest, Option<Record>>);

impl Ancestors {
    /// The images that these records, and those that are known here, name as parents, and that are not known yet.
    pub fn unknown(&self, images: &[&Record]) -> BTreeSet<Digest> {
        let known = self.0.values().flatten();
        let parents = images.iter().copied().chain(known).flat_map(parents);
        parents.filter(|one| !self.0.contains_key(one)).collect()
    }

    /// The first of the images that an image is based on which was withdrawn, and by which tag.
    pub(super) fn withdrawn(&self, image: &Past) -> Option<(Digest, Reference)> {
        let mut open: Vec<Digest> = image.record.iter().flat_map(parents).collect();
        let mut seen = BTreeSet::new();
        while let Some(parent) = open.pop() {
            let record = self.0.get(&parent).and_then(Option::as_ref);
            let Some(record) = record.filter(|_| seen.insert(parent)) else {
                continue;
            };
            if let Some(withdrawal) = record.withdrawn() {
                return Some((parent, withdrawal.tag.clone()));
            }
            open.extend(parents(record));
        }
        None
    }
}

/// The images of the fleet that the parts of an image were built on last.
fn parents(record: &Record) -> impl Iterator<Item = Digest> + '_ {
    let newest = record
        .parts
        .iter()
        .filter_map(|part| part.made.inputs.last());
    let parents = newest.flat_map(|inputs| inputs.parents.values());
    parents.filter_map(|parent| parent.digest)
}
