//! Writes the manifest of what a file publishes. Each image has a grid; a setting that variants do not have in common
//! is in `when` blocks.

mod setting;

use super::published::{Axis, Grid, Image, Parent, Published, Text, Value, Variant, When};
use super::when::whens;
use super::write::{Node, document, literal};
use crate::manifest::{VariableKind, stage_beside};
use indexmap::{IndexMap, IndexSet};
use setting::{Setting, blocks, each, named, usual};

/// The text of `kiln.kdl`.
pub fn write(published: &Published) -> String {
    let variables = published.variables.iter();
    let variables = variables.map(|(name, default)| variable(published, name, default));
    let wanted = published.wanted.iter();
    let wanted = wanted.map(|(name, wanted)| {
        let what = &wanted.what;
        let comment = format!("Fill in: {what}, as default=\"…\" or with --var in each run.");
        Node::new("variable").arg(name).comment(&comment)
    });
    let bases = published.bases.iter();
    let bases = bases.map(|(name, from)| Node::new("base").arg(name).prop("from", from).spaced());
    let images = published.images.iter().map(|each| image(each, published));
    let nodes: Vec<Node> = std::iter::once(workspace(published))
        .chain(paragraph(variables.chain(wanted), true))
        .chain(bases)
        .chain(images)
        .collect();
    document(&published.comment, &nodes)
}

/// A variable with its default, and with the values that it may have.
fn variable(published: &Published, name: &str, default: &str) -> Node {
    let kind = published.kinds.get(name).copied().unwrap_or_default();
    let made = published.made.get(name);
    let own = made.map_or_else(|| literal(default), |made| made.default.clone());
    let with_default = |node: Node, text: &str| match kind {
        _ if text.contains('{') => node.prop("default", text),
        VariableKind::Bool => node.flag(&format!("default=#{text}")),
        VariableKind::Number => node.flag(&format!("default={text}")),
        _ => node.prop("default", text),
    };
    let node = Node::new("variable").arg(name);
    let node = match kind {
        VariableKind::Bool => node.prop("kind", "bool"),
        VariableKind::Number => node.prop("kind", "number"),
        _ => node,
    };
    let node = with_default(node, &own);
    let node = match published.allowed.get(name) {
        Some(values) => node.props("one-of", values.iter().map(String::as_str)),
        None => node,
    };
    let node = match pattern(published, name) {
        Some(pattern) => node.raw_prop("pattern", pattern),
        None => node,
    };
    let others = made.into_iter().flat_map(|made| &made.others);
    let node = node.children(others.map(|(when, text)| {
        let parts = when.0.iter();
        let node = parts.fold(Node::new("when"), |node, (name, patterns)| {
            node.props(name, patterns.iter().map(String::as_str))
        });
        with_default(node, text)
    }));
    match published.restricted.get(name) {
        Some(why) => node.comment(why),
        None => node,
    }
}

/// What the whole value of a variable must match.
fn pattern<'p>(published: &'p Published, name: &str) -> Option<&'p str> {
    const FILLED: &str = ".+";
    let own = published.patterns.get(name).map(String::as_str);
    let is_filled = published.filled.contains(name) && !published.allowed.contains_key(name);
    own.or(is_filled.then_some(FILLED))
}

fn workspace(published: &Published) -> Node {
    let publish = published.publish.as_deref();
    let stage = stage(published);
    Node::new("workspace")
        .arg(&published.workspace)
        .open()
        .spaced()
        .children(publish.map(|publish| Node::new("publish").arg(publish)))
        .children(stage.map(|stage| Node::new("stage").arg(&stage)))
        .children(attest(published))
}

/// The documents that are published beside all images.
fn attest(published: &Published) -> Option<Node> {
    let proofs = &published.attest.as_ref()?.value;
    let words = proofs.iter().map(|proof| proof.word());
    (!proofs.is_empty()).then(|| Node::new("attest").args(words))
}

/// Where only Docker pushes.
pub(super) const OFFICIAL: &str = "docker.io/library/";

/// A staging repository beside the others. Where a variable is the whole repository, it is beside the variable's
/// default.
pub(super) fn stage(published: &Published) -> Option<String> {
    let variants = published.images.iter().flat_map(|image| &image.variants);
    let names = variants.flat_map(|variant| &variant.names);
    let mut texts: Vec<&Text> = names.map(|name| &name.repository).collect();
    let is_wanted = |pattern: &str| {
        let mut names = pattern.split("{var:").skip(1);
        names.any(|rest| {
            let name = rest.split(['}', ':']).next();
            name.is_some_and(|name| published.wanted.contains_key(name))
        })
    };
    let is_official = |text: &Text| text.real.starts_with(OFFICIAL);
    texts.sort_by_key(|text| (is_wanted(&text.pattern), is_official(text)));
    let first = texts.first().copied();
    let has_other = first.is_some_and(|text| !is_official(text));
    let pattern = published.publish.as_deref();
    let pattern = pattern.filter(|pattern| {
        let is_own = !has_other || !pattern.starts_with(OFFICIAL);
        !is_wanted(pattern) && is_own
    });
    let pattern = pattern.or(first.map(|text| text.pattern.as_str()))?;
    let beside = stage_beside(pattern);
    let real = first
        .filter(|text| !is_wanted(&text.pattern))
        .map(|text| literal(&text.real));
    Some(match (beside.contains('/'), real) {
        (false, Some(real)) => stage_beside(&real),
        // A variable that has to be filled in.
        (false, None) => format!("{pattern}-stage"),
        _ => beside,
    })
}

