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
    /// A release of the version that the folder of both is: `1.27.3-node` in `1.27`.
    Release,
}

/// All images.
pub(super) struct Index<'a> {
    all: &'a [Title],
    images: HashMap<String, Image<'a>>,
}

/// One image: its Dockerfiles by their numbers.
#[derive(Default)]
struct Image<'a> {
    all: Vec<usize>,
    tags: HashMap<&'a str, usize>,
    pieces: HashMap<&'a str, Vec<usize>>,
    /// By the first word and the pieces of the others; `None` where several have the same.
    releases: BTreeMap<(&'a str, Vec<&'a str>), Option<usize>>,
}

impl<'a> Index<'a> {
    pub fn new(all: &'a [Title]) -> Self {
        let mut images: HashMap<String, Image<'a>> = HashMap::new();
        for (at, title) in all.iter().enumerate() {
            images.entry(fold(&title.image)).or_default().add(at, title);
        }
        Self { all, images }
    }

    /// The name of an image, as the folders have it, of any spelling.
    pub fn image(&self, name: &str) -> Option<&'a str> {
        let first = *self.images.get(&fold(name))?.all.first()?;
        Some(self.all[first].image.as_str())
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
        let words = image.words(tag, self.all).map(|at| (at, How::Words));
        words.or_else(|| {
            let is_same = image.all.binary_search(&by).is_ok();
            let release = is_same.then(|| image.release(tag, &self.all[by]))?;
            Some((release?, How::Release))
        })
    }
}

impl<'a> Image<'a> {
    fn add(&mut self, at: usize, title: &'a Title) {
        self.all.push(at);
        self.tags.entry(&title.tag).or_insert(at);
        for piece in pieces(title.words.iter().map(String::as_str)) {
            self.pieces.entry(piece).or_default().push(at);
        }
        if let Some((first, rest)) = title.words.split_first() {
            let key = (first.as_str(), pieces(rest.iter().map(String::as_str)));
            self.releases
                .entry(key)
                .and_modify(|one| *one = None)
                .or_insert(Some(at));
        }
    }

    /// The only one whose path has all pieces of a tag.
    fn words(&self, tag: &str, all: &[Title]) -> Option<usize> {
        let wanted = pieces([tag]);
        let lists = wanted.iter().map(|piece| self.pieces.get(piece));
        let rarest = lists
            .collect::<Option<Vec<_>>>()?
            .into_iter()
            .min_by_key(|list| list.len())?;
        let has_all = |at: &&usize| {
            let has = pieces(all[**at].words.iter().map(String::as_str));
            wanted.iter().all(|piece| has.binary_search(piece).is_ok())
        };
        let mut having = rarest.iter().filter(has_all);
        having.next().filter(|_| having.next().is_none()).copied()
    }

    /// The one of the same version as `by`, whose other words are those of the tag.
    fn release(&self, tag: &str, by: &Title) -> Option<usize> {
        let first = by.words.first()?;
        let (version, rest) = tag.split_once('-').unwrap_or((tag, ""));
        let below = version
            .strip_prefix(first.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let is_release = is_version(version) && (below || is_channel(first));
        let key = (first.as_str(), pieces([rest]));
        self.releases
            .get(&key)
            .copied()
            .flatten()
            .filter(|_| is_release)
    }
}
