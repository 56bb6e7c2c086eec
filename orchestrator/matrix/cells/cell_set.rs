//! Which cells an `exclude`, `include` or `when` names.
//!
//! On each named axis, a value matches if one of the patterns matches and no pattern with `!` does;
//! if all patterns have a `!`, every other value matches. A pattern is a value's name, `*`, a version
//! range (`>=3.8`, `1.26.*`), or a name with `*` in it.

use crate::manifest::Match;
use crate::matrix::cells::axis::{Axis, Value};
use crate::matrix::cells::lookup::{Lookup, Place};
use crate::matrix::cells::text::CellView;
use crate::matrix::faults::Faults;
use crate::name::Range;
use crate::text::{Diagnostic, Mend, Shown, Spanned, suggest};

/// The matching values by axis; on an axis that is not named every value matches.
pub(in crate::matrix) struct CellSet(Vec<(usize, Fits)>);

/// The matching values of one axis.
enum Fits {
    /// Values named one by one.
    Few(Vec<u32>),
    /// By value: whether it matches.
    Many(Vec<bool>),
}

impl CellSet {
    /// Whether no cell can match.
    pub fn is_empty(&self) -> bool {
        self.0.iter().any(|(_, fits)| match fits {
            Fits::Few(values) => values.is_empty(),
            Fits::Many(values) => !values.contains(&true),
        })
    }
}

impl Fits {
    /// The matching values.
    fn values(&self) -> Vec<u32> {
        match self {
            Fits::Few(values) => values.clone(),
            Fits::Many(values) => (0u32..)
                .zip(values)
                .filter(|(_, fits)| **fits)
                .map(|(value, _)| value)
                .collect(),
        }
    }
}

/// Many sets at once, one bit each: a manifest may have thousands of `when`s and 200,000 cells.
pub(in crate::matrix) struct CellSets {
    /// Words per set of bits.
    words: usize,
    /// All sets that were read without a fault.
    all: Vec<u64>,
    /// By axis, value after value: the sets that match it.
    axes: Vec<Vec<u64>>,
}

impl CellSets {
    /// Prepares the sets; `None` is a set whose fault is already reported, which matches nothing.
    pub fn new(cell_sets: &[Option<CellSet>], axes: &[Axis]) -> Self {
        let words = cell_sets.len().div_ceil(64);
        let mut all = vec![0; words];
        let named =
            |axis: usize, cell_set: &CellSet| cell_set.0.iter().any(|(own, _)| *own == axis);
        cell_sets
            .iter()
            .enumerate()
            .filter(|(_, cell_set)| cell_set.is_some())
            .for_each(|(place, _)| set(&mut all, place));
        let mut lined = Vec::new();
        for (axis, one) in axes.iter().enumerate() {
            let mut free = vec![0; words];
            cell_sets
                .iter()
                .enumerate()
                .filter(|(_, cell_set)| {
                    cell_set
                        .as_ref()
                        .is_some_and(|cell_set| !named(axis, cell_set))
                })
                .for_each(|(place, _)| set(&mut free, place));
            let mut sets: Vec<u64> = std::iter::repeat_n(&free, one.values.len())
                .flatten()
                .copied()
                .collect();
            for (place, cell_set) in cell_sets.iter().enumerate() {
                let fits = cell_set
                    .iter()
                    .flat_map(|cell_set| &cell_set.0)
                    .filter(|(own, _)| *own == axis)
                    .map(|(_, fits)| fits.values());
                let fits = fits.reduce(|left, right| {
                    left.into_iter()
                        .filter(|value| right.contains(value))
                        .collect()
                });
                fits.into_iter()
                    .flatten()
                    .for_each(|value| set(&mut sets[value as usize * words..], place));
            }
            lined.push(sets);
        }
        Self {
            words,
            all,
            axes: lined,
        }
    }

    /// Writes the sets that match a cell into `out`, one bit each.
    pub fn fitting(&self, cell: &[u32], out: &mut Vec<u64>) {
        out.clear();
        out.extend_from_slice(&self.all);
        for (sets, value) in self.axes.iter().zip(cell) {
            let start = *value as usize * self.words;
            out.iter_mut()
                .zip(&sets[start..start + self.words])
                .for_each(|(word, set)| *word &= set);
        }
    }
}

