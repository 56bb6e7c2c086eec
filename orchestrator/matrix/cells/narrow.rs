//! `{version:full,minor}`: a placeholder of a tag that narrows the rungs of its axis for one pattern.

use crate::manifest::AxisKind;
use crate::matrix::cells::axis::Axis;
use crate::matrix::cells::text::{Piece, Text};
use crate::tag::{Placeholder, Rung};
use crate::text::{Diagnostic, Shown, did_you_mean};

/// The piece of such a placeholder; `place` is the index of the axis. The text remembers its rungs.
pub(in crate::matrix) fn narrow(
    axis: &Axis,
    written: &str,
    place: usize,
    text: &mut Text,
) -> Result<Piece, Diagnostic> {
    let rungs = written
        .split(',')
        .map(|word| rung(axis, word.trim()))
        .collect::<Result<Vec<Rung>, _>>()?;
    let twice = (1..rungs.len()).find(|index| rungs[..*index].contains(&rungs[*index]));
    if let Some(index) = twice {
        let message = format!("rung `{}` is given twice", rungs[index]);
        return Err(fault(message).help("leave one of them out"));
    }
    if text.narrowed(place).is_some_and(|known| known != rungs) {
        let message = format!("`{{{}:…}}` is given twice with other rungs", axis.name());
        return Err(fault(message).help("write two tags, one for each"));
    }
    if text.narrowed(place).is_none() {
        text.narrowed.push((place, rungs));
    }
    Ok(Piece::Tokens(place))
}

fn rung(axis: &Axis, word: &str) -> Result<Rung, Diagnostic> {
    let name = axis.name();
    if axis.declared.kind != AxisKind::Version {
        let message = format!("axis `{name}` has no rungs, since it is not a version axis");
        return Err(fault(message).help(format!("write `{{{name}}}`")));
    }
    let Ok(rung) = word.parse::<Rung>() else {
        let known = Rung::ALL.map(Rung::as_str);
        let near = did_you_mean(word, known);
        let message = format!("`{}` is not a rung", word.shown());
        let help = format!(
            "rungs are {}",
            known.map(|rung| format!("`{rung}`")).join(", ")
        );
        return Err(fault(message).help(near.unwrap_or(help)));
    };
    if !axis.rungs.contains(&rung) {
        let message = format!("axis `{name}` does not have the rung `{rung}`");
        return Err(fault(message).help(
            "a tag can only narrow the rungs of its axes; add the rung to `rungs=` of the axis",
        ));
    }
    Ok(rung)
}

/// The fault of `{version:minor}` where text is wanted and not a tag.
pub(in crate::matrix) fn rungs_as_text(placeholder: &Placeholder, argument: &str) -> Diagnostic {
    let name = placeholder.name.shown();
    let message = format!(
        "`{{{name}:{}}}` selects the rungs of a tag, and this is not a tag",
        argument.shown()
    );
    let help = match argument {
        "minor" | "major" => format!("write `{{{name}.{argument}}}` for the text"),
        _ => format!("write `{{{name}}}`, `{{{name}.minor}}` or `{{{name}.major}}` for the text"),
    };
    fault(message).help(help)
}

/// The fault of `{version.minor:full}`: what follows the dot is text.
pub(in crate::matrix) fn field_with_rungs(
    placeholder: &Placeholder,
    field: &str,
    rungs: &str,
) -> Diagnostic {
    let (name, field) = (placeholder.name.shown(), field.shown());
    let rungs = rungs.shown();
    let message =
        format!("`{{{name}.{field}:{rungs}}}`: `{{{name}.{field}}}` is text and has no rungs");
    fault(message).help(format!(
        "write `{{{name}.{field}}}` for the text, or `{{{name}:{rungs}}}` for the rungs"
    ))
}

fn fault(message: String) -> Diagnostic {
    Diagnostic::error("matrix::rungs", message)
}
