//! Images whose tags are not in the file: `tags` come from the command line or from CI.

use super::built::Built;
use crate::import::published::{Grid, Image, Name, Text};
use indexmap::IndexMap;

/// An image, and the variables that stand where its repository and its tag have to be filled in.
#[derive(Debug, Clone)]
pub(super) struct Unfinished {
    pub image: Image,
    pub repository: String,
    pub tag: String,
}

/// The image of this name.
pub(super) fn image(name: String, built: &Built) -> Unfinished {
    let fits = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    let word: String = name.chars().map(fits).collect();
    let first = word.starts_with(|c: char| c.is_ascii_alphabetic());
    let word = if first { word } else { format!("IMAGE_{word}") };
    let (repository, tag) = (format!("{word}_REPOSITORY"), format!("{word}_TAG"));
    let text = |name: &str| Text {
        real: String::new(),
        pattern: format!("{{var:{name}}}"),
    };
    let own = Name {
        span: built.span,
        repository: text(&repository),
        tag: text(&tag),
        shared: false,
    };
    let tags = [own.tag.pattern.clone()].into();
    let image = Image {
        name,
        span: built.span,
        grid: Some(Grid::new(Vec::new(), vec![Vec::new()], tags)),
        variants: vec![built.variant(vec![own])],
    };
    Unfinished {
        image,
        repository,
        tag,
    }
}

/// The images for the manifest, with the variables that they need. Where the workspace has a repository for all images,
/// only the tag is missing.
pub(super) fn finish(
    all: Vec<Unfinished>,
    publish: Option<&str>,
) -> (Vec<Image>, IndexMap<String, String>) {
    let mut images = Vec::new();
    let mut wanted = IndexMap::new();
    for one in all {
        let mut image = one.image;
        let names = image
            .variants
            .iter_mut()
            .flat_map(|variant| &mut variant.names);
        match publish {
            Some(publish) => {
                let own = publish.replace("{image}", &image.name);
                names.for_each(|name| name.repository.pattern.clone_from(&own));
            }
            None => {
                let why = format!("the repository of `{}`", image.name);
                wanted.insert(one.repository, why);
            }
        }
        wanted.insert(one.tag, format!("the tag of `{}`", image.name));
        images.push(image);
    }
    (images, wanted)
}
