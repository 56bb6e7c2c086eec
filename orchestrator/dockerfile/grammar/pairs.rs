//! `NAME=value` of ENV, LABEL and ARG.

use super::Parsing;
use crate::dockerfile::Fault;
use crate::dockerfile::line::quoted_words;
use crate::text::Shown;

/// ENV and LABEL: pairs, or one name with all the rest of the line.
pub(super) fn check(all: &Parsing<'_>) -> Result<(), Fault> {
    all.has_arguments()?;
    has_value(all)?;
    let words = quoted_words(all.rest(), all.escape);
    if words.first().is_some_and(|word| !word.contains('=')) {
        return Ok(());
    }
    words
        .into_iter()
        .try_for_each(|word| match word.split_once('=') {
            Some(("", _)) => Err(nameless(all, word)),
            Some(_) => Ok(()),
            None => Err(all
                .fault(format!("`{}` has no `=`", word.shown()), word)
                .help(help(all, word))),
        })
}

/// Whether there is a value, which may be empty: builders parse that also after ONBUILD.
pub(super) fn has_value(all: &Parsing<'_>) -> Result<(), Fault> {
    let rest = all.rest();
    let words = quoted_words(rest, all.escape);
    let is_pair = words.first().is_some_and(|word| word.contains('='));
    if is_pair || rest.split_whitespace().nth(1).is_some() {
        return Ok(());
    }
    let message = format!("{} `{}` has no value", all.keyword, rest.shown());
    let name = rest.shown();
    let fault = all.fault(message, rest);
    Err(fault.help(format!(
        "write `{} {name}=value`, or `{name}=` for an empty one",
        all.keyword
    )))
}

/// ARG: names, each with or without a default.
pub(super) fn arg(all: &Parsing<'_>) -> Result<(), Fault> {
    all.has_arguments()?;
    let words = quoted_words(all.rest(), all.escape);
    let nameless_word = words.into_iter().find(|word| word.starts_with('='));
    nameless_word.map_or(Ok(()), |word| Err(nameless(all, word)))
}

fn nameless(all: &Parsing<'_>, word: &str) -> Fault {
    let fault = all.fault(format!("`{}` has no name before `=`", word.shown()), word);
    fault.help("write no blanks around `=`: `NAME=value`")
}

fn help(all: &Parsing<'_>, word: &str) -> String {
    match word.starts_with('#') {
        true => "a comment has a line of its own".into(),
        false => format!(
            "write `{} NAME=\"two words\"` for a value with blanks",
            all.keyword
        ),
    }
}

/// The texts in which builders expand variables.
pub(super) fn values(rest: &str, escape: char) -> Vec<&str> {
    let words = quoted_words(rest, escape);
    match words.first() {
        Some(first) if !first.contains('=') => {
            let name = rest.split_whitespace().next().unwrap_or_default();
            vec![name, rest[name.len()..].trim()]
        }
        _ => parts(&words),
    }
}

/// The names and the values of pairs: builders read each by itself.
pub(super) fn parts<'a>(pairs: &[&'a str]) -> Vec<&'a str> {
    let pairs = pairs.iter();
    pairs.flat_map(|pair| pair.splitn(2, '=')).collect()
}
