//! Other words for a part of labels: `3.5-python3` beside `3.5-scala2.12-python3-ubuntu` is `{version}-{variant.short}`.

use super::form::{Form, Piece, Short, Votes, cuts, known};
use super::halves::Halves;
use super::places::Open;
use super::table::Table;
use indexmap::{IndexMap, IndexSet};

/// The values of which a word must be served; fewer are easier to read as they are.
const WORDS: usize = 2;

/// The words that tags have instead of both parts of labels.
#[derive(Debug, Clone, Default)]
pub(super) struct Shorts([Vec<Short>; 2]);

impl Shorts {
    /// The keys and texts of a value.
    pub fn of(&self, axis: usize, value: usize) -> Vec<(String, String)> {
        let own = self.0[axis].iter().flat_map(|short| {
            let own = short.words.iter().filter(move |(at, _)| *at == value);
            own.map(|(_, text)| (short.key.clone(), text.clone()))
        });
        own.collect()
    }

    /// Gives the words of a form a key: that of words which they do not contradict, or a new one.
    pub fn keep(&mut self, form: &mut Form) {
        for (axis, piece) in form.pieces.iter_mut().enumerate() {
            let Piece::Short(short) = piece else { continue };
            let all = &mut self.0[axis];
            let fits = |known: &Short| {
                let mut both = short.words.iter();
                both.all(|(at, text)| {
                    let mut known = known.words.iter();
                    known.all(|(other, own)| other != at || own == text)
                })
            };
            let place = all.iter().position(fits).unwrap_or(all.len());
            if place == all.len() {
                let key = match place {
                    0 => String::from("short"),
                    place => format!("short-{}", place + 1),
                };
                all.push(Short {
                    key,
                    words: Vec::new(),
                });
            }
            let known = &mut all[place];
            let words = known.words.iter().chain(&short.words).cloned();
            let words: IndexSet<(usize, String)> = words.collect();
            known.words = words.into_iter().collect();
            short.key.clone_from(&known.key);
        }
    }
}

/// Ends with other words for one of the parts.
pub(super) fn forms(table: &Table, halves: &Halves, open: &IndexMap<usize, Open>) -> Vec<Form> {
    // By the axis of the words, and what the other part is.
    let mut votes: IndexMap<(usize, Piece), Votes> = IndexMap::new();
    for (at, ends) in open {
        let column = table.cells[*at].column;
        for (end, texts) in ends
            .keys()
            .flat_map(|end| cuts(end).map(move |cut| (end, cut)))
        {
            for axis in [0, 1] {
                let (word, rest) = (texts[axis], texts[1 - axis]);
                // What has a place already differs by version.
                if word.is_empty() || end.contains('{') {
                    continue;
                }
                let places = known(halves, column, 1 - axis, rest);
                let rests = places.into_iter().chain([Piece::Text(rest.to_owned())]);
                let value = halves.columns[column][axis];
                for piece in rests {
                    let short = one(value, word);
                    let form = form(axis, piece.clone(), short);
                    if ends.contains_key(end) && form.heads(ends, halves, column).is_some() {
                        let of = votes.entry((axis, piece)).or_default();
                        *of.entry(value)
                            .or_default()
                            .entry(word.to_owned())
                            .or_default() += 1;
                    }
                }
            }
        }
    }
    let forms = votes.into_iter().filter_map(|((axis, piece), votes)| {
        let words = votes.into_iter().filter_map(|(value, texts)| {
            let texts = texts.into_iter().rev();
            let best = texts.max_by_key(|(_, count)| *count);
            best.map(|(text, _)| (value, text))
        });
        let words: Vec<(usize, String)> = words.collect();
        let distinct: IndexSet<&String> = words.iter().map(|(_, text)| text).collect();
        let is_own = distinct.len() >= WORDS && distinct.len() == words.len();
        let key = String::new();
        is_own.then(|| form(axis, piece, Short { key, words }))
    });
    forms.collect()
}

fn one(value: usize, word: &str) -> Short {
    Short {
        key: String::new(),
        words: vec![(value, word.to_owned())],
    }
}

fn form(axis: usize, other: Piece, short: Short) -> Form {
    let short = Piece::Short(short);
    Form {
        pieces: match axis {
            0 => [short, other],
            _ => [other, short],
        },
    }
}
