//! Messages about outside images without a digest from their registry.

use crate::dockerfile::{ImageRef, ImageRefKind};
use crate::matrix::{VariantId, VariantName};
use crate::name::{Reference, Repository};
use crate::plan::Materials;
use crate::render::Recipe;
use crate::request::{FaultKind, WorldError};

/// The places that name an outside image.
pub(super) struct Named<'a> {
    /// The first variant that names it.
    pub(super) variant: &'a VariantName,
    pub(super) recipe: &'a Recipe,
    pub(super) image_ref: &'a ImageRef,
    /// The number of other variants that name it.
    pub(super) others: usize,
}

/// Where an image is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// In the registry, and the run publishes: what only an engine has is not used.
    Registry,
    /// Neither the registry nor the engine has it.
    Everywhere,
}

/// The registry could not be reached, or refused to answer.
pub(super) fn not_resolved(reference: &Reference, named: &Named, why: WorldError) -> WorldError {
    let what = named.what(reference);
    let stale = match reference.digest {
        Some(_) => "a copy that an engine has is used only without `--push`",
        None => "the engine's own copy may be old and is not used",
    };
    let WorldError::Fault {
        kind,
        what: who,
        why,
    } = why
    else {
        return why;
    };
    let also = match kind.is_unreachable() {
        true => "",
        false => "; some registries also answer this for an image that does not exist",
    };
    let help = way_out(kind, &reference.repository) + also;
    let (cause, place) = (cause(reference, &who, &why), named.place());
    WorldError::fault(kind, what, format!("{cause}{place}\n  {stale}: {help}"))
}

/// What to do about a registry that could not be reached, or refused to answer.
pub(super) fn way_out(kind: FaultKind, repository: &Repository) -> String {
    match kind {
        _ if kind.is_unreachable() => String::from("run again when the registry answers"),
        // What to do about the credential is part of the refusal.
        FaultKind::NotAllowed => format!("check the name, too: {}", repository.familiar()),
        _ => format!(
            "check the name and the credentials for {}",
            repository.domain()
        ),
    }
}

/// The same for a repository that a word of the workspace names.
pub(super) fn way_out_of(kind: FaultKind, repository: &Repository, word: &str) -> String {
    let help = way_out(kind, repository);
    match kind.is_unreachable() {
        true => format!("{help}; if the name is wrong, correct `{word}`"),
        false => help,
    }
}

/// The registry does not have the image.
pub(super) fn missing(reference: &Reference, named: &Named, missing: Missing) -> WorldError {
    let (reason, help) = match missing {
        Missing::Registry => (
            "its registry does not have it (with `--push`, the engine is not searched)",
            match reference.digest {
                Some(_) => "check the digest, or name a tag that the registry has",
                None => "check the name, push it to its registry, or make it an image of the fleet",
            },
        ),
        Missing::Everywhere => (
            "neither its registry nor the engine has it",
            "check the name, or pull or import it first",
        ),
    };
    let why = format!("{reason}{}\n  {help}", named.place());
    WorldError::fault(FaultKind::NotFound, named.what(reference), why)
}

/// `docker.io: 503 Service Unavailable (4 tries)`
fn cause(reference: &Reference, who: &str, why: &str) -> String {
    let domain = reference.repository.domain().as_str();
    let who = if who == reference.to_string() {
        domain
    } else {
        who
    };
    format!("{who}: {why}")
}

impl<'a> Named<'a> {
    /// The place in a variant's Dockerfile.
    pub(super) fn by(materials: &Materials<'a>, v: VariantId, image_ref: &'a ImageRef) -> Self {
        Self {
            variant: &materials.names[v],
            recipe: &materials.recipes[v],
            image_ref,
            others: 0,
        }
    }

    /// `base debian:13`
    pub(super) fn what(&self, reference: &Reference) -> String {
        let word = match self.image_ref.kind {
            ImageRefKind::From => "base",
            ImageRefKind::CopyFrom | ImageRefKind::MountFrom => "image",
            ImageRefKind::Syntax => "frontend",
        };
        format!("{word} {}", reference.familiar())
    }

    /// The line with the variant and the place that name it.
    pub(super) fn place(&self) -> String {
        let others = match self.others {
            0 => String::new(),
            1 => ", and so does 1 other image".into(),
            n => format!(", and so do {n} other images"),
        };
        let place = self.recipe.origin(self.image_ref.line);
        let stage = match self.may_be_stage() {
            true => "; if a stage is meant, the file has none of this name",
            false => "",
        };
        format!("\n  {} names it at {place}{others}{stage}", self.variant)
    }

    /// Whether the file names it like a stage that is copied from.
    fn may_be_stage(&self) -> bool {
        let is_copied = matches!(
            self.image_ref.kind,
            ImageRefKind::CopyFrom | ImageRefKind::MountFrom
        );
        let written = self.recipe.dockerfile.get(self.image_ref.bytes.clone());
        is_copied && written.is_some_and(|name| !name.contains(['/', ':', '@', '$']))
    }
}
