//! What happens to each public tag: written, left where it is, or held, and why.

use crate::matrix::{
    DeferredTag, Fleet, Latest, SharedTag, SharedTags, TagKind, Variant, VariantId,
};
use crate::memory::{Record, Versions};
use crate::name::{Digest, Reference, Repository, Tag};
use crate::plan::{DeferredMove, Facts, Held, Move, MoveState, Options};
use std::collections::HashMap;
use std::sync::Arc;

/// The tags that several variants share, and when a run writes them.
pub(super) struct SharedTagPlan {
    all: Vec<SharedTags>,
    /// The variant that gives each of these names on an engine, where a name is one image: the first planned one.
    named_by: HashMap<Reference, Option<VariantId>>,
    /// By variant: the shared tags whose last planned owner it is.
    closed_by: HashMap<VariantId, Vec<usize>>,
}

impl SharedTagPlan {
    pub fn of(fleet: &Fleet) -> Self {
        let all = fleet.shared_tags();
        let named_by = all
            .iter()
            .flat_map(|share| &share.tags)
            .map(|tag| (tag.reference.clone(), None))
            .collect();
        Self {
            all,
            named_by,
            closed_by: HashMap::new(),
        }
    }

    /// Records which variants are planned, in their order.
    pub fn close(&mut self, order: &[VariantId]) {
        let places: HashMap<VariantId, usize> = order.iter().copied().zip(0..).collect();
        for (index, share) in self.all.iter().enumerate() {
            let planned = || share.owners.iter().filter(|v| places.contains_key(v));
            if let Some(last) = planned().max_by_key(|v| places[v]) {
                self.closed_by.entry(*last).or_default().push(index);
            }
            for tag in &share.tags {
                self.named_by
                    .insert(tag.reference.clone(), planned().next().copied());
            }
        }
    }

    /// The shared tags of which this variant is the last planned owner.
    pub fn closed_by(&self, v: VariantId) -> Vec<SharedTags> {
        self.closed_by
            .get(&v)
            .into_iter()
            .flatten()
            .map(|index| self.all[*index].clone())
            .collect()
    }

    /// Whether a variant gives an image this name on an engine.
    pub fn is_named_by(&self, reference: &Reference, v: VariantId) -> bool {
        self.named_by
            .get(reference)
            .is_none_or(|first| *first == Some(v))
    }

    pub fn is_shared(&self, reference: &Reference) -> bool {
        self.named_by.contains_key(reference)
    }
}

/// Decides what happens to public tags.
pub(super) struct Mover<'a> {
    pub fleet: &'a Fleet,
    pub facts: &'a Facts,
    pub options: &'a Options<'a>,
}

