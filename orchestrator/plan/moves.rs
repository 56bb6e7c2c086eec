//! What happens to each public tag: written, left where it is, or held, and why.

use crate::matrix::{DeferredTag, Fleet, SharedTag, SharedTags, TagKind, Variant, VariantId};
use crate::memory::{Versions, record_tag};
use crate::name::{Digest, Reference, Repository, Tag};
use crate::plan::{DeferredMove, Facts, Held, Move, MoveState, Options};
use std::collections::HashMap;

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
        let own = own.map(|(reference, tag, closed)| {
            let rule = closed.map(|why| Held::Rule(why.to_owned()));
            let versions = variant.versions_of(tag);
            self.planned(reference, tag.kind, rule, versions, staging, expected)
        });
        sorted(own.chain(self.counted(variant, expected)).collect())
    }

    /// The next revision of each counted tag, or the newest one if the image has it already.
    fn counted(&self, variant: &Variant, expected: Option<Digest>) -> Vec<Move> {
        let counters = variant
            .deferred_moves()
            .filter(|(_, tag, _)| tag.probes().next().is_none());
        let one = |(repository, tag, closed): (&Repository, &DeferredTag, Option<&str>)| {
            let newest = self.facts.revisions.get(&counter(repository, tag)).copied();
            let stays = newest.filter(|(_, image)| Some(*image) == expected);
            let next = newest.map_or(1, |(number, _)| number.saturating_add(1));
            let number = stays.map_or(next, |(number, _)| number);
            let filled = tag.fill(|_| number.to_string()).ok()?;
            let state = match (stays, closed) {
                (Some(_), _) => MoveState::Current,
                (None, Some(why)) => MoveState::Held(Held::Rule(why.to_owned())),
                (None, None) => MoveState::Write,
            };
            Some(Move {
                reference: Reference::tagged(repository.clone(), filled),
                kind: tag.kind,
                was: stays.map(|(_, image)| image),
                state,
                unless: newest.map(|(_, image)| image),
                counted: Some(tag.clone()),
                versions: Versions::new(),
            })
        };
        counters.filter_map(one).collect()
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
                own.next().map(|own| variant.versions_of(own))
            });
            let staging = first.and_then(|variant| variant.staging.as_ref());
            let versions = versions.unwrap_or_default();
            self.planned(
                tag.reference.clone(),
                tag.kind,
                held,
                versions,
                staging,
                expected,
            )
        };
        sorted(share.tags.iter().map(one).collect())
    }

    fn planned(
        &self,
        reference: Reference,
        kind: TagKind,
        held: Option<Held>,
        versions: Versions,
        staging: Option<&Repository>,
        expected: Option<Digest>,
    ) -> Move {
        let was = self.facts.public.get(&reference).copied();
        let state = match (was, held) {
            (Some(_), _) if was == expected => MoveState::Current,
            (_, Some(why)) => MoveState::Held(why),
            (Some(_), None) if kind == TagKind::Fixed => MoveState::Kept,
            (Some(was), None) => self.forwards(&reference, was, &versions, staging),
            (None, None) => MoveState::Write,
        };
        Move {
            reference,
            kind,
            was,
            state,
            unless: None,
            counted: None,
            versions,
        }
    }

    /// A tag is written unless that would move it backwards. An image without a record sets no limit.
    fn forwards(
        &self,
        reference: &Reference,
        was: Digest,
        versions: &Versions,
        staging: Option<&Repository>,
    ) -> MoveState {
        let line = staging.and_then(|staging| {
            let record = Reference::tagged(staging.clone(), record_tag(was));
            let record = self.facts.records.get(&record)?.as_ref()?;
            record.lines.get(reference)
        });
        let own = self.options.origin.line(versions, Some(was));
        match line.and_then(|line| line.holds(&own, self.options.history)) {
            Some(hold) if !self.options.allows_older(reference) => {
                MoveState::Held(Held::Backwards(hold))
            }
            _ => MoveState::Write,
        }
    }
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
    moves.sort_by_key(|m| place(m.kind, &m.reference));
    moves
}

/// The order in which tags are written: fixed ones, moving ones, `latest` last.
pub(super) fn place(kind: TagKind, reference: &Reference) -> (TagKind, bool) {
    (kind, reference.tag == Some(Tag::latest()))
}
