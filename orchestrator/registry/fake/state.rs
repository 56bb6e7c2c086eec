//! The contents of a fake registry, and which writes it accepts.

use super::image::children;
use super::{Fault, Operation, Write, refused};
use crate::name::{Digest, Reference, Repository, Tag};
use crate::request::{Referrer, Stored, WorldError, referrers_index};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Notify;

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) manifests: BTreeMap<(Repository, Digest), Stored>,
    pub(super) tags: BTreeMap<(Repository, Tag), Digest>,
    pub(super) blobs: BTreeMap<(Repository, Digest), Arc<[u8]>>,
    pub(super) rules: Vec<Rule>,
    pub(super) log: Vec<Write>,
    pub(super) calls: Vec<(Operation, String)>,
    pub(super) alarms: Vec<Alarm>,
    pub(super) tags_list_referrers: bool,
    pub(super) in_flight: usize,
    pub(super) most_in_flight: usize,
}

#[derive(Debug)]
pub(super) struct Rule {
    pub(super) operation: Operation,
    pub(super) part: String,
    pub(super) times: usize,
    pub(super) fault: Fault,
}

#[derive(Debug)]
pub(super) struct Alarm {
    pub(super) operation: Option<Operation>,
    pub(super) part: String,
    pub(super) left: usize,
    pub(super) bell: Arc<Notify>,
}

impl State {
    pub(super) fn ring(&mut self, operation: Operation, what: &str) {
        let fits = |alarm: &&mut Alarm| {
            alarm.operation.is_none_or(|own| own == operation) && what.contains(&alarm.part)
        };
        for alarm in self.alarms.iter_mut().filter(fits) {
            alarm.left = alarm.left.saturating_sub(1);
            if alarm.left == 0 {
                alarm.bell.notify_one();
            }
        }
        self.alarms.retain(|alarm| alarm.left > 0);
    }

    pub(super) fn next_fault(&mut self, operation: Operation, what: &str) -> Option<Fault> {
        let rule = self
            .rules
            .iter_mut()
            .find(|r| r.operation == operation && r.times > 0 && what.contains(&r.part))?;
        rule.times -= 1;
        Some(rule.fault.clone())
    }

    pub(super) fn find(&self, reference: &Reference) -> Option<&Stored> {
        let repository = reference.repository.clone();
        let digest = reference.digest().or_else(|| {
            self.tags
                .get(&(repository.clone(), reference.tag_or_latest()))
                .copied()
        })?;
        self.manifests.get(&(repository, digest))
    }

    pub(super) fn write(&mut self, reference: &Reference, stored: &Stored) {
        let repository = &reference.repository;
        self.manifests
            .insert((repository.clone(), stored.digest), stored.clone());
        if let Some(tag) = &reference.tag {
            self.tags
                .insert((repository.clone(), tag.clone()), stored.digest);
        }
    }

    pub(super) fn write_logged(&mut self, reference: &Reference, stored: &Stored) {
        self.write(reference, stored);
        self.log.push(Write {
            reference: reference.clone(),
            digest: Some(stored.digest),
        });
    }

    /// Like real registries, it accepts an index only after its children.
    pub(super) fn put(&mut self, reference: &Reference, stored: &Stored) -> Result<(), WorldError> {
        let missing = children(stored).into_iter().find(|child| {
            !self
                .manifests
                .contains_key(&(reference.repository.clone(), *child))
        });
        if let Some(child) = missing {
            return Err(refused(
                &reference.to_string(),
                &format!("400 Bad Request: MANIFEST_BLOB_UNKNOWN ({child})"),
            ));
        }
        self.write_logged(reference, stored);
        Ok(())
    }

