//! Which staged images nothing needs any more.
//!
//! ```text
//! used by a tag (also the image before), a pointer, the plan, a lock, another workspace  \
//! younger than a day, or than the age that was given                                      > kept, with parts and parents
//! the newest of each variant                                                             /
//! everything else  ->  removed: indexes, then images, each with its record; failures by age
//! ```

use crate::matrix::VariantName;
use crate::memory::{Part, Record, StagingTag};
use crate::name::{Digest, Platform, Repository, Tag};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is younger is always kept, in seconds: a run may be using it. A run that lasts longer is not known.
pub const YOUNG: i64 = 24 * 60 * 60;

/// What a staging repository contains.
#[derive(Debug, Clone, PartialEq)]
pub struct Stock {
    /// The repository.
    pub repository: Repository,
    /// The images that have a record, by digest.
    pub images: BTreeMap<Digest, StagedImage>,
    /// The image that each tag names, without the tags of records and failures.
    pub tags: BTreeMap<Tag, Digest>,
    /// What indexes consist of that have no record.
    pub indexes: BTreeMap<Digest, Vec<Digest>>,
    /// The failures.
    pub failures: Vec<StagedFailure>,
}

/// An image with its record.
#[derive(Debug, Clone, PartialEq)]
pub struct StagedImage {
    /// Its record; `None` if this version of kiln cannot read it.
    pub record: Option<Arc<Record>>,
    /// The digest of the record as it is stored.
    pub stored: Digest,
}

/// A remembered failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedFailure {
    /// `f-<build id>`
    pub tag: Tag,
    /// The digest of the failure as it is stored.
    pub stored: Digest,
    /// When the inputs failed last, in seconds since 1970; `None` if this version of kiln cannot read it.
    pub last: Option<i64>,
}

/// Why an image is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum InUse {
    /// A tag names it.
    Tag,
    /// A tag that may name it could not be read.
    Unread,
    /// `kiln build --push` keeps or takes it today.
    Plan,
    /// It is the newest of a variant on a branch.
    Pointer,
    /// `kiln.lock` names it.
    Lock,
    /// It was made for other workspaces, too, or another version of kiln wrote its record.
    Other,
    /// Its variants were not selected.
    Unselected,
    /// It is younger than a day.
    Young,
    /// It is younger than the age that was given.
    Recent,
    /// It is one of the newest of its variant.
    Newest,
    /// An image that is kept consists of it, or is based on it.
    Needed,
    /// A tag named it before its image of today: `kiln rollback` goes back to it.
    Before,
}

impl InUse {
    /// What is counted: `12 named by tags`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Tag => "named by tags",
            Self::Unread => "perhaps named by tags that could not be read",
            Self::Plan => "used by the next build",
            Self::Pointer => "the newest on a branch",
            Self::Lock => "in kiln.lock",
            Self::Other => "of other workspaces",
            Self::Unselected => "not selected",
            Self::Young => "younger than a day",
            Self::Recent => "not old enough",
            Self::Newest => "among the newest of their variants",
            Self::Needed => "parts or parents of these",
            Self::Before => "named by tags before",
        }
    }
}

/// What is kept besides what is used.
#[derive(Debug, Clone)]
pub struct Rules<'a> {
    /// The workspace: images of others are kept.
    pub workspace: &'a str,
    /// The number of newest images of each variant.
    pub keep: usize,
    /// The age from which an image is removed, in seconds.
    pub older_than: i64,
    /// In seconds since 1970.
    pub now: i64,
    /// The variants whose images may be removed; `None` for all, also those that no manifest has any more.
    pub among: Option<BTreeSet<VariantName>>,
    /// The pointers of variants of the fleet on branches that exist.
    pub pointers: BTreeSet<Tag>,
}

/// What is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A public image that no variant owns any more.
    Orphan,
    /// A staged index over several platforms, with its record.
    Index,
    /// A staged image, with its record.
    Image,
    /// That inputs failed.
    Failure,
}

/// Something that is removed. Registries delete by digest, which takes all its tags along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Removal {
    /// What it is.
    pub kind: Kind,
    /// Where it is.
    pub repository: Repository,
    /// Its digest.
    pub digest: Digest,
    /// All tags that name it.
    pub tags: BTreeSet<Tag>,
    /// If it is a public index: the images that nothing else has. What refers to them goes with it.
    pub parts: BTreeSet<Digest>,
    /// The tag and the digest of its record.
    pub record: Option<(Tag, Digest)>,
    /// The variants that it was made for.
    pub variants: BTreeSet<VariantName>,
    /// Its platforms.
    pub platforms: Vec<Platform>,
    /// When it was used last, in seconds since 1970.
    pub since: Option<i64>,
    /// Why nothing needs it.
    pub why: String,
    /// The size of its layers and of its configuration, in bytes, if its manifest was read; other images may share them.
    pub blobs: BTreeMap<Digest, u64>,
}

