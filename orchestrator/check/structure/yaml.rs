//! YAML (and with it JSON) as a tree with the place of every value.
//!
//! The text goes through `saphyr-parser`: pure Rust, kept up, and it hands out events with their places
//! instead of building values of its own. So every fault of a file is shown where it stands, and depth
//! and size are bounded here. Anchors and aliases are refused: they make a small file an endless tree.

use crate::text::{Diagnostic, Diagnostics, SourceId, Span};
use saphyr_parser::{Event, Parser, ScalarStyle};

/// The most levels that may lie in each other.
const DEEPEST: usize = 32;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Yaml {
    pub span: Span,
    pub value: Value,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// Text as it was written; what it means is decided where it is used: `1.10` is not `1.1`.
    Text {
        text: String,
        quoted: bool,
    },
    List(Vec<Yaml>),
    Map(Vec<(Yaml, Yaml)>),
}

/// A list or mapping that is still open.
struct Open {
    span: Span,
    mapping: bool,
    items: Vec<Yaml>,
}

/// The one document of a text; `None` with a diagnostic where there is none.
pub(super) fn parse(source: SourceId, text: &str, out: &mut Diagnostics) -> Option<Yaml> {
    let places = Places::new(source, text);
    let mut open: Vec<Open> = Vec::new();
    let mut root: Option<Yaml> = None;
    for event in Parser::new_from_str(text) {
        let (event, at) = match event {
            Ok((event, at)) => (event, places.span(at.start.index(), at.end.index())),
            Err(error) => {
                let at = places.span(error.marker().index(), error.marker().index() + 1);
                out.push(
                    Diagnostic::error("check::yaml", format!("this is no YAML: {}", error.info()))
                        .at(at, "cannot be read"),
                );
                return None;
            }
        };
        let done = match event {
            Event::Alias(_) => {
                return refuse(at, "aliases are not read here", "write the value out", out);
            }
            Event::DocumentStart(_) if root.is_some() => {
                return refuse(
                    at,
                    "the file holds more than one document",
                    "keep one of them",
                    out,
                );
            }
            Event::Scalar(text, style, ..) => Some(Yaml {
                span: at,
                value: Value::Text {
                    text: text.into_owned(),
                    quoted: style != ScalarStyle::Plain,
                },
            }),
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                if open.len() >= DEEPEST {
                    return refuse(
                        at,
                        "the values lie too deep in each other",
                        "no check needs that",
                        out,
                    );
                }
                open.push(Open {
                    span: at,
                    mapping: matches!(event, Event::MappingStart(..)),
                    items: Vec::new(),
                });
                None
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().map(|block| block.close(at)),
            _ => None,
        };
        match (done, open.last_mut()) {
            (Some(value), Some(block)) => block.items.push(value),
            (Some(value), None) => root = Some(value),
            (None, _) => {}
        }
    }
    if root.is_none() {
        out.push(
            Diagnostic::error("check::yaml", "the file is empty")
                .at(places.span(0, 0), "nothing here"),
        );
    }
    root
}

fn refuse(at: Span, message: &str, help: &str, out: &mut Diagnostics) -> Option<Yaml> {
    out.push(
        Diagnostic::error("check::yaml", message)
            .at(at, "here")
            .help(help),
    );
    None
}

impl Open {
    fn close(self, end: Span) -> Yaml {
        let span = Span {
            end: end.end.max(self.span.end),
            ..self.span
        };
        if !self.mapping {
            return Yaml {
                span,
                value: Value::List(self.items),
            };
        }
        let mut pairs = Vec::with_capacity(self.items.len() / 2);
        let mut items = self.items.into_iter();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            pairs.push((key, value));
        }
        Yaml {
            span,
            value: Value::Map(pairs),
        }
    }
}

/// Turns places counted in characters into places counted in bytes.
struct Places {
    source: SourceId,
    /// The byte at which each character begins, and the end.
    bytes: Vec<u32>,
}

impl Places {
    fn new(source: SourceId, text: &str) -> Self {
        let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self {
            source,
            bytes: text
                .char_indices()
                .map(|(at, _)| byte(at))
                .chain([byte(text.len())])
                .collect(),
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        let byte = |at: usize| {
            self.bytes
                .get(at)
                .or(self.bytes.last())
                .copied()
                .unwrap_or_default()
        };
        Span {
            source: self.source,
            start: byte(start),
            end: byte(end).max(byte(start)),
        }
    }
}
