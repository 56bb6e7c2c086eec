//! The ends of tags with places for the parts of labels: `noble` of `21-noble`, beside `21-jdk-noble`, is `{distro}`.

use super::end::{Item, joined, prefixed};
use super::halves::Halves;
use super::row_data::{self, RowData};
use super::table::Table;
use indexmap::{IndexMap, IndexSet};

/// How many different ends are looked for; what is left is written as it is.
const ENDS: usize = 40;

/// An end: a text with a place before or behind it, or without one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Form {
    /// The axis of the place.
    axis: Option<usize>,
    text: String,
}

/// The ends of a cell with their beginnings.
type Open = IndexMap<String, IndexSet<String>>;

/// The tags of all cells, and the data of versions that they need.
pub(super) fn items(table: &Table, halves: &Halves) -> (Vec<Item>, RowData) {
    let mut items = Vec::new();
    for (at, cell) in table.cells.iter().enumerate() {
        let labels = halves.labels(cell.column);
        let main = cell.tags.get(&table.columns[cell.column].label);
        items.push(item(at, None, main.cloned().unwrap_or_default()));
        let others = cell.tags.iter().filter(|(end, _)| !labels.contains(*end));
        items.extend(others.map(|(end, heads)| item(at, Some(end.clone()), heads.clone())));
        items.extend(prefixed(at, cell, &labels));
    }
    let data = row_data::of(table, &mut items);
    (placed(table, halves, items), data)
}

fn item(cell: usize, end: Option<String>, heads: IndexSet<String>) -> Item {
    Item {
        cell,
        prefix: String::new(),
        end,
        heads,
    }
}

/// The same with few different ends: the one that serves most cells first.
fn placed(table: &Table, halves: &Halves, items: Vec<Item>) -> Vec<Item> {
    let mut done = Vec::new();
    let mut open: IndexMap<usize, Open> = IndexMap::new();
    for item in items {
        match item.end {
            Some(end) if item.prefix.is_empty() => {
                let heads = open.entry(item.cell).or_default().entry(end).or_default();
                heads.extend(item.heads);
            }
            _ => done.push(item),
        }
    }
    for _ in 0..ENDS {
        let Some(best) = best(table, halves, &open) else {
            break;
        };
        for (at, ends) in &mut open {
            let tokens = halves.tokens(table.cells[*at].column);
            if let Some(heads) = best.heads(ends, tokens) {
                best.ends(tokens).iter().for_each(|end| {
                    let left = ends.get_mut(end).into_iter();
                    left.for_each(|left| left.retain(|head| !heads.contains(head)));
                });
                done.push(item(*at, Some(best.written(halves)), heads));
            }
        }
        open.values_mut()
            .for_each(|ends| ends.retain(|_, heads| !heads.is_empty()));
    }
    let rest = open.into_iter().flat_map(|(at, ends)| {
        let ends = ends.into_iter();
        ends.map(move |(end, heads)| item(at, Some(end), heads))
    });
    done.extend(rest);
    done
}

/// The end that serves most cells; of several, one with a place if it serves several columns.
fn best(table: &Table, halves: &Halves, open: &IndexMap<usize, Open>) -> Option<Form> {
    let mut served: IndexMap<Form, (usize, IndexSet<usize>)> = IndexMap::new();
    for (at, ends) in open {
        let column = table.cells[*at].column;
        let tokens = halves.tokens(column);
        let forms: IndexSet<Form> = ends.keys().flat_map(|end| forms(end, tokens)).collect();
        for form in forms {
            if form.heads(ends, tokens).is_some() {
                let (cells, columns) = served.entry(form).or_default();
                *cells += 1;
                columns.insert(column);
            }
        }
    }
    let rank = |(form, (cells, columns)): &(Form, (usize, IndexSet<usize>))| {
        (*cells, form.axis.is_some() == (columns.len() > 1))
    };
    let best = served.into_iter().rev().max_by_key(rank);
    best.map(|(form, _)| form)
}

/// The ways to write an end.
fn forms(end: &str, [firsts, seconds]: [&IndexSet<String>; 2]) -> Vec<Form> {
    let place = |axis: usize| {
        move |text: &str| Form {
            axis: Some(axis),
            text: text.to_owned(),
        }
    };
    let behind = firsts.iter().filter_map(|token| match token.as_str() {
        "" => Some(end),
        token if token == end => Some(""),
        token => end.strip_prefix(token)?.strip_prefix('-'),
    });
    let before = seconds.iter().filter_map(|token| match token.as_str() {
        "" => Some(end),
        token if token == end => Some(""),
        token => end.strip_suffix(token)?.strip_suffix('-'),
    });
    let whole = Form {
        axis: None,
        text: end.to_owned(),
    };
    let places = behind.map(place(0)).chain(before.map(place(1)));
    places.chain([whole]).collect()
}

impl Form {
    /// The ends that it makes.
    fn ends(&self, tokens: [&IndexSet<String>; 2]) -> Vec<String> {
        match self.axis {
            None => vec![self.text.clone()],
            Some(0) => tokens[0]
                .iter()
                .map(|token| joined(token, &self.text))
                .collect(),
            Some(_) => tokens[1]
                .iter()
                .map(|token| joined(&self.text, token))
                .collect(),
        }
    }

    /// The beginnings that all of its ends have in a cell; `None` if there are none.
    fn heads(&self, open: &Open, tokens: [&IndexSet<String>; 2]) -> Option<IndexSet<String>> {
        let mut all = self.ends(tokens).into_iter().map(|end| open.get(&end));
        let mut heads = all.next()??.clone();
        for other in all {
            let other = other?;
            heads.retain(|head| other.contains(head));
        }
        (!heads.is_empty()).then_some(heads)
    }

    fn written(&self, halves: &Halves) -> String {
        let place = |axis: usize| format!("{{{}}}", halves.axes[axis].name);
        match self.axis {
            None => self.text.clone(),
            Some(0) => joined(&place(0), &self.text),
            Some(axis) => joined(&self.text, &place(axis)),
        }
    }
}
