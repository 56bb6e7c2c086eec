//! Records: what is remembered of the image with one digest.

use super::stored::{EMPTY_BLOB, RECORD, artifact, details, summary};
use super::{Compared, Difference, Inputs, Line};
use crate::check::{self, Check};
use crate::manifest::Proof;
use crate::matrix::VariantName;
use crate::name::{Digest, Platform, Reference};
use crate::request::{IndexEntry, Stored};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is remembered of an image, or of an index: facts about its history, never a proof for another trust level.
///
/// An index is a function of its parts, so its record repeats what the records of the parts say, and one request answers
/// for a variant on all its platforms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The workspaces that it was made for: several if one is renamed, or if they share a staging repository.
    pub workspaces: Vec<String>,
    /// The images that it consists of: itself, or the parts of an index.
    pub parts: Vec<Part>,
    /// For each public tag, under which circumstances it was written last.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lines: BTreeMap<Reference, Line>,
    /// What was read from the image for its tags, by command line.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub probed: BTreeMap<String, String>,
    /// The version of kiln that wrote it last.
    pub kiln: String,
    /// The digest and the size of the details, which are read only where evidence is shown.
    #[serde(skip)]
    pub details: Option<(Digest, usize)>,
}

/// One image on one platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The variants that it was made for.
    pub variants: Vec<VariantName>,
    /// The platform that it was built for.
    pub platform: Platform,
    /// Its digest.
    pub digest: Digest,
    /// The media type and the size in bytes of its manifest, for the indexes that it is a part of.
    pub manifest: (String, u64),
    /// How it was made.
    #[serde(flatten)]
    pub made: Made,
    /// The checks that it passed, by id, with the time in seconds since 1970.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub passed: BTreeMap<String, i64>,
    /// The proofs that are stored beside it, with the digests of their manifests.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub proofs: BTreeMap<Proof, Digest>,
    /// That it was taken back, and perhaps that this was taken back: see [`Part::withdrawal`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Withdrawal>,
}

/// Why an image was taken back: a tag was moved from it to the image before.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Withdrawal {
    /// When, in seconds since 1970.
    pub at: i64,
    /// The tag.
    pub tag: Reference,
    /// The commit that was checked out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Whether it takes an earlier one back: the image counts again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lifted: bool,
}

/// How an image was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The inputs that lead to it, the newest last: a build that came out the same adds its own.
    pub inputs: Vec<Inputs>,
    /// Its content id.
    pub content: Digest,
    /// The commit that it was first built from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// When it was built, in seconds since 1970; 0 if that is not known, since its record was lost.
    #[serde(default)]
    pub built: i64,
    /// How long the build took, in seconds.
    #[serde(default)]
    pub seconds: u64,
    /// The steps that came from a cache, and all steps.
    #[serde(default)]
    pub cached: (usize, usize),
    /// Its size on the engine, in bytes; 0 if that is not known, since its record was lost.
    #[serde(default)]
    pub size: u64,
}

impl Made {
    /// What differs today: nothing if any of the inputs are equal, else the differences from the newest.
    pub fn differences(&self, today: &Inputs, compared: Compared) -> Vec<Difference> {
        if self
            .inputs
            .iter()
            .any(|inputs| inputs.equals(today, compared))
        {
            return Vec::new();
        }
        let newest = self.inputs.last();
        newest.map_or_else(Vec::new, |newest| newest.differences(today, compared))
    }

    /// The newest token of this name.
    pub fn token(&self, name: &str) -> Option<&str> {
        let mut inputs = self.inputs.iter().rev();
        let found = inputs.find_map(|inputs| inputs.tokens.get(name));
        found.map(String::as_str)
    }

    /// Takes from another record how the image was built, where this one was lost and knows less.
    fn learn(&mut self, other: &Made) {
        if self.size == 0 && other.size > 0 {
            *self = Self {
                inputs: std::mem::take(&mut self.inputs),
                ..other.clone()
            };
        }
    }

    /// Adds inputs that lead to the same image; the newest are last.
    pub fn add(&mut self, inputs: &Inputs) {
        self.inputs.retain(|known| known != inputs);
        self.inputs.push(inputs.clone());
        let surplus = self.inputs.len().saturating_sub(Self::KEPT);
        self.inputs.drain(..surplus);
    }

    /// The most inputs that are kept: a summary is read with every plan.
    const KEPT: usize = 8;
}

