//! A key of a matrix, as an axis of the manifest.

use super::examples::like;
use super::place::{Names, variables};
use super::target::Target;
use super::value::{Data, Value, Values};
use crate::import::published::{self, Axis};
use indexmap::{IndexMap, IndexSet};
use std::collections::HashSet;

/// Reserved words, which cannot be axis names.
const TAKEN: [&str; 10] = [
    "image", "base", "var", "now", "sha", "branch", "tag", "describe", "revision", "probe",
];

/// An axis, from a key of the matrix.
#[derive(Clone)]
pub(super) struct Key {
    /// The key in the matrix.
    pub key: String,
    /// The name of the axis.
    pub name: String,
    naming: Naming,
    /// By the value's name, in order.
    values: IndexMap<String, Value>,
}

/// The keys of a matrix whose values have names.
pub(super) fn keys(targets: &[Target]) -> Option<Vec<Key>> {
    let keys: Vec<&String> = targets.first()?.cell.keys().collect();
    keys.into_iter().map(|key| Key::new(key, targets)).collect()
}

/// The names of the values of a cell: `8.4-alpine`.
pub(super) fn words(keys: &[Key], at: &[usize]) -> String {
    let names = keys.iter().zip(at);
    let names = names.filter_map(|(key, at)| key.names().nth(*at));
    names.collect::<Vec<_>>().join("-")
}

impl Key {
    fn new(key: &str, targets: &[Target]) -> Option<Self> {
        let all = targets.iter().filter_map(|target| target.cell.get(key));
        let mut known = HashSet::new();
        let all: Vec<&Value> = all
            .filter(|value| known.insert(format!("{:?}", value.data)))
            .collect();
        let apart = all
            .iter()
            .any(|value| value.real().is_some_and(|text| !is_name(&text)));
        let naming = match &all.first()?.data {
            Data::Map(first) => naming(first, &all),
            Data::Bool(_) => Naming::Flag(key.to_owned()),
            _ if apart => Naming::Word,
            _ => Naming::Text,
        };
        let values = naming.named(&all)?;
        Some(Self {
            key: key.to_owned(),
            name: axis_name(key),
            naming,
            values,
        })
    }

    /// A key that no matrix has, with these texts as values.
    pub fn of_texts(name: &str, texts: &[String]) -> Self {
        let values = texts.iter();
        let values = values.map(|text| (text.clone(), Value::from(text.as_str())));
        Self {
            key: name.to_owned(),
            name: axis_name(name),
            naming: Naming::Text,
            values: values.collect(),
        }
    }

    /// The same key with an example beside its only value, which is also returned: one for each way to write it.
    pub fn examples(&self) -> Vec<(Self, Value)> {
        let only = self.values.values().next();
        let only = only.filter(|_| self.values.len() == 1);
        let all = only.into_iter().flat_map(like);
        let with = |value: Value| {
            let mut key = self.clone();
            let name = self.naming.name(&value)?;
            let known = key.values.insert(name, value.clone());
            known.is_none().then_some((key, value))
        };
        all.filter_map(with).collect()
    }

    /// Whether its values are maps that no single key tells apart.
    pub fn is_joined(&self) -> bool {
        matches!(self.naming, Naming::Joined(_))
    }

    /// The index of its value in a cell.
    pub fn at(&self, cell: &Values) -> Option<usize> {
        let name = self.naming.name(cell.get(&self.key)?)?;
        self.values.get_index_of(&name)
    }

    /// Its value in a cell, with placeholders.
    pub fn mark(&self, cell: &Values) -> Option<(String, Value)> {
        let value = cell.get(&self.key)?;
        let marked = match &value.data {
            Data::Map(items) => {
                let mark = |(key, item): (&String, &Value)| {
                    let is_place = item.real().is_some() && !self.follows(Some(key));
                    let item = match is_place {
                        true => item.clone().placed(format!("{{{}}}", self.place(key))),
                        false => item.clone(),
                    };
                    (key.clone(), item)
                };
                Value::from(items.iter().map(mark).collect::<Values>())
            }
            _ if self.follows(None) => value.clone(),
            _ => {
                let place = match self.naming {
                    Naming::Word | Naming::Flag(_) => format!("{{{}.{TEXT}}}", self.name),
                    _ => format!("{{{}}}", self.name),
                };
                value.clone().placed(place)
            }
        };
        Some((self.key.clone(), marked))
    }

    /// Whether all of its values, or their items of this key, are the same text with variables, which then is in the place of an axis or of data.
    fn follows(&self, key: Option<&String>) -> bool {
        let item = |value: &Value| -> Option<String> {
            let item = match key {
                Some(key) => value.map()?.get(key)?,
                None => value,
            };
            let pattern = item.pattern.clone();
            pattern.filter(|_| !variables(item).is_empty())
        };
        let mut all = self.values.values().map(item);
        let first = all.next().flatten();
        first.is_some_and(|first| all.all(|other| other.as_ref() == Some(&first)))
    }

    /// The variables in the names of its values: those of an axis are fixed.
    pub fn decided(&self) -> Names {
        let naming = |value: &Value| match &self.naming {
            Naming::Key(key) if self.follows(Some(key)) => None,
            _ if self.follows(None) => None,
            Naming::Key(key) => value.map().and_then(|items| items.get(key)).map(variables),
            Naming::Text | Naming::Word | Naming::Flag(_) | Naming::Joined(_) => {
                Some(variables(value))
            }
        };
        self.values.values().filter_map(naming).flatten().collect()
    }

    /// The names of its values, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// The placeholder for a key of a value that is a map.
    fn place(&self, key: &str) -> String {
        match &self.naming {
            Naming::Key(naming) if naming == key => self.name.clone(),
            _ => format!("{}.{key}", self.name),
        }
    }

