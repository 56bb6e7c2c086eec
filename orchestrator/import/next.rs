//! The next version of an image: with one more value on the axis of versions, a manifest should publish what the file would
//! publish with one more version.
//!
//! ```text
//! file       2.1.0, 2.1, 2, latest    then    2.2.0, 2.2, 2, latest and 2.1.0, 2.1
//! manifest   value "2.1.0"            then    value "2.2.0" and value "2.1.0"
//! ```

mod renamed;

use super::build::Build;
use super::published::{Grid, Image, Published, Variant};
use super::verify::{Written, described};
use crate::manifest::{Manifest, Value};
use crate::name::Version;
use crate::text::Diagnostics;
use renamed::Renamed;
use std::collections::{BTreeMap, BTreeSet};

/// What is wrong with the manifest of these images when the next version is added to one of them; `None` if nothing is
/// wrong, or if no image has an axis of versions.
pub fn missed(text: &str, published: &Published) -> Option<String> {
    let written = Written::new(text);
    let mut all = published.images.iter().enumerate();
    all.find_map(|(at, image)| Next::of(image)?.missed(at, &written, published))
}

/// The newest version on the axis of an image, beside which the next one comes.
pub fn newest(image: &Image) -> Option<&str> {
    Next::of(image).map(|next| next.name)
}

/// The next version of an image.
struct Next<'i> {
    image: &'i Image,
    grid: &'i Grid,
    /// The place of the newest version on the axis.
    newest: usize,
    /// Its name.
    name: &'i str,
    renamed: Renamed,
}

impl<'i> Next<'i> {
    fn of(image: &'i Image) -> Option<Self> {
        let grid = image.grid.as_ref().filter(|grid| !grid.plain)?;
        let axis = grid.axes.first().filter(|axis| axis.rungs.is_some())?;
        let names: Vec<&str> = axis
            .values
            .iter()
            .map(|value| value.name.as_str())
            .collect();
        let aliases = axis.values.iter().flat_map(|value| &value.aliases);
        let taken: Vec<&str> = names
            .iter()
            .copied()
            .chain(aliases.map(String::as_str))
            .collect();
        let versions = names.iter().enumerate();
        let versions = versions.filter_map(|(at, name)| Some((at, name.parse::<Version>().ok()?)));
        let stable = versions.filter(|(_, version)| !version.is_prerelease());
        let (newest, version) = stable.max_by(|(_, one), (_, other)| one.cmp(other))?;
        Some(Self {
            image,
            grid,
            newest,
            name: names[newest],
            renamed: Renamed::next(version.as_str(), &taken)?,
        })
    }

    fn missed(&self, at: usize, written: &Written, published: &Published) -> Option<String> {
        let images = self.images(at, published)?;
        let unclear = self.unclear();
        let made = written.edited(|manifest| self.add(manifest), published);
        let different = match made {
            Ok(made) => different(&kept(described(&images), &unclear), &kept(made, &unclear))?,
            Err(faults) => said(&faults)?,
        };
        let next = self.renamed.text(self.name);
        Some(format!(
            "with a value `{next}` beside `{}`, {different}",
            self.name
        ))
    }

    /// All images, as the file would have them.
    fn images(&self, at: usize, published: &Published) -> Option<Vec<Image>> {
        let mut images = published.images.clone();
        let variants = &mut images.get_mut(at)?.variants;
        for (place, cell) in self.grid.cells.iter().enumerate() {
            if cell.first() == Some(&self.newest) {
                let next = self.variant(variants.get(place)?);
                variants[place]
                    .names
                    .retain(|name| !next.names.contains(name));
                variants.push(next);
            }
        }
        Some(images)
    }

    fn variant(&self, variant: &Variant) -> Variant {
        let mut next = variant.clone();
        let paths = [&mut next.dockerfile].into_iter().chain(&mut next.context);
        let tags = next.names.iter_mut().map(|name| &mut name.tag);
        for text in paths.chain(tags) {
            text.real = self.renamed.text(&text.real);
            text.pattern = self.renamed.text(&text.pattern);
        }
        next
    }

