//! How an end of tags is written: with the tokens of a part of the label, `{distro}`, its name, `{distro.name}`, another word
//! for it, `{variant.short}`, or as it is.

use super::end::joined;
use super::halves::Halves;
use super::places::Open;
use indexmap::{IndexMap, IndexSet};

/// Both parts of an end.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Form {
    pub pieces: [Piece; 2],
}

/// What one part of an end is written as.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Piece {
    /// All tokens of the part.
    Tokens,
    /// Its name only.
    Name,
    /// Another word for it.
    Short(Short),
    Text(String),
}

/// Other words for the values of an axis.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Short {
    /// What they are called as data.
    pub key: String,
    /// By value, in order.
    pub words: Vec<(usize, String)>,
}

/// The ways to write an end of a column.
pub(super) fn forms(end: &str, halves: &Halves, column: usize) -> Vec<Form> {
    let whole = Form {
        pieces: [Piece::Text(end.to_owned()), Piece::Text(String::new())],
    };
    let placed = cuts(end).flat_map(|texts| {
        let written = [0, 1].map(|axis| known(halves, column, axis, texts[axis]));
        let [first, second] = [0, 1].map(|axis| Piece::Text(texts[axis].to_owned()));
        let with = |place: &Piece, axis: usize| match axis {
            0 => [place.clone(), second.clone()],
            _ => [first.clone(), place.clone()],
        };
        let one = |axis: usize| -> Vec<[Piece; 2]> {
            written[axis]
                .iter()
                .map(|place| with(place, axis))
                .collect()
        };
        let forms = one(0).into_iter().chain(one(1));
        forms.map(|pieces| Form { pieces }).collect::<Vec<Form>>()
    });
    placed.chain([whole]).collect()
}

/// Both parts of an end at each of its hyphens, and with nothing on one side.
pub(super) fn cuts(end: &str) -> impl Iterator<Item = [&str; 2]> {
    let hyphens = end.match_indices('-');
    let inner = hyphens.map(move |(at, _)| [&end[..at], &end[at + 1..]]);
    [[end, ""], ["", end]].into_iter().chain(inner)
}

/// The places that make this text of a part.
pub(super) fn known(halves: &Halves, column: usize, axis: usize, text: &str) -> Vec<Piece> {
    let word = halves.word(column, axis);
    let tokens = word.tokens.contains(text).then_some(Piece::Tokens);
    let is_name = !text.is_empty() && word.text == text;
    let name = is_name.then_some(Piece::Name);
    tokens.into_iter().chain(name).collect()
}

impl Piece {
    /// What it makes for a column.
    fn texts(&self, halves: &Halves, column: usize, axis: usize) -> Vec<String> {
        let word = halves.word(column, axis);
        match self {
            Self::Tokens => word.tokens.iter().cloned().collect(),
            Self::Name if word.text.is_empty() => Vec::new(),
            Self::Name => vec![word.text.clone()],
            Self::Text(text) => vec![text.clone()],
            Self::Short(short) => {
                let value = halves.columns[column][axis];
                let own = short.words.iter().filter(|(at, _)| *at == value);
                own.map(|(_, text)| text.clone()).collect()
            }
        }
    }

    fn written(&self, axis: &str) -> String {
        match self {
            Self::Tokens => format!("{{{axis}}}"),
            Self::Name => format!("{{{axis}.name}}"),
            Self::Short(short) => format!("{{{axis}.{}}}", short.key),
            Self::Text(text) => text.clone(),
        }
    }
}

impl Form {
    /// The ends that it makes of a column.
    pub fn ends(&self, halves: &Halves, column: usize) -> Vec<String> {
        let [firsts, seconds] = [0, 1].map(|axis| self.pieces[axis].texts(halves, column, axis));
        let all = firsts
            .iter()
            .flat_map(|first| seconds.iter().map(|second| joined(first, second)));
        all.collect()
    }

    /// The beginnings that all of its ends have in a cell; `None` if there are none.
    pub fn heads(&self, open: &Open, halves: &Halves, column: usize) -> Option<IndexSet<String>> {
        let ends = self.ends(halves, column);
        let mut all = ends.iter().map(|end| open.get(end));
        let mut heads = all.next()??.clone();
        for other in all {
            let other = other?;
            heads.retain(|head| other.contains(head));
        }
        (!heads.is_empty()).then_some(heads)
    }

    /// How many words have to be written for it.
    pub fn words(&self) -> usize {
        let short = self.pieces.iter().map(|piece| match piece {
            Piece::Short(short) => short.words.len(),
            _ => 0,
        });
        short.sum()
    }

    /// Of forms for the same cells: a place if they are of several columns, and the simplest one.
    pub fn rank(&self, several: bool) -> (bool, bool) {
        let is = |kind: fn(&Piece) -> bool| self.pieces.iter().any(kind);
        let has_text = is(|piece| matches!(piece, Piece::Text(_)));
        let is_simple = match self.words() {
            0 => has_text && !is(|piece| matches!(piece, Piece::Name)),
            _ => has_text,
        };
        let has_place = is(|piece| !matches!(piece, Piece::Text(_)));
        (has_place == several, is_simple)
    }

    pub fn written(&self, halves: &Halves) -> String {
        let [first, second] = [0, 1].map(|axis| self.pieces[axis].written(&halves.axes[axis].name));
        joined(&first, &second)
    }
}

/// Texts by value: what each is called, and how often.
pub(super) type Votes = IndexMap<usize, IndexMap<String, usize>>;
