//! Text with places in it, looked up once an image and filled once a cell.
//!
//! In any text: `{axis}` is the value's name, `{axis.name}` its first token, `{axis.major}` and
//! `{axis.minor}` the version's series (the whole name where it is no version), `{axis.KEY}` the
//! value's own data, `{KEY}` the same where only one axis has it, `{image}`, `{workspace}`,
//! `{var:NAME}`. Where public names are made, the clock and the commit are there too; in a tag,
//! `{axis}` stands for each of the value's tokens. An axis hides a placeholder of its name, and a
//! value's own data a field of its name.

use super::axis::Axis;
use super::deferred;
use super::faults::Faults;
use super::scope::Scope;
use crate::tag::deferred::Deferred;
use crate::tag::{
    PLACEHOLDERS, Part, Pattern, PatternError, Placeholder, Token, Unfilled, placeholder_kind,
};
use crate::text::{Diagnostic, Span, Spanned, suggest};
use std::ops::Range;

/// Where a text stands: which placeholders it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Anything that is rendered: it depends on the workspace and the call alone.
    Rendered,
    /// A repository, a token: the clock and the commit are there too.
    Public,
    /// A tag: `{axis}` stands for tokens.
    Tag,
}

/// A text whose places are looked up.
pub(super) struct Text {
    pub source: Spanned<String>,
    pub pieces: Vec<Piece>,
    /// Something in it gives nothing in this run: why.
    pub missing: Option<String>,
    /// That is as it should be, and no news.
    pub skipped: bool,
    /// It differs from run to run.
    pub varies: bool,
    /// It never comes again.
    pub fixed: bool,
    /// It has a fault that is told already.
    pub broken: bool,
    /// What has to be known before it is a tag.
    pub deferred: Vec<Deferred>,
}

/// A stretch of a text; axes by their place.
pub(super) enum Piece {
    Text(String),
    /// A placeholder that is the same for every cell: as written, and what it came to.
    Fact(String, String),
    /// Each token of the value.
    Tokens(usize),
    Name(usize),
    First(usize),
    Series(usize, usize),
    Data(usize, String),
}

/// One cell, as texts see it.
#[derive(Clone, Copy)]
pub(super) struct CellView<'a> {
    pub axes: &'a [Axis<'a>],
    pub values: &'a [u32],
    /// By axis: the token that a `when` says instead of the value's own.
    pub said: &'a [Option<&'a Token>],
}

impl CellView<'_> {
    /// The value of an axis.
    pub fn value(&self, axis: usize) -> &super::axis::Value<'_> {
        &self.axes[axis].values[self.values[axis] as usize]
    }

    /// The token that comes first for an axis.
    pub fn first(&self, axis: usize) -> &Token {
        self.said
            .get(axis)
            .copied()
            .flatten()
            .unwrap_or_else(|| &self.value(axis).own)
    }

    /// The token that names files: the first one, or the value's name where that differs from run to run.
    pub fn naming(&self, axis: usize) -> &Token {
        let first = self.first(axis);
        if first.varies {
            &self.value(axis).plain
        } else {
            first
        }
    }
}

/// What the places of a text are looked up in.
pub(super) struct Lookup<'a, 'm> {
    pub scope: &'a Scope<'m>,
    pub axes: &'a [Axis<'m>],
    pub image: Option<&'m str>,
}

