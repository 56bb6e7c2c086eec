//! Texts whose placeholders are looked up once per image, and filled in once per cell.

use crate::matrix::cells::axis::{Axis, Value};
use crate::matrix::faults::Faults;
use crate::name::Version;
use crate::tag::deferred::Deferred;
use crate::tag::{Rung, Token};
use crate::text::{Diagnostic, Spanned};
use std::rc::Rc;

/// A text whose placeholders are resolved.
pub(in crate::matrix) struct Text {
    pub source: Spanned<String>,
    pub pieces: Vec<Piece>,
    /// Why a part of it has no value in this run.
    pub missing: Option<String>,
    /// Whether the missing part is expected and needs no warning.
    pub skipped: bool,
    /// If the git tag is not what the author expected: what to do about it.
    pub unmatched: Option<Unmatched>,
    /// The version of the git tag that it is made from.
    pub git_version: Option<Version>,
    /// Whether it differs from run to run.
    pub varies: bool,
    /// Whether it contains a part that never comes again.
    pub fixed: bool,
    /// Whether a part of it is made from the git tag.
    pub has_git_tag: bool,
    /// The first part of it, as written, that is a moving rung of the git tag or of a variable.
    pub climbs: Option<String>,
    /// Whether it has a fault, which is already reported.
    pub broken: bool,
    /// The values that must be known before it is a tag.
    pub deferred: Vec<Deferred>,
    /// By axis: the rungs that a placeholder such as `{version:minor}` narrows it to.
    pub narrowed: Vec<(usize, Vec<Rung>)>,
}

/// A git tag that a text makes nothing of.
pub(in crate::matrix) struct Unmatched {
    /// What to do about it.
    pub help: String,
    /// Whether it is a mistake even if other rules make tags from the git tag.
    pub always: bool,
}

/// A piece of a text; axes by index.
pub(in crate::matrix) enum Piece {
    Text(String),
    /// A placeholder that is the same for every cell: as written, and its value.
    Fact(String, String),
    /// An empty placeholder that is the same for every cell and leaves the separators beside it: as written.
    Kept(String),
    /// Each token of the value.
    Tokens(usize),
    Name(usize),
    First(usize),
    Series(usize, usize),
    Data(usize, String),
}

/// One cell, as the source of placeholder values.
#[derive(Clone, Copy)]
pub(in crate::matrix) struct CellView<'a> {
    pub axes: &'a [Axis<'a>],
    pub values: &'a [u32],
    /// By axis: the token that a `when` sets instead of the value's own.
    pub overrides: &'a [Option<Rc<Token>>],
}

impl<'a> CellView<'a> {
    /// The value of an axis.
    pub fn value(&self, axis: usize) -> &'a Value<'a> {
        &self.axes[axis].values[self.values[axis] as usize]
    }

    /// The first token of an axis.
    pub fn first(&self, axis: usize) -> &'a Token {
        let own = || &self.value(axis).own;
        let replaced = self.overrides.get(axis).and_then(Option::as_deref);
        replaced.unwrap_or_else(own)
    }

    /// The token for file names: the first one, or the value's name if that token differs from run to run.
    pub fn naming(&self, axis: usize) -> &'a Token {
        let first = self.first(axis);
        if first.varies {
            &self.value(axis).plain
        } else {
            first
        }
    }
}

impl Text {
    /// A text without pieces.
    pub fn new(source: Spanned<String>) -> Self {
        Self {
            source,
            pieces: Vec::new(),
            missing: None,
            skipped: false,
            unmatched: None,
            git_version: None,
            varies: false,
            fixed: false,
            has_git_tag: false,
            climbs: None,
            broken: false,
            deferred: Vec::new(),
            narrowed: Vec::new(),
        }
    }

    /// The rungs to which a placeholder narrows an axis; `None` if it does not.
    pub fn narrowed(&self, axis: usize) -> Option<&[Rung]> {
        let mut narrowed = self.narrowed.iter();
        let (_, rungs) = narrowed.find(|(own, _)| *own == axis)?;
        Some(rungs)
    }

    /// The text of one cell; `None` if a fault is or was reported.
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
                .help("only a tag may wait for it, with `on=`"),
            );
        }
        (!self.broken && self.missing.is_none()).then_some(out)
    }

    /// The value of one piece in one cell; for tokens, the first of them.
    pub fn piece<'a>(
        &self,
        piece: &'a Piece,
        cell: CellView<'a>,
        faults: &mut Faults,
    ) -> Option<&'a str> {
        match piece {
            Piece::Text(text) | Piece::Fact(_, text) => Some(text),
            Piece::Kept(_) => Some(""),
            Piece::Name(axis) => Some(&cell.value(*axis).name),
            Piece::Tokens(axis) | Piece::First(axis) => Some(&cell.first(*axis).text),
            Piece::Series(axis, count) => {
                let value = cell.value(*axis);
                let series = value
                    .version
                    .as_ref()
                    .map(|version| version.series(*count).unwrap_or(version.as_str()));
                Some(series.unwrap_or(&value.name))
            }
            Piece::Data(axis, key) => {
                let value = cell.value(*axis);
                let found = value.data.get(key).map(String::as_str);
                if found.is_none() {
                    let fault = format!(
                        "value `{}` of axis `{}` has no `{key}`",
                        value.name,
                        cell.axes[*axis].name()
                    );
                    let place = Diagnostic::error("matrix::missing-data", fault)
                        .at(self.source.span, "needed here")
                        .at(value.span, "not set here");
                    faults.push(place.help(format!("set it: `set {key}=\"…\"`")));
                }
                found
            }
        }
    }

    /// The first placeholder that is the same for every cell, as it is written.
    pub fn fact(&self) -> Option<&str> {
        self.pieces.iter().find_map(|piece| match piece {
            Piece::Fact(written, _) | Piece::Kept(written) => Some(written.as_str()),
            _ => None,
        })
    }

    /// Whether a part of it is the value of a variable.
    pub fn has_variable(&self) -> bool {
        self.pieces.iter().any(|piece| match piece {
            Piece::Fact(written, _) => written.starts_with("{var:"),
            Piece::Kept(_) => true,
            _ => false,
        })
    }

    /// Whether it is the same for every cell.
    pub fn is_same(&self) -> bool {
        let is_same =
            |piece: &Piece| matches!(piece, Piece::Text(_) | Piece::Fact(..) | Piece::Kept(_));
        self.pieces.iter().all(is_same)
    }
}
