//! Words that tags may omit in some versions only: `jammy` of `5.8-jammy` is also `5.8`, and `5.6-bionic` is `5.6`. The tags
//! without the word are taken out of the table, and the value is the default of its axis for these images:
//!
//! ```kdl
//! when version="5.6.3" { default distro="bionic"; }
//! ```

use super::end::joined;
use super::table::{Cell, Omitted, Pairs, Table};
use crate::import::published::{Grid, When};
use crate::import::when::whens;
use indexmap::{IndexMap, IndexSet};

/// How many words are looked for.
const WORDS: usize = 12;

/// Which words are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Any,
    First,
    Last,
}

/// The tables without what follows from words that some cells may omit: all such words, and only those at one end.
pub(super) fn omitting<'a>(table: &Table<'a>) -> Vec<Table<'a>> {
    let mut found: Vec<Table> = Vec::new();
    for kind in [Kind::Any, Kind::First, Kind::Last] {
        let is_new = |table: &Table| found.iter().all(|known| known.omitted != table.omitted);
        if let Some(table) = omitted(table, kind).filter(is_new) {
            found.push(table);
        }
    }
    found
}

/// The table without what follows from these words; `None` if there are none.
fn omitted<'a>(table: &Table<'a>, kind: Kind) -> Option<Table<'a>> {
    let mut table = table.clone();
    for _ in 0..WORDS {
        let Some(found) = next(&table, kind) else {
            break;
        };
        for at in &found.cells {
            remove(&mut table.cells[*at].tags, &found.word);
        }
        table.omitted.push(found);
    }
    (!table.omitted.is_empty() && relabel(&mut table)).then_some(table)
}

/// The word that most cells may omit, of those that others with the same word may not.
fn next(table: &Table, kind: Kind) -> Option<Omitted> {
    let mut found: IndexMap<&str, (Vec<usize>, usize)> = IndexMap::new();
    for (at, cell) in table.cells.iter().enumerate() {
        for word in words(longest(cell), kind) {
            let (cells, all) = found.entry(word).or_default();
            *all += 1;
            if is_omitted(&cell.tags, word) {
                cells.push(at);
            }
        }
    }
    let is_known = |word: &str| table.omitted.iter().any(|known| known.word == word);
    let found = found
        .into_iter()
        .filter(|(word, (cells, all))| !cells.is_empty() && cells.len() < *all && !is_known(word));
    let best = found.rev().max_by_key(|(_, (cells, _))| cells.len());
    best.map(|(word, (cells, _))| Omitted {
        word: word.to_owned(),
        cells,
    })
}

/// The end of a cell with the most words, which names all parts.
fn longest<'t>(cell: &'t Cell) -> &'t str {
    let words = |end: &&String| (end.split('-').count(), end.len());
    let ends = cell.tags.keys().rev();
    ends.max_by_key(words).map_or("", String::as_str)
}

/// What may be a value of an axis: the whole end, its first words and its last ones.
fn words(end: &str, kind: Kind) -> IndexSet<&str> {
    let cuts = end.match_indices('-');
    let parts = cuts.flat_map(|(at, _)| {
        let first = (kind != Kind::Last).then_some(&end[..at]);
        let last = (kind != Kind::First).then_some(&end[at + 1..]);
        [first, last]
    });
    let whole = (kind == Kind::Any).then_some(end);
    let all = [whole].into_iter().chain(parts).flatten();
    all.filter(|word| !word.is_empty()).collect()
}

/// An end without a word; `None` if it does not have it.
fn without(end: &str, word: &str) -> Option<String> {
    if end == word {
        return Some(String::new());
    }
    let behind = end
        .strip_prefix(word)
        .and_then(|rest| rest.strip_prefix('-'));
    let before = end
        .strip_suffix(word)
        .and_then(|rest| rest.strip_suffix('-'));
    if let Some(rest) = behind.or(before) {
        return Some(rest.to_owned());
    }
    let (before, behind) = end.split_once(&format!("-{word}-"))?;
    Some(joined(before, behind))
}