impl<'m> Lookup<'_, 'm> {
    /// Looks up every place of a text; faults are told.
    pub fn text(&self, source: &Spanned<String>, place: Place, faults: &mut Faults) -> Text {
        let mut text = Text {
            source: source.clone(),
            pieces: Vec::new(),
            missing: None,
            skipped: false,
            varies: false,
            fixed: false,
            broken: false,
            deferred: Vec::new(),
        };
        let pattern: Pattern = match source.parse() {
            Ok(pattern) => pattern,
            Err(PatternError { message, range }) => {
                let fault = Diagnostic::error("matrix::pattern", message)
                    .at(inside(source, &range), "here");
                faults.push(
                    fault.help("a place is `{version}`, `{version.minor}` or `{now:%Y}`; a brace of the text itself is `{{` or `}}`"),
                );
                text.broken = true;
                return text;
            }
        };
        for part in pattern.parts {
            match part {
                Part::Text(literal) => text.pieces.push(Piece::Text(literal)),
                Part::Placeholder(placeholder) => {
                    self.placeholder(&placeholder, place, &mut text, faults)
                }
            }
        }
        text
    }

    fn placeholder(
        &self,
        placeholder: &Placeholder,
        place: Place,
        text: &mut Text,
        faults: &mut Faults,
    ) {
        match self.piece(placeholder, place, text) {
            Ok(piece) => text.pieces.push(piece),
            Err(fault) => {
                text.broken = true;
                faults.push(fault.at(inside(&text.source, &placeholder.range), "here"));
            }
        }
    }

    fn piece(
        &self,
        placeholder: &Placeholder,
        place: Place,
        text: &mut Text,
    ) -> Result<Piece, Diagnostic> {
        let axis = self
            .axes
            .iter()
            .position(|axis| axis.name() == placeholder.name);
        match (axis, &placeholder.argument, &placeholder.field) {
            (Some(axis), None, None) if place == Place::Tag => Ok(Piece::Tokens(axis)),
            (Some(axis), None, None) => Ok(Piece::Name(axis)),
            (Some(axis), None, Some(field)) => self.field(axis, field),
            _ if placeholder.field.is_none() => self.named(placeholder, place, text),
            _ => Err(self.unknown(placeholder, place)),
        }
    }

    fn field(&self, axis: usize, field: &str) -> Result<Piece, Diagnostic> {
        if self.axes[axis].has_data(field) {
            return Ok(Piece::Data(axis, field.to_owned()));
        }
        match field {
            "name" => Ok(Piece::First(axis)),
            "major" => Ok(Piece::Series(axis, 1)),
            "minor" => Ok(Piece::Series(axis, 2)),
            _ => {
                let data = self.axes[axis]
                    .values
                    .iter()
                    .flat_map(|value| value.data.keys().map(String::as_str));
                let near = suggest(field, data.chain(["name", "major", "minor"]))
                    .map(|near| format!("did you mean `{near}`?"));
                let fault = format!("axis `{}` has no `{field}`", self.axes[axis].name());
                Err(Diagnostic::error("matrix::unknown-field", fault)
                    .help(format!("a value's own data is declared with it: `value \"…\" {{ set {field}=\"…\" }}`"))
                    .maybe_help(near))
            }
        }
    }

    /// A placeholder that is no axis, or the data of the one axis that has it.
    fn named(
        &self,
        placeholder: &Placeholder,
        place: Place,
        text: &mut Text,
    ) -> Result<Piece, Diagnostic> {
        if placeholder.argument.is_none() {
            let with: Vec<usize> = (0..self.axes.len())
                .filter(|axis| self.axes[*axis].has_data(&placeholder.name))
                .collect();
            match (with.as_slice(), placeholder.name.as_str(), self.image) {
                ([axis], name, _) => return Ok(Piece::Data(*axis, name.to_owned())),
                ([first, second, ..], name, _) => {
                    let (first, second) = (self.axes[*first].name(), self.axes[*second].name());
                    let fault = Diagnostic::error(
                        "matrix::ambiguous-field",
                        format!("`{{{name}}}` is data of two axes"),
                    );
                    return Err(fault.help(format!(
                        "say which: `{{{first}.{name}}}` or `{{{second}.{name}}}`"
                    )));
                }
                ([], "image", Some(image)) => {
                    return Ok(Piece::Fact(String::from("{image}"), image.to_owned()));
                }
                ([], "workspace", _) => {
                    return Ok(Piece::Fact(
                        String::from("{workspace}"),
                        self.scope.workspace().to_owned(),
                    ));
                }
                _ => {}
            }
        }
        self.fact(placeholder, place, text)
    }

    fn fact(
        &self,
        placeholder: &Placeholder,
        place: Place,
        text: &mut Text,
    ) -> Result<Piece, Diagnostic> {
        let written = text.source[placeholder.range.clone()].to_owned();
        let known =
            placeholder_kind(&placeholder.name).ok_or_else(|| self.unknown(placeholder, place))?;
        if place == Place::Rendered && !known.anywhere {
            let fault = Diagnostic::error(
                "matrix::placeholder-place",
                format!(
                    "`{written}` cannot stand here: the rendered files would change by themselves"
                ),
            );
            return Err(
                fault.help("the clock and the commit belong into `tag`, `publish` and tokens")
            );
        }
        if let ("var", Some(name)) = (placeholder.name.as_str(), &placeholder.argument) {
            self.scope.used.variables.borrow_mut().insert(name.clone());
        }
        text.varies |= !known.anywhere;
        match (known.fill)(placeholder, &self.scope.facts()) {
            Ok(filled) => {
                text.fixed |= filled.fixed;
                Ok(Piece::Fact(written, filled.text))
            }
            Err(Unfilled::Missing(why)) => {
                text.missing = Some(why);
                Ok(Piece::Fact(written, String::new()))
            }
            Err(Unfilled::Skipped(why)) => {
                text.missing = Some(why);
                text.skipped = true;
                Ok(Piece::Fact(written, String::new()))
            }
            Err(Unfilled::Deferred(_)) if place != Place::Tag => {
                let fault = format!("`{written}` is known only once the image is built");
                Err(Diagnostic::error("matrix::placeholder-place", fault)
                    .help("it may stand in a `tag`, nowhere else"))
            }
            Err(Unfilled::Deferred(deferred)) => {
                if deferred == Deferred::Revision && !text.deferred.is_empty()
                    || text.deferred.contains(&Deferred::Revision)
                {
                    let fault =
                        format!("`{written}` stands beside another part that is not known yet");
                    return Err(Diagnostic::error("matrix::placeholder", fault)
                        .help("a tag has one `{revision}`, or `{probe:…}`s"));
                }
                text.fixed |= deferred == Deferred::Revision;
                text.deferred.push(deferred);
                Ok(Piece::Fact(
                    written,
                    deferred::mark(text.deferred.len() - 1).to_string(),
                ))
            }
            Err(Unfilled::Wrong(why, help)) => {
                Err(Diagnostic::error("matrix::placeholder", why).help(help))
            }
        }
    }

    fn unknown(&self, placeholder: &Placeholder, place: Place) -> Diagnostic {
        let axes = self.axes.iter().map(|axis| axis.name());
        let data = self.axes.iter().flat_map(|axis| {
            axis.values
                .iter()
                .flat_map(|value| value.data.keys().map(String::as_str))
        });
        let facts = PLACEHOLDERS
            .iter()
            .filter(|known| known.anywhere || place != Place::Rendered)
            .map(|known| known.name);
        let near = suggest(
            &placeholder.name,
            axes.clone()
                .chain(data)
                .chain(facts)
                .chain(["image", "workspace"]),
        )
        .map(|near| format!("did you mean `{{{near}}}`?"));
        let all = axes
            .map(|axis| format!("`{{{axis}}}`"))
            .collect::<Vec<_>>()
            .join(", ");
        let help = if all.is_empty() {
            String::from("no axis is declared here")
        } else {
            format!("axes here: {all}")
        };
        Diagnostic::error(
            "matrix::unknown-placeholder",
            format!(
                "`{{{}}}` is neither an axis nor a placeholder",
                placeholder.name
            ),
        )
        .help(help)
        .maybe_help(near)
    }
}

