//! An image of the input with every tag written out, and the manifest for exactly that.
//!
//! ```kdl
//! axis "variant" {
//!     value "1.27.0-trixie" { alias "1.27-trixie" "trixie"; set dockerfile="1.27/trixie/Dockerfile"; }
//! }
//! tag "{variant}"
//! ```
//!
//! This form is hard to maintain but always correct: it is used where no axes are found.

use super::verify::Published;
use super::write::{Node, literal};
use crate::name::Platform;
use crate::text::{Span, Spanned};
use indexmap::IndexMap;
use std::collections::BTreeMap;

/// One image: its tags in the order of the input.
#[derive(Debug, Clone)]
pub struct Entry {
    pub span: Span,
    pub tags: Vec<Spanned<String>>,
    /// Tags that other images may have, too, for other platforms.
    pub shared: Vec<Spanned<String>>,
    pub platforms: Vec<Platform>,
    /// The image's folder, relative to the workspace; empty for the workspace itself.
    pub directory: String,
    /// The Dockerfile's path below the directory.
    pub file: String,
    /// The build context, where that is not the Dockerfile's folder.
    pub context: Option<String>,
}

impl Entry {
    /// Every tag once, its own ones first.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        let new = |tag: &&Spanned<String>| !self.tags.contains(tag);
        self.tags
            .iter()
            .chain(self.shared.iter().filter(new))
            .map(|tag| tag.as_str())
    }

    /// The Dockerfile's path in the workspace.
    pub fn dockerfile(&self) -> String {
        if self.directory.is_empty() {
            self.file.clone()
        } else {
            format!("{}/{}", self.directory, self.file)
        }
    }

    /// What it publishes in a repository.
    pub fn published(&self, repository: &str) -> Published {
        Published {
            references: self
                .all()
                .map(|tag| format!("{repository}:{tag}"))
                .collect(),
            platforms: self.platforms.iter().cloned().collect(),
            dockerfile: self.dockerfile(),
            context: self.context.clone(),
            args: BTreeMap::new(),
        }
    }
}

/// `platforms "linux/amd64" …`
pub fn platforms(platforms: &[Platform]) -> Node {
    let all: Vec<String> = platforms.iter().map(ToString::to_string).collect();
    Node::new("platforms").args(all.iter().map(String::as_str))
}

/// The image with every tag written out.
pub fn written(name: &str, entries: &[Entry]) -> Node {
    let axis = Node::new("axis")
        .arg("variant")
        .open()
        .children(entries.iter().filter_map(value));
    let mut image = Node::new("image")
        .arg(name)
        .open()
        .spaced()
        .child(axis)
        .child(Node::new("dockerfile").arg("{variant.dockerfile}").spaced());
    let (mut built, mut contexts) = (
        IndexMap::<&[Platform], Vec<&str>>::new(),
        IndexMap::<&str, Vec<&str>>::new(),
    );
    for (entry, own) in entries
        .iter()
        .filter_map(|entry| Some((entry, entry.tags.first()?.as_str())))
    {
        built.entry(&entry.platforms).or_default().push(own);
        if let Some(context) = &entry.context {
            contexts.entry(context).or_default().push(own);
        }
    }
    let context = contexts.into_iter().map(|(context, of)| {
        when(
            &of,
            entries.len(),
            Node::new("context").arg(&literal(context)),
        )
    });
    let platform = built
        .into_iter()
        .map(|(built, of)| when(&of, entries.len(), platforms(built)));
    image = image.children(context).children(platform);
    image.child(Node::new("tag").arg("{variant}").spaced())
}

/// A setting of some values, or of all of them.
fn when(of: &[&str], all: usize, setting: Node) -> Node {
    if of.len() == all {
        setting
    } else {
        Node::new("when")
            .props("variant", of.iter().copied())
            .child(setting)
    }
}

fn value(entry: &Entry) -> Option<Node> {
    let mut all = entry.all();
    let node = Node::new("value").arg(all.next()?);
    let node = if entry.shared.is_empty() {
        node
    } else {
        node.flag("shared")
    };
    let aliases = Node::new("alias").args(all);
    let node = if entry.all().count() > 1 {
        node.child(aliases)
    } else {
        node
    };
    Some(node.child(Node::new("set").prop("dockerfile", &literal(&entry.dockerfile()))))
}