/// Whether every tag with the word is there without it, too.
fn is_omitted(tags: &Pairs, word: &str) -> bool {
    let mut shorter = tags
        .iter()
        .filter_map(|(end, heads)| Some((without(end, word)?, heads)))
        .peekable();
    let has = |end: &str, heads: &IndexSet<String>| {
        tags.get(end).is_some_and(|known| heads.is_subset(known))
    };
    shorter.peek().is_some() && shorter.all(|(end, heads)| has(&end, heads))
}

/// Takes out the tags without the word.
fn remove(tags: &mut Pairs, word: &str) {
    let shorter = tags.iter();
    let shorter = shorter.filter_map(|(end, heads)| Some((without(end, word)?, heads.clone())));
    for (end, heads) in shorter.collect::<Vec<_>>() {
        if let Some(known) = tags.get_mut(&end) {
            known.retain(|head| !heads.contains(head));
        }
    }
    tags.retain(|_, heads| !heads.is_empty());
}

/// Gives each column a label that all of its cells still have; `false` if there is none.
fn relabel(table: &mut Table) -> bool {
    for at in 0..table.columns.len() {
        let cells = table.cells.iter().filter(|cell| cell.column == at);
        let ends = cells.map(|cell| {
            let text = &table.rows[cell.row].text;
            let main = cell.tags.iter().filter(|(_, heads)| heads.contains(text));
            main.map(|(end, _)| end).collect::<IndexSet<&String>>()
        });
        let common = ends.reduce(|known, ends| known.intersection(&ends).copied().collect());
        let common = common.unwrap_or_default();
        let label = &table.columns[at].label;
        if !common.contains(label) {
            let Some(label) = common.into_iter().max_by_key(|end| end.len()).cloned() else {
                return false;
            };
            table.columns[at].label = label;
        }
    }
    let labels: IndexSet<&String> = table.columns.iter().map(|column| &column.label).collect();
    labels.len() == table.columns.len()
}

/// Makes the words the defaults of their axes where tags may omit them; `None` if the axes lack a value for one.
pub(super) fn defaults(grid: &mut Grid, table: &Table) -> Option<()> {
    let axes = wanted(grid, table)?;
    let all = axes
        .iter()
        .map(|(axis, values)| blocks(grid, *axis, values));
    let all: Vec<(Option<usize>, Blocks, Blocks)> = all.collect::<Option<_>>()?;
    let of = |short: bool| {
        let blocks = all.iter().flat_map(|(_, exact, shortest)| match short {
            true => shortest,
            false => exact,
        });
        blocks.cloned().collect::<Blocks>()
    };
    let flags: Vec<(usize, usize)> = axes
        .keys()
        .zip(&all)
        .filter_map(|(axis, (flag, ..))| Some((*axis, (*flag)?)))
        .collect();
    // Blocks of several axes that name the same images are one.
    let (exact, shortest) = (of(false), of(true));
    grid.defaults = match length(&exact) < length(&shortest) {
        true => exact,
        false => shortest,
    };
    for (axis, value) in flags {
        grid.axes[axis].values[value].default = true;
    }
    Some(())
}

/// By value: the images that may omit it.
type Wanted = IndexMap<usize, IndexSet<usize>>;

/// By axis: the values that some images may omit; `None` if the axes lack a value for a word.
fn wanted(grid: &Grid, table: &Table) -> Option<IndexMap<usize, Wanted>> {
    let mut wanted: IndexMap<usize, Wanted> = IndexMap::new();
    for omitted in &table.omitted {
        let (axis, value) = place(grid, &omitted.word)?;
        let builds = omitted.cells.iter();
        let builds = builds.flat_map(|at| &table.cells[*at].entry.builds);
        let known = wanted.entry(axis).or_default().entry(value).or_default();
        known.extend(
            builds
                .copied()
                .filter(|build| grid.cells[*build][axis] == value),
        );
    }
    Some(wanted)
}

/// The axis and the value of this name.
fn place(grid: &Grid, word: &str) -> Option<(usize, usize)> {
    let mut axes = grid.axes.iter().enumerate().skip(1);
    axes.find_map(|(at, axis)| {
        let mut values = axis.values.iter();
        Some((at, values.position(|value| value.name == word)?))
    })
}

