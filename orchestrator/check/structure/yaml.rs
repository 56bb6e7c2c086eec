//! YAML, and so also JSON, as a tree with the place of every value.
//!
//! The parser is `saphyr-parser`: it is pure Rust, maintained, and returns events with their places instead of
//! values. So every error has its place, and this module can limit depth and size. Aliases are refused: with
//! them, a small file can expand to an enormous tree.

use crate::text::{Diagnostic, Diagnostics, SourceId, Span};
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError};

/// The maximum nesting of values.
const DEEPEST: usize = 32;

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Yaml {
    pub span: Span,
    pub value: Value,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// Text as it is written. Its type is decided where it is used: `1.10` is not `1.1`.
    Text {
        text: String,
        quoted: bool,
    },
    List(Vec<Yaml>),
    Map(Vec<(Yaml, Yaml)>),
}

/// A list or mapping that has not ended yet.
struct Open {
    span: Span,
    mapping: bool,
    items: Vec<Yaml>,
}

/// The only document of a text. Anything else is reported, and the result is `None`.
pub(super) fn parse(source: SourceId, text: &str, out: &mut Diagnostics) -> Option<Yaml> {
    match read(&Places::new(source, text), text) {
        Ok(root) => Some(root),
        Err(fault) => {
            out.push(fault);
            None
        }
    }
}

fn read(places: &Places, text: &str) -> Result<Yaml, Diagnostic> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, at) = event.map_err(|error| invalid(&error, places))?;
        builder.event(event, places.span(at.start.index(), at.end.index()))?;
    }
    builder.root.ok_or_else(|| {
        Diagnostic::error("check::yaml", "the file is empty").at(places.span(0, 0), "no tests")
    })
}

fn invalid(error: &ScanError, places: &Places) -> Diagnostic {
    let at = error.marker().index();
    let message = format!("this is not valid YAML: {}", error.info());
    Diagnostic::error("check::yaml", message).at(places.span(at, at + 1), "cannot be read")
}

fn refusal(at: Span, message: &str, help: &str) -> Diagnostic {
    Diagnostic::error("check::yaml", message)
        .at(at, "here")
        .help(help)
}

/// Builds the tree from the events of the parser.
#[derive(Default)]
struct Builder {
    /// Lists and mappings around the current place, outermost first.
    open: Vec<Open>,
    root: Option<Yaml>,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, at: Span) -> Result<(), Diagnostic> {
        match event {
            Event::Alias(_) => {
                return Err(refusal(
                    at,
                    "aliases are not supported",
                    "write the value itself",
                ));
            }
            Event::DocumentStart(_) if self.root.is_some() => {
                return Err(refusal(
                    at,
                    "the file contains more than one document",
                    "keep one of them",
                ));
            }
            Event::Scalar(text, style, ..) => self.add(Yaml {
                span: at,
                value: Value::Text {
                    text: text.into_owned(),
                    quoted: style != ScalarStyle::Plain,
                },
            }),
            Event::SequenceStart(..) => self.open(at, false)?,
            Event::MappingStart(..) => self.open(at, true)?,
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(block) = self.open.pop() {
                    self.add(block.close(at));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, at: Span, mapping: bool) -> Result<(), Diagnostic> {
        if self.open.len() >= DEEPEST {
            return Err(refusal(
                at,
                "the values are nested too deeply",
                "no check needs so many levels",
            ));
        }
        self.open.push(Open {
            span: at,
            mapping,
            items: Vec::new(),
        });
        Ok(())
    }

    /// Adds a finished value to the innermost open list or mapping.
    fn add(&mut self, value: Yaml) {
        match self.open.last_mut() {
            Some(block) => block.items.push(value),
            None => self.root = Some(value),
        }
    }
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

/// Converts offsets in characters to offsets in bytes.
struct Places {
    source: SourceId,
    /// The byte offset of each character, and the end.
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
