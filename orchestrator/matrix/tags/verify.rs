//! What must hold for the whole fleet before anything is built: each variant has its own folder, each reference has one
//! owner, and every tag that the author requires exists.

#[cfg(test)]
mod tests;

use crate::manifest::{Image, Manifest};
use crate::matrix::faults::Faults;
use crate::matrix::fleet::cells::Cell;
use crate::matrix::fleet::deferred::DeferredTag;
use crate::matrix::fleet::public_tag::PublicTag;
use crate::matrix::fleet::variants::{Body, Ended, Fleet, Variant, VariantId};
use crate::name::{Platform, Reference, Repository};
use crate::text::{Diagnostic, Span, count, suggest};
use indexmap::IndexMap;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

/// Two variants would have one tag.
pub(in crate::matrix) const TWO_OWNERS: &str = "matrix::two-owners";

/// Whether all tags of a variant are known.
type IsKnown<'a> = dyn Fn(&Variant) -> bool + 'a;

/// Which words of the pattern make the tag of an owner.
fn origin(owner: &str, how: Option<&str>) -> String {
    match how {
        None => format!("`{owner}` has it from this tag"),
        Some(how) => format!("`{owner}` has it from {how}"),
    }
}

/// The images with a tag that has a fault, or had one: what else they own is not known.
pub(in crate::matrix) fn with_faulty_tags<'m>(
    manifest: &'m Manifest,
    faults: &Faults,
) -> HashSet<&'m str> {
    let places = faults.error_places();
    let is_faulty = |image: &&Image| {
        let mut naming = naming(image);
        image.tags_lost
            || !places.is_empty()
                && naming.any(|span| places.iter().any(|place| span.contains(*place)))
    };
    let images = manifest.images.iter().filter(is_faulty);
    images.map(|image| image.name.as_str()).collect()
}

/// The places of what the tags of an image are made from.
fn naming(image: &Image) -> impl Iterator<Item = Span> {
    let whens = image.whens.iter().map(|when| &when.settings);
    let blocks = whens.chain([&image.settings]);
    let of_blocks = blocks.flat_map(|all| all.tags.iter().map(|tag| tag.span));
    let of_values = image.axes.iter().flat_map(|axis| {
        let values = axis.values.iter().flat_map(|value| {
            let aliases = value.aliases.iter().map(|alias| alias.span);
            aliases.chain([value.span])
        });
        values.chain([axis.span])
    });
    of_blocks.chain(of_values)
}

/// Reports generated variants that have the same folder; hand-written Dockerfiles stay where they are.
pub(in crate::matrix) fn folders(fleet: &Fleet, is_known: &IsKnown, faults: &mut Faults) {
    let mut owners: HashMap<&str, &Variant> = HashMap::with_capacity(fleet.variants.len());
    let templates = |variant: &&Variant| matches!(variant.body, Body::Template(_));
    let all = fleet.variants.iter().filter(templates);
    for variant in all.filter(|variant| is_known(variant)) {
        if let Some(other) = owners.insert(&variant.dir, variant) {
            let fault = format!(
                "`{}` and `{}` have the same folder: {}",
                owner(other, variant),
                owner(variant, other),
                variant.dir
            );
            let fault =
                Diagnostic::error("matrix::one-folder", fault).at(variant.span, "in this image");
            faults.push(
                fault.help("make their first tags or their `path` differ: name every axis in it"),
            );
        }
    }
}

/// A tag of a variant, by index.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Claim {
    variant: VariantId,
    tag: usize,
}

/// Two claims on one reference, and the platform that both have if it is a shared tag.
struct Conflict {
    repository: Repository,
    first: Claim,
    second: Claim,
    platform: Option<Platform>,
    /// The number of further references of the same two rules.
    more: usize,
}

