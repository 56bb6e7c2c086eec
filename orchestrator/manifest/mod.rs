//! The declarations of a manifest, with the place of every word: one file per node.
//!
//! Parsing checks words and types; [`crate::matrix`] checks that names exist and that cells are consistent.

mod archive;
mod axis;
mod base;
mod config;
mod family;
mod image;
mod include;
mod library;
mod names;
mod package;
mod tag;
#[cfg(test)]
mod tests;
mod toolset;
mod variable;
mod when;
mod workspace;

pub use crate::check::Declared as CheckDecl;
pub use archive::{Archive, Fetch, FileCopy};
pub use axis::{AxisDecl, AxisKind, Rung, Value};
pub use base::BaseDecl;
pub use config::{ConfigDecl, UserDecl};
pub use family::{Distribution, Family, Manager, On};
pub use image::{BasedOn, Cells, ContextDecl, Image, Must, RecipeDecl, Settings, UseDecl};
pub use include::includes;
pub use library::library;
pub use names::outside;
pub use package::Packages;
pub use tag::{Condition, Per, TagRule};
pub use toolset::{Need, Toolset, ToolsetItem};
pub use variable::{Variable, VariableKind};
pub use when::{Match, When};
pub use workspace::{Publish, Syntax, WorkspaceDecl, stage_beside, unstaged};

use crate::text::kdl::{Document, Node, duplicate, known_nodes};
use crate::text::{Diagnostic, Diagnostics, Span};
use std::collections::HashSet;

/// A whole manifest: `kiln.kdl` and the files it includes, in file order.
#[derive(Debug, Clone, Default)]
pub struct Manifest {
    /// The settings of the whole fleet.
    pub workspace: Option<WorkspaceDecl>,
    /// The variables.
    pub variables: Vec<Variable>,
    /// The images from outside the fleet.
    pub bases: Vec<BaseDecl>,
    /// The tool sets.
    pub toolsets: Vec<Toolset>,
    /// The images.
    pub images: Vec<Image>,
    /// Whether something could not be read. There is a diagnostic for it, and what is missing here is not another
    /// error.
    pub incomplete: bool,
}

/// The nodes at the top level of a manifest.
const NODES: [&str; 6] = [
    "workspace",
    "variable",
    "base",
    "toolset",
    "image",
    "include",
];

/// Reads a manifest from the nodes of its files; the first file is `kiln.kdl`. All errors are reported at once,
/// and everything that is valid is kept, so that later passes find more errors. Tool sets of the
/// `library` are added, except those whose names the manifest declares.
pub fn parse(documents: &[Document], library: Vec<Toolset>, out: &mut Diagnostics) -> Manifest {
    let mut manifest = Manifest::default();
    for document in documents {
        for (kind, node) in known_nodes(&document.nodes, "the manifest", &NODES, out) {
            manifest.node(kind, node, out);
        }
    }
    let missing = manifest.workspace.is_none() && documents.iter().all(|document| document.whole);
    let begun = documents
        .iter()
        .flat_map(|document| &document.nodes)
        .any(|node| node.name.value == "workspace");
    if let Some(first) = documents.first().filter(|_| missing && !begun) {
        out.push(
            Diagnostic::error("manifest::missing", "the manifest has no `workspace`")
                .at(
                    Span {
                        source: first.source,
                        start: 0,
                        end: 0,
                    },
                    "missing in this file",
                )
                .help("write `workspace \"name\" { publish \"registry.example.com/{image}\" }`"),
        );
    }
    manifest.incomplete = out.has_errors();
    let declared: HashSet<String> = manifest
        .toolsets
        .iter()
        .map(|own| own.name.value.clone())
        .collect();
    let unshadowed = |set: &Toolset| !declared.contains(&set.name.value);
    manifest
        .toolsets
        .extend(library.into_iter().filter(unshadowed));
    manifest
}

impl Manifest {
    fn node(&mut self, kind: &str, node: &Node, out: &mut Diagnostics) {
        match kind {
            "workspace" => match (WorkspaceDecl::parse(node, out), &self.workspace) {
                (Some(_), Some(first)) => out.push(duplicate(
                    "`workspace` is declared twice",
                    first.span,
                    node.span,
                )),
                (found, None) => self.workspace = found,
                (None, Some(_)) => {}
            },
            "variable" => names::declare(
                &mut self.variables,
                Variable::parse(node, out),
                |v| &v.name,
                "variable",
                out,
            ),
            "base" => names::declare(
                &mut self.bases,
                BaseDecl::parse(node, out),
                |b| &b.name,
                "base",
                out,
            ),
            "toolset" => names::declare(
                &mut self.toolsets,
                Toolset::parse(node, out),
                |t| &t.name,
                "tool set",
                out,
            ),
            "image" => names::declare(
                &mut self.images,
                Image::parse(node, out),
                |i| &i.name,
                "image",
                out,
            ),
            // `include` was followed when the files were read.
            _ => {}
        }
    }
}
