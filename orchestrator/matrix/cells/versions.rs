//! Warnings about values of version axes that are read in a way that their author may not expect.

use crate::matrix::cells::axis::{Axis, Value};
use crate::name::Version;
use crate::tag::Rung;
use crate::text::{Diagnostic, Shown, Span};

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
        let meant = version_within(name).unwrap_or("1.2.3");
        let help = format!(
            "name the value by a version, and write its tag beside it: `value \"{meant}\" token=\"{shown}\"`; \
             if it is not a version, move it to an axis without `kind=\"version\"`"
        );
        return Version::is_meant(name).then(|| warning(message, at).help(help));
    };
    let word = version.unknown_word()?;
    let why = format!("since `{word}` is not a known word");
    let moves = rungs.iter().any(|rung| rung.moves());
    moves.then(|| taken_for_prerelease(name, version, word, &why, at))
}

fn taken_for_prerelease(
    name: &str,
    version: &Version,
    word: &str,
    why: &str,
    at: Span,
) -> Diagnostic {
    let shown = name.shown();
    let plain = version.series(version.numbers().len()).unwrap_or_default();
    let message =
        format!("`{shown}` is taken for a pre-release, {why}, and owns no rung but `full`");
    let help = format!(
        "for an edition of {plain}, write `value \"{plain}\" token=\"{shown}\"`, or put `{word}` on an axis of its own"
    );
    warning(message, at).help(help)
}

/// The version behind a word, such as `26.2.1` of `OTP-26.2.1`.
fn version_within(name: &str) -> Option<&str> {
    let at = name.find(|c: char| c.is_ascii_digit())?;
    name[at..].parse::<Version>().ok().map(|_| &name[at..])
}

/// The values whose `devel` is an edition, as in CUDA's images, since the same release is on the axis without it, or with another
/// edition; with the version that they are then.
pub(in crate::matrix) fn editions(values: &[Value]) -> Vec<(usize, Version)> {
    let edition = |(at, value): (usize, &Value)| {
        let version = value.version()?;
        let edition = version.as_edition()?;
        let is_beside = |other: &Version| {
            !other.is_prerelease() && other.release_of().compare(&version.release_of()).is_eq()
        };
        let mut all = values.iter().filter_map(Value::version);
        all.any(is_beside).then_some((at, edition))
    };
    values.iter().enumerate().filter_map(edition).collect()
}

/// A warning for each version that is a pre-release by `devel`, if no plain version on the axis shows that it is one.
pub(in crate::matrix) fn doubtful(axis: &Axis) -> Vec<Diagnostic> {
    let is_plain = |version: &Version| version.is_plain();
    let mut versions = axis.values.iter().filter_map(Value::version);
    if versions.any(is_plain) || !axis.rungs.iter().any(|rung| rung.moves()) {
        return Vec::new();
    }
    let doubt = |value: &Value| {
        let version = value.version()?;
        version.as_edition()?;
        let why = "since no value is the same release without `devel`";
        Some(taken_for_prerelease(
            &value.name,
            version,
            "devel",
            why,
            value.declared.name.span,
        ))
    };
    axis.values.iter().filter_map(doubt).collect()
}

/// A warning for each version that owns a rung only because its edition or its spelling comes later in the alphabet.
pub(in crate::matrix) fn rivals(axis: &Axis, alive: &[bool]) -> Vec<Diagnostic> {
    let alive = axis.values.iter().zip(alive).filter(|(_, alive)| **alive);
    let stable = |(value, _)| {
        let version = Value::version(value)?;
        (!version.is_prerelease()).then_some((version, value))
    };
    let mut stable: Vec<(&Version, &Value)> = alive.filter_map(stable).collect();
    stable.sort_by_key(|(version, _)| *version);
    // A version without an edition is meant to own the rungs of both.
    let (plain, editions): (Vec<_>, Vec<_>) = stable
        .into_iter()
        .partition(|(version, _)| version.is_plain());
    let plain = equal(&plain).map(|pair| rival(pair, "spellings", "remove one of them"));
    let help = "put the edition on an axis of its own, and write both in `tag`";
    let editions = equal(&editions).map(|pair| rival(pair, "editions", help));
    plain.chain(editions).collect()
}

/// Values that follow each other and are one version, of which the later one owns a moving rung.
fn equal<'a, 'm>(
    sorted: &'a [(&Version, &'a Value<'m>)],
) -> impl Iterator<Item = (&'a Value<'m>, &'a Value<'m>)> {
    let pairs = sorted.windows(2).filter_map(|pair| match pair {
        [(low, other), (high, owner)] => {
            let moves = owner.owned.iter().any(|rung| rung.moves());
            let is_one = low.numbers() == high.numbers() && low.compare(high).is_eq();
            (moves && is_one).then_some((*other, *owner))
        }
        _ => None,
    });
    pairs.collect::<Vec<_>>().into_iter()
}

fn rival((other, owner): (&Value, &Value), what: &str, help: &str) -> Diagnostic {
    let (low, high) = (other.name.shown(), owner.name.shown());
    let message = format!(
        "`{high}` and `{low}` are {what} of one version, and both want its rungs: `{high}` has them, as its name comes \
         later"
    );
    warning(message, owner.declared.name.span)
        .at(other.declared.name.span, "this one has none of them")
        .help(help)
}

/// A fault if the axis says which versions may own `none` and `latest`, and no value that has a cell can: a warning if one
/// that has ended could, since the tags stay where they are then.
pub(in crate::matrix) fn nothing_latest(
    axis: &Axis,
    alive: &[bool],
    had: &[bool],
) -> Option<Diagnostic> {
    let (range, written) = (axis.latest.as_ref()?, axis.declared.latest.as_ref()?);
    let in_range = |cells: &[bool]| {
        let values = axis.values.iter().zip(cells).filter(|(_, has)| **has);
        let fits = |version: &Version| !version.is_prerelease() && range.contains(version);
        let mut values = values.map(|(value, _)| value);
        values.find(|value| value.version().is_some_and(fits))
    };
    if in_range(alive).is_some() {
        return None;
    }
    let (name, shown) = (axis.name(), written.shown());
    if let Some(ended) = in_range(had) {
        let message = format!(
            "every stable value of axis `{name}` in `{shown}` has ended, so `none` and `latest` stay where they are"
        );
        let fault = Diagnostic::warning("matrix::latest", message).at(written.span, "here");
        let fault = fault.at(ended.span, "not built any more");
        return Some(fault.help("name the series that they move to, or remove `latest=`"));
    }
    let message = format!(
        "no stable value of axis `{name}` is in `{shown}`, so nothing would own `none` and `latest`"
    );
    let fault = Diagnostic::error("matrix::latest", message).at(written.span, "here");
    Some(fault.help("name a series that the axis has, or remove `latest=`"))
}

fn warning(message: String, at: Span) -> Diagnostic {
    Diagnostic::warning("matrix::version", message).at(at, "here")
}