/// The patterns of an image's repositories.
fn repositories(image: &Image) -> IndexSet<&str> {
    let names = image.variants.iter().flat_map(|variant| &variant.names);
    let own: IndexSet<&str> = names.map(|name| name.repository.pattern.as_str()).collect();
    let places = image.grid.iter().flat_map(|grid| &grid.places);
    match own.is_empty() {
        true => places.map(String::as_str).collect(),
        false => own,
    }
}

fn image(image: &Image, published: &Published) -> Node {
    let none = Grid::default();
    let grid = image.grid.as_ref().unwrap_or(&none);
    let spaced = !published.compact;
    let from = Setting::new(image, grid, false, from);
    // The platforms are beside the blocks with others, unless these blocks are about more than platforms.
    let beside = spaced && !grid.plain && from.some.is_empty();
    let places = Setting::joined([from, places(image, grid)]);
    let platforms = Setting::replacing(image, grid, true, platforms);
    let given = given(image, grid);
    let ordered = places.ordered || platforms.ordered;
    let some = [places.some, platforms.some, given.some];
    let some = blocks(some.into_iter().flatten(), ordered);
    let places = publish(image, published).into_iter().chain(places.all);
    let comment = image.comment.as_deref();
    let node = comment.map_or(Node::new("image"), |text| Node::new("image").comment(text));
    node.arg(&image.name)
        .open()
        .spaced()
        .children(grid.axes.iter().map(axis))
        .children(grid.excludes.iter().map(|cells| cells.node("exclude")))
        .children(paragraph(places, spaced))
        .children(paragraph(platforms.all, beside))
        .children(given.all)
        .children(paragraph(some, spaced && !beside))
        .children(paragraph(
            blocks(
                defaults(grid)
                    .chain(elsewhere(grid))
                    .chain(tags(grid))
                    .chain(switched(image, grid)),
                false,
            ),
            spaced,
        ))
}

/// Where the recipe is, and what it is built from.
fn places(image: &Image, grid: &Grid) -> Setting {
    let node = |name: &str, source: &str| Node::new("contexts").arg(name).arg(source);
    Setting::joined([
        Setting::replacing(image, grid, usual(image, dockerfile), dockerfile),
        Setting::replacing(image, grid, usual(image, context), context),
        named(image, grid, |variant| &variant.contexts, node),
        Setting::new(image, grid, false, target),
    ])
}

/// What a build is given.
fn given(image: &Image, grid: &Grid) -> Setting {
    let option = |option| Setting::new(image, grid, false, |one| node_of(one, option));
    let arg = |one: &Variant, name: &str| {
        let text = one
            .args
            .get(name)
            .filter(|_| !one.some_args.contains(name))?;
        Some(Node::new("arg").prop(name, &text.pattern))
    };
    let secret = |one: &Variant, id: &str| Some(one.secrets.get(id)?.node(id));
    let agent = |one: &Variant, id: &str| Some(Node::new("ssh").arg(one.agents.get(id)?));
    let others = [
        each(image, grid, |one| one.args.keys(), arg),
        each(image, grid, |one| one.secrets.keys(), secret),
        each(image, grid, |one| one.agents.iter(), agent),
    ];
    Setting::joined(OPTIONS.map(option).into_iter().chain(others))
}

/// What variants are with other values of variables, where that differs from what they are.
fn switched(image: &Image, grid: &Grid) -> Vec<(When, Node)> {
    let mut all = Vec::new();
    for (condition, others) in &grid.switched {
        let mut groups: IndexMap<Node, Vec<usize>> = IndexMap::new();
        for (at, (own, other)) in image.variants.iter().zip(others).enumerate() {
            let known = nodes(own, |arg| !own.some_args.contains(arg));
            let new = nodes(other, |_| true)
                .into_iter()
                .filter(|node| !known.contains(node));
            new.for_each(|node| groups.entry(node).or_default().push(at));
        }
        for (node, of) in groups {
            let whens = match of.len() == image.variants.len() {
                true => vec![When::default()],
                false => whens(grid, &of),
            };
            let both = |when: When| When([condition.0.clone(), when.0].concat());
            all.extend(whens.into_iter().map(|when| (both(when), node.clone())));
        }
    }
    all
}

