//! Parts of an image that are images of their own: `cli-2.12` beside `6.8`, `12.1-noble-rc` beside `12.0-noble`.

use super::entry::{Affix, behind};
use super::split::{is_stage, is_version, version_of};
use crate::import::published::{Image, Variant};
use indexmap::IndexMap;
use std::collections::HashMap;

/// Some variants of an image.
pub(super) struct Part {
    /// The name of the image.
    pub name: String,
    /// What all of its tags have.
    pub affix: Affix,
    /// By their places among all variants.
    pub variants: Vec<usize>,
    /// Words before versions that may be an axis.
    pub words: Vec<String>,
}

impl Part {
    /// The whole image, with the words of these parts as an axis.
    fn turned(image: &Image, parts: &[Self]) -> Option<Self> {
        let affixes = parts.iter().map(|part| &part.affix);
        let words = affixes.clone().map(|affix| affix.before.clone());
        let words: Vec<String> = words.filter(|word| !word.is_empty()).collect();
        let is_before = affixes.clone().all(|affix| affix.after.is_empty());
        (is_before && parts.len() > 1).then(|| Self {
            words,
            ..Self::whole(image)
        })
    }

    fn whole(image: &Image) -> Self {
        Self {
            name: image.name.clone(),
            affix: Affix::default(),
            variants: (0..image.variants.len()).collect(),
            words: Vec::new(),
        }
    }

    /// The image with these variants only.
    pub fn image(&self, whole: &Image) -> Image {
        let variants = self.variants.iter().map(|at| whole.variants[*at].clone());
        Image {
            name: self.name.clone(),
            span: whole.span,
            comment: whole.comment.clone(),
            grid: None,
            variants: variants.collect(),
        }
    }
}

impl Part {
    /// Whether it has to be an image of its own: a stage behind everything else is not of the version that it follows, and
    /// would take rungs from others; and versions behind a word have rungs of their own, unless tags of other parts have the
    /// word, too.
    fn is_own(&self, image: &Image) -> bool {
        let variants = || self.variants.iter().map(|at| &image.variants[*at]);
        let stripped =
            variants().flat_map(|one| one.tags().filter_map(|tag| self.affix.strip(tag)));
        let mut versions = stripped.filter_map(version_of);
        let first = versions.next();
        let mut has_rungs = || versions.any(|version| Some(version) != first);
        !self.affix.after.is_empty()
            || !self.affix.before.is_empty() && has_rungs() && !self.is_in_others(image)
    }
}

impl Part {
    /// Whether a variant outside of the part has tags with its affix and a version, and others that omit its word.
    fn is_in_others(&self, image: &Image) -> bool {
        let others = image.variants.iter().enumerate();
        let mut others = others.filter(|(at, _)| !self.variants.contains(at));
        others.any(|(_, one)| {
            let has_version = |tag| self.affix.strip(tag).and_then(version_of).is_some();
            let omits_word = |tag: &str| behind(tag, &self.affix.before).is_none();
            one.tags().any(has_version) && one.tags().any(omits_word)
        })
    }
}

/// Ways to take an image apart, by kind; usually with the image as it is.
pub(super) fn ways(image: &Image) -> Vec<Vec<Vec<Part>>> {
    let latest = latest(image);
    let by_affix = parts(image, |one| (affix(one), String::new()));
    let by_word = parts(image, |one| {
        let first = one.first().split('-').next().unwrap_or_default();
        let version = one.tags().any(|tag| version_of(tag).is_some());
        let word = if version { "" } else { first };
        (Affix::default(), word.to_owned())
    });
    let whole = Part::whole(image);
    let has_affix = |parts: &Vec<Part>| parts.iter().any(|part| part.affix != Affix::default());
    let apart = |parts: &Vec<Part>| share_nothing(image, parts);
    let by_affix = Some(by_affix).filter(has_affix).filter(apart);
    let is_own = by_affix.iter().flatten().any(|part| part.is_own(image));
    let whole = Some(vec![whole]).filter(|_| !is_own);
    let by_word = Some(by_word).filter(|parts| (2..4).contains(&parts.len()) && !is_own);
    let by_word = by_word.filter(apart);
    let whole: Vec<Vec<Part>> = match whole {
        Some(whole) => [whole].into_iter().chain(latest).collect(),
        None => Vec::new(),
    };
    let turned = by_affix
        .as_ref()
        .and_then(|parts| Part::turned(image, parts));
    let turned = turned.map(|turned| vec![turned]);
    let by_affix: Vec<Vec<Part>> = by_affix.into_iter().chain(turned).collect();
    [whole, by_affix]
        .into_iter()
        .chain(by_word.map(|way| vec![way]))
        .collect()
}

