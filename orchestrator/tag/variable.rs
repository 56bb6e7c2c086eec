//! `{var:NAME}`: a variable of the manifest, `--var NAME=…` or `KILN_VAR_NAME`.
//!
//! Filters behind the name change the value, one after the other: `{var:ref:without refs/heads/:slug}`.
//!
//! | pattern | `v1.27.3` | `v1.28.0-rc1` | `Feature/X` |
//! | --- | --- | --- | --- |
//! | `{var:NAME:lower}` | `v1.27.3` | `v1.28.0-rc1` | `feature/x` |
//! | `{var:NAME:upper}` | `V1.27.3` | `V1.28.0-RC1` | `FEATURE/X` |
//! | `{var:NAME:slug}` | `v1.27.3` | `v1.28.0-rc1` | `Feature-X` |
//! | `{var:NAME:without v}` | `1.27.3` | `1.28.0-rc1` | `Feature/X` |
//! | `{var:NAME:without-end -rc1}` | `v1.27.3` | `v1.28.0` | `Feature/X` |
//! | `{var:NAME:before -}` | `v1.27.3` | `v1.28.0` | `Feature/X` |
//! | `{var:NAME:before-last .}` | `v1.27` | `v1.28` | `Feature/X` |
//! | `{var:NAME:after /}`, `{var:NAME:after-last /}` | `v1.27.3` | `v1.28.0-rc1` | `X` |
//! | `{var:NAME:replace / -}` | `v1.27.3` | `v1.28.0-rc1` | `Feature-X` |
//! | `{var:NAME:first 3}` | `v1.` | `v1.` | `Fea` |
//! | `{var:NAME:even-empty}` | `v1.27.3` | `v1.28.0-rc1` | `Feature/X` |
//! | `{var:NAME:full}` | `1.27.3` | `1.28.0-rc1` | no tag |
//! | `{var:NAME:minor}` | `1.27` | no tag | no tag |
//! | `{var:NAME:minor}` in other text | `1.27` | `1.28` | `Feature/X` |
//!
//! With `even-empty`, an empty value leaves the separators beside it in a tag: `web-` for `web-{var:SHA:even-empty}`.
//!
//! Of a reference, `repository` is all before its tag, and `tag` is the tag, or `latest` if it has none.
//!
//! `lower` is for repositories: registries refuse capitals, and the names of owners on GitHub may have them. `slug` is
//! that of a git tag. A rung is that of a git tag, too; in text that is not a tag, it is that of an axis, which every value has.
//!
//! Variables are allowed in any text, not only in tags: `base "os" from="{var:registry}/debian:13"`.

use super::{Filled, Placeholder, PlaceholderFacts, Rung, Unfilled, git_tag};
use crate::name::Version;
use crate::text::{Shown, suggest};

/// What a value is on a rung, by the name of the variable.
type OnRung = fn(&str, &str, Rung) -> Result<Filled, Unfilled>;

/// The filter with which an empty value leaves the separators beside it in a tag.
pub const EVEN_EMPTY: &str = "even-empty";

/// Whether an empty value leaves the separators beside it.
pub fn is_even_empty(placeholder: &Placeholder) -> bool {
    let argument = placeholder.argument.as_deref().unwrap_or_default();
    placeholder.name == "var" && words(filtered(argument).1).any(|word| word == EVEN_EMPTY)
}

/// What filters make of the value of the variable with this name.
type Edit = fn(&str, &str, Option<&str>) -> Result<Filled, Unfilled>;

/// Fills the placeholder of a tag or a repository with the value of a variable.
pub fn fill(placeholder: &Placeholder, facts: &PlaceholderFacts) -> Result<Filled, Unfilled> {
    fill_with(placeholder, facts, for_tag)
}

/// Fills the placeholder of any other text: every value has a rung, as that of an axis.
pub fn fill_text(placeholder: &Placeholder, facts: &PlaceholderFacts) -> Result<Filled, Unfilled> {
    fill_with(placeholder, facts, |name, value, filters| {
        filtered_value(name, value, filters, |_, value, rung| {
            let version = git_tag::version(value);
            let text = version.as_ref().and_then(|version| rung.text(version));
            Filled::moving(text.unwrap_or(value))
        })
    })
}

