//! What differs between two images, platform by platform.

use crate::memory::{Compared, Details, Difference, PackageChange, Part, RecipeChange};
use crate::name::{Digest, Platform};
use crate::plan::Reason;
use std::collections::{BTreeSet, HashMap};

/// What differs between two images on one platform.
#[derive(Debug, Clone, PartialEq)]
pub struct PlatformDiff {
    /// The platform.
    pub platform: Platform,
    /// The old image; `None` if it has no such platform.
    pub old: Option<Part>,
    /// The new image; `None` if it has no such platform.
    pub new: Option<Part>,
    /// What the newest inputs of both differ in.
    pub inputs: Vec<Reason>,
    /// The packages that differ; `None` if the record of one of the images does not list them.
    pub packages: Option<Vec<PackageChange>>,
}

impl PlatformDiff {
    /// Whether both images have the same layers and settings.
    pub fn is_same_content(&self) -> bool {
        let content = |part: &Part| part.made.content;
        self.old.as_ref().map(content) == self.new.as_ref().map(content)
    }

    /// By how many bytes the image has grown on the engine; negative if it has shrunk.
    pub fn growth(&self) -> Option<i64> {
        let size = |part: &Option<Part>| i64::try_from(part.as_ref()?.made.size).ok();
        size(&self.new)?.checked_sub(size(&self.old)?)
    }
}

/// Compares the parts of two records. `details` has those of the parts that could be read, by digest.
pub fn diff(old: &[Part], new: &[Part], details: &HashMap<Digest, Details>) -> Vec<PlatformDiff> {
    let platforms: BTreeSet<&Platform> = old.iter().chain(new).map(|part| &part.platform).collect();
    let on = |parts: &[Part], platform: &Platform| {
        let mut parts = parts.iter();
        parts.find(|part| part.platform == *platform).cloned()
    };
    let one = |platform: &Platform| {
        let (old, new) = (on(old, platform), on(new, platform));
        let both = old.as_ref().zip(new.as_ref());
        PlatformDiff {
            platform: platform.clone(),
            inputs: both.map_or_else(Vec::new, |(old, new)| inputs(old, new, details)),
            packages: both.and_then(|(old, new)| packages(old, new, details)),
            old,
            new,
        }
    };
    platforms.into_iter().map(one).collect()
}

/// What the newest inputs differ in.
fn inputs(old: &Part, new: &Part, details: &HashMap<Digest, Details>) -> Vec<Reason> {
    let newest = |part: &Part| part.made.inputs.last().cloned();
    let (Some(before), Some(after)) = (newest(old), newest(new)) else {
        return Vec::new();
    };
    let differences = before.differences(&after, Compared::Everything);
    let reasons = differences.into_iter().filter_map(|one| match one {
        Difference::Recipe => Some(Reason::RecipeChanged {
            change: change(old, new, details),
        }),
        Difference::Base { name, from, to } => Some(Reason::BaseMoved {
            base: name,
            from,
            to,
        }),
        Difference::Parent { name, from, to } => Some(Reason::ParentChanged {
            parent: name,
            from,
            to,
        }),
        // What a tool set that was refreshed has installed is among the packages.
        Difference::Token { .. } => None,
    });
    reasons.collect()
}

fn packages(
    old: &Part,
    new: &Part,
    details: &HashMap<Digest, Details>,
) -> Option<Vec<PackageChange>> {
    let of = |part: &Part| details.get(&part.digest)?.packages.as_ref();
    Some(of(old)?.changes(of(new)?))
}

fn change(old: &Part, new: &Part, details: &HashMap<Digest, Details>) -> Option<RecipeChange> {
    Some(details.get(&old.digest)?.change(details.get(&new.digest)?))
}
