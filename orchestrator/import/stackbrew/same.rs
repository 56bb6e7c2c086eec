//! Paragraphs that are one image: the same Dockerfile of the same commit for the same platforms, with other tags.

use crate::import::note::Notes;
use crate::import::published::{Name, Variant};
use crate::name::Platform;
use indexmap::IndexMap;

/// What an image is built from: commit, Dockerfile, context, platforms.
type Source = (String, String, Option<String>, Vec<Platform>);

/// The images of a file, each once.
#[derive(Default)]
pub(super) struct Same {
    /// The images of one paragraph each, and of those that are the same.
    images: Vec<Vec<Variant>>,
    /// By what a paragraph's only image is built from: its place.
    known: IndexMap<Source, usize>,
}

impl Same {
    /// Adds the images of a paragraph. If it is the same image as that of another one, that gets its tags; tags that
    /// images share stay with each of them.
    ///
    /// Without a commit, two paragraphs may mean two of them.
    pub fn add(&mut self, variants: Vec<Variant>, commit: Option<String>, notes: &mut Notes) {
        let single = match (variants.as_slice(), commit) {
            ([only], Some(commit)) if !only.names.iter().any(|name| name.shared) => {
                Some(source(only, commit))
            }
            _ => None,
        };
        let Some(source) = single else {
            self.images.push(variants);
            return;
        };
        let place = *self.known.entry(source).or_insert(self.images.len());
        match self.images.get_mut(place).and_then(|same| same.first_mut()) {
            Some(first) => variants
                .into_iter()
                .for_each(|other| join(first, other, notes)),
            None => self.images.push(variants),
        }
    }

    /// All images, in the order of the file.
    pub fn variants(self) -> Vec<Variant> {
        self.images.into_iter().flatten().collect()
    }
}

/// What an image is built from.
fn source(variant: &Variant, commit: String) -> Source {
    let context = variant.context.as_ref().map(|context| context.real.clone());
    let mut platforms = variant.platforms.clone().unwrap_or_default();
    platforms.sort();
    let dockerfile = variant.dockerfile.real.clone();
    (commit, dockerfile, context, platforms)
}

/// Gives the tags of an image to another one that is the same. The one whose tag ends with its folder's name is first.
fn join(first: &mut Variant, other: Variant, notes: &mut Notes) {
    for span in [first.span, other.span] {
        let message = format!(
            "several paragraphs have {} of the same commit for the same platforms: they are one image with all of these tags",
            other.dockerfile.real
        );
        let help =
            "check that this is meant; the tags of the second one are aliases or in a `when`";
        notes.note("import::same", message, help, span);
    }
    let folder = first.folder.rsplit('/').next().unwrap_or_default();
    let is_named = |names: &[Name]| {
        let first = names.first();
        !folder.is_empty() && first.is_some_and(|name| name.tag.real.ends_with(folder))
    };
    let swapped = !is_named(&first.names) && is_named(&other.names);
    let known = std::mem::take(&mut first.names);
    let (own, more) = match swapped {
        true => (other.names, known),
        false => (known, other.names),
    };
    let is_new = |name: &Name| !own.iter().any(|known| known.tag == name.tag);
    let more: Vec<Name> = more.into_iter().filter(is_new).collect();
    first.names = own.into_iter().chain(more).collect();
}
