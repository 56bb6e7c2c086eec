//! Adds the tool sets that others need before them; refuses cycles and conflicts.

use crate::manifest::{Family, Toolset, UseDecl};
use crate::matrix::Latest;
use crate::matrix::faults::Faults;
use crate::matrix::fleet::param_text::{Machine, ParamText};
use crate::matrix::fleet::variants::{Fleet, Use, Variant, VariantId};
use crate::matrix::settings::looked_up::unknown_param;
use crate::text::{Diagnostic, Spanned, suggest};
use indexmap::IndexMap;
use std::collections::HashSet;
use std::sync::Arc;
use typed_index_collections::TiVec;

type Sets = IndexMap<String, Toolset<ParamText>>;

/// By variant, in the order of the fleet, the tool sets that it uses.
pub(in crate::matrix) type Uses = TiVec<VariantId, Arc<[Use]>>;

/// Checks the declarations of tool sets against each other, and returns the tool sets of every variant
/// with those that they need before them.
pub(in crate::matrix) fn needs(fleet: &Fleet, faults: &mut Faults) -> Uses {
    let mut all: Uses = fleet.variants.iter().map(|v| v.uses.clone()).collect();
    let sets = &fleet.toolsets;
    let before = faults.has_errors();
    sets.values().for_each(|set| names(set, sets, faults));
    if ring(sets, faults) || (faults.has_errors() && !before) {
        return all;
    }
    let mut alike = Latest::default();
    for at in by_depth(fleet) {
        let variant = &fleet.variants[at];
        if !variant.uses.is_empty() {
            all[at] = alike.share(closed(fleet, &all, variant, faults));
            conflicts(fleet, &all, variant, faults);
        }
    }
    all
}

/// Parents before children. Cycles of images, which the graph refuses later, get an arbitrary order.
fn by_depth(fleet: &Fleet) -> Vec<VariantId> {
    let depth = |v: &Variant| (fleet.ancestors(v).count(), v.id);
    let mut order: Vec<_> = fleet.variants.iter().map(depth).collect();
    order.sort_unstable();
    order.into_iter().map(|(_, id)| id).collect()
}

/// Reports tool sets and parameters that are named but not declared.
fn names(set: &Toolset<ParamText>, sets: &Sets, faults: &mut Faults) {
    for need in set.needs.iter().map(|on| &on.item) {
        let Some(target) = sets.get(need.toolset.as_str()) else {
            faults.push(unknown(&need.toolset, sets));
            continue;
        };
        for (param, _) in need
            .params
            .iter()
            .filter(|(param, _)| !target.params.iter().any(|(known, _)| known == param))
        {
            faults.push(unknown_param(param, target));
        }
    }
    set.conflicts
        .iter()
        .filter(|name| !sets.contains_key(name.as_str()))
        .for_each(|name| faults.push(unknown(name, sets)));
}

fn unknown(name: &Spanned<String>, sets: &Sets) -> Diagnostic {
    let near = suggest(name, sets.keys().map(String::as_str));
    Diagnostic::error(
        "matrix::unknown-toolset",
        format!("no tool set `{}` is declared", name.as_str()),
    )
    .at(name.span, "here")
    .meant(name.span, near)
}

/// Reports the first cycle of needs that is found from each tool set; returns whether there is one.
fn ring(sets: &Sets, faults: &mut Faults) -> bool {
    let mut done: HashSet<&str> = HashSet::new();
    let mut found = false;
    for start in sets.keys() {
        // The path to the current tool set, each with the index of the need to follow next.
        let mut way: Vec<(&str, usize)> = vec![(start, 0)];
        while let Some((name, next)) = way.last_mut() {
            let need = sets
                .get(*name)
                .and_then(|set| set.needs.get(*next))
                .map(|on| &on.item);
            *next += 1;
            let Some(need) = need else {
                done.extend(way.pop().map(|(name, _)| name));
                continue;
            };
            let target = need.toolset.as_str();
            if let Some(from) = way.iter().position(|(name, _)| *name == target) {
                found = true;
                let names: Vec<String> = way[from..]
                    .iter()
                    .map(|(name, _)| format!("`{name}`"))
                    .chain([format!("`{target}`")])
                    .collect();
                let fault = Diagnostic::error(
                    "matrix::needs-ring",
                    format!("tool sets need each other: {}", names.join(" needs ")),
                );
                faults.push(
                    fault
                        .at(need.span, "this closes the cycle")
                        .help("remove one of these `needs`"),
                );
            } else if !done.contains(target) {
                way.push((target, 0));
            }
        }
    }
    found
}

/// A variant's tool sets, each after those that it needs.
fn closed(fleet: &Fleet, all: &Uses, variant: &Variant, faults: &mut Faults) -> Vec<Use> {
    let above: Vec<&Use> = inherited(fleet, all, variant).collect();
    let mut closing = Closing {
        fleet,
        variant,
        family: fleet.distribution(variant).family,
        above,
        done: Vec::with_capacity(variant.uses.len()),
    };
    variant
        .uses
        .iter()
        .for_each(|used| closing.add(used.clone(), faults));
    closing.done
}

/// The tool sets of all ancestors, nearest first.
fn inherited<'a>(
    fleet: &'a Fleet,
    all: &'a Uses,
    variant: &'a Variant,
) -> impl Iterator<Item = &'a Use> {
    fleet
        .ancestors(variant)
        .flat_map(|ancestor| all[ancestor.id].iter())
}

