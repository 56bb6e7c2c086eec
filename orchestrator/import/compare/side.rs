//! An image of the file or of the manifest, as it is compared.

use crate::import::build::{Build, Difference};
use crate::import::published::{Image, Name, Origin, Published, Variant};
use crate::import::{Dockerfiles, parents};
use crate::manifest::{ContextDecl, NamedSource};
use crate::matrix::{self, Body, Fleet, Parent, Permission};
use crate::name::Reference;
use crate::text::{Diagnostic, Shown, Span, Spanned};
use indexmap::IndexSet;
use std::collections::{BTreeMap, BTreeSet};

/// An image of the file or of the manifest.
pub(super) struct Side {
    /// The name of the image in the manifest, or that which the import would give it.
    pub image: String,
    /// In their order; none where the file does not have them.
    pub references: IndexSet<Reference>,
    /// Those that only some runs publish.
    pub conditional: BTreeSet<Reference>,
    pub build: Build,
    pub span: Span,
    pub is_template: bool,
    /// Named contexts that are images of the manifest.
    pub parents: BTreeMap<String, Vec<Reference>>,
    /// What it is based on, with all references of that; none where this is not known.
    pub from: Vec<Reference>,
    /// What templates insert of its values.
    pub data: BTreeMap<String, Option<String>>,
}

impl Side {
    /// An image of the file.
    pub fn wanted(published: &Published, image: &Image, variant: &Variant) -> Self {
        let has_names = published.has_names_of(variant);
        let names = variant.names.iter().filter(|_| has_names);
        Self {
            image: image.name.clone(),
            references: names.filter_map(reference).collect(),
            conditional: BTreeSet::new(),
            build: Build::wanted(variant),
            span: variant.span,
            is_template: false,
            parents: BTreeMap::new(),
            from: origin(image, variant),
            data: data(variant),
        }
    }

    /// An image of the manifest; with its Dockerfiles, also what it is based on.
    pub fn got(
        fleet: &Fleet,
        variant: &matrix::Variant,
        dockerfiles: Option<Dockerfiles<'_>>,
    ) -> Self {
        let build = Build::got(variant);
        let from = dockerfiles.map(|read| from(fleet, variant, &build, read));
        let data = variant.cells.values().flat_map(|cell| &cell.data);
        Self {
            image: variant.image.clone(),
            references: variant.references().map(|(name, _)| name).collect(),
            conditional: conditional(variant).collect(),
            build,
            span: variant.span,
            is_template: matches!(variant.body, Body::Template(_)),
            parents: parents_of(fleet, variant),
            from: from.unwrap_or_default(),
            data: data
                .map(|(key, text)| (key.clone(), Some(text.clone())))
                .collect(),
        }
    }

    /// The build with named contexts that are images of the manifest, by the reference that the file has for each.
    fn beside(&self, file: &Side) -> Build {
        let mut build = self.build.clone();
        for (name, references) in &self.parents {
            let is_one = |text: &&String| {
                let reference = text.parse::<Reference>();
                reference.is_ok_and(|reference| references.contains(&reference))
            };
            let same = file.build.contexts.get(name).filter(is_one).cloned();
            let same = same.or_else(|| Some(name).filter(is_one).cloned());
            let other = || references.first().map(Reference::familiar);
            let text = same.or_else(other);
            build.contexts.extend(text.map(|text| (name.clone(), text)));
        }
        build
    }

    /// Its first reference, after which people call it, or its image.
    pub fn name(&self) -> String {
        let first = self.references.first();
        first.map_or_else(|| self.image.clone(), Reference::familiar)
    }

    /// What the manifest has it based on, if that is another image.
    fn other_origin(&self, made: &Side) -> Option<Difference> {
        let is_same = self.from.iter().any(|name| made.from.contains(name));
        let first = |side: &Side| side.from.first().map(Reference::familiar);
        let own = first(self).filter(|_| !is_same)?;
        Some((String::from("`from`"), Some(own), first(made)))
    }

