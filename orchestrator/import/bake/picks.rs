//! A variable that picks a value of a matrix: `m == LATEST ? "app:latest" : ""` is one condition, whatever the values are.

use crate::import::bake::place::variable;
use crate::import::published::{Grid, Image, VARIABLE, When};
use indexmap::IndexSet;

/// Gives tags one condition for all values of an axis, where each value has one with the same value of a variable.
pub(super) fn pick(images: &mut [Image]) {
    for grid in images.iter_mut().filter_map(|image| image.grid.as_mut()) {
        for axis in 0..grid.axes.len() {
            grid.pick(axis);
        }
    }
}

/// A tag that is published where a variable has the value of an axis.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Pick {
    variable: String,
    /// The rest of its condition.
    rest: When,
    pattern: String,
}

impl Grid {
    fn pick(&mut self, axis: usize) {
        let axis = &self.axes[axis];
        let picks: Vec<Option<(Pick, String)>> = self
            .tags
            .iter()
            .map(|(when, pattern)| picked(when, pattern, &axis.name))
            .collect();
        let values: IndexSet<&String> = axis.values.iter().map(|value| &value.name).collect();
        let is_whole = |pick: &Pick| {
            let own = picks.iter().flatten().filter(|(known, _)| known == pick);
            values == own.map(|(_, value)| value).collect::<IndexSet<&String>>()
        };
        let name = axis.name.clone();
        let mut known: IndexSet<Pick> = IndexSet::new();
        let mut tags = Vec::new();
        for (tag, pick) in self.tags.iter().zip(&picks) {
            match pick.as_ref().filter(|(pick, _)| is_whole(pick)) {
                None => tags.push(tag.clone()),
                Some((pick, _)) if known.insert(pick.clone()) => {
                    let own = (name.clone(), vec![variable(&pick.variable)]);
                    let when = [vec![own], pick.rest.0.clone()].concat();
                    tags.push((When(when), pick.pattern.clone()));
                }
                Some(_) => {}
            }
        }
        self.tags = tags;
    }
}

/// The tag, if its condition is that a variable has the value that an axis has, and that value.
fn picked(when: &When, pattern: &str, axis: &str) -> Option<(Pick, String)> {
    let single = |part: &(String, Vec<String>)| match part.1.as_slice() {
        [value] => Some(value.clone()),
        _ => None,
    };
    let own = when.0.iter().find(|(name, _)| name == axis)?;
    let value = single(own)?;
    let mut parts = when.0.iter();
    let other =
        parts.find(|part| part.0.starts_with(VARIABLE) && single(part).as_ref() == Some(&value))?;
    let rest = when.0.iter().filter(|part| *part != own && *part != other);
    let pick = Pick {
        variable: other.0.strip_prefix(VARIABLE)?.to_owned(),
        rest: When(rest.cloned().collect()),
        pattern: pattern.to_owned(),
    };
    Some((pick, value))
}