/// Checks that each reference has one owner, or several that share it with disjoint platforms.
pub(in crate::matrix) fn owners(
    manifest: &Manifest,
    fleet: &Fleet,
    is_known: &IsKnown,
    faults: &mut Faults,
) {
    let mut numbers: HashMap<&Repository, u32> = HashMap::new();
    let mut owners: HashMap<(u32, &str), Claim> = HashMap::with_capacity(
        fleet
            .variants
            .iter()
            .map(|v| v.tags.len() * v.publish.len())
            .sum(),
    );
    let mut indexes: HashMap<(u32, &str), Index> = HashMap::new();
    let mut conflicts: IndexMap<(Span, Span), Conflict> = IndexMap::new();
    let mut reported: HashSet<(Claim, Claim)> = HashSet::new();
    let known = fleet.variants.iter_enumerated();
    for (variant, one) in known.filter(|(_, one)| is_known(one)) {
        for repository in one.publish.iter() {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            let number = *numbers.entry(repository).or_insert(next);
            for (place, tag) in one.tags.iter().enumerate() {
                let key = (number, tag.tag.as_str());
                let claim = Claim {
                    variant,
                    tag: place,
                };
                let first = match owners.entry(key) {
                    Entry::Vacant(free) => {
                        free.insert(claim);
                        continue;
                    }
                    Entry::Occupied(taken) => *taken.get(),
                };
                let Some((other, platform)) =
                    clash(fleet, first, claim, indexes.entry(key).or_default())
                else {
                    continue;
                };
                if reported.insert((other, claim)) {
                    let rules = (tag_of(fleet, other).span, tag.span);
                    let conflict = Conflict {
                        repository: repository.clone(),
                        first: other,
                        second: claim,
                        platform,
                        more: 0,
                    };
                    conflicts
                        .entry(rules)
                        .and_modify(|known| known.more += 1)
                        .or_insert(conflict);
                }
            }
        }
    }
    conflicts
        .values()
        .for_each(|conflict| faults.push(describe(manifest, fleet, conflict)));
}

/// Checks that each counter has one owner. Tags with probes are compared after the probes have run.
pub(in crate::matrix) fn counters(fleet: &Fleet, is_known: &IsKnown, faults: &mut Faults) {
    let mut owners: HashMap<(&Repository, String), (&Variant, &DeferredTag)> = HashMap::new();
    let mut reported: HashSet<(Span, Span)> = HashSet::new();
    for variant in fleet
        .variants
        .iter()
        .filter(|variant| !variant.deferred.is_empty() && is_known(variant))
    {
        for (repository, tag, _) in variant
            .deferred_moves()
            .filter(|(_, tag, _)| tag.probes().next().is_none())
        {
            let Some((other, first)) = owners.insert((repository, tag.written()), (variant, tag))
            else {
                continue;
            };
            if reported.insert((first.span, tag.span)) {
                let message = format!(
                    "`{repository}:{}` has two owners, `{}` and `{}`",
                    tag.written(),
                    owner(other, variant),
                    owner(variant, other)
                );
                let fault = Diagnostic::error(TWO_OWNERS, message)
                    .at(
                        first.span,
                        origin(&owner(other, variant), first.how.as_deref()),
                    )
                    .at(tag.span, origin(&owner(variant, other), tag.how.as_deref()));
                faults.push(fault.help(
                    "make them differ in a token, or give the tag to one of them with `when`",
                ));
            }
        }
    }
}

/// The platforms of one shared tag, each with the claims that contribute it.
type Index = HashMap<(String, String, Option<String>), Vec<(Option<String>, Claim)>>;

/// The claim that a second claim on a reference conflicts with, and the platform; `None` if they may share it.
fn clash(
    fleet: &Fleet,
    first: Claim,
    second: Claim,
    index: &mut Index,
) -> Option<(Claim, Option<Platform>)> {
    if !(tag_of(fleet, first).shared && tag_of(fleet, second).shared) {
        return Some((first, None));
    }
    if index.is_empty() {
        for platform in fleet.variant(first.variant).platforms.iter() {
            let _ = claim_platform(index, platform, first);
        }
    }
    let mut met = None;
    for platform in fleet.variant(second.variant).platforms.iter() {
        if let Some(other) = claim_platform(index, platform, second) {
            met = met.or(Some((other, Some(platform.clone()))));
        }
    }
    met
}

