//! Faults of variants: one mistake in a template is one diagnostic, regardless of the number of variants it affects.

use crate::matrix::{Fleet, Variant, VariantId};
use crate::text::{Diagnostic, Diagnostics, Span};
use std::collections::{BTreeMap, HashSet};

/// Merges the same fault of many variants into one diagnostic that counts them.
#[derive(Default)]
pub(super) struct Merged {
    order: Vec<(Diagnostic, VariantId, usize)>,
    known: BTreeMap<(&'static str, String), usize>,
}

impl Merged {
    pub fn push(&mut self, variant: &Variant, fault: Diagnostic) {
        let at = *self
            .known
            .entry((fault.code, fault.message.clone()))
            .or_insert(self.order.len());
        match self.order.get_mut(at) {
            Some((_, _, more)) => *more += 1,
            None => self.order.push((fault, variant.id, 0)),
        }
    }

    /// Reports all but those inside of words that are an error already, since nothing uses them.
    pub fn close(self, fleet: &Fleet, unused: &HashSet<Span>, diagnostics: &mut Diagnostics) {
        let is_inside = |fault: &Diagnostic| {
            let place = fault.labels.first().map(|label| label.span);
            place.is_some_and(|place| unused.iter().any(|word| word.contains(place)))
        };
        let order = self.order.into_iter();
        for (fault, first, more) in order.filter(|(fault, ..)| !is_inside(fault)) {
            let variant = fleet.variant(first);
            let also = match more {
                0 => String::new(),
                1 => String::from(" and one more variant"),
                more => format!(" and {more} more variants"),
            };
            diagnostics.push(fault.at(variant.span, format!("for {}{also}", variant.label())));
        }
    }
}
