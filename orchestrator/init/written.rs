//! The manifest for a folder of Dockerfiles, as a person would write it.

use super::grid::{Grid, grid, list, of_machines};
use super::row::Row;
use super::{machine, mounts};
use crate::import::write::{Node, document, literal};
use crate::import::{image_name, unique};
use crate::name::Reference;
use crate::text::kdl::LARGEST_FILE;
use indexmap::IndexMap;
use std::collections::{BTreeSet, HashMap, HashSet};

/// The file that the others are included by.
const MANIFEST: &str = "kiln.kdl";

/// The size of a file with images, in bytes, from which the next one begins.
const PART: usize = LARGEST_FILE / 2;

/// One image of the fleet.
pub(super) struct Image {
    pub name: String,
    /// Patterns of repositories; empty for those of the workspace.
    pub publish: Vec<String>,
    pub rows: Vec<Row>,
}

/// How the Dockerfiles of one image are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// With an axis for each level of folders, where that is shorter.
    Axes,
    /// With one axis of all tags.
    Tags,
}

/// The text of each file: `kiln.kdl`, and the files that it includes if it would be too large.
pub(super) fn manifest(
    comment: &str,
    workspace: Node,
    images: &[Image],
    layout: Layout,
) -> Vec<(String, String)> {
    let grids: Vec<Option<Grid>> = images.iter().map(|image| axes(image, layout)).collect();
    let sources = Sources {
        bases: Bases::new(images),
        variants: variants(images, &grids),
    };
    let bases = &sources.bases;
    let mut nodes = vec![workspace];
    nodes.extend(bases.0.iter().enumerate().map(|(at, (reference, name))| {
        let node = Node::new("base")
            .arg(name)
            .prop("from", &literal(&reference.to_string()));
        if at == 0 {
            node.spaced()
                .comment("Images in this fleet's repositories that no folder makes.")
        } else {
            node
        }
    }));
    let images = images.iter().zip(&grids);
    let images: Vec<Node> = images
        .map(|(image, grid)| node(image, grid.as_ref(), &sources))
        .collect();
    let whole = document(comment, &[nodes.as_slice(), &images].concat());
    match whole.len() > LARGEST_FILE {
        true => parts(comment, nodes, images),
        false => vec![(String::from(MANIFEST), whole)],
    }
}

/// The same in several files.
fn parts(comment: &str, mut nodes: Vec<Node>, images: Vec<Node>) -> Vec<(String, String)> {
    let mut parts: Vec<(usize, Vec<Node>)> = Vec::new();
    for image in images {
        let size = document("", std::slice::from_ref(&image)).len() + 1;
        match parts.last_mut().filter(|(sum, _)| sum + size <= PART) {
            Some((sum, part)) => {
                *sum += size;
                part.push(image);
            }
            None => parts.push((size, vec![image])),
        }
    }
    let named = |(at, (_, images)): (usize, (usize, Vec<Node>))| {
        (format!("images-{}.kdl", at + 1), document(comment, &images))
    };
    let parts: Vec<(String, String)> = parts.into_iter().enumerate().map(named).collect();
    let includes = parts.iter().map(|(path, _)| Node::new("include").arg(path));
    nodes.extend(
        includes
            .enumerate()
            .map(|(at, node)| if at == 0 { node.spaced() } else { node }),
    );
    let main = (String::from(MANIFEST), document(comment, &nodes));
    std::iter::once(main).chain(parts).collect()
}

/// The axes of an image that several Dockerfiles make.
fn axes(image: &Image, layout: Layout) -> Option<Grid> {
    let rows = image.rows.as_slice();
    if let Some(platforms) = machine::platforms(rows) {
        return Some(of_machines(rows, &platforms));
    }
    let levels = || grid(rows).filter(|_| layout == Layout::Axes);
    (rows.len() > 1).then(|| levels().unwrap_or_else(|| list(rows)))
}

/// By path, the properties that name the variant of each Dockerfile.
type Variants<'a> = HashMap<&'a str, Vec<(&'a str, &'a str)>>;

fn variants<'a>(images: &'a [Image], grids: &'a [Option<Grid>]) -> Variants<'a> {
    let of = |(image, grid): (&'a Image, &'a Option<Grid>)| {
        let rows = image.rows.iter().enumerate();
        rows.map(move |(at, row)| {
            let cell = grid.iter().flat_map(move |grid| grid.cell(at));
            let image = ("image", image.name.as_str());
            (
                row.path.as_str(),
                std::iter::once(image).chain(cell).collect(),
            )
        })
    };
    images.iter().zip(grids).flat_map(of).collect()
}

/// What names in Dockerfiles can mean.
struct Sources<'a> {
    bases: Bases,
    variants: Variants<'a>,
}

