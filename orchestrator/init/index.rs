//! The images that the folders make, by the names and tags that can mean them.

use super::title::Title;
use super::word::{fold, is_channel, is_generation, is_version, pieces};
use std::collections::{BTreeMap, HashMap};

/// Why a tag means an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum How {
    /// The folders have the tag.
    Exact,
    /// `latest` or another word for the newest build, of an image that one folder makes.
    Newest,
    /// Any other tag of an image that one folder makes and that has no tag of its own.
    Only,
    /// All words of the tag are in the path of only this image: `noetic-ros-core-focal`.
    Words,
    /// Its words are in the path of the folder above: `3.12` for `3.12/ubuntu` in `3.12/ubuntu/management`.
    Above,
    /// A release of the version that the folder is: `1.27.3-node` for `1.27/node`.
    Release,
    /// The words of the path, and the generation of all recipes: `7.1-v3-slim` for `7.1/slim`.
    Generation,
}

/// All images.
pub(super) struct Index<'a> {
    all: &'a [Title],
    images: HashMap<String, Image<'a>>,
    /// By folder, and what it is called there.
    homes: HashMap<(&'a str, String), &'a str>,
}

/// One image: its Dockerfiles by their numbers.
#[derive(Default)]
struct Image<'a> {
    all: Vec<usize>,
    tags: HashMap<&'a str, usize>,
    pieces: HashMap<&'a str, Vec<usize>>,
    words: HashMap<&'a [String], usize>,
    /// By the version in the first word and the pieces of the rest; `None` where several have the same.
    releases: BTreeMap<(&'a str, Vec<&'a str>), Option<usize>>,
}

impl<'a> Index<'a> {
    pub fn new(all: &'a [Title]) -> Self {
        let mut images: HashMap<String, Image<'a>> = HashMap::new();
        for (at, title) in all.iter().enumerate() {
            images.entry(fold(&title.image)).or_default().add(at, title);
        }
        let homes = all.iter().map(|title| {
            let (folder, name) = &title.home;
            ((folder.as_str(), name.clone()), title.image.as_str())
        });
        Self {
            all,
            images,
            homes: homes.collect(),
        }
    }

    /// The name of an image, as the folders have it, of any spelling.
    pub fn image(&self, name: &str) -> Option<&'a str> {
        let first = *self.images.get(&fold(name))?.all.first()?;
        Some(self.all[first].image.as_str())
    }

    /// The image that is called so in the folder of this Dockerfile's own, and the image of any folder if none is.
    pub fn near(&self, name: &str, by: usize) -> Option<&'a str> {
        let (folder, _) = &self.all[by].home;
        let beside = self.homes.get(&(folder.as_str(), fold(name)));
        beside.copied().or_else(|| self.image(name))
    }

    /// The Dockerfile of an image that a tag means, for the Dockerfile with the number `by`.
    pub fn find(&self, image: &str, tag: &str, by: usize) -> Option<(usize, How)> {
        let image = self.images.get(&fold(image))?;
        if let Some(at) = image.tags.get(tag) {
            return Some((*at, How::Exact));
        }
        if let [only] = image.all[..] {
            let how = match is_channel(tag) {
                true => How::Newest,
                false => How::Only,
            };
            let is_free = self.all[only].words.is_empty();
            return (how == How::Newest || is_free).then_some((only, how));
        }
        let is_same = image.all.binary_search(&by).is_ok();
        let by = Some(&self.all[by]).filter(|_| is_same);
        let above = by.and_then(|by| Some((image.above(tag, by)?, How::Above)));
        let words = || Some((image.words(tag, self.all)?, How::Words));
        let generation = || Some((image.generation(tag, self.all)?, How::Generation));
        above
            .or_else(words)
            .or_else(|| Some((image.release(tag, by)?, How::Release)))
            .or_else(generation)
    }

    /// Whether a release may be what the Dockerfile with this number makes: its text has that one, or none of its version.
    pub fn may_release(&self, at: usize, tag: &str, text: &str) -> bool {
        let release = tag.split('-').next().unwrap_or_default();
        let own = release_of(&self.all[at].words).map_or("", |(version, _)| version);
        let mut named = releases(text, own).peekable();
        !own.contains('.') || named.peek().is_none() || named.any(|one| one == release)
    }
}

/// The version in the first word of a path, and the pieces of all others: `1.24` and `node`, `ubuntu22`.
fn release_of(words: &[String]) -> Option<(&str, Vec<&str>)> {
    let (first, rest) = words.split_first()?;
    let (version, more) = first.split_once('-').unwrap_or((first, ""));
    let rest = rest.iter().map(String::as_str);
    Some((version, pieces(rest.chain([more]))))
}

