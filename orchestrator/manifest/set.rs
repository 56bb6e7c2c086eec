//! `--set`: what a single run changes in the manifest.

use super::{Manifest, Said, Settings, When};
use crate::text::{Diagnostic, Diagnostics, SourceId, Sources, Span, Spanned, did_you_mean};
use std::collections::HashSet;

#[cfg(test)]
mod tests;

/// The forms of a change.
const FORMS: &str = "write IMAGE.arg.NAME=VALUE or IMAGE.platforms=linux/amd64,linux/arm64";

/// The manifest with these changes, `IMAGE.arg.NAME=VALUE` or `IMAGE.platforms=PLATFORM,PLATFORM`. Each counts like a
/// `when` that matches all cells and is the last one of its image. The place of a fault is in the change's own text.
pub fn set(
    mut manifest: Manifest,
    changes: &[String],
    sources: &mut Sources,
    out: &mut Diagnostics,
) -> Manifest {
    let mut seen = HashSet::new();
    for text in changes {
        let whole = whole(sources.add("--set", text.as_str()), text);
        let Some(change) = Change::read(text, whole.source) else {
            let message = format!("--set {text}: it is not clear what it changes");
            out.push(
                Diagnostic::error("set::form", message)
                    .at(whole, "this change")
                    .help(FORMS),
            );
            continue;
        };
        if !seen.insert((change.image, change.key)) {
            let message = format!("`{}.{}` is set twice", change.image, change.key);
            out.push(
                Diagnostic::error("set::twice", message)
                    .at(whole, "the second time")
                    .help("leave one of them out"),
            );
        }
        apply(&mut manifest, &change, whole, out);
    }
    manifest
}

/// The image that a change is about; `None` if it cannot be read.
pub fn set_image(change: &str) -> Option<&str> {
    let (image, _, _) = parts(change)?;
    Some(image)
}

/// Image, key and value of a change.
fn parts(text: &str) -> Option<(&str, &str, &str)> {
    let (name, value) = text.split_once('=')?;
    // The name of an image may contain dots, and so may that of an argument.
    let at = match name.strip_suffix(".platforms") {
        Some(image) => image.len(),
        None => name
            .find(".arg.")
            .filter(|at| at + ".arg.".len() < name.len())?,
    };
    let (image, key) = (&name[..at], &name[at + 1..]);
    let is_complete = !image.is_empty() && (key != "platforms" || !value.is_empty());
    is_complete.then_some((image, key, value))
}

fn apply(manifest: &mut Manifest, change: &Change<'_>, whole: Span, out: &mut Diagnostics) {
    let mut images = manifest.images.iter_mut();
    if let Some(image) = images.find(|image| image.name.value == change.image) {
        image.whens.push(When {
            span: whole,
            variables: Vec::new(),
            matches: Vec::new(),
            settings: change.settings(),
        });
        return;
    }
    let names = manifest.images.iter().map(|image| image.name.as_str());
    let near = did_you_mean(change.image, names);
    let message = format!("no image is called `{}`", change.image);
    out.push(
        Diagnostic::error("set::image", message)
            .at(change.at(change.image), "this image")
            .help("`kiln list` shows the images of the fleet")
            .maybe_help(near),
    );
}

/// One change, read.
struct Change<'t> {
    text: &'t str,
    source: SourceId,
    image: &'t str,
    /// `arg.NAME` or `platforms`.
    key: &'t str,
    value: &'t str,
}

impl<'t> Change<'t> {
    fn read(text: &'t str, source: SourceId) -> Option<Self> {
        let (image, key, value) = parts(text)?;
        Some(Self {
            text,
            source,
            image,
            key,
            value,
        })
    }

    fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        match self.key.strip_prefix("arg.") {
            Some(name) => {
                let said = Said {
                    word: "arg",
                    name: Some(name.to_owned()),
                    span: self.at(name),
                    sets: Vec::new(),
                };
                settings.said = [said].into();
                settings
                    .args
                    .insert(name.to_owned(), self.spanned(self.value));
            }
            None => {
                let each = self.value.split(',').map(str::trim);
                settings.platforms = Some(each.map(|one| self.spanned(one)).collect());
            }
        }
        settings
    }

    fn spanned(&self, part: &str) -> Spanned<String> {
        Spanned::new(part.to_owned(), self.at(part))
    }

    /// The place of a part of the text.
    fn at(&self, part: &str) -> Span {
        let start = part.as_ptr().addr() - self.text.as_ptr().addr();
        Span::of(self.source, &(start..start + part.len()))
    }
}

fn whole(source: SourceId, text: &str) -> Span {
    Span::of(source, &(0..text.len()))
}
