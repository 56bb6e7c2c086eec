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

use crate::matrix::cells::cell_set::glob;
use crate::matrix::fleet::variants::{Fleet, Variant, VariantId};
use crate::name::{Range, Reference, Repository, Version};
use crate::text::{Diagnostic, Diagnostics, suggest};
use std::collections::{BTreeSet, HashMap, VecDeque};

/// The variants that any of the selectors matches. `parents` holds the parents by variant.
///
/// # Errors
/// One fault per selector that matches nothing or cannot be parsed.
pub fn select(
    fleet: &Fleet,
    parents: &[Vec<VariantId>],
    selectors: &[String],
) -> Result<BTreeSet<VariantId>, Diagnostics> {
    if selectors.is_empty() {
        return Ok(fleet.variants.iter().map(|variant| variant.id).collect());
    }
    let mut all = BTreeSet::new();
    let mut faults = Diagnostics::default();
    for selector in selectors {
        let up = selector
            .strip_prefix("dependencies+")
            .or_else(|| selector.strip_prefix('+'));
        let (bare, up) = up.map_or((selector.as_str(), false), |bare| (bare, true));
        let down = bare
            .strip_suffix("+dependents")
            .or_else(|| bare.strip_suffix('+'));
        let (bare, down) = down.map_or((bare, false), |bare| (bare, true));
        match named(fleet, bare) {
            Ok(found) if found.is_empty() => faults.push(nothing(fleet, bare)),
            Ok(found) => {
                if up {
                    all.extend(reach(&found, |id| {
                        parents.get(id.0 as usize).cloned().unwrap_or_default()
                    }));
                }
                if down {
                    let children = children(parents);
                    all.extend(reach(&found, |id| {
                        children.get(&id).cloned().unwrap_or_default()
                    }));
                }
                all.extend(found);
            }
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() {
        Ok(all)
    } else {
        Err(faults)
    }
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
    let (axis, pattern) = text
        .split_once('=')
        .ok_or_else(|| unreadable(selector, "inside `[…]` use `axis=value`"))?;
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
        known.extend(variant.cells.keys().map(String::as_str));
    }
    match conditions
        .iter()
        .find(|condition| !known.is_empty() && !known.contains(condition.axis))
    {
        None => Ok(()),
        Some(condition) => {
            let near = suggest(condition.axis, known.iter().copied())
                .map(|near| format!("did you mean `{near}`?"));
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

/// These variants and everything that is reachable from them.
fn reach(
    from: &BTreeSet<VariantId>,
    step: impl Fn(VariantId) -> Vec<VariantId>,
) -> BTreeSet<VariantId> {
    let mut seen = from.clone();
    let mut open: VecDeque<VariantId> = from.iter().copied().collect();
    while let Some(id) = open.pop_front() {
        open.extend(step(id).into_iter().filter(|next| seen.insert(*next)));
    }
    seen
}

fn children(parents: &[Vec<VariantId>]) -> HashMap<VariantId, Vec<VariantId>> {
    let mut children: HashMap<VariantId, Vec<VariantId>> = HashMap::new();
    for (child, parents) in (0u32..).map(VariantId).zip(parents) {
        parents
            .iter()
            .for_each(|parent| children.entry(*parent).or_default().push(child));
    }
    children
}

fn unreadable(selector: &str, why: &str) -> Diagnostic {
    Diagnostic::error(
        "select::syntax",
        format!("`{}` is not a selector: {why}", selector.escape_debug()),
    )
    .help("use a selector such as `go`, `go:1.26.5-node`, `go[version=1.26.*]`, `+go`, `go+`")
}

fn nothing(fleet: &Fleet, selector: &str) -> Diagnostic {
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
    let near = if images.contains(image) {
        let labels: Vec<String> = labels
            .filter(|label| label.starts_with(image))
            .take(LOOKED_AT)
            .collect();
        suggest(selector, labels.iter().map(String::as_str)).map(ToOwned::to_owned)
    } else {
        suggest(image, images.iter().copied()).map(ToOwned::to_owned)
    };
    let known = images
        .iter()
        .take(8)
        .map(|image| format!("`{image}`"))
        .collect::<Vec<_>>()
        .join(", ");
    Diagnostic::error(
        "select::nothing",
        format!("`{}` matches no variant", selector.escape_debug()),
    )
    .help(format!(
        "the images are {known}{}",
        if images.len() > 8 { ", …" } else { "" }
    ))
    .maybe_help(near.map(|near| format!("did you mean `{near}`?")))
}

/// The most names that are compared for a suggestion: more would be slow in a large fleet.
const LOOKED_AT: usize = 5000;
