//! What is known of each variant before anything is rendered.

use super::context::{self, Contexts, Key};
use super::data::{self, Installed, TemplateData};
use super::mounts::Mountable;
use super::named::{Folders, Named};
use super::{Files, template_of};
use crate::lockfile::Lockfile;
use crate::matrix::{Fleet, Variant};
use crate::text::{Diagnostic, Diagnostics, Sources, Span};
use indexmap::IndexSet;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// The number of variants in a portion: enough for all threads, and few enough that what is only needed until they are
/// rendered stays small.
const PORTION: usize = 1024;

/// A variant before anything is rendered.
pub(super) struct Prepared<'a> {
    pub variant: &'a Variant,
    pub data: TemplateData<'a>,
    pub installed: Installed<'a>,
    pub key: Option<Result<(Key, Span), Diagnostic>>,
    pub named: Named,
    pub mounts: Mountable,
}

impl<'a> Prepared<'a> {
    fn new(
        fleet: &'a Fleet,
        variant: &'a Variant,
        lock: &'a Lockfile,
        folders: &Folders<'_>,
    ) -> Self {
        let (data, installed) = data::of(fleet, variant, lock);
        Self {
            variant,
            data,
            key: context::key(variant),
            named: Named::of(fleet, variant, folders),
            mounts: Mountable::of(fleet, variant, (&installed.secrets, &installed.agents)),
            installed,
        }
    }
}

/// What a variant names of the workspace.
struct Names<'a> {
    /// Whether its Dockerfile is rendered.
    is_generated: bool,
    /// The folders that are its build context and its named contexts, with the places that name them.
    keys: Vec<(Key, Span)>,
    installed: Installed<'a>,
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
    /// The places of the manifest that Dockerfiles name.
    places: IndexSet<Span>,
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
            places: IndexSet::new(),
        };
        for begin in (0..fleet.variants.len()).step_by(PORTION) {
            let named: Vec<Names<'_>> = (portions.variants(begin).par_iter())
                .map(|variant| portions.names(variant))
                .collect();
            named.into_iter().for_each(|one| portions.note(one));
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
        let variants = self.variants(begin).par_iter();
        variants
            .map(|variant| Prepared::new(self.fleet, variant, self.lock, &self.folders))
            .collect()
    }

    fn names(&self, variant: &'a Variant) -> Names<'a> {
        let named = Named::of(self.fleet, variant, &self.folders);
        let named = named.places.into_iter().filter_map(|place| place.folder);
        let own = context::key(variant).and_then(Result::ok);
        Names {
            is_generated: template_of(variant).is_ok(),
            keys: own.into_iter().chain(named).collect(),
            installed: data::installed(self.fleet, variant, self.lock),
        }
    }

    fn note(&mut self, one: Names<'_>) {
        for (key, span) in one.keys {
            self.keys.entry(key).or_insert(span);
        }
        if one.is_generated {
            for file in &one.installed.files {
                if !self.copied.contains_key(&file.value) {
                    self.copied.insert(file.value.clone(), file.span);
                }
            }
        }
        self.places.extend(one.installed.places.iter().copied());
    }

    /// The places of the manifest that Dockerfiles name.
    pub fn places(&self) -> impl Iterator<Item = Span> {
        self.places.iter().copied()
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
