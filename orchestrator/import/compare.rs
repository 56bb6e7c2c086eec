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

use super::build::{Build, Difference};
use super::note::Lost;
use super::published::{Image, Name, Origin, Published, Variant};
use super::{Dockerfiles, attest, lost, parents};
use crate::import::File;
use crate::manifest::{ContextDecl, NamedSource};
use crate::matrix::{self, Body, Fleet, Parent, Permission};
use crate::name::{Reference, Repository};
use crate::text::{Diagnostic, Diagnostics, Shown, Span, Spanned};
use indexmap::IndexSet;
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
        .map(|(image, variant)| {
            let has_names = published.has_names_of(variant);
            let names = variant.names.iter().filter(|_| has_names);
            Side {
                image: image.name.clone(),
                references: names.filter_map(reference).collect(),
                conditional: BTreeSet::new(),
                build: Build::wanted(variant),
                span: variant.span,
                is_template: false,
                parents: BTreeMap::new(),
                from: origin(image, variant),
                data: data(variant),
            }
        })
        .collect();
    let has_origins = file.iter().any(|side| !side.from.is_empty());
    let manifest = fleet.variants.iter().map(|variant| {
        let build = Build::got(variant);
        let from = match has_origins {
            true => from(fleet, variant, &build, with.dockerfiles),
            false => Vec::new(),
        };
        let data = variant.cells.values().flat_map(|cell| &cell.data);
        Side {
            image: variant.image.clone(),
            references: variant.references().map(|(name, _)| name).collect(),
            conditional: conditional(variant).collect(),
            build,
            span: variant.span,
            is_template: matches!(variant.body, Body::Template(_)),
            parents: parents_of(fleet, variant),
            from,
            data: data
                .map(|(key, text)| (key.clone(), Some(text.clone())))
                .collect(),
        }
    });
    let manifest: Vec<Side> = manifest.collect();
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

/// A name of the file as a reference.
fn reference(name: &Name) -> Option<Reference> {
    name.full().parse().ok()
}