    pub(super) fn copy(
        &mut self,
        from: &Repository,
        digest: Digest,
        to: &Repository,
    ) -> Result<(), WorldError> {
        let source = Reference::pinned(from.clone(), digest);
        let stored = self
            .find(&source)
            .cloned()
            .ok_or_else(|| refused(&source.to_string(), "the image to copy does not exist"))?;
        children(&stored)
            .into_iter()
            .try_for_each(|child| self.copy(from, child, to))?;
        let target = Reference::pinned(to.clone(), digest);
        if self.find(&target).is_none() {
            let config = stored.config().and_then(|config| {
                let known = self.blobs.get(&(from.clone(), config))?;
                Some(((to.clone(), config), known.clone()))
            });
            self.blobs.extend(config);
            self.write_logged(&target, &stored);
        }
        Ok(())
    }

    pub(super) fn referrers(&self, repository: &Repository, subject: Digest) -> Vec<Referrer> {
        if self.tags_list_referrers {
            let tag = Reference::tagged(repository.clone(), Tag::referrers(subject));
            let list = self
                .find(&tag)
                .and_then(|index| Referrer::list(&index.bytes));
            return list.unwrap_or_default();
        }
        let own = self
            .manifests
            .iter()
            .filter(|((of, _), _)| of == repository);
        let referrers = own.filter_map(|(_, stored)| Referrer::of(stored));
        let own = referrers.filter(|(of, _)| *of == subject);
        own.map(|(_, referrer)| referrer).collect()
    }

    /// Like real registries, it accepts a manifest only after its blobs.
    pub(super) fn attach(
        &mut self,
        repository: &Repository,
        stored: &Stored,
    ) -> Result<(), WorldError> {
        let place = Reference::pinned(repository.clone(), stored.digest);
        let what = place.to_string();
        let referrer = Referrer::of(stored);
        let (subject, referrer) = referrer.ok_or_else(|| refused(&what, "it has no subject"))?;
        let manifest = stored.manifest().unwrap_or_default();
        let blobs = manifest.config.iter().chain(&manifest.layers);
        let mut blobs = blobs.filter_map(|blob| blob.digest);
        let has = |blob| self.blobs.contains_key(&(repository.clone(), blob));
        if !blobs.all(has) {
            return Err(refused(&what, "400 Bad Request: MANIFEST_BLOB_UNKNOWN"));
        }
        let mut list = self.referrers(repository, subject);
        let is_listed = list.iter().any(|one| one.digest == stored.digest);
        if is_listed && self.find(&place).is_some() {
            return Ok(());
        }
        self.write_logged(&place, stored);
        if self.tags_list_referrers && !is_listed {
            list.push(referrer);
            let tag = Reference::tagged(repository.clone(), Tag::referrers(subject));
            self.write_logged(&tag, &referrers_index(&list));
        }
        Ok(())
    }

    pub(super) fn copy_referrers(
        &mut self,
        from: &Repository,
        subject: Digest,
        to: &Repository,
    ) -> Result<(), WorldError> {
        for one in self.referrers(from, subject) {
            let Some(stored) = self.manifests.get(&(from.clone(), one.digest)).cloned() else {
                continue;
            };
            let manifest = stored.manifest().unwrap_or_default();
            let blobs = manifest.config.iter().chain(&manifest.layers);
            for blob in blobs.filter_map(|blob| blob.digest) {
                if let Some(bytes) = self.blobs.get(&(from.clone(), blob)).cloned() {
                    self.blobs.insert((to.clone(), blob), bytes);
                }
            }
            self.attach(to, &stored)?;
        }
        Ok(())
    }

    pub(super) fn delete(&mut self, reference: &Reference) {
        let repository = &reference.repository;
        match (&reference.tag, reference.digest()) {
            (Some(tag), _) => drop(self.tags.remove(&(repository.clone(), tag.clone()))),
            (None, Some(digest)) => {
                self.manifests.remove(&(repository.clone(), digest));
                self.tags
                    .retain(|(of, _), now| of != repository || *now != digest);
            }
            (None, None) => {}
        }
        self.log.push(Write {
            reference: reference.clone(),
            digest: None,
        });
    }
}