fn set(words: &mut [u64], place: usize) {
    words[place / 64] |= 1 << (place % 64);
}

/// The positions of the bits that are set.
pub(in crate::matrix) fn places(words: &[u64]) -> impl Iterator<Item = usize> {
    words.iter().enumerate().flat_map(|(index, word)| {
        (0..64)
            .filter(move |bit| word & (1 << bit) != 0)
            .map(move |bit| index * 64 + bit)
    })
}

/// Reads the matches. Faults are reported, and nothing matches on the axis that they are about.
pub(in crate::matrix) fn cell_set<'m>(
    matches: &'m [Match],
    axes: &[Axis<'m>],
    lookup: &Lookup<'_, 'm>,
    faults: &mut Faults,
) -> Option<CellSet> {
    let mut cell_set = Vec::new();
    let mut sound = true;
    for one in matches {
        let Some(axis) = axes
            .iter()
            .position(|axis| axis.name() == one.axis.as_str())
        else {
            faults.push(unknown_axis(&one.axis, axes).maybe_help(as_variable(&one.axis, lookup)));
            sound = false;
            continue;
        };
        if let Some(few) = few(one, &axes[axis]) {
            cell_set.push((axis, Fits::Few(few)));
            continue;
        }
        let (refused, wanted): (Vec<_>, Vec<_>) = one
            .patterns
            .iter()
            .partition(|pattern| pattern.starts_with('!'));
        let mut fits = vec![wanted.is_empty() && !refused.is_empty(); axes[axis].values.len()];
        for pattern in wanted {
            sound &= mark(&mut fits, true, pattern, &axes[axis], lookup, faults);
        }
        for pattern in refused {
            sound &= mark(&mut fits, false, pattern, &axes[axis], lookup, faults);
        }
        cell_set.push((axis, Fits::Many(fits)));
    }
    sound.then_some(CellSet(cell_set))
}

/// The values, if all of them are named one by one and none is a pattern.
fn few(one: &Match, axis: &Axis) -> Option<Vec<u32>> {
    const MOST: usize = 8;
    let values = one
        .patterns
        .iter()
        .map(|pattern| axis.index.get(pattern.as_str()).copied())
        .collect::<Option<Vec<u32>>>()?;
    (values.len() <= MOST).then_some(values)
}

/// The axis of this name, or a fault.
pub(in crate::matrix) fn find_axis(
    name: &Spanned<String>,
    axes: &[Axis],
    faults: &mut Faults,
) -> Option<usize> {
    let found = axes.iter().position(|axis| axis.name() == name.as_str());
    if found.is_none() {
        faults.push(unknown_axis(name, axes));
    }
    found
}

fn unknown_axis(name: &Spanned<String>, axes: &[Axis]) -> Diagnostic {
    let known = || axes.iter().map(|axis| axis.name());
    let near = suggest(name, known());
    let all: Vec<String> = known().map(|axis| format!("`{axis}`")).collect();
    let help = if name.starts_with("var:") {
        String::from("only `when` takes variables")
    } else if all.is_empty() {
        String::from("the image has no axes")
    } else {
        format!("axes of the image: {}", all.join(", "))
    };
    Diagnostic::error(
        "matrix::unknown-axis",
        format!("no axis `{}`", name.as_str()),
    )
    .at(name.span, "here")
    .help(help)
    .meant(name.span, near)
}

/// The help for a variable that is written like an axis.
fn as_variable(name: &Spanned<String>, lookup: &Lookup) -> Option<String> {
    let mut declared = lookup.scope.manifest.variables.iter();
    let is_variable = declared.any(|variable| variable.name.as_str() == name.as_str());
    let name = name.as_str();
    is_variable.then(|| format!("`{name}` is a variable: write `when var:{name}=\"…\"`"))
}

