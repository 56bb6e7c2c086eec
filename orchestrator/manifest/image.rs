//! `image "go" { axis …; when …; from …; template …; use …; tag …; exclude …; include … }`

use crate::manifest::block::{self, Row, words};
use crate::manifest::workspace::child_text;
use crate::manifest::{AxisDecl, Match, Settings, When, names, settings};
use crate::text::kdl::{Node, Reader};
use crate::text::{Diagnostics, Span, Spanned};

/// A declared family of variants.
#[derive(Debug, Clone)]
pub struct Image {
    /// Where it is declared.
    pub span: Span,
    /// The image's name.
    pub name: Spanned<String>,
    /// The dimensions of the matrix.
    pub axes: Vec<AxisDecl>,
    /// Cells that are removed from the matrix.
    pub exclude: Vec<Cells>,
    /// Cells that are added to the matrix.
    pub include: Vec<Cells>,
    /// The settings of all cells.
    pub settings: Settings,
    /// The `when` blocks in file order.
    pub whens: Vec<When>,
    /// A pattern for the folder below `.circleci/images/<image>/`.
    pub path: Option<Spanned<String>>,
    /// Tags that must exist.
    pub must: Vec<Must>,
    /// Whether some of its tags were left out because of faults, so that it may have any.
    pub tags_lost: bool,
}

/// Cells by axis and value, for `exclude` and `include`.
#[derive(Debug, Clone)]
pub struct Cells {
    /// Where it is declared.
    pub span: Span,
    /// The axes and their patterns.
    pub cells: Vec<Match>,
}

/// `must "latest"`
#[derive(Debug, Clone)]
pub struct Must {
    /// The tag.
    pub tag: Spanned<String>,
}

/// The nodes of an image that are not settings.
static ROWS: [Row<Image>; 6] = [
    Row("axis", |image, child| {
        let found = AxisDecl::parse(child.node, child.out);
        names::declare(&mut image.axes, found, |axis| &axis.name, "axis", child.out);
    }),
    Row("exclude", |image, child| {
        image.exclude.extend(Cells::parse(child.node, child.out));
    }),
    Row("include", |image, child| {
        image.include.extend(Cells::parse(child.node, child.out));
    }),
    Row("when", |image, child| {
        image.whens.extend(When::parse(child.node, child.out));
    }),
    Row("path", |image, child| {
        let example = "path \"{version.minor}/{variant}\"";
        if let Some(path) = child_text(child.node, "a pattern", example, child.out) {
            let path = names::path(path, "path", child.out);
            child.once_of("path", path.span, &mut image.path, Some(path));
        }
    }),
    Row("must", |image, child| {
        Must::parse(child.node, &mut image.must, child.out);
    }),
];

impl Image {
    /// The nodes of an image.
    pub(super) fn nodes() -> Vec<&'static str> {
        [words(&ROWS), Settings::words()].concat()
    }

    pub(super) fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(node, out);
        let name = reader.name("image \"go\" { … }");
        let nodes = reader.kinds_or(&Self::nodes(), settings::elsewhere);
        reader.done();
        let mut image = Self {
            span: node.span,
            name: names::name(name?, "image", out),
            settings: Settings::parse(&nodes, out),
            axes: Vec::new(),
            exclude: Vec::new(),
            include: Vec::new(),
            whens: Vec::new(),
            path: None,
            must: Vec::new(),
            tags_lost: false,
        };
        block::read(&mut image, &[&ROWS], &nodes, out);
        Some(image)
    }
}

impl Cells {
    fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(node, out);
        let cells = Match::list(
            &mut reader,
            "exclude version=\"1.25.*\" variant=\"browsers\"",
        );
        reader.done();
        (!cells.is_empty()).then_some(Self {
            span: node.span,
            cells,
        })
    }
}

impl Must {
    fn parse(node: &Node, all: &mut Vec<Self>, out: &mut Diagnostics) {
        let mut reader = Reader::new(node, out);
        let first = reader.arg("a tag", "must \"latest\"");
        let tags: Vec<Spanned<String>> = first.into_iter().chain(reader.args()).collect();
        reader.done();
        names::once(&tags, "tag", out);
        all.extend(tags.into_iter().map(|tag| Self {
            tag: names::filled(tag, "must", out),
        }));
    }
}
