//! What the words of paths mean beside those of other paths: versions, images, folders of images.

use super::asked::Asked;
use super::folders::Cut;
use super::word::{self, is_distro, is_variant, is_version, is_weak_version, pieces, shape};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What the words mean that follow the same folders.
pub(super) struct Groups {
    /// Groups whose first words are mostly versions.
    versions: HashSet<String>,
    /// Whether FROM lines name the image whose paths have no name, so that distributions are versions of it.
    is_alone_asked: bool,
    /// Groups of versions with names of images below them.
    named: HashSet<String>,
    /// Folders with other versions in each folder below them, by the folders above and the name.
    shaped: HashSet<(String, String)>,
    /// By folder, the names that a file below it asks for without a registry: `base` in `tools` for `FROM base` in
    /// `tools/app`.
    siblings: HashMap<(String, Vec<String>), HashSet<String>>,
    /// Folders of images that FROM lines name with something in front, and which word below is the image: `org/cp-base` and
    /// `org/cp-kafka` for `distros/base` and `distros/kafka`.
    prefixed: HashMap<(String, String), usize>,
    /// Folders of several images that FROM lines name with that of the folder in front: `buildfarm-base` and
    /// `buildfarm-builder`.
    joined: HashSet<(String, String)>,
    /// Folders that group images, and which word below is the image.
    deep: HashMap<(String, String), usize>,
    /// Images whose tags are the words of whole paths, by the folder and the shape of its first word: `ml` for
    /// `org/ml:py3.12-cu121`, with `py3.12/cu121`, of all folders such as `py3.11`.
    tagged: HashMap<(String, String), String>,
}

