//! Warnings about values of version axes that are read in a way that their author may not expect.

use crate::matrix::cells::axis::{Axis, Value};
use crate::name::Version;
use crate::tag::{Rung, Token};
use crate::text::{Diagnostic, Shown, Span};

mod schemes;
pub(in crate::matrix) use schemes::{hyphenated, mixed};

/// A warning for each value that looks like a version and is not understood, that is a pre-release only because of an unknown
/// word or a commit, or that has two versions.
pub(in crate::matrix) fn misread(axis: &Axis) -> Vec<Diagnostic> {
    let one = |value: &Value| match value.version() {
        None => not_understood(value, axis),
        Some(version) => guessed(value, version, axis).or_else(|| double(value, version, axis)),
    };
    axis.values.iter().filter_map(one).collect()
}

fn not_understood(value: &Value, axis: &Axis) -> Option<Diagnostic> {
    if !Version::is_meant(&value.name) {
        return None;
    }
    let shown = value.name.shown();
    let message = format!("`{shown}` is not understood as a version, so it has no rungs");
    let help = match meant(value, axis) {
        Some(meant) => format!(
            "name the value by a version, and write its tag beside it: `value \"{meant}\" token=\"{shown}\"`; \
             if it is not a version, move it to an axis without `kind=\"version\"`"
        ),
        None => format!(
            "if it is a version like the others, name the value by that version, and write `token=\"{shown}\"` beside it; \
             otherwise move it to an axis without `kind=\"version\"`, or to an image of its own"
        ),
    };
    Some(warning(message, value.declared.name.span).help(help))
}

fn guessed(value: &Value, version: &Version, axis: &Axis) -> Option<Diagnostic> {
    let word = version.unknown_word()?;
    let why = version.guess()?;
    let moves = axis.rungs.iter().any(|rung| rung.moves());
    let at = value.declared.name.span;
    let help = edition(&value.name, version, word);
    moves.then(|| taken_for_prerelease(&value.name, &why, at).help(help))
}

/// The version that a value such as `OTP-26.2.1` or `1_77_0` means; `None` if it may be of another kind than the other values, so
/// that it would take their rungs.
fn meant(value: &Value, axis: &Axis) -> Option<String> {
    let (word, meant) = version_within(&value.name)?;
    let others = || axis.values.iter().filter(|other| other.name != value.name);
    let is_like = |other: &Value| {
        let is_other = other.version().is_some() || Version::is_meant(&other.name);
        !is_other || version_within(&other.name).is_some_and(|(own, _)| own == word)
    };
    let is_new = others().all(|other| other.name != meant);
    (is_new && others().all(is_like)).then_some(meant)
}

/// A word and the version behind it, such as `OTP-` and `26.2.1`.
fn version_within(name: &str) -> Option<(&str, String)> {
    let at = name.find(|c: char| c.is_ascii_digit())?;
    let (word, text) = name.split_at(at);
    let is_odd = |c: char| !c.is_ascii_alphabetic() && !matches!(c, '-' | '_');
    if word.contains(is_odd) || Version::is_development(word) {
        return None;
    }
    let is_plain = text.parse::<Version>().is_ok();
    let dotted = Version::underscored(text).filter(|_| word.ends_with('_') || !is_plain);
    let found = dotted.or_else(|| is_plain.then(|| text.to_owned()))?;
    Some((word, found))
}

/// A warning for Kafka's `2.13-3.9.0`, which is Scala's version and its own: the first one has the rungs.
fn double(value: &Value, version: &Version, axis: &Axis) -> Option<Diagnostic> {
    let (first, second) = two(&value.name, version)?;
    if value
        .ladder
        .iter()
        .all(|token| token.rung().is_some_and(Rung::is_top))
    {
        return None;
    }
    let mut names = axis.values.iter().filter(|other| other.name != value.name);
    let is_one = |other: &Value| {
        let both = other
            .version()
            .and_then(|version| two(&other.name, version));
        other.name == second || both.is_some_and(|(_, own)| own == second)
    };
    let shown = value.name.shown();
    let alone = match names.any(is_one) {
        true => String::new(),
        false => format!(
            "if the second one decides, write `value \"{second}\" token=\"{shown}\"`; otherwise "
        ),
    };
    let message =
        format!("`{shown}` has two versions, and its rungs are those of the first one, `{first}`");
    let help = format!("{alone}put each on an axis of its own, and write both in `tag`");
    Some(warning(message, value.declared.name.span).help(help))
}

/// The two versions of `2.13-3.9.0`; `None` for revisions and builds such as `1.2.3-1.1` and `9.4-1134.1716366300`.
fn two<'n>(name: &'n str, version: &Version) -> Option<(&'n str, &'n str)> {
    let count = version.numbers().len();
    let end = version.series(count)?.len();
    let (first, rest) = (name.get(..end)?, name.get(end..)?);
    let second = rest.strip_prefix('-')?;
    let own: Version = second.parse().ok()?;
    let is_version = own.numbers().len() > 1
        && !own.is_prerelease()
        && second.starts_with(|c: char| c.is_ascii_digit());
    let is_build = own.numbers()[0] > 999 || count > 2 && own.numbers()[0] < 2;
    (is_version && !is_build && !version.is_prerelease()).then_some((first, second))
}

