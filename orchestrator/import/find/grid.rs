//! The image with the axes of a table.

use super::end::Ends;
use super::entry::Affix;
use super::halves::{Half, Halves};
use super::ladder::Ladder;
use super::omit::defaults;
use super::paths::Paths;
use super::pattern::{Patterns, Starts, of_halves, patterns};
use super::plain::{machine, machines, missing, with_platforms};
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
    /// Which rungs patterns have.
    pub starts: Starts,
    /// Both parts of the labels, if these are to be axes of their own.
    pub halves: Option<&'a Halves>,
}

/// The image with a grid; `None` beside it if its axes lack a value for a word that tags may omit.
pub(super) fn image(image: &Image, guess: Guess) -> (Image, Option<()>) {
    let variants = &image.variants;
    let Guess { table, ladder, .. } = guess;
    let patterns = match guess.halves {
        Some(halves) => of_halves(table, ladder, halves, guess.starts),
        None => patterns(table, ladder, guess.ends, guess.starts),
    };
    let paths = guess.paths;
    let names = &paths.machines;
    let mut axes = vec![versions(guess, &patterns, paths)];
    match guess.halves {
        Some(halves) => axes.extend([0, 1].map(|at| {
            let mut axis = half(&halves.axes[at], at + 1, paths);
            let values = axis.values.iter_mut().enumerate();
            values.for_each(|(value, own)| own.data.extend(patterns.shorts.of(at, value)));
            axis
        })),
        None if table.has_labels() => axes.push(labels(table, &patterns, paths)),
        None => {}
    }
    if names.len() > 1 {
        let data = paths.data(paths.last());
        let mut axis = machines(names.iter().cloned());
        for (value, data) in axis.values.iter_mut().zip(data) {
            value.data.extend(data);
        }
        axes.push(axis);
    }
    let cells = cells(guess, variants, names);
    let mut image = image.clone();
    if names.len() > 1
        && let Some(machines) = axes.last_mut()
    {
        with_platforms(machines, &cells, &mut image.variants);
    }
    let mut grid = Grid {
        excludes: missing(&axes, &cells),
        per_cell: ladder.per_cell,
        axes,
        cells,
        ..Grid::default()
    };
    grid.tags = tags(&grid, guess, &patterns);
    let defaults = defaults(&mut grid, table);
    paths.write(&mut image.variants);
    image.grid = Some(grid);
    (image, defaults)
}

/// By variant: the place of its value on each axis.
fn cells(guess: Guess, variants: &[Variant], names: &IndexSet<String>) -> Vec<Vec<usize>> {
    let table = guess.table;
    let mut cells = vec![Vec::new(); variants.len()];
    for cell in &table.cells {
        for build in &cell.entry.builds {
            let place = names.get_index_of(&machine(&variants[*build]));
            let labels = match guess.halves {
                Some(halves) => halves.columns[cell.column].to_vec(),
                None => table
                    .has_labels()
                    .then_some(cell.column)
                    .into_iter()
                    .collect(),
            };
            let place = place.filter(|_| names.len() > 1);
            let places = [cell.row].into_iter().chain(labels).chain(place);
            cells[*build] = places.collect();
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
            .flatten()
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

/// The axis of one part of labels.
fn half(half: &Half, axis: usize, paths: &Paths) -> Axis {
    let is_taken = |name: &str| half.values.iter().any(|word| word.text == name);
    let unnamed = || crate::import::unique(paths.name(axis).unwrap_or("plain"), is_taken);
    let mut folders = paths.data(axis);
    let values = half.values.iter().map(|word| {
        let is_named = !word.text.is_empty();
        let tokens = word.tokens.iter();
        let others = tokens.filter(|token| !token.is_empty() && **token != word.text);
        Value {
            name: match is_named {
                true => word.text.clone(),
                false => unnamed(),
            },
            token: (!is_named).then(String::new),
            default: is_named && word.tokens.contains(""),
            shared: word.shared,
            aliases: others.cloned().collect(),
            data: folders.next().unwrap_or_default(),
        }
    });
    Axis::new(&half.name, values.collect())
}

fn labels(table: &Table, patterns: &Patterns, paths: &Paths) -> Axis {
    let chosen = paths.name(1);
    let is_taken = |name: &str| table.columns.iter().any(|column| column.label == name);
    let unnamed = || crate::import::unique(chosen.unwrap_or("plain"), is_taken);
    let mut folders = paths.data(1);
    let columns = table.columns.iter().zip(&patterns.tokens);
    let columns = columns.zip(&patterns.column_data);
    let values = columns.map(|((column, tokens), data)| {
        // One without a label is called like its other tags, unless its folder has a name for it.
        let longest = tokens.iter().max_by_key(|token| token.len());
        let named = match column.label.as_str() {
            "" => longest.filter(|token| chosen.is_none() && !token.is_empty() && !is_taken(token)),
            _ => Some(&column.label),
        };
        let name = named.cloned().unwrap_or_else(unnamed);
        let others = tokens
            .iter()
            .filter(|token| !token.is_empty() && **token != name);
        Value {
            token: named.is_none().then(String::new),
            default: named.is_some() && tokens.contains(""),
            shared: column.shared,
            aliases: others.cloned().collect(),
            data: folders
                .next()
                .into_iter()
                .flatten()
                .chain(data.clone())
                .collect(),
            name,
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