/// Records a platform and returns the claim that has it already. A platform without an OS version overlaps all versions.
fn claim_platform(index: &mut Index, platform: &Platform, claim: Claim) -> Option<Claim> {
    let known = index
        .entry((
            platform.os.clone(),
            platform.architecture.clone(),
            platform.variant.clone(),
        ))
        .or_default();
    let version = platform.os_version.clone();
    let met = known
        .iter()
        .find(|(other, _)| *other == version || other.is_none() || version.is_none())
        .map(|(_, claim)| *claim);
    known.push((version, claim));
    met
}

fn tag_of(fleet: &Fleet, claim: Claim) -> &PublicTag {
    &fleet.variant(claim.variant).tags[claim.tag]
}

fn describe(manifest: &Manifest, fleet: &Fleet, conflict: &Conflict) -> Diagnostic {
    let (first, second) = (
        fleet.variant(conflict.first.variant),
        fleet.variant(conflict.second.variant),
    );
    let (one, other) = (
        tag_of(fleet, conflict.first),
        tag_of(fleet, conflict.second),
    );
    let reference = format!("{}:{}", conflict.repository, other.tag);
    let more = if conflict.more == 0 {
        String::new()
    } else {
        format!(
            "; the same holds for {} of these rules",
            count(conflict.more, "more reference")
        )
    };
    let message = match &conflict.platform {
        None => format!(
            "`{reference}` has two owners, `{}` and `{}`{more}",
            owner(first, second),
            owner(second, first)
        ),
        Some(platform) => {
            format!(
                "`{reference}` is shared by `{}` and `{}`, and both have {platform}{more}",
                owner(first, second),
                owner(second, first)
            )
        }
    };
    let mut fault = Diagnostic::error(TWO_OWNERS, message)
        .at(one.span, origin(&owner(first, second), one.how.as_deref()))
        .at(
            other.span,
            origin(&owner(second, first), other.how.as_deref()),
        );
    for (span, value) in differing(manifest, first, second) {
        fault = fault.at(span, value);
    }
    let way_out = match &conflict.platform {
        None => {
            "make them differ in a token, give the tag to one of them with `when`, or write `shared` on the values if they are for different platforms"
        }
        Some(_) => return fault.help("a shared tag is an index over disjoint platforms"),
    };
    let same_repository = || one_repository(manifest, first, second);
    fault
        .help(way_out)
        .maybe_help(same_repository().or_else(|| same_text(manifest, first, second, other)))
}

/// The variant's name, or, if the other one has the same, its image with the values that differ: `go[variant=node]`.
fn owner(variant: &Variant, other: &Variant) -> String {
    if variant.label() != other.label() {
        return variant.label();
    }
    let differs = |cell: &&Cell| {
        let its = other.cells.get(&cell.axis);
        its.is_none_or(|its| its.value != cell.value)
    };
    let cells = variant.cells.values().filter(differs);
    let cells: Vec<String> = cells
        .map(|cell| format!("{}={}", cell.axis, cell.value))
        .collect();
    format!("{}[{}]", variant.image, cells.join(","))
}

/// The help if two images are published to one repository, since its pattern does not name the image.
fn one_repository(manifest: &Manifest, first: &Variant, second: &Variant) -> Option<String> {
    let mut patterns = manifest.workspace.iter().flat_map(|one| &one.publish);
    let is_missing = patterns.any(|one| !one.repository.contains("{image}"));
    let is_meant = first.image != second.image && is_missing;
    is_meant
        .then(|| String::from("add `{image}` to `publish`, so that each image has a repository"))
}

/// The help if two variants have one tag, since its rule does not name the axis in which they differ.
fn same_text(
    manifest: &Manifest,
    first: &Variant,
    second: &Variant,
    tag: &PublicTag,
) -> Option<String> {
    let images = manifest.images.iter();
    let image = images
        .filter(|_| first.image == second.image)
        .find(|image| image.name.value == first.image)?;
    let rules = image.whens.iter().map(|when| &when.settings);
    let mut rules = rules.chain([&image.settings]).flat_map(|all| &all.tags);
    let rule = rules.find(|rule| rule.pattern.span == tag.span)?;
    let differs = |axis: &&str| {
        let [one, other] = [first, second].map(|v| v.cells.get(axis).map(|cell| &cell.value));
        one != other && !rule.pattern.contains(&format!("{{{axis}"))
    };
    let mut axes = image.axes.iter().map(|axis| axis.name.as_str());
    let axis = axes.find(differs)?;
    let [one, other] = [first, second].map(|v| v.cells.get(axis).map(|cell| &cell.value));
    Some(format!(
        "the tag is the same for {axis} {} and {}: write `{{{axis}}}` in the tag",
        one?, other?
    ))
}

