//! What differs between two images, platform by platform.

use crate::memory::{Compared, Details, Difference, PackageChange, Part, RecipeChange, token};
use crate::name::{Digest, Platform};
use crate::plan::Reason;
use serde::Serialize;
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
    /// The tokens that differ: of tool sets that were refreshed, and of forced builds.
    pub tokens: Vec<TokenChange>,
    /// The packages that differ; `None` if the record of one of the images does not list them.
    pub packages: Option<Vec<PackageChange>>,
}

/// A token that differs between two images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenChange {
    /// The tool set that was refreshed; `None` if a build was forced.
    pub toolset: Option<String>,
    /// The token of the old image.
    pub from: Option<String>,
    /// The token of the new image.
    pub to: Option<String>,
}

impl PlatformDiff {
    /// Whether both images have the same layers and settings.
    pub fn is_same_content(&self) -> bool {
        let content = |part: &Part| part.made.content;
        self.old.as_ref().map(content) == self.new.as_ref().map(content)
    }

    /// By how many bytes the image has grown on the engine; negative if it has shrunk. `None` if a size is not known.
    pub fn growth(&self) -> Option<i64> {
        let size = |part: &Option<Part>| {
            let size = part.as_ref()?.made.size;
            i64::try_from(size).ok().filter(|size| *size > 0)
        };
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
            tokens: both.map_or_else(Vec::new, |(old, new)| tokens(old, new)),
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
        // Forced builds are in no comparison, so tokens are compared apart.
        Difference::Token { .. } => None,
    });
    reasons.collect()
}

/// The tokens that the newest inputs differ in.
fn tokens(old: &Part, new: &Part) -> Vec<TokenChange> {
    let of = |part: &Part| part.made.inputs.last().map(|one| one.tokens.clone());
    let (old, new) = (of(old).unwrap_or_default(), of(new).unwrap_or_default());
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let differ = names
        .into_iter()
        .filter(|name| old.get(*name) != new.get(*name));
    differ
        .map(|name| TokenChange {
            toolset: token::toolset(name).map(str::to_owned),
            from: old.get(name).cloned(),
            to: new.get(name).cloned(),
        })
        .collect()
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
