//! What happens to each public tag: written, left where it is, or held, and why.

use crate::matrix::{DeferredTag, SharedTags, TagKind, Variant, VariantId};
use crate::name::{Digest, Reference, Repository, Tag};
use crate::plan::{DeferredMove, Facts, Move, MoveState};
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
    pub fn of(fleet: &crate::matrix::Fleet) -> Self {
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

    fn is_shared(&self, reference: &Reference) -> bool {
        self.named_by.contains_key(reference)
    }
}

/// The tags that a variant alone owns, in the order they are written: fixed ones, moving ones, `latest` last.
pub(super) fn moves(
    variant: &Variant,
    facts: &Facts,
    shares: &SharedTagPlan,
    expected: Option<Digest>,
) -> Vec<Move> {
    let own = variant
        .moves()
        .filter(|(reference, tag, _)| !(tag.shared && shares.is_shared(reference)));
    let own =
        own.map(|(reference, tag, closed)| planned(reference, tag.kind, closed, facts, expected));
    in_order(own.chain(counted(variant, facts, expected)).collect())
}

/// The next revision of each counted tag, or the newest one if the image has it already.
fn counted(variant: &Variant, facts: &Facts, expected: Option<Digest>) -> Vec<Move> {
    let counters = variant
        .deferred_moves()
        .filter(|(_, tag, _)| tag.probes().next().is_none());
    let one = |(repository, tag, closed): (&Repository, &DeferredTag, Option<&str>)| {
        let newest = facts.revisions.get(&counter(repository, tag)).copied();
        let stays = newest.filter(|(_, image)| Some(*image) == expected);
        let number = stays.map_or_else(
            || newest.map_or(1, |(number, _)| number.saturating_add(1)),
            |(number, _)| number,
        );
        let filled = tag.fill(|_| number.to_string()).ok()?;
        let state = match (stays, closed) {
            (Some(_), _) => MoveState::Current,
            (None, Some(why)) => MoveState::Held(why.to_owned()),
            (None, None) => MoveState::Write,
        };
        let reference = Reference::tagged(repository.clone(), filled);
        Some(Move {
            reference,
            kind: tag.kind,
            was: stays.map(|(_, image)| image),
            state,
            unless: newest.map(|(_, image)| image),
        })
    };
    counters.filter_map(one).collect()
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

/// The tags of several owners; none of them moves if an owner is missing.
pub(super) fn shared_moves(
    share: &SharedTags,
    facts: &Facts,
    missing: Option<&str>,
    expected: Option<Digest>,
) -> Vec<Move> {
    let one = |tag: &crate::matrix::SharedTag| {
        planned(
            tag.reference.clone(),
            tag.kind,
            tag.closed.as_deref().or(missing),
            facts,
            expected,
        )
    };
    in_order(share.tags.iter().map(one).collect())
}

fn in_order(mut moves: Vec<Move>) -> Vec<Move> {
    moves.sort_by_key(|m| (m.kind, m.reference.tag == Some(Tag::latest())));
    moves
}

fn planned(
    reference: Reference,
    kind: TagKind,
    closed: Option<&str>,
    facts: &Facts,
    expected: Option<Digest>,
) -> Move {
    let was = facts.public.get(&reference).copied();
    let state = match (was, closed) {
        (Some(_), _) if was == expected => MoveState::Current,
        (_, Some(why)) => MoveState::Held(why.to_owned()),
        (Some(_), None) if kind == TagKind::Fixed => MoveState::Kept,
        _ => MoveState::Write,
    };
    Move {
        reference,
        kind,
        was,
        state,
        unless: None,
    }
}
