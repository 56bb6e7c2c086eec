//! Texts of cells as a text of the row and one of the column: `9.9-slim/` is `9.9` and `-slim/`. Some cells may have a
//! text of their own.

use indexmap::IndexMap;
use std::cmp::Reverse;
use std::collections::HashMap;

/// The texts of rows and columns.
pub(super) struct Factors {
    pub rows: Vec<String>,
    pub columns: Vec<String>,
    /// Whether the column's text comes first.
    pub column_first: bool,
    /// By cell: whether its text is that of its row and its column.
    pub fits: Vec<bool>,
}

/// The cells of which one may have a text of its own.
const EXCEPTIONS: usize = 4;

/// Every way to divide the texts of cells; each cell is its row, its column and its text. Rows and columns without cells
/// have empty texts.
pub(super) fn factors(cells: &[(usize, usize, &str)]) -> Vec<Factors> {
    let Some((_, _, anchor)) = cells.first() else {
        return Vec::new();
    };
    let is_cut = |at: &usize| {
        let byte = |at: usize| anchor.as_bytes().get(at).copied();
        let is_sign = |byte: u8| !byte.is_ascii_alphanumeric();
        *at == 0
            || *at == anchor.len()
            || anchor.is_char_boundary(*at)
                && (byte(*at).is_some_and(is_sign) || byte(*at - 1).is_some_and(is_sign))
    };
    let cuts: Vec<usize> = (0..=anchor.len()).filter(is_cut).collect();
    let ways = [false, true]
        .into_iter()
        .flat_map(|first| cuts.iter().map(move |cut| (first, *cut)));
    ways.filter_map(|(first, cut)| divided(cells, first, cut))
        .collect()
}

/// The place in a text that is like this one in the anchor: at the same slash, or else at the same sign.
fn like(anchor: &str, cut: usize, text: &str) -> usize {
    let is_slash = |at: usize| anchor.as_bytes().get(at) == Some(&b'/');
    let at_slash = cut == 0 || cut == anchor.len() || is_slash(cut) || is_slash(cut - 1);
    let is_sign = |c: char| match at_slash {
        true => c == '/',
        false => !c.is_ascii_alphanumeric(),
    };
    if cut == anchor.len() {
        return text.len();
    }
    let before = anchor[..cut].chars().filter(|c| is_sign(*c)).count();
    let is_behind = anchor[..cut].ends_with(is_sign);
    let mut signs = text
        .match_indices(is_sign)
        .map(|(at, sign)| (at, sign.len()));
    match (before, is_behind || cut == 0) {
        (0, true) => 0,
        (count, true) => signs
            .nth(count - 1)
            .map_or(text.len(), |(at, len)| at + len),
        (count, false) => signs.nth(count).map_or(text.len(), |(at, _)| at),
    }
}

/// Whose text was found.
enum New {
    Row,
    Column,
}

/// What is known of rows and columns.
struct Known<'a> {
    rows: HashMap<usize, &'a str>,
    columns: HashMap<usize, &'a str>,
    column_first: bool,
}

/// Divides the first cell here, and all others so that each row and column has one text.
fn divided(cells: &[(usize, usize, &str)], column_first: bool, cut: usize) -> Option<Factors> {
    let mut known = Known {
        rows: HashMap::new(),
        columns: HashMap::new(),
        column_first,
    };
    let (mut by_row, mut by_column): (HashMap<usize, Vec<usize>>, HashMap<usize, Vec<usize>>) =
        Default::default();
    for (at, (row, column, _)) in cells.iter().enumerate() {
        by_row.entry(*row).or_default().push(at);
        by_column.entry(*column).or_default().push(at);
    }
    for (row, column, text) in cells {
        if known.rows.contains_key(row) || known.columns.contains_key(column) {
            continue;
        }
        // A part of the table that has no row and no column in common with the parts before.
        let cut = like(cells[0].2, cut, text);
        let (left, right) = (text.get(..cut)?, text.get(cut..)?);
        known
            .rows
            .insert(*row, if column_first { right } else { left });
        let mut open = by_row.get(row).cloned().unwrap_or_default();
        while let Some(at) = open.pop() {
            let (row, column, text) = cells[at];
            match known.complete(row, column, text) {
                Some(New::Row) => open.extend(by_row.get(&row).into_iter().flatten()),
                Some(New::Column) => open.extend(by_column.get(&column).into_iter().flatten()),
                None => {}
            }
        }
    }
    known.settle(cells);
    let fits = |(row, column, text): &(usize, usize, &str)| {
        known.text(*row, *column).as_deref() == Some(*text)
    };
    let fits: Vec<bool> = cells.iter().map(fits).collect();
    let exceptions = fits.iter().filter(|fits| !**fits).count();
    (exceptions * EXCEPTIONS <= cells.len()).then(|| known.factors(cells, fits))
}