fn mark<'m>(
    fits: &mut [bool],
    to: bool,
    pattern: &'m Spanned<String>,
    axis: &Axis,
    lookup: &Lookup<'_, 'm>,
    faults: &mut Faults,
) -> bool {
    let Some(text) = plain(pattern, lookup, faults) else {
        return false;
    };
    let text = if to {
        text.as_str()
    } else {
        text.strip_prefix('!').unwrap_or(&text)
    };
    match Fit::read(text, axis, pattern) {
        Ok(fit) => {
            fits.iter_mut()
                .zip(&axis.values)
                .filter(|(_, value)| fit.fits(value))
                .for_each(|(placeholder, _)| *placeholder = to);
            true
        }
        Err(fault) => {
            faults.push(fault);
            false
        }
    }
}

/// The text of a pattern, which is the same for all cells; faults are reported.
pub(in crate::matrix) fn plain<'m>(
    pattern: &'m Spanned<String>,
    lookup: &Lookup<'_, 'm>,
    faults: &mut Faults,
) -> Option<String> {
    let text = lookup.text(pattern, Place::Rendered, faults);
    if !text.is_same() {
        let fault = Diagnostic::error("matrix::pattern", "a pattern cannot depend on an axis");
        let help = "write a value, or a variable: `{var:NAME}`";
        faults.push(fault.at(pattern.span, "here").help(help));
        return None;
    }
    let nothing = CellView {
        axes: &[],
        values: &[],
        overrides: &[],
    };
    text.fill(nothing, faults)
}

/// A parsed pattern.
pub(in crate::matrix) enum Fit {
    Name(String),
    Glob(String),
    Range(Range, String),
}

impl Fit {
    /// Parses a pattern for the values of an axis. `written` is the text that it is in.
    pub fn read(text: &str, axis: &Axis, written: &Spanned<String>) -> Result<Self, Diagnostic> {
        if axis.index.contains_key(text) {
            return Ok(Fit::Name(text.to_owned()));
        }
        let versions = axis.values.iter().any(|value| value.version.is_some());
        match text.parse() {
            Ok(range) if Range::looks_like(text) && versions => {
                Ok(Fit::Range(range, text.to_owned()))
            }
            _ if text.contains('*') => Ok(Fit::Glob(text.to_owned())),
            Err(fault) if Range::looks_like(text) && versions => {
                let help =
                    "use comparisons such as `>=` and `<`, separated by `,`, or end with `.*`";
                let fault = Diagnostic::error("matrix::range", fault.to_string());
                Err(fault.at(written.span, "here").help(help))
            }
            _ => Err(unknown_value(text, axis, written)),
        }
    }

    /// Whether a value matches.
    pub fn fits(&self, value: &Value) -> bool {
        match self {
            Fit::Name(name) => value.name == *name,
            Fit::Glob(glob) => self::glob(glob, &value.name),
            Fit::Range(range, text) => value.version.as_ref().map_or_else(
                || self::glob(text, &value.name),
                |version| range.contains(version),
            ),
        }
    }
}

/// A fault about a value that the axis does not have. `written` is the text that it is in, perhaps behind a `!`.
pub(in crate::matrix) fn unknown_value(
    text: &str,
    axis: &Axis,
    written: &Spanned<String>,
) -> Diagnostic {
    let known = || axis.values.iter().map(|value| value.name.as_str());
    let near = suggest(text, known());
    let some = known()
        .take(8)
        .map(|value| format!("`{value}`"))
        .collect::<Vec<_>>()
        .join(", ");
    let fault = Diagnostic::error(
        "matrix::unknown-value",
        format!("axis `{}` has no value `{}`", axis.name(), text.shown()),
    )
    .at(written.span, "here")
    .help(format!(
        "its values: {some}{}",
        if axis.values.len() > 8 { ", …" } else { "" }
    ))
    .meant(written.span, near);
    // A placeholder may become another value elsewhere.
    let sign = written.strip_suffix(text);
    let meant = sign.zip(near);
    fault.read_as(meant.map(|(sign, near)| Mend::Word(written.span, format!("{sign}{near}"))))
}

/// Whether a text matches a pattern in which `*` stands for any text.
pub fn glob(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut last = None;
    for piece in pieces {
        if let Some(earlier) = last.replace(piece) {
            let Some(found) = str::find(rest, earlier) else {
                return false;
            };
            rest = &rest[found + earlier.len()..];
        }
    }
    last.map_or(rest.is_empty(), |last| rest.ends_with(last))
}
