//! The image node for a grid.

use super::axes::{Grid, Value};
use super::lay::{Layout, layout};
use crate::import::entry::platforms;
use crate::import::write::Node;
use crate::name::Platform;
use crate::tag::Rung;
use indexmap::{IndexMap, IndexSet};

/// The image with axes, rules and settings; `per` is that of its tags.
pub(super) fn image(name: &str, grid: &Grid, per: Option<&str>) -> Node {
    let layout = layout(grid);
    let mut image = Node::new("image")
        .arg(name)
        .open()
        .spaced()
        .child(versions(grid, &layout));
    if grid.variants.len() > 1 || !grid.variants[0].token.is_empty() {
        image = image.child(variants(grid, &layout));
    }
    image = image
        .children(excludes(grid))
        .children(layout.nodes)
        .children(built(grid));
    let rule = |pattern: &str| {
        let tag = Node::new("tag").arg(pattern);
        per.map_or(tag.clone(), |per| tag.prop("per", per))
    };
    let two = image_has_variants(grid);
    let own = rule(if two {
        "{version}-{variant}"
    } else {
        "{version}"
    })
    .spaced();
    image.child(own).children(extras(grid, rule))
}

fn image_has_variants(grid: &Grid) -> bool {
    grid.variants.len() > 1 || !grid.variants[0].token.is_empty()
}

fn versions(grid: &Grid, layout: &Layout) -> Node {
    let rungs = rungs(&grid.versions);
    let mut axis = Node::new("axis").arg("version").open();
    if grid.versions.iter().any(|value| value.version().is_some()) {
        let rungs: Vec<&str> = rungs.iter().map(|rung| rung.as_str()).collect();
        axis = axis.prop("kind", "version").prop("rungs", &rungs.join(" "));
    }
    let value = |(at, value): (usize, &Value)| {
        let stable = value.version().filter(|version| !version.is_prerelease());
        let climbs = |token: &str| {
            stable
                .as_ref()
                .is_some_and(|version| rungs.iter().any(|rung| rung.text(version) == Some(token)))
        };
        let aliases = value
            .tokens
            .iter()
            .filter(|token| **token != value.token && !climbs(token));
        self::value(value, aliases, false, layout.versions.get(at))
    };
    axis.children(grid.versions.iter().enumerate().map(value))
}

/// The rungs that the versions use.
fn rungs(values: &[Value]) -> Vec<Rung> {
    let image_refs = |rung: Rung| {
        let versions = values.iter().filter_map(|value| {
            Some((
                value,
                value.version().filter(|version| !version.is_prerelease())?,
            ))
        });
        rung == Rung::Full
            || versions.into_iter().any(|(value, version)| {
                rung.text(&version)
                    .is_some_and(|text| value.tokens.contains(text))
            })
    };
    Rung::ALL
        .into_iter()
        .filter(|rung| image_refs(*rung))
        .collect()
}

fn variants(grid: &Grid, layout: &Layout) -> Node {
    let value = |(at, value): (usize, &Value)| {
        let default = !value.token.is_empty() && value.tokens.contains("");
        let aliases = value
            .tokens
            .iter()
            .filter(|token| **token != value.token && !token.is_empty());
        self::value(value, aliases, default, layout.variants.get(at))
    };
    Node::new("axis")
        .arg("variant")
        .open()
        .children(grid.variants.iter().enumerate().map(value))
}

fn value<'a>(
    value: &Value,
    aliases: impl Iterator<Item = &'a String>,
    default: bool,
    data: Option<&Node>,
) -> Node {
    let mut node = Node::new("value").arg(&value.name);
    if value.name != value.token {
        node = node.prop("token", &value.token);
    }
    for (flag, word) in [(default, "default"), (value.shared, "shared")] {
        node = if flag { node.flag(word) } else { node };
    }
    let aliases: Vec<&str> = aliases.map(String::as_str).collect();
    if !aliases.is_empty() {
        node = node.child(Node::new("alias").args(aliases));
    }
    node.children(data.cloned())
}

