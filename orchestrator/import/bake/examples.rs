//! Another value for each key of a matrix that has one: with it, a file shows what it computes from the one that it has.
//!
//! ```text
//! version = ["2.11.4"]     app:2.11, and app:17.28 for 17.28.39: app:{version.minor}
//! ```

use super::axes::Cell;
use super::built::Built;
use super::contexts;
use super::fleet::Maker;
use super::key::Key;
use super::matrix::Axes;
use super::target::Target;
use super::trial::{OTHER, alike};
use super::unset;
use super::value::{Data, Value, Values};
use crate::import::note::Notes;
use crate::import::published::Text;

/// Examples of further values, and what a target is with each of them.
#[derive(Clone, Default)]
pub(super) struct Examples {
    /// The keys of the matrix, with these values behind those of the file.
    pub keys: Vec<Key>,
    pub cells: Vec<Cell>,
}

/// How a number is in an example.
const NUMBER: f64 = 71.0;

/// Values that are written like another one. What follows variables stays.
pub(super) fn like(value: &Value) -> Vec<Value> {
    match &value.data {
        _ if value.pattern.is_some() => vec![value.clone()],
        Data::Bool(truth) => vec![Value::from(!truth)],
        Data::Number(_) => vec![Value::from(NUMBER)],
        Data::Text(text) => alike(text).into_iter().map(Value::from).collect(),
        Data::Map(items) => {
            let all = items.iter().map(|(key, item)| (key, like(item)));
            let all: Vec<(&String, Vec<Value>)> = all.collect();
            let count = all.iter().map(|(_, items)| items.len()).max();
            let nth = |at: usize| {
                let item = |items: &Vec<Value>| items[at.min(items.len() - 1)].clone();
                let all = all.iter().map(|(key, items)| ((*key).clone(), item(items)));
                Value::from(all.collect::<Values>())
            };
            (0..count.unwrap_or(0)).map(nth).collect()
        }
        Data::Null | Data::List(_) | Data::Unknown(_) => vec![value.clone()],
    }
}

/// How many targets are evaluated with examples at most.
const MOST: usize = 60;

impl Maker<'_, '_> {
    /// Examples for the targets of a matrix, in the place of each value that is the only one of its key.
    pub(super) fn examples(
        &mut self,
        keys: &[Key],
        targets: &[&Target],
        cells: &[Cell],
    ) -> Examples {
        let mut all = Examples {
            keys: keys.to_vec(),
            cells: Vec::new(),
        };
        if cells.len() > MOST {
            return all;
        }
        // What the file compares with an example is not in it.
        let compared = self.evaluator.compared.clone();
        for at in 0..keys.len() {
            let mut ways = keys[at].examples().into_iter();
            let found = ways.find_map(|(key, value)| {
                let mut axes = Axes::of(keys.to_vec());
                axes.keys[at] = key;
                let one = |(target, cell): (&&Target, &Cell)| {
                    let mut target = (*target).clone();
                    target.cell.insert(axes.keys[at].key.clone(), value.clone());
                    self.example(&target, &axes, cell)
                };
                let cells = targets.iter().zip(cells).map(one);
                let cells: Option<Vec<Cell>> = cells.collect();
                Some((cells?, axes.keys.swap_remove(at)))
            });
            if let Some((cells, key)) = found {
                all.keys[at] = key;
                all.cells.extend(cells);
            }
        }
        self.evaluator.compared = compared;
        all
    }

    /// What a target is with an example in the place of a value.
    fn example(&mut self, target: &Target, axes: &Axes, today: &Cell) -> Option<Cell> {
        let (at, marked) = axes.marked(target)?;
        let settings = self.resolver.settings(&marked, self.evaluator);
        self.evaluator.decided();
        let built = Built::new(&marked, &settings.ok()?).ok()?;
        let trials = self.trials.as_mut()?;
        let seen = trials.seen.clone();
        let compared = &self.evaluator.compared;
        let mut built = trials.tried(&marked, built, compared).built;
        trials.seen = seen;
        unset::divide(&mut built, self.variables);
        contexts::follow(&mut built, &self.public, &mut Notes::default());
        complete(&mut built, &today.built);
        Some(Cell { at, built })
    }
}

/// Gives an example what it shares with the target, and other texts where the file has none for it: those of the target
/// are for its value, too.
fn complete(built: &mut Built, today: &Built) {
    if today.is_filled || today.guests > 0 {
        built.names.clone_from(&today.names);
    }
    let other = || Text::literal(OTHER);
    for name in today.args.keys() {
        built.args.entry(name.clone()).or_insert_with(other);
    }
    for name in today.named.keys() {
        built.named.entry(name.clone()).or_insert_with(other);
    }
    if built.names.len() == today.names.len() {
        let pairs = built.names.iter_mut().zip(&today.names);
        let others = pairs.filter(|(_, today)| today.is_none());
        others.for_each(|(name, _)| *name = None);
    }
}
