//! The places of hooks, for messages and reports of runs, which know no sources.

use crate::matrix::{Fleet, Hook, Variant};
use crate::text::{Sources, Span};
use std::collections::HashMap;
use std::sync::Arc;

/// The hooks of a variant, which many variants share.
type Hooks = Arc<Vec<Hook>>;

/// The fleet with [`Hook::place`] of each hook.
pub fn with_hook_places(fleet: Fleet, sources: &Sources) -> Fleet {
    // Finding a line reads the file up to it: once per place, not once per variant.
    let mut places: HashMap<Span, String> = HashMap::new();
    let mut last: Option<(Hooks, Hooks)> = None;
    let mut placed = |hooks: Hooks| {
        if hooks.is_empty() {
            return hooks;
        }
        if let Some((_, known)) = last.as_ref().filter(|(own, _)| Arc::ptr_eq(own, &hooks)) {
            return known.clone();
        }
        let place = |hook: &Hook| Hook {
            place: (places.entry(hook.span))
                .or_insert_with(|| sources.place(hook.span))
                .clone(),
            ..hook.clone()
        };
        let all = Arc::new(hooks.iter().map(place).collect::<Vec<_>>());
        last = Some((hooks, all.clone()));
        all
    };
    let variants = fleet.variants.into_iter();
    Fleet {
        variants: variants
            .map(|variant| Variant {
                hooks: placed(variant.hooks.clone()),
                ..variant
            })
            .collect(),
        ..fleet
    }
}