impl Mover<'_> {
    /// The tags that a variant alone owns, in the order they are written: fixed ones, moving ones, `latest` last.
    pub fn moves(
        &self,
        variant: &Variant,
        shares: &SharedTagPlan,
        expected: Option<Digest>,
    ) -> Vec<Move> {
        let own = variant
            .moves()
            .filter(|(reference, tag, _)| !(tag.shared && shares.is_shared(reference)));
        let staging = variant.staging.as_ref();
        let mut versions = Latest::default();
        let own = own.map(|(reference, tag, closed)| {
            let rule = closed.map(|why| Held::Rule(why.to_owned()));
            let planned = Move {
                varies: tag.varies || tag.variable,
                ..of(
                    reference,
                    tag.kind,
                    versions.share(variant.versions_of(tag)),
                )
            };
            self.planned(planned, rule, staging, expected)
        });
        sorted(own.chain(self.counted(variant, expected)).collect())
    }

    /// Each counted tag with the number that the image has, else the next one. It is the same in all repositories.
    fn counted(&self, variant: &Variant, expected: Option<Digest>) -> Vec<Move> {
        let counters = variant
            .deferred_moves()
            .filter(|(_, tag, _)| tag.probes().next().is_none());
        let one = |(repository, tag, closed): (&Repository, &DeferredTag, Option<&str>)| {
            let own = expected.and_then(|image| self.number(variant, tag, image));
            let number = own.unwrap_or_else(|| self.newest(variant, tag).saturating_add(1));
            let filled = tag.fill(|_| number.to_string()).ok()?;
            let reference = Reference::tagged(repository.clone(), filled);
            let has = own.is_some() && self.is_numbered(&reference, tag, number, expected);
            let state = match (has, closed) {
                (true, _) => MoveState::Current,
                (false, Some(why)) => MoveState::Held(Box::new(Held::Rule(why.to_owned()))),
                (false, None) => MoveState::Write,
            };
            Some(Move {
                was: expected.filter(|_| has),
                state,
                counted: Some(Box::new(tag.clone())),
                varies: true,
                ..of(reference, tag.kind, Arc::default())
            })
        };
        counters.filter_map(one).collect()
    }

    /// The highest number in any repository of the variant.
    fn newest(&self, variant: &Variant, tag: &DeferredTag) -> u64 {
        let all = variant.publish.iter();
        let newest = all.filter_map(|r| self.facts.revisions.get(&counter(r, tag)));
        newest.map(|(number, _)| *number).max().unwrap_or(0)
    }

    /// The number that an image has, though it may not be the newest one: `git revert` leads back to it.
    fn number(&self, variant: &Variant, tag: &DeferredTag, image: Digest) -> Option<u64> {
        let newest = |repository: &Repository| {
            let newest = self.facts.revisions.get(&counter(repository, tag))?;
            (newest.1 == image).then_some(newest.0)
        };
        let current = self.facts.current.get(&variant.id);
        let record = self.record(image, variant.staging.as_ref());
        let record = record.or_else(|| Some(&*current?.record));
        let recorded = |repository: &Repository| {
            let mut own = numbered(record?, repository, tag);
            own.find(|(_, name)| self.facts.public.get(name) == Some(&image))
                .map(|(number, _)| number)
        };
        let all = || variant.publish.iter();
        all().find_map(newest).or_else(|| all().find_map(recorded))
    }

    /// Whether a repository has an image under its number.
    fn is_numbered(
        &self,
        reference: &Reference,
        tag: &DeferredTag,
        number: u64,
        image: Option<Digest>,
    ) -> bool {
        let newest = self
            .facts
            .revisions
            .get(&counter(&reference.repository, tag));
        newest.is_some_and(|newest| newest.0 == number && Some(newest.1) == image)
            || self.facts.public.get(reference).copied() == image
    }

    /// The tags of several owners; none of them moves if an owner is missing.
    pub fn shared(
        &self,
        share: &SharedTags,
        fleet: &Fleet,
        missing: Option<&str>,
        expected: Option<Digest>,
    ) -> Vec<Move> {
        let first = share.owners.first().map(|v| fleet.variant(*v));
        let one = |tag: &SharedTag| {
            let rule = tag.closed.clone().map(Held::Rule);
            let held = rule.or_else(|| missing.map(|why| Held::Incomplete(why.to_owned())));
            let versions = first.and_then(|variant| {
                let own = variant.tags.iter();
                let mut own = own.filter(|own| Some(&own.tag) == tag.reference.tag.as_ref());
                own.next().map(|own| Arc::new(variant.versions_of(own)))
            });
            let staging = first.and_then(|variant| variant.staging.as_ref());
            let planned = of(
                tag.reference.clone(),
                tag.kind,
                versions.unwrap_or_default(),
            );
            self.planned(planned, held, staging, expected)
        };
        sorted(share.tags.iter().map(one).collect())
    }

    /// What happens to a tag.
    fn planned(
        &self,
        planned: Move,
        held: Option<Held>,
        staging: Option<&Repository>,
        expected: Option<Digest>,
    ) -> Move {
        let was = self.facts.public.get(&planned.reference).copied();
        let state = match (was, held) {
            (Some(was), held) if Some(was) == expected => match (planned.kind, held) {
                (TagKind::Moving, None) => self.stays(&planned, was, staging),
                _ => MoveState::Current,
            },
            (_, Some(why)) => MoveState::Held(Box::new(why)),
            (Some(_), None) if planned.kind == TagKind::Fixed => MoveState::Kept,
            (Some(was), None) => self.forwards(&planned.reference, was, &planned.versions, staging),
            (None, None) => MoveState::Write,
        };
        Move {
            was,
            state,
            ..planned
        }
    }

    /// A tag that names the image already. Its line must say so for this run, too.
    fn stays(&self, planned: &Move, was: Digest, staging: Option<&Repository>) -> MoveState {
        // The record was not looked for.
        let Some(record) = self.facts.record_in(staging, was) else {
            return MoveState::Current;
        };
        let own = self.options.origin.line(&planned.versions, Some(was));
        let line = record
            .as_ref()
            .and_then(|record| record.lines.get(&planned.reference));
        match line.is_none_or(|line| line.is_outdated_by(&own, self.options.history)) {
            true => MoveState::Renew,
            false => MoveState::Current,
        }
    }

    /// The record of an image, if it has one.
    fn record(&self, image: Digest, staging: Option<&Repository>) -> Option<&Record> {
        self.facts.record_in(staging, image)?.as_deref()
    }

    /// Whether an image is that of a value whose last day is over: the highest version that is left takes its tags.
    fn has_ended(&self, record: Option<&Record>) -> bool {
        let mut tags = record.into_iter().flat_map(|record| record.lines.keys());
        tags.any(|tag| self.fleet.ended.contains_key(tag))
    }

    /// A tag is written unless that would move it backwards. An image without a record sets no limit.
    fn forwards(
        &self,
        reference: &Reference,
        was: Digest,
        versions: &Versions,
        staging: Option<&Repository>,
    ) -> MoveState {
        let record = self.record(was, staging);
        let line = record.and_then(|record| record.lines.get(reference));
        let own = self.options.origin.line(versions, Some(was));
        match line.and_then(|line| line.holds(&own, self.options.history)) {
            Some(hold) if !self.options.allows_older(reference) && !self.has_ended(record) => {
                MoveState::Held(Box::new(Held::Backwards(hold)))
            }
            _ => MoveState::Write,
        }
    }
}

