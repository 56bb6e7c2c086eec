//! The axes of an image: one for each level of its folders, or one of all its tags.

use super::machine;
use super::row::Row;
use super::word::{is_distro, is_version};
use crate::import::write::{Node, literal};
use indexmap::{IndexMap, IndexSet};
use std::collections::HashSet;

/// The value of the last axis for a folder that has nothing in its place.
const PLAIN: &str = "plain";

/// The most levels that are axes.
const LEVELS: usize = 3;

/// The most `exclude` nodes that are shorter than a list of tags.
const EXCLUDES: usize = 4;

/// The axes of an image, and where each of its Dockerfiles is among them.
pub(super) struct Grid {
    /// Their names.
    names: Vec<&'static str>,
    /// Their nodes, and the cells that no Dockerfile makes.
    axes: Vec<Node>,
    dockerfiles: Vec<Node>,
    /// By row, the value on each axis.
    cells: Vec<Vec<String>>,
    /// The patterns of the tags that name the variants.
    tags: Vec<String>,
    /// Whether all variants share these tags.
    pub is_shared: bool,
}

impl Grid {
    pub fn axes(&self) -> Vec<Node> {
        self.axes.clone()
    }

    pub fn dockerfiles(&self) -> Vec<Node> {
        self.dockerfiles.clone()
    }

    /// The value of a row on each axis.
    pub fn cell(&self, row: usize) -> impl Iterator<Item = (&str, &str)> {
        self.names
            .iter()
            .copied()
            .zip(self.cells[row].iter().map(String::as_str))
    }

    /// The tags that name the variants.
    pub fn tags(&self) -> impl Iterator<Item = Node> {
        let nodes = self.tags.iter().map(|tag| Node::new("tag").arg(tag));
        nodes.enumerate().map(|(at, node)| match at {
            0 => node.spaced(),
            _ => node,
        })
    }

    /// `when` nodes that match exactly these of all rows.
    pub fn selections(&self, some: &HashSet<usize>, all: &[usize]) -> Vec<Node> {
        if let Some(when) = self.product(some, all) {
            return vec![when];
        }
        let mut lines: IndexMap<&[String], Vec<&str>> = IndexMap::new();
        for at in all.iter().filter(|at| some.contains(at)) {
            if let Some((last, first)) = self.cells[*at].split_last() {
                lines.entry(first).or_default().push(last);
            }
        }
        let when = |(first, last): (&[String], Vec<&str>)| {
            let node = first
                .iter()
                .zip(&self.names)
                .fold(Node::new("when"), |node, (value, name)| {
                    node.prop(name, value)
                });
            self.names
                .last()
                .map_or(Node::new("when"), |name| node.props(name, last))
        };
        lines.into_iter().map(when).collect()
    }
}

impl Grid {
    /// One `when` node with values of as few axes as possible, if that matches exactly these of all rows.
    fn product(&self, some: &HashSet<usize>, all: &[usize]) -> Option<Node> {
        let values = |axis: usize| -> IndexSet<&str> {
            let own = all.iter().filter(|at| some.contains(at));
            own.map(|at| self.cells[*at][axis].as_str()).collect()
        };
        let values: Vec<IndexSet<&str>> = (0..self.names.len()).map(values).collect();
        let is_exact = |axes: &[usize]| {
            let has = |at: &&usize| {
                let mut axes = axes.iter();
                axes.all(|axis| values[*axis].contains(self.cells[**at][*axis].as_str()))
            };
            all.iter().filter(has).count() == some.len()
        };
        let single = (0..values.len()).map(|axis| vec![axis]);
        let mut least: Vec<usize> = (0..values.len()).collect();
        for axis in 0..values.len() {
            let fewer: Vec<usize> = least.iter().copied().filter(|one| *one != axis).collect();
            if !fewer.is_empty() && is_exact(&fewer) {
                least = fewer;
            }
        }
        let axes = single.chain([least]).find(|axes| is_exact(axes))?;
        let node = axes.into_iter().fold(Node::new("when"), |node, axis| {
            node.props(self.names[axis], values[axis].iter().copied())
        });
        Some(node)
    }

