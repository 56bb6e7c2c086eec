//! Named contexts: which are folders of the workspace, and which are images.

use super::context::{Key, outside};
use super::{Files, normal};
use crate::dockerfile::{ContextSource, NamedContext, context_name};
use crate::manifest::{ContextDecl, NamedSource};
use crate::matrix::{Fleet, Parent, Variant};
use crate::name::Reference;
use crate::text::{Diagnostic, Shown, Span, Spanned};
use std::collections::HashSet;

/// The words of a fleet's contexts that are folders, each looked up once.
pub(super) struct Folders<'a>(HashSet<&'a str>);

/// The named contexts of a variant.
#[derive(Default)]
pub(super) struct Named {
    /// As the Dockerfile is resolved with them.
    pub contexts: Vec<NamedContext>,
    /// Where each of them is declared.
    pub places: Vec<Place>,
    pub faults: Vec<Diagnostic>,
}

/// Where a named context is declared.
pub(super) struct Place {
    /// Its name.
    pub name: Span,
    /// Its files, unless it is an image.
    pub files: Option<Source>,
}

/// The files of a named context.
pub(super) enum Source {
    /// Those of a folder, with the place that names it.
    Folder(Key, Span),
    /// None: `scratch`.
    Nothing,
}

/// The empty image, which no registry has.
const SCRATCH: &str = "scratch";

impl<'a> Folders<'a> {
    pub fn of(fleet: &'a Fleet, files: &dyn Files) -> Self {
        let all = fleet.variants.iter().flat_map(|v| &v.contexts);
        let words = all.filter_map(|one| match &one.source {
            NamedSource::Word(word) => Some(word.as_str()),
            NamedSource::Of(_) => None,
        });
        let words: HashSet<&str> = words.collect();
        let is_folder = |word: &&str| is_path(word) || files.is_folder(word);
        Self(words.into_iter().filter(is_folder).collect())
    }
}

/// Whether a word can only be a path.
fn is_path(word: &str) -> bool {
    matches!(word, "." | "..")
        || ["./", "../", "/"]
            .iter()
            .any(|start| word.starts_with(start))
}

impl Named {
    /// The folder that a name stands for, if it is one.
    pub fn folder(&self, name: &str) -> Option<&Key> {
        let at = self.contexts.iter().position(|one| *one.name == *name)?;
        match self.places[at].files.as_ref()? {
            Source::Folder(key, _) => Some(key),
            Source::Nothing => None,
        }
    }

    pub fn of(fleet: &Fleet, variant: &Variant, folders: &Folders<'_>) -> Self {
        let mut named = Self::default();
        for one in &variant.contexts {
            if let Err(fault) = named.add(one, fleet, folders) {
                named.faults.push(fault);
            }
        }
        named
    }

    fn add(
        &mut self,
        one: &ContextDecl<Spanned<String>, Parent>,
        fleet: &Fleet,
        folders: &Folders<'_>,
    ) -> Result<(), Diagnostic> {
        // The manifest has compared the names already.
        let Ok(name) = context_name(&one.name) else {
            return Ok(());
        };
        let (source, files) = match &one.source {
            NamedSource::Word(word) if word.as_str() == SCRATCH => {
                (ContextSource::Folder, Some(Source::Nothing))
            }
            NamedSource::Word(word) if folders.0.contains(word.as_str()) => {
                let folder = normal(word).ok_or_else(|| outside(word))?;
                let key = Key::folder(folder);
                (ContextSource::Folder, Some(Source::Folder(key, word.span)))
            }
            NamedSource::Word(word) => (ContextSource::Image(image(word)?), None),
            NamedSource::Of(parent) => {
                let image = public(fleet, *parent, one.name.span)?;
                (ContextSource::Image(image), None)
            }
        };
        self.contexts.push(NamedContext { name, source });
        let name = one.name.span;
        self.places.push(Place { name, files });
        Ok(())
    }
}

fn image(word: &Spanned<String>) -> Result<Reference, Diagnostic> {
    let fault = |message: String, help: &str| {
        Diagnostic::error("render::context", message)
            .at(word.span, "here")
            .help(help)
    };
    word.parse().map_err(|why| {
        let shown = word.shown();
        fault(
            format!("`{shown}` is neither a folder of the workspace nor an image: {why}"),
            "write `./folder`, relative to the folder of `kiln.kdl`, or a reference such as `alpine:3.20`",
        )
    })
}

/// The name of an image of the manifest in Dockerfiles.
fn public(fleet: &Fleet, parent: Parent, span: Span) -> Result<Reference, Diagnostic> {
    let variant = match parent {
        Parent::Base(base) => return Ok(fleet.base(base).reference.clone()),
        Parent::Variant(variant) => fleet.variant(variant),
    };
    variant.public_name().ok_or_else(|| {
        let message = format!("`{}` has no public name", variant.label());
        Diagnostic::error("render::context", message)
            .at(span, "this context")
            .help("give it a tag: a Dockerfile names it by that")
    })
}

#[cfg(test)]
mod tests;