    /// The data of its values that are other texts in the manifest.
    fn other_data<'a>(&'a self, made: &'a Side) -> impl Iterator<Item = Difference> + 'a {
        self.data.iter().filter_map(|(key, own)| {
            let other = made.data.get(key).cloned().flatten();
            (*own != other).then(|| (format!("`{key}`"), own.clone(), other))
        })
    }

    /// What is built differently.
    pub fn differences(
        &self,
        made: &Side,
        is_made_up: &dyn Fn(&str) -> bool,
    ) -> impl Iterator<Item = Diagnostic> {
        let mut all = self.build.differences(&made.beside(self), made.is_template);
        all.extend(self.other_origin(made));
        all.extend(self.other_data(made));
        all.retain(|(_, file, _)| !file.as_deref().is_some_and(is_made_up));
        all.into_iter().map(|(what, file, manifest)| {
            let (name, shown) = (self.name(), |text: Option<String>| match text {
                Some(text) => format!("`{}`", text.shown()),
                None => String::from("not set"),
            });
            let (file, manifest) = (shown(file), shown(manifest));
            let message =
                format!("{what} of `{name}` is {file} in the file and {manifest} in the manifest");
            let fault = Diagnostic::error("import::differs", message);
            fault.at(self.span, "here").at(made.span, "and here")
        })
    }
}

/// A name of the file as a reference.
fn reference(name: &Name) -> Option<Reference> {
    name.full().parse().ok()
}

/// The references of a variant that only some runs publish.
fn conditional(variant: &matrix::Variant) -> impl Iterator<Item = Reference> {
    let is_free = |one: Option<&Permission>| one.is_none_or(Permission::is_unspecified);
    let repositories = variant.publish.iter().enumerate();
    repositories.flat_map(move |(at, repository)| {
        let all = variant.tags.iter();
        let some = all.filter(move |tag| {
            !is_free(Some(&tag.permission)) || !is_free(variant.permissions.get(at))
        });
        some.map(|tag| Reference::tagged(repository.clone(), tag.tag.clone()))
    })
}

/// The named contexts of a variant that are images or bases of its manifest, with the references of each.
fn parents_of(fleet: &Fleet, variant: &matrix::Variant) -> BTreeMap<String, Vec<Reference>> {
    let one = |one: &ContextDecl<Spanned<String>, Parent>| {
        let references = match &one.source {
            NamedSource::Word(_) => return None,
            NamedSource::Of(parent) => names_of(fleet, *parent),
        };
        Some((one.name.value.clone(), references))
    };
    variant.contexts.iter().filter_map(one).collect()
}

/// The references of an image or base of a manifest.
fn names_of(fleet: &Fleet, parent: Parent) -> Vec<Reference> {
    match parent {
        Parent::Base(id) => vec![fleet.base(id).reference.clone()],
        Parent::Variant(id) => {
            let references = fleet.variant(id).references();
            references.map(|(reference, _)| reference).collect()
        }
    }
}

/// What a variant of the manifest is based on. Without a `from`, it may be any image that the Dockerfile names.
fn from(
    fleet: &Fleet,
    variant: &matrix::Variant,
    build: &Build,
    read: Dockerfiles<'_>,
) -> Vec<Reference> {
    match (variant.parent, &variant.body) {
        (Some(parent), _) => names_of(fleet, parent),
        (None, Body::Template(_)) => Vec::new(),
        (None, Body::Dockerfile(_)) => {
            let named = parents::named(build, read);
            let named = named.iter().map(|one| one.reference.parse());
            named.filter_map(Result::ok).collect()
        }
    }
}

/// The references of what a variant of the file is based on; none if the file does not say that.
fn origin(image: &Image, variant: &Variant) -> Vec<Reference> {
    match &variant.origin {
        None => Vec::new(),
        Some(Origin::Outside(name)) => name.parse().ok().into_iter().collect(),
        Some(Origin::Own(at)) => {
            let names = image.variants.get(*at).map(|own| &own.names);
            names.into_iter().flatten().filter_map(reference).collect()
        }
    }
}

/// What templates insert of the version of a variant of the file.
fn data(variant: &Variant) -> BTreeMap<String, Option<String>> {
    let data = variant.data.iter();
    data.map(|(key, text)| ((*key).to_owned(), text.clone()))
        .collect()
}
