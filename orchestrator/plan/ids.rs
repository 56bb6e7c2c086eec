//! Recipe ids and build ids: hashes that are the same on every machine.

use crate::check::{self, Check};
use crate::graph::{Graph, Target};
use crate::matrix::{DeferredTag, Fleet, VariantId};
use crate::name::{Digest, Platform, Tag};
use crate::plan::Lock;
use crate::render::Recipe;

/// The version of the hashed text; a change makes every image new.
const FORMAT: &str = "kiln-recipe-1";

/// The hash of everything that the author controls: one per variant and one per build.
#[derive(Debug, Clone, Default)]
pub struct Ids {
    variants: Vec<Digest>,
    builds: Vec<Vec<(Platform, Digest)>>,
}

impl Ids {
    /// The recipe id of a variant over all its platforms.
    pub fn variant(&self, id: VariantId) -> Digest {
        self.variants[id.0 as usize]
    }

    /// The recipe id of a variant on one of its platforms.
    pub fn build(&self, id: VariantId, platform: &Platform) -> Digest {
        let of = |(p, d): &(Platform, Digest)| (p == platform).then_some(*d);
        self.builds[id.0 as usize]
            .iter()
            .find_map(of)
            .unwrap_or(self.variants[id.0 as usize])
    }

    /// The tag of the newest checked build of a variant's recipe.
    pub fn recipe_tag(&self, id: VariantId) -> Tag {
        Tag::content('r', &[&self.variant(id).hex()])
    }
}

/// The tag that records that an image has passed a set of checks: `g-<digest>-<check id>`. `None` without checks.
///
/// The image is named by its digest, not by its build id: a planner that has built nothing learns the digest from
/// `r-<recipe id>`, and an adopted build of another run has the same build id but another digest. The check id is
/// cut to 128 bits because a tag has at most 128 characters.
pub fn green_tag(image: Digest, checks: &[Check]) -> Option<Tag> {
    check::id(checks).map(|id| Tag::content('g', &[&image.hex(), &id.hex()[..32]]))
}

/// The tag of one build's image: `b-<build id>`.
pub fn build_tag(build: Digest) -> Tag {
    Tag::content('b', &[&build.hex()])
}

/// The tag that records that an image was probed for its tags, and these tags were written:
/// `p-<digest>-<hash of the probes>`. `None` without probes.
pub fn probed_tag(image: Digest, deferred: &[DeferredTag]) -> Option<Tag> {
    let asked: String = deferred
        .iter()
        .filter(|tag| tag.probes().next().is_some())
        .map(|tag| format!("{}\n", tag.written()))
        .collect();
    (!asked.is_empty()).then(|| Tag::content('p', &[&image.hex(), &Digest::of(asked).hex()[..32]]))
}

/// The recipe ids of a fleet, parents first; linear in variants, parents and platforms.
pub fn ids(fleet: &Fleet, recipes: &[Recipe], graph: &Graph) -> Ids {
    let blank = Digest::of("");
    let mut ids = Ids {
        variants: vec![blank; fleet.variants.len()],
        builds: vec![Vec::new(); fleet.variants.len()],
    };
    for &v in graph.order() {
        let (variant, recipe) = (fleet.variant(v), &recipes[v.0 as usize]);
        let builds: Vec<_> = variant
            .platforms
            .iter()
            .map(|p| (p.clone(), recipe_id(recipe, graph, &ids, &variant.args, p)))
            .collect();
        ids.variants[v.0 as usize] = match builds.as_slice() {
            [(_, only)] => *only,
            several => Digest::of(
                several
                    .iter()
                    .map(|(p, d)| format!("{p} {d}\n"))
                    .collect::<String>(),
            ),
        };
        ids.builds[v.0 as usize] = builds;
    }
    ids
}

fn recipe_id(
    recipe: &Recipe,
    graph: &Graph,
    ids: &Ids,
    args: &indexmap::IndexMap<String, String>,
    platform: &Platform,
) -> Digest {
    let image_refs = graph
        .targets(recipe.variant)
        .iter()
        .map(|target| match target {
            Target::Variant(parent) => format!("parent {}\n", ids.build(*parent, platform)),
            Target::Base(reference) => format!("base {reference}\n"),
        });
    let mut text = format!(
        "{FORMAT}\nown {}\n",
        recipe.own_digest(args.iter().map(|(k, v)| (k.as_str(), v.as_str())), platform)
    );
    text.extend(image_refs);
    Digest::of(text)
}

/// A build id: the recipe id, the digests of its bases, and the build ids of its parents (or, for a parent that is
/// kept from an earlier run, its digest).
pub fn build_id<'a>(
    recipe: Digest,
    locks: impl IntoIterator<Item = &'a Lock>,
    parents: impl IntoIterator<Item = String>,
) -> Digest {
    let mut text = format!("kiln-build-1\nrecipe {recipe}\n");
    text.extend(
        locks
            .into_iter()
            .map(|lock| format!("base {}\n", lock.digest)),
    );
    text.extend(
        parents
            .into_iter()
            .map(|parent| format!("parent {parent}\n")),
    );
    Digest::of(text)
}
