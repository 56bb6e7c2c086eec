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
use super::filename;
use super::word::{self, hyphened, is_camel, is_group, is_version, is_weak_version};
use crate::import::image_name;
use crate::name::Tag;
use std::collections::{HashMap, HashSet};

/// An image and a tag, from a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Title {
    pub image: String,
    /// `latest`, or the words of the path.
    pub tag: String,
    /// The words of the path that make the tag.
    pub words: Vec<String>,
    /// The original words of the path, if they had to be changed.
    pub was: Option<String>,
    /// Whether the path has no name for the image.
    pub is_alone: bool,
}

/// The titles of the files at these paths below the folder that was searched; `alone` is the name of an image whose path
/// has none.
pub(super) fn titles(paths: &[&str], alone: &str, asked: &Asked) -> Vec<Title> {
    let folders = Folders::new(paths);
    let cut: Vec<Cut<'_>> = paths.iter().map(|path| folders.cut(path, asked)).collect();
    let groups = Groups::new(&cut, asked);
    let styles = Style::of(&cut, asked);
    let one = |(at, cut): (usize, &Cut<'_>)| {
        let (image, words) = groups.split(cut, at, asked);
        titled(image, words, alone, asked, styles)
    };
    cut.iter().enumerate().map(one).collect()
}

/// Where the Dockerfiles are.
struct Folders<'a> {
    /// Folders that have a plain `Dockerfile`.
    plain: HashSet<String>,
    /// For each folder, the words that follow it.
    next: HashMap<String, HashSet<&'a str>>,
}

/// A path without the words that are not part of any name.
struct Cut<'a> {
    /// The folders before the rest.
    above: String,
    words: Vec<&'a str>,
    /// Whether the folder of the first word has a plain `Dockerfile`.
    is_plain: bool,
    /// Whether it is a kind of the Dockerfile beside it, which has no name: `Dockerfile.dev`.
    is_kind: bool,
}

