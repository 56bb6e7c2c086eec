//! Checks that outside images support the platforms that builds use them for, and that their ONBUILD reads no files that
//! kiln does not know of, mounts no secret, and gets nothing of the machine in a run that is untrusted.
//!
//! Both the index and the configuration of an image must match: builders select by the index, and the configuration
//! describes what is published.

use super::IN_FLIGHT;
use crate::dockerfile::{self, ImageRefKind, Instruction, RunsOn};
use crate::engine::Engine;
use crate::name::{Digest, Platform, Reference};
use crate::plan::{ImageSource, LockSource, Plan, locked_for};
use crate::registry::Registry;
use crate::request::{Configuration, Patience, Stored, WorldError};
use crate::text::Shown;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use std::collections::BTreeMap;

/// The outside images of a plan's builds, and the registry and engine to query.
pub struct Bases<'a> {
    /// With its bases, if they are known; any other base is looked up by its name.
    pub plan: &'a Plan,
    /// All registries.
    pub registry: &'a dyn Registry,
    /// The engine and its own platform. Without it, images for stages on the build platform are not checked.
    pub engine: Option<(&'a dyn Engine, &'a Platform)>,
    /// How long to wait for registries.
    pub patience: Patience,
    /// Whether the run gives builds nothing of the machine.
    pub is_untrusted: bool,
}

/// An outside image that a build cannot use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` ({place}) {why}", reference.familiar())]
pub struct Unfit {
    /// The image.
    pub reference: Reference,
    /// Where Dockerfiles name it.
    pub place: String,
    /// `does not support linux/arm64; it has linux/amd64`
    pub why: String,
    /// What to do about it.
    pub way_out: Option<String>,
}

/// For each image and its digest, if that is known, and each platform that builds need, who needs it.
type Wanted<'a> = BTreeMap<(Reference, Option<Digest>), BTreeMap<Platform, Need<'a>>>;

/// A build's need of an outside image.
#[derive(Default)]
struct Need<'a> {
    /// The places that name it, each once.
    places: Vec<String>,
    /// Whether a build is based on it and is sent only a part of its context: ONBUILD may need the rest.
    is_sent_part: bool,
    /// The Dockerfiles that have a stage based on it, by path: their builds run its ONBUILD.
    based: BTreeMap<&'a str, &'a str>,
}

/// The most places that are named.
const NAMED: usize = 5;

impl Need<'_> {
    /// `a/Dockerfile:1, b/Dockerfile:4 and 3 more places`
    fn all_places(&self) -> String {
        let named = self.places.iter().take(NAMED).map(String::as_str);
        let named = named.collect::<Vec<_>>().join(", ");
        match self.places.len().saturating_sub(NAMED) {
            0 => named,
            1 => format!("{named} and 1 more place"),
            more => format!("{named} and {more} more places"),
        }
    }
}

