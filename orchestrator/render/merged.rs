//! Faults of variants: one mistake in a template is one diagnostic, regardless of the number of variants it affects.

use crate::matrix::{Fleet, Variant, VariantId};
use crate::text::{Diagnostic, Diagnostics, Span};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Merges the same fault of many variants into one diagnostic that counts them.
#[derive(Default)]
pub(super) struct Merged {
    order: Vec<One>,
    known: HashMap<Key, usize>,
}

/// What one fault has in all variants: its code, its message and its place.
type Key = (&'static str, String, Option<(Span, Option<Range<usize>>)>);

/// One fault, and the variants that have it.
struct One {
    fault: Diagnostic,
    first: VariantId,
    last: VariantId,
    more: usize,
}

impl Merged {
    pub fn push(&mut self, variant: &Variant, fault: Diagnostic) {
        let place = fault.labels.first();
        let place = place.map(|label| (label.span, label.within.clone()));
        let key = (fault.code, fault.message.clone(), place);
        let at = *self.known.entry(key).or_insert(self.order.len());
        let Some(known) = self.order.get_mut(at) else {
            let (first, last, more) = (variant.id, variant.id, 0);
            let one = One {
                fault,
                first,
                last,
                more,
            };
            return self.order.push(one);
        };
        if known.last != variant.id {
            known.last = variant.id;
            known.more += 1;
        }
    }

    /// Reports all but those inside of words that are an error already, since nothing uses them.
    pub fn close(self, fleet: &Fleet, unused: &HashSet<Span>, diagnostics: &mut Diagnostics) {
        let is_inside = |fault: &Diagnostic| {
            let place = fault.labels.first().map(|label| label.span);
            place.is_some_and(|place| unused.iter().any(|word| word.contains(place)))
        };
        let order = self.order.into_iter();
        for one in order.filter(|one| !is_inside(&one.fault)) {
            let variant = fleet.variant(one.first);
            let also = match one.more {
                0 => String::new(),
                1 => String::from(" and one more variant"),
                more => format!(" and {more} more variants"),
            };
            let fault = one.fault;
            diagnostics.push(fault.at(variant.span, format!("for {}{also}", variant.label())));
        }
    }
}
