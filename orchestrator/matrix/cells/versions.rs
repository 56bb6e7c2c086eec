//! Warnings about values of version axes that are read in a way that their author may not expect.

use crate::matrix::cells::axis::{Axis, Value};
use crate::name::Version;
use crate::tag::Rung;
use crate::text::{Diagnostic, Shown, Span};
use std::cmp::Ordering;

/// A warning if a value looks like a version and is not understood, or is a pre-release only because of an unknown word.
pub(in crate::matrix) fn misread(
    name: &str,
    version: Option<&Version>,
    rungs: &[Rung],
    at: Span,
) -> Option<Diagnostic> {
    let shown = name.shown();
    let Some(version) = version else {
        let message = format!("`{shown}` is not understood as a version, so it has no rungs");
        let help = format!(
            "name the value by a version, and write its tag beside it: `value \"1.2.3\" token=\"{shown}\"`; \
             if it is not a version, move it to an axis without `kind=\"version\"`"
        );
        return Version::is_meant(name).then(|| warning(message, at).help(help));
    };
    let word = version.unknown_word()?;
    let plain = version.series(version.numbers().len()).unwrap_or_default();
    let message = format!(
        "`{shown}` is taken for a pre-release, since `{word}` is not a known word, and owns no rung but `full`"
    );
    let help = format!(
        "for an edition of {plain}, write `value \"{plain}\" token=\"{shown}\"`, or put `{word}` on an axis of its own"
    );
    let moves = rungs.iter().any(|rung| rung.moves());
    moves.then(|| warning(message, at).help(help))
}

/// A warning for each version that owns a rung only because its edition comes later in the alphabet.
pub(in crate::matrix) fn rivals(axis: &Axis, alive: &[bool]) -> Vec<Diagnostic> {
    let alive = axis.values.iter().zip(alive).filter(|(_, alive)| **alive);
    let stable = |(value, _)| {
        let version = Value::version(value)?;
        (!version.is_prerelease() && !version.is_plain()).then_some((version, value))
    };
    let mut stable: Vec<(&Version, &Value)> = alive.filter_map(stable).collect();
    stable.sort_by_key(|(version, _)| *version);
    let pairs = stable.windows(2).filter_map(|pair| match pair {
        [low, high] => Some((*low, *high)),
        _ => None,
    });
    let equal = pairs.filter(|((low, _), (high, owner))| {
        let moves = owner.owned.iter().any(|rung| rung.moves());
        moves && low.numbers() == high.numbers() && low.compare(high) == Ordering::Equal
    });
    equal
        .map(|((low, other), (high, owner))| {
            let message = format!(
                "`{high}` and `{low}` are editions of one version, and both want its rungs: `{high}` has them, as its \
                 name comes later"
            );
            warning(message, owner.declared.name.span)
                .at(other.declared.name.span, "this one has none of them")
                .help("put the edition on an axis of its own, and write both in `tag`")
        })
        .collect()
}

/// A fault if the axis says which versions may own `none` and `latest`, and no value that has a cell can.
pub(in crate::matrix) fn nothing_latest(axis: &Axis, alive: &[bool]) -> Option<Diagnostic> {
    let (range, written) = (axis.latest.as_ref()?, axis.declared.latest.as_ref()?);
    let alive = axis.values.iter().zip(alive).filter(|(_, alive)| **alive);
    let versions = alive.filter_map(|(value, _)| value.version());
    let mut stable = versions.filter(|version| !version.is_prerelease());
    let message = format!(
        "no stable value of axis `{}` is in `{}`, so nothing would own `none` and `latest`",
        axis.name(),
        written.shown()
    );
    let fault = Diagnostic::error("matrix::latest", message).at(written.span, "here");
    let is_owned = stable.any(|version| range.contains(version));
    (!is_owned).then(|| fault.help("name a series that the axis has, or remove `latest=`"))
}

fn warning(message: String, at: Span) -> Diagnostic {
    Diagnostic::warning("matrix::version", message).at(at, "here")
}
