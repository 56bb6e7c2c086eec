//! Selects the variants that a command applies to.
//!
//! | selector | variants |
//! | --- | --- |
//! | `go` | all of this image; `*` stands for any text: `go*` |
//! | `go:1.26.5-node` | the one with this name or tag; `go:1.26.*` those whose name matches |
//! | `go[version=1.26.*,variant=node]` | those whose values match: names, `*`, ranges, each with or without `!` |
//! | `docker.io/cimg/go:1.26`, `cimg/go` | those with this public reference, or all of a repository |
//! | `+go` | these and all their ancestors |
//! | `go+` | these and all their descendants |
//! | `+go+` | both |
//! | `dependencies+go`, `go+dependents` | the same in words |
//!
//! Several selectors select their union, and no selector selects the whole fleet. A selector that matches nothing is
//! an error. A plus sign is on the side to which a graph with its parents on the left extends.

use crate::graph::Graph;
use crate::matrix::{Ended, Fleet, Variant, VariantId, glob};
use crate::name::{Range, Reference, Repository, Tag, Version};
use crate::text::{Diagnostic, Diagnostics, Shown, did_you_mean};
use std::collections::BTreeSet;

/// The variants that any of the selectors matches. Without a graph, selectors have no plus signs: see [`needs_graph`].
///
/// # Errors
/// One fault per selector that matches nothing or cannot be parsed.
pub fn select(
    fleet: &Fleet,
    graph: Option<&Graph>,
    selectors: &[String],
) -> Result<BTreeSet<VariantId>, Diagnostics> {
    if selectors.is_empty() {
        return Ok(fleet.variants.iter().map(|variant| variant.id).collect());
    }
    let mut all = BTreeSet::new();
    let mut faults = Diagnostics::default();
    for selector in selectors {
        match one(fleet, graph, selector) {
            Ok(found) => all.extend(found),
            Err(fault) => faults.push(fault),
        }
    }
    match faults.is_empty() {
        true => Ok(all),
        false => Err(faults),
    }
}

fn one(
    fleet: &Fleet,
    graph: Option<&Graph>,
    selector: &str,
) -> Result<BTreeSet<VariantId>, Diagnostic> {
    let up = selector
        .strip_prefix("dependencies+")
        .or_else(|| selector.strip_prefix('+'));
    let bare = up.unwrap_or(selector);
    let down = bare
        .strip_suffix("+dependents")
        .or_else(|| bare.strip_suffix('+'));
    let bare = down.unwrap_or(bare);
    let found = named(fleet, bare)?;
    if found.is_empty() {
        return Err(nothing(fleet, bare));
    }
    let mut all = found.clone();
    if let Some(graph) = graph.filter(|_| up.is_some()) {
        all.extend(graph.with_ancestors(&found));
    }
    if let Some(graph) = graph.filter(|_| down.is_some()) {
        all.extend(graph.with_descendants(&found));
    }
    Ok(all)
}

/// Whether a selector names parents or children, so that [`select`] needs to know them.
pub fn needs_graph(selectors: &[String]) -> bool {
    selectors.iter().any(|selector| selector.contains('+'))
}

/// The variants that a selector without plus signs matches.
fn named(fleet: &Fleet, selector: &str) -> Result<BTreeSet<VariantId>, Diagnostic> {
    let ids = |fits: &dyn Fn(&Variant) -> bool| {
        fleet
            .variants
            .iter()
            .filter(|variant| fits(variant))
            .map(|variant| variant.id)
            .collect()
    };
    if let Some((image, conditions)) = selector.split_once('[') {
        let conditions = conditions
            .strip_suffix(']')
            .ok_or_else(|| unreadable(selector, "the `[` is never closed"))?;
        let conditions = conditions
            .split(',')
            .map(|one| condition(selector, one))
            .collect::<Result<Vec<_>, _>>()?;
        check_axes(fleet, image, &conditions)?;
        return Ok(ids(&|variant| {
            glob(image, &variant.image)
                && conditions.iter().all(|condition| condition.fits(variant))
        }));
    }
    let (image, tag) = selector
        .split_once(':')
        .map_or((selector, None), |(image, tag)| (image, Some(tag)));
    let has_tag = |variant: &Variant, tag: &str| {
        glob(tag, &variant.name) || variant.tags.iter().any(|own| own.tag.as_str() == tag)
    };
    let found: BTreeSet<VariantId> =
        ids(&|variant| glob(image, &variant.image) && tag.is_none_or(|tag| has_tag(variant, tag)));
    if !found.is_empty() {
        return Ok(found);
    }
    let repository = selector.parse::<Repository>();
    if let Ok(repository) = &repository {
        let found: BTreeSet<VariantId> = ids(&|variant| variant.publish.contains(repository));
        if !found.is_empty() {
            return Ok(found);
        }
    }
    let Ok(Reference {
        repository,
        tag: Some(tag),
        digest: None,
    }) = selector.parse()
    else {
        return Ok(found);
    };
    Ok(ids(&|variant| {
        variant.publish.contains(&repository) && variant.tags.iter().any(|own| own.tag == tag)
    }))
}