impl Bases<'_> {
    /// The outside images that lack a platform that a build needs, or whose ONBUILD reads files that are not sent. Each is
    /// looked up once, all concurrently.
    /// Images that do not exist are not included.
    ///
    /// # Errors
    /// A registry or the engine that does not answer.
    pub async fn unfit(&self) -> Result<Vec<Unfit>, WorldError> {
        let wanted = self.wanted().into_iter();
        // Collected first: a task that awaits a closure over lifetimes cannot move between threads.
        let asked: Vec<_> = wanted
            .map(|((reference, digest), platforms)| self.unfit_for(reference, digest, platforms))
            .collect();
        let checked = stream::iter(asked).buffered(IN_FLIGHT);
        let all: Vec<Vec<Unfit>> = checked.try_collect().await?;
        Ok(all.into_iter().flatten().collect())
    }

    fn wanted(&self) -> Wanted<'_> {
        let mut wanted = Wanted::new();
        for (build, recipe) in self.plan.recipes() {
            let platforms = &self.plan.variant(&build.variant).platforms;
            let Some(at) = platforms.iter().position(|one| *one == build.platform) else {
                continue;
            };
            for image in recipe.images.iter() {
                let need = image.at.needs.get(at).and_then(Option::as_ref);
                if let (ImageSource::Base(reference), Some(on)) = (
                    &image.source,
                    need.and_then(|on| self.platform(on, &build.platform)),
                ) {
                    // A base that could not be looked up fails the builds that need it.
                    if self.plan.unknown.contains_key(reference) {
                        continue;
                    }
                    let is_based = image.at.kind == ImageRefKind::From;
                    let is_sent_part =
                        is_based && recipe.build(at).is_some_and(|build| !build.is_whole);
                    let lock = self.plan.bases.get(reference);
                    let digest = need
                        .zip(lock)
                        .map(|(need, lock)| lock.digest_for(locked_for(need, &build.platform)));
                    let needs = wanted.entry((reference.clone(), digest)).or_default();
                    let need = needs.entry(on.clone()).or_default();
                    let place = recipe.origin(image.at.line);
                    if !need.places.contains(&place) {
                        need.places.push(place);
                    }
                    need.is_sent_part |= is_sent_part;
                    if is_based {
                        need.based.insert(&recipe.path, &recipe.dockerfile);
                    }
                }
            }
        }
        wanted
    }

    fn platform<'b>(&'b self, on: &'b RunsOn, target: &'b Platform) -> Option<&'b Platform> {
        match on {
            RunsOn::Target => Some(target),
            RunsOn::Platform(pinned) => Some(pinned),
            RunsOn::Build => self.engine.map(|(_, platform)| platform),
        }
    }

    async fn unfit_for(
        &self,
        reference: Reference,
        digest: Option<Digest>,
        wanted: BTreeMap<Platform, Need<'_>>,
    ) -> Result<Vec<Unfit>, WorldError> {
        let lock = self.plan.bases.get(&reference);
        let image = match (lock, digest) {
            (Some(lock), _) if lock.source == LockSource::Engine => {
                self.on_engine(&reference).await?
            }
            (_, Some(digest)) => {
                let pinned = Reference::pinned(reference.repository.clone(), digest);
                self.served(pinned).await?
            }
            _ => self.served(reference.clone()).await?,
        };
        let locked = lock.into_iter().flat_map(|lock| &lock.locked);
        let locked = locked.clone().find(|one| Some(one.digest) == digest);
        let locked = locked.map_or_else(String::new, |one| format!(" ({} locks it)", one.place));
        let Some(image) = image else {
            return Ok(Vec::new());
        };
        let mut unfit = Vec::new();
        for (wanted, need) in wanted {
            let unfit_at = |place: String, why: String, way_out: Option<String>| Unfit {
                reference: reference.clone(),
                place,
                why,
                way_out,
            };
            match self.lacks(&image, &wanted).await? {
                Err(found) => {
                    let why = format!("does not support {wanted}; {found}{locked}");
                    unfit.push(unfit_at(need.all_places(), why, image.way_out()));
                }
                Ok(onbuild) => {
                    let why = onbuild.iter().find_map(|line| self.refused(line, &need));
                    let place = need.places.first().cloned().unwrap_or_default();
                    unfit.extend(why.map(|why| unfit_at(place, why, None)));
                }
            }
        }
        Ok(unfit)
    }

    /// Why an ONBUILD instruction of a base cannot be run.
    fn refused(&self, line: &str, need: &Need<'_>) -> Option<String> {
        if need.based.is_empty() {
            return None;
        }
        let host = || self.is_untrusted.then(|| host_access(line)).flatten();
        let read = || need.is_sent_part.then(|| reads(line)).flatten();
        let refused = mounts(line).or_else(host).or_else(read);
        refused.or_else(|| fetches(line, need.based.values()))
    }

    async fn on_engine(&self, reference: &Reference) -> Result<Option<Image>, WorldError> {
        let Some((engine, _)) = self.engine else {
            return Ok(None);
        };
        let found = engine.inspect(&reference.familiar()).await?;
        Ok(found.map(|image| {
            Image::One(Own {
                platform: image.platform(),
                onbuild: image.config.onbuild,
            })
        }))
    }

    async fn served(&self, reference: Reference) -> Result<Option<Image>, WorldError> {
        let Some(stored) = self.registry.manifest(&reference, self.patience).await? else {
            return Ok(None);
        };
        if !stored.is_index() {
            return Ok(self.configured(&reference, &stored).await?.map(Image::One));
        }
        let mut parts = Vec::new();
        for (listed, digest) in stored.images() {
            // For an entry without a platform, the image's configuration has it.
            let platform = match listed {
                Some(listed) => Some(listed),
                None => self.part(&reference, digest).await?.map(|own| own.platform),
            };
            parts.extend(platform.map(|platform| (platform, digest)));
        }
        Ok(Some(Image::Index(reference, parts)))
    }

    /// The ONBUILD instructions of an image for the platform; `Err` says what it supports instead.
    async fn lacks(
        &self,
        image: &Image,
        wanted: &Platform,
    ) -> Result<Result<Vec<String>, String>, WorldError> {
        Ok(match image {
            Image::One(own) if wanted.runs(&own.platform) => Ok(own.onbuild.clone()),
            Image::One(own) => Err(format!("its platform is {}", own.platform)),
            Image::Index(reference, parts) => {
                let fitting = parts.iter().filter(|(platform, _)| wanted.runs(platform));
                let Some((_, digest)) = fitting.max_by_key(|(platform, _)| platform.rank()) else {
                    return Ok(Err(has(parts)));
                };
                match self.part(reference, *digest).await? {
                    Some(own) if !wanted.runs(&own.platform) => Err(format!(
                        "its index lists an image for it, whose configuration has {}",
                        own.platform
                    )),
                    own => Ok(own.map(|own| own.onbuild).unwrap_or_default()),
                }
            }
        })
    }

    /// What the configuration of one image of an index says.
    async fn part(&self, reference: &Reference, digest: Digest) -> Result<Option<Own>, WorldError> {
        let pinned = Reference::pinned(reference.repository.clone(), digest);
        match self.registry.manifest(&pinned, self.patience).await? {
            Some(stored) => self.configured(&pinned, &stored).await,
            None => Ok(None),
        }
    }

    /// What an image's configuration says; `None` if it has no platform, like artifacts that are not images.
    async fn configured(
        &self,
        reference: &Reference,
        stored: &Stored,
    ) -> Result<Option<Own>, WorldError> {
        let Some(digest) = stored.config() else {
            return Ok(None);
        };
        let config = self
            .registry
            .blob(&reference.repository, digest, self.patience)
            .await?;
        Ok(Configuration::read(&config).ok().and_then(|config| {
            Some(Own {
                platform: config.platform.read()?,
                onbuild: config.onbuild(),
            })
        }))
    }
}