impl Part {
    /// The digest that stands for images on several platforms: that of the only one, or of the index over them.
    pub fn whole<'a>(parts: impl IntoIterator<Item = &'a Part>) -> Digest {
        let parts: Vec<&Part> = parts.into_iter().collect();
        match parts.as_slice() {
            [only] => only.digest,
            several => Stored::index(several.iter().map(|part| part.descriptor())).digest,
        }
    }

    /// How an index lists it.
    pub fn descriptor(&self) -> IndexEntry {
        IndexEntry {
            platform: self.platform.clone(),
            digest: self.digest,
            media_type: self.manifest.0.clone(),
            size: self.manifest.1,
        }
    }

    /// Whether it was made for this variant.
    pub fn is_for(&self, variant: &VariantName) -> bool {
        self.variants.contains(variant)
    }

    /// Whether it passed all of these checks that are for its platform.
    pub fn is_green(&self, checks: &[Check]) -> bool {
        checks
            .iter()
            .filter(|check| check.is_for(&self.platform))
            .all(|check| self.passed.contains_key(&check::id(check)))
    }

    /// Those of these proofs that it lacks.
    pub fn lacks(&self, wanted: &BTreeSet<Proof>) -> BTreeSet<Proof> {
        let lacking = wanted
            .iter()
            .filter(|proof| !self.proofs.contains_key(proof));
        lacking.copied().collect()
    }

    /// Records that it passed these checks.
    pub fn pass(&mut self, checks: &[Check], now: i64) {
        let own = checks.iter().filter(|check| check.is_for(&self.platform));
        self.passed.extend(own.map(|check| (check::id(check), now)));
    }

    /// That it was taken back: no tag moves to it, and no variant is compared with it.
    pub fn withdrawal(&self) -> Option<&Withdrawal> {
        self.withdrawn.as_ref().filter(|one| !one.lifted)
    }

    fn merge(&mut self, other: &Part) {
        self.made.learn(&other.made);
        for inputs in &other.made.inputs {
            if !self.made.inputs.contains(inputs) {
                self.made.add(inputs);
            }
        }
        for variant in &other.variants {
            if !self.variants.contains(variant) {
                self.variants.push(variant.clone());
            }
        }
        for (check, when) in &other.passed {
            let known = self.passed.entry(check.clone()).or_insert(*when);
            *known = (*known).max(*when);
        }
        for (proof, digest) in &other.proofs {
            self.proofs.entry(*proof).or_insert(*digest);
        }
        self.withdrawn = self.withdrawn.take().max(other.withdrawn.clone());
    }
}

/// How many lines of tags that are written once a record keeps.
const ONCE: usize = 64;

impl Record {
    /// A record of these images.
    pub fn of(workspace: &str, parts: Vec<Part>) -> Self {
        Self {
            workspaces: vec![workspace.into()],
            parts,
            lines: BTreeMap::new(),
            probed: BTreeMap::new(),
            kiln: env!("CARGO_PKG_VERSION").into(),
            details: None,
        }
    }

    /// The image for a variant on a platform, if it was made for that.
    pub fn part(&self, variant: &VariantName, platform: &Platform) -> Option<&Part> {
        self.parts
            .iter()
            .find(|part| part.is_for(variant) && part.platform == *platform)
    }

    /// Whether it was made for this workspace.
    pub fn is_of(&self, workspace: &str) -> bool {
        self.workspaces.iter().any(|own| own == workspace)
    }

    /// Whether it was made for this variant of this workspace.
    pub fn is_for(&self, workspace: &str, variant: &VariantName) -> bool {
        self.is_of(workspace) && self.parts.iter().any(|part| part.is_for(variant))
    }

    /// That it was taken back, or a part of it.
    pub fn withdrawn(&self) -> Option<&Withdrawal> {
        self.parts.iter().find_map(Part::withdrawal)
    }

    /// Both records in one. Nothing of either is lost; of two lines for one tag, the later one counts.
    #[must_use]
    pub fn merged(mut self, other: &Record) -> Self {
        for workspace in &other.workspaces {
            if !self.is_of(workspace) {
                self.workspaces.push(workspace.clone());
            }
        }
        for part in &other.parts {
            match self.parts.iter_mut().find(|own| own.digest == part.digest) {
                Some(own) => own.merge(part),
                None => self.parts.push(part.clone()),
            }
        }
        for (reference, line) in &other.lines {
            let own = self
                .lines
                .entry(reference.clone())
                .or_insert_with(|| line.clone());
            if own.surveyed < line.surveyed {
                *own = own.replaced_by(line);
            }
        }
        for (line, value) in &other.probed {
            self.probed
                .entry(line.clone())
                .or_insert_with(|| value.clone());
        }
        self.details = self.details.or(other.details);
        self.bounded()
    }

    /// Without the oldest lines of tags that are written once, such as `{sha}`: an image that never changes gets one with
    /// every commit. Tags that move, and numbers, keep theirs.
    fn bounded(mut self) -> Self {
        let once = self.lines.iter().filter(|(_, line)| line.once);
        let mut times: Vec<i64> = once.map(|(_, line)| line.surveyed).collect();
        times.sort_unstable_by_key(|time| std::cmp::Reverse(*time));
        if let Some(oldest) = times.get(ONCE - 1) {
            self.lines
                .retain(|_, line| !line.once || line.surveyed >= *oldest);
        }
        self
    }

    /// Whether everything in the other record is in this one.
    pub fn has(&self, other: &Record) -> bool {
        let merged = self.clone().merged(other);
        let same_parts = merged.parts.iter().zip(&self.parts).all(|(all, own)| {
            all.passed == own.passed
                && all.variants == own.variants
                && all.proofs == own.proofs
                && all.withdrawn == own.withdrawn
                && same(all, own)
        });
        merged.parts.len() == self.parts.len()
            && merged.workspaces == self.workspaces
            && same_parts
            && merged.lines == self.lines
            && merged.probed == self.probed
            && merged.details == self.details
    }

    /// The record as a registry stores it. Its blobs come first: [`Record::empty_blob`] and the details.
    pub fn stored(&self) -> Stored {
        artifact(RECORD, &serde_json::json!(self).to_string(), self.details)
    }

    /// The blob that every record refers to.
    pub fn empty_blob() -> Arc<[u8]> {
        Arc::from(EMPTY_BLOB)
    }

    /// Reads a stored record; `None` if it is not one, or one of another version of kiln that this one cannot read.
    pub fn read(stored: &Stored) -> Option<Self> {
        let record: Self = serde_json::from_str(&summary(stored)?).ok()?;
        Some(Self {
            details: details(stored),
            ..record
        })
    }
}

/// Inputs may be in another order.
fn same(one: &Part, other: &Part) -> bool {
    let within = |a: &Part, b: &Part| a.made.inputs.iter().all(|i| b.made.inputs.contains(i));
    within(one, other) && within(other, one)
}