/// A value as the filters of a placeholder make it for a tag; `None` if they make no tag of it.
pub fn filter(value: &str, filters: &str) -> Option<String> {
    Some(for_tag("", value, Some(filters)).ok()?.text)
}

/// A value as its filters make it for a tag: a slug of which nothing is left makes none.
fn for_tag(name: &str, value: &str, filters: Option<&str>) -> Result<Filled, Unfilled> {
    let filled = filtered_value(name, value, filters, on_rung)?;
    let is_slug = words(filters).any(|word| word == "slug");
    if filled.text.is_empty() && !value.is_empty() && is_slug {
        return Unfilled::nothing_left(
            format!(
                "`{}`, the value of `{name}`, has no character that a tag can contain",
                value.shown()
            ),
            "set it to a value with a letter or a digit",
        );
    }
    Ok(filled)
}

fn fill_with(
    placeholder: &Placeholder,
    facts: &PlaceholderFacts,
    edit: Edit,
) -> Result<Filled, Unfilled> {
    let name = placeholder.argument.as_deref().unwrap_or_default();
    let (name, filters) = filtered(name);
    if name.is_empty() {
        return Unfilled::wrong("this place names no variable", "write `{var:NAME}`");
    }
    match facts.variables.get(name) {
        Some(value) => edit(name, value, filters),
        None => {
            let near = suggest(name, facts.variables.keys().map(String::as_str));
            let near = near.map(|near| format!("did you mean `{{var:{near}}}`?"));
            let help = with_dot(name, facts)
                .or(near)
                .unwrap_or_else(|| format!("declare it: `variable \"{name}\" default=\"…\"`"));
            Unfilled::wrong(format!("no variable `{name}` is declared"), help)
        }
    }
}

/// The help for a filter behind a dot, as an axis has its fields: `{var:V.minor}`.
fn with_dot(name: &str, facts: &PlaceholderFacts) -> Option<String> {
    let (variable, filter) = name.split_once('.')?;
    let is_declared = facts.variables.contains_key(variable);
    is_declared.then(|| format!("did you mean `{{var:{variable}:{filter}}}`?"))
}

/// Whether a placeholder as it is written is a moving rung of a variable.
pub fn moves(written: &str) -> bool {
    let argument = written
        .strip_prefix("{var:")
        .and_then(|rest| rest.strip_suffix('}'));
    let filters = argument.and_then(|argument| filtered(argument).1);
    words(filters).any(|word| word.parse().is_ok_and(Rung::moves))
}

fn filtered_value(
    name: &str,
    value: &str,
    filters: Option<&str>,
    on_rung: OnRung,
) -> Result<Filled, Unfilled> {
    let mut filled = Filled::moving(value)?;
    for word in words(filters) {
        let text = filled.text.as_str();
        filled = match (edited(text, word), word.parse()) {
            (Some(text), _) => Filled { text, ..filled },
            (None, Ok(rung)) => on_rung(name, text, rung)?,
            (None, Err(())) => return unknown(name, word),
        };
    }
    Ok(filled)
}

/// The text after a filter that needs no version; nothing if the word is none of these.
fn edited(text: &str, word: &str) -> Option<String> {
    let (filter, rest) = word.split_once(' ').unwrap_or((word, ""));
    match (filter, rest, rest.split_once(' ')) {
        ("lower", "", _) => Some(text.to_lowercase()),
        ("upper", "", _) => Some(text.to_uppercase()),
        ("slug", "", _) => Some(git_tag::slug(text)),
        (EVEN_EMPTY, "", _) => Some(text.to_owned()),
        ("replace", _, Some((from, to))) if !from.is_empty() && !to.contains(' ') => {
            Some(text.replace(from, to))
        }
        ("first", count, _) => Some(text.chars().take(count_of(count)?).collect()),
        ("repository", "", _) => Some(reference(text).0.to_owned()),
        ("tag", "", _) => Some(reference(text).1.to_owned()),
        _ => cut(text, filter, rest).map(str::to_owned),
    }
}

