//! `base "name" from="reference"`

use crate::manifest::{Distribution, names};
use crate::text::kdl::{Node, Reader};
use crate::text::{Diagnostics, Span, Spanned};

/// An image from outside the fleet.
#[derive(Debug, Clone)]
pub struct BaseDecl {
    /// Where it is declared.
    pub span: Span,
    /// The base's name.
    pub name: Spanned<String>,
    /// A pattern of a reference: it may contain axes and variables.
    pub from: Spanned<String>,
    /// `family="alpine"`: Debian if not specified.
    pub distribution: Option<Distribution>,
    /// The user that it runs as, if that is not root.
    pub user: Option<Spanned<String>>,
    /// Whether its ONBUILD reads the contexts of builds.
    pub onbuild: bool,
}

impl BaseDecl {
    pub(super) fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let example = "base \"debian\" from=\"docker.io/library/debian:trixie\"";
        let mut reader = Reader::new(node, out);
        let name = reader.name(example);
        let distribution = Distribution::properties(&mut reader);
        let user = reader.numeral("user");
        let onbuild = reader.flag("onbuild").is_some();
        let from = reader.required("from", example);
        reader.done();
        let name = names::name(name?, "base", out);
        // Kept without a `from`, so that images based on it are not reported as well.
        let from = from.map_or_else(
            || Spanned::new(String::from("scratch"), node.span),
            |from| names::filled(from, "from", out),
        );
        Some(Self {
            span: node.span,
            name,
            from,
            distribution,
            user,
            onbuild,
        })
    }
}
