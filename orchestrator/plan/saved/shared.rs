//! Parts of a JSON value that occur more than once are written once.
//!
//! A shared part is `{"$": 12}`, its place in a table of parts, each of which names only earlier ones. A text of several lines
//! is `{"$": [3, "a line that occurs once", 4]}`: lines, or their places in the table. An object of the value that has the
//! single name `$` is written as `{"$": {"$": …}}`.

mod whole;

pub(super) use whole::whole;

use indexmap::IndexSet;
use serde_json::{Map, Value, json};

/// The name of what is not an object of the value itself.
const MARK: &str = "$";

/// The shortest part that is shared, in bytes of JSON.
const SHORTEST: usize = 14;

/// The shortest line that is shared.
const SHORTEST_LINE: usize = 5;

/// One of the different parts of a value; children come before it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Part {
    /// A number, a truth value, null, or a text of one line, as JSON.
    Leaf(String),
    /// A text of several lines.
    Lines(Vec<usize>),
    List(Vec<usize>),
    Object(Vec<(String, usize)>),
}

#[derive(Default)]
struct Parts {
    all: IndexSet<Part>,
    /// By part: in how many places of different parts it is.
    uses: Vec<usize>,
    /// By part: how long it is, with its children where they are not shared.
    lengths: Vec<usize>,
}

/// The table of what is shared, and the value.
pub(super) fn share(value: &Value) -> (Vec<Value>, Value) {
    let mut parts = Parts::default();
    let root = parts.add(value);
    parts.written(root)
}

impl Parts {
    fn add(&mut self, value: &Value) -> usize {
        let part = match value {
            Value::Array(list) => Part::List(list.iter().map(|one| self.add(one)).collect()),
            Value::Object(map) => Part::Object(
                map.iter()
                    .map(|(name, one)| (name.clone(), self.add(one)))
                    .collect(),
            ),
            Value::String(text) if text.contains('\n') => {
                let lines = text.split('\n').map(|line| self.add(&json!(line)));
                Part::Lines(lines.collect())
            }
            leaf => Part::Leaf(leaf.to_string()),
        };
        let (id, is_new) = self.all.insert_full(part);
        if is_new {
            self.uses.push(0);
            self.lengths.push(self.length(id));
            for child in self.children(id) {
                self.uses[child] += 1;
            }
        }
        id
    }

    fn children(&self, id: usize) -> Vec<usize> {
        match &self.all[id] {
            Part::Leaf(_) => Vec::new(),
            Part::Lines(all) | Part::List(all) => all.clone(),
            Part::Object(all) => all.iter().map(|(_, id)| *id).collect(),
        }
    }

    /// About how long a part is in JSON.
    fn length(&self, id: usize) -> usize {
        let of = |ids: &[usize]| ids.iter().map(|id| self.lengths[*id] + 1).sum::<usize>() + 2;
        let length = match &self.all[id] {
            Part::Leaf(text) => text.len(),
            Part::Lines(all) | Part::List(all) => of(all),
            Part::Object(all) => all
                .iter()
                .map(|(name, id)| name.len() + 4 + self.lengths[*id])
                .sum(),
        };
        length.min(SHORTEST * SHORTEST)
    }

    /// Writes every shared part, in an order in which each names only earlier ones.
    fn written(&self, root: usize) -> (Vec<Value>, Value) {
        let is_line = self.lines();
        let mut places: Vec<Option<usize>> = vec![None; self.all.len()];
        let mut table = Vec::new();
        for id in 0..self.all.len() {
            let shortest = match is_line[id] {
                true => SHORTEST_LINE,
                false => SHORTEST,
            };
            if self.uses[id] > 1 && self.lengths[id] >= shortest {
                let value = self.value(id, &places);
                places[id] = Some(table.len());
                table.push(value);
            }
        }
        let value = self.value(root, &places);
        (table, value)
    }

    /// Which parts are lines of texts.
    fn lines(&self) -> Vec<bool> {
        let mut is_line = vec![false; self.all.len()];
        for part in &self.all {
            if let Part::Lines(all) = part {
                all.iter().for_each(|id| is_line[*id] = true);
            }
        }
        is_line
    }

    /// A part, with what is shared by its place.
    fn value(&self, id: usize, places: &[Option<usize>]) -> Value {
        let child = |id: &usize| match places[*id] {
            Some(place) => json!({ MARK: place }),
            None => self.value(*id, places),
        };
        match &self.all[id] {
            // It was written as JSON before.
            Part::Leaf(text) => serde_json::from_str(text).unwrap_or_default(),
            Part::List(all) => all.iter().map(child).collect(),
            Part::Lines(all) => {
                let line = |id: &usize| match places[*id] {
                    Some(place) => json!(place),
                    None => self.value(*id, places),
                };
                json!({ MARK: all.iter().map(line).collect::<Vec<_>>() })
            }
            Part::Object(all) => {
                let map: Map<String, Value> = all
                    .iter()
                    .map(|(name, id)| (name.clone(), child(id)))
                    .collect();
                match is_marked(&map) {
                    true => json!({ MARK: map }),
                    false => Value::Object(map),
                }
            }
        }
    }
}

fn is_marked(map: &Map<String, Value>) -> bool {
    map.len() == 1 && map.contains_key(MARK)
}

#[cfg(test)]
mod tests;
