//! `{tag}`: the git tag that is built, unchanged or on a rung of its version.
//!
//! | pattern | on `v1.27.3` | on `v1.28.0-rc1` |
//! | --- | --- | --- |
//! | `{tag}` | `v1.27.3` | `v1.28.0-rc1` |
//! | `{tag:full}` | `1.27.3` | `1.28.0-rc1` |
//! | `{tag:minor}` | `1.27` | not made |
//! | `{tag:major}` | `1` | not made |
//! | `{tag:latest}` | `latest` | not made |
//! | `{tag:none}-slim` | `slim` | not made |
//! | `{tag:match v(\d+)}` | `1` | `1` |
//! | `{tag:match v(.*):minor}` | `1.27` | not made |
//!
//! A pre-release has only the rung `full`. `match` takes a regular expression. Its value is the first
//! group, or the whole match if there are no groups; a git tag that does not match, or of which the group takes nothing, makes no tag. `slug` at the end
//! makes a valid tag of any text: `{tag:slug}`, `{tag:full:slug}`, `{tag:match v(.*):slug}`. It replaces each
//! character that a tag cannot have by `-`: `1.0.0+build5` becomes `1.0.0-build5`, as docker/metadata-action writes it.

use super::{Filled, Placeholder, PlaceholderFacts, Rung, Unfilled};
use crate::name::Version;
use crate::text::did_you_mean;
use regex::Regex;

/// What a placeholder makes of the git tag.
#[derive(Default)]
struct Wanted {
    expression: Option<Regex>,
    rung: Option<Rung>,
    slug: bool,
}

/// Fills the placeholder with the git tag.
pub fn fill(placeholder: &Placeholder, facts: &PlaceholderFacts) -> Result<Filled, Unfilled> {
    let wanted = Wanted::read(placeholder.argument.as_deref().unwrap_or_default())?;
    let missing = || Unfilled::Missing(String::from("no git tag is built"));
    let tag = facts.git.tag.as_deref().ok_or_else(missing)?;
    wanted.fill(tag)
}

/// The version that a git tag names, without its `v`.
pub fn version(tag: &str) -> Option<Version> {
    let plain = tag.strip_prefix(['v', 'V']).unwrap_or(tag);
    plain.parse().ok()
}

/// The version that a git tag names, perhaps behind other words: `v1.2.3`, `app/v1.2.3`, `app@1.2.3`, `release-1.2.3-rc1`. What has
/// no dot is one only at the beginning or behind a `v`: `build-17` counts builds.
pub fn version_in(tag: &str) -> Option<Version> {
    version(tag).or_else(|| {
        let word = tag.rsplit('/').next()?;
        let digits = word.match_indices(|c: char| c.is_ascii_digit());
        let mut all = digits.map(|(at, _)| word.split_at(at));
        all.find_map(|(before, after)| behind(before, after))
    })
}

fn behind(before: &str, after: &str) -> Option<Version> {
    let other = before.strip_suffix(['v', 'V']);
    let begins = other.unwrap_or(before);
    let begins = begins.is_empty() || begins.ends_with(['-', '_', '@', '.', '+']);
    let numbers = after.trim_start_matches(|c: char| c.is_ascii_digit());
    let has_dot = numbers
        .strip_prefix('.')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let is_marked = other.is_some() || before.is_empty() || has_dot;
    after.parse().ok().filter(|_| begins && is_marked)
}

impl Wanted {
    fn read(argument: &str) -> Result<Self, Unfilled> {
        let mut wanted = Self::default();
        let mut rest = argument;
        // A git tag contains no colon, so an expression needs none before these words.
        let ending = |rest: &mut &str, word: &str| {
            let left = match rest.strip_suffix(word) {
                Some("") => Some(""),
                Some(left) => left.strip_suffix(':'),
                None => None,
            };
            *rest = left.unwrap_or(rest);
            left.is_some()
        };
        wanted.slug = ending(&mut rest, "slug");
        let mut rungs = Rung::ALL.into_iter();
        wanted.rung = rungs.find(|rung| ending(&mut rest, rung.as_str()));
        match rest.strip_prefix("match ") {
            Some(expression) => {
                if let Some(word) = unknown_ending(expression) {
                    return no_ending(word, expression, wanted.rung, argument);
                }
                wanted.expression = Some(compiled(expression)?);
            }
            None if rest.is_empty() => {}
            None => {
                let near = several(argument).or_else(|| did_you_mean(argument, endings()));
                let help = near.unwrap_or_else(|| String::from("write `{tag}`, `{tag:slug}`, a rung (`{tag:minor}`), or an expression, perhaps with a rung (`{tag:match app/v(.*):minor}`)"));
                return Unfilled::wrong(format!("`{{tag:{argument}}}` is unknown"), help);
            }
        }
        Ok(wanted)
    }

