//! What registries and engines have now, as the survey found it.

use crate::matrix::{Variant, VariantId};
use crate::memory::{BaseInput, Details, Failure, Part, Record, Upgrade, record_tag};
use crate::name::{Digest, Platform, Reference, Repository};
use crate::request::WorldError;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// The state of the registries at one moment. A run queries each fact once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// Whether the registries were queried at all.
    pub online: bool,
    /// Public tags that exist.
    pub public: BTreeMap<Reference, Digest>,
    /// Variants whose public repository does not answer, or refuses to: what their tags name is not known.
    pub unread: BTreeMap<VariantId, Unread>,
    /// Other public repositories that do not answer, or refuse to: this run may not write to them, so it does not need to know
    /// what they have.
    pub unwritten: BTreeMap<Repository, WorldError>,
    /// Records, by the tag that names them; `None` if the registry has none.
    pub records: HashMap<Reference, Option<Arc<Record>>>,
    /// What each variant is compared with, if it was found.
    pub current: BTreeMap<VariantId, Current>,
    /// Images under the names of a variant that kiln has no record of for it.
    pub strangers: BTreeMap<VariantId, Vec<(Reference, Digest)>>,
    /// The outside images of the variants.
    pub bases: BTreeMap<Reference, BaseFact>,
    /// Images that are locked or named by digest, that what is built needs and that their registry does not have, or does not answer for.
    pub gone: BTreeMap<Reference, WorldError>,
    /// What is staged under a build id, by the tag `b-<build id>`; `None` if there is nothing.
    pub staged: HashMap<Reference, Option<Part>>,
    /// What is remembered of inputs that failed, by the tag `f-<build id>`; `None` if that is nothing.
    pub failures: HashMap<Reference, Option<Failure>>,
    /// The highest published revision of a counted tag, and its image, by `repository:1.27.0-r{revision}`.
    pub revisions: BTreeMap<String, (u64, Digest)>,
    /// By image and tool set, the newer versions that are known for what the tool set installed.
    pub upgrades: HashMap<Digest, BTreeMap<String, Vec<Upgrade>>>,
    /// Variants whose packages could not be asked about, and why.
    pub unasked: BTreeMap<VariantId, String>,
    /// Variants with `refresh "upgrades"` whose images have no database of packages that kiln knows.
    pub unpackaged: BTreeSet<VariantId>,
    /// By variant, the packages with newer versions, where all packages were looked up.
    pub newer: BTreeMap<VariantId, BTreeSet<Upgrade>>,
    /// The details of records, by the digest of the image, where evidence is wanted.
    pub details: HashMap<Digest, Details>,
}

impl Facts {
    /// The images under the names of a variant that kiln does not know. An image of another variant of the workspace is none
    /// of them: `latest` names one before a new version is built.
    pub fn unrecorded<'a>(
        &'a self,
        variant: &'a Variant,
        workspace: &'a str,
    ) -> impl Iterator<Item = &'a (Reference, Digest)> {
        let strangers = self.strangers.get(&variant.id).into_iter().flatten();
        let known = move |digest| self.record(variant, digest).and_then(Option::as_ref);
        strangers
            .filter(move |(_, digest)| known(*digest).is_none_or(|record| !record.is_of(workspace)))
    }

    /// The record of an image in the staging repository of a variant: `Some(None)` if it has none, `None` if it was not read.
    pub fn record(&self, variant: &Variant, image: Digest) -> Option<&Option<Arc<Record>>> {
        self.record_in(variant.staging.as_ref(), image)
    }

    /// The same for a staging repository.
    pub(super) fn record_in(
        &self,
        staging: Option<&Repository>,
        image: Digest,
    ) -> Option<&Option<Arc<Record>>> {
        let tag = Reference::tagged(staging?.clone(), record_tag(image));
        self.records.get(&tag)
    }
}

/// The image that a variant is compared with.
#[derive(Debug, Clone, PartialEq)]
pub struct Current {
    /// The digest of the image, or of the index over its platforms.
    pub digest: Digest,
    /// The name that led to it.
    pub found: Reference,
    /// Its record.
    pub record: Arc<Record>,
}

/// Why a public tag could not be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Unread {
    /// The first tag in the repository.
    pub reference: Reference,
    /// With a way out.
    pub why: WorldError,
    /// Where the manifest declares the image: `kiln.kdl:6:1`
    pub place: Arc<str>,
}

/// What is known of an outside image.
#[derive(Debug, Clone, PartialEq)]
pub enum BaseFact {
    /// What its name resolves to.
    Known(Base),
    /// It could not be looked up, and why: images that are built on it fail with this.
    Unknown(WorldError),
}

/// What the name of an outside image resolves to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// The image or the index.
    pub lock: Lock,
    /// The images of the index; `None` if it is an image, or if it was not needed.
    pub parts: Option<Vec<(Platform, Digest)>>,
}

impl Base {
    /// The input that it is for an image on this platform. `None` if that is not known: the index changed, and its images
    /// were not read.
    pub fn input(
        &self,
        platform: Option<&Platform>,
        recorded: Option<&BaseInput>,
    ) -> Option<BaseInput> {
        if let Some(locked) = self.lock.locked_for(platform) {
            return Some(BaseInput {
                digest: locked.digest,
                index: None,
            });
        }
        let whole = self.lock.digest;
        let index = BaseInput {
            digest: whole,
            index: Some(whole),
        };
        let Some(platform) = platform else {
            return Some(index);
        };
        match &self.parts {
            Some(parts) if parts.is_empty() => Some(BaseInput {
                digest: whole,
                index: None,
            }),
            Some(parts) => Some(BaseInput {
                // An image that lacks the platform is refused before the first build.
                digest: part_for(parts, platform).unwrap_or(whole),
                index: Some(whole),
            }),
            None => recorded
                .filter(|recorded| recorded.index.unwrap_or(recorded.digest) == whole)
                .cloned(),
        }
    }
}

/// The image of an index for a platform, as builders choose it.
pub fn part_for(parts: &[(Platform, Digest)], wanted: &Platform) -> Option<Digest> {
    let fitting = parts.iter().filter(|(platform, _)| wanted.runs(platform));
    let best = fitting.max_by_key(|(platform, _)| platform.rank());
    best.map(|(_, digest)| *digest)
}

/// The exact outside image that a reference resolves to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// The digest of the manifest in the registry, or the image id if only the engine has it.
    pub digest: Digest,
    /// Where the digest comes from.
    pub source: LockSource,
    /// What `kiln.lock` says, by platform: that counts before the digest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locked: Vec<Locked>,
}

impl Lock {
    /// What `kiln.lock` says for a platform, or for stages on the build platform.
    pub fn locked_for(&self, platform: Option<&Platform>) -> Option<&Locked> {
        let mut all = self.locked.iter();
        all.find(|one| one.platform.as_ref() == platform)
    }

    /// The digest for a platform, or for stages on the build platform.
    pub fn digest_for(&self, platform: Option<&Platform>) -> Digest {
        self.locked_for(platform)
            .map_or(self.digest, |locked| locked.digest)
    }
}

/// A line of `kiln.lock` for an outside image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locked {
    /// `None` for stages on the build platform.
    pub platform: Option<Platform>,
    /// The digest of the image; for stages on the build platform that of the index, if the name has one.
    pub digest: Digest,
    /// `kiln.lock:5`
    pub place: String,
}

/// Where the digest of a base comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LockSource {
    /// Its registry.
    Registry,
    /// The engine: the registry does not have the image.
    Engine,
    /// `kiln.lock`, which has a digest for each platform that is needed: the registry was not asked.
    Lockfile,
}
