//! `from base="debian"`, `from image="go" variant="node"`

use crate::text::kdl::{Node, Reader, unknown_property};
use crate::text::{Diagnostic, Diagnostics, Shown, Spanned, suggest};

/// What an image is based on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BasedOn {
    /// `from base="name"`
    Base(Spanned<String>),
    /// `from image="go" variant="node"`: axes that are not specified have the same value as in this image.
    Image {
        /// The image's name.
        image: Spanned<String>,
        /// The cells of the variant: axis and value.
        cells: Vec<(Spanned<String>, Spanned<String>)>,
    },
}

impl BasedOn {
    pub(super) fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(node, out);
        let (base, image) = (reader.prop("base"), reader.prop("image"));
        let cells = if base.is_some() {
            Vec::new()
        } else {
            reader.pairs()
        };
        let from = match (base, image) {
            (Some(base), None) => Some(Self::Base(base)),
            (None, Some(image)) => Some(Self::Image { image, cells }),
            (Some(_), Some(image)) => {
                let message = "`from` names a base and an image";
                reader.out().push(
                    Diagnostic::error("manifest::from", message)
                        .at(image.span, "one too many")
                        .help("an image is based on one other image: remove `base` or `image`"),
                );
                None
            }
            (None, None) => Self::misspelt(cells, &mut reader),
        };
        reader.done();
        from
    }

    /// Without `base` and `image`: the property that is probably a misspelling of one of them.
    fn misspelt(
        mut cells: Vec<(Spanned<String>, Spanned<String>)>,
        reader: &mut Reader,
    ) -> Option<Self> {
        let near = |name: &str| suggest(name, ["base", "image"]);
        let Some(at) = cells
            .iter()
            .position(|(name, _)| near(&name.value).is_some())
        else {
            match reader.maybe_arg() {
                Some(name) => reader.out().push(bare(&name)),
                None => reader.missing("`base` or `image`", "from base=\"debian\""),
            }
            return None;
        };
        let (name, value) = cells.remove(at);
        reader
            .out()
            .push(unknown_property(&name, "from", &["base", "image"]));
        Some(if near(&name.value) == Some("base") {
            Self::Base(value)
        } else {
            Self::Image {
                image: value,
                cells,
            }
        })
    }
}

/// For a name that is neither said to be a base nor an image: `from "debian:12"`.
fn bare(written: &Spanned<String>) -> Diagnostic {
    let text = written.value.shown();
    let last = text.rsplit('/').next().unwrap_or_default();
    let name = last.split([':', '@']).next().unwrap_or_default();
    let help = match name == text {
        true => format!("write `from base=\"{name}\"` or `from image=\"{name}\"`"),
        false => {
            format!("declare `base \"{name}\" from=\"{text}\"` and write `from base=\"{name}\"`")
        }
    };
    Diagnostic::error("manifest::missing", "`from` needs `base` or `image`")
        .at(written.span, "a base or an image?")
        .help(help)
}
