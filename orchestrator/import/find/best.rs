//! The best of all guesses for an image: the shortest manifest that publishes the same.

use super::end::Ends;
use super::entry::{Entry, entries};
use super::grid::{self, Guess};
use super::halves::{Halves, halves};
use super::ladder::{Ladder, ladders};
use super::part::Part;
use super::paths::Paths;
use super::pattern::tokens;
use super::plain;
use super::split::{has_label, splits, version_of};
use super::table::Table;
use crate::import::manifest;
use crate::import::published::{Image, Published, Value};
use crate::import::verify::verified;
use indexmap::IndexMap;

/// How many guesses are verified before every tag is written out.
const VERIFIED: usize = 24;

/// How many entries all guesses together may have.
const ENTRIES: usize = 20_000;

/// How many guesses are varied.
const LIKELY: usize = 4;

/// The length for which a `when` counts, besides its own: it is a place that has to be changed with a version.
const WHEN: usize = 25;

/// The further length of a `when` that names a version: its place in the list changes, too.
const VERSIONED: usize = 15;

/// The length for which an alias with a number counts, besides its own: a rung would follow the version.
const NUMBERED: usize = 40;

/// The length for which a version counts that has a label behind it: an axis of its own would say that.
const MIXED: usize = 150;

/// The image of a part with its best grid, and the length of its manifest.
pub(super) fn image(image: &Image, part: &Part, published: &mut Published) -> (Image, usize) {
    let image = part.image(image);
    let entries = entries(&image.variants, &part.affix);
    // A large file takes seconds, as fewer guesses are made of it.
    let most = (ENTRIES / entries.len().max(1)).max(1);
    let tables: Vec<Table> = splits(&entries)
        .iter()
        .filter_map(|split| Table::new(&entries, split, image.variants.len()))
        .take(most)
        .collect();
    let paths = |table| (table, Paths::new(table, &image.variants, None));
    let tables: Vec<(&Table, Paths)> = tables.iter().map(paths).collect();
    let of = |(table, paths)| {
        ladders(table)
            .into_iter()
            .map(move |ladder| (table, paths, ladder))
    };
    let ladders: Vec<(&Table, &Paths, Ladder)> = tables
        .iter()
        .flat_map(|(table, paths)| of((*table, paths)))
        .collect();
    let mut guesses = Guesses::default();
    for (table, paths, ladder) in ladders.iter().take(most) {
        let guess = Guess {
            table,
            paths,
            ladder,
            affix: &part.affix,
            ends: Ends::Label,
            halves: None,
        };
        guesses.add(guess, &image, published);
    }
    // Other ways to write ends are worth their time only where most is right already.
    for (_, likely) in guesses.shortest().into_iter().take(LIKELY.min(most - 1)) {
        for ends in Ends::OTHERS {
            guesses.add(Guess { ends, ..likely }, &image, published);
        }
    }
    let halved = halved(&guesses, LIKELY.min(most - 1), &image);
    for (guess, ways) in &halved {
        for (halves, paths) in ways {
            let halves = Some(halves);
            let guess = Guess {
                halves,
                paths,
                ..*guess
            };
            guesses.add(guess, &image, published);
        }
    }
    let plain = plain::image(image.clone());
    let listed = length(&plain, &text(&plain, published));
    let longest = longest(&entries, listed);
    let short = guesses
        .shortest()
        .into_iter()
        .filter(|(length, _)| *length <= longest);
    for (length, guess) in short.take(VERIFIED.min(most)) {
        published.images = vec![grid::image(&image, guess)];
        let holds = verified(published).is_ok();
        if let Some(image) = published.images.pop().filter(|_| holds) {
            return (image, length);
        }
    }
    (plain, listed)
}

/// The longest manifest with axes. The rungs of one version, too, are written once, however short a list is.
fn longest(entries: &[Entry], plain: usize) -> usize {
    match entries {
        [only] if has_rungs(only) => usize::MAX,
        _ => plain,
    }
}

/// Whether a version and a rung of it are among the tags.
fn has_rungs(entry: &Entry) -> bool {
    let versions: Vec<&str> = entry
        .tags
        .iter()
        .filter_map(|tag| version_of(tag))
        .collect();
    versions.first().is_some_and(|first| {
        let is_rung = |other: &&str| {
            first
                .strip_prefix(*other)
                .is_some_and(|rest| rest.starts_with('.'))
        };
        versions.iter().any(is_rung)
    })
}

/// The ways to take labels apart, with their paths.
type Ways<'a> = Vec<(Halves, Paths<'a>)>;

/// The likely guesses, each of another table, with the ways to take their labels apart.
fn halved<'g, 'i>(
    guesses: &Guesses<'g>,
    most: usize,
    image: &'i Image,
) -> Vec<(Guess<'g>, Ways<'i>)> {
    let likely = guesses.shortest().into_iter().take(most);
    let ways = |(_, guess): (usize, Guess<'g>)| {
        let table = guess.table;
        let halves = halves(table, &tokens(table)).into_iter();
        let ways = halves.map(|halves| {
            let paths = Paths::new(table, &image.variants, Some(&halves));
            (halves, paths)
        });
        (guess, ways.collect())
    };
    likely.map(ways).collect()
}

/// Guesses with their lengths, by the manifest that they make.
#[derive(Default)]
struct Guesses<'a>(IndexMap<String, (usize, Guess<'a>)>);

impl<'a> Guesses<'a> {
    fn add(&mut self, guess: Guess<'a>, image: &Image, published: &mut Published) {
        let image = grid::image(image, guess);
        let text = text(&image, published);
        let length = length(&image, &text);
        self.0.entry(text).or_insert((length, guess));
    }

    fn shortest(&self) -> Vec<(usize, Guess<'a>)> {
        let mut all: Vec<(usize, Guess)> = self.0.values().copied().collect();
        all.sort_by_key(|(length, _)| *length);
        all
    }
}

/// Whether every tag of the image is written out.
pub(super) fn is_plain(image: &Image) -> bool {
    image.grid.as_ref().is_some_and(|grid| grid.plain)
}

/// The manifest that has only this image.
fn text(image: &Image, published: &mut Published) -> String {
    published.images = vec![image.clone()];
    let text = manifest::write(published);
    published.images.clear();
    text
}

/// How long a manifest is to its readers.
fn length(image: &Image, text: &str) -> usize {
    let lines = text.lines().map(str::trim_start);
    let whens = lines.filter(|line| line.starts_with("when "));
    let whens = whens.map(|line| match line.starts_with("when version=") {
        true => WHEN + VERSIONED,
        false => WHEN,
    });
    let axes = image.grid.iter().flat_map(|grid| &grid.axes);
    let axes = axes.filter(|axis| axis.name == "version" || is_plain(image));
    let values = axes.flat_map(|axis| &axis.values);
    let values: Vec<&Value> = values.collect();
    let mixed = values.iter().filter(|value| has_label(&value.name));
    let mixed = mixed.count() * if is_plain(image) { 0 } else { MIXED };
    let aliases = values
        .iter()
        .flat_map(|value| value.aliases.iter().chain(&value.token));
    let numbered = aliases.filter(|alias| alias.contains(|c: char| c.is_ascii_digit()));
    let words = text.split_whitespace().map(str::len).sum::<usize>();
    words + whens.sum::<usize>() + numbered.count() * NUMBERED + mixed
}
