//! A matrix as axes: the texts of its targets become patterns with placeholders that are the same for every cell.

use super::built::Built;
use super::columns::align;
use super::derive::Deriver;
use super::key::Key;
use super::place::places;
use super::rules::{self, Tags};
use crate::import::image_name;
use crate::import::published::{Axis, Grid, Image, Name, Published, Text, Variant, When};
use crate::import::verify::verified;
use crate::import::when::whens;
use indexmap::{IndexMap, IndexSet};
use std::collections::{BTreeSet, HashMap, HashSet};

/// A target of a matrix.
pub(super) struct Cell {
    /// The index of its value on each axis.
    pub at: Vec<usize>,
    /// With the placeholders of the axes in its texts.
    pub built: Built,
}

/// The images with axes that publish exactly what these targets do: one, or several if its repositories have
/// different tags. `None` if there is no such image.
pub(super) fn images(
    name: &str,
    keys: &[Key],
    mut cells: Vec<Cell>,
    defaults: &IndexMap<String, String>,
) -> Option<Vec<Image>> {
    let distinct: BTreeSet<&Vec<usize>> = cells.iter().map(|cell| &cell.at).collect();
    if distinct.len() < cells.len() {
        return None;
    }
    let mut deriver = Deriver::new(keys, cells.iter().map(|cell| cell.at.clone()).collect());
    let written = cells.iter().map(|cell| (cell.at.clone(), tags(cell)));
    let written: Written = written.collect();
    unify(&mut cells, &mut deriver);
    let groups = groups(&cells);
    let image = |group: &Group| {
        let plain = image(name, group, &cells, keys, &deriver)?;
        let ruled = ruled(&plain, keys, &deriver, &written);
        let mut all = ruled.into_iter().chain([plain]).flat_map(|image| {
            let full = full_first(image.clone());
            [image, full]
        });
        all.find(|image| holds(image, defaults))
    };
    groups.iter().map(image).collect()
}

/// By the values of a cell: its tags as the file writes them, with the places of the matrix.
type Written = HashMap<Vec<usize>, IndexSet<String>>;

fn tags(cell: &Cell) -> IndexSet<String> {
    let names = cell.built.names.iter().flatten();
    names.map(|name| name.tag.pattern.clone()).collect()
}

/// The same image with fewer rules for its tags.
fn ruled(plain: &Image, keys: &[Key], deriver: &Deriver, written: &Written) -> Option<Image> {
    let axes = keys.iter().enumerate();
    let axes = axes.map(|(at, key)| key.axis(deriver.data(at), &|_| true));
    let axes: Vec<Axis> = axes.collect();
    let variants = plain.variants.iter();
    let texts = variants.flat_map(|one| {
        let repositories = one.names.iter().map(|name| &name.repository);
        repositories.chain(one.built_from())
    });
    let elsewhere: HashSet<&str> = texts.flat_map(|text| places(&text.pattern)).collect();
    let grid = plain.grid.as_ref()?;
    let of = |(cell, variant): (&Vec<usize>, &Variant)| {
        let patterns = variant.names.iter().map(|name| name.tag.pattern.clone());
        Tags {
            patterns: patterns.collect(),
            written: written.get(cell).cloned().unwrap_or_default(),
        }
    };
    let tags = grid.cells.iter().zip(&plain.variants).map(of);
    let grid = rules::ruled(grid, &tags.collect::<Vec<Tags>>(), &axes, &elsewhere)?;
    Some(Image {
        grid: Some(grid),
        ..plain.clone()
    })
}

/// The image with a tag first that names every axis: the first one names the variants.
fn full_first(mut image: Image) -> Image {
    if let Some(grid) = &mut image.grid {
        let axes: Vec<String> = grid
            .axes
            .iter()
            .map(|axis| format!("{{{}", axis.name))
            .collect();
        let names = |pattern: &str, axis: &String| {
            let rests = pattern
                .match_indices(axis)
                .map(|(at, _)| &pattern[at + axis.len()..]);
            let mut rests = rests;
            rests.any(|rest| rest.starts_with('}') || rest.starts_with(":full"))
        };
        let is_full = |pattern: &String| axes.iter().all(|axis| names(pattern, axis));
        grid.tags
            .sort_by_key(|(when, pattern)| !(when.0.is_empty() && is_full(pattern)));
    }
    image
}

/// What has a different pattern in each cell becomes data of an axis.
fn unify(cells: &mut [Cell], deriver: &mut Deriver) {
    align(cells);
    args(cells, deriver);
    for at in 0..cells.first().map_or(0, |cell| cell.built.names.len()) {
        let mut column = |word: &str, always: bool, of: fn(&mut Name) -> &mut Text| {
            let texts = cells
                .iter_mut()
                .map(|cell| cell.built.names[at].as_mut().map(of));
            deriver.unify(word, always, texts.collect());
        };
        column("repository", true, |name| &mut name.repository);
        column("tag", false, |name| &mut name.tag);
    }
    let dockerfiles = cells
        .iter_mut()
        .map(|cell| Some(&mut cell.built.dockerfile));
    deriver.unify("dockerfile", false, dockerfiles.collect());
    let contexts = cells.iter_mut().map(|cell| Some(&mut cell.built.context));
    deriver.unify("context", false, contexts.collect());
    let stages = cells.iter_mut().map(|cell| cell.built.stage.as_mut());
    deriver.unify("target", false, stages.collect());
    let contexts = cells.iter();
    let contexts = contexts.flat_map(|cell| cell.built.named.keys().cloned());
    for name in contexts.collect::<IndexSet<String>>() {
        let texts = cells.iter_mut();
        let mut texts: Vec<_> = texts.map(|cell| cell.built.named.get_mut(&name)).collect();
        deriver.insert(&mut texts);
        deriver.unify(&image_name(&name), false, texts);
    }
}