fn taken_for_prerelease(name: &str, why: &str, at: Span) -> Diagnostic {
    let shown = name.shown();
    let message =
        format!("`{shown}` is taken for a pre-release, {why}, and owns no rung but `full`");
    warning(message, at)
}

/// How to write an edition that is taken for a pre-release.
fn edition(name: &str, version: &Version, word: &str) -> String {
    let shown = name.shown();
    let plain = version.series(version.numbers().len()).unwrap_or_default();
    format!(
        "for an edition of {plain}, write `value \"{plain}\" token=\"{shown}\"`, or put `{word}` on an axis of its own"
    )
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

/// A warning for each version that is a pre-release by `devel` or by `b` and a digit, if no plain version on the axis shows that it is one.
pub(in crate::matrix) fn doubtful(axis: &Axis) -> Vec<Diagnostic> {
    let is_plain = |version: &Version| version.is_plain();
    let mut versions = axis.values.iter().filter_map(Value::version);
    if versions.any(is_plain) || !axis.rungs.iter().any(|rung| rung.moves()) {
        return Vec::new();
    }
    let doubt = |value: &Value| {
        let version = value.version()?;
        let (why, help) = doubt(&value.name, version)?;
        let fault = taken_for_prerelease(&value.name, why, value.declared.name.span);
        Some(fault.help(help))
    };
    axis.values.iter().filter_map(doubt).collect()
}

/// Why a version is a pre-release and could be a release, and how to write that one.
fn doubt(name: &str, version: &Version) -> Option<(&'static str, String)> {
    if let Some(build) = version.as_build() {
        let help = format!(
            "for a build, write `value \"{build}\" token=\"{}\"`",
            name.shown()
        );
        return Some(("since `b` and one digit are a beta", help));
    }
    version.as_edition()?;
    let why = "since no value is the same release without `devel`";
    Some((why, edition(name, version, "devel")))
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

/// A warning for each edition that owns a moving rung which a plain version would have otherwise: `1.27.3-perl` beside `1.26.2`.
pub(in crate::matrix) fn ahead(axis: &Axis, alive: &[bool]) -> Vec<Diagnostic> {
    let alive = axis.values.iter().zip(alive).filter(|(_, alive)| **alive);
    let stable: Vec<&Value> = alive.map(|(value, _)| value).collect();
    let is_plain = |value: &&&Value| {
        let version = value.version();
        version.is_some_and(|one| !one.is_prerelease() && one.edition().is_none())
    };
    let one = |value: &&Value| {
        value.version()?.edition()?;
        let rungs = value.ladder.iter().filter(|token| {
            let is_owned = |rung| value.owned.contains(&rung);
            token.rung().is_some_and(is_owned)
        });
        let plain = |token: &Token| {
            let mut others = stable.iter().filter(is_plain);
            others.find(|other| other.ladder.iter().any(|own| own.text == token.text))
        };
        let taken: Vec<(&Token, &&Value)> = rungs
            .filter_map(|token| Some((token, plain(token)?)))
            .collect();
        let (_, other) = taken.first()?;
        let rungs = taken.iter().filter_map(|(token, _)| token.rung());
        let rungs: Vec<String> = rungs.map(|rung| format!("`{rung}`")).collect();
        let message = format!(
            "`{}` is an edition of a version, and has rungs that plain versions have, too: {}",
            value.name.shown(),
            rungs.join(", ")
        );
        let warning = warning(message, value.declared.name.span);
        let warning = warning.at(other.declared.name.span, "a plain version");
        Some(warning.help("put the edition on an axis of its own, and write both in `tag`"))
    };
    stable.iter().filter_map(one).collect()
}

/// A warning for each value whose name is a rung of a later one: no tag has that name any more.
pub(in crate::matrix) fn yielded(axis: &Axis) -> Vec<Diagnostic> {
    let one = |value: &Value| {
        let (name, rung) = (value.name.shown(), value.yields?);
        let message = format!(
            "`{name}` is also the rung `{rung}` of a later value, which has it: tags with all rungs leave it to that one"
        );
        let help = format!(
            "remove `{name}`, or write `value \"{name}\" token=\"…\"` to publish it under another name"
        );
        Some(warning(message, value.declared.name.span).help(help))
    };
    axis.values.iter().filter_map(one).collect()
}

/// Values that follow each other and are one version, of which the later one owns a moving rung.
fn equal<'a, 'm>(
    sorted: &'a [(&Version, &'a Value<'m>)],
) -> impl Iterator<Item = (&'a Value<'m>, &'a Value<'m>)> {
    let pairs = sorted.windows(2).filter_map(|pair| match pair {
        [(low, other), (high, owner)] => {
            let moves = owner.owned.iter().any(|rung| rung.moves());
            let is_same = low.numbers() == high.numbers() && low.compare(high).is_eq();
            let is_one = is_same || low.is_other_edition(high);
            (moves && is_one).then_some((*other, *owner))
        }
        _ => None,
    });
    pairs.collect::<Vec<_>>().into_iter()
}

fn rival((other, owner): (&Value, &Value), what: &str, help: &str) -> Diagnostic {
    let (low, high) = (other.name.shown(), owner.name.shown());
    let why = match other.name.starts_with(&owner.name) {
        true => "as its name is the shorter one",
        false => "as its name comes later",
    };
    let message = format!(
        "`{high}` and `{low}` are {what} of one version, and both want its rungs: `{high}` has them, {why}"
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
