//! The graph for eyes and programs: text, dot, mermaid, JSON.

use crate::graph::{Graph, Target};
use crate::matrix::{Fleet, VariantId};
use petgraph::dot::{Config, Dot};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;

impl Graph {
    /// A tree a base: children below their first parent, further parents in brackets.
    pub fn text(&self, fleet: &Fleet) -> String {
        let mut out = String::new();
        let roots: Vec<VariantId> = self.order().iter().copied().filter(|v| self.parents(*v).is_empty()).collect();
        let bases: BTreeSet<String> = roots.iter().map(|v| self.base_of(*v)).collect();
        for base in bases {
            let _ = writeln!(out, "{base}");
            let of: Vec<VariantId> = roots.iter().copied().filter(|v| self.base_of(*v) == base).collect();
            self.branch(fleet, &of, None, "", &mut out);
        }
        out
    }

    fn branch(&self, fleet: &Fleet, all: &[VariantId], under: Option<VariantId>, indent: &str, out: &mut String) {
        for (at, v) in all.iter().enumerate() {
            let last = at + 1 == all.len();
            let also: Vec<String> = self.parents(*v).iter().filter(|p| Some(**p) != under).map(|p| fleet.variant(*p).label()).collect();
            let also = if also.is_empty() { String::new() } else { format!(" (and on {})", also.join(", ")) };
            let _ = writeln!(out, "{indent}{}{}{also}", if last { "└── " } else { "├── " }, fleet.variant(*v).label());
            let below: Vec<VariantId> = self.children(*v).iter().copied().filter(|c| self.parents(*c).first() == Some(v)).collect();
            self.branch(fleet, &below, Some(*v), &format!("{indent}{}", if last { "    " } else { "│   " }), out);
        }
    }

    /// The outside image that a variant without parents is listed under.
    fn base_of(&self, v: VariantId) -> String {
        let base = self.targets(v).iter().find_map(|t| match t {
            Target::Base(reference) => Some(reference.familiar()),
            Target::Variant(_) => None,
        });
        base.unwrap_or_else(|| "scratch".into())
    }

    /// For graphviz.
    pub fn dot(&self, fleet: &Fleet) -> String {
        let label = |_: &_, (_, v): (_, &VariantId)| format!("label={:?}", fleet.variant(*v).label());
        let dot = Dot::with_attr_getters(&self.graph, &[Config::NodeNoLabel, Config::EdgeNoLabel], &|_, _| String::new(), &label);
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
    pub fn json(&self, fleet: &Fleet) -> Value {
        let levels = self.levels();
        let node = |v: &VariantId| {
            let parents: Vec<String> = self.parents(*v).iter().map(|p| fleet.variant(*p).label()).collect();
            let bases: BTreeSet<String> = self
                .targets(*v)
                .iter()
                .filter_map(|t| match t {
                    Target::Base(reference) => Some(reference.to_string()),
                    Target::Variant(_) => None,
                })
                .collect();
            json!({ "variant": fleet.variant(*v).label(), "level": levels[v.0 as usize], "parents": parents, "bases": bases })
        };
        json!({ "variants": self.order().iter().map(node).collect::<Vec<_>>() })
    }
}