/// A parsed `axis=pattern`.
struct Condition<'a> {
    axis: &'a str,
    pattern: &'a str,
    refused: bool,
    range: Option<Range>,
}

fn condition<'a>(selector: &str, text: &'a str) -> Result<Condition<'a>, Diagnostic> {
    let wrong = || match text.find(['<', '>']) {
        Some(at) => {
            let (axis, range) = text.split_at(at);
            let why = format!("write a range after `=`: `{}={range}`", axis.trim());
            unreadable(selector, &why)
        }
        None => unreadable(selector, "inside `[…]` use `axis=value`"),
    };
    let (axis, pattern) = text.split_once('=').ok_or_else(wrong)?;
    // `version>=1.26` reads as the axis `version` and the range `>=1.26`.
    let (axis, pattern) = match axis.trim_end().strip_suffix(['>', '<', '!']) {
        Some(short) => (short, &text[short.len()..]),
        None => (axis, pattern),
    };
    let (pattern, refused) = match pattern.trim().strip_prefix('!') {
        Some(rest) => (rest.strip_prefix('=').unwrap_or(rest), true),
        None => (pattern.trim(), false),
    };
    let range = if Range::looks_like(pattern) {
        pattern.parse().ok()
    } else {
        None
    };
    Ok(Condition {
        axis: axis.trim(),
        pattern,
        refused,
        range,
    })
}

impl Condition<'_> {
    fn fits(&self, variant: &Variant) -> bool {
        let Some(cell) = variant.cells.get(self.axis) else {
            return false;
        };
        let in_range = |version: &Version| {
            self.range
                .as_ref()
                .is_some_and(|range| range.contains(version))
        };
        let fits = glob(self.pattern, &cell.value) || cell.version.as_ref().is_some_and(in_range);
        fits != self.refused
    }
}

/// An axis that none of the named images has is a typing error.
fn check_axes(fleet: &Fleet, image: &str, conditions: &[Condition]) -> Result<(), Diagnostic> {
    let mut known = BTreeSet::new();
    for variant in fleet
        .variants
        .iter()
        .filter(|variant| glob(image, &variant.image))
    {
        known.extend(variant.cells.axes());
    }
    match conditions
        .iter()
        .find(|condition| !known.is_empty() && !known.contains(condition.axis))
    {
        None => Ok(()),
        Some(condition) => {
            let near = did_you_mean(condition.axis, known.iter().copied());
            let all = known
                .iter()
                .map(|axis| format!("`{axis}`"))
                .collect::<Vec<_>>()
                .join(", ");
            let fault = Diagnostic::error(
                "select::unknown-axis",
                format!("`{image}` has no axis `{}`", condition.axis),
            );
            Err(fault.help(format!("its axes: {all}")).maybe_help(near))
        }
    }
}

fn unreadable(selector: &str, why: &str) -> Diagnostic {
    Diagnostic::error(
        "select::syntax",
        format!("`{}` is not a selector: {why}", selector.shown()),
    )
    .help("use a selector such as `go`, `go:1.26.5-node`, `go[version=1.26.*]`, `+go`, `go+`")
}

