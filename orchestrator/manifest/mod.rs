//! The declarations of a manifest, with the place of every word: one file per node.
//!
//! Parsing checks words and types; [`crate::matrix`] checks that names exist and that cells are consistent.

mod archive;
mod attest;
mod axis;
mod base;
mod block;
mod building;
mod config;
mod contexts;
mod family;
mod from;
mod hook;
mod image;
mod include;
mod library;
mod merge;
mod mounts;
mod names;
mod package;
mod platforms;
mod refresh;
mod run;
mod said;
mod secret;
mod set;
mod settings;
mod shared;
mod ssh;
mod tag;
#[cfg(test)]
mod tests;
mod toolset;
mod use_decl;
mod variable;
mod when;
mod workspace;

pub use crate::check::Declared as CheckDecl;
pub use archive::{Archive, Fetch, FileCopy};
pub use attest::Proof;
pub use axis::{AxisDecl, AxisKind, Rung, Value};
pub use base::BaseDecl;
pub use building::{Building, MOST_RETRIES};
pub use config::{Config, User};
pub use contexts::{ContextDecl, NamedSource};
pub use family::{Distribution, Family, Manager, On};
pub use from::BasedOn;
pub use hook::{HOOK_WITHIN, HookDecl};
pub use image::{Cells, Image, Must};
pub use include::includes;
pub use library::library;
pub use mounts::Mounts;
pub use names::{outside, single_quoted};
pub use package::Packages;
pub use platforms::{PlatformSet, is_change};
pub use refresh::{Period, Refresh};
pub use run::Run;
pub use said::Said;
pub use secret::{SecretDecl, SecretFrom};
pub use set::{set, set_image};
pub use settings::{Carry, Merge, RecipeDecl, Settings, Source, Stage, Written};
pub use ssh::SshDecl;
pub use tag::{Condition, Per, TagRule};
pub use toolset::{Toolset, ToolsetItem};
pub use use_decl::UseDecl;
pub use variable::{OtherDefault, Variable, VariableKind};
pub use when::{Match, VariableMatch, When};
pub use workspace::{Publish, Syntax, WorkspaceDecl, stage_beside, unstaged};

use crate::text::kdl::{Document, Entry, Reader, duplicate, known_nodes_or};
use crate::text::{Diagnostic, Diagnostics, Span};
use block::{Row, words};
use shared::{SettingsDecl, Shared, UNKNOWN_NAME};
use std::collections::{BTreeSet, HashSet};

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
    /// The places of the platforms in sets, which images use by name.
    pub listed_platforms: Vec<Span>,
    /// Whether something could not be read. There is a diagnostic for it, and what is missing here is not another
    /// error.
    pub incomplete: bool,
    /// Whether all files could be read as far as they go. What is not declared may be in a part that could not.
    pub whole: bool,
}

/// Every node that a manifest may contain, as the tables name them that read the nodes.
pub fn nodes() -> BTreeSet<&'static str> {
    let tables = [
        words(&ROWS),
        WorkspaceDecl::nodes(),
        toolset::nodes(),
        Image::nodes(),
        axis::nodes(),
    ];
    tables.into_iter().flatten().collect()
}

/// The help for a node at the top level of a manifest that belongs in another one.
fn inside(word: &str) -> Option<String> {
    let places = [
        ("`workspace`", WorkspaceDecl::nodes()),
        ("an `image`", Image::nodes()),
        ("a `toolset`", toolset::nodes()),
        ("an `axis`", axis::nodes()),
    ];
    let places = places
        .into_iter()
        .filter(|(_, nodes)| nodes.contains(&word));
    let places: Vec<&str> = places.map(|(place, _)| place).collect();
    (!places.is_empty()).then(|| format!("`{word}` belongs in {}", places.join(" or ")))
}

/// What is read: the manifest, and what its images use by name.
#[derive(Default)]
struct Read {
    manifest: Manifest,
    shared: Shared,
}

