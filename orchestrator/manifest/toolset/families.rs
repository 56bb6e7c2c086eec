//! Words of a tool set that have no effect in any family.

use crate::manifest::Family;
use crate::manifest::family::FAMILIES;
use crate::text::kdl::{Entry, Node, Value};
use crate::text::{Diagnostic, Diagnostics, Span};

/// Reports words for families that a tool set does not support, and packages of none. `families` are those that it supports.
pub(super) fn check(nodes: &[(&str, &Node)], families: &[Family], out: &mut Diagnostics) {
    for (word, node) in nodes {
        match *word {
            "family" => block(node, families, out),
            "package" => package(node, families, out),
            _ => {}
        }
    }
}

/// `family "alpine" { … }`
fn block(node: &Node, families: &[Family], out: &mut Diagnostics) {
    let own: Vec<(Family, Span)> = node.entries.iter().filter_map(named).collect();
    let others = own.iter().filter(|(own, _)| !families.contains(own));
    others.for_each(|(other, at)| out.push(unsupported(*other, *at, families)));
    let families: Vec<Family> = (own.iter().map(|(own, _)| *own))
        .filter(|own| families.contains(own))
        .collect();
    if families.is_empty() {
        return;
    }
    let children = node.children.iter().flatten();
    let packages = children.filter(|child| *child.name == "package");
    packages.for_each(|one| package(one, &families, out));
}

/// The family that an argument names, and where.
fn named(entry: &Entry) -> Option<(Family, Span)> {
    let (None, Value::Text(text)) = (&entry.name, &entry.value.value) else {
        return None;
    };
    let (_, family) = FAMILIES.iter().find(|(word, _)| word == text)?;
    Some((*family, entry.value.span))
}

/// `package "git" alpine=#false`
fn package(node: &Node, families: &[Family], out: &mut Diagnostics) {
    let of = |family: Family| {
        let is_own =
            |entry: &&Entry| (entry.name.as_ref()).is_some_and(|name| name.value == family.word());
        node.entries.iter().find(is_own)
    };
    let others = Family::ALL
        .into_iter()
        .filter(|one| !families.contains(one));
    for other in others {
        if let Some(entry) = of(other) {
            out.push(unsupported(other, entry.span, families));
        }
    }
    let is_off =
        |family: &Family| of(*family).is_some_and(|entry| entry.value.value == Value::Bool(false));
    if families.iter().all(is_off) {
        let message = "this package is for no family";
        let fault = Diagnostic::error("manifest::family", message).at(node.span, "here");
        out.push(fault.help("remove it, or one of its `#false`"));
    }
}

fn unsupported(family: Family, at: Span, families: &[Family]) -> Diagnostic {
    let words: Vec<String> = families
        .iter()
        .map(|one| format!("`{}`", one.word()))
        .collect();
    let message = format!(
        "`{}` has no effect here: this is for {} only",
        family.word(),
        words.join(" and ")
    );
    let fault = Diagnostic::error("manifest::family", message).at(at, "here");
    fault.help("remove it, or add the family to `families`")
}
