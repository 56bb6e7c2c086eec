//! What is said of rules that make no valid tags.

use super::derive::{Derivation, MOST, how};
use crate::manifest::single_quoted;
use crate::matrix::cells::text::{CellView, Piece, Text};
use crate::matrix::settings::rule::Rule;
use crate::tag::Token;
use crate::text::{Diagnostic, Shown};

/// A rule that makes too many tags of one variant.
pub(super) fn too_many(rule: &Rule, label: String) -> Diagnostic {
    Diagnostic::error(
        "matrix::too-many-tags",
        format!("this rule makes more than {MOST} tags for `{label}`"),
    )
    .at(rule.span, "here")
    .help("use fewer aliases")
}

/// A rule of which nothing is left in this run, since a variable is empty.
pub(super) fn blank(rule: &Rule, fact: &str) -> Diagnostic {
    Diagnostic::warning(
        "matrix::empty-tag",
        format!("`{fact}` is empty in this run, so the rule makes no tag"),
    )
    .at(rule.span, "nothing else is in the tag")
    .help("write text beside it, such as `build-{var:NUMBER}`; for the tag `latest`, write `tag \"latest\"`")
}

/// Points at the token that no tag can contain; if every token is allowed, at the rule that joins them.
pub(super) fn invalid(
    rule: &Rule,
    cell: CellView,
    derivation: &Derivation,
    why: &str,
    label: String,
) -> Diagnostic {
    let fits = |token: &Token| {
        token
            .text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
    };
    let made = match how(rule, cell, derivation) {
        Some(how) => format!("derived for `{label}` from {how}"),
        None => format!("the tag of `{label}`"),
    };
    let fault = Diagnostic::error("matrix::invalid-tag", why);
    let fault = match derivation
        .tokens
        .iter()
        .find(|token| !fits(token))
        .and_then(|token| token.span)
    {
        Some(span) => fault
            .at(span, "no tag can contain this token")
            .at(rule.span, made),
        None => fault.at(rule.span, made),
    };
    fault.help("a tag consists of letters, digits, `.`, `_` and `-`, starts with a letter, a digit or `_`, and has at most 128 characters")
        .maybe_help(single_quoted(&rule.text.source))
        .maybe_help(whole_name(&rule.text.source))
        .maybe_help(slugged(&rule.text))
        .maybe_help(with_token(rule, cell))
}

/// The help for a value that no tag can contain: `1.31.4+k3s1`.
fn with_token(rule: &Rule, cell: CellView) -> Option<String> {
    let is_odd = |c: char| !c.is_ascii_alphanumeric() && !"._-".contains(c);
    let names = rule.axes.iter().map(|axis| &cell.value(*axis).name);
    let name = names.into_iter().find(|name| name.contains(is_odd))?;
    let token = name.replace(is_odd, "-");
    let name = name.shown();
    Some(format!(
        "say what tags contain instead: `value \"{name}\" token=\"{token}\"`"
    ))
}

/// The help for a git tag or a variable that no image's tag can be: `v1.0.0+build5`.
pub(super) fn slugged(text: &Text) -> Option<String> {
    let placeholders = text.pieces.iter().filter_map(|piece| match piece {
        Piece::Fact(written, value) => Some((written, value)),
        _ => None,
    });
    let is_odd =
        |value: &str| value.contains(|c: char| !c.is_ascii_alphanumeric() && !"._-".contains(c));
    let mut odd = placeholders.filter(|(_, value)| is_odd(value));
    let written = odd.find_map(|(written, _)| {
        let written = written.strip_suffix('}')?;
        let may = written.starts_with("{tag")
            || written.starts_with("{var:")
            || matches!(written, "{branch" | "{describe");
        may.then_some(written)
            .filter(|written| !written.ends_with(":slug"))
    })?;
    Some(format!(
        "`{written}:slug}}` replaces what a tag cannot contain by `-`"
    ))
}

/// The help for a rule with a whole reference: `app:1.0`.
fn whole_name(written: &str) -> Option<String> {
    let last = written.rsplit('/').next()?;
    let (_, tag) = last.split_once(':')?;
    let before = written.strip_suffix(tag)?;
    let is_tag = !before.contains(['{', '\'']) && !tag.is_empty();
    is_tag.then(|| format!("write only `{tag}`: `publish` has the repository"))
}
