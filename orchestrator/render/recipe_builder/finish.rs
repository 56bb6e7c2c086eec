//! A Dockerfile that was read becomes a recipe, and its faults and warnings get their places.

use super::{Declared, RecipeBuilder};
use crate::dockerfile;
use crate::matrix::{Body, Variant};
use crate::render::merged::Merged;
use crate::render::{ContextOrigin, Recipe, RecipeContexts, RecipeFolder};
use crate::text::{Diagnostic, Severity, Shown, Sources, Span};
use crate::tree::Tree;
use std::ops::Range;
use std::sync::Arc;

impl RecipeBuilder {
    /// What the named contexts change; `None` without any.
    fn contexts(&mut self, sources: &Sources) -> Option<Box<RecipeContexts>> {
        let named = std::mem::take(&mut self.named);
        if named.is_empty() {
            return None;
        }
        let origin = |one: &Declared| {
            let (span, place) = (one.span, sources.place(one.span));
            (one.name.clone(), ContextOrigin { span, place })
        };
        let origins = named.iter().map(origin).collect();
        let folder = |one: Declared| {
            let reads = self.read.folder_reads.remove(&one.name)?;
            let refs = self.read.folder_refs.iter();
            Some(RecipeFolder {
                refs: refs
                    .filter(|place| place.context == one.name)
                    .cloned()
                    .collect(),
                tree: one.tree?,
                name: one.name,
                reads,
            })
        };
        Some(Box::new(RecipeContexts {
            origins,
            folders: named.into_iter().filter_map(folder).collect(),
            replaced: std::mem::take(&mut self.read.replaced),
        }))
    }

    /// Registers the text as a source. The recipe, and whether it can be built. `previous` is the recipe before it, with its variant.
    pub fn finish(
        mut self,
        variant: &Variant,
        previous: Option<(&Variant, &Recipe)>,
        sources: &mut Sources,
        faults: &mut Merged,
    ) -> Option<(Recipe, bool)> {
        let contexts = self.contexts(sources);
        // Variants of an image follow each other: its place is looked up once.
        let declared = match previous {
            Some((before, recipe)) if before.span == variant.span => recipe.declared.clone(),
            _ => sources.place(variant.span).into(),
        };
        let failed = self
            .faults
            .iter()
            .any(|fault| fault.severity == Severity::Error);
        self.faults
            .into_iter()
            .for_each(|fault| faults.push(variant, fault));
        let is_unwritten = failed && self.source.is_none();
        let (Some(text), Some(context), false) = (&self.text, self.context, is_unwritten) else {
            // The faults of a file that can be read do not follow from those.
            if let Some(text) = &self.text {
                let span = |bytes: &Range<usize>| match self.source {
                    Some(source) => Span::of(source, bytes),
                    None => self.map.written(text, bytes).unwrap_or(variant.span),
                };
                for fault in self.read.faults {
                    let span = span(&fault.bytes);
                    faults.push(variant, placed(fault, variant, span));
                }
            }
            return None;
        };
        let text = text.clone();
        let generated = self.source.is_none();
        let path: Arc<str> = self.path.into();
        let source = self
            .source
            .unwrap_or_else(|| sources.add(path.clone(), text.clone()));
        let features = self.read.features(&variant.args);
        let unreadable = !self.read.faults.is_empty();
        // The author changes the template, not what is rendered from it.
        let written = |bytes: &Range<usize>| self.map.author_span(source, &text, bytes);
        for fault in self.read.faults {
            let span = written(&fault.bytes);
            faults.push(variant, placed(fault, variant, span));
        }
        for one in self.read.warnings.into_iter().filter(|_| !failed) {
            let span = written(&one.bytes);
            faults.push(variant, one.warning_at(span));
        }
        // What kiln fetches itself is checked in the build.
        let own = |address: &str| self.fetching.iter().any(|one| one.url == address);
        let unfixed = self.read.unfixed.iter();
        let unfixed = unfixed.filter(|one| !failed && !own(&one.address));
        unfixed.for_each(|one| faults.push(variant, uncovered(one, written(&one.bytes))));
        let before = previous.map(|(_, recipe)| recipe);
        let beside = if generated && variant.context.is_none() {
            context.clone()
        } else {
            let before = before.map(|one| &one.beside);
            one(Tree::default(), before)
        };
        let recipe = Recipe {
            variant: variant.id,
            declared,
            based: None,
            path,
            dockerfile: text,
            source,
            context,
            beside,
            image_refs: shared(self.read.image_refs, before.map(|one| &one.image_refs)),
            final_base: self.read.final_base,
            native: self.read.native,
            executed: shared(self.read.executed, before.map(|one| &one.executed)),
            reads: shared(self.read.reads, before.map(|one| &one.reads)),
            unneeded: self.read.unneeded.into(),
            idle: self.read.idle.into(),
            onbuild_reads: self.read.onbuild_reads,
            contexts,
            secrets: one(self.secrets, before.map(|one| &one.secrets)),
            features: shared(features, before.map(|one| &one.features)),
            map: self.map.shared_with(before.map(|one| &one.map)),
            fetching: self.fetching.into(),
            refreshed: self.refreshed.into(),
            is_unsound: unreadable || failed,
            generated,
        };
        Some((recipe, !unreadable && !failed))
    }
}

/// The value, shared with the recipe before it if theirs are equal.
fn one<T: PartialEq>(value: T, before: Option<&Arc<T>>) -> Arc<T> {
    match before {
        Some(known) if **known == value => known.clone(),
        _ => Arc::new(value),
    }
}

/// The list, shared with the recipe before it if theirs are equal: those of one template mostly are.
fn shared<T: PartialEq>(list: Vec<T>, before: Option<&Arc<[T]>>) -> Arc<[T]> {
    match before {
        Some(known) if **known == *list => known.clone(),
        _ => list.into(),
    }
}

/// A fault of a Dockerfile: a stage that does not exist is named in the manifest.
fn placed(fault: dockerfile::Fault, variant: &Variant, span: Span) -> Diagnostic {
    let target = variant
        .target
        .filter(|_| fault.code == dockerfile::NO_TARGET);
    let fault = fault.diagnostic_at(span);
    let Some(span) = target else {
        return fault;
    };
    if variant.body.path().as_str() == Body::WHOLE {
        let message = "`target` has no effect: kiln writes the Dockerfile of an image without `template` and `dockerfile`, and it has no stage of this name";
        return Diagnostic::error(fault.code, message)
            .at(span, "this stage")
            .help("remove it, or name a file with this stage: `dockerfile \"path\"` or `template \"path\"`");
    }
    let file = fault.labels.first().map(|label| label.span);
    let mut fault = Diagnostic {
        labels: Vec::new(),
        ..fault
    }
    .at(span, "this stage");
    if let Some(file) = file {
        fault = fault.at(file, "of this file");
    }
    fault
}

/// A warning about content that is not part of a recipe.
fn uncovered(one: &dockerfile::Unfixed, span: Span) -> Diagnostic {
    let message = format!(
        "the content of {} is not known before a build: if it changes there, nothing is built again",
        one.address.shown()
    );
    Diagnostic::warning("render::address", message)
        .at(span, "fetched here")
        .help("fix the content, `ADD --checksum=sha256:…` or `#<commit>` of a repository; else `kiln build --force` fetches it again")
}
