//! The images of other runs that hold a variant's tags. The lines of all tags are written before the first of them moves, so a
//! run that is held at one tag knows about the others, even while the other run has not moved them yet.

use crate::matrix::VariantName;
use crate::memory::{Hold, Line, Record};
use crate::name::{Digest, Reference};
use crate::plan::{Held, Move, MoveState};
use crate::request::WorldError;
use crate::run::{RunContext, record};
use std::collections::BTreeSet;

/// The records of the images at which this run was held.
#[derive(Debug, Default)]
pub(super) struct Rivals(Vec<Record>);

impl Rivals {
    /// The images that held this variant's tags when the plan was made.
    pub async fn of(
        ctx: &RunContext,
        v: &VariantName,
        moves: &[Move],
        nothing_due: bool,
    ) -> Result<Self, WorldError> {
        let is_rival = |m: &&Move| match &m.state {
            MoveState::Held(why) => matches!(**why, Held::Backwards(_)) && !nothing_due,
            _ => false,
        };
        let held = moves.iter().filter(is_rival);
        let images: BTreeSet<Digest> = held.filter_map(|m| m.was).collect();
        let mut rivals = Self::default();
        for image in images {
            rivals.0.extend(record::of(ctx, v, image).await?);
        }
        Ok(rivals)
    }

    /// Why an image holds a tag; it is a rival from then on.
    pub async fn add(
        &mut self,
        ctx: &RunContext,
        v: &VariantName,
        image: Digest,
        (tag, own): &(Reference, Line),
    ) -> Result<Option<Hold>, WorldError> {
        let Some(record) = record::of(ctx, v, image).await? else {
            return Ok(None);
        };
        let line = record.lines.get(tag);
        let hold = line.and_then(|line| line.holds(own, &*ctx.history));
        self.0.extend(hold.is_some().then_some(record));
        Ok(hold)
    }

    /// Why one of them holds a tag.
    pub fn holds(&self, ctx: &RunContext, (tag, own): &(Reference, Line)) -> Option<Hold> {
        let mut lines = self.0.iter().filter_map(|record| record.lines.get(tag));
        lines.find_map(|line| line.holds(own, &*ctx.history))
    }
}
