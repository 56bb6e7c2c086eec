//! The values of a variant's axes as template data. A template mostly needs few of them, so each is made only when it
//! is used.

use crate::matrix::{Cell, Variant};
use crate::name::Platform;
use serde::{Serialize, Serializer};
use std::collections::BTreeSet;

/// Names that no axis can take, although they may be missing from the data.
const RESERVED: [&str; 2] = ["from", "this"];

/// The value on each axis.
#[derive(Debug)]
pub(in crate::render) struct Axis<'a>(pub &'a Variant);

impl Serialize for Axis<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.cells.values().map(|cell| (&cell.axis, &cell.value)))
    }
}

/// The parts and the data of the value on each axis.
#[derive(Debug)]
pub(in crate::render) struct Cells<'a>(pub &'a Variant);

impl Serialize for Cells<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.cells.values().map(|cell| (&cell.axis, Parts(cell))))
    }
}

/// A cell's value and token, the series of its version (its name if it has none), and its own data, which hides the
/// others as in patterns.
struct Parts<'a>(&'a Cell);

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Parts(cell) = self;
        let series = |count| {
            let series = cell.version.as_ref().and_then(|v| v.series(count));
            series.unwrap_or(cell.value.as_str())
        };
        let fixed = [
            ("value", cell.value.as_str()),
            ("token", &cell.token),
            ("major", series(1)),
            ("minor", series(2)),
        ];
        let own = |name: &str| cell.data.get(name).map(String::as_str);
        let first = fixed.map(|(name, value)| (name, own(name).unwrap_or(value)));
        let further = cell
            .data
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let further = further.filter(|(name, _)| fixed.iter().all(|(known, _)| known != name));
        to.collect_map(first.into_iter().chain(further))
    }
}

/// The value on each axis by the name of the axis alone, and the data of values that only one axis has.
#[derive(Debug)]
pub(in crate::render) struct Short<'a>(pub &'a Variant);

impl<'a> Short<'a> {
    /// The text of a name, if it is one of these.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        if RESERVED.contains(&name) {
            return None;
        }
        let cells = &self.0.cells;
        if let Some(cell) = cells.get(name) {
            return Some(&cell.value);
        }
        let mut found = cells.values().filter_map(|cell| cell.data.get(name));
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }
}

impl Serialize for Short<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let cells = &self.0.cells;
        let single = |name: &&str| {
            let having = cells.values().filter(|cell| cell.data.contains_key(*name));
            having.count() == 1
        };
        let data = cells.values().flat_map(|cell| cell.data.keys());
        let data: BTreeSet<&str> = data.map(String::as_str).filter(single).collect();
        let axes = cells.axes().filter(|name| !data.contains(name));
        let all = data.iter().copied().chain(axes);
        to.collect_map(all.filter_map(|name| Some((name, self.get(name)?))))
    }
}

/// The platforms that a variant is built for.
#[derive(Debug)]
pub(in crate::render) struct Platforms<'a>(pub &'a [Platform]);

impl Serialize for Platforms<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.iter().map(ToString::to_string))
    }
}