/// Values of an axis that are defaults, each with its images.
type Blocks = Vec<(When, (String, String))>;

/// How long blocks are to read.
fn length(blocks: &Blocks) -> usize {
    let whens: IndexSet<&When> = blocks.iter().map(|(when, _)| when).collect();
    let names = whens.iter().flat_map(|when| &when.0);
    let names = names.flat_map(|(_, values)| values);
    let names = names.map(|name| name.len() + 3).sum::<usize>();
    names + whens.len() * 40 + blocks.len() * 20
}

/// The value that gets the flag, and the blocks that make the images of an axis have the wanted defaults beside it: those
/// that name only these images, and the shortest. `None` if there are none.
fn blocks(grid: &Grid, axis: usize, wanted: &Wanted) -> Option<(Option<usize>, Blocks, Blocks)> {
    let most = wanted.iter().max_by_key(|(_, builds)| builds.len());
    let most = most.map(|(value, _)| *value);
    let ways = [None, most].into_iter().filter_map(|flag| {
        let named = named(grid, axis, wanted, flag)?;
        let exact = written(grid, axis, &named, false);
        let short = written(grid, axis, &named, true);
        Some((flag, exact, short))
    });
    ways.min_by_key(|(_, _, short)| length(short))
}

/// By value: the images that a block has to name, and those that it may name.
type Named = IndexMap<usize, [IndexSet<usize>; 2]>;

/// The images for which a value has to be named as the default, if the values with the flag and this one are defaults of all.
fn named(grid: &Grid, axis: usize, wanted: &Wanted, flag: Option<usize>) -> Option<Named> {
    let value = |build: &usize| grid.cells[*build][axis];
    let is_default = |value: usize| grid.axes[axis].values[value].default;
    let is_flagged = |build: &usize| Some(value(build)) == flag || is_default(value(build));
    let is_wanted = |build: &&usize| match wanted.get(&value(build)) {
        Some(builds) => builds.contains(*build),
        None => is_default(value(build)),
    };
    let mut found = Named::new();
    for group in groups(grid, axis).values() {
        let (own, others): (Vec<usize>, Vec<usize>) = group.iter().partition(is_wanted);
        let missing = own.iter().filter(|build| !is_flagged(build));
        let mut missing: IndexSet<usize> = missing.map(value).collect();
        let wrong: Vec<usize> = others.into_iter().filter(is_flagged).collect();
        if missing.is_empty() && !wrong.is_empty() {
            missing.insert(value(own.first()?));
        }
        let is_only = own.iter().map(value).collect::<IndexSet<usize>>().len() == 1;
        for (at, one) in missing.into_iter().enumerate() {
            let [named, free] = found.entry(one).or_default();
            named.extend(group.iter().filter(|build| value(build) == one));
            named.extend(wrong.iter().filter(|_| at == 0));
            free.extend(group.iter().filter(|_| is_only));
        }
    }
    Some(found)
}

/// The images that differ on this axis only.
fn groups(grid: &Grid, axis: usize) -> IndexMap<Vec<usize>, Vec<usize>> {
    let mut groups: IndexMap<Vec<usize>, Vec<usize>> = IndexMap::new();
    for (build, cell) in grid.cells.iter().enumerate() {
        let mut others = cell.clone();
        others.remove(axis);
        groups.entry(others).or_default().push(build);
    }
    groups
}

/// The blocks for these images; the shortest ones name further images for which nothing changes.
fn written(grid: &Grid, axis: usize, named: &Named, short: bool) -> Blocks {
    let axis = &grid.axes[axis];
    let blocks = named.iter().flat_map(|(value, [named, free])| {
        let of = |builds: &IndexSet<usize>| {
            let mut builds: Vec<usize> = builds.iter().copied().collect();
            builds.sort_unstable();
            let default = (axis.name.clone(), axis.values[*value].name.clone());
            let whens = whens(grid, &builds).into_iter();
            whens
                .map(|when| (when, default.clone()))
                .collect::<Blocks>()
        };
        let (exact, all) = (of(named), of(&(named | free)));
        match short && length(&all) < length(&exact) {
            true => all,
            false => exact,
        }
    });
    blocks.collect()
}