    /// A tag as a pattern: each value of a row on an axis that is a whole piece of it becomes the name of the axis.
    pub fn pattern_of(&self, row: usize, tag: &str) -> String {
        let mut parts: Vec<String> = tag.split('-').map(literal).collect();
        for (name, value) in self.cell(row) {
            if let Some(part) = parts.iter_mut().find(|part| *part == value) {
                *part = format!("{{{name}}}");
            }
        }
        parts.join("-")
    }
}

/// One axis of all tags. If the paths contain the tags, one pattern covers all of them.
pub(super) fn list(rows: &[Row]) -> Grid {
    let name = match rows.iter().all(|row| is_version(row.tag())) {
        true => "version",
        false => "variant",
    };
    let pattern = one_pattern(rows.iter().map(|row| pattern(row, &[(row.tag(), name)])));
    let value = |row: &Row| {
        let word = if row.sound || rows.iter().all(|row| !row.sound) {
            "value"
        } else {
            "/-value"
        };
        let value = Node::new(word).arg(row.tag());
        match &pattern {
            Some(_) => value,
            None => value.child(Node::new("set").prop("dockerfile", &literal(&row.path))),
        }
    };
    let axis = Node::new("axis")
        .arg(name)
        .open()
        .children(rows.iter().map(value));
    let dockerfile = pattern
        .clone()
        .unwrap_or_else(|| format!("{{{name}.dockerfile}}"));
    Grid {
        names: vec![name],
        axes: vec![axis],
        dockerfiles: vec![Node::new("dockerfile").arg(&dockerfile).spaced()],
        cells: rows.iter().map(|row| vec![row.tag().to_owned()]).collect(),
        tags: vec![format!("{{{name}}}")],
        is_shared: false,
    }
}

/// An axis of machines, which tags do not name: each Dockerfile makes the same image for one of these platforms.
pub(super) fn of_machines(rows: &[Row], platforms: &[&str]) -> Grid {
    let names: Vec<String> = platforms
        .iter()
        .map(|platform| machine::name(platform))
        .collect();
    let value = |(name, row): (&String, &Row)| {
        let set = Node::new("set").prop("dockerfile", &literal(&row.path));
        let value = Node::new("value").arg(name).prop("token", "");
        value.flag("shared").child(set)
    };
    let values = names.iter().zip(rows).map(value);
    let usual = rows.iter().find(|row| row.words.is_empty());
    let tags = usual.into_iter().flat_map(|row| &row.tags);
    let pattern = |tag: &String| match tag.as_str() {
        "latest" => String::from("{machine}"),
        tag => format!("{tag}-{{machine}}"),
    };
    Grid {
        names: vec!["machine"],
        axes: vec![Node::new("axis").arg("machine").open().children(values)],
        dockerfiles: vec![Node::new("dockerfile").arg("{machine.dockerfile}").spaced()],
        tags: tags.map(pattern).collect(),
        cells: names.into_iter().map(|name| vec![name]).collect(),
        is_shared: true,
    }
}