/// The declarations of the values in which two variants of one image differ.
fn differing(manifest: &Manifest, first: &Variant, second: &Variant) -> Vec<(Span, String)> {
    let image = manifest
        .images
        .iter()
        .find(|image| first.image == second.image && image.name.value == first.image);
    let axes = image.map_or(&[][..], |image| &image.axes);
    let mut found = Vec::new();
    for axis in axes {
        let name = axis.name.as_str();
        let [Some(one), Some(other)] =
            [first, second].map(|variant| variant.cells.get(name).map(|cell| cell.value.as_str()))
        else {
            continue;
        };
        let wanted = |value: &str, label: &str| {
            let declared = axis
                .values
                .iter()
                .find(|declared| declared.name.as_str() == value)?;
            Some((declared.span, format!("`{name}` of `{label}`")))
        };
        if one != other {
            found.extend(
                [wanted(one, &first.label()), wanted(other, &second.label())]
                    .into_iter()
                    .flatten(),
            );
        }
    }
    found
}

/// Checks that every tag that an image requires with `must` exists.
pub(in crate::matrix) fn musts(
    manifest: &Manifest,
    fleet: &Fleet,
    faulty: &HashSet<&str>,
    faults: &mut Faults,
) {
    if manifest.images.iter().all(|image| image.must.is_empty()) {
        return;
    }
    let mut tags: HashMap<&str, HashSet<&str>> = HashMap::new();
    for variant in &fleet.variants {
        tags.entry(&variant.image)
            .or_default()
            .extend(variant.tags.iter().map(|tag| tag.tag.as_str()));
    }
    let known = |image: &&Image| !faulty.contains(image.name.as_str());
    for image in manifest.images.iter().filter(known) {
        for must in &image.must {
            let wanted = must.tag.as_str();
            let known = tags.get(image.name.as_str());
            if known.is_some_and(|known| known.contains(wanted))
                || is_conditional(fleet, image.name.as_str(), wanted)
            {
                continue;
            }
            if let Some(why) = ended(fleet, image.name.as_str(), wanted) {
                let message = format!(
                    "`{wanted}` of `{}` is not built any more: {why}",
                    *image.name
                );
                let fault = Diagnostic::warning("matrix::must", message);
                let fault = fault.at(must.tag.span, "required here");
                faults.push(fault.help(
                    "its last image stays where it is; remove it from `must`, or move the date of `until`",
                ));
                continue;
            }
            let near = suggest(wanted, known.into_iter().flatten().copied())
                .map(|near| format!("the most similar tag is `{near}`"));
            let fault = Diagnostic::error(
                "matrix::must",
                format!("no variant of `{}` has the tag `{wanted}`", *image.name),
            );
            faults.push(
                fault
                    .at(must.tag.span, "required here")
                    .help("only stable versions have rungs; write `rungs=` or `default` on the axis or value that it should come from")
                    .maybe_help(near),
            );
        }
    }
}

/// Why a tag that an image had has ended.
fn ended<'a>(fleet: &'a Fleet, image: &str, tag: &str) -> Option<&'a Ended> {
    let is_tag = |one: &Reference| one.tag.as_ref().is_some_and(|own| own.as_str() == tag);
    let mut ended = fleet.ended.iter();
    let found = ended.find(|(reference, ended)| ended.image == image && is_tag(reference));
    found.map(|(_, ended)| ended)
}

/// Whether a variant of an image has a tag in runs with other values of variables.
fn is_conditional(fleet: &Fleet, image: &str, tag: &str) -> bool {
    let is_tag = |one: &&Reference| one.tag.as_ref().is_some_and(|own| own.as_str() == tag);
    let own = || {
        fleet
            .variants
            .iter()
            .filter(|variant| variant.image == image)
    };
    let publishes = |one: &Reference| own().any(|v| v.publish.contains(&one.repository));
    fleet.conditional.iter().filter(is_tag).any(publishes)
}