/// What is removed from a staging repository, and what is kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pruned {
    /// In the order in which it is removed.
    pub removed: Vec<Removal>,
    /// The number of images that are kept, by reason.
    pub kept: BTreeMap<InUse, usize>,
}

/// Decides what to remove, given the images that are in use. Linear in images and edges.
pub fn prune(stock: &Stock, used: &BTreeMap<Digest, InUse>, rules: &Rules<'_>) -> Pruned {
    let mut keeper = Keeper {
        stock,
        rules,
        kept: BTreeMap::new(),
    };
    keeper.used(used);
    keeper.aged();
    keeper.newest();
    let mut removed = keeper.images();
    removed.extend(keeper.failures());
    removed.sort_by(|one, other| {
        (one.kind, one.since, one.digest).cmp(&(other.kind, other.since, other.digest))
    });
    let mut kept = BTreeMap::new();
    let images = keeper.kept.iter();
    for (_, why) in images.filter(|(digest, _)| stock.images.contains_key(*digest)) {
        *kept.entry(*why).or_default() += 1;
    }
    Pruned { removed, kept }
}

struct Keeper<'a> {
    stock: &'a Stock,
    rules: &'a Rules<'a>,
    kept: BTreeMap<Digest, InUse>,
}

impl Keeper<'_> {
    /// Keeps an image, what it consists of, and what it is based on.
    fn keep(&mut self, digest: Digest, why: InUse) {
        let mut open = vec![(digest, why)];
        while let Some((digest, why)) = open.pop() {
            if self.kept.contains_key(&digest) {
                continue;
            }
            self.kept.insert(digest, why);
            let parts = self.stock.indexes.get(&digest).into_iter().flatten();
            open.extend(parts.map(|part| (*part, InUse::Needed)));
            let record = self.stock.images.get(&digest);
            let record = record.and_then(|image| image.record.as_ref());
            if matches!(why, InUse::Tag | InUse::Plan | InUse::Pointer) {
                let lines = record.into_iter().flat_map(|record| record.lines.values());
                // What was withdrawn must stay known, or it would be built again.
                let before = lines.flat_map(|line| line.was.iter().chain(&line.withdrew));
                open.extend(before.map(|image| (*image, InUse::Before)));
            }
            for part in record.into_iter().flat_map(|record| &record.parts) {
                open.push((part.digest, InUse::Needed));
                open.extend(parents(part).map(|parent| (parent, InUse::Needed)));
            }
        }
    }

    fn used(&mut self, used: &BTreeMap<Digest, InUse>) {
        for (digest, why) in used {
            self.keep(*digest, *why);
        }
        for (tag, digest) in &self.stock.tags {
            match StagingTag::read(tag) {
                None => self.keep(*digest, InUse::Tag),
                Some(StagingTag::Pointer) if self.rules.pointers.contains(tag) => {
                    self.keep(*digest, InUse::Pointer);
                }
                _ => {}
            }
        }
        for (digest, image) in &self.stock.images {
            match image.record.as_deref() {
                Some(record) if record.workspaces == [self.rules.workspace] => {
                    if !self.is_selected(record) {
                        self.keep(*digest, InUse::Unselected);
                    }
                }
                _ => self.keep(*digest, InUse::Other),
            }
        }
    }

    fn is_selected(&self, record: &Record) -> bool {
        let Some(among) = &self.rules.among else {
            return true;
        };
        let mut variants = record.parts.iter().flat_map(|part| &part.variants);
        variants.all(|variant| among.contains(variant))
    }

    fn aged(&mut self) {
        for (digest, image) in &self.stock.images {
            let age = image.record.as_deref().and_then(since);
            let age = age.map(|since| self.rules.now.saturating_sub(since));
            match age {
                // What has no time may be in use.
                None => self.keep(*digest, InUse::Young),
                Some(age) if age < YOUNG => self.keep(*digest, InUse::Young),
                Some(age) if age < self.rules.older_than => self.keep(*digest, InUse::Recent),
                _ => {}
            }
        }
    }

    fn newest(&mut self) {
        type Of<'a> = (&'a VariantName, Vec<&'a Platform>);
        let mut variants: BTreeMap<Of<'_>, Vec<(Reverse<i64>, Digest)>> = BTreeMap::new();
        for (digest, image) in &self.stock.images {
            let Some(record) = image.record.as_deref() else {
                continue;
            };
            let platforms: Vec<&Platform> = record.parts.iter().map(|one| &one.platform).collect();
            let names: BTreeSet<&VariantName> = record
                .parts
                .iter()
                .flat_map(|part| &part.variants)
                .collect();
            let since = Reverse(since(record).unwrap_or_default());
            for name in names {
                let all = variants.entry((name, platforms.clone())).or_default();
                all.push((since, *digest));
            }
        }
        for mut images in variants.into_values() {
            images.sort_unstable();
            for (_, digest) in images.into_iter().take(self.rules.keep) {
                self.keep(digest, InUse::Newest);
            }
        }
    }

    fn images(&self) -> Vec<Removal> {
        let mut tags: BTreeMap<Digest, BTreeSet<Tag>> = BTreeMap::new();
        for (tag, digest) in &self.stock.tags {
            tags.entry(*digest).or_default().insert(tag.clone());
        }
        let images = self.stock.images.iter();
        let unused = images.filter(|(digest, _)| !self.kept.contains_key(*digest));
        unused
            .filter_map(|(digest, image)| {
                let record = image.record.as_deref()?;
                let is_index = record.parts.iter().all(|part| part.digest != *digest);
                let variants = record.parts.iter().flat_map(|part| &part.variants);
                Some(Removal {
                    kind: if is_index { Kind::Index } else { Kind::Image },
                    repository: self.stock.repository.clone(),
                    digest: *digest,
                    tags: tags.remove(digest).unwrap_or_default(),
                    parts: BTreeSet::new(),
                    record: Some((crate::memory::record_tag(*digest), image.stored)),
                    variants: variants.cloned().collect(),
                    platforms: record
                        .parts
                        .iter()
                        .map(|one| one.platform.clone())
                        .collect(),
                    since: since(record),
                    why: self.why(since(record)),
                    blobs: BTreeMap::new(),
                })
            })
            .collect()
    }

    fn why(&self, since: Option<i64>) -> String {
        let days = self.rules.now.saturating_sub(since.unwrap_or_default()) / (24 * 60 * 60);
        format!("not used, {days} days old")
    }

    /// Failures name no variant: with selectors, they stay.
    fn failures(&self) -> Vec<Removal> {
        let mut stored: BTreeMap<Digest, Vec<&StagedFailure>> = BTreeMap::new();
        for failure in &self.stock.failures {
            stored.entry(failure.stored).or_default().push(failure);
        }
        let old = |failure: &&StagedFailure| {
            let age = failure.last.map(|last| self.rules.now.saturating_sub(last));
            age.is_some_and(|age| age >= YOUNG.max(self.rules.older_than))
        };
        let all = stored.into_iter().filter(|_| self.rules.among.is_none());
        let old = all.filter(|(_, failures)| failures.iter().all(old));
        old.map(|(digest, failures)| {
            let last = failures.iter().filter_map(|failure| failure.last).max();
            Removal {
                kind: Kind::Failure,
                repository: self.stock.repository.clone(),
                digest,
                tags: failures.iter().map(|one| one.tag.clone()).collect(),
                parts: BTreeSet::new(),
                record: None,
                variants: BTreeSet::new(),
                platforms: Vec::new(),
                since: last,
                why: self.why(last),
                blobs: BTreeMap::new(),
            }
        })
        .collect()
    }
}

/// The parents that an image was built on, by the newest inputs that lead to it.
fn parents(part: &Part) -> impl Iterator<Item = Digest> {
    let newest = part.made.inputs.last();
    let parents = newest
        .into_iter()
        .flat_map(|inputs| inputs.parents.values());
    parents.filter_map(|parent| parent.digest)
}

/// When an image was built, checked or published last, in seconds since 1970; `None` if its record does not say.
fn since(record: &Record) -> Option<i64> {
    let parts = record.parts.iter();
    let built = parts.clone().map(|part| part.made.built);
    let passed = parts.flat_map(|part| part.passed.values().copied());
    let moved = record.lines.values().map(|line| line.surveyed / 1000);
    built
        .chain(passed)
        .chain(moved)
        .filter(|time| *time > 0)
        .max()
}

#[cfg(test)]
mod tests;