/// An axis for each level of the folders, if the tags are their words and few combinations are missing.
pub(super) fn grid(rows: &[Row]) -> Option<Grid> {
    let levels = rows.iter().map(|row| row.words.len()).max()?;
    let is_fit = |row: &Row| {
        let is_level = row.words.len() == levels || row.words.len() + 1 == levels;
        row.sound
            && is_level
            && row.tag() == row.words.join("-")
            && row.words.get(levels - 1).is_none_or(|last| last != PLAIN)
    };
    if !(2..=LEVELS).contains(&levels) || !rows.iter().all(is_fit) {
        return None;
    }
    let cells: Vec<Vec<String>> = rows.iter().map(|row| cell(row, levels)).collect();
    let names = names(&cells, levels)?;
    let dockerfiles = dockerfiles(rows, &names)?;
    let values: Vec<IndexSet<&str>> = (0..levels)
        .map(|axis| cells.iter().map(|cell| cell[axis].as_str()).collect())
        .collect();
    let axis = |(name, values): (&&str, &IndexSet<&str>)| {
        let value = |value: &&str| {
            let node = Node::new("value").arg(value);
            if *value == PLAIN {
                node.prop("token", "")
            } else {
                node
            }
        };
        Node::new("axis")
            .arg(name)
            .children(values.iter().map(value))
    };
    let mut axes: Vec<Node> = names.iter().zip(&values).map(axis).collect();
    axes.extend(excludes(&cells, &values, &names)?);
    let places = names.iter().map(|name| format!("{{{name}}}"));
    Some(Grid {
        tags: vec![places.collect::<Vec<_>>().join("-")],
        names,
        axes,
        dockerfiles,
        cells,
        is_shared: false,
    })
}

fn cell(row: &Row, levels: usize) -> Vec<String> {
    let words = row
        .words
        .iter()
        .cloned()
        .chain(std::iter::repeat(String::from(PLAIN)));
    words.take(levels).collect()
}

/// What each axis is called, by its values.
fn names(cells: &[Vec<String>], levels: usize) -> Option<Vec<&'static str>> {
    let name = |axis: usize| {
        let all = |is: fn(&str) -> bool| cells.iter().all(|cell| is(&cell[axis]));
        match (all(is_version), all(is_distro)) {
            (true, _) => "version",
            (_, true) => "distro",
            _ if axis == 0 => "series",
            _ => "variant",
        }
    };
    let names: Vec<&str> = (0..levels).map(name).collect();
    let distinct: HashSet<&&str> = names.iter().collect();
    (distinct.len() == levels).then_some(names)
}

/// The paths as one pattern, and another one for the folders without the last level.
fn dockerfiles(rows: &[Row], names: &[&'static str]) -> Option<Vec<Node>> {
    let of = |is_plain: bool| {
        let some = rows
            .iter()
            .filter(move |row| (row.words.len() < names.len()) == is_plain);
        one_pattern(some.map(|row| {
            let words = row.words.iter().map(String::as_str);
            pattern(row, &words.zip(names.iter().copied()).collect::<Vec<_>>())
        }))
    };
    let whole = Node::new("dockerfile").arg(&of(false)?).spaced();
    if rows.iter().all(|row| row.words.len() == names.len()) {
        return Some(vec![whole]);
    }
    let plain = Node::new("dockerfile").arg(&of(true)?);
    let when = Node::new("when").prop(names.last()?, PLAIN).child(plain);
    Some(vec![whole, when])
}

/// The pattern that all of them are.
fn one_pattern(mut all: impl Iterator<Item = Option<String>>) -> Option<String> {
    let first = all.next()??;
    all.all(|other| other.as_ref() == Some(&first))
        .then_some(first)
}

/// The path with names of axes in place of these words, in their order: `go/{version}/{variant}/Dockerfile`.
fn pattern(row: &Row, words: &[(&str, &str)]) -> Option<String> {
    let mut words = words.iter();
    let mut wanted = words.next();
    let mut out: Vec<String> = Vec::new();
    for part in row.path.split('/') {
        let found = wanted.and_then(|(word, name)| Some((around(part, word)?, name)));
        out.push(match found {
            Some(((before, after), name)) => {
                wanted = words.next();
                format!("{}{{{name}}}{}", literal(before), literal(after))
            }
            None => literal(part),
        });
    }
    wanted.is_none().then(|| out.join("/"))
}

/// What is before and after a word in a part of a path, if it is a whole word there.
fn around<'a>(part: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let is_end = |text: &str| text.is_empty() || text.starts_with(['-', '_', '.']);
    let is_start = |text: &str| text.is_empty() || text.ends_with(['-', '_', '.']);
    let mut places = part
        .match_indices(word)
        .map(|(at, _)| (&part[..at], &part[at + word.len()..]));
    places.find(|(before, after)| is_start(before) && is_end(after) && !word.is_empty())
}

