//! The image and tag of a Dockerfile from its path: `<image>/Dockerfile`, `<image>/<tag>/Dockerfile`,
//! `<image>/Dockerfile.<tag>`, `<image>/<tag>.Dockerfile`.

use crate::import::image_name;
use crate::name::Tag;

/// The names of Dockerfiles, in lower case.
const NAMES: [&str; 2] = ["dockerfile", "containerfile"];

/// Extensions of files that are templates, backups or settings of Dockerfiles.
const NOT: [&str; 8] = [
    "dockerignore",
    "hbs",
    "j2",
    "tmpl",
    "template",
    "tpl",
    "in",
    "orig",
];

/// An image and a tag, from a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Title {
    pub image: String,
    pub tag: String,
    /// The original words of the path, if they had to be changed.
    pub was: Option<String>,
}

/// Whether a file name is that of a Dockerfile.
pub fn is_dockerfile(name: &str) -> bool {
    word(name).is_some_and(|word| {
        !word.ends_with('~') && !NOT.contains(&word.to_ascii_lowercase().as_str())
    })
}

/// The rest of a Dockerfile's file name: `node` of `Dockerfile.node` and `node.Dockerfile`.
fn word(name: &str) -> Option<&str> {
    let is = |part: &str| NAMES.contains(&part.to_ascii_lowercase().as_str());
    if is(name) {
        return Some("");
    }
    match (name.split_once('.'), name.rsplit_once('.')) {
        (Some((first, rest)), _) if is(first) => Some(rest),
        (_, Some((rest, last))) if is(last) => Some(rest),
        _ => None,
    }
}

/// The image and tag of a file at this path below the folder that was searched; `alone` is the image of a
/// `Dockerfile` in that folder itself.
pub(super) fn title(below: &str, alone: &str) -> Title {
    let (folders, file) = below.rsplit_once('/').unwrap_or(("", below));
    let words: Vec<&str> = folders
        .split('/')
        .chain(word(file))
        .filter(|word| !word.is_empty())
        .collect();
    let (image, rest) = words
        .split_first()
        .map_or((alone, &[][..]), |(image, rest)| (*image, rest));
    let wanted = if rest.is_empty() {
        String::from("latest")
    } else {
        rest.join("-")
    };
    let title = Title {
        image: image_name(image),
        tag: tag(&wanted),
        was: None,
    };
    let was = (title.image != image || title.tag != wanted).then(|| format!("{image}:{wanted}"));
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
