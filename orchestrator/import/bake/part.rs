//! The targets of a matrix that are one image: its axes and the rules for its tags.

use super::axes::{Cell, Known, Switched};
use super::grids::{excludes, full_first, taken_apart, with_data};
use super::groups::Group;
use super::narrow::Narrow;
use super::place::places;
use super::rules::{self, Tags};
use crate::import::image_name;
use crate::import::published::{Axis, Grid, Image, Published, Variant, When};
use crate::import::verify::verified;
use crate::import::when::whens;
use indexmap::{IndexMap, IndexSet};
use std::collections::{BTreeSet, HashSet};

/// The targets of one image.
pub(super) struct Part {
    /// Their numbers.
    pub of: Vec<usize>,
    narrow: Narrow,
    variants: Vec<Variant>,
    /// What they are with other values of variables.
    switched: Vec<(When, Vec<Variant>)>,
    /// The patterns of its repositories with other values of variables.
    repositories: Vec<(When, Vec<String>)>,
    /// By the condition and pattern of each tag the variants that have it.
    tags: IndexMap<(When, String), BTreeSet<usize>>,
    /// By variant its tags as the file writes them, with the places of the matrix.
    written: Vec<IndexSet<String>>,
}

/// The targets of a group of repositories; nothing if they are not published elsewhere together. `written` are the tags of each cell as the file writes them, and `axes` those
/// of the matrix with all data; those that are `kept` stay with one value, if tags have it.
pub(super) fn part(
    group: &Group,
    (cells, switched, moved): (&[Cell], &Switched, &Switched),
    written: &[IndexSet<String>],
    axes: &[Axis],
    kept: &HashSet<&str>,
) -> Option<Part> {
    let of = group.cells();
    let at: Vec<&Vec<usize>> = of.iter().map(|at| &cells[*at].at).collect();
    let tagged = group.tags.iter().flat_map(|((_, tag), _)| places(tag));
    let tagged = tagged.filter_map(|place| place.split(['.', ':']).next());
    let narrow = Narrow::new(
        axes,
        &at,
        &tagged.filter(|name| kept.contains(name)).collect(),
    );
    let mut tags: IndexMap<(When, String), BTreeSet<usize>> = IndexMap::new();
    for ((when, pattern), cells) in &group.tags {
        let places = cells.iter().filter_map(|cell| of.binary_search(cell).ok());
        tags.entry(((*when).clone(), narrow.pattern(pattern)))
            .or_default()
            .extend(places);
    }
    let variants = of
        .iter()
        .map(|at| narrow.variant(group.variant(&cells[*at])));
    let switched = switched.iter().map(|(when, others)| {
        let other = |at: &usize| narrow.variant(others[*at].built.variant(Vec::new()));
        (when.clone(), of.iter().map(other).collect())
    });
    let written = of.iter().map(|at| {
        let tags = written[*at].iter();
        tags.map(|tag| narrow.pattern(tag)).collect()
    });
    let moved = moved.iter();
    let moved = moved.map(|(when, others)| Some((when.clone(), elsewhere(&of, others, &narrow)?)));
    let repositories: Vec<(When, Vec<String>)> = moved.collect::<Option<_>>()?;
    let is_some = |(_, all): &(When, Vec<String>)| !all.is_empty();
    Some(Part {
        variants: variants.collect(),
        switched: switched.collect(),
        repositories: repositories.into_iter().filter(is_some).collect(),
        written: written.collect(),
        of,
        narrow,
        tags,
    })
}

/// The repositories of these cells under a condition; nothing if they differ in more than what axes say.
fn elsewhere(of: &[usize], others: &[Cell], narrow: &Narrow) -> Option<Vec<String>> {
    let patterns = |at: &usize| -> Vec<String> {
        let names = others[*at].built.names.iter().flatten();
        names
            .map(|name| narrow.pattern(&name.repository.pattern))
            .collect()
    };
    let first = of.first().map(patterns)?;
    of.iter().all(|at| patterns(at) == first).then_some(first)
}

impl Part {
    /// The names of the values that all of its targets have, and others of the matrix have not.
    pub fn fixed(&self) -> &[String] {
        &self.narrow.fixed
    }

    /// What the image is called: with the values of the matrix that all of its targets have, if these tell it from others.
    pub fn called(&self, name: &str, is_named: bool) -> String {
        let words = self.narrow.fixed.iter().map(String::as_str);
        let words = words.filter(|_| is_named);
        let all: Vec<&str> = std::iter::once(name).chain(words).collect();
        image_name(&all.join("-"))
    }

    /// The image with the fewest rules that expands to its targets.
    pub fn image(&self, name: &str, known: Known) -> Option<Image> {
        let plain = self.plain(name)?;
        let ruled = self.ruled(&plain);
        let mut all = ruled.into_iter().chain([plain]).flat_map(|image| {
            let full = full_first(image.clone());
            [image, full]
        });
        all.find(|image| holds(image, known))
    }

