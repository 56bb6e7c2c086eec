//! The image with the axes of a table.

use super::end::Ends;
use super::entry::Affix;
use super::ladder::Ladder;
use super::paths::Paths;
use super::pattern::{Patterns, patterns};
use super::plain::{machine, machines, missing};
use super::table::Table;
use crate::import::published::{Axis, Grid, Image, Value, Variant, When};
use crate::import::when::whens;
use indexmap::IndexSet;

/// What a guess is made of.
#[derive(Clone, Copy)]
pub(super) struct Guess<'a> {
    pub table: &'a Table<'a>,
    /// The paths of the table's Dockerfiles.
    pub paths: &'a Paths<'a>,
    pub ladder: &'a Ladder,
    pub affix: &'a Affix,
    /// How ends of tags are written.
    pub ends: Ends,
}

/// The image with a grid.
pub(super) fn image(image: &Image, guess: Guess) -> Image {
    let variants = &image.variants;
    let Guess { table, ladder, .. } = guess;
    let patterns = patterns(table, ladder, guess.ends);
    let paths = guess.paths;
    let names = &paths.machines;
    let mut axes = vec![versions(guess, &patterns, paths)];
    if table.has_labels() {
        axes.push(labels(table, &patterns, paths));
    }
    if names.len() > 1 {
        let data = paths.data(2);
        let mut axis = machines(names.iter().cloned());
        for (value, data) in axis.values.iter_mut().zip(data) {
            value.data.push(data);
        }
        axes.push(axis);
    }
    let cells = cells(table, variants, names);
    let mut grid = Grid {
        excludes: missing(&axes, &cells),
        per_cell: ladder.per_cell,
        axes,
        cells,
        ..Grid::default()
    };
    grid.tags = tags(&grid, guess, &patterns);
    let mut image = image.clone();
    paths.write(&mut image.variants);
    image.grid = Some(grid);
    image
}

/// By variant: the place of its value on each axis.
fn cells(table: &Table, variants: &[Variant], names: &IndexSet<String>) -> Vec<Vec<usize>> {
    let mut cells = vec![Vec::new(); variants.len()];
    for cell in &table.cells {
        for build in &cell.entry.builds {
            let place = names.get_index_of(&machine(&variants[*build]));
            let label = table.has_labels().then_some(cell.column);
            let place = place.filter(|_| names.len() > 1);
            cells[*build] = [Some(cell.row), label, place]
                .into_iter()
                .flatten()
                .collect();
        }
    }
    cells
}

fn versions(guess: Guess, patterns: &Patterns, paths: &Paths) -> Axis {
    let Guess { table, ladder, .. } = guess;
    let mut folders = paths.data(0);
    let values = table.rows.iter().zip(&ladder.aliases).enumerate();
    let values = values.map(|(at, (row, aliases))| Value {
        name: row.name.clone(),
        token: (row.name != row.text).then(|| row.text.clone()),
        default: aliases.contains(""),
        aliases: aliases
            .iter()
            .filter(|alias| !alias.is_empty())
            .cloned()
            .collect(),
        data: folders
            .next()
            .into_iter()
            .chain(patterns.data.of(at))
            .collect(),
        ..Value::default()
    });
    let words: Vec<&str> = ladder.rungs.iter().map(|rung| rung.as_str()).collect();
    let is_version = words.len() > 1 || table.rows.iter().all(|row| row.version.is_some());
    Axis {
        rungs: is_version.then(|| words.join(" ")),
        latest: ladder.latest.clone(),
        ..Axis::new("version", values.collect())
    }
}

fn labels(table: &Table, patterns: &Patterns, paths: &Paths) -> Axis {
    let chosen = paths.name();
    let is_taken = |name: &str| table.columns.iter().any(|column| column.label == name);
    let unnamed = || crate::import::unique(chosen.unwrap_or("plain"), is_taken);
    let mut folders = paths.data(1);
    let columns = table.columns.iter().zip(&patterns.tokens);
    let columns = columns.zip(&patterns.column_data);
    let values = columns.map(|((column, tokens), data)| {
        let is_named = !column.label.is_empty();
        let others = tokens
            .iter()
            .filter(|token| !token.is_empty() && **token != column.label);
        Value {
            name: if is_named {
                column.label.clone()
            } else {
                unnamed()
            },
            token: (!is_named).then(String::new),
            default: is_named && tokens.contains(""),
            shared: column.shared,
            aliases: others.cloned().collect(),
            data: folders.next().into_iter().chain(data.clone()).collect(),
        }
    });
    Axis::new("variant", values.collect())
}

/// The tags of all images, and those that only some have.
fn tags(grid: &Grid, guess: Guess, patterns: &Patterns) -> Vec<(When, String)> {
    let Guess { table, affix, .. } = guess;
    let mut tags = Vec::new();
    for (pattern, cells) in &patterns.tags {
        let builds = cells
            .iter()
            .flat_map(|cell| &table.cells[*cell].entry.builds);
        let builds: Vec<usize> = builds.copied().collect();
        let pattern = affix.around(pattern);
        if builds.len() == table.images {
            tags.push((When::default(), pattern));
        } else {
            tags.extend(
                whens(grid, &builds)
                    .into_iter()
                    .map(|when| (when, pattern.clone())),
            );
        }
    }
    tags
}
