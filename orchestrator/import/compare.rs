//! Compares what a file publishes with what a manifest publishes, image by image.
//!
//! ```text
//! file          app:1.3  app:latest          manifest   app:1.2  app:latest
//!               '-- app:1.3 is not in the manifest; app:1.2 is not in the file; app:latest belongs to another image
//! ```
//!
//! An image of the file and one of the manifest belong together if they have a reference in common: that with the same
//! platforms first, then that which is built the same, then that with the most such references. Where the file has no names of an image, a person has filled
//! them in: the image belongs to one that is called the same, and only what is built is compared.

mod side;

use super::note::Lost;
use super::published::Published;
use super::{Dockerfiles, attest, lost};
use crate::import::File;
use crate::matrix::{Body, Fleet};
use crate::name::{Reference, Repository};
use crate::text::{Diagnostic, Diagnostics};
use side::Side;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What was compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The number of images of the file with their references.
    pub images: usize,
    /// The number of their references.
    pub references: usize,
    /// The images whose references are not in the file, by name: of these, only what is built is compared.
    pub unnamed: BTreeSet<String>,
    /// Those of them of which the manifest has no image: nothing of them is compared.
    pub unknown: BTreeSet<String>,
    /// The repositories of the manifest that the file does not name. They are not compared.
    pub elsewhere: BTreeSet<Repository>,
    /// References that the manifest publishes only in some runs (`on="release"`). The file has no such conditions, so it
    /// may or may not have them.
    pub conditional: BTreeSet<Reference>,
    /// The number of images of the file that the manifest has, too.
    pub common: usize,
    /// What the import has left out, as a comment of the manifest says.
    pub lost: BTreeSet<String>,
    /// References of images that have tags in the file which are not known.
    pub open: BTreeSet<Reference>,
    /// Whether only the manifest has `attest`: what bake publishes without it depends on the builder.
    pub attest: bool,
    /// Dockerfiles that are inside the file and that the manifest names. What the workspace has in their place is to be
    /// compared with them.
    pub inside: Vec<File>,
}

/// The manifest that a file is compared with.
pub struct With<'a> {
    /// What it publishes.
    pub fleet: &'a Fleet,
    /// The Dockerfiles of its workspace.
    pub dockerfiles: Dockerfiles<'a>,
    /// The texts of its files: their comments name what the import has left out.
    pub texts: Vec<&'a str>,
}

/// Reports every difference. `lost` is what an import of the file leaves out.
pub(super) fn compare(
    published: &Published,
    lost: &[Lost],
    with: &With<'_>,
    out: &mut Diagnostics,
) -> Compared {
    let fleet = with.fleet;
    let images = published.images.iter();
    let file: Vec<Side> = images
        .flat_map(|image| image.variants.iter().map(move |variant| (image, variant)))
        .map(|(image, variant)| Side::wanted(published, image, variant))
        .collect();
    let has_origins = file.iter().any(|side| !side.from.is_empty());
    let dockerfiles = has_origins.then_some(with.dockerfiles);
    let manifest = fleet.variants.iter();
    let manifest: Vec<Side> = manifest
        .map(|variant| Side::got(fleet, variant, dockerfiles))
        .collect();
    let owners = [owners(&file), owners(&manifest)];
    let is_made_up = |text: &str| published.is_made_up(text);
    let both = Both {
        pairs: pairs(&file, &manifest, &owners[MANIFEST], &is_made_up),
        is_made_up: &is_made_up,
        named: owners[FILE].keys().map(|name| &name.repository).collect(),
        lost,
        owners,
        sides: [&file, &manifest],
    };
    both.report(out);
    let is_published = |name: &Reference| both.owners[MANIFEST].contains_key(name);
    let lost = lost::known(lost, &with.texts, is_published, out);
    let has_attest = attest::compare(published, fleet, out);
    let unnamed = file.iter().zip(&both.pairs);
    let unnamed = unnamed.filter(|(side, _)| side.references.is_empty());
    let unknown = unnamed.clone().filter(|(_, pair)| pair.is_none());
    let name = |(side, _): (&Side, &Option<usize>)| side.image.clone();
    Compared {
        images: file
            .iter()
            .filter(|side| !side.references.is_empty())
            .count(),
        references: both.owners[FILE].len(),
        unnamed: unnamed.map(name).collect(),
        unknown: unknown.map(name).collect(),
        elsewhere: both.elsewhere(),
        conditional: both.conditional(),
        common: both.pairs.iter().flatten().count(),
        lost,
        open: both.open(),
        attest: !has_attest,
        inside: inside(published, fleet),
    }
}

