//! What a run refuses to give to builds: the network of the machine, and rights beyond the sandbox. Without trust in the workspace,
//! no build gets either; otherwise, one gets the network if the manifest says so.

use crate::dockerfile::{self, Instruction};
use crate::matrix::{Fleet, Variant};
use crate::render::{Recipe, Rendered};
use crate::text::{Diagnostic, Diagnostics};
use std::collections::BTreeSet;

/// Reports each place that would give a build something of the machine: one fault per line that the author wrote, regardless
/// of the number of variants.
pub fn host_access(fleet: &Fleet, rendered: &Rendered, out: &mut Diagnostics) {
    networks(fleet, out);
    each(rendered.all(), |_, one| one.host_access(), out);
}

/// The same in a run that trusts the workspace: each step that asks for what its build does not get. Builders refuse it when they
/// follow the step.
pub fn ungranted(fleet: &Fleet, rendered: &Rendered, out: &mut Diagnostics) {
    let of = |recipe: &Recipe, one: &Instruction| {
        let network = &fleet.variant(recipe.variant).build.network;
        let fault = one.ungranted(network.as_deref())?;
        recipe.is_carried_out(fault.bytes.start).then_some(fault)
    };
    // Most recipes have no such flag: they are not read again.
    let asks = |recipe: &&Recipe| {
        let mut flags = ["--network", "--security"].iter();
        flags.any(|flag| recipe.dockerfile.contains(flag))
    };
    each(rendered.all().filter(asks), of, out);
}

impl Rendered {
    fn all(&self) -> impl Iterator<Item = &Recipe> {
        self.recipes.iter().chain(&self.unsound)
    }
}

fn each<'r>(
    recipes: impl Iterator<Item = &'r Recipe>,
    of: impl Fn(&Recipe, &Instruction) -> Option<dockerfile::Fault>,
    out: &mut Diagnostics,
) {
    let mut seen = BTreeSet::new();
    for recipe in recipes {
        let read = dockerfile::parse(&recipe.dockerfile).instructions;
        let mut faults = read.iter().filter_map(|one| of(recipe, one)).peekable();
        if faults.peek().is_none() {
            continue;
        }
        let origins = recipe.origins();
        for fault in faults {
            let origin = origins.get(fault.line - 1).filter(|one| !one.is_empty());
            let (message, written) = match origin.filter(|_| recipe.generated) {
                Some(origin) => (format!("{} (from {origin})", fault.message), origin.clone()),
                None => (fault.message.clone(), recipe.place(fault.line)),
            };
            if seen.insert(written) {
                let span = recipe.written(&fault.bytes);
                out.push(dockerfile::Fault { message, ..fault }.diagnostic_at(span));
            }
        }
    }
}

/// Reports `network "host"` in the manifest.
fn networks(fleet: &Fleet, out: &mut Diagnostics) {
    let mut seen = BTreeSet::new();
    let open = |variant: &&Variant| variant.build.network.as_deref() == Some("host");
    for variant in fleet.variants.iter().filter(open) {
        let mut said = variant.said.iter().rev();
        let place = said.find(|said| said.word == "network");
        let span = place.map_or(variant.span, |said| said.span);
        if seen.insert(span) {
            let fault = Diagnostic::error(
                "untrusted::host",
                "`network \"host\"` gives a build the network of the machine, which an untrusted run does not do",
            );
            let help = "leave it out, or leave out --untrusted if you trust the workspace";
            out.push(fault.at(span, "here").help(help));
        }
    }
}
