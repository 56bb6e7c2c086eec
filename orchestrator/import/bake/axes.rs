//! A matrix as axes: the texts of a target become patterns with placeholders that are the same for every cell.

use super::built::Built;
use super::mark;
use super::target::{Resolver, Target};
use super::value::{self, Values};
use super::variable::Variables;
use crate::import::published::{self, Grid, Image, Published, Variant};
use crate::import::verify::verified;
use crate::import::write::literal;
use hcl::Value;
use indexmap::IndexMap;
use std::collections::HashMap;

/// Reserved words, which cannot be axis names.
const TAKEN: [&str; 10] = [
    "image", "base", "var", "now", "sha", "branch", "tag", "describe", "revision", "probe",
];

/// An axis of the manifest, from a key of the matrix.
struct Key {
    /// The key in the matrix.
    key: String,
    name: String,
    /// If the values are maps, the key whose text names them.
    naming: Option<String>,
    /// By the value's name, in order.
    values: IndexMap<String, Value>,
}

/// The image with axes, if it publishes exactly what these targets do.
pub(super) fn image(
    name: &str,
    targets: &[Target],
    variables: &Variables,
    all: &HashMap<String, Target>,
) -> Option<Image> {
    let keys = keys(targets)?;
    let variants = variants(targets, &keys, variables, all)?;
    let patterns = patterns(variants.first()?);
    let same = |variant: &Variant| self::patterns(variant) == patterns;
    // The tags name the variants.
    let (_, first) = patterns.first()?;
    let named = |key: &Key| first.contains(&format!("{{{}}}", key.name));
    if !(variants.iter().all(same) && keys.iter().all(named)) {
        return None;
    }
    let cell = |target: &Target| keys.iter().map(|key| key.at(&target.cell)).collect();
    let cells = targets.iter().map(cell).collect::<Option<_>>()?;
    let axes = keys.iter().map(Key::axis).collect();
    let tags = patterns.iter().map(|(_, tag)| (*tag).to_owned()).collect();
    let image = Image {
        name: name.to_owned(),
        span: variants.first()?.span,
        grid: Some(Grid::new(axes, cells, tags)),
        variants,
    };
    holds(&image, variables).then_some(image)
}

/// The variant of each target, with placeholders for the keys in its patterns.
fn variants(
    targets: &[Target],
    keys: &[Key],
    variables: &Variables,
    all: &HashMap<String, Target>,
) -> Option<Vec<Variant>> {
    let mut marked = targets.first()?.clone();
    let marks = keys.iter().map(|key| (key.key.clone(), key.mark()));
    marked.cell = marks.collect();
    let mut resolver = Resolver::new(&variables.values, Some(&variables.marked), all);
    let settings = resolver.settings(&marked).ok()?;
    let variant = |target: &Target| {
        let mut resolver = Resolver::new(&variables.values, None, all);
        let real = resolver.settings(target).ok()?;
        let mut places = variables.places.clone();
        keys.iter()
            .for_each(|key| key.fill(&target.cell, &mut places));
        let built = Built::new(target, &real, &settings, &places).ok()??;
        Some(built.variant(built.names.clone()))
    };
    targets.iter().map(variant).collect()
}

/// The patterns of repository and tag of each name.
fn patterns(variant: &Variant) -> Vec<(&str, &str)> {
    let names = variant.names.iter();
    names
        .map(|name| (name.repository.pattern.as_str(), name.tag.pattern.as_str()))
        .collect()
}

/// Whether the image alone expands to its cells.
fn holds(image: &Image, variables: &Variables) -> bool {
    verified(&Published {
        workspace: String::from("verify"),
        variables: variables.named().collect(),
        images: vec![image.clone()],
        ..Published::default()
    })
    .is_ok()
}

/// The keys of a matrix whose values have names.
fn keys(targets: &[Target]) -> Option<Vec<Key>> {
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
        let name = if TAKEN.contains(&key) {
            format!("{key}-name")
        } else {
            key.to_owned()
        };
        let named = |naming: Option<&str>| {
            let own = |value: &Value| match naming {
                Some(naming) => value.as_object()?.get(naming).and_then(value::text),
                None => value::text(value),
            };
            let values: IndexMap<String, Value> = all
                .iter()
                .map(|value| Some((own(value)?, (*value).clone())))
                .collect::<Option<_>>()?;
            (values.len() == all.len() && !values.contains_key("")).then_some(values)
        };
        let (naming, values) = match all.first()? {
            Value::Object(first) => first
                .keys()
                .find_map(|key| Some((Some(key.clone()), named(Some(key))?)))?,
            _ => (None, named(None)?),
        };
        Some(Self {
            key: key.to_owned(),
            name,
            naming,
            values,
        })
    }

    /// The placeholder for a key of a value that is a map.
    fn place(&self, key: &str) -> String {
        if self.naming.as_deref() == Some(key) {
            self.name.clone()
        } else {
            format!("{}.{key}", self.name)
        }
    }

    fn mark(&self) -> Value {
        match self.values.values().next() {
            Some(Value::Object(first)) => Value::Object(
                first
                    .keys()
                    .map(|key| (key.clone(), mark::mark(&self.place(key))))
                    .collect(),
            ),
            _ => mark::mark(&self.name),
        }
    }

    /// The values of the placeholders in a cell.
    fn fill(&self, cell: &Values, places: &mut Values) {
        match cell.get(&self.key) {
            Some(Value::Object(items)) => places.extend(
                items
                    .iter()
                    .map(|(key, value)| (self.place(key), value.clone())),
            ),
            Some(value) => drop(places.insert(self.name.clone(), value.clone())),
            None => {}
        }
    }

    /// The index of its value in a cell.
    fn at(&self, cell: &Values) -> Option<usize> {
        let value = cell.get(&self.key)?;
        self.values.values().position(|known| known == value)
    }

    fn axis(&self) -> published::Axis {
        let value = |(name, value): (&String, &Value)| {
            let items = value.as_object().into_iter().flatten();
            let data = items.filter(|(key, _)| self.naming.as_ref() != Some(*key));
            let text = |(key, value)| Some((String::clone(key), literal(&value::text(value)?)));
            published::Value {
                name: name.clone(),
                data: data.filter_map(text).collect(),
                ..published::Value::default()
            }
        };
        published::Axis::new(&self.name, self.values.iter().map(value).collect())
    }
}