/// The Dockerfiles of the file that the manifest names.
fn inside(published: &Published, fleet: &Fleet) -> Vec<File> {
    let named = fleet
        .variants
        .iter()
        .filter_map(|variant| match &variant.body {
            Body::Dockerfile(path) => Some(path.as_str()),
            Body::Template(_) => None,
        });
    let named: HashSet<&str> = named.collect();
    let all = published.files.iter();
    let inside = all.filter(|file| named.contains(file.path.as_str()));
    inside.cloned().collect()
}

const FILE: usize = 0;
const MANIFEST: usize = 1;

/// The images of both, and those that belong together.
struct Both<'a> {
    sides: [&'a [Side]; 2],
    /// For each image of the file, that of the manifest.
    pairs: Vec<Option<usize>>,
    /// The repositories that the file names.
    named: BTreeSet<&'a Repository>,
    /// Who publishes a reference, by reference.
    owners: [Owners<'a>; 2],
    /// What an import of the file leaves out.
    lost: &'a [Lost],
    /// Whether a text of the file is made up: it is not compared.
    is_made_up: &'a dyn Fn(&str) -> bool,
}

type Owners<'a> = HashMap<&'a Reference, Vec<usize>>;

fn owners(sides: &[Side]) -> Owners<'_> {
    let mut owners = Owners::new();
    for (at, side) in sides.iter().enumerate() {
        for reference in &side.references {
            owners.entry(reference).or_default().push(at);
        }
    }
    owners
}

fn pairs(
    file: &[Side],
    manifest: &[Side],
    owners: &Owners<'_>,
    is_made_up: &dyn Fn(&str) -> bool,
) -> Vec<Option<usize>> {
    let mut taken = vec![false; manifest.len()];
    let mut pair = |side: &Side| {
        // The number of common references, and the place of the first: a file names the most exact tag first.
        let mut common: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
        for (place, reference) in side.references.iter().enumerate() {
            for at in owners.get(reference).into_iter().flatten() {
                common.entry(*at).or_insert((0, place)).0 += 1;
            }
        }
        let free = common.into_iter().filter(|(at, _)| !taken[*at]);
        let best = free.min_by_key(|(at, (count, place))| {
            let differs = manifest[*at].build.platforms != side.build.platforms;
            // A tag that moved does not change what is built.
            let is_changed = side
                .differences(&manifest[*at], is_made_up)
                .next()
                .is_some();
            (differs, is_changed, Reverse(*count), *place)
        });
        let (at, _) = best?;
        taken[at] = true;
        Some(at)
    };
    let mut pairs: Vec<Option<usize>> = file.iter().map(&mut pair).collect();
    let known = file.iter().zip(&pairs).filter(|(_, pair)| pair.is_some());
    let known: HashSet<&str> = known.map(|(side, _)| side.image.as_str()).collect();
    let unnamed = file.iter().zip(&mut pairs);
    // An image of which all references are others is known by its name.
    let is_renamed = |side: &Side| !known.contains(side.image.as_str());
    let unnamed = unnamed.filter(|(side, _)| side.references.is_empty() || is_renamed(side));
    for (side, pair) in unnamed.filter(|(_, pair)| pair.is_none()) {
        let free = manifest.iter().enumerate();
        let free = free.filter(|(at, made)| !taken[*at] && made.image == side.image);
        let nearest = free.min_by_key(|(_, made)| side.differences(made, is_made_up).count());
        *pair = nearest.map(|(at, _)| at);
        pair.iter().for_each(|at| taken[*at] = true);
    }
    pairs
}

