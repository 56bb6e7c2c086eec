//! The best of all guesses for an image: the shortest manifest that publishes the same.

use super::end::Ends;
use super::entry::{Affix, Entry, Latest, entries};
use super::grid::{self, Guess};
use super::halves::{Halves, halves};
use super::ladder::{Ladder, ladders};
use super::length::{FIXED, is_rung, length, text};
use super::omit::omitting;
use super::paths::Paths;
use super::pattern::{Starts, tokens};
use super::plain;
use super::split::{splits, version_of};
use super::table::Table;
use crate::import::next::{missed, newest};
use crate::import::published::{Image, Published};
use crate::import::verify::verified;
use indexmap::IndexMap;

/// How many guesses are verified before every tag is written out.
const VERIFIED: usize = 24;

/// How many entries all guesses together may have.
const ENTRIES: usize = 20_000;

/// How long a manifest may be that follows the next version, in percent of the shortest one.
const MORE: usize = 150;

/// How many guesses are varied.
const LIKELY: usize = 4;

/// The image with its best grid, and the length of its manifest.
pub(super) fn image(image: &Image, affix: &Affix, published: &mut Published) -> (Image, usize) {
    let ways = readings(image, affix);
    // A large file takes seconds, as fewer guesses are made of it.
    let most = (ENTRIES / image.variants.len().max(1)).max(1);
    let tables = tables(&ways, image.variants.len(), most);
    let paths = |table| (table, Paths::new(table, &image.variants, None));
    let tables: Vec<(&Table, Paths)> = tables.iter().map(paths).collect();
    let ladders = laddered(&tables, most);
    let mut guesses = Guesses::default();
    for (table, paths, ladder) in &ladders {
        let guess = Guess {
            table,
            paths,
            ladder,
            affix,
            ends: Ends::Label,
            starts: Starts::Whole,
            halves: None,
        };
        guesses.add(guess, image, published);
    }
    // Other ways to write ends are worth their time only where most is right already.
    for guess in guesses.likely(LIKELY.min(most - 1)) {
        for ends in Ends::OTHERS {
            guesses.add(Guess { ends, ..guess }, image, published);
        }
        let same = |(table, ..): &&(&Table, &Paths, Ladder)| std::ptr::eq(*table, guess.table);
        for (_, _, ladder) in ladders.iter().filter(same) {
            let starts = Starts::Common;
            let guess = Guess {
                ladder,
                starts,
                ..guess
            };
            guesses.add(guess, image, published);
        }
    }
    let halved = halved(&guesses, LIKELY.min(most - 1), image);
    for (guess, ways) in &halved {
        for (halves, paths) in ways {
            let halves = Some(halves);
            let guess = Guess {
                halves,
                paths,
                ..*guess
            };
            guesses.add(guess, image, published);
            let starts = Starts::Common;
            guesses.add(Guess { starts, ..guess }, image, published);
        }
    }
    let plain = plain::image(image.clone());
    let listed = length(&plain, &text(&plain, published));
    let longest = longest(&ways[0], listed);
    let held = guesses.held(longest, VERIFIED.min(most), image, published);
    held.unwrap_or((plain, listed))
}

/// The entries of an image, and the same with `latest` as a word, if tags begin with it.
fn readings(image: &Image, affix: &Affix) -> Vec<Vec<Entry>> {
    let mut tags = image.variants.iter().flat_map(|one| one.tags());
    let has_word = tags.any(|tag| tag.starts_with("latest-"));
    let word = has_word.then_some(Latest::Word);
    let ways = [Latest::Nothing].into_iter().chain(word);
    ways.map(|latest| entries(&image.variants, affix, latest))
        .collect()
}

/// The tables of all readings, and then the same without what tags of some entries omit.
fn tables(ways: &[Vec<Entry>], images: usize, most: usize) -> Vec<Table<'_>> {
    let splits = ways.iter().flat_map(|entries| {
        splits(entries)
            .into_iter()
            .map(move |split| (entries, split))
    });
    let tables = splits.filter_map(|(entries, split)| Table::new(entries, &split, images));
    let mut tables: Vec<Table> = tables.take(most).collect();
    let omitting: Vec<Table> = tables.iter().flat_map(omitting).collect();
    tables.extend(omitting);
    tables.truncate(most);
    tables
}

