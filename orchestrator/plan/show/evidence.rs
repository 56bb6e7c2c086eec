//! What a reason rests on, line by line.

use crate::memory::RecipeChange;
use crate::name::Digest;
use crate::plan::Reason;

/// The evidence of a reason: what was before and what is now, one fact per line.
pub fn evidence(reason: &Reason) -> Vec<String> {
    match reason {
        Reason::RecipeChanged {
            change: Some(change),
        } => recipe(change).cloned().collect(),
        Reason::ParentChanged { from, to, .. }
        | Reason::BaseMoved { from, to, .. }
        | Reason::LockChanged { from, to, .. } => moved(*from, *to),
        Reason::FreshnessPassed { from, to, .. } => vec![format!("-{from}"), format!("+{to}")],
        Reason::PackagesUpgradable { upgrades, .. } => {
            upgrades.iter().map(ToString::to_string).collect()
        }
        Reason::NoRecord { name, digest } => vec![format!("{} is {digest}", name.familiar())],
        _ => Vec::new(),
    }
}

/// Lines of the Dockerfile, files, arguments and settings.
pub(super) fn recipe(change: &RecipeChange) -> impl Iterator<Item = &String> {
    let lines = change.lines.iter().chain(&change.files);
    lines.chain(&change.args).chain(&change.settings)
}

fn moved(from: Option<Digest>, to: Option<Digest>) -> Vec<String> {
    let line = |sign, digest: Digest| format!("{sign}{digest}");
    let from = from.map(|digest| line('-', digest));
    from.into_iter()
        .chain(to.map(|digest| line('+', digest)))
        .collect()
}
