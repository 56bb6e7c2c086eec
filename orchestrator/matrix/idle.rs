//! Words of a manifest that change nothing.

use crate::manifest::{AxisDecl, Image, When, is_change};
use crate::matrix::fleet::variants::Fleet;
use crate::matrix::scope::Scope;
use crate::matrix::unused::{blocks, first_value, templated};
use crate::text::{Diagnostic, Shown, Span, Spanned};
use indexmap::IndexMap;
use std::collections::{BTreeSet, HashMap, HashSet};

/// `default`, `alias` and `token` of axes that no tag names. Images may share an axis, and then one of them is enough.
pub(super) fn tokens(scope: &Scope) -> Vec<Diagnostic> {
    let (tagged, named) = (scope.used.tagged.borrow(), scope.used.tokens.borrow());
    let templated = templated(scope);
    let mut idle: IndexMap<Span, Diagnostic> = IndexMap::new();
    for image in &scope.manifest.images {
        let untagged =
            |axis: &&AxisDecl| first_value(axis).is_some_and(|first| !tagged.contains(&first));
        for axis in image.axes.iter().filter(untagged) {
            let is_named = first_value(axis)
                .is_some_and(|first| named.contains(&first) || templated.contains(&first));
            let name = axis.name.as_str();
            let of_values = axis.values.iter().flat_map(|value| {
                let token = value.token.as_ref().map(|token| ("token", token.span));
                let aliases = value.aliases.iter().map(|alias| ("alias", alias.span));
                let words = [value.default.map(|span| ("default", span)), token];
                words.into_iter().flatten().chain(aliases)
            });
            let own = |words: &[(Spanned<String>, Spanned<String>)], word: &'static str| {
                let own = words.iter().filter(|(axis, _)| axis.as_str() == name);
                own.map(|(axis, _)| (word, axis.span)).collect::<Vec<_>>()
            };
            let of_blocks = blocks(image).flat_map(|all| {
                let defaults = own(&all.defaults, "default");
                defaults.into_iter().chain(own(&all.tokens, "token"))
            });
            let words = of_values.chain(of_blocks);
            for (word, span) in words.filter(|(word, _)| *word != "token" || !is_named) {
                let message = format!("`{word}` has no effect: no tag names the axis `{name}`");
                let fault = no_effect(message, span);
                let help = format!("write `{{{name}}}` into a `tag`, or remove it");
                idle.entry(span).or_insert(fault.help(help));
            }
        }
    }
    idle.into_values().collect()
}

/// Changes of platforms that change no variant. What depends on the run may change some in another run.
pub(super) fn platforms(scope: &Scope) -> Vec<Diagnostic> {
    let made = scope.used.platform_changes.borrow();
    let mut idle: IndexMap<Span, Diagnostic> = IndexMap::new();
    let mut open: HashSet<Span> = scope.manifest.listed_platforms.iter().copied().collect();
    for image in &scope.manifest.images {
        let words = || {
            blocks(image)
                .filter_map(|all| all.platforms.as_ref())
                .flatten()
        };
        let depends = |when: &When| !when.variables.is_empty() && when.settings.platforms.is_some();
        let is_open = !scope.inputs.set.is_empty()
            || image.whens.iter().any(depends)
            || words().any(|one| one.contains('{'))
            || ends(image);
        for one in words().filter(|one| is_change(one)) {
            let shown = one.shown();
            let message = match one.starts_with('-') {
                true => {
                    format!("`{shown}` has no effect: no variant that it is for has this platform")
                }
                false => format!(
                    "`{shown}` has no effect: each variant that it is for has this platform already"
                ),
            };
            if is_open {
                open.insert(one.span);
            } else if made.get(&one.span) == Some(&false) {
                idle.entry(one.span)
                    .or_insert_with(|| no_effect(message, one.span).help("remove it"));
            }
        }
    }
    idle.retain(|span, _| !open.contains(span));
    idle.into_values().collect()
}

/// Whether values of an image end, so that it has other variants in other runs.
fn ends(image: &Image) -> bool {
    let mut values = image.axes.iter().flat_map(|axis| &axis.values);
    values.any(|value| value.until.is_some())
}

/// `shared` of values whose variants share no tag. What depends on the run may be shared in another run.
pub(super) fn unshared(scope: &Scope, fleet: &Fleet) -> Vec<Diagnostic> {
    let manifest = scope.manifest;
    let is_fixed = manifest.variables.is_empty() && scope.inputs.set.is_empty();
    let mut declared: HashMap<(&str, &str, &str), Span> = HashMap::new();
    for image in &manifest.images {
        let values = image
            .axes
            .iter()
            .flat_map(|axis| axis.values.iter().map(move |one| (axis, one)));
        for (axis, value) in values {
            if let Some(shared) = value.shared {
                let key = (image.name.as_str(), axis.name.as_str(), value.name.as_str());
                declared.insert(key, shared);
            }
        }
    }
    if declared.is_empty() || !is_fixed || manifest.images.iter().any(ends) {
        return Vec::new();
    }
    let shared = fleet.shared_tags();
    let owners = shared.iter().flat_map(|one| &one.owners);
    let owners = owners.map(|owner| fleet.variant(*owner));
    // What is read from an image is not known yet.
    let deferred = fleet.variants.iter().filter(|one| !one.deferred.is_empty());
    let used = owners.chain(deferred).flat_map(|variant| {
        let cells = variant.cells.values();
        cells.map(|cell| {
            (
                variant.image.as_str(),
                cell.axis.as_str(),
                cell.value.as_str(),
            )
        })
    });
    let used: HashSet<Span> = used.filter_map(|key| declared.get(&key).copied()).collect();
    let idle: BTreeSet<Span> = declared.into_values().collect();
    let idle = idle.into_iter().filter(|shared| !used.contains(shared));
    let fault = |shared: Span| {
        let message = "`shared` has no effect: no variant of another value has a tag of this one's";
        let help = "give both values one token, such as an alias, and `shared`; or remove it";
        no_effect(message.into(), shared).help(help)
    };
    idle.map(fault).collect()
}

fn no_effect(message: String, at: Span) -> Diagnostic {
    Diagnostic::error("matrix::no-effect", message).at(at, "here")
}
