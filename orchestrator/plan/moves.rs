//! What becomes of each public tag: written, left where it is, or held, and why.

use crate::matrix::{Share, TagKind, Variant, VariantId};
use crate::name::{Digest, Reference, Tag};
use crate::plan::{Facts, Move, MoveState};
use std::collections::HashMap;

/// The tags that several variants own, and when a run comes to them.
pub(super) struct Shares {
    all: Vec<Share>,
    /// Which variant gives each of these names on an engine, where a name is one image: the first that is planned.
    named_by: HashMap<Reference, Option<VariantId>>,
    /// By variant: the shares whose last planned owner it is.
    closed_by: HashMap<VariantId, Vec<usize>>,
}

impl Shares {
    pub fn of(fleet: &crate::matrix::Fleet) -> Self {
        let all = fleet.shares();
        let named_by = all.iter().flat_map(|share| &share.tags).map(|tag| (tag.reference.clone(), None)).collect();
        Self { all, named_by, closed_by: HashMap::new() }
    }

    /// Says which variants are planned, in their order.
    pub fn close(&mut self, order: &[VariantId]) {
        let places: HashMap<VariantId, usize> = order.iter().copied().zip(0..).collect();
        for (index, share) in self.all.iter().enumerate() {
            let planned = || share.owners.iter().filter(|v| places.contains_key(v));
            if let Some(last) = planned().max_by_key(|v| places[v]) {
                self.closed_by.entry(*last).or_default().push(index);
            }
            for tag in &share.tags {
                self.named_by.insert(tag.reference.clone(), planned().next().copied());
            }
        }
    }

    /// The shares of which this variant is the last planned owner.
    pub fn closed_by(&self, v: VariantId) -> Vec<Share> {
        self.closed_by.get(&v).into_iter().flatten().map(|index| self.all[*index].clone()).collect()
    }

    /// Whether a variant gives an image this name on an engine.
    pub fn is_named_by(&self, reference: &Reference, v: VariantId) -> bool {
        self.named_by.get(reference).is_none_or(|first| *first == Some(v))
    }

    fn is_shared(&self, reference: &Reference) -> bool {
        self.named_by.contains_key(reference)
    }
}

/// The tags that a variant alone owns, in the order they are written: fixed ones, moving ones, `latest` last.
pub(super) fn moves(variant: &Variant, facts: &Facts, shares: &Shares, expected: Option<Digest>) -> Vec<Move> {
    let own = variant.moves().filter(|(reference, tag, _)| !(tag.shared && shares.is_shared(reference)));
    in_order(own.map(|(reference, tag, closed)| planned(reference, tag.kind, closed, facts, expected)).collect())
}

/// The tags of several owners; none of them moves where an owner is missing.
pub(super) fn shared_moves(share: &Share, facts: &Facts, missing: Option<&str>, expected: Option<Digest>) -> Vec<Move> {
    let one = |tag: &crate::matrix::SharedTag| planned(tag.reference.clone(), tag.kind, tag.closed.as_deref().or(missing), facts, expected);
    in_order(share.tags.iter().map(one).collect())
}

fn in_order(mut moves: Vec<Move>) -> Vec<Move> {
    moves.sort_by_key(|m| (m.kind, m.reference.tag == Some(Tag::latest())));
    moves
}

fn planned(reference: Reference, kind: TagKind, closed: Option<&str>, facts: &Facts, expected: Option<Digest>) -> Move {
    let was = facts.public.get(&reference).copied();
    let state = match (was, closed) {
        (Some(_), _) if was == expected => MoveState::Current,
        (_, Some(why)) => MoveState::Held(why.to_owned()),
        (Some(_), None) if kind == TagKind::Fixed => MoveState::Kept,
        _ => MoveState::Write,
    };
    Move { reference, kind, was, state }
}