/// The fewest variants of which one that is only `latest` may be an image of its own.
const LATEST: usize = 6;

/// The only variant whose tag is `latest` alone, beside all others: it may have nothing in common with them.
fn latest(image: &Image) -> Option<Vec<Part>> {
    let is_latest = |one: &Variant| one.tags().eq(["latest"]);
    let parts = parts(image, |one| match is_latest(one) {
        true => (Affix::default(), String::from("latest")),
        false => Default::default(),
    });
    let is_single = parts.len() == 2 && parts.iter().any(|part| part.variants.len() == 1);
    (is_single && image.variants.len() >= LATEST).then_some(parts)
}

/// Whether no tag is in two parts: images of their own cannot share one.
fn share_nothing(image: &Image, parts: &[Part]) -> bool {
    let mut owners: HashMap<&str, usize> = HashMap::new();
    let mut tags = parts.iter().enumerate().flat_map(|(at, part)| {
        let variants = part.variants.iter().map(|at| &image.variants[*at]);
        variants.flat_map(move |one| one.tags().map(move |tag| (at, tag)))
    });
    tags.all(|(at, tag)| *owners.entry(tag).or_insert(at) == at)
}

/// The variants by affix and word; those without either keep the image's name, or else the first ones.
fn parts(image: &Image, key: impl Fn(&Variant) -> (Affix, String)) -> Vec<Part> {
    let mut parts: IndexMap<(Affix, String), Vec<usize>> = IndexMap::new();
    for (at, variant) in image.variants.iter().enumerate() {
        parts.entry(key(variant)).or_default().push(at);
    }
    let none = (Affix::default(), String::new());
    let usual = parts.get_index_of(&none).unwrap_or_default();
    let part = |(at, ((affix, word), variants)): (usize, ((Affix, String), Vec<usize>))| {
        let words = [&image.name, &affix.before, &affix.after, &word];
        let words: Vec<&str> = words
            .into_iter()
            .map(String::as_str)
            .filter(|word| !word.is_empty())
            .collect();
        let name = words.join("-");
        Part {
            name: if at == usual {
                image.name.clone()
            } else {
                crate::import::image_name(&name)
            },
            affix,
            variants,
            words: Vec::new(),
        }
    };
    parts.into_iter().enumerate().map(part).collect()
}

/// What all tags of a variant have before their versions, or a stage behind everything else.
fn affix(one: &Variant) -> Affix {
    let before = before(one).unwrap_or_default();
    let after = after(one).unwrap_or_default();
    let affix = Affix { before, after };
    match one.tags().all(|tag| affix.strip(tag).is_some()) {
        true => affix,
        false => Affix::default(),
    }
}

/// `cli` of `cli-2.12.0-php8.4`
fn before(one: &Variant) -> Option<String> {
    let first = one.first();
    let mut ends = first.match_indices('-').map(|(at, _)| at);
    let end = ends.find(|at| is_version(first[at + 1..].split('-').next().unwrap_or_default()))?;
    let words = &first[..end];
    let is_word = |word: &str| !word.contains(|c: char| c.is_ascii_digit());
    words.split('-').all(is_word).then(|| words.to_owned())
}

/// `rc` of `12.1.1-noble-rc`, where something is between it and the version.
fn after(one: &Variant) -> Option<String> {
    let first = one.first();
    let version = version_of(first)?;
    let (head, last) = first.rsplit_once('-')?;
    (head.len() > version.len() && is_stage(last)).then(|| last.to_owned())
}