    /// The tags that a person may leave where they are, or move on.
    fn unclear(&self) -> BTreeSet<&'i str> {
        let variants = self.image.variants.iter();
        let unclear = variants.flat_map(|variant| {
            let all: Vec<&str> = variant.tags().collect();
            let tags = variant.tags();
            tags.filter(move |tag| !self.renamed.is_clear(tag, &all))
        });
        unclear.collect()
    }

    /// Adds the value before the newest one, with the words that the file moves.
    fn add(&self, manifest: &mut Manifest) {
        let mut images = manifest.images.iter_mut();
        let image = images.find(|image| image.name.value == self.image.name);
        let axis = image.and_then(|image| image.axes.first_mut());
        let Some(values) = axis.map(|axis| &mut axis.values) else {
            return;
        };
        let Some(at) = values
            .iter()
            .position(|value| value.name.value == self.name)
        else {
            return;
        };
        let next = self.value(&values[at]);
        let is_word = |text: &str| !text.contains(|c: char| c.is_ascii_digit());
        values[at].aliases.retain(|alias| !is_word(&alias.value));
        values.insert(at, next);
    }

    fn value(&self, old: &Value) -> Value {
        let mut next = old.clone();
        let has_moved = |text: &str| {
            self.renamed.text(text) != text || !text.contains(|c: char| c.is_ascii_digit())
        };
        next.aliases.retain(|alias| has_moved(&alias.value));
        next.default = None;
        let data = next.data.iter_mut().map(|(_, text)| text);
        let texts = [&mut next.name].into_iter().chain(&mut next.token);
        for text in texts.chain(&mut next.aliases).chain(data) {
            text.value = self.renamed.text(&text.value);
        }
        next
    }
}

/// The builds without references to these tags.
fn kept(mut builds: Vec<Build>, unclear: &BTreeSet<&str>) -> Vec<Build> {
    for build in &mut builds {
        build.references.retain(|reference| {
            let tag = reference.rsplit_once(':').map(|(_, tag)| tag);
            tag.is_none_or(|tag| !unclear.contains(tag))
        });
    }
    builds.sort();
    builds
}

/// The first reference of which both differ, and how.
fn different(file: &[Build], made: &[Build]) -> Option<String> {
    if file == made {
        return None;
    }
    let (file, made) = (by_reference(file), by_reference(made));
    let all: BTreeSet<&&str> = file.keys().chain(made.keys()).collect();
    let mut different = all
        .into_iter()
        .filter(|name| file.get(*name) != made.get(*name));
    let first = *different.next()?;
    let shown = first.rsplit('/').next().unwrap_or_default();
    Some(match (file.get(first), made.get(first)) {
        (Some(_), None) => format!("`{shown}` would be missing"),
        (None, _) => format!("`{shown}` would be added"),
        (Some(file), Some(made)) => match (file.first(), made.first()) {
            (Some(file), Some(made)) if file.dockerfile != made.dockerfile => format!(
                "`{shown}` would be built from `{}`, and not from `{}`",
                made.dockerfile, file.dockerfile
            ),
            (Some(file), Some(made)) if file.platforms != made.platforms => {
                format!("`{shown}` would have other platforms")
            }
            _ => format!("`{shown}` would be another image"),
        },
    })
}

/// The builds of each reference.
fn by_reference(builds: &[Build]) -> BTreeMap<&str, Vec<&Build>> {
    let mut all: BTreeMap<&str, Vec<&Build>> = BTreeMap::new();
    for build in builds {
        let names = build.references.iter();
        names.for_each(|name| all.entry(name).or_default().push(build));
    }
    all
}

/// The first error.
fn said(faults: &Diagnostics) -> Option<String> {
    let first = faults.iter().next()?;
    Some(format!("kiln would refuse it: {}", first.message))
}
