//! What is known of each variant before anything is rendered.

use super::context::{self, Contexts, Key};
use super::data::{self, Installed, TemplateData};
use super::lack;
use super::mounts::Mountable;
use super::named::{Folders, Named, Source};
use super::{Files, template_of};
use crate::dockerfile::Dockerfile;
use crate::lockfile::Lockfile;
use crate::manifest::ToolsetItem;
use crate::matrix::{Fleet, Use, Variant};
use crate::text::{Diagnostic, Diagnostics, Sources, Span};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The number of variants in a portion: enough for all threads, and few enough that what is only needed until they are
/// rendered stays small.
const PORTION: usize = 1024;

/// A variant before anything is rendered.
pub(super) struct Prepared<'a> {
    pub variant: &'a Variant,
    pub data: TemplateData<'a>,
    pub installed: Arc<Installed<'a>>,
    /// The faults of the data.
    pub faults: Vec<Diagnostic>,
    pub key: Option<Result<(Key, Span), Diagnostic>>,
    pub named: Named,
    pub mounts: Mountable,
}

impl<'a> Prepared<'a> {
    fn new(
        fleet: &'a Fleet,
        variant: &'a Variant,
        installed: Arc<Installed<'a>>,
        folders: &Folders<'_>,
    ) -> Self {
        let (data, faults) = data::of(fleet, variant, &installed);
        Self {
            variant,
            data,
            faults,
            key: context::key(variant),
            named: Named::of(fleet, variant, folders),
            mounts: Mountable::of(fleet, variant, (&installed.secrets, &installed.agents)),
            installed,
        }
    }

    /// Refuses what the Dockerfile takes from folders that are never sent.
    pub fn check_sent(&self, read: &mut Dockerfile) {
        let own = self.key.iter().flatten().map(|(key, _)| key).next();
        lack::check_sent(read, |context| match context {
            Some(name) => self.named.folder(name),
            None => own,
        });
    }
}

/// The variants of a fleet, portion by portion: what is known of a variant before it is rendered takes more memory than the
/// result. What all of them name, which is read before any is rendered, is collected first.
pub(super) struct Portions<'a> {
    fleet: &'a Fleet,
    lock: &'a Lockfile,
    folders: Folders<'a>,
    /// The number of the next variant.
    next: usize,
    /// The folders that are build contexts or named contexts, with the first place that names each.
    keys: BTreeMap<Key, Span>,
    /// The files that are copied, likewise.
    copied: BTreeMap<String, Span>,
}

impl<'a> Portions<'a> {
    /// Collects what the variants name.
    pub fn new(fleet: &'a Fleet, lock: &'a Lockfile, folders: Folders<'a>) -> Self {
        let mut portions = Self {
            fleet,
            lock,
            folders,
            next: 0,
            keys: BTreeMap::new(),
            copied: BTreeMap::new(),
        };
        for begin in (0..fleet.variants.len()).step_by(PORTION) {
            portions.note_folders(begin);
            portions.note_copied(begin);
        }
        portions
    }

    /// The variants of the portion that begins here.
    fn variants(&self, begin: usize) -> &'a [Variant] {
        let fleet: &'a Fleet = self.fleet;
        let rest = &fleet.variants.raw[begin..];
        &rest[..rest.len().min(PORTION)]
    }

    fn prepared(&self, begin: usize) -> Vec<Prepared<'a>> {
        let variants = self.variants(begin);
        let (installed, places) = data::shared(self.fleet, variants, self.lock);
        let prepared = |(variant, place): (&'a Variant, &usize)| {
            let (_, installed) = &installed[*place];
            Prepared::new(self.fleet, variant, installed.clone(), &self.folders)
        };
        variants.par_iter().zip(&places).map(prepared).collect()
    }

    /// The folders that are the build contexts and the named contexts of the variants, with the places that name them.
    fn note_folders(&mut self, begin: usize) {
        for variant in self.variants(begin) {
            let named = Named::of(self.fleet, variant, &self.folders);
            let named = named
                .places
                .into_iter()
                .filter_map(|place| match place.files? {
                    Source::Folder(key, span) => Some((key, span)),
                    Source::Nothing => None,
                });
            let own = context::key(variant).and_then(Result::ok);
            for (key, span) in own.into_iter().chain(named) {
                self.keys.entry(key).or_insert(span);
            }
        }
    }

    /// What the tool sets of the variants copy. Few tool sets copy anything, and what the others install is only made later.
    fn note_copied(&mut self, begin: usize) {
        let variants = self.variants(begin);
        let copies = |used: &Use| {
            let items = self.fleet.toolsets.get(&used.toolset).map(|set| &set.items);
            let mut items = items.into_iter().flatten();
            items.any(|on| matches!(on.item, ToolsetItem::File(_)))
        };
        if !variants.iter().any(|one| one.uses.iter().any(copies)) {
            return;
        }
        let (installed, _) = data::shared(self.fleet, variants, self.lock);
        for (variant, installed) in installed {
            let is_generated = template_of(variant).is_ok();
            for file in installed.files.iter().filter(|_| is_generated) {
                if !self.copied.contains_key(&file.value) {
                    self.copied.insert(file.value.clone(), file.span);
                }
            }
        }
    }

    /// Reads all files that are sent to builds.
    pub fn contexts(
        &self,
        files: &dyn Files,
        sources: &mut Sources,
        diagnostics: &mut Diagnostics,
    ) -> Contexts {
        let mut faults = Vec::new();
        let contexts = Contexts::load(&self.keys, &self.copied, files, sources, &mut faults);
        // The folder of a Dockerfile that does not exist is not reported as well.
        diagnostics.extend_unrelated(faults.into_iter().collect(), |_| false);
        contexts
    }
}

impl<'a> Iterator for Portions<'a> {
    type Item = Vec<Prepared<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        let begin = self.next;
        if begin >= self.fleet.variants.len() {
            return None;
        }
        self.next += PORTION;
        Some(self.prepared(begin))
    }
}