/// A move of a tag about which nothing else is known.
fn of(reference: Reference, kind: TagKind, versions: Arc<Versions>) -> Move {
    Move {
        reference,
        kind,
        was: None,
        state: MoveState::Write,
        counted: None,
        versions,
        varies: false,
    }
}

/// The numbers that an image was given, as its record says, with the tags that have them.
pub fn numbered(
    record: &Record,
    repository: &Repository,
    tag: &DeferredTag,
) -> impl Iterator<Item = (u64, Reference)> {
    let names = record.lines.keys();
    let own = names.filter(move |name| name.repository == *repository);
    own.filter_map(|name| {
        let number = tag.revision_of(name.tag.as_ref()?.as_str())?;
        Some((number, name.clone()))
    })
}

/// A tag that waits for values in the image, if its record has them.
pub(super) fn probed_name(deferred: &DeferredMove, record: &Record) -> Option<Reference> {
    deferred.reference(|line| record.probed.get(line).cloned())
}

/// The tags that a record alone tells: read from its image, or counted.
pub fn recorded_names(variant: &Variant, record: &Record) -> Vec<Reference> {
    let probed = deferred_moves(variant).into_iter();
    let probed = probed.filter_map(|deferred| probed_name(&deferred, record));
    let counted = variant.deferred_moves();
    let counted = counted.flat_map(|(repository, tag, _)| numbered(record, repository, tag));
    probed.chain(counted.map(|(_, name)| name)).collect()
}

/// The key of a counted tag in [`Facts::revisions`].
pub fn counter(repository: &Repository, tag: &DeferredTag) -> String {
    format!("{repository}:{}", tag.written())
}

/// The tags that wait for a value in the image.
pub(super) fn deferred_moves(variant: &Variant) -> Vec<DeferredMove> {
    let probed = variant
        .deferred_moves()
        .filter(|(_, tag, _)| tag.probes().next().is_some());
    let one = |(repository, tag, closed): (&Repository, &DeferredTag, Option<&str>)| DeferredMove {
        repository: repository.clone(),
        tag: tag.clone(),
        held: closed.map(str::to_owned),
    };
    probed.map(one).collect()
}

fn sorted(mut moves: Vec<Move>) -> Vec<Move> {
    // Most variants have one or two, and a vector that grows starts with room for four.
    moves.shrink_to_fit();
    moves.sort_by_key(|m| place(m.kind, &m.reference));
    moves
}

/// The order in which tags are written: fixed ones, moving ones, `latest` last.
pub(super) fn place(kind: TagKind, reference: &Reference) -> (TagKind, bool) {
    (kind, reference.tag == Some(Tag::latest()))
}
