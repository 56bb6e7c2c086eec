//! The image and tag of each Dockerfile, from its path and from the paths beside it.
//!
//! ```text
//! services/api/Dockerfile          api              folders that only group others do not count
//! go/1.27/node/Dockerfile          go:1.27-node     what comes after the image is its tag
//! golang-1.27/, golang_1.27.Dockerfile   golang:1.27
//! 1.27/bookworm/Dockerfile         ALONE:1.27-bookworm   top folders that are all versions are one image's
//! v1.2/server/Dockerfile           server:v1.2      if FROM lines ask for an image `server`
//! ```

use super::asked::Asked;
use super::folders::{Cut, Folders};
use super::groups::Groups;
use super::word::{self, hyphened, is_camel, is_channel};
use crate::import::image_name;
use crate::name::{Repository, Tag};
use std::collections::HashSet;

/// An image and a tag, from a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Title {
    pub image: String,
    /// `latest`, or the words of the path.
    pub tag: String,
    /// The words of the path that make the tag.
    pub words: Vec<String>,
    /// The last part of its repository, where that is not the image's name: `sbt_wrapper` for `sbt-wrapper`.
    pub spelled: Option<String>,
    /// The original words of the path, if they had to be changed.
    pub was: Option<String>,
    /// Whether the path has no name for the image.
    pub is_alone: bool,
    /// The folder of the image, and what it is called there: images of two teams may have one name.
    pub home: (String, String),
}

/// The titles of the files at these paths below the folder that was searched; `alone` is the name of an image whose path
/// has none.
pub(super) fn titles(paths: &[&str], alone: &str, asked: &Asked) -> Vec<Title> {
    let folders = Folders::new(paths);
    let cut: Vec<Cut<'_>> = paths.iter().map(|path| folders.cut(path, asked)).collect();
    let groups = Groups::new(&cut, alone, asked);
    let split = cut
        .iter()
        .enumerate()
        .map(|(at, cut)| groups.split(cut, at, asked));
    let split: Vec<(Vec<&str>, Vec<&str>)> = split.collect();
    let words = Words::new(&split, asked);
    let style = Style::of(&cut, asked);
    let one = |((image, tag), cut): ((Vec<&str>, Vec<&str>), &Cut<'_>)| {
        let folder = folder(cut, &image);
        let title = titled(image, tag, alone, &words, style);
        let home = (folder, word::fold(&title.image));
        Title { home, ..title }
    };
    split.into_iter().zip(&cut).map(one).collect()
}

/// The folder that has the folder or file of the image.
fn folder(cut: &Cut<'_>, image: &[&str]) -> String {
    let first = cut
        .words
        .iter()
        .position(|word| image.first() == Some(word));
    let words = cut.words[..first.unwrap_or(0)].iter().copied();
    let all = std::iter::once(cut.above.as_str()).chain(words);
    all.filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("/")
}

/// How names in CamelCase are written.
#[derive(Clone, Copy)]
enum Style {
    /// `buildbase`
    Lower,
    /// `build-base`
    Hyphens,
}

impl Style {
    /// As most of the FROM lines write them.
    fn of(all: &[Cut<'_>], asked: &Asked) -> Self {
        let words: HashSet<&str> = all
            .iter()
            .flat_map(|cut| cut.words.iter().copied())
            .collect();
        let camel = words.into_iter().filter(|word| is_camel(word));
        let spelled = |word: &str| asked.spelled(word).or_else(|| asked.ending(word));
        let hyphened: Vec<bool> = camel
            .filter_map(|word| Some(spelled(word)?.contains('-')))
            .collect();
        let hyphens = hyphened.iter().filter(|hyphens| **hyphens).count();
        if hyphens * 2 > hyphened.len() {
            Self::Hyphens
        } else {
            Self::Lower
        }
    }

    fn write(self, word: &str) -> String {
        match self {
            Self::Lower => image_name(word),
            Self::Hyphens => image_name(&hyphened(word)),
        }
    }
}

/// What is in front of the names of folders that are called like repositories: `docker-nextcloud`.
const PREFIX: &str = "docker-";

/// How one word is a name and a version.
struct Words<'a> {
    asked: &'a Asked,
    /// Whether FROM lines ask for an image without the prefix that its folder has.
    omits_prefix: bool,
    /// Names that some path has with a version.
    names: HashSet<String>,
}

impl<'a> Words<'a> {
    fn new(all: &[(Vec<&str>, Vec<&str>)], asked: &'a Asked) -> Self {
        let images = || all.iter().map(|(image, _)| image.join("-"));
        let is_omitted = |image: String| {
            let name = image.strip_prefix(PREFIX);
            !asked.is_whole(&image) && name.is_some_and(|name| asked.is_whole(name))
        };
        let versioned =
            images().filter_map(|image| Some(word::fold(word::name_and_version(&image)?.0)));
        Self {
            asked,
            omits_prefix: images().any(is_omitted),
            names: versioned.collect(),
        }
    }

    /// The word without the prefix that FROM lines omit.
    fn bare<'w>(&self, word: &'w str) -> &'w str {
        let name = word.strip_prefix(PREFIX);
        let name = name.filter(|name| self.omits_prefix && !name.is_empty());
        name.filter(|_| !self.asked.is_whole(word)).unwrap_or(word)
    }

    /// The name and the version of a word: `devel` in `r-ver_devel` is one if there is also an `r-ver_4.5.1`.
    fn split<'w>(&self, word: &'w str) -> (&'w str, Option<&'w str>) {
        if self.asked.is_rather_whole(word) {
            return (word, None);
        }
        let splits = word
            .match_indices(['-', '_'])
            .map(|(at, _)| (&word[..at], &word[at + 1..]));
        let is_channeled = |(name, tag): &(&str, &str)| {
            let first = tag.split(['-', '_']).next().unwrap_or_default();
            is_channel(first) && self.names.contains(&word::fold(name))
        };
        let split = word::name_and_version(word).or_else(|| self.asked.split(word));
        let split = split.or_else(|| splits.into_iter().find(is_channeled));
        split.map_or((word, None), |(name, version)| (name, Some(version)))
    }
}

/// The title of the image that these words name.
fn titled(
    image: Vec<&str>,
    rest: Vec<&str>,
    alone: &str,
    known: &Words<'_>,
    style: Style,
) -> Title {
    let name = image.join("-");
    let (name, version) = known.split(known.bare(&name));
    let is_alone = name.is_empty();
    let name = if is_alone { alone } else { name };
    let words: Vec<&str> = version.into_iter().chain(rest).collect();
    let wanted = if words.is_empty() {
        String::from("latest")
    } else {
        words.join("-")
    };
    let title = Title {
        image: known
            .asked
            .spelled(name)
            .unwrap_or_else(|| style.write(name)),
        tag: tag(&wanted),
        words: words.into_iter().map(str::to_owned).collect(),
        spelled: None,
        was: None,
        is_alone,
        home: Default::default(),
    };
    let is_name = name.parse::<Repository>().is_ok() && image_name(name) == title.image;
    let spelled = (is_name && name != title.image).then(|| name.to_owned());
    let is_kept = name == title.image || spelled.is_some();
    let was = (!is_kept || title.tag != wanted).then(|| format!("{name}:{wanted}"));
    Title {
        was,
        spelled,
        ..title
    }
}

/// Text as a tag: characters that are not allowed become `-`.
fn tag(text: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let text: String = text
        .chars()
        .map(|c| if fits(c) { c } else { '-' })
        .take(Tag::LONGEST)
        .collect();
    let text = text.trim_start_matches(['.', '-']);
    if text.is_empty() {
        String::from("latest")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests;