impl<'a> Folders<'a> {
    fn new(paths: &[&'a str]) -> Self {
        let (mut plain, mut next) = (HashSet::new(), HashMap::<String, HashSet<&str>>::new());
        for path in paths {
            let (folders, file) = words(path);
            for at in 0..folders.len() {
                let above = folders[..at].join("/");
                next.entry(above).or_default().insert(folders[at]);
            }
            let (word, _) = filename::word(file).unwrap_or_default();
            if word.is_empty() {
                plain.insert(folders.join("/"));
            } else {
                next.entry(folders.join("/")).or_default().insert(word);
            }
        }
        Self { plain, next }
    }

    fn cut(&self, path: &'a str, asked: &Asked) -> Cut<'a> {
        let (folders, file) = words(path);
        let (word, is_after) = filename::word(file).unwrap_or_default();
        let mut words: Vec<&str> = folders.clone();
        words.extend(Some(word).filter(|word| !word.is_empty()));
        let from = self.start(&words, asked);
        let end = self.end(&words, from, word.is_empty());
        let above = words[..from].join("/");
        // `Dockerfile.dev` beside a `Dockerfile` is a kind of it.
        let is_kind = is_after && from == folders.len() && self.plain.contains(&above);
        let first = words[..(from + 1).min(words.len())].join("/");
        Cut {
            words: words[from..end].to_vec(),
            is_plain: self.plain.contains(&first),
            is_kind: is_kind && !asked.is_whole(word),
            above,
        }
    }

    /// The index of the first word that counts.
    fn start(&self, words: &[&str], asked: &Asked) -> usize {
        let mut at = 0;
        while at + 1 < words.len() && self.groups(&words[..=at], asked) {
            at += 1;
        }
        at
    }

    /// Whether a folder only groups others.
    fn groups(&self, folders: &[&str], asked: &Asked) -> bool {
        let (Some((word, above)), folder) = (folders.split_last(), folders.join("/")) else {
            return false;
        };
        let count = |folder: &str| self.next.get(folder).map_or(0, HashSet::len);
        let versions = || {
            self.next
                .get(&folder)
                .is_some_and(|next| next.iter().all(|word| is_version(word)))
        };
        let is_image = *word == "docker" && count(&above.join("/")) > 1 && versions();
        is_group(word) && !self.plain.contains(&folder) && !asked.is_whole(word) && !is_image
    }

    /// The index after the last word that counts: `api/docker/Dockerfile` is `api`.
    fn end(&self, words: &[&str], from: usize, is_folder: bool) -> usize {
        let mut end = words.len();
        while is_folder && end > from + 1 && self.is_inner(&words[..end]) {
            end -= 1;
        }
        end
    }

    /// Whether a folder is only where the one above it has its Dockerfile.
    fn is_inner(&self, folders: &[&str]) -> bool {
        let Some((word, above)) = folders.split_last() else {
            return false;
        };
        let folder = above.join("/");
        let is_single = self.next.get(&folder).is_some_and(|next| next.len() == 1);
        let is_named = above.last().is_some_and(|word| !is_group(word));
        is_group(word) && is_single && is_named && !self.plain.contains(&folder)
    }
}

/// The folders of a path that are not hidden, unless all are, and the file.
fn words(path: &str) -> (Vec<&str>, &str) {
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    let all = || folders.split('/').filter(|word| !word.is_empty());
    let shown: Vec<&str> = all().filter(|word| !word.starts_with('.')).collect();
    (
        if shown.is_empty() {
            all().collect()
        } else {
            shown
        },
        file,
    )
}

/// What the words mean that follow the same folders.
struct Groups {
    /// Groups whose first words are all versions.
    versions: HashSet<String>,
    /// Of these, the ones with names of images below the versions.
    named: HashSet<String>,
    /// Folders that group images, by the folders above and the name, and which word below is the image.
    deep: HashMap<(String, String), usize>,
}

impl Groups {
    fn new(all: &[Cut<'_>], asked: &Asked) -> Self {
        let mut firsts: HashMap<&str, HashSet<String>> = HashMap::new();
        for cut in all.iter().filter(|cut| !cut.is_kind) {
            let folded = cut.words.first().map(|word| word::fold(word));
            firsts.entry(&cut.above).or_default().extend(folded);
        }
        let is_named = |cut: &&Cut<'_>| {
            cut.words
                .first()
                .is_some_and(|word| !is_weak_version(word) || asked.is_whole(word))
        };
        let others = all.iter().filter(|cut| !cut.is_kind && is_named(cut));
        let others: HashSet<&str> = others.map(|cut| cut.above.as_str()).collect();
        let mut groups = Self {
            versions: firsts
                .keys()
                .filter(|above| !others.contains(**above))
                .map(|above| (*above).to_owned())
                .collect(),
            named: HashSet::new(),
            deep: HashMap::new(),
        };
        for (at, cut) in all.iter().enumerate().filter(|(_, cut)| !cut.is_kind) {
            let known = |word: &str| firsts[cut.above.as_str()].contains(&word::fold(word));
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
        let versions = cut
            .words
            .iter()
            .take_while(|word| is_version(word) || (weak && is_weak_version(word)));
        versions.count()
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
        let repeats = rest.first().is_some_and(|word| {
            word.strip_prefix(first)
                .is_some_and(|rest| rest.starts_with(['-', '_']))
                && !known(word)
        });
        let is_asked = |word: &&str| !is_version(word) && !known(word) && asked.names(word, at);
        repeats
            .then_some(1)
            .or_else(|| Some(rest.iter().position(|word| is_asked(&word))? + 1))
    }

    /// The word or words of the image, and those of its tag.
    fn split<'a>(&self, cut: &Cut<'a>, at: usize, asked: &Asked) -> (Vec<&'a str>, Vec<&'a str>) {
        let (words, lead) = (&cut.words, self.lead(cut));
        match words.get(lead) {
            Some(name) if lead > 0 && self.is_name(cut, name) => {
                return (vec![*name], [&words[..lead], &words[lead + 1..]].concat());
            }
            _ if lead > 0 || cut.is_kind || words.is_empty() => return (Vec::new(), words.clone()),
            _ => {}
        }
        let wide = (2..=words.len().min(3)).find(|end| asked.names(&words[..*end].join("-"), at));
        let start = self.start(cut);
        let end = match wide {
            Some(end) if start == 0 && !asked.is_whole(words[0]) => end,
            _ => start + 1,
        };
        let end = end.min(words.len());
        (words[start.min(end)..end].to_vec(), words[end..].to_vec())
    }

    /// Whether the word after the versions is the image.
    fn is_name(&self, cut: &Cut<'_>, word: &str) -> bool {
        let is_mixed = !self.versions.contains(&cut.above) && !cut.is_plain;
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
        let hyphened: Vec<bool> = camel
            .filter_map(|word| Some(asked.spelled(word)?.contains('-')))
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

/// The title of the image that these words name.
fn titled(image: Vec<&str>, rest: Vec<&str>, alone: &str, asked: &Asked, style: Style) -> Title {
    let name = image.join("-");
    let (name, version) = match word::name_and_version(&name) {
        Some((name, version)) if !asked.is_whole(&image.join("-")) => (name, Some(version)),
        _ => (name.as_str(), None),
    };
    let is_alone = name.is_empty();
    let name = if is_alone { alone } else { name };
    let words: Vec<&str> = version.into_iter().chain(rest).collect();
    let wanted = if words.is_empty() {
        String::from("latest")
    } else {
        words.join("-")
    };
    let title = Title {
        image: asked.spelled(name).unwrap_or_else(|| style.write(name)),
        tag: tag(&wanted),
        words: words.into_iter().map(str::to_owned).collect(),
        was: None,
        is_alone,
    };
    let was = (title.image != name || title.tag != wanted).then(|| format!("{name}:{wanted}"));
    Title { was, ..title }
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
