//! The versions that decide whether a tag would move backwards.

#[cfg(test)]
mod tests;

use crate::matrix::fleet::public_tag::PublicTag;
use crate::matrix::fleet::variants::Variant;
use crate::name::Version;
use indexmap::IndexMap;

/// What [`Variant::versions_of`] calls the version of the git tag; the name of an axis has no braces.
const GIT_TAG: &str = "{tag}";

impl Variant {
    /// The versions of the variant by axis, in the order of the manifest. A value that is not a version has none.
    pub fn versions(&self) -> IndexMap<String, Version> {
        let cells = self.cells.values();
        let versions = cells.filter_map(|cell| Some((cell.axis.clone(), cell.version.clone()?)));
        versions.collect()
    }

    /// The versions that one of its tags is written for: the version of the git tag, if the tag is made from it or the
    /// image has no version axis, else the versions of the variant.
    pub fn versions_of(&self, tag: &PublicTag) -> IndexMap<String, Version> {
        match &tag.git_version {
            Some(version) => IndexMap::from([(GIT_TAG.to_owned(), version.clone())]),
            None => self.versions(),
        }
    }
}