/// A part of the text: all of it, if what the filter looks for is not in it.
fn cut<'t>(text: &'t str, filter: &str, mark: &str) -> Option<&'t str> {
    let part = match filter {
        _ if mark.is_empty() => return None,
        "without" => text.strip_prefix(mark),
        "without-end" => text.strip_suffix(mark),
        "before" => text.split_once(mark).map(|(before, _)| before),
        "before-last" => text.rsplit_once(mark).map(|(before, _)| before),
        "after" => text.split_once(mark).map(|(_, after)| after),
        "after-last" => text.rsplit_once(mark).map(|(_, after)| after),
        _ => return None,
    };
    Some(part.unwrap_or(text))
}

/// The number of characters that a filter leaves.
fn count_of(digits: &str) -> Option<usize> {
    let is_count = digits.bytes().all(|digit| digit.is_ascii_digit());
    let count: usize = digits.parse().ok().filter(|_| is_count)?;
    (count > 0).then_some(count)
}

/// The repository of a reference and its tag. The colon of a port is not that of a tag.
fn reference(text: &str) -> (&str, &str) {
    let name = text.rfind('/').map_or(0, |slash| slash + 1);
    match text[name..].find(':') {
        Some(colon) => (&text[..name + colon], &text[name + colon + 1..]),
        None => (text, "latest"),
    }
}

fn unknown(name: &str, word: &str) -> Result<Filled, Unfilled> {
    if word == "replace" || word.starts_with("replace ") {
        return Unfilled::wrong(
            format!("`{word}` of `{{var:{name}:{word}}}` does not say what replaces what"),
            format!(
                "write two texts without spaces, the old and the new one: `{{var:{name}:replace _ -}}`; the new one may be empty"
            ),
        );
    }
    Unfilled::wrong(
        format!("`{word}` of `{{var:{name}:{word}}}` is unknown"),
        format!(
            "write `{{var:{name}}}`, `{{var:{name}:lower}}` for lower case, `{{var:{name}:slug}}` for a valid tag, `{{var:{name}:upper}}`, `{{var:{name}:without v}}`, `{{var:{name}:without-end -dev}}`, `{{var:{name}:before -}}`, `{{var:{name}:before-last .}}`, `{{var:{name}:after /}}`, `{{var:{name}:after-last /}}`, `{{var:{name}:replace _ -}}`, `{{var:{name}:first 7}}`, `{{var:{name}:even-empty}}`, `{{var:{name}:repository}}` and `{{var:{name}:tag}}` of a reference, or a rung of its version: `{{var:{name}:minor}}`"
        ),
    )
}

/// The value of a variable on a rung of its version.
fn on_rung(name: &str, value: &str, rung: Rung) -> Result<Filled, Unfilled> {
    let shown = format!("`{}`, the value of `{name}`,", value.shown());
    let Some(version) = git_tag::version(value) else {
        // `edge` and nothing are meant to make no such tag.
        if value.is_empty() || Version::is_channel(value) {
            return Err(Unfilled::Skipped(format!("{shown} is not a version")));
        }
        return Err(Unfilled::Unmatched {
            why: format!("{shown} is not a version"),
            help: format!("set it to a version such as `1.27.3`, or write `{{var:{name}}}`"),
            always: true,
        });
    };
    let edition =
        || format!("write a filter that takes it away, such as `{{var:{name}:before -:{rung}}}`");
    git_tag::rung_of(version, rung, &shown, edition)
}

/// The filters behind the name of a variable, one after the other.
fn words(filters: Option<&str>) -> impl Iterator<Item = &str> {
    filters.into_iter().flat_map(|all| all.split(':'))
}

/// The name of the variable, and what follows it: `owner` and `lower` of `owner:lower`.
pub fn filtered(argument: &str) -> (&str, Option<&str>) {
    match argument.split_once(':') {
        Some((name, filters)) => (name, Some(filters)),
        None => (argument, None),
    }
}
