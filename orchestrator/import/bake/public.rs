//! The public names of targets that other targets name as contexts.

use super::built::Built;
use super::image::{image_text, without};
use super::place::{is_timed, resolved};
use super::stand_in::made_up;
use crate::import::published::{Name, Text};
use crate::import::write::literal;
use crate::name::Reference;
use crate::tag::variable::{filter, filtered};
use indexmap::IndexMap;
use std::collections::HashMap;

/// By target: its first reference that does not change from run to run.
#[derive(Default)]
pub(super) struct Publics(HashMap<String, Text>);

impl Publics {
    /// The public name of a context, which is a target or an image from outside.
    pub fn reference(&self, context: &Text) -> Option<Text> {
        match context.real.strip_prefix("target:") {
            Some(target) => self.0.get(target).cloned(),
            None => image_text(without(context, "docker-image://")?),
        }
    }
}

/// The public names of these targets; `defaults` are those of variables.
pub(super) fn public<'b>(
    built: impl Iterator<Item = &'b Built>,
    defaults: &IndexMap<String, String>,
) -> Publics {
    let row = |cell: &Built| {
        let mut names = cell.names.iter().flatten();
        let first = names.clone().next();
        let lasting = names.find(|name| !is_timed(&name.tag.pattern));
        let name = familiar(lasting.or(first)?, defaults);
        Some((cell.target.clone(), name))
    };
    Publics(built.filter_map(row).collect())
}

/// The name as people write it: `go:1.27` for `docker.io/library/go:1.27`.
fn familiar(name: &Name, defaults: &IndexMap<String, String>) -> Text {
    let full = name.full();
    let pattern = name.pattern();
    if pattern != literal(&full) {
        let real = resolved(&pattern, |place| filled(place, defaults));
        let real = real.unwrap_or(full);
        return Text { real, pattern };
    }
    let short = full.parse().map(|name: Reference| name.familiar());
    Text::literal(short.unwrap_or(full))
}

/// The text of a placeholder of a variable.
fn filled(place: &str, defaults: &IndexMap<String, String>) -> Option<String> {
    let (name, filters) = filtered(place.strip_prefix("var:")?);
    let text = defaults.get(name).cloned();
    let text = text.unwrap_or_else(|| made_up(name));
    match filters {
        Some(filters) => filter(&text, filters),
        None => Some(text),
    }
}