struct Closing<'a> {
    fleet: &'a Fleet,
    variant: &'a Variant,
    family: Family,
    above: Vec<&'a Use>,
    done: Vec<Use>,
}

impl Closing<'_> {
    /// Adds a tool set after all that it needs. There is no cycle: that was checked before.
    fn add(&mut self, used: Use, faults: &mut Faults) {
        if self.done.contains(&used) {
            return;
        }
        let (fleet, family) = (self.fleet, self.family);
        let Some(set) = fleet.toolsets.get(&used.toolset) else {
            return;
        };
        if !set.families.is_empty() && !set.families.contains(&self.family) {
            let message = format!(
                "tool set `{}` is not for the family `{}`",
                used.toolset,
                self.family.word()
            );
            let fault =
                Diagnostic::error("matrix::toolset-family", message).at(used.span, "used here");
            faults.push(
                fault
                    .at(set.name.span, "declared here")
                    .help("set the image's `family`, or remove the tool set"),
            );
        }
        for need in set.needs.iter().filter(|on| on.holds(family)) {
            self.need(&need.item, &used, set, faults);
        }
        if !self.done.iter().any(|known| same(known, &used)) {
            self.done.push(used);
        }
    }

    fn need(
        &mut self,
        need: &UseDecl<ParamText>,
        by: &Use,
        set: &Toolset<ParamText>,
        faults: &mut Faults,
    ) {
        let is = |used: &Use| used.toolset == need.toolset.value;
        if need.params.is_empty() {
            if self.done.iter().any(is) || self.above.iter().any(|used| is(used)) {
                return;
            }
            let variant = self.variant;
            if let Some(own) = variant.uses.iter().find(|used| is(used)) {
                return self.add(own.clone(), faults);
            }
        }
        let Some(target) = self.fleet.toolsets.get(need.toolset.as_str()) else {
            return;
        };
        match params(need, target, by, set) {
            Ok(params) => {
                let used = Use {
                    toolset: need.toolset.value.clone(),
                    params,
                    span: by.span,
                };
                self.add(used, faults);
            }
            Err(own) => own.into_iter().for_each(|fault| faults.push(fault)),
        }
    }
}

/// The parameters of a needed tool set: those of the `needs`, otherwise the defaults.
fn params(
    need: &UseDecl<ParamText>,
    target: &Toolset<ParamText>,
    by: &Use,
    set: &Toolset<ParamText>,
) -> Result<IndexMap<String, String>, Vec<Diagnostic>> {
    let none = IndexMap::new();
    let (mut params, mut faults) = (IndexMap::new(), Vec::new());
    for (name, default) in &target.params {
        let given = need.params.iter().find(|(known, _)| known == name);
        let (text, known) = match (given, default) {
            (Some((_, text)), _) => (text, &by.params),
            (None, Some(text)) => (text, &none),
            (None, None) => {
                faults.push(missing_param(name, need, by));
                continue;
            }
        };
        match text.fill(known, Machine::Unknown) {
            Ok(filled) => drop(params.insert(name.value.clone(), filled)),
            Err(own) => faults.extend(own.into_iter().map(|(at, message, help)| {
                let message = format!("tool set `{}`: {message}", set.name.as_str());
                Diagnostic::error("matrix::needs", message)
                    .at(at, "here")
                    .maybe_help(help)
            })),
        }
    }
    match faults.is_empty() {
        true => Ok(params),
        false => Err(faults),
    }
}

fn missing_param(name: &Spanned<String>, need: &UseDecl<ParamText>, by: &Use) -> Diagnostic {
    let (set, target, name) = (&by.toolset, need.toolset.as_str(), name.as_str());
    let message = format!("tool set `{set}` needs `{target}`, and nothing sets its `{name}`");
    Diagnostic::error("matrix::missing-param", message)
        .at(need.span, "needed here")
        .at(by.span, "for this")
        .help(format!(
            "set it in the image: `use \"{target}\" {name}=\"…\"`"
        ))
}

fn same(one: &Use, other: &Use) -> bool {
    one.toolset == other.toolset && one.params == other.params
}

/// Reports tool sets that cannot be in one image, also if an ancestor has one of them.
fn conflicts(fleet: &Fleet, all: &Uses, variant: &Variant, faults: &mut Faults) {
    let conflict = |set: &Use, other: &Use| {
        let declared = fleet.toolsets.get(&set.toolset)?;
        declared
            .conflicts
            .iter()
            .find(|name| name.value == other.toolset)
            .map(|name| name.span)
    };
    let own = &all[variant.id];
    let together: Vec<&Use> = own.iter().chain(inherited(fleet, all, variant)).collect();
    for (at, set) in own.iter().enumerate() {
        for other in together
            .iter()
            .skip(at + 1)
            .filter(|other| other.toolset != set.toolset)
        {
            if let Some(declared) = conflict(set, other).or_else(|| conflict(other, set)) {
                let message = format!(
                    "tool sets `{}` and `{}` cannot be in one image",
                    other.toolset, set.toolset
                );
                let fault = Diagnostic::error("matrix::conflict", message)
                    .at(set.span, "one is used here")
                    .at(other.span, "the other here");
                faults.push(
                    fault
                        .at(declared, "they conflict")
                        .help("remove one of them, or put them into different images"),
                );
            }
        }
    }
}