impl Groups {
    pub fn new(all: &[Cut<'_>], alone: &str, asked: &Asked) -> Self {
        let named: Vec<(usize, &Cut<'_>)> = all
            .iter()
            .enumerate()
            .filter(|(_, cut)| !cut.is_kind)
            .collect();
        let firsts = firsts(&named);
        let is_alone = firsts
            .values()
            .any(|words| words.contains_key(&word::fold(alone)));
        let mut groups = Self {
            versions: versions(&firsts, asked),
            is_alone_asked: asked.has(alone) && !is_alone,
            named: HashSet::new(),
            shaped: shaped(&named, asked),
            siblings: siblings(&named, asked),
            prefixed: prefixed(&named, asked),
            joined: joined(&named, asked),
            deep: HashMap::new(),
            tagged: tagged(&named, alone, asked),
        };
        for (at, cut) in named {
            let known = |word: &str| firsts[cut.above.as_str()].contains_key(&word::fold(word));
            let lead = groups.lead(cut);
            let version = cut.words[..lead].join("-");
            let is_asked = |word: &&str| !cut.is_plain && asked.names_version(word, &version, at);
            if lead > 0 && cut.words.get(lead).is_some_and(is_asked) {
                groups.named.insert(cut.above.clone());
            } else if let Some(depth) = groups.below(cut, at, asked, known) {
                let first = cut.words[0].to_owned();
                groups
                    .deep
                    .entry((cut.above.clone(), first))
                    .or_insert(depth);
            }
        }
        groups
    }

    /// How many words at the beginning are versions.
    fn lead(&self, cut: &Cut<'_>) -> usize {
        let weak = self.versions.contains(&cut.above);
        let is_lead = |word: &&&str| {
            is_version(word)
                || (weak && is_weak_version(word))
                || (self.is_alone_asked && is_distro(word))
        };
        cut.words.iter().take_while(is_lead).count()
    }

    /// The index of the word below the first that FROM lines ask for as an image, or that repeats the first.
    fn below(
        &self,
        cut: &Cut<'_>,
        at: usize,
        asked: &Asked,
        known: impl Fn(&str) -> bool,
    ) -> Option<usize> {
        let (first, rest) = cut.words.split_first()?;
        if self.lead(cut) > 0 || cut.is_plain || asked.is_whole(first) {
            return None;
        }
        let next = rest.first();
        let repeats = next.is_some_and(|word| repeats(word, first) && !known(word));
        let is_asked = |word: &&str| !is_version(word) && !known(word) && asked.names(word, at);
        let shaped = self
            .shaped
            .contains(&(cut.above.clone(), (*first).to_owned()));
        let sibling = (1..cut.words.len()).find(|depth| self.is_sibling(cut, *depth, at, asked));
        let place = (cut.above.clone(), (*first).to_owned());
        (repeats || shaped)
            .then_some(1)
            .or_else(|| Some(rest.iter().position(is_asked)? + 1))
            .or(sibling)
            .or_else(|| self.prefixed.get(&place).copied())
    }

    /// Whether the word at this place is the name that a file beside it asks for. A folder that is called like what it is
    /// based on, or like a distribution, does not count.
    fn is_sibling(&self, cut: &Cut<'_>, depth: usize, at: usize, asked: &Asked) -> bool {
        let word = cut.words[depth];
        let names = self.siblings.get(&folder(cut, depth));
        let is_named = names.is_some_and(|names| names.contains(&word::fold(word)));
        is_named && !is_weak_version(word) && !is_distro(word) && !asked.is_from(word, at)
    }

    /// The word or words of the image, and those of its tag.
    pub fn split<'a>(
        &'a self,
        cut: &Cut<'a>,
        at: usize,
        asked: &Asked,
    ) -> (Vec<&'a str>, Vec<&'a str>) {
        let (words, lead) = (&cut.words, self.lead(cut));
        if let Some(name) = place(cut).and_then(|place| self.tagged.get(&place)) {
            return (vec![name.as_str()], words.clone());
        }
        match words.get(lead) {
            Some(name) if lead > 0 && self.is_name(cut, name) => {
                return (vec![*name], [&words[..lead], &words[lead + 1..]].concat());
            }
            _ if lead > 0 || cut.is_kind || words.is_empty() => return (Vec::new(), words.clone()),
            _ => {}
        }
        let wide = (2..=words.len().min(3)).find(|end| asked.names(&words[..*end].join("-"), at));
        let wide = wide.or_else(|| self.is_joined(cut).then_some(2));
        let start = self.start(cut);
        let end = match wide {
            Some(end) if start == 0 && !asked.is_whole(words[0]) => end,
            _ => start + 1,
        };
        let end = end.min(words.len());
        (words[start.min(end)..end].to_vec(), words[end..].to_vec())
    }

    /// Whether the image is called like its folder and the one above, as those beside it are.
    fn is_joined(&self, cut: &Cut<'_>) -> bool {
        let [first, second, ..] = cut.words[..] else {
            return false;
        };
        let place = (cut.above.clone(), first.to_owned());
        self.joined.contains(&place) && !is_weak_version(second) && !is_distro(second)
    }

    /// Whether the word after the versions is the image.
    fn is_name(&self, cut: &Cut<'_>, word: &str) -> bool {
        let is_version = cut.words.first().is_some_and(|word| is_version(word));
        let is_mixed = is_version && !self.versions.contains(&cut.above) && !cut.is_plain;
        !word::is_distro(word) && (is_mixed || self.named.contains(&cut.above))
    }

    fn start(&self, cut: &Cut<'_>) -> usize {
        let Some(first) = cut.words.first() else {
            return 0;
        };
        let deep = self.deep.get(&(cut.above.clone(), (*first).to_owned()));
        let deep = deep
            .copied()
            .filter(|depth| cut.words.get(*depth).is_some_and(|word| !is_version(word)));
        deep.unwrap_or(0)
    }
}

/// Whether a word begins with another one: `nova-api`, `Basket.API` and `WebMVC`, below `nova`, `Basket` and `Web`.
fn repeats(word: &str, first: &str) -> bool {
    let Some(rest) = word.strip_prefix(first) else {
        return false;
    };
    let mut rest = rest.chars();
    match rest.next() {
        Some('-' | '_') => true,
        Some('.') => rest.next().is_some_and(|c| c.is_ascii_alphabetic()),
        Some(c) => c.is_ascii_uppercase(),
        None => false,
    }
}

/// The folder of a word, for comparison.
fn folder(cut: &Cut<'_>, depth: usize) -> (String, Vec<String>) {
    let words = cut.words[..depth].iter().map(|word| word::fold(word));
    (cut.above.clone(), words.collect())
}

/// By folder, the names without a registry that files below it ask for.
fn siblings(
    all: &[(usize, &Cut<'_>)],
    asked: &Asked,
) -> HashMap<(String, Vec<String>), HashSet<String>> {
    let mut siblings: HashMap<(String, Vec<String>), HashSet<String>> = HashMap::new();
    for (at, cut) in all {
        for depth in 1..cut.words.len() {
            let own = word::fold(cut.words[depth]);
            let names = asked.bare(*at).filter(|name| *name != own);
            let known = siblings.entry(folder(cut, depth)).or_default();
            known.extend(names.map(str::to_owned));
        }
    }
    siblings
}

/// Folders of which FROM lines name several images by both words: `buildfarm-base` for `buildfarm/base`.
fn joined(all: &[(usize, &Cut<'_>)], asked: &Asked) -> HashSet<(String, String)> {
    let mut found: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for (at, cut) in all {
        if let [first, second, ..] = cut.words[..]
            && !asked.is_whole(first)
            && asked.names(&format!("{first}-{second}"), *at)
        {
            let place = found.entry((cut.above.as_str(), first)).or_default();
            place.insert(second);
        }
    }
    let several = found.into_iter().filter(|(_, words)| words.len() > 1);
    several
        .map(|((above, first), _)| (above.to_owned(), first.to_owned()))
        .collect()
}

/// Folders of several images that FROM lines name with the same in front, and which word of the paths is the image.
fn prefixed(all: &[(usize, &Cut<'_>)], asked: &Asked) -> HashMap<(String, String), usize> {
    let mut found: BTreeMap<(&str, &str, usize, &str), HashSet<String>> = BTreeMap::new();
    for (at, cut) in all {
        for (depth, word) in cut.words.iter().enumerate().skip(1) {
            if is_weak_version(word) || is_distro(word) {
                continue;
            }
            // `web-base` for `web/base` is the whole path.
            let above = cut.words[depth - 1];
            let prefixes = asked.prefixes(word, *at);
            for prefix in prefixes.filter(|prefix| word::fold(prefix) != word::fold(above)) {
                let place = (cut.above.as_str(), cut.words[0], depth, prefix);
                found.entry(place).or_default().insert(word::fold(word));
            }
        }
    }
    let mut best: HashMap<(String, String), (usize, usize)> = HashMap::new();
    for ((above, first, depth, _), words) in found {
        let most = best
            .entry((above.to_owned(), first.to_owned()))
            .or_default();
        if words.len() > most.0.max(1) {
            *most = (words.len(), depth);
        }
    }
    let several = best.into_iter().filter(|(_, (count, _))| *count > 1);
    several.map(|(place, (_, depth))| (place, depth)).collect()
}

/// For each folder, the folded first words below it, and one spelling of each.
type Firsts<'a> = HashMap<&'a str, BTreeMap<String, &'a str>>;

fn firsts<'a>(all: &[(usize, &'a Cut<'a>)]) -> Firsts<'a> {
    let mut firsts = Firsts::new();
    for (_, cut) in all {
        let words = firsts.entry(cut.above.as_str()).or_default();
        words.extend(cut.words.first().map(|word| (word::fold(word), *word)));
    }
    firsts
}

/// The folders below which most words are versions.
fn versions(firsts: &Firsts<'_>, asked: &Asked) -> HashSet<String> {
    let is_versions = |words: &BTreeMap<String, &str>| {
        // `ubuntu-22.04` is an image if FROM lines name an `ubuntu:22.04` that is not Docker Hub's.
        let is_asked = |word: &str| asked.is_whole(word) || asked.split(word).is_some();
        let versions = words
            .values()
            .filter(|word| is_weak_version(word) && !is_asked(word));
        versions.count() * 2 > words.len()
    };
    let groups = firsts.iter().filter(|(_, words)| is_versions(words));
    groups.map(|(above, _)| (*above).to_owned()).collect()
}

/// Folders of versions, and the versions in each.
type Versions<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// Folders with several folders of versions: `lang/go/1.27` and `lang/node/22`. If all have the same versions, they are
/// images only if nothing says that they are variants: `php/fpm/8.3` and `php/cli/8.3`.
fn shaped(all: &[(usize, &Cut<'_>)], asked: &Asked) -> HashSet<(String, String)> {
    let mut below: HashMap<(&str, &str), Option<Versions<'_>>> = HashMap::new();
    let mut of_above: HashSet<(&str, &str)> = HashSet::new();
    for (at, cut) in all {
        let Some(first) = cut.words.first() else {
            continue;
        };
        let entry = below
            .entry((&cut.above, first))
            .or_insert_with(|| Some(BTreeMap::new()));
        if asked.is_from(first, *at) {
            of_above.insert((&cut.above, first));
        }
        match (cut.words.get(1), cut.words.get(2), entry.as_mut()) {
            (Some(name), Some(version), Some(names))
                if is_version(version) && !is_weak_version(name) && !is_distro(name) =>
            {
                names.entry(name).or_default().insert(version);
            }
            _ => *entry = None,
        }
    }
    let is_shaped = |place: &(&str, &str), names: &Versions<'_>| {
        let sets: BTreeSet<&BTreeSet<&str>> = names.values().collect();
        let is_variant = || names.keys().any(|name| is_variant(name)) || of_above.contains(place);
        sets.len() > 1 || (names.len() > 1 && !is_variant())
    };
    let shaped = below.into_iter().filter(|(place, names)| {
        let names = names.as_ref();
        names.is_some_and(|names| is_shaped(place, names))
    });
    shaped
        .map(|((above, first), _)| (above.to_owned(), first.to_owned()))
        .collect()
}

/// The folder of a path and the shape of its first word; `None` for a path without words.
fn place(cut: &Cut<'_>) -> Option<(String, String)> {
    let word = cut.words.first().filter(|_| !cut.is_kind)?;
    Some((cut.above.clone(), shape(word)))
}

/// Images of which FROM lines ask for tags that are the words of whole paths.
fn tagged(
    all: &[(usize, &Cut<'_>)],
    alone: &str,
    asked: &Asked,
) -> HashMap<(String, String), String> {
    let words = all.iter().flat_map(|(_, cut)| &cut.words);
    let folders: HashSet<String> = words.map(|word| word::fold(word)).collect();
    let tags = asked.tags();
    // By name, the paths that are its tags; a file that asks for its own tag is based on an image of others.
    let mut found: BTreeMap<&str, Vec<&Cut<'_>>> = BTreeMap::new();
    let mut upstream: HashSet<&str> = HashSet::new();
    for (at, cut) in all {
        let asked = tags.get(&pieces(cut.words.iter().copied())).into_iter();
        for tag in asked.flatten() {
            match tag.by.contains(at) {
                true => upstream.extend([tag.name]),
                false => found.entry(tag.name).or_default().push(cut),
            };
        }
    }
    let is_free = |name: &str| !upstream.contains(name) && !folders.contains(&word::fold(name));
    let is_versioned = |cut: &&Cut<'_>| cut.words.len() > 1 || shape(cut.words[0]).contains('#');
    let is_sure = |name: &str, cuts: &[&Cut<'_>]| {
        let is_named = word::fold(name) == word::fold(alone);
        is_named || cuts.len() > 1 || cuts.iter().any(is_versioned)
    };
    let mut tagged = HashMap::new();
    for (name, cuts) in found {
        if is_free(name) && is_sure(name, &cuts) {
            let places = cuts.into_iter().filter_map(place);
            tagged.extend(places.map(|place| (place, name.to_owned())));
        }
    }
    tagged
}
