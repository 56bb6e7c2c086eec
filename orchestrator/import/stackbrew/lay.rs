//! The paths of the Dockerfiles: one path with axes in it, if the folders follow the grid.

use super::axes::{Grid, Value};
use super::build::when;
use crate::import::write::{Node, literal};
use std::collections::HashSet;

/// Data of the values, and the nodes that use it.
#[derive(Default)]
pub(super) struct Layout {
    /// By version; empty where no data is needed.
    pub versions: Vec<Node>,
    /// By variant.
    pub variants: Vec<Node>,
    /// `dockerfile`, `context` and `path`.
    pub nodes: Vec<Node>,
}

/// One axis' part of a path, with the data that its values need for it.
struct Part {
    pattern: String,
    data: Vec<Node>,
}

/// The layout of a grid.
pub(super) fn layout(grid: &Grid) -> Layout {
    along(grid).unwrap_or_else(|| Layout {
        nodes: one_by_one(grid),
        ..Layout::default()
    })
}

/// `{version.minor}/{variant}/Dockerfile`; `None` where folders do not follow the grid.
fn along(grid: &Grid) -> Option<Layout> {
    let file = &grid.cells.first()?.entry.file;
    if grid.cells.iter().any(|cell| cell.entry.file != *file) {
        return None;
    }
    let (mut tops, mut belows) = (
        vec![None; grid.versions.len()],
        vec![None; grid.variants.len()],
    );
    for cell in &grid.cells {
        let (top, below) = cell
            .entry
            .directory
            .split_once('/')
            .unwrap_or((&cell.entry.directory, ""));
        if *tops[cell.version].get_or_insert(top) != top
            || *belows[cell.variant].get_or_insert(below) != below
        {
            return None;
        }
    }
    let (tops, belows): (Vec<&str>, Vec<&str>) = (
        tops.into_iter().collect::<Option<_>>()?,
        belows.into_iter().collect::<Option<_>>()?,
    );
    let (top, below) = (top(&grid.versions, &tops), below(&grid.variants, &belows));
    let folder = format!("{}{}", top.pattern, below.pattern);
    let mut nodes = vec![
        Node::new("dockerfile")
            .arg(&format!("{folder}{}", literal(file)))
            .spaced(),
    ];
    if grid.cells[0].entry.context.is_some() {
        let context = folder.trim_end_matches('/');
        nodes.push(Node::new("context").arg(if context.is_empty() { "." } else { context }));
    }
    // Each variant has its own folder, and none of them is the image's.
    let folders: HashSet<&str> = grid
        .cells
        .iter()
        .map(|cell| cell.entry.directory.as_str())
        .collect();
    if folders.len() == grid.cells.len() && !folders.contains("") && folder.ends_with("}/") {
        nodes.push(Node::new("path").arg(folder.trim_end_matches('/')));
    }
    Some(Layout {
        versions: top.data,
        variants: below.data,
        nodes,
    })
}

fn top(values: &[Value], tops: &[&str]) -> Part {
    let series = |value: &Value, count: usize| {
        value.version().map_or(Some(value.name.clone()), |version| {
            version.series(count).map(str::to_owned)
        })
    };
    let fits = |of: &dyn Fn(&Value) -> Option<String>| {
        values
            .iter()
            .zip(tops)
            .all(|(value, top)| of(value).as_deref() == Some(*top))
    };
    let pattern = if tops.iter().all(|top| top.is_empty()) {
        ""
    } else if fits(&|value| series(value, 2)) {
        "{version.minor}/"
    } else if fits(&|value| series(value, 1)) {
        "{version.major}/"
    } else if fits(&|value| Some(value.name.clone())) {
        "{version}/"
    } else {
        return data("{version.folder}", tops);
    };
    Part {
        pattern: pattern.to_owned(),
        data: Vec::new(),
    }
}

fn below(values: &[Value], belows: &[&str]) -> Part {
    let named: Option<Vec<&str>> = values
        .iter()
        .zip(belows)
        .map(|(value, below)| below.strip_suffix(value.name.as_str()))
        .collect();
    let named = named.filter(|tops| tops.iter().all(|top| top.is_empty() || top.ends_with('/')));
    match named {
        _ if belows.iter().all(|below| below.is_empty()) => Part {
            pattern: String::new(),
            data: Vec::new(),
        },
        Some(above) if above.iter().all(|above| above.is_empty()) => Part {
            pattern: String::from("{variant}/"),
            data: Vec::new(),
        },
        Some(above) => {
            let data = above
                .iter()
                .map(|above| Node::new("set").prop("above", &literal(above)))
                .collect();
            Part {
                pattern: String::from("{variant.above}{variant}/"),
                data,
            }
        }
        None => data("{variant.folder}", belows),
    }
}

/// A folder per value, with its slash, since some may be empty.
fn data(pattern: &str, folders: &[&str]) -> Part {
    let set = |folder: &str| {
        if folder.is_empty() {
            String::new()
        } else {
            format!("{}/", literal(folder))
        }
    };
    if folders.iter().all(|folder| !folder.is_empty()) {
        let data = folders
            .iter()
            .map(|folder| Node::new("set").prop("folder", &literal(folder)))
            .collect();
        return Part {
            pattern: format!("{pattern}/"),
            data,
        };
    }
    Part {
        pattern: pattern.to_owned(),
        data: folders
            .iter()
            .map(|folder| Node::new("set").prop("folder", &set(folder)))
            .collect(),
    }
}

/// Each cell names its own Dockerfile.
fn one_by_one(grid: &Grid) -> Vec<Node> {
    let node = |(at, cell): (usize, &super::axes::Cell)| {
        let node =
            when(grid, at).child(Node::new("dockerfile").arg(&literal(&cell.entry.dockerfile())));
        node.children(
            cell.entry
                .context
                .as_ref()
                .map(|context| Node::new("context").arg(&literal(context))),
        )
    };
    grid.cells.iter().enumerate().map(node).collect()
}