    fn fill(&self, tag: &str) -> Result<Filled, Unfilled> {
        let found = match &self.expression {
            Some(expression) => matched(tag, expression)?,
            None => tag,
        };
        let filled = match self.rung {
            Some(rung) => self.on_rung(found, rung, tag)?,
            None => Filled::moving(found)?,
        };
        match self.slug {
            true => slugged(&filled.text).map(|text| Filled { text, ..filled }),
            false => Ok(filled),
        }
    }

    fn on_rung(&self, text: &str, rung: Rung, tag: &str) -> Result<Filled, Unfilled> {
        let Some(version) = version(text) else {
            let why = match text == tag {
                true => format!("the git tag `{tag}` is not a version"),
                false => format!("`{text}`, from the git tag `{tag}`, is not a version"),
            };
            return Err(Unfilled::Unmatched {
                why,
                help: match &self.expression {
                    Some(expression) => corrected(expression.as_str(), tag, rung),
                    None => way_out(tag, rung),
                },
                always: true,
            });
        };
        let edition = || match &self.expression {
            Some(_) => String::from("take the version out of it in the expression"),
            None => format!("write `{{tag:match ^v?([0-9.]+):{rung}}}`"),
        };
        rung_of(version, rung, &format!("the git tag `{tag}`"), edition)
    }
}

/// The rung of a version. `what` begins the message if it has none; `edition` says how to write an edition that is taken for a
/// pre-release.
pub(super) fn rung_of(
    version: Version,
    rung: Rung,
    what: &str,
    edition: impl FnOnce() -> String,
) -> Result<Filled, Unfilled> {
    if let (true, Some(why)) = (rung.moves(), version.guess()) {
        return Err(Unfilled::Unmatched {
            why: format!("{what} is taken for a pre-release, {why}, and has no rung {rung}"),
            help: format!(
                "for an edition, {}; a pre-release has a known word, such as `rc.1`",
                edition()
            ),
            always: true,
        });
    }
    let skipped = |why| Unfilled::Skipped(format!("{what} {why}has no rung {rung}"));
    if rung.moves() && version.is_prerelease() {
        return Err(skipped("is a pre-release and "));
    }
    let text = rung.text(&version).map(str::to_owned);
    Ok(Filled {
        text: text.ok_or_else(|| skipped(""))?,
        fixed: false,
        version: Some(version),
    })
}

/// The word behind the last colon of an expression, which no git tag contains.
fn unknown_ending(expression: &str) -> Option<&str> {
    let (before, word) = expression.rsplit_once(':')?;
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ',');
    let is_word = !word.is_empty() && word.chars().all(is_letter);
    // `(?:…` and `[[:alpha:]]` are parts of an expression.
    (is_word && !before.ends_with(['?', '['])).then_some(word)
}

/// What may follow the last colon.
fn endings() -> impl Iterator<Item = &'static str> {
    Rung::ALL.into_iter().map(Rung::as_str).chain(["slug"])
}

/// The help for several rungs in one place.
fn several(word: &str) -> Option<String> {
    let mut rungs = word.split(',').map(str::trim);
    let is_list = word.contains(',') && rungs.all(|rung| rung.parse::<Rung>().is_ok());
    is_list.then(|| String::from("write one `tag` for each rung"))
}

/// The fault of a word behind an expression. `rung` is the one that follows it.
fn no_ending<T>(
    word: &str,
    expression: &str,
    rung: Option<Rung>,
    argument: &str,
) -> Result<T, Unfilled> {
    let before = expression.strip_suffix(word).unwrap_or(expression);
    if let ("slug", Some(rung)) = (word, rung) {
        return Unfilled::wrong(
            format!("`:slug` of `{{tag:{argument}}}` is not the last word"),
            format!("write `{{tag:match {before}{rung}:slug}}`"),
        );
    }
    if endings().any(|one| one == word) {
        return Unfilled::wrong(
            format!(
                "`{{tag:{argument}}}` has two words behind its expression that exclude each other"
            ),
            "write one rung at most, and `:slug` once, as the last word",
        );
    }
    let help = several(word).or_else(|| did_you_mean(word, endings()));
    Unfilled::wrong(
        format!("`{word}` of `{{tag:{argument}}}` is unknown"),
        help.unwrap_or_else(|| {
            String::from("an expression ends with `:slug`, with a rung such as `:minor`, or with neither; a git tag contains no `:`")
        }),
    )
}

