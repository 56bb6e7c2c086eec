//! The axes that the targets of an image differ on: a value that none of them has is left out, and an axis of which all
//! have the same value is text. A matrix of one value that is in tags stays an axis, so that the next value is one edit.
//!
//! ```text
//! type = agent, jdk = 17 21      acme/{type}:{jdk}      axis jdk; acme/agent:{jdk}
//! ```

use super::place::replaced;
use crate::import::published::{Axis, Text, Variant};
use crate::import::write::literal;
use crate::name::Version;
use std::collections::{BTreeSet, HashMap, HashSet};

/// The axes of some cells of a matrix.
pub(super) struct Narrow {
    /// Those on which the cells differ, with the values that they have.
    pub axes: Vec<Axis>,
    /// The cells on these axes.
    pub cells: Vec<Vec<usize>>,
    /// The names of the values that all cells have, where the matrix has others.
    pub fixed: Vec<String>,
    /// The patterns in the place of axes of which all cells have one value.
    texts: HashMap<String, String>,
}

impl Narrow {
    /// The axes of these cells; `all` are those of the matrix with all data of their values, and `kept` those that stay with
    /// the only value that the matrix has.
    pub fn new(all: &[Axis], cells: &[&Vec<usize>], kept: &HashSet<&str>) -> Self {
        let mut narrow = Self {
            axes: Vec::new(),
            cells: vec![Vec::new(); cells.len()],
            fixed: Vec::new(),
            texts: HashMap::new(),
        };
        for (at, axis) in all.iter().enumerate() {
            let used: BTreeSet<usize> = cells.iter().map(|cell| cell[at]).collect();
            let used: Vec<usize> = used.into_iter().collect();
            let is_kept = axis.values.len() == 1 && kept.contains(axis.name.as_str());
            if let [only] = used.as_slice()
                && !is_kept
            {
                narrow.fix(axis, *only);
                continue;
            }
            let place = |cell: &&Vec<usize>| used.binary_search(&cell[at]).unwrap_or_default();
            for (cell, own) in narrow.cells.iter_mut().zip(cells) {
                cell.push(place(own));
            }
            narrow.axes.push(Axis {
                values: used.iter().map(|at| axis.values[*at].clone()).collect(),
                ..axis.clone()
            });
        }
        narrow
    }

    /// Writes out an axis of which all cells have one value.
    fn fix(&mut self, axis: &Axis, at: usize) {
        let value = &axis.values[at];
        if axis.values.len() > 1 {
            self.fixed.push(value.name.clone());
        }
        let place = |key: &str| format!("{}.{key}", axis.name);
        let version = value.name.parse::<Version>().ok();
        for (key, count) in [("minor", 2), ("major", 1)] {
            let series = version.as_ref().and_then(|version| version.series(count));
            let series = series.map(|series| (place(key), literal(series)));
            self.texts.extend(series);
        }
        let data = value.data.iter();
        let data = data.map(|(key, pattern)| (place(key), pattern.clone()));
        self.texts.extend(data);
        self.texts.insert(axis.name.clone(), literal(&value.name));
    }

    /// A pattern without the axes of which all cells have one value.
    pub fn pattern(&self, pattern: &str) -> String {
        replaced(pattern, |place| self.texts.get(place).cloned())
    }

    /// A variant without them.
    pub fn variant(&self, mut variant: Variant) -> Variant {
        let names = variant.names.iter_mut();
        let names = names.flat_map(|name| [&mut name.repository, &mut name.tag]);
        let texts = names
            .chain([&mut variant.dockerfile])
            .chain(&mut variant.context)
            .chain(&mut variant.target)
            .chain(variant.args.values_mut())
            .chain(variant.contexts.values_mut());
        let write = |text: &mut Text| text.pattern = self.pattern(&text.pattern);
        texts.for_each(write);
        variant
    }
}
