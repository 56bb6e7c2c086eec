//! The images that the folders make, by the names and tags that can mean them.

use super::title::Title;
use super::word::{fold, is_channel, is_version, pieces};
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
    /// A release of the version that the folder of both is: `1.27.3-node` in `1.27`.
    Release,
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
        above
            .or_else(words)
            .or_else(|| Some((image.release(tag, by?)?, How::Release)))
    }
}

/// The version in the first word of a path, and the pieces of all others: `1.24` and `node`, `ubuntu22`.
fn release_of(words: &[String]) -> Option<(&str, Vec<&str>)> {
    let (first, rest) = words.split_first()?;
    let (version, more) = first.split_once('-').unwrap_or((first, ""));
    let rest = rest.iter().map(String::as_str);
    Some((version, pieces(rest.chain([more]))))
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

    /// The only one whose path has all pieces of a tag, and the fewest others.
    fn words(&self, tag: &str, all: &[Title]) -> Option<usize> {
        let wanted = pieces([tag]);
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

    /// The one of the same version as `by`, whose other words are those of the tag.
    fn release(&self, tag: &str, by: &Title) -> Option<usize> {
        let (own, _) = release_of(&by.words)?;
        let (version, rest) = tag.split_once('-').unwrap_or((tag, ""));
        let below = version.strip_prefix(own);
        let below = below.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let is_release = is_version(version) && (below || is_channel(own));
        let one = self.releases.get(&(own, pieces([rest])));
        one.copied().flatten().filter(|_| is_release)
    }
}
