//! A matrix as axes: the texts of a target become patterns with placeholders that are the same for every cell.

use super::eval::{self, Values};
use super::image::{Built, Name};
use super::mark;
use super::target::{Resolver, Target};
use super::written::Image;
use crate::import::verify;
use crate::import::write::{Node, document, literal};
use hcl::Value;
use indexmap::IndexMap;
use std::collections::HashMap;

/// Reserved words, which cannot be axis names.
const TAKEN: [&str; 10] = [
    "image", "base", "var", "now", "sha", "branch", "tag", "describe", "revision", "probe",
];

/// The scopes that texts are evaluated in.
pub(super) struct Marks<'a> {
    pub values: &'a Values,
    pub marked: &'a Values,
    pub places: &'a Values,
    pub targets: &'a HashMap<String, Target<'a>>,
}

/// An axis of the manifest, from a key of the matrix.
struct Axis {
    /// The key in the matrix.
    key: String,
    name: String,
    /// If the values are maps, the key whose text names them.
    naming: Option<String>,
    /// By the value's name, in order.
    values: IndexMap<String, Value>,
}

/// The image with axes, if it expands to exactly these cells.
pub(super) fn image(
    name: &str,
    targets: &[Target],
    cells: &[Built],
    marks: &Marks,
) -> Option<Image> {
    let axes = axes(targets)?;
    let mut marked = targets.first()?.clone();
    marked.cell = axes
        .iter()
        .map(|axis| (axis.key.clone(), axis.mark()))
        .collect();
    let settings = Resolver::new(marks.values, Some(marks.marked), marks.targets)
        .settings(&marked)
        .ok()?;
    let mut patterns: Option<Built> = None;
    for target in targets {
        let real = Resolver::new(marks.values, None, marks.targets)
            .settings(target)
            .ok()?;
        let mut places = marks.places.clone();
        axes.iter()
            .for_each(|axis| axis.fill(&target.cell, &mut places));
        let built = Built::new(target, &real, &settings, &places).ok()??;
        if patterns.get_or_insert_with(|| built.clone()).patterns() != built.patterns() {
            return None;
        }
    }
    let published = cells
        .iter()
        .map(|cell| cell.published(&cell.references.iter().collect::<Vec<_>>()))
        .collect();
    let pattern = patterns?;
    let names: Vec<&Name> = pattern.references.iter().collect();
    let mut image = Image::new(name.to_owned(), pattern.clone(), &names, published);
    image.axes = axes.iter().map(Axis::node).collect();
    // The tags name the variants.
    let first = image.tags.first()?;
    let named = axes
        .iter()
        .all(|axis| first.contains(&format!("{{{}}}", axis.name)));
    (named && is_right(&image, marks)).then_some(image)
}

/// Whether the image alone expands to its cells.
fn is_right(image: &Image, marks: &Marks) -> bool {
    let variables = marks
        .places
        .iter()
        .filter_map(|(place, value)| Some((place.strip_prefix("var:")?, eval::text(value)?)));
    let mut nodes: Vec<Node> = variables
        .map(|(name, value)| Node::new("variable").arg(name).prop("default", &value))
        .collect();
    nodes.push(Node::new("workspace").arg("verify"));
    nodes.push(image.node(None));
    verify::verify(&document("", &nodes), &image.published).is_ok()
}

/// The axes of a matrix whose values have names.
fn axes(targets: &[Target]) -> Option<Vec<Axis>> {
    let keys: Vec<&String> = targets.first()?.cell.keys().collect();
    keys.into_iter()
        .map(|key| Axis::new(key, targets))
        .collect()
}

impl Axis {
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
                Some(naming) => value.as_object()?.get(naming).and_then(eval::text),
                None => eval::text(value),
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

    fn node(&self) -> Node {
        let value = |(name, value): (&String, &Value)| {
            let node = Node::new("value").arg(&literal(name));
            let data = value
                .as_object()
                .into_iter()
                .flatten()
                .filter(|(key, _)| self.naming.as_ref() != Some(*key));
            let data: Vec<(&String, String)> = data
                .filter_map(|(key, value)| Some((key, literal(&eval::text(value)?))))
                .collect();
            if data.is_empty() {
                node
            } else {
                node.child(
                    data.into_iter()
                        .fold(Node::new("set"), |set, (key, text)| set.prop(key, &text)),
                )
            }
        };
        Node::new("axis")
            .arg(&self.name)
            .open()
            .children(self.values.iter().map(value))
    }
}