/// What the configuration of an outside image says.
struct Own {
    platform: Platform,
    /// Its ONBUILD instructions, without that word.
    onbuild: Vec<String>,
}

/// An ONBUILD instruction that reads the context of the build, as a sentence with a way out.
fn reads(instruction: &str) -> Option<String> {
    let line = format!("FROM scratch\nONBUILD {instruction}\n");
    let reads = dockerfile::read_alone(&line).onbuild_reads;
    (!reads.is_nothing()).then(|| {
        format!(
            "runs `ONBUILD {}`, which reads files that kiln does not know of: declare it with `onbuild` (`base \"name\" from=\"…\" onbuild`, and `from base=\"name\"` in the image), so that all files of the context are sent and count",
            instruction.shown()
        )
    })
}

/// An ONBUILD instruction that names an image, and not a stage of one of these Dockerfiles, as a sentence with a way out: the
/// build would fetch whatever its name resolves to then.
fn fetches<'a>(instruction: &str, mut based: impl Iterator<Item = &'a &'a str>) -> Option<String> {
    if !instruction.contains("from=") {
        return None;
    }
    let image = based.find_map(|dockerfile| image_in(instruction, dockerfile))?;
    Some(format!(
        "runs `ONBUILD {}`, and the image `{image}` in it is neither locked nor a reason to rebuild\n  use a base without it, or make the base an image of the fleet that copies from `{image}` itself",
        instruction.shown()
    ))
}

/// An ONBUILD instruction that mounts what is meant for the steps of the image itself, as a sentence with a way out.
fn mounts(instruction: &str) -> Option<String> {
    let read = dockerfile::parse(instruction).instructions;
    let what = read.iter().find_map(Instruction::mounted)?;
    Some(format!(
        "runs `ONBUILD {}`, which {what}, and what an image declares is for its own steps\n  use a base without it, and mount it in a step of the image",
        instruction.shown()
    ))
}

/// An ONBUILD instruction that gets something of the machine that builds, as a sentence with a way out.
fn host_access(instruction: &str) -> Option<String> {
    let read = dockerfile::parse(instruction).instructions;
    let fault = read.iter().find_map(Instruction::host_access)?;
    Some(format!(
        "runs `ONBUILD {}`: {}\n  use a base without it, or leave out --untrusted if you trust the base",
        instruction.shown(),
        fault.message
    ))
}

/// The image that an instruction names where the stages of a Dockerfile are known.
fn image_in(instruction: &str, dockerfile: &str) -> Option<String> {
    let stages = dockerfile::read_alone(dockerfile).stages;
    let names = stages.iter().filter_map(|stage| stage.name.as_deref());
    let above: String = names
        .map(|name| format!("FROM scratch AS {name}\n"))
        .collect();
    let line = format!("{above}FROM scratch\n{instruction}\n");
    let named = dockerfile::read_alone(&line).image_refs;
    Some(named.first()?.reference.familiar())
}

/// The platforms of an outside image.
enum Image {
    One(Own),
    /// Where the registry serves it, and the images in it.
    Index(Reference, Vec<(Platform, Digest)>),
}

impl Image {
    /// What to do if it lacks a platform.
    fn way_out(&self) -> Option<String> {
        let has = match self {
            Image::One(own) => &own.platform,
            Image::Index(_, parts) => parts.first().map(|(platform, _)| platform)?,
        };
        Some(format!(
            "build only for what it has, such as `platforms \"{has}\"`, or only copy from it: `FROM --platform={has} … AS files`"
        ))
    }
}

pub(super) fn has(parts: &[(Platform, Digest)]) -> String {
    let mut all: Vec<String> = parts
        .iter()
        .map(|(platform, _)| platform.to_string())
        .collect();
    all.sort();
    all.dedup();
    match all.is_empty() {
        true => "it has no platforms".into(),
        false => format!("it has {}", all.join(", ")),
    }
}

#[cfg(test)]
mod tests;
