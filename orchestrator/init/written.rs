//! The manifest for a folder of Dockerfiles, as a person would write it.

use crate::import::write::{Node, document, literal};
use crate::import::{image_name, unique};
use crate::name::Reference;
use indexmap::IndexMap;
use std::collections::BTreeSet;

/// One Dockerfile of an image.
pub(super) struct Row {
    pub tag: String,
    pub path: String,
    pub context: Option<String>,
    /// Whether it can be built as it is; if not, its node in the manifest is commented out with `/-`.
    pub sound: bool,
    /// Whether it also has the tag `latest`.
    pub latest: bool,
    /// A name in the fleet's repositories that none of its images has.
    pub outside: Option<Reference>,
}

/// One image of the fleet.
pub(super) struct Image {
    pub name: String,
    /// Patterns of repositories; empty for those of the workspace.
    pub publish: Vec<String>,
    pub rows: Vec<Row>,
}

/// The whole text.
pub(super) fn manifest(comment: &str, workspace: Node, images: &[Image]) -> String {
    let bases = Bases::new(images);
    let mut nodes = vec![workspace];
    nodes.extend(bases.0.iter().enumerate().map(|(at, (reference, name))| {
        let node = Node::new("base")
            .arg(name)
            .prop("from", &literal(&reference.to_string()));
        if at == 0 { node.spaced() } else { node }
    }));
    nodes.extend(images.iter().map(|image| node(image, &bases)));
    document(comment, &nodes)
}

/// Images from outside that are declared, each with a unique name.
struct Bases(IndexMap<Reference, String>);

impl Bases {
    fn new(images: &[Image]) -> Self {
        let (mut named, mut taken) = (IndexMap::new(), BTreeSet::new());
        for reference in images
            .iter()
            .flat_map(|image| &image.rows)
            .filter(|row| row.sound)
            .filter_map(|row| row.outside.as_ref())
        {
            if !named.contains_key(reference) {
                let plain = image_name(&reference.familiar());
                let name = unique(&plain, |name| taken.contains(name));
                taken.insert(name.clone());
                named.insert(reference.clone(), name);
            }
        }
        Self(named)
    }

    fn from(&self, row: &Row) -> Option<Node> {
        Some(Node::new("from").prop("base", self.0.get(row.outside.as_ref()?)?))
    }
}

fn node(image: &Image, bases: &Bases) -> Node {
    let name = if image.rows.iter().any(|row| row.sound) {
        "image"
    } else {
        "/-image"
    };
    let node = Node::new(name).arg(&image.name).open().spaced();
    let publish = image
        .publish
        .iter()
        .map(|pattern| Node::new("publish").arg(pattern));
    match image.rows.as_slice() {
        [row] => {
            let node = node
                .children(publish)
                .child(Node::new("dockerfile").arg(&literal(&row.path)));
            let context = row
                .context
                .as_ref()
                .map(|context| Node::new("context").arg(&literal(context)));
            let latest = row.latest.then(|| Node::new("tag").arg("latest"));
            node.children(context)
                .children(bases.from(row))
                .child(Node::new("tag").arg(&row.tag))
                .children(latest)
        }
        rows => several(node.children(publish), rows, bases),
    }
}

/// An axis of tags. If the paths contain the tags, one pattern covers all of them.
fn several(node: Node, rows: &[Row], bases: &Bases) -> Node {
    let pattern = pattern(rows);
    let value = |row: &Row| {
        let value = Node::new(if row.sound || rows.iter().all(|row| !row.sound) {
            "value"
        } else {
            "/-value"
        })
        .arg(&row.tag);
        if pattern.is_some() {
            value
        } else {
            value.child(Node::new("set").prop("dockerfile", &literal(&row.path)))
        }
    };
    let axis = Node::new("axis")
        .arg("variant")
        .open()
        .children(rows.iter().map(value));
    let dockerfile = Node::new("dockerfile")
        .arg(pattern.as_deref().unwrap_or("{variant.dockerfile}"))
        .spaced();
    let node = node.child(axis).child(dockerfile);
    let sound: Vec<&Row> = rows
        .iter()
        .filter(|row| row.sound || rows.iter().all(|row| !row.sound))
        .collect();
    let contexts = settings(&sound, |row| {
        Some(Node::new("context").arg(&literal(row.context.as_deref()?)))
    });
    let froms = settings(&sound, |row| bases.from(row));
    node.children(contexts)
        .children(froms)
        .child(Node::new("tag").arg("{variant}").spaced())
}

/// Settings of some variants, each written once; without a `when` if all have the same.
fn settings(rows: &[&Row], of: impl Fn(&Row) -> Option<Node>) -> Vec<Node> {
    let mut said: Vec<(Node, Vec<&str>)> = Vec::new();
    for (node, tag) in rows
        .iter()
        .filter_map(|row| Some((of(row)?, row.tag.as_str())))
    {
        match said.iter_mut().find(|(other, _)| *other == node) {
            Some((_, tags)) => tags.push(tag),
            None => said.push((node, vec![tag])),
        }
    }
    let when = |(node, tags): (Node, Vec<&str>)| {
        if tags.len() == rows.len() {
            node
        } else {
            Node::new("when").props("variant", tags).child(node)
        }
    };
    said.into_iter().map(when).collect()
}

/// One path with `{variant}` in it, if that expands to all of theirs.
fn pattern(rows: &[Row]) -> Option<String> {
    let first = rows.first()?;
    let (before, after) = first.path.rsplit_once(&format!("/{}/", first.tag))?;
    let all = rows
        .iter()
        .all(|row| row.path == format!("{before}/{}/{after}", row.tag));
    all.then(|| format!("{}/{{variant}}/{}", literal(before), literal(after)))
}
