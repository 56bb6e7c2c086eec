//! The ends of tags with places for the parts of labels: `noble` of `21-noble`, beside `21-jdk-noble`, is `{distro}`.

use super::end::{Item, prefixed};
use super::form::{Form, forms};
use super::halves::Halves;
use super::row_data::{self, RowData};
use super::shorts::{self, Shorts};
use super::table::Table;
use indexmap::{IndexMap, IndexSet};

/// How many different ends are looked for; what is left is written as it is.
const ENDS: usize = 40;

/// The ends of a cell with their beginnings.
pub(super) type Open = IndexMap<String, IndexSet<String>>;

/// The tags of all cells, and the data that they need: of versions, and of both parts of labels.
pub(super) fn items(table: &Table, halves: &Halves) -> (Vec<Item>, RowData, Shorts) {
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
    let (items, shorts) = placed(table, halves, items);
    (items, data, shorts)
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
fn placed(table: &Table, halves: &Halves, items: Vec<Item>) -> (Vec<Item>, Shorts) {
    let mut done = Vec::new();
    let mut shorts = Shorts::default();
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
        let Some(mut best) = best(table, halves, &open) else {
            break;
        };
        shorts.keep(&mut best);
        for (at, ends) in &mut open {
            let column = table.cells[*at].column;
            if let Some(heads) = best.heads(ends, halves, column) {
                best.ends(halves, column).iter().for_each(|end| {
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
    (done, shorts)
}

/// The end that serves most cells; of several, one with a place if it serves several columns.
fn best(table: &Table, halves: &Halves, open: &IndexMap<usize, Open>) -> Option<Form> {
    let mut served: IndexMap<Form, (usize, IndexSet<usize>)> = IndexMap::new();
    for (at, ends) in open {
        let column = table.cells[*at].column;
        let all = ends.keys().flat_map(|end| forms(end, halves, column));
        let all: IndexSet<Form> = all.collect();
        for form in all {
            if form.heads(ends, halves, column).is_some() {
                let (cells, columns) = served.entry(form).or_default();
                *cells += 1;
                columns.insert(column);
            }
        }
    }
    for form in shorts::forms(table, halves, open) {
        let cells = open.iter().filter(|(at, ends)| {
            let column = table.cells[**at].column;
            form.heads(ends, halves, column).is_some()
        });
        let columns = cells.clone().map(|(at, _)| table.cells[*at].column);
        let found = (cells.clone().count(), columns.collect());
        served.entry(form).or_insert(found);
    }
    let rank = |(form, (cells, columns)): &(Form, (usize, IndexSet<usize>))| {
        // Each short word has to be written, too.
        let gain = (cells * 2).saturating_sub(form.words());
        (gain, form.rank(columns.len() > 1))
    };
    let best = served.into_iter().rev().max_by_key(rank);
    best.map(|(form, _)| form)
}