/// The same for arguments, whose names say what the data is.
fn args(cells: &mut [Cell], deriver: &mut Deriver) {
    let args = cells
        .iter()
        .flat_map(|cell| cell.built.args.keys().cloned());
    for arg in args.collect::<IndexSet<String>>() {
        let texts = cells.iter_mut().map(|cell| cell.built.args.get_mut(&arg));
        deriver.unify(&arg.to_lowercase(), false, texts.collect());
    }
}

/// Repositories with the same tags: by the pattern of each tag the cells that have it.
struct Group<'a> {
    repositories: IndexSet<&'a str>,
    tags: IndexMap<&'a str, BTreeSet<usize>>,
}

fn groups(cells: &[Cell]) -> Vec<Group<'_>> {
    let mut repositories: IndexMap<&str, IndexMap<&str, BTreeSet<usize>>> = IndexMap::new();
    let positions = cells.first().map_or(0, |cell| cell.built.names.len());
    for position in 0..positions {
        for (at, cell) in cells.iter().enumerate() {
            let Some(name) = &cell.built.names[position] else {
                continue;
            };
            let tags = repositories.entry(&name.repository.pattern).or_default();
            tags.entry(&name.tag.pattern).or_default().insert(at);
        }
    }
    let mut groups: Vec<Group> = Vec::new();
    for (repository, tags) in repositories {
        match groups.iter_mut().find(|group| group.tags == tags) {
            Some(group) => drop(group.repositories.insert(repository)),
            None => groups.push(Group {
                repositories: [repository].into(),
                tags,
            }),
        }
    }
    groups
}

fn image(
    name: &str,
    group: &Group,
    cells: &[Cell],
    keys: &[Key],
    deriver: &Deriver,
) -> Option<Image> {
    let present: IndexSet<usize> = group
        .tags
        .values()
        .flatten()
        .copied()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let own = |name: &Name| {
        group
            .repositories
            .contains(name.repository.pattern.as_str())
    };
    let variant = |at: &usize| {
        let built = &cells[*at].built;
        let names = built.names.iter().flatten().filter(|name| own(name));
        built.variant(names.cloned().collect())
    };
    let variants: Vec<_> = present.iter().map(variant).collect();
    let texts = variants.iter().flat_map(|variant| variant.texts());
    let used: HashSet<&str> = texts.flat_map(|text| places(&text.pattern)).collect();
    let axes = keys.iter().enumerate();
    let is_used = |place: &str| used.contains(place);
    let axes = axes.map(|(at, key)| key.axis(deriver.data(at), &is_used));
    let mut grid = Grid {
        axes: axes.collect(),
        cells: present.iter().map(|at| cells[*at].at.clone()).collect(),
        ..Grid::default()
    };
    grid.excludes = excludes(&grid);
    taken_apart(&mut grid.axes, &used);
    let mut tags = Vec::new();
    for (pattern, at) in &group.tags {
        let at: Vec<usize> = at
            .iter()
            .filter_map(|at| present.get_index_of(at))
            .collect();
        match at.len() == present.len() {
            true => tags.push((When::default(), (*pattern).to_owned())),
            false => tags.extend(
                whens(&grid, &at)
                    .into_iter()
                    .map(|when| (when, (*pattern).to_owned())),
            ),
        }
    }
    grid.tags = tags;
    Some(Image {
        name: name.to_owned(),
        span: variants.first()?.span,
        comment: None,
        grid: Some(grid),
        variants,
    })
}

/// Makes versions of the values that texts take apart: `{v.minor}`.
fn taken_apart(axes: &mut [Axis], used: &HashSet<&str>) {
    for axis in axes {
        let mut series = ["minor", "major"].iter();
        let is_used = |one: &&str| used.contains(format!("{}.{one}", axis.name).as_str());
        axis.rungs = series.any(is_used).then(|| String::from("full"));
    }
}

/// The cells of the product that no target is.
fn excludes(grid: &Grid) -> Vec<When> {
    let mut all: Vec<Vec<usize>> = vec![Vec::new()];
    for axis in &grid.axes {
        let with = |cell: &Vec<usize>, at: usize| [cell.as_slice(), &[at]].concat();
        all = all
            .iter()
            .flat_map(|cell| (0..axis.values.len()).map(move |at| with(cell, at)))
            .collect();
    }
    let known: BTreeSet<&Vec<usize>> = grid.cells.iter().collect();
    let missing = (0..all.len()).filter(|at| !known.contains(&all[*at]));
    let missing: Vec<usize> = missing.collect();
    let full = Grid {
        axes: grid.axes.clone(),
        cells: all,
        ..Grid::default()
    };
    whens(&full, &missing)
}

/// Whether the image alone expands to its cells.
fn holds(image: &Image, defaults: &IndexMap<String, String>) -> bool {
    verified(&Published {
        workspace: String::from("verify"),
        variables: defaults.clone(),
        images: vec![image.clone()],
        ..Published::default()
    })
    .is_ok()
}