    /// The axis with all data of its values; `more` is further data of each.
    pub fn axis(&self, more: &[Vec<(String, String)>]) -> Axis {
        let value = |(at, (name, value)): (usize, (&String, &Value))| {
            let items = value.map().into_iter().flatten();
            let own = items.filter(|(key, _)| self.place(key) != self.name);
            let own = own.filter_map(|(key, item)| Some((key.clone(), item.text()?.pattern)));
            let apart = value
                .text()
                .filter(|_| matches!(self.naming, Naming::Word | Naming::Flag(_)));
            let own = own.chain(apart.map(|text| (TEXT.to_owned(), text.pattern)));
            let more = more.get(at).into_iter().flatten().cloned();
            published::Value {
                name: name.clone(),
                data: own.chain(more).collect(),
                ..published::Value::default()
            }
        };
        Axis::new(
            &self.name,
            self.values.iter().enumerate().map(value).collect(),
        )
    }

    /// By value its texts with their places, without braces: its name, and its data.
    pub fn texts(&self) -> Vec<Vec<(String, String)>> {
        let axis = self.axis(&[]);
        let texts = |value: &published::Value| {
            let data = value.data.iter();
            let data = data.map(|(key, text)| (format!("{}.{key}", self.name), text.clone()));
            let own = (self.name.clone(), value.name.clone());
            let all = std::iter::once(own).chain(data);
            all.filter(|(_, text)| !text.is_empty() && !text.contains(['{', '}']))
                .collect()
        };
        axis.values.iter().map(texts).collect()
    }

    /// The keys that its data has.
    pub fn data_keys(&self) -> IndexSet<String> {
        let maps = self.values.values().filter_map(Value::map);
        let items = maps.flatten().filter(|(_, item)| item.text().is_some());
        let keys = items.map(|(key, _)| key.clone());
        keys.chain([TEXT.to_owned()]).collect()
    }
}

/// The data that is a value's text, where that is not its name.
const TEXT: &str = "text";

/// The name of a value without anything special.
const PLAIN: &str = "plain";

/// Whether a text can be the name of a value: it does not begin or end with a separator.
fn is_name(text: &str) -> bool {
    let separator = |c: char| "-._".contains(c);
    !(text.is_empty() || text.starts_with(separator) || text.ends_with(separator))
}

/// The name for such a text.
fn word(text: &str) -> String {
    match text.trim_matches(['-', '.', '_']) {
        "" => PLAIN.to_owned(),
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

/// How the values of a matrix are named.
#[derive(Clone)]
enum Naming {
    /// By their text.
    Text,
    /// By a word in their text, which cannot be a name itself (`-slim`, or nothing) and becomes data.
    Word,
    /// `true` by this word, the key of the matrix, and `false` by another.
    Flag(String),
    /// Maps, by the text of this key.
    Key(String),
    /// Maps, by the texts of these keys.
    Joined(Vec<String>),
}

impl Naming {
    fn name(&self, value: &Value) -> Option<String> {
        match self {
            Naming::Text => value.real(),
            Naming::Word => Some(word(&value.real()?)),
            Naming::Flag(key) => match (&value.data, key.as_str()) {
                (Data::Bool(true), key) => Some(key.to_owned()),
                (Data::Bool(false), PLAIN) => Some(format!("not-{PLAIN}")),
                (Data::Bool(false), _) => Some(PLAIN.to_owned()),
                _ => None,
            },
            Naming::Key(key) => value.map()?.get(key)?.real(),
            Naming::Joined(keys) => {
                let items = value.map()?;
                let texts = keys.iter().filter_map(|key| items.get(key)?.real());
                let texts = texts.filter(|text| !text.is_empty());
                Some(texts.collect::<Vec<_>>().join("-"))
            }
        }
    }

    /// The values by name, if the names are different and not empty.
    fn named(&self, all: &[&Value]) -> Option<IndexMap<String, Value>> {
        let values = all.iter();
        let values = values.map(|value| Some((self.name(value)?, (*value).clone())));
        let values: IndexMap<String, Value> = values.collect::<Option<_>>()?;
        (values.len() == all.len() && !values.contains_key("")).then_some(values)
    }
}

/// Maps are named by the first key whose texts differ and look like tags, or else by two such keys, by any key whose
/// texts differ, by the first several, or by all their texts.
fn naming(first: &Values, all: &[&Value]) -> Naming {
    let differ = |naming: &Naming| naming.named(all).is_some();
    let plain = |key: &&String| {
        let mut texts = all.iter().map(|value| value.map()?.get(*key)?.real());
        texts.all(|text| text.is_some_and(|text| is_plain(&text)))
    };
    let plain: Vec<&String> = first.keys().filter(plain).collect();
    let one = plain.iter().map(|key| Naming::Key((*key).clone()));
    let pairs = plain.iter().enumerate().flat_map(|(at, key)| {
        let with = |other: &&String| Naming::Joined(vec![(*key).clone(), (*other).clone()]);
        plain[at + 1..].iter().map(with)
    });
    let several = (3..=plain.len()).map(|count| {
        let keys = plain[..count].iter().map(|key| (*key).clone());
        Naming::Joined(keys.collect())
    });
    let any = first.keys().map(|key| Naming::Key(key.clone()));
    let mut named = one.chain(pairs).chain(any).chain(several);
    let every = || Naming::Joined(first.keys().cloned().collect());
    named.find(differ).unwrap_or_else(every)
}

/// Whether a text looks like a part of a tag, or is empty.
pub(super) fn is_plain(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    text.is_empty() || (is_name(text) && text.chars().all(fits))
}