/// Nodes for the cells that no Dockerfile makes; `None` if they are too many.
fn excludes(
    cells: &[Vec<String>],
    values: &[IndexSet<&str>],
    names: &[&'static str],
) -> Option<Vec<Node>> {
    let size = values
        .iter()
        .map(IndexSet::len)
        .try_fold(1_usize, usize::checked_mul)?;
    if size > cells.len().saturating_mul(2) {
        return None;
    }
    let has: HashSet<Vec<&str>> = cells
        .iter()
        .map(|cell| cell.iter().map(String::as_str).collect())
        .collect();
    if has.len() != cells.len() {
        return None;
    }
    let (last, first) = values.split_last()?;
    let heads = product(first);
    let missing = missing(&heads, last, &has)?;
    let above = &values[..names.len() - 2];
    let nodes: Vec<Node> = missing
        .iter()
        .flat_map(|(lacking, heads)| {
            lines(lacking, heads, above, first[names.len() - 2].len(), names)
        })
        .collect();
    (nodes.len() <= EXCLUDES).then_some(nodes)
}

/// By values of the last axis, and by those of the axes above the one before it: the values of that one.
type Missing<'h, 'a> = IndexMap<Vec<&'a str>, IndexMap<&'h [&'a str], Vec<&'a str>>>;

/// The cells that no Dockerfile makes; `None` if there is only one axis.
fn missing<'h, 'a>(
    heads: &'h [Vec<&'a str>],
    last: &IndexSet<&'a str>,
    has: &HashSet<Vec<&'a str>>,
) -> Option<Missing<'h, 'a>> {
    let mut missing = Missing::new();
    for head in heads {
        let lacks = |value: &&&'a str| !has.contains(&[head.as_slice(), &[**value]].concat());
        let lacking: Vec<&str> = last.iter().filter(lacks).copied().collect();
        let (end, start) = head.split_last()?;
        if !lacking.is_empty() {
            let ends = missing.entry(lacking).or_default().entry(start);
            ends.or_default().push(*end);
        }
    }
    Some(missing)
}

/// `exclude` nodes for the values of the last axis that are missing at these values of the others; `all` is how many values
/// the axis before the last one has.
fn lines(
    lacking: &[&str],
    heads: &IndexMap<&[&str], Vec<&str>>,
    above: &[IndexSet<&str>],
    all: usize,
    names: &[&'static str],
) -> Vec<Node> {
    let mut same: IndexMap<&Vec<&str>, Vec<&[&str]>> = IndexMap::new();
    for (start, ends) in heads {
        same.entry(ends).or_default().push(start);
    }
    let count = above.iter().map(IndexSet::len).product::<usize>();
    let end = |node: Node, ends: &[&str]| {
        // An axis that does not matter is not named.
        let node = match ends.len() == all && names.len() > 2 {
            true => node,
            false => node.props(names[names.len() - 2], ends.iter().copied()),
        };
        node.props(names[names.len() - 1], lacking.iter().copied())
    };
    let line = |(ends, starts): (&Vec<&str>, Vec<&[&str]>)| match starts.len() == count {
        true => vec![end(Node::new("exclude"), ends)],
        false => starts
            .into_iter()
            .map(|start| {
                let node = start
                    .iter()
                    .zip(names)
                    .fold(Node::new("exclude"), |node, (value, name)| {
                        node.prop(name, value)
                    });
                end(node, ends)
            })
            .collect(),
    };
    same.into_iter().flat_map(line).collect()
}

/// Every combination of values.
fn product<'a>(axes: &[IndexSet<&'a str>]) -> Vec<Vec<&'a str>> {
    axes.iter().fold(vec![Vec::new()], |all, axis| {
        let longer = |one: &Vec<&'a str>| {
            let one = one.clone();
            axis.iter()
                .map(move |value| [one.as_slice(), &[*value]].concat())
                .collect::<Vec<_>>()
        };
        all.iter().flat_map(longer).collect()
    })
}