/// The fault of a selector whose variants have ended.
fn ended(fleet: &Fleet, selector: &str) -> Option<Diagnostic> {
    let image = selector.split([':', '[']).next().unwrap_or_default();
    let is_left = fleet.variants.iter().any(|variant| variant.image == image);
    let is_named = |(reference, ended): &(&Reference, &Ended)| {
        let tag = reference.tag.as_ref().map(Tag::as_str).unwrap_or_default();
        let label = || format!("{}:{tag}", ended.image) == selector;
        let whole = || reference.familiar() == selector || reference.to_string() == selector;
        ended.image == image && !is_left || label() || whole()
    };
    let (_, why) = fleet.ended.iter().find(is_named)?;
    let message = format!("`{}` is not built any more: {why}", selector.shown());
    let fault = Diagnostic::error("select::ended", message);
    Some(fault.help("its last image stays in the registry; to build it, move the date of `until`"))
}

fn nothing(fleet: &Fleet, selector: &str) -> Diagnostic {
    if let Some(ended) = ended(fleet, selector) {
        return ended;
    }
    let images: BTreeSet<&str> = fleet
        .variants
        .iter()
        .map(|variant| variant.image.as_str())
        .collect();
    let image = selector.split([':', '[']).next().unwrap_or_default();
    let labels = fleet.variants.iter().flat_map(|variant| {
        variant
            .tags
            .iter()
            .map(|tag| format!("{}:{}", variant.image, tag.tag))
    });
    let near = if selector.contains('[') && images.contains(image) {
        value(fleet, image, selector)
    } else if images.contains(image) {
        let labels: Vec<String> = labels
            .filter(|label| label.starts_with(image))
            .take(LOOKED_AT)
            .collect();
        did_you_mean(selector, labels.iter().map(String::as_str))
    } else {
        elsewhere(fleet, selector)
            .or_else(|| did_you_mean(image, images.iter().copied()))
            .or_else(|| reference(fleet, selector))
    };
    let known = images
        .iter()
        .take(8)
        .map(|image| format!("`{image}`"))
        .collect::<Vec<_>>()
        .join(", ");
    Diagnostic::error(
        "select::nothing",
        format!("`{}` matches no variant", selector.shown()),
    )
    .help(format!(
        "the images are {known}{}",
        if images.len() > 8 { ", …" } else { "" }
    ))
    .maybe_help(near.or_else(|| (selector == "all").then(|| ALL.into())))
}

/// The value of an axis that is probably meant in `[axis=value]`.
fn value(fleet: &Fleet, image: &str, selector: &str) -> Option<String> {
    let (_, conditions) = selector.strip_suffix(']')?.split_once('[')?;
    let conditions = conditions.split(',');
    let mut conditions = conditions.filter_map(|one| condition(selector, one).ok());
    conditions.find_map(|one| {
        let own = fleet.variants.iter().filter(|v| v.image == image);
        let cells = own.filter_map(|variant| variant.cells.get(one.axis));
        let values: BTreeSet<&str> = cells.map(|cell| cell.value.as_str()).collect();
        let is_known = values.contains(one.pattern);
        did_you_mean(one.pattern, values).filter(|_| !is_known)
    })
}

/// The public reference of the fleet, or the repository, that is probably meant.
fn reference(fleet: &Fleet, selector: &str) -> Option<String> {
    let has_tag = selector.rsplit('/').next()?.contains(':');
    let variants = fleet.variants.iter();
    let all: BTreeSet<String> = match has_tag {
        true => variants
            .flat_map(Variant::references)
            .map(|(one, _)| one.familiar())
            .take(LOOKED_AT)
            .collect(),
        false => variants
            .flat_map(|one| one.publish.iter())
            .map(Repository::familiar)
            .take(LOOKED_AT)
            .collect(),
    };
    did_you_mean(selector, all.iter().map(String::as_str))
}

/// The repository of the fleet that has this path, or ends in it, in another registry than the selector names.
fn elsewhere(fleet: &Fleet, selector: &str) -> Option<String> {
    let (path, tag) = match selector.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
        _ => (selector, None),
    };
    let is_it = |repository: &&Repository| {
        let whole = repository.to_string();
        let above = whole.strip_suffix(path);
        path.contains('/') && above.is_some_and(|above| above.ends_with('/'))
    };
    let mut all = fleet.variants.iter().flat_map(|one| one.publish.iter());
    let found = all.find(is_it)?.familiar();
    let tag = tag.map_or_else(String::new, |tag| format!(":{tag}"));
    Some(format!("did you mean `{found}{tag}`?"))
}

/// The way out for a word that people try.
const ALL: &str = "`*` selects all images, and so does no selector";

/// The most names that are compared for a suggestion: more would be slow in a large fleet.
const LOOKED_AT: usize = 5000;
