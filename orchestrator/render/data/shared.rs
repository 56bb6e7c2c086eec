//! What tool sets install, made once for the variants that have it in common.

use super::{Installed, installed};
use crate::lockfile::Lockfile;
use crate::manifest::Distribution;
use crate::matrix::{Fleet, Parent, Variant};
use crate::name::Platform;
use crate::render::template_of;
use crate::text::Span;
use rayon::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;

/// The use of a tool set: its name, place, and parameters.
type Use<'a> = (&'a str, Span, Vec<(&'a str, &'a str)>);

/// Everything of a variant that [`installed`] reads, and whether its Dockerfile is rendered. All the rest follows from the
/// parent.
#[derive(PartialEq, Eq, Hash)]
struct Ground<'a> {
    is_generated: bool,
    parent: Option<Parent>,
    distribution: Option<Distribution>,
    platforms: &'a [Platform],
    uses: Vec<Use<'a>>,
}

impl<'a> Ground<'a> {
    fn of(variant: &'a Variant) -> Self {
        let uses = variant.uses.iter().map(|used| {
            let params = used.params.iter();
            let params = params.map(|(name, value)| (name.as_str(), value.as_str()));
            (used.toolset.as_str(), used.span, params.collect())
        });
        Self {
            is_generated: template_of(variant).is_ok(),
            parent: variant.parent,
            distribution: variant.distribution,
            platforms: &variant.platforms,
            uses: uses.collect(),
        }
    }
}

/// What each of these variants installs: the values, each with its first variant, and the place of its value for each
/// variant.
pub(in crate::render) fn shared<'a>(
    fleet: &'a Fleet,
    variants: &'a [Variant],
    lock: &'a Lockfile,
) -> (Vec<(&'a Variant, Arc<Installed<'a>>)>, Vec<usize>) {
    let mut known: HashMap<Ground<'a>, usize> = HashMap::new();
    let mut first: Vec<&'a Variant> = Vec::new();
    let place = |variant| {
        *known.entry(Ground::of(variant)).or_insert_with(|| {
            first.push(variant);
            first.len() - 1
        })
    };
    let places = variants.iter().map(place).collect();
    let values = first.into_par_iter();
    let values = values.map(|variant| (variant, Arc::new(installed(fleet, variant, lock))));
    (values.collect(), places)
}

#[cfg(test)]
mod tests;
