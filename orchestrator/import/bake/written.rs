//! Images as they are written to the manifest.

use super::image::{Built, Name, Text};
use crate::import::entry;
use crate::import::verify::Published;
use crate::import::write::Node;
use crate::text::Span;
use indexmap::IndexSet;

/// An image of the manifest.
#[derive(Debug, Clone)]
pub(super) struct Image {
    pub name: String,
    pub span: Span,
    pub axes: Vec<Node>,
    /// Patterns.
    pub publish: Vec<String>,
    pub tags: Vec<String>,
    pub built: Built,
    /// The name of its parent image.
    pub from: Option<String>,
    /// What it expands to: one image, or one per cell.
    pub published: Vec<Published>,
}

impl Image {
    /// An image without axes.
    pub fn new(name: String, built: Built, names: &[&Name], published: Vec<Published>) -> Self {
        let unique = |of: fn(&Name) -> &Text| {
            names
                .iter()
                .map(|name| of(name).pattern.clone())
                .collect::<IndexSet<_>>()
                .into_iter()
                .collect()
        };
        let (publish, tags) = (unique(|name| &name.repository), unique(|name| &name.tag));
        Self {
            name,
            span: built.span,
            axes: Vec::new(),
            publish,
            tags,
            built,
            from: None,
            published,
        }
    }

    /// The part before `/name` in its only repository.
    pub fn stem(&self) -> Option<&str> {
        let [publish] = self.publish.as_slice() else {
            return None;
        };
        publish.strip_suffix(self.name.as_str())?.strip_suffix('/')
    }

    /// The node of the manifest, without the repository if it equals the workspace's.
    pub fn node(&self, stem: Option<&str>) -> Node {
        let mut node = Node::new("image")
            .arg(&self.name)
            .open()
            .spaced()
            .children(self.axes.iter().cloned());
        if stem.is_none() || self.stem() != stem {
            node = node.child(Node::new("publish").args(self.publish.iter().map(String::as_str)));
        }
        node = node.children(
            self.from
                .as_ref()
                .map(|from| Node::new("from").prop("image", from)),
        );
        node = node.child(Node::new("dockerfile").arg(&self.built.dockerfile.pattern));
        node = node.children(
            self.built
                .own_context()
                .map(|context| Node::new("context").arg(&context.pattern)),
        );
        if !self.built.any_platform {
            node = node.child(entry::platforms(&self.built.platforms));
        }
        let args = self
            .built
            .args
            .iter()
            .map(|(name, text)| Node::new("arg").prop(name, &text.pattern));
        node.children(args)
            .children(self.tags.iter().map(|tag| Node::new("tag").arg(tag)))
    }
}
