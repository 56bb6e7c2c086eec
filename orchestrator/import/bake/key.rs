//! A key of a matrix, as an axis of the manifest.

use super::place::{Names, variables};
use super::target::Target;
use super::value::{Data, Value, Values};
use crate::import::published::{self, Axis};
use crate::import::write::literal;
use indexmap::{IndexMap, IndexSet};

/// Reserved words, which cannot be axis names.
const TAKEN: [&str; 10] = [
    "image", "base", "var", "now", "sha", "branch", "tag", "describe", "revision", "probe",
];

/// An axis, from a key of the matrix.
pub(super) struct Key {
    /// The key in the matrix.
    key: String,
    /// The name of the axis.
    pub name: String,
    /// If the values are maps, the key whose text names them.
    naming: Option<String>,
    /// Whether its texts are no names (`-slim`, or nothing), and are data of values with other names.
    apart: bool,
    /// By the value's name, in order.
    values: IndexMap<String, Value>,
}

/// The keys of a matrix whose values have names.
pub(super) fn keys(targets: &[Target]) -> Option<Vec<Key>> {
    let keys: Vec<&String> = targets.first()?.cell.keys().collect();
    keys.into_iter().map(|key| Key::new(key, targets)).collect()
}

impl Key {
    fn new(key: &str, targets: &[Target]) -> Option<Self> {
        let mut all: Vec<&Value> = Vec::new();
        for value in targets.iter().filter_map(|target| target.cell.get(key)) {
            if !all.contains(&value) {
                all.push(value);
            }
        }
        let apart = all
            .iter()
            .any(|value| value.real().is_some_and(|text| !is_name(&text)));
        let (naming, values) = match &all.first()?.data {
            Data::Map(first) => named_maps(first, &all)?,
            _ if apart => (None, named(&all, |value| Some(word(&value.real()?)))?),
            _ => (None, named(&all, Value::real)?),
        };
        Some(Self {
            key: key.to_owned(),
            name: axis_name(key),
            naming,
            apart,
            values,
        })
    }

    /// The index of its value in a cell.
    pub fn at(&self, cell: &Values) -> Option<usize> {
        let value = cell.get(&self.key)?;
        self.values.values().position(|known| known == value)
    }

    /// Its value in a cell, with placeholders.
    pub fn mark(&self, cell: &Values) -> Option<(String, Value)> {
        let value = cell.get(&self.key)?;
        let marked = match &value.data {
            Data::Map(items) => {
                let mark = |(key, item): (&String, &Value)| {
                    let item = match item.real() {
                        Some(_) => item.clone().placed(format!("{{{}}}", self.place(key))),
                        None => item.clone(),
                    };
                    (key.clone(), item)
                };
                Value::from(items.iter().map(mark).collect::<Values>())
            }
            _ if self.apart => value.clone().placed(format!("{{{}.{TEXT}}}", self.name)),
            _ => value.clone().placed(format!("{{{}}}", self.name)),
        };
        Some((self.key.clone(), marked))
    }

    /// The variables in the names of its values: those of an axis are fixed.
    pub fn decided(&self) -> Names {
        let naming = |value: &Value| match &self.naming {
            Some(key) => value.map().and_then(|items| items.get(key)).map(variables),
            None => Some(variables(value)),
        };
        self.values.values().filter_map(naming).flatten().collect()
    }

    /// The names of its values, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// The placeholder for a key of a value that is a map.
    fn place(&self, key: &str) -> String {
        match self.naming.as_deref() == Some(key) {
            true => self.name.clone(),
            false => format!("{}.{key}", self.name),
        }
    }

    /// The axis; `more` is further data of each value, and of all data only what `used` names is kept.
    pub fn axis(&self, more: &[Vec<(String, String)>], used: &[&str]) -> Axis {
        let is_used = |key: &str| {
            let place = format!("{{{}.{key}}}", self.name);
            used.iter().any(|pattern| pattern.contains(&place))
        };
        let value = |(at, (name, value)): (usize, (&String, &Value))| {
            let items = value.map().into_iter().flatten();
            let own = items.filter(|(key, _)| self.naming.as_ref() != Some(*key));
            let own = own.filter_map(|(key, item)| Some((key.clone(), item.text()?.pattern)));
            let apart = value.text().filter(|_| self.apart);
            let own = own.chain(apart.map(|text| (TEXT.to_owned(), text.pattern)));
            let more = more.get(at).into_iter().flatten().cloned();
            published::Value {
                name: name.clone(),
                data: own.chain(more).filter(|(key, _)| is_used(key)).collect(),
                ..published::Value::default()
            }
        };
        Axis::new(
            &self.name,
            self.values.iter().enumerate().map(value).collect(),
        )
    }

    /// The keys that its data has.
    pub fn data_keys(&self) -> IndexSet<String> {
        let maps = self.values.values().filter_map(Value::map);
        let keys = maps.flat_map(|items| items.keys().cloned());
        keys.chain([TEXT.to_owned()]).collect()
    }
}

/// The data that is a value's text, where that is not its name.
const TEXT: &str = "text";

/// Whether a text can be the name of a value: it does not begin or end with a separator.
fn is_name(text: &str) -> bool {
    let separator = |c: char| "-._".contains(c);
    !(text.is_empty() || text.starts_with(separator) || text.ends_with(separator))
}

/// The name for such a text.
fn word(text: &str) -> String {
    match text.trim_matches(['-', '.', '_']) {
        "" => String::from("plain"),
        word => word.to_owned(),
    }
}

/// A valid name of an axis.
fn axis_name(key: &str) -> String {
    match TAKEN.contains(&key) {
        true => format!("{key}-name"),
        false => key.to_owned(),
    }
}

/// The values by name, if the names are different and not empty.
fn named(
    all: &[&Value],
    name: impl Fn(&Value) -> Option<String>,
) -> Option<IndexMap<String, Value>> {
    let values = all
        .iter()
        .map(|value| Some((name(value)?, (*value).clone())));
    let values: IndexMap<String, Value> = values.collect::<Option<_>>()?;
    (values.len() == all.len() && !values.contains_key("")).then_some(values)
}

/// Maps are named by the first key whose texts differ, or else by all their texts.
fn named_maps(first: &Values, all: &[&Value]) -> Option<(Option<String>, IndexMap<String, Value>)> {
    let by = |key: &String| named(all, |value| value.map()?.get(key).and_then(Value::real));
    let one = first
        .keys()
        .find_map(|key| Some((Some(key.clone()), by(key)?)));
    one.or_else(|| {
        let joined = |value: &Value| {
            let texts = value.map()?.values().filter_map(Value::real);
            let texts = texts.filter(|text| !text.is_empty());
            Some(literal(&texts.collect::<Vec<_>>().join("-")))
        };
        Some((None, named(all, joined)?))
    })
}