impl Sources<'_> {
    /// The nodes for the names that a Dockerfile's FROM lines alone do not explain.
    fn of(&self, row: &Row) -> Vec<Node> {
        let local = |(name, path): &(String, String)| {
            let node = Node::new("contexts").arg(&literal(name));
            let named = self.variants.get(path.as_str())?.iter();
            Some(named.fold(node, |node, (name, value)| node.prop(name, value)))
        };
        let locals = row.locals.iter().filter_map(local);
        self.bases.of(row).into_iter().chain(locals).collect()
    }
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
            .flat_map(|row| &row.outside)
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

    /// The first is what the image is based on, as far as the manifest knows; the others are named contexts.
    fn of(&self, row: &Row) -> Vec<Node> {
        let node = |(at, reference): (usize, &Reference)| {
            let name = self.0.get(reference)?;
            Some(match at {
                0 => Node::new("from").prop("base", name),
                _ => Node::new("contexts")
                    .arg(&literal(&reference.familiar()))
                    .prop("base", name),
            })
        };
        row.outside.iter().enumerate().filter_map(node).collect()
    }
}

fn node(image: &Image, grid: Option<&Grid>, sources: &Sources<'_>) -> Node {
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
    let node = node.children(publish);
    match (image.rows.as_slice(), grid) {
        (rows, Some(grid)) => several(node, rows, sources, grid),
        (rows, None) => rows
            .iter()
            .fold(node, |node, row| single(node, row, sources)),
    }
}

fn single(node: Node, row: &Row, sources: &Sources<'_>) -> Node {
    let context = row
        .context
        .as_ref()
        .map(|context| Node::new("context").arg(&literal(context)));
    let tag = |tag: &String| Node::new("tag").arg(tag);
    let platforms = row
        .platform
        .map(|platform| Node::new("platforms").arg(platform));
    node.child(Node::new("dockerfile").arg(&literal(&row.path)))
        .children(context)
        .children(platforms)
        .children(args(row))
        .children(network(row))
        .children(row.mounts.iter().map(mounts::node))
        .children(sources.of(row))
        .children(row.tags.iter().map(tag))
}

fn args(row: &Row) -> Vec<Node> {
    let arg = |(name, value): &(String, String)| Node::new("arg").prop(name, &literal(value));
    row.args.iter().map(arg).collect()
}

fn network(row: &Row) -> Vec<Node> {
    let host = || Node::new("network").arg(&literal("host"));
    row.network.then(host).into_iter().collect()
}

fn several(node: Node, rows: &[Row], sources: &Sources<'_>, grid: &Grid) -> Node {
    let sound: Vec<usize> = (0..rows.len())
        .filter(|at| rows[*at].sound || rows.iter().all(|row| !row.sound))
        .collect();
    let context = |row: &Row| {
        let context = row
            .context
            .as_deref()
            .map(|context| Node::new("context").arg(&literal(context)));
        context.into_iter().collect()
    };
    let patterns = patterns(rows, grid);
    let tags = |row: &Row| {
        let others = row.tags.iter().skip(1).filter(|_| !grid.is_shared);
        let written = |tag: &String| {
            let pattern = patterns.get(&(row.path.as_str(), tag.as_str()));
            Node::new("tag").arg(pattern.unwrap_or(tag))
        };
        others.map(written).collect()
    };
    let platforms = |row: &Row| {
        let platforms = row.platform.into_iter();
        platforms
            .map(|platform| Node::new("platforms").arg(platform))
            .collect()
    };
    node.children(grid.axes())
        .children(grid.dockerfiles())
        .children(settings(rows, &sound, grid, context))
        .children(settings(rows, &sound, grid, platforms))
        .children(settings(rows, &sound, grid, args))
        .children(settings(rows, &sound, grid, network))
        .children(settings(rows, &sound, grid, |row| {
            row.mounts.iter().map(mounts::node).collect()
        }))
        .children(settings(rows, &sound, grid, |row| sources.of(row)))
        .children(grid.tags())
        .children(settings(rows, &sound, grid, tags))
}

/// By path and tag, the patterns that write tags of several rows at once: `{version}-{variant}` for the tags `1-a` and `2-b`.
fn patterns<'a>(rows: &'a [Row], grid: &Grid) -> HashMap<(&'a str, &'a str), String> {
    let mut all = HashMap::new();
    let mut counts: HashMap<String, usize> = HashMap::new();
    for (at, row) in rows.iter().enumerate() {
        for tag in row.tags.iter().skip(1) {
            let pattern = grid.pattern_of(at, tag);
            *counts.entry(pattern.clone()).or_default() += 1;
            all.insert((row.path.as_str(), tag.as_str()), pattern);
        }
    }
    all.retain(|_, pattern| counts[pattern] > 1);
    all
}

/// Settings of some variants, each written once; without a `when` if all have the same.
fn settings(
    rows: &[Row],
    sound: &[usize],
    grid: &Grid,
    of: impl Fn(&Row) -> Vec<Node>,
) -> Vec<Node> {
    let mut said: IndexMap<Vec<Node>, Vec<usize>> = IndexMap::new();
    for at in sound {
        said.entry(of(&rows[*at])).or_default().push(*at);
    }
    let when = |(nodes, some): (Vec<Node>, Vec<usize>)| {
        if nodes.is_empty() || some.len() == sound.len() {
            return nodes;
        }
        let some: HashSet<usize> = some.into_iter().collect();
        grid.selections(&some, sound)
            .into_iter()
            .map(|when| when.children(nodes.clone()))
            .collect()
    };
    said.into_iter().flat_map(when).collect()
}
