//! Faults of variants: one mistake in a template is one diagnostic, regardless of the number of variants it affects.

use crate::matrix::{Fleet, Variant, VariantId};
use crate::text::{Diagnostic, Diagnostics};
use std::collections::BTreeMap;

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

    pub fn close(self, fleet: &Fleet, diagnostics: &mut Diagnostics) {
        for (fault, first, more) in self.order {
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
