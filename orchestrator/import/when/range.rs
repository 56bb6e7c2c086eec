//! Names versions so that one to come falls under what the newest one has: `>=2.1` rather than `2.1.0`, and `>=2.0` rather
//! than `2.1.0` and `2.0.4`. What only older ones have is an exception, which names them.

use crate::import::published::Axis;
use crate::name::{Range, Version};

/// Versions of an axis, of which some are picked.
struct Versions<'a> {
    axis: &'a Axis,
    /// By value: its version; `None` for a word in the place of one.
    all: Vec<Option<Version>>,
    picked: &'a [usize],
    /// Those that may be picked or not.
    free: &'a [usize],
}

/// The patterns of the picked versions; `None` if these are not versions, or have to be named one by one. Those of `free`
/// may be among them.
pub(super) fn ranges(axis: &Axis, picked: &[usize], free: &[usize]) -> Option<Vec<String>> {
    axis.rungs.as_ref()?;
    let all = axis.values.iter().map(|value| value.name.parse().ok());
    let versions = Versions {
        axis,
        all: all.collect(),
        picked,
        free,
    };
    match picked.contains(&versions.newest()?) {
        true if picked.len() < axis.values.len() => versions.with_newest(),
        true => None,
        false => versions.below(),
    }
}

impl Versions<'_> {
    /// The highest stable version, or else the highest.
    fn newest(&self) -> Option<usize> {
        let known = self.all.iter().enumerate();
        let known = known.filter_map(|(at, version)| Some((at, version.as_ref()?)));
        let newest = known.max_by_key(|(_, version)| (!version.is_prerelease(), *version));
        newest.map(|(at, _)| at)
    }

    /// The values that a range has.
    fn within(&self, range: &str) -> Option<Vec<usize>> {
        let range: Range = range.parse().ok()?;
        let has = |at: &usize| {
            let version = self.all[*at].as_ref();
            version.is_some_and(|version| range.contains(version))
        };
        Some((0..self.all.len()).filter(has).collect())
    }

    /// The others of these, each as an exception.
    fn refused(&self, of: impl IntoIterator<Item = usize>) -> Vec<String> {
        let others = of.into_iter();
        let others = others.filter(|at| !self.picked.contains(at) && !self.free.contains(at));
        let name = |at: usize| format!("!{}", self.axis.values[at].name);
        others.map(name).collect()
    }

    /// A range with the others in it as exceptions; `None` if it lacks a picked version.
    fn covering(&self, range: String) -> Option<Vec<String>> {
        let within = self.within(&range)?;
        let is_whole = self.picked.iter().all(|at| within.contains(at));
        let refused = self.refused(within);
        is_whole.then(|| [vec![range], refused].concat())
    }

    /// A range that begins with the lowest one, or all but the others: what has fewer patterns.
    fn with_newest(&self) -> Option<Vec<String>> {
        let lowest = self.picked.iter().filter_map(|at| self.all[*at].as_ref());
        let bounds = bounds(lowest.min()?);
        let ranges = bounds.filter_map(|bound| self.covering(format!(">={bound}")));
        let refused = self.refused(0..self.all.len());
        let all = ranges.chain((!refused.is_empty()).then_some(refused));
        all.min_by_key(Vec::len)
    }

    /// A range that ends before the next higher version. `None` if only one version is picked, or if every such range has
    /// exceptions.
    fn below(&self) -> Option<Vec<String>> {
        let highest = self.picked.iter().filter_map(|at| self.all[*at].as_ref());
        let highest = highest.max().filter(|_| self.picked.len() > 1)?;
        let all = self.all.iter().flatten();
        let next = all.filter(|version| *version > highest).min()?;
        let bounds = bounds(next);
        let mut ranges = bounds.filter_map(|bound| self.covering(format!("<{bound}")));
        ranges.find(|patterns| patterns.len() == 1)
    }
}

/// Where a range may begin or end: at a series of the version or at itself, the shortest first.
fn bounds(version: &Version) -> impl Iterator<Item = String> {
    let series = (1..=version.numbers().len()).filter_map(|count| version.series(count));
    let whole = version.as_str();
    series.chain([whole]).map(str::to_owned)
}
