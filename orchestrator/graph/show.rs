//! The graph for people and programs: text, dot, mermaid, JSON.

use crate::graph::{Graph, Target};
use crate::matrix::{Fleet, VariantId};
use crate::render::Recipe;
use petgraph::dot::{Config, Dot};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use typed_index_collections::TiSlice;

/// One row of the tree that is not written yet.
struct Row {
    v: VariantId,
    under: Option<VariantId>,
    indent: String,
    last: bool,
}

/// Pushes siblings onto the stack so that the first one is popped first.
fn stack(open: &mut Vec<Row>, siblings: &[VariantId], under: Option<VariantId>, indent: &str) {
    let row = |(at, v): (usize, &VariantId)| Row {
        v: *v,
        under,
        indent: indent.to_owned(),
        last: at + 1 == siblings.len(),
    };
    open.extend(siblings.iter().enumerate().rev().map(row));
}

impl Graph {
    /// One tree per base: each image below the one that it is based on, the others that it uses in brackets.
    pub fn text(&self, fleet: &Fleet) -> String {
        let mut out = String::new();
        let mut roots: BTreeMap<String, Vec<VariantId>> = BTreeMap::new();
        for v in self.order().iter().filter(|v| self.below(**v).is_none()) {
            roots.entry(self.base_of(*v, fleet)).or_default().push(*v);
        }
        for (base, of) in roots {
            let _ = writeln!(out, "{base}");
            self.branches(fleet, &of, &mut out);
        }
        out
    }

    /// The variant of this graph that an image is based on.
    fn below(&self, v: VariantId) -> Option<VariantId> {
        match self.ground(v)? {
            Target::Variant(parent) => self.parents(v).find(|other| other == parent),
            Target::Base(_) => None,
        }
    }

    /// Writes the rows of a tree without recursion: a chain may be as long as the fleet.
    fn branches(&self, fleet: &Fleet, roots: &[VariantId], out: &mut String) {
        let mut open: Vec<Row> = Vec::new();
        stack(&mut open, roots, None, "");
        while let Some(Row {
            v,
            under,
            indent,
            last,
        }) = open.pop()
        {
            let also: Vec<String> = self
                .parents(v)
                .filter(|p| Some(*p) != under)
                .map(|p| fleet.variant(p).label())
                .collect();
            let also = if also.is_empty() {
                String::new()
            } else {
                format!(" (also uses {})", also.join(", "))
            };
            let _ = writeln!(
                out,
                "{indent}{}{}{also}",
                if last { "└── " } else { "├── " },
                fleet.variant(v).label()
            );
            let below: Vec<VariantId> = self
                .children(v)
                .filter(|c| self.below(*c) == Some(v))
                .collect();
            stack(
                &mut open,
                &below,
                Some(v),
                &format!("{indent}{}", if last { "    " } else { "│   " }),
            );
        }
    }

    /// The image that a variant at the top of a tree is based on: from outside, or left out of a subgraph.
    fn base_of(&self, v: VariantId, fleet: &Fleet) -> String {
        match self.ground(v) {
            Some(Target::Base(reference)) => reference.familiar(),
            Some(Target::Variant(parent)) => fleet.variant(*parent).label(),
            None => "scratch".into(),
        }
    }

    /// For graphviz.
    pub fn dot(&self, fleet: &Fleet) -> String {
        let label =
            |_: &_, (_, v): (_, &VariantId)| format!("label={:?}", fleet.variant(*v).label());
        let dot = Dot::with_attr_getters(
            &self.edges,
            &[Config::NodeNoLabel, Config::EdgeNoLabel],
            &|_, _| String::new(),
            &label,
        );
        format!("{dot:?}")
    }

    /// For pages that render mermaid, such as a README.
    pub fn mermaid(&self, fleet: &Fleet) -> String {
        let mut out = String::from("graph LR\n");
        for v in self.order() {
            let _ = writeln!(out, "    v{}[\"{}\"]", v.0, fleet.variant(*v).label());
        }
        for v in self.order() {
            for parent in self.parents(*v) {
                let _ = writeln!(out, "    v{} --> v{}", parent.0, v.0);
            }
        }
        out
    }

    /// Nodes in build order, each with its parents, bases and level.
    pub fn json(&self, fleet: &Fleet, recipes: &TiSlice<VariantId, Recipe>) -> Value {
        let levels = self.levels();
        let node = |v: &VariantId| {
            let parents: Vec<String> = self.parents(*v).map(|p| fleet.variant(p).label()).collect();
            let named = recipes[*v].image_refs.iter().zip(self.targets(*v));
            let needed = named.filter(|(image_ref, _)| image_ref.is_needed());
            let bases: BTreeSet<String> = needed
                .filter_map(|(_, target)| match target {
                    Target::Base(reference) => Some(reference.to_string()),
                    Target::Variant(_) => None,
                })
                .collect();
            json!({ "variant": fleet.variant(*v).label(), "level": levels[*v], "parents": parents, "bases": bases })
        };
        json!({ "variants": self.order().iter().map(node).collect::<Vec<_>>() })
    }
}