impl Both<'_> {
    fn report(&self, out: &mut Diagnostics) {
        let mut back: Vec<Option<&Side>> = vec![None; self.sides[MANIFEST].len()];
        for (side, pair) in self.sides[FILE].iter().zip(&self.pairs) {
            let made = pair.map(|at| &self.sides[MANIFEST][at]);
            self.missing(FILE, side, made, out);
            self.moved(side, made, out);
            if let (Some(at), Some(made)) = (pair, made) {
                back[*at] = Some(side);
                side.differences(made, self.is_made_up)
                    .for_each(|fault| out.push(fault));
            }
        }
        for (made, pair) in self.sides[MANIFEST].iter().zip(back) {
            // What a person has filled in is not in the file.
            if pair.is_none_or(|pair| !pair.references.is_empty()) {
                self.missing(MANIFEST, made, pair, out);
            }
        }
    }

    /// Reports the references that only one of the two has.
    fn missing(&self, from: usize, side: &Side, pair: Option<&Side>, out: &mut Diagnostics) {
        let other = &self.owners[1 - from];
        let gone = side.references.iter().filter(|reference| {
            let is_named = self.named.contains(&reference.repository);
            is_named && !other.contains_key(reference) && !side.conditional.contains(*reference)
        });
        let is_lost = |name: &&Reference| from == MANIFEST && self.is_lost(name, pair);
        let gone: Vec<&Reference> = gone.filter(|name| !is_lost(name)).collect();
        let Some(list) = list(&gone) else {
            return;
        };
        let (missing, here) = match from {
            FILE => ("the manifest does not publish", "published here"),
            _ => ("the file does not publish", "published by the manifest"),
        };
        let mut fault = Diagnostic::error("import::differs", format!("{missing} {list}"));
        fault = fault.at(side.span, here);
        if let Some(pair) = pair {
            fault = fault.at(pair.span, "the same image there");
        }
        out.push(fault);
    }

    /// Reports the references of an image that belong to a different one in the manifest.
    fn moved(&self, side: &Side, pair: Option<&Side>, out: &mut Diagnostics) {
        for reference in &side.references {
            let owners = self.owners[MANIFEST].get(reference);
            let owner = owners.and_then(|owners| owners.first());
            let Some(owner) = owner.map(|at| &self.sides[MANIFEST][*at]) else {
                continue;
            };
            if pair.is_some_and(|pair| pair.references.contains(reference)) {
                continue;
            }
            let message = format!(
                "`{}` is `{}` in the file and `{}` in the manifest",
                reference.familiar(),
                side.name(),
                owner.name()
            );
            let fault = Diagnostic::error("import::differs", message);
            out.push(fault.at(side.span, "here").at(owner.span, "and here"));
        }
    }

    fn elsewhere(&self) -> BTreeSet<Repository> {
        let of_unnamed = |at: usize| {
            let mut pairs = self.sides[FILE].iter().zip(&self.pairs);
            pairs.any(|(side, pair)| *pair == Some(at) && side.references.is_empty())
        };
        let sides = self.sides[MANIFEST].iter().enumerate();
        let sides = sides.filter(|(at, _)| !of_unnamed(*at));
        let all = sides.flat_map(|(_, side)| side.references.iter().map(|name| &name.repository));
        let other = all.filter(|repository| !self.named.contains(repository));
        other.cloned().collect()
    }

    /// Whether a reference of the manifest may be one that the import has left out. `pair` is its image in the file.
    fn is_lost(&self, name: &Reference, pair: Option<&Side>) -> bool {
        let full = name.familiar();
        let is_open = |one: &Lost| pair.is_some_and(|pair| one.images.contains(&pair.span));
        let mut lost = self.lost.iter();
        lost.any(|one| one.references.contains(&full) || is_open(one))
    }

    /// The references of the manifest that may be tags of the file which are not known.
    fn open(&self) -> BTreeSet<Reference> {
        let pairs = self.sides[FILE].iter().zip(&self.pairs);
        let pairs = pairs.filter_map(|(side, pair)| Some((side, &self.sides[MANIFEST][(*pair)?])));
        let all =
            pairs.flat_map(|(side, made)| made.references.iter().map(move |name| (side, name)));
        let open = all.filter(|(side, name)| {
            let is_other = !self.owners[FILE].contains_key(name);
            is_other && !side.references.is_empty() && self.is_lost(name, Some(*side))
        });
        open.map(|(_, name)| name.clone()).collect()
    }

    fn conditional(&self) -> BTreeSet<Reference> {
        let all = self.sides[MANIFEST]
            .iter()
            .flat_map(|side| &side.conditional);
        let named = all.filter(|name| self.named.contains(&name.repository));
        named.cloned().collect()
    }
}

/// The first references, and the number of the others; `None` without any.
fn list(all: &[&Reference]) -> Option<String> {
    const SHOWN: usize = 5;
    let shown: Vec<String> = all
        .iter()
        .take(SHOWN)
        .map(|one| format!("`{}`", one.familiar()))
        .collect();
    let more = match all.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!all.is_empty()).then(|| shown.join(", ") + &more)
}

#[cfg(test)]
mod tests;