/// All settings of a variant, with some of its arguments.
fn nodes(variant: &Variant, has: impl Fn(&str) -> bool) -> Vec<Node> {
    let one = [
        dockerfile(variant),
        context(variant),
        target(variant),
        platforms(variant),
    ];
    let contexts = variant.contexts.iter();
    let contexts = contexts.map(|(name, text)| Node::new("contexts").arg(name).arg(&text.pattern));
    let args = variant.args.iter().filter(|(name, _)| has(name));
    let args = args.map(|(name, text)| Node::new("arg").prop(name, &text.pattern));
    one.into_iter()
        .flatten()
        .chain(contexts)
        .chain(args)
        .collect()
}

/// Nodes with an empty line before the first.
fn paragraph(nodes: impl IntoIterator<Item = Node>, spaced: bool) -> impl Iterator<Item = Node> {
    let first = move |(at, node): (usize, Node)| match spaced && at == 0 {
        true => node.spaced(),
        false => node,
    };
    nodes.into_iter().enumerate().map(first)
}

/// The image's repositories, unless they are the workspace's.
fn publish(image: &Image, published: &Published) -> Option<Node> {
    let own = repositories(image);
    let named = published
        .publish
        .as_ref()
        .map(|all| all.replace("{image}", &image.name));
    let usual = own.len() == 1 && own.first().copied() == named.as_deref();
    (!usual).then(|| Node::new("publish").args(own))
}

fn from(variant: &Variant) -> Option<Node> {
    let node = Node::new("from");
    Some(match variant.from.as_ref()? {
        Parent::Base(name) => node.prop("base", name),
        Parent::Image(name, None) => node.prop("image", name),
        Parent::Image(name, Some(variant)) => node.prop("image", name).prop("variant", variant),
    })
}

fn dockerfile(variant: &Variant) -> Option<Node> {
    Some(Node::new("dockerfile").arg(&variant.dockerfile.pattern))
}

fn context(variant: &Variant) -> Option<Node> {
    Some(Node::new("context").arg(&variant.context.as_ref()?.pattern))
}

fn target(variant: &Variant) -> Option<Node> {
    Some(Node::new("target").arg(&variant.target.as_ref()?.pattern))
}

/// What RUN steps get, in the order in which it is written.
const OPTIONS: [&str; 4] = ["network", "shm-size", "extra-host", "ulimit"];

fn node_of(variant: &Variant, option: &str) -> Option<Node> {
    let texts = variant.options.get(option)?.iter();
    let texts: Vec<String> = texts.map(|text| literal(text)).collect();
    Some(Node::new(option).args(texts.iter().map(String::as_str)))
}

fn platforms(variant: &Variant) -> Option<Node> {
    let platforms = variant.platforms.as_ref()?.iter();
    let platforms = match &variant.listed {
        Some(listed) => listed.clone(),
        None => platforms.map(ToString::to_string).collect(),
    };
    Some(Node::new("platforms").args(platforms.iter().map(String::as_str)))
}

/// The values that tags of some variants may omit.
fn defaults(grid: &Grid) -> impl Iterator<Item = (When, Node)> {
    grid.defaults
        .iter()
        .map(|(when, (axis, value))| (when.clone(), Node::new("default").prop(axis, value)))
}

fn tags(grid: &Grid) -> impl Iterator<Item = (When, Node)> {
    grid.tags.iter().map(|(when, pattern)| {
        let tag = Node::new("tag").arg(pattern);
        let per = match grid.per_cell {
            true => Some("cell"),
            false => grid.kept.contains(pattern).then_some("image"),
        };
        let with = per.map(|per| tag.clone().prop("per", per));
        (when.clone(), with.unwrap_or(tag))
    })
}

/// The repositories of runs with other values of variables.
fn elsewhere(grid: &Grid) -> impl Iterator<Item = (When, Node)> {
    let all = grid.repositories.iter();
    all.map(|(when, repositories)| {
        let repositories = repositories.iter().map(String::as_str);
        (when.clone(), Node::new("publish").args(repositories))
    })
}

impl When {
    /// Its values by axis, as properties of a node.
    fn node(&self, name: &str) -> Node {
        self.0.iter().fold(Node::new(name), |node, (axis, values)| {
            node.props(axis, values.iter().map(String::as_str))
        })
    }
}

fn axis(axis: &Axis) -> Node {
    let node = Node::new("axis").arg(&axis.name).open();
    let node = match &axis.rungs {
        Some(rungs) => node.prop("kind", "version").prop("rungs", rungs),
        None => node,
    };
    let node = match &axis.latest {
        Some(series) => node.prop("latest", series),
        None => node,
    };
    node.children(axis.values.iter().map(value))
}

fn value(value: &Value) -> Node {
    let mut node = Node::new("value").arg(&literal(&value.name));
    if let Some(token) = &value.token {
        node = node.prop("token", token);
    }
    for (flag, word) in [(value.default, "default"), (value.shared, "shared")] {
        node = if flag { node.flag(word) } else { node };
    }
    if !value.aliases.is_empty() {
        node = node.child(Node::new("alias").args(value.aliases.iter().map(String::as_str)));
    }
    if !value.data.is_empty() {
        let set = value.data.iter();
        node = node.child(set.fold(Node::new("set"), |set, (key, text)| set.prop(key, text)));
    }
    node
}
