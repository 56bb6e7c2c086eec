//! Which cells an `exclude`, `include` or `when` names.
//!
//! For each axis named, a value fits if one of the patterns fits and no pattern with `!` does;
//! patterns with `!` alone mean every other value. A pattern is a value's name, `*`, a range of
//! versions (`>=3.8`, `1.26.*`), or a name with `*` in it.

use super::axis::{Axis, Value};
use super::faults::Faults;
use super::text::{CellView, Lookup, Place};
use crate::manifest::Match;
use crate::name::Range;
use crate::text::{Diagnostic, Spanned, suggest};

/// The values that fit, by axis; an axis that is not named fits always.
pub(super) struct Mask(Vec<(usize, Fits)>);

/// The values of one axis that fit.
enum Fits {
    /// Named one by one.
    Few(Vec<u32>),
    /// By value.
    Many(Vec<bool>),
}

impl Mask {
    /// Whether a cell fits.
    pub fn fits(&self, cell: &[u32]) -> bool {
        self.0.iter().all(|(axis, fits)| match fits {
            Fits::Few(values) => values.contains(&cell[*axis]),
            Fits::Many(values) => values[cell[*axis] as usize],
        })
    }

    /// An axis of which it names values one by one, and those values: where to look for it.
    pub fn few(&self) -> Option<(usize, &[u32])> {
        self.0.iter().find_map(|(axis, fits)| match fits {
            Fits::Few(values) => Some((*axis, values.as_slice())),
            Fits::Many(_) => None,
        })
    }

    /// Whether no cell of any matrix could fit.
    pub fn is_empty(&self) -> bool {
        self.0.iter().any(|(_, fits)| match fits {
            Fits::Few(values) => values.is_empty(),
            Fits::Many(values) => !values.contains(&true),
        })
    }
}

/// Reads the matches; faults are told, and the axis they are about fits nothing.
pub(super) fn mask<'m>(matches: &'m [Match], axes: &[Axis<'m>], lookup: &Lookup<'_, 'm>, faults: &mut Faults) -> Option<Mask> {
    let mut mask = Vec::new();
    let mut sound = true;
    for one in matches {
        let Some(axis) = find_axis(&one.axis, axes, faults) else {
            sound = false;
            continue;
        };
        if let Some(few) = few(one, &axes[axis]) {
            mask.push((axis, Fits::Few(few)));
            continue;
        }
        let (refused, wanted): (Vec<_>, Vec<_>) = one.patterns.iter().partition(|pattern| pattern.starts_with('!'));
        let mut fits = vec![wanted.is_empty() && !refused.is_empty(); axes[axis].values.len()];
        for pattern in wanted {
            sound &= mark(&mut fits, true, pattern, &axes[axis], lookup, faults);
        }
        for pattern in refused {
            sound &= mark(&mut fits, false, pattern, &axes[axis], lookup, faults);
        }
        mask.push((axis, Fits::Many(fits)));
    }
    sound.then_some(Mask(mask))
}

/// Values that are named one by one, without a pattern among them.
fn few(one: &Match, axis: &Axis) -> Option<Vec<u32>> {
    const MOST: usize = 8;
    let values = one.patterns.iter().map(|pattern| axis.index.get(pattern.as_str()).copied()).collect::<Option<Vec<u32>>>()?;
    (values.len() <= MOST).then_some(values)
}

/// The axis of this name, or a fault.
pub(super) fn find_axis(name: &Spanned<String>, axes: &[Axis], faults: &mut Faults) -> Option<usize> {
    let found = axes.iter().position(|axis| axis.name() == name.as_str());
    if found.is_none() {
        let known = || axes.iter().map(|axis| axis.name());
        let near = suggest(name, known()).map(|near| format!("did you mean `{near}`?"));
        let all = known().map(|axis| format!("`{axis}`")).collect::<Vec<_>>().join(", ");
        let help = if all.is_empty() { String::from("the image has no axis") } else { format!("axes of the image: {all}") };
        faults.push(
            Diagnostic::error("matrix::unknown-axis", format!("no axis `{}`", name.as_str()))
                .at(name.span, "here")
                .help(help)
                .maybe_help(near),
        );
    }
    found
}

fn mark<'m>(fits: &mut [bool], to: bool, pattern: &'m Spanned<String>, axis: &Axis, lookup: &Lookup<'_, 'm>, faults: &mut Faults) -> bool {
    let Some(text) = lookup.text(pattern, Place::Rendered, faults).fill(CellView { axes: &[], values: &[], said: &[] }, faults) else {
        return false;
    };
    let text = if to { text.as_str() } else { text.strip_prefix('!').unwrap_or(&text) };
    match Fit::read(text, axis) {
        Ok(fit) => {
            fits.iter_mut().zip(&axis.values).filter(|(_, value)| fit.fits(value)).for_each(|(slot, _)| *slot = to);
            true
        }
        Err(fault) => {
            faults.push(fault.at(pattern.span, "here"));
            false
        }
    }
}

/// One pattern, read.
pub(super) enum Fit {
    Name(String),
    Glob(String),
    Range(Range, String),
}

impl Fit {
    /// Reads a pattern against the values it is for.
    pub fn read(text: &str, axis: &Axis) -> Result<Self, Diagnostic> {
        if axis.index.contains_key(text) {
            return Ok(Fit::Name(text.to_owned()));
        }
        let versions = axis.values.iter().any(|value| value.version.is_some());
        match text.parse() {
            Ok(range) if Range::looks_like(text) && versions => Ok(Fit::Range(range, text.to_owned())),
            _ if text.contains('*') => Ok(Fit::Glob(text.to_owned())),
            Err(fault) if Range::looks_like(text) && versions => Err(Diagnostic::error("matrix::range", fault.to_string())
                .help("compare with `>=`, `<` and the like, `,` between them, or end with `.*`")),
            _ => Err(unknown_value(text, axis)),
        }
    }

    /// Whether a value fits.
    pub fn fits(&self, value: &Value) -> bool {
        match self {
            Fit::Name(name) => value.name == *name,
            Fit::Glob(glob) => self::glob(glob, &value.name),
            Fit::Range(range, text) => {
                value.version.as_ref().map_or_else(|| self::glob(text, &value.name), |version| range.contains(version))
            }
        }
    }
}

/// A fault about a value that the axis does not have.
pub(super) fn unknown_value(text: &str, axis: &Axis) -> Diagnostic {
    let known = || axis.values.iter().map(|value| value.name.as_str());
    let near = suggest(text, known()).map(|near| format!("did you mean `{near}`?"));
    let some = known().take(8).map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
    Diagnostic::error("matrix::unknown-value", format!("axis `{}` has no value `{}`", axis.name(), text.escape_debug()))
        .help(format!("its values: {some}{}", if axis.values.len() > 8 { ", …" } else { "" }))
        .maybe_help(near)
}

/// Whether a text fits a pattern in which `*` stands for any text.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut last = None;
    for piece in pieces {
        if let Some(earlier) = last.replace(piece) {
            let Some(found) = str::find(rest, earlier) else { return false };
            rest = &rest[found + earlier.len()..];
        }
    }
    last.map_or(rest.is_empty(), |last| rest.ends_with(last))
}