/// The empty cells of the grid, grouped by versions with the same ones.
fn excludes(grid: &Grid) -> Vec<Node> {
    let mut missing: IndexMap<Vec<usize>, Vec<usize>> = IndexMap::new();
    for version in 0..grid.versions.len() {
        let has: IndexSet<usize> = grid
            .cells
            .iter()
            .filter(|cell| cell.version == version)
            .map(|cell| cell.variant)
            .collect();
        let lacks: Vec<usize> = (0..grid.variants.len())
            .filter(|variant| !has.contains(variant))
            .collect();
        if !lacks.is_empty() {
            missing.entry(lacks).or_default().push(version);
        }
    }
    let node = |(lacks, versions): (Vec<usize>, Vec<usize>)| {
        let patterns = patterns(&grid.variants, &lacks);
        let exclude = Node::new("exclude").props(
            "version",
            versions.iter().map(|at| grid.versions[*at].name.as_str()),
        );
        exclude.props("variant", patterns.iter().map(String::as_str))
    };
    missing.into_iter().map(node).collect()
}

/// Values by name, with `begin-*` for several that alone begin with the same word.
fn patterns(values: &[Value], picked: &[usize]) -> Vec<String> {
    let stem = |at: usize| {
        values[at]
            .name
            .split_once('-')
            .map(|(stem, _)| format!("{stem}-"))
    };
    let all = |stem: &str, of: &mut dyn Iterator<Item = usize>| {
        of.filter(|at| values[*at].name.starts_with(stem)).count()
    };
    let mut found = IndexSet::new();
    for at in picked {
        let group = stem(*at).filter(|stem| {
            let count = all(stem, &mut picked.iter().copied());
            count > 1 && count == all(stem, &mut (0..values.len()))
        });
        found.insert(group.map_or_else(|| values[*at].name.clone(), |stem| format!("{stem}*")));
    }
    found.into_iter().collect()
}

/// The platforms of each cell: the most common ones for all, others by variant or by cell.
fn built(grid: &Grid) -> Vec<Node> {
    let mut sets: IndexMap<&[Platform], Vec<usize>> = IndexMap::new();
    for (at, cell) in grid.cells.iter().enumerate() {
        sets.entry(&cell.entry.platforms).or_default().push(at);
    }
    let common = sets
        .iter()
        .enumerate()
        .max_by_key(|(at, (_, cells))| (cells.len(), usize::MAX - at))
        .map(|(at, _)| at);
    let Some((first, _)) = common.and_then(|at| sets.shift_remove_index(at)) else {
        return Vec::new();
    };
    let mut nodes = vec![platforms(first).spaced()];
    for (set, cells) in sets {
        let whole = |variant: usize| {
            grid.cells
                .iter()
                .filter(|cell| cell.variant == variant)
                .all(|cell| cell.entry.platforms == set)
        };
        let (columns, single): (Vec<usize>, Vec<usize>) = cells
            .into_iter()
            .partition(|at| whole(grid.cells[*at].variant));
        let columns: IndexSet<usize> = columns
            .into_iter()
            .map(|at| grid.cells[at].variant)
            .collect();
        if !columns.is_empty() {
            let patterns = patterns(&grid.variants, &columns.into_iter().collect::<Vec<_>>());
            nodes.push(
                Node::new("when")
                    .props("variant", patterns.iter().map(String::as_str))
                    .child(platforms(set)),
            );
        }
        nodes.extend(
            single
                .into_iter()
                .map(|at| when(grid, at).child(platforms(set))),
        );
    }
    nodes
}

/// `when version=… variant=…` for one cell.
pub(super) fn when(grid: &Grid, cell: usize) -> Node {
    let cell = &grid.cells[cell];
    let node = Node::new("when").prop("version", &grid.versions[cell.version].name);
    if image_has_variants(grid) {
        node.prop("variant", &grid.variants[cell.variant].name)
    } else {
        node
    }
}

/// Tags that a variant has only in some versions.
fn extras(grid: &Grid, rule: impl Fn(&str) -> Node) -> Vec<Node> {
    let mut more: IndexMap<(usize, Vec<&str>), Vec<usize>> = IndexMap::new();
    for cell in &grid.cells {
        let known = &grid.variants[cell.variant].tokens;
        let own: Vec<&str> = cell
            .tokens
            .iter()
            .filter(|token| !known.contains(*token))
            .map(String::as_str)
            .collect();
        if !own.is_empty() {
            more.entry((cell.variant, own))
                .or_default()
                .push(cell.version);
        }
    }
    let node = |((variant, tokens), versions): ((usize, Vec<&str>), Vec<usize>)| {
        let when = Node::new("when").props(
            "version",
            versions.iter().map(|at| grid.versions[*at].name.as_str()),
        );
        let tags = tokens.iter().map(|token| {
            rule(&if token.is_empty() {
                String::from("{version}")
            } else {
                format!("{{version}}-{token}")
            })
        });
        when.prop("variant", &grid.variants[variant].name)
            .children(tags)
    };
    more.into_iter().map(node).collect()
}