fn compiled(expression: &str) -> Result<Regex, Unfilled> {
    let built = regex::RegexBuilder::new(expression)
        .size_limit(1 << 20)
        .build();
    built.or_else(|fault| {
        Unfilled::wrong(
            format!("`{expression}` is not a regular expression"),
            fault.to_string(),
        )
    })
}

fn matched<'t>(tag: &'t str, expression: &Regex) -> Result<&'t str, Unfilled> {
    let has_group = expression.captures_len() > 1;
    // A group that takes no part in the match is empty.
    let found = expression.captures(tag).map(|groups| {
        let wanted = groups.get(usize::from(has_group));
        wanted.map_or("", |wanted| wanted.as_str())
    });
    if found == Some("") {
        return Unfilled::nothing_left(
            format!("`{expression}` takes nothing out of the git tag `{tag}`"),
            "correct the expression: `(.+)` matches at least one character",
        );
    }
    found.ok_or_else(|| Unfilled::Unmatched {
        why: format!("the git tag `{tag}` does not match `{expression}`"),
        help: String::from(
            "correct the expression, or specify when the tag is wanted: `on=\"tag:…\"`",
        ),
        always: false,
    })
}

/// What to do about an expression that takes something else than a version out of a git tag.
fn corrected(expression: &str, tag: &str, rung: Rung) -> String {
    let other = way_out(tag, rung);
    match other.contains(&format!("`{{tag:match {expression}:")) {
        true => String::from(
            "write an expression that takes a version out of it, or specify when the tag is wanted: `on=\"tag:…\"`",
        ),
        false => other,
    }
}

/// How to get a version out of a git tag such as `app/v1.2.3` or `REL_17_2`.
fn way_out(tag: &str, rung: Rung) -> String {
    let digit = tag.find(|c: char| c.is_ascii_digit()).unwrap_or_default();
    let (before, after) = tag.split_at(digit);
    let is_version = after.parse::<Version>().is_ok();
    let word = before.rsplit('/').next().unwrap_or_default();
    let may_lack_dots = before.ends_with('_') || !is_version;
    if may_lack_dots && Version::underscored(after).is_some() {
        let cut = match before {
            "" => String::new(),
            _ => format!(":without {before}"),
        };
        return format!(
            "there are no dots between its numbers: declare `variable \"version\" default=\"dev\"`, write \
             `{{var:version{cut}:replace _ .:{rung}}}`, and build with `--var version={tag}`; or use the whole git tag: `{{tag:slug}}`"
        );
    }
    if before.is_empty() || !is_version || word.contains('.') || Version::is_development(word) {
        return String::from(
            "`{tag:slug}` makes a tag of any git tag; `{tag:match app/v(.*):minor}` takes a version out of it",
        );
    }
    let expression = format!("{}(.*)", regex::escape(before).replace("\\-", "-"));
    format!(
        "take the version out of it: `{{tag:match {expression}:{rung}}}`; or use the whole git tag: `{{tag:slug}}`"
    )
}

/// How to write a placeholder so that editions of a version, such as `v1.2.3-alpine`, make no tag of it.
pub fn without_editions(written: &str) -> Option<String> {
    let argument = written.strip_prefix("{tag:")?.strip_suffix('}')?;
    let wanted = Wanted::read(argument).ok()?;
    let rung = wanted.rung?;
    let expression = match &wanted.expression {
        Some(expression) => expression.as_str().strip_suffix("(.*)")?.to_owned() + "([0-9.]+)$",
        None => String::from("^v?([0-9.]+)$"),
    };
    Some(format!("{{tag:match {expression}:{rung}}}"))
}

/// Whether a placeholder as it is written is a moving rung of the git tag.
pub fn moves(written: &str) -> bool {
    let argument = written
        .strip_prefix("{tag:")
        .and_then(|rest| rest.strip_suffix('}'));
    let wanted = argument.and_then(|argument| Wanted::read(argument).ok());
    wanted.is_some_and(|wanted| wanted.rung.is_some_and(Rung::moves))
}

/// A valid tag that looks like the text, which is not empty.
pub(super) fn slugged(text: &str) -> Result<String, Unfilled> {
    match slug(text) {
        slug if slug.is_empty() => Unfilled::nothing_left(
            format!("`{text}` has no character that a tag can contain"),
            "use what a tag can contain instead, such as the commit: `{sha:12}`",
        ),
        slug => Ok(slug),
    }
}

/// A text that looks like this one, of characters that a tag can contain. It may be too long for a tag: if it was cut, two
/// texts could become one tag.
pub fn slug(text: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let plain: String = text
        .chars()
        .map(|c| if fits(c) { c } else { '-' })
        .collect();
    plain.trim_start_matches(['.', '-']).to_owned()
}