impl Text {
    /// The text of one cell; `None` where a fault is (or was) told.
    pub fn fill(&self, cell: CellView, faults: &mut Faults) -> Option<String> {
        let mut out = String::new();
        for piece in &self.pieces {
            out.push_str(self.piece(piece, cell, faults)?);
        }
        if let (Some(why), false) = (&self.missing, self.broken) {
            faults.push(
                Diagnostic::error(
                    "matrix::missing-fact",
                    format!("this text has no value in this run: {why}"),
                )
                .at(self.source.span, "here")
                .help("a tag may wait for it, with `on=`; this text cannot"),
            );
        }
        (!self.broken && self.missing.is_none()).then_some(out)
    }

    /// One piece of one cell; tokens stand for the first of them.
    pub fn piece<'a>(
        &self,
        piece: &'a Piece,
        cell: CellView<'a>,
        faults: &mut Faults,
    ) -> Option<&'a str> {
        match piece {
            Piece::Text(text) | Piece::Fact(_, text) => Some(text),
            Piece::Name(axis) => Some(&cell.axes[*axis].values[cell.values[*axis] as usize].name),
            Piece::Tokens(axis) | Piece::First(axis) => {
                Some(match cell.said.get(*axis).copied().flatten() {
                    Some(token) => &token.text,
                    None => {
                        &cell.axes[*axis].values[cell.values[*axis] as usize]
                            .own
                            .text
                    }
                })
            }
            Piece::Series(axis, count) => {
                let value = &cell.axes[*axis].values[cell.values[*axis] as usize];
                let series = value
                    .version
                    .as_ref()
                    .map(|version| version.series(*count).unwrap_or(version.as_str()));
                Some(series.unwrap_or(&value.name))
            }
            Piece::Data(axis, key) => {
                let value = &cell.axes[*axis].values[cell.values[*axis] as usize];
                let found = value.data.get(key).map(String::as_str);
                if found.is_none() {
                    let fault = format!(
                        "value `{}` of axis `{}` has no `{key}`",
                        value.name,
                        cell.axes[*axis].name()
                    );
                    let place = Diagnostic::error("matrix::missing-data", fault)
                        .at(self.source.span, "asked for here")
                        .at(value.span, "not set here");
                    faults.push(place.help(format!("set it: `set {key}=\"…\"`")));
                }
                found
            }
        }
    }

    /// Whether it is the same for every cell.
    pub fn is_same(&self) -> bool {
        self.pieces
            .iter()
            .all(|piece| matches!(piece, Piece::Text(_) | Piece::Fact(..)))
    }

    /// The text, where nothing is filled in.
    pub fn constant(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] if !self.broken => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }
}

/// The place of some bytes of a text; of the whole where it was written with escapes.
pub(super) fn inside(text: &Spanned<String>, range: &Range<usize>) -> Span {
    let span = text.span;
    let quotes = (span.end.saturating_sub(span.start) as usize).checked_sub(text.len());
    let offset = match quotes {
        Some(0) => 0,
        Some(2) => 1,
        _ => return span,
    };
    let at = |index: usize| {
        span.start
            .saturating_add(u32::try_from(index + offset).unwrap_or(u32::MAX))
            .min(span.end)
    };
    Span {
        source: span.source,
        start: at(range.start),
        end: at(range.end),
    }
}