/// The references of a variant that only some runs publish.
fn conditional(variant: &matrix::Variant) -> impl Iterator<Item = Reference> {
    let is_free = |one: Option<&Permission>| one.is_none_or(Permission::is_unspecified);
    let repositories = variant.publish.iter().enumerate();
    repositories.flat_map(move |(at, repository)| {
        let all = variant.tags.iter();
        let some = all.filter(move |tag| {
            !is_free(Some(&tag.permission)) || !is_free(variant.permissions.get(at))
        });
        some.map(|tag| Reference::tagged(repository.clone(), tag.tag.clone()))
    })
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

/// The named contexts of a variant that are images or bases of its manifest, with the references of each.
fn parents_of(fleet: &Fleet, variant: &matrix::Variant) -> BTreeMap<String, Vec<Reference>> {
    let one = |one: &ContextDecl<Spanned<String>, Parent>| {
        let references = match &one.source {
            NamedSource::Word(_) => return None,
            NamedSource::Of(parent) => names_of(fleet, *parent),
        };
        Some((one.name.value.clone(), references))
    };
    variant.contexts.iter().filter_map(one).collect()
}

/// The references of an image or base of a manifest.
fn names_of(fleet: &Fleet, parent: Parent) -> Vec<Reference> {
    match parent {
        Parent::Base(id) => vec![fleet.base(id).reference.clone()],
        Parent::Variant(id) => {
            let references = fleet.variant(id).references();
            references.map(|(reference, _)| reference).collect()
        }
    }
}

/// What a variant of the manifest is based on. Without a `from`, it may be any image that the Dockerfile names.
fn from(
    fleet: &Fleet,
    variant: &matrix::Variant,
    build: &Build,
    read: Dockerfiles<'_>,
) -> Vec<Reference> {
    match (variant.parent, &variant.body) {
        (Some(parent), _) => names_of(fleet, parent),
        (None, Body::Template(_)) => Vec::new(),
        (None, Body::Dockerfile(_)) => {
            let named = parents::named(build, read);
            let named = named.iter().map(|one| one.reference.parse());
            named.filter_map(Result::ok).collect()
        }
    }
}

/// The references of what a variant of the file is based on; none if the file does not say that.
fn origin(image: &Image, variant: &Variant) -> Vec<Reference> {
    match &variant.origin {
        None => Vec::new(),
        Some(Origin::Outside(name)) => name.parse().ok().into_iter().collect(),
        Some(Origin::Own(at)) => {
            let names = image.variants.get(*at).map(|own| &own.names);
            names.into_iter().flatten().filter_map(reference).collect()
        }
    }
}

/// What templates insert of the version of a variant of the file.
fn data(variant: &Variant) -> BTreeMap<String, Option<String>> {
    let data = variant.data.iter();
    data.map(|(key, text)| ((*key).to_owned(), text.clone()))
        .collect()
}

/// An image of the file or of the manifest.
struct Side {
    /// The name of the image in the manifest, or that which the import would give it.
    image: String,
    /// In their order; none where the file does not have them.
    references: IndexSet<Reference>,
    /// Those that only some runs publish.
    conditional: BTreeSet<Reference>,
    build: Build,
    span: Span,
    is_template: bool,
    /// Named contexts that are images of the manifest.
    parents: BTreeMap<String, Vec<Reference>>,
    /// What it is based on, with all references of that; none where this is not known.
    from: Vec<Reference>,
    /// What templates insert of its values.
    data: BTreeMap<String, Option<String>>,
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
    let unnamed = file.iter().zip(&mut pairs);
    for (side, pair) in unnamed.filter(|(side, _)| side.references.is_empty()) {
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

impl Side {
    /// The build with named contexts that are images of the manifest, by the reference that the file has for each.
    fn beside(&self, file: &Side) -> Build {
        let mut build = self.build.clone();
        for (name, references) in &self.parents {
            let is_one = |text: &&String| {
                let reference = text.parse::<Reference>();
                reference.is_ok_and(|reference| references.contains(&reference))
            };
            let same = file.build.contexts.get(name).filter(is_one).cloned();
            let same = same.or_else(|| Some(name).filter(is_one).cloned());
            let other = || references.first().map(Reference::familiar);
            let text = same.or_else(other);
            build.contexts.extend(text.map(|text| (name.clone(), text)));
        }
        build
    }

    /// Its first reference, after which people call it, or its image.
    fn name(&self) -> String {
        let first = self.references.first();
        first.map_or_else(|| self.image.clone(), Reference::familiar)
    }

    /// What the manifest has it based on, if that is another image.
    fn other_origin(&self, made: &Side) -> Option<Difference> {
        let is_same = self.from.iter().any(|name| made.from.contains(name));
        let first = |side: &Side| side.from.first().map(Reference::familiar);
        let own = first(self).filter(|_| !is_same)?;
        Some((String::from("`from`"), Some(own), first(made)))
    }

    /// The data of its values that are other texts in the manifest.
    fn other_data<'a>(&'a self, made: &'a Side) -> impl Iterator<Item = Difference> + 'a {
        self.data.iter().filter_map(|(key, own)| {
            let other = made.data.get(key).cloned().flatten();
            (*own != other).then(|| (format!("`{key}`"), own.clone(), other))
        })
    }

    /// What is built differently.
    fn differences(
        &self,
        made: &Side,
        is_made_up: &dyn Fn(&str) -> bool,
    ) -> impl Iterator<Item = Diagnostic> {
        let mut all = self.build.differences(&made.beside(self), made.is_template);
        all.extend(self.other_origin(made));
        all.extend(self.other_data(made));
        all.retain(|(_, file, _)| !file.as_deref().is_some_and(is_made_up));
        all.into_iter().map(|(what, file, manifest)| {
            let (name, shown) = (self.name(), |text: Option<String>| match text {
                Some(text) => format!("`{}`", text.shown()),
                None => String::from("not set"),
            });
            let (file, manifest) = (shown(file), shown(manifest));
            let message =
                format!("{what} of `{name}` is {file} in the file and {manifest} in the manifest");
            let fault = Diagnostic::error("import::differs", message);
            fault.at(self.span, "here").at(made.span, "and here")
        })
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