/// The tables with each of their ladders.
fn laddered<'t>(
    tables: &'t [(&Table<'t>, Paths<'t>)],
    most: usize,
) -> Vec<(&'t Table<'t>, &'t Paths<'t>, Ladder)> {
    let of = |(table, paths): &'t (&'t Table<'t>, Paths<'t>)| {
        let ladders = ladders(table).into_iter();
        ladders.map(move |ladder| (*table, paths, ladder))
    };
    tables.iter().flat_map(of).take(most).collect()
}

/// The longest manifest with axes. The rungs of one version, too, are written once, however short a list is. No tag of a
/// list follows a version, which is one fault and not one for each tag.
fn longest(entries: &[Entry], plain: usize) -> usize {
    match entries {
        [only] if has_rungs(only) => usize::MAX,
        _ if entries.iter().all(has_rungs) => plain + 2 * FIXED,
        _ if entries.iter().any(has_rungs) => plain + FIXED,
        _ => plain,
    }
}

/// Whether a version and a rung of it are among the tags; a tag without a version is one.
fn has_rungs(entry: &Entry) -> bool {
    let versions: Vec<&str> = entry
        .tags
        .iter()
        .filter_map(|tag| version_of(tag))
        .collect();
    let first = versions.first();
    let has_rung = |first: &&str| versions.iter().any(|other| is_rung(other, first));
    first.is_some_and(|first| versions.len() < entry.tags.len() || has_rung(first))
}

/// The ways to take labels apart, with their paths.
type Ways<'a> = Vec<(Halves, Paths<'a>)>;

/// The likely guesses, each of another table, with the ways to take their labels apart.
fn halved<'g, 'i>(
    guesses: &Guesses<'g>,
    most: usize,
    image: &'i Image,
) -> Vec<(Guess<'g>, Ways<'i>)> {
    let likely = guesses.likely(most).into_iter();
    let ways = |guess: Guess<'g>| {
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

/// Guesses with their lengths, by the manifest that they make; each with whether it may be used as it is.
#[derive(Default)]
struct Guesses<'a>(IndexMap<String, (usize, bool, Guess<'a>)>);

impl<'a> Guesses<'a> {
    fn add(&mut self, guess: Guess<'a>, image: &Image, published: &mut Published) {
        let (image, defaults) = grid::image(image, guess);
        let text = text(&image, published);
        let length = length(&image, &text);
        let guess = (length, defaults.is_some(), guess);
        self.0.entry(text).or_insert(guess);
    }

    fn shortest(&self) -> Vec<(usize, bool, Guess<'a>)> {
        let mut all: Vec<(usize, bool, Guess)> = self.0.values().copied().collect();
        all.sort_by_key(|(length, ..)| *length);
        all
    }

    /// Those that are worth more time: the shortest, with and without words that some tags omit.
    fn likely(&self, most: usize) -> Vec<Guess<'a>> {
        let of = |omits: bool| {
            let all = self.shortest().into_iter().map(|(.., guess)| guess);
            let all = all.filter(move |guess| guess.table.omitted.is_empty() != omits);
            all.take(most)
        };
        of(false).chain(of(true)).collect()
    }

    /// The image of the shortest guess that publishes the same, if it is not longer than this; rather one that follows the next
    /// version, if that is not much longer.
    fn held(
        &self,
        longest: usize,
        most: usize,
        image: &Image,
        published: &mut Published,
    ) -> Option<(Image, usize)> {
        let usable = self.shortest().into_iter().filter(|(_, usable, _)| *usable);
        let short = usable.filter(|(length, ..)| *length <= longest);
        let mut first: Option<(Image, usize)> = None;
        for (length, _, guess) in short.take(most) {
            let known = first.as_ref().map_or(length, |(_, known)| *known);
            if length > known * MORE / 100 + FIXED {
                break;
            }
            published.images = vec![grid::image(image, guess).0];
            let verified = verified(published);
            let follows = verified
                .as_ref()
                .map(|text| missed(text, published).is_none());
            let (Some(image), Ok(follows)) = (published.images.pop(), follows) else {
                continue;
            };
            // Another reading of versions has another next version.
            let is_like = |(known, _): &(Image, usize)| newest(known) == newest(&image);
            if follows && first.as_ref().is_none_or(is_like) {
                return Some((image, length));
            }
            first.get_or_insert((image, length));
        }
        first
    }
}

/// Whether every tag of the image is written out.
pub(super) fn is_plain(image: &Image) -> bool {
    image.grid.as_ref().is_some_and(|grid| grid.plain)
}