    /// The image with a rule for each tag of the file.
    fn plain(&self, name: &str) -> Option<Image> {
        let texts = self.variants.iter().flat_map(Variant::texts);
        let patterns = texts
            .map(|text| text.pattern.as_str())
            .chain(self.conditional());
        let used: HashSet<&str> = patterns.flat_map(places).collect();
        let axes = self.narrow.axes.iter();
        let mut grid = Grid {
            axes: axes.map(|axis| with_data(axis, &used)).collect(),
            cells: self.narrow.cells.clone(),
            ..Grid::default()
        };
        grid.excludes = excludes(&grid);
        taken_apart(&mut grid.axes, &used);
        grid.tags = self.rules(&grid);
        grid.switched.clone_from(&self.switched);
        grid.repositories.clone_from(&self.repositories);
        Some(Image {
            name: name.to_owned(),
            span: self.variants.first()?.span,
            comment: None,
            grid: Some(grid),
            variants: self.variants.clone(),
        })
    }

    /// The patterns of what depends on variables.
    fn conditional(&self) -> impl Iterator<Item = &str> {
        let tags = self.tags.keys();
        let tags = tags.filter(|(when, _)| *when != When::default());
        let others = self.switched.iter().flat_map(|(_, variants)| variants);
        let others = others.flat_map(Variant::built_from);
        let others = others.map(|text| text.pattern.as_str());
        let repositories = self.repositories.iter().flat_map(|(_, all)| all);
        tags.map(|(_, pattern)| pattern.as_str())
            .chain(others)
            .chain(repositories.map(String::as_str))
    }

    fn rules(&self, grid: &Grid) -> Vec<(When, String)> {
        let all = self.tags.iter().flat_map(|((condition, pattern), at)| {
            let whens = match at.len() == self.variants.len() {
                true => vec![When::default()],
                false => whens(grid, &at.iter().copied().collect::<Vec<usize>>()),
            };
            // An axis that a condition compares with a variable has the tag with any of its values.
            let both = move |when: When| {
                let is_free = |axis: &String| condition.0.iter().all(|(name, _)| name != axis);
                let others = when.0.into_iter().filter(|(axis, _)| is_free(axis));
                When(condition.0.iter().cloned().chain(others).collect())
            };
            whens
                .into_iter()
                .map(move |when| (both(when), pattern.clone()))
        });
        all.collect()
    }

    /// The same image with fewer rules for its tags.
    fn ruled(&self, plain: &Image) -> Option<Image> {
        let texts = self.variants.iter().flat_map(|one| {
            let repositories = one.names.iter().map(|name| &name.repository);
            repositories.chain(one.built_from())
        });
        let texts = texts.map(|text| text.pattern.as_str());
        let elsewhere: HashSet<&str> = texts.chain(self.conditional()).flat_map(places).collect();
        let grid = plain.grid.as_ref()?;
        let tags = self.variants.iter().zip(&self.written);
        let tags = tags.map(|(variant, written)| {
            let names = variant.names.iter();
            let names = names.filter(|name| name.when == When::default());
            let patterns = names.map(|name| name.tag.pattern.clone());
            Tags {
                patterns: patterns.collect(),
                written: written.clone(),
            }
        });
        let tags: Vec<Tags> = tags.collect();
        let names = self.variants.iter().flat_map(|one| &one.names);
        let repositories = names.map(|name| name.repository.pattern.as_str());
        let repositories: HashSet<&str> = repositories.flat_map(places).collect();
        let axes = &self.narrow.axes;
        let ruled = rules::ruled(grid, &tags, axes, (&elsewhere, &repositories))?;
        let is_conditional = |(when, _): &&(When, String)| when.variables().next().is_some();
        let conditional = grid.tags.iter().filter(is_conditional).cloned();
        let grid = Grid {
            tags: ruled.tags.into_iter().chain(conditional).collect(),
            switched: grid.switched.clone(),
            repositories: grid.repositories.clone(),
            ..ruled
        };
        Some(Image {
            grid: Some(grid),
            ..plain.clone()
        })
    }
}

/// Whether the image alone expands to its cells.
fn holds(image: &Image, known: Known) -> bool {
    let mut published = Published {
        workspace: String::from("verify"),
        variables: known.defaults.clone(),
        wanted: known.wanted.clone(),
        images: vec![image.clone()],
        ..Published::default()
    };
    // Where a variable is null, the manifest has the empty text.
    let conditions: Vec<String> = published.conditions().map(str::to_owned).collect();
    for name in conditions
        .into_iter()
        .filter(|name| !known.wanted.contains_key(name))
    {
        published.variables.entry(name).or_default();
    }
    verified(&published).is_ok()
}