/// The nodes at the top level of a manifest.
static ROWS: [Row<Read>; 9] = [
    Row("workspace", |Read { manifest: all, .. }, child| {
        let found = WorkspaceDecl::parse(child.node, child.out);
        match (found, &all.workspace) {
            (Some(_), Some(first)) => child.out.push(duplicate(
                "`workspace` is declared twice",
                first.span,
                child.node.span,
            )),
            (found, None) => all.workspace = found,
            (None, Some(_)) => {}
        }
    }),
    Row("variable", |Read { manifest: all, .. }, child| {
        let found = Variable::parse(child.node, child.out);
        names::declare(
            &mut all.variables,
            found,
            |v| &v.name,
            "variable",
            child.out,
        );
    }),
    Row("axis", |Read { shared, .. }, child| {
        let found = AxisDecl::parse_shared(child.node, child.out);
        names::declare(&mut shared.axes, found, |a| &a.name, "axis", child.out);
    }),
    Row("platforms", |Read { shared, .. }, child| {
        let found = PlatformSet::parse(child.node, child.out);
        let what = "set of platforms";
        names::declare(&mut shared.platforms, found, |p| &p.name, what, child.out);
    }),
    Row("settings", |Read { shared, .. }, child| {
        let mut reader = Reader::new(child.node, child.out);
        let name = reader.name("settings \"web\" { … }");
        let nodes = reader.kinds_or(&Settings::words(), settings::elsewhere);
        reader.done();
        let settings = Settings::parse(&nodes, child.out);
        let found = name.map(|name| SettingsDecl::new(name, settings, child.out));
        let what = "block of settings";
        names::declare(&mut shared.settings, found, |s| &s.name, what, child.out);
    }),
    Row("base", |Read { manifest: all, .. }, child| {
        let found = BaseDecl::parse(child.node, child.out);
        names::declare(&mut all.bases, found, |b| &b.name, "base", child.out);
    }),
    Row("toolset", |Read { manifest: all, .. }, child| {
        let found = Toolset::parse(child.node, child.out);
        names::declare(&mut all.toolsets, found, |t| &t.name, "tool set", child.out);
    }),
    Row("image", |Read { manifest: all, .. }, child| {
        let found = Image::parse(child.node, child.out);
        names::declare(&mut all.images, found, |i| &i.name, "image", child.out);
    }),
    // It was followed when the files were read.
    Row("include", |_, _| {}),
];

/// Whether all files could be read as far as they go. What is not declared may be in a part that could not.
pub fn is_whole(documents: &[Document]) -> bool {
    let is_whole = |document: &Document| document.whole && !has_nameless(document);
    documents.iter().all(is_whole)
}

/// Whether a node at the top of a file declares something under a name that could not be read.
fn has_nameless(document: &Document) -> bool {
    let is_name = |entry: &Entry| entry.name.is_none();
    let mut faulty = document.nodes.iter().filter(|node| node.faulty);
    faulty.any(|node| !node.entries.first().is_some_and(is_name))
}

/// Reads a manifest from the nodes of its files; the first file is `kiln.kdl`. All errors are reported at once,
/// and everything that is valid is kept, so that later passes find more errors. Tool sets of the
/// `library` are added, except those whose names the manifest declares.
pub fn parse(documents: &[Document], library: Vec<Toolset>, out: &mut Diagnostics) -> Manifest {
    let mut read = Read::default();
    for document in documents {
        let (place, known) = ("the manifest", words(&ROWS));
        let nodes = known_nodes_or(&document.nodes, place, &known, inside, out);
        block::read(&mut read, &[&ROWS], &nodes, out);
    }
    let Read {
        manifest,
        mut shared,
    } = read;
    let listed = shared.platforms.iter().flat_map(|set| &set.platforms);
    let listed = listed.map(|one| one.span).collect();
    let images = manifest.images.into_iter();
    let whole = is_whole(documents);
    let mut found = Diagnostics::default();
    let mut manifest = Manifest {
        listed_platforms: listed,
        images: images.map(|image| shared.fill(image, &mut found)).collect(),
        whole,
        ..manifest
    };
    out.extend_unrelated(found, |fault| !whole && fault.code == UNKNOWN_NAME);
    let missing = manifest.workspace.is_none() && whole;
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
                .help("write `workspace \"name\" { publish \"registry.example.com/{image}\"; stage \"registry.example.com/stage\" }`"),
        );
    }
    manifest.incomplete = out.has_errors();
    if !manifest.incomplete {
        shared.unused(out);
    }
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