/// The versions in a text that are releases of another one: `1.27.3` of `1.27`.
fn releases<'t>(text: &'t str, version: &str) -> impl Iterator<Item = &'t str> {
    let is_part = |c: char| c.is_ascii_digit() || c == '.';
    let numbers = text.split(move |c: char| !is_part(c));
    numbers.filter(move |number| {
        let rest = number.strip_prefix(version);
        rest.is_some_and(|rest| rest.starts_with('.') && rest.len() > 1)
    })
}

impl<'a> Image<'a> {
    fn add(&mut self, at: usize, title: &'a Title) {
        self.all.push(at);
        self.tags.entry(&title.tag).or_insert(at);
        for piece in pieces(title.words.iter().map(String::as_str)) {
            self.pieces.entry(piece).or_default().push(at);
        }
        self.words.entry(&title.words).or_insert(at);
        if let Some(key) = release_of(&title.words) {
            let several = self.releases.entry(key);
            several.and_modify(|one| *one = None).or_insert(Some(at));
        }
    }

    /// The one in the nearest folder above, if its path has all pieces of a tag.
    fn above(&self, tag: &str, by: &Title) -> Option<usize> {
        let folders = (1..by.words.len()).rev().map(|end| &by.words[..end]);
        let (words, at) = folders
            .into_iter()
            .find_map(|words| Some((words, self.words.get(words)?)))?;
        let has = pieces(words.iter().map(String::as_str));
        let has_all = pieces([tag])
            .iter()
            .all(|piece| has.binary_search(piece).is_ok());
        has_all.then_some(*at)
    }

    /// A piece as the paths have it: `ubuntu2204` for `ubuntu22.04`, if only that one is the same without points.
    fn spelled<'t>(&'t self, piece: &'t str) -> &'t str {
        let is_word = piece.starts_with(|c: char| c.is_ascii_alphabetic());
        if !is_word || self.pieces.contains_key(piece) {
            return piece;
        }
        let bare = piece.replace('.', "");
        let mut same = self
            .pieces
            .keys()
            .filter(|one| one.replace('.', "") == bare);
        match (same.next(), same.next()) {
            (Some(one), None) => one,
            _ => piece,
        }
    }

    /// The only one whose path has all pieces of a tag, and the fewest others.
    fn words(&self, tag: &str, all: &[Title]) -> Option<usize> {
        let wanted = pieces([tag]).into_iter().map(|piece| self.spelled(piece));
        let mut wanted: Vec<&str> = wanted.collect();
        wanted.sort_unstable();
        let lists = wanted.iter().map(|piece| self.pieces.get(piece));
        let lists = lists.collect::<Option<Vec<_>>>()?;
        let rarest = lists.into_iter().min_by_key(|list| list.len())?;
        let size = |at: &usize| {
            let has = pieces(all[*at].words.iter().map(String::as_str));
            let has_all = wanted.iter().all(|piece| has.binary_search(piece).is_ok());
            has_all.then_some((has.len(), *at))
        };
        let mut having: Vec<(usize, usize)> = rarest.iter().filter_map(size).collect();
        having.sort_unstable();
        match having[..] {
            [(_, at)] => Some(at),
            [(fewest, at), (more, _), ..] if fewest < more => Some(at),
            _ => None,
        }
    }

    /// The one of the version that the tag is a release of, whose other words are those of the tag. For another Dockerfile of
    /// the image, the version is its own, which may be a word such as `stable`.
    fn release(&self, tag: &str, by: Option<&Title>) -> Option<usize> {
        let (version, rest) = tag.split_once('-').unwrap_or((tag, ""));
        let rest = pieces([rest]);
        if !is_version(version) {
            return None;
        }
        let is_below = |own: &str, is_same: bool| {
            let more = version.strip_prefix(own);
            more.is_some_and(|more| (is_same && more.is_empty()) || more.starts_with('.'))
        };
        let own = match by {
            Some(by) => {
                let (own, _) = release_of(&by.words)?;
                Some(own).filter(|own| is_below(own, true) || is_channel(own))
            }
            None => {
                let known = self.releases.keys().filter(|(_, words)| *words == rest);
                let known = known.map(|(own, _)| *own);
                known
                    .filter(|own| is_below(own, false))
                    .max_by_key(|own| own.len())
            }
        };
        self.releases.get(&(own?, rest)).copied().flatten()
    }

    /// The only one whose path has the pieces of a tag, besides a generation that no path has.
    fn generation(&self, tag: &str, all: &[Title]) -> Option<usize> {
        let wanted = pieces([tag]);
        let (more, rest): (Vec<&str>, Vec<&str>) =
            wanted.into_iter().partition(|piece| is_generation(piece));
        if more.is_empty() || more.iter().any(|piece| self.pieces.contains_key(piece)) {
            return None;
        }
        let first = self.pieces.get(rest.first()?)?;
        let is_one = |at: &&usize| pieces(all[**at].words.iter().map(String::as_str)) == rest;
        match first.iter().filter(is_one).collect::<Vec<_>>()[..] {
            [at] => Some(*at),
            _ => None,
        }
    }
}