impl<'a> Known<'a> {
    /// Finds the text of the column by that of the row, or the other way round; nothing if there was none to find.
    fn complete(&mut self, row: usize, column: usize, text: &'a str) -> Option<New> {
        let of_row = self.rows.get(&row).copied();
        let of_column = self.columns.get(&column).copied();
        match (of_row, of_column) {
            (Some(of_row), None) => {
                let rest = self.rest(text, of_row, self.column_first)?;
                self.columns.insert(column, rest);
                Some(New::Column)
            }
            (None, Some(of_column)) => {
                let rest = self.rest(text, of_column, !self.column_first)?;
                self.rows.insert(row, rest);
                Some(New::Row)
            }
            _ => None,
        }
    }

    /// Gives each column, and then each row, the text that most of its cells want.
    fn settle(&mut self, cells: &[(usize, usize, &'a str)]) {
        let mut votes = Votes::default();
        for (row, column, text) in cells {
            let rest = self
                .rows
                .get(row)
                .and_then(|row| self.rest(text, row, self.column_first));
            rest.into_iter().for_each(|rest| votes.add(*column, rest));
        }
        self.columns.extend(votes.winners());
        let mut votes = Votes::default();
        for (row, column, text) in cells {
            let column = self.columns.get(column);
            let rest = column.and_then(|column| self.rest(text, column, !self.column_first));
            rest.into_iter().for_each(|rest| votes.add(*row, rest));
        }
        self.rows.extend(votes.winners());
    }

    /// What is left of a text without its end or its beginning.
    fn rest(&self, text: &'a str, known: &str, is_end: bool) -> Option<&'a str> {
        match is_end {
            true => text.strip_suffix(known),
            false => text.strip_prefix(known),
        }
    }

    fn text(&self, row: usize, column: usize) -> Option<String> {
        let (row, column) = (self.rows.get(&row)?, self.columns.get(&column)?);
        Some(match self.column_first {
            true => format!("{column}{row}"),
            false => format!("{row}{column}"),
        })
    }

    fn factors(&self, cells: &[(usize, usize, &str)], fits: Vec<bool>) -> Factors {
        let rows = cells
            .iter()
            .map(|(row, ..)| row + 1)
            .max()
            .unwrap_or_default();
        let columns = cells
            .iter()
            .map(|(_, column, _)| column + 1)
            .max()
            .unwrap_or_default();
        let text =
            |of: &HashMap<usize, &str>, at| of.get(&at).copied().unwrap_or_default().to_owned();
        Factors {
            rows: (0..rows).map(|at| text(&self.rows, at)).collect(),
            columns: (0..columns).map(|at| text(&self.columns, at)).collect(),
            column_first: self.column_first,
            fits,
        }
    }
}

/// How often each text is wanted, by row or column.
#[derive(Default)]
struct Votes<'a>(HashMap<usize, IndexMap<&'a str, usize>>);

impl<'a> Votes<'a> {
    fn add(&mut self, at: usize, text: &'a str) {
        *self.0.entry(at).or_default().entry(text).or_default() += 1;
    }

    /// The text that is wanted most; of several, the first.
    fn winners(self) -> impl Iterator<Item = (usize, &'a str)> {
        let winner = |texts: IndexMap<&'a str, usize>| {
            let texts = texts.into_iter().enumerate();
            let best = texts.max_by_key(|(place, (_, count))| (*count, Reverse(*place)));
            best.map(|(_, (text, _))| text)
        };
        let all = self.0.into_iter();
        all.filter_map(move |(at, texts)| Some((at, winner(texts)?)))
    }
}

#[cfg(test)]
mod tests;
