//! Fills in the commands of hooks. A shell reads them, so the values of placeholders cannot be code.

use crate::matrix::cells::lookup::inside;
use crate::matrix::cells::text::{CellView, Piece, Text};
use crate::matrix::faults::Faults;
use crate::matrix::fleet::hook::HOOK_VALUES;
use crate::text::{Diagnostic, Place, Shown};

/// What a value may contain besides letters and digits of ASCII. A shell gives none of these a meaning, with or without quotes.
const PLAIN: &str = "._-/:@+=,%";

impl Text {
    /// The command of one cell; `None` if a fault is or was reported, such as a value in which a shell finds more than a word.
    pub fn command(&self, cell: CellView, faults: &mut Faults) -> Option<String> {
        let command = self.fill(cell, faults)?;
        let mut is_plain = true;
        for piece in self.pieces.iter().filter(|piece| !is_known_later(piece)) {
            let value = self.piece(piece, cell, faults)?;
            if !matches!(piece, Piece::Text(_)) && !value.chars().all(is_harmless) {
                faults.push(self.not_plain(piece, value, cell));
                is_plain = false;
            }
        }
        is_plain.then_some(command)
    }

    fn not_plain(&self, piece: &Piece, value: &str, cell: CellView) -> Diagnostic {
        let written = match piece {
            Piece::Fact(written, _) | Piece::Kept(written) => written.clone(),
            Piece::Text(_) => String::new(),
            // The data of the one axis that has it is written without the axis.
            Piece::Data(_, key) if self.source.contains(&format!("{{{key}}}")) => {
                format!("{{{key}}}")
            }
            Piece::Data(axis, key) => format!("{{{}.{key}}}", cell.axes[*axis].name()),
            Piece::Name(axis)
            | Piece::Tokens(axis)
            | Piece::First(axis)
            | Piece::Series(axis, _) => {
                format!("{{{}}}", cell.axes[*axis].name())
            }
        };
        let fault = format!(
            "`{written}` is `{}` here, which a shell may read as code: in the command of a hook, a value has only letters of ASCII, digits and `{PLAIN}`",
            value.shown()
        );
        Diagnostic::error("matrix::hook-value", fault)
            .at(self.place_of(&written), "here")
            .help(way_out(&written))
    }

    /// The place of a placeholder, or of the whole command if it is written in another way.
    fn place_of(&self, written: &str) -> Place {
        let at = self.source.find(written);
        at.map_or(self.source.span.into(), |at| {
            inside(&self.source, &(at..at + written.len()))
        })
    }
}

fn way_out(written: &str) -> String {
    let variable = written.strip_prefix("{var:").map(|name| {
        let end = name.find([':', '}']).unwrap_or(name.len());
        format!("`\"$KILN_VAR_{}\"`", &name[..end])
    });
    match variable {
        Some(variable) => format!(
            "give it another value, or set it in the environment and write {variable} instead: the shell takes that as one word"
        ),
        None => "give it another value, or let the hook read the environment instead, such as `\"$KILN_VARIANT\"`".into(),
    }
}

/// A reference, a digest or a repository, for which a mark stands until a tag moves.
fn is_known_later(piece: &Piece) -> bool {
    let Piece::Fact(written, _) = piece else {
        return false;
    };
    let word = written
        .strip_prefix('{')
        .and_then(|word| word.strip_suffix('}'));
    HOOK_VALUES.iter().any(|(known, _)| word == Some(*known))
}

fn is_harmless(c: char) -> bool {
    c.is_ascii_alphanumeric() || PLAIN.contains(c)
}
