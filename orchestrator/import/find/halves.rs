//! Labels of two parts: `jdk-noble`, `jdk-alpine` and `jre-noble` are a kind and a distribution, each an axis of its own.
//!
//! One label does not show where its second part begins, so there are several ways to cut all of them. Every way is a
//! guess, and is compared with the list of whole labels by the length of its manifest.

use super::end::joined;
use super::table::Table;
use crate::import::distro::is_distro;
use indexmap::{IndexMap, IndexSet};
use std::collections::{HashMap, HashSet};

/// Of this many combinations of values, one must be a label: otherwise the axes do not say what there is.
const SPARSE: usize = 3;

/// Both axes of labels.
pub(super) struct Halves {
    /// In the order of their tokens in tags.
    pub axes: [Half; 2],
    /// By column of the table: the places of its values on both axes.
    pub columns: Vec<[usize; 2]>,
}

/// An axis of one part of labels.
pub(super) struct Half {
    /// The name of the axis.
    pub name: String,
    /// In the order of the labels.
    pub values: Vec<Word>,
}

/// One part of labels.
pub(super) struct Word {
    /// May be empty.
    pub text: String,
    /// What tags may have in its place; an empty one is the empty token.
    pub tokens: IndexSet<String>,
    /// Whether some of its images have tags in common with others.
    pub shared: bool,
}

impl Halves {
    /// The place of a label in tags: `{variant}-{distro}`.
    pub fn place(&self) -> String {
        self.axes
            .each_ref()
            .map(|half| format!("{{{}}}", half.name))
            .join("-")
    }

    /// The part of a column's label on an axis.
    pub fn word(&self, column: usize, axis: usize) -> &Word {
        &self.axes[axis].values[self.columns[column][axis]]
    }

    /// The tokens of a column on both axes.
    fn tokens(&self, column: usize) -> [&IndexSet<String>; 2] {
        let [first, second] = self.columns[column];
        let [firsts, seconds] = &self.axes;
        [&firsts.values[first].tokens, &seconds.values[second].tokens]
    }

    /// All labels that the tokens of a column make.
    pub fn labels(&self, column: usize) -> IndexSet<String> {
        let [firsts, seconds] = self.tokens(column);
        let all = firsts
            .iter()
            .flat_map(|first| seconds.iter().map(|second| joined(first, second)));
        all.collect()
    }
}

/// Cuts a name into two parts, if it can.
type Cut<'c> = dyn for<'n> Fn(&'n str) -> Option<(&'n str, &'n str)> + 'c;

/// Ways to cut the labels of a table; `names` are those that each column has in all of its tags.
pub(super) fn halves(table: &Table, names: &[IndexSet<String>]) -> Vec<Halves> {
    let full: Vec<&str> = names.iter().map(longest).collect();
    let labels = table.columns.iter().map(|column| column.label.as_str());
    let ways: IndexSet<_> = [full, labels.collect()]
        .iter()
        .flat_map(|names| cuts(names))
        .collect();
    ways.iter()
        .filter_map(|pairs| of(table, names, pairs))
        .collect()
}

/// Ways to cut these names.
fn cuts<'a>(names: &[&'a str]) -> IndexSet<Vec<(&'a str, &'a str)>> {
    let known: HashSet<&str> = names.iter().copied().collect();
    let mut ends: HashMap<&str, usize> = HashMap::new();
    for (first, second) in names.iter().flat_map(|name| hyphens(name)) {
        *ends.entry(first).or_default() += 1;
        *ends.entry(second).or_default() += 1;
    }
    let is_shared = |end: &str| ends.get(end) > Some(&1);
    let cuts: [&Cut; 12] = [
        &before_distro,
        &behind_distro,
        // `slim` of `otp-28-slim` beside `otp-28`, and `perl` of `perl-trixie` beside `trixie`.
        &|name| {
            let cut = name.rsplit_once('-');
            let cut = cut.filter(|(rest, _)| known.contains(rest));
            Some(cut.unwrap_or((name, "")))
        },
        &|name| {
            let cut = name.split_once('-');
            let cut = cut.filter(|(_, rest)| known.contains(rest));
            Some(cut.unwrap_or(("", name)))
        },
        // The same, where the part without another is the one that others have: `slim` beside `otp-28-slim`.
        &|name| {
            name.rsplit_once('-')
                .filter(|(rest, _)| known.contains(rest))
        },
        &|name| {
            name.split_once('-')
                .filter(|(_, rest)| known.contains(rest))
        },
        // The longest end, and the longest beginning, that several names have: `graal-noble` of `jdk21-graal-noble`.
        &|name| hyphens(name).find(|(_, end)| is_shared(end)),
        &|name| {
            let mut cuts: Vec<(&str, &str)> = hyphens(name).collect();
            cuts.reverse();
            cuts.into_iter().find(|(start, _)| is_shared(start))
        },
        &|name| name.split_once('-'),
        &|name| name.rsplit_once('-'),
        // Two words on one side: `scala2.12-java17` of `scala2.12-java17-python3-ubuntu`.
        &|name| hyphens(name).nth(1),
        &|name| hyphens(name).collect::<Vec<_>>().into_iter().nth_back(1),
    ];
    cuts.into_iter().map(|cut| pairs(names, cut)).collect()
}

/// Both parts of a name at each of its hyphens.
fn hyphens(name: &str) -> impl Iterator<Item = (&str, &str)> {
    let hyphens = name.match_indices('-');
    hyphens.map(|(at, _)| (&name[..at], &name[at + 1..]))
}

/// The name with the most words, which names all parts.
fn longest(names: &IndexSet<String>) -> &str {
    let words = |name: &&String| {
        (
            name.split('-').filter(|word| !word.is_empty()).count(),
            name.len(),
        )
    };
    let names = names.iter().rev();
    names.max_by_key(words).map_or("", String::as_str)
}

/// `jdk` and `noble` of `jdk-noble`; a name that begins with a distribution has no kind.
fn before_distro(name: &str) -> Option<(&str, &str)> {
    if name.split('-').next().is_some_and(is_distro) {
        return Some(("", name));
    }
    let mut cuts = hyphens(name);
    let is_start = |(_, rest): &(&str, &str)| rest.split('-').next().is_some_and(is_distro);
    Some(cuts.find(is_start).unwrap_or((name, "")))
}

/// `alpine3.22` and `perl` of `alpine3.22-perl`; a name that begins with something else has no distribution.
fn behind_distro(name: &str) -> Option<(&str, &str)> {
    if !name.split('-').next().is_some_and(is_distro) {
        return Some(("", name));
    }
    let is_release =
        |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit()) || rest.starts_with("ltsc");
    let mut cuts = hyphens(name);
    Some(
        cuts.find(|(_, rest)| !is_release(rest))
            .unwrap_or((name, "")),
    )
}

/// Both parts of each name. One that cannot be cut is the part that others have, too, or that is like theirs.
fn pairs<'a>(names: &[&'a str], cut: &Cut) -> Vec<(&'a str, &'a str)> {
    let known: Vec<Option<(&str, &str)>> = names.iter().map(|name| cut(name)).collect();
    let firsts: IndexSet<&str> = known.iter().flatten().map(|(first, _)| *first).collect();
    let seconds: IndexSet<&str> = known.iter().flatten().map(|(_, second)| *second).collect();
    let distros = |words: &IndexSet<&str>| words.iter().filter(|word| is_distro(word)).count();
    let is_second = |name: &str| {
        seconds.contains(name)
            || !firsts.contains(name) && is_distro(name) == (distros(&seconds) > distros(&firsts))
    };
    let pair = |(name, known): (&&'a str, Option<(&'a str, &'a str)>)| match known {
        Some(pair) => pair,
        None if is_second(name) => ("", *name),
        None => (*name, ""),
    };
    names.iter().zip(known).map(pair).collect()
}

/// The axes of these pairs, unless one of them has a single value or most combinations are missing.
fn of(table: &Table, names: &[IndexSet<String>], pairs: &[(&str, &str)]) -> Option<Halves> {
    let firsts: IndexSet<&str> = pairs.iter().map(|(first, _)| *first).collect();
    let seconds: IndexSet<&str> = pairs.iter().map(|(_, second)| *second).collect();
    if !are_axes(&firsts, &seconds, pairs) {
        return None;
    }
    let place = |of: &IndexSet<&str>, word| of.get_index_of(word).unwrap_or_default();
    let columns = pairs
        .iter()
        .map(|(first, second)| [place(&firsts, *first), place(&seconds, *second)]);
    let columns: Vec<[usize; 2]> = columns.collect();
    let tokens = tokens(names, pairs);
    let axis_names = axis_names(&firsts, &seconds);
    let is_shared = |axis: usize, at: usize| {
        let mut own = table.columns.iter().zip(&columns);
        own.any(|(column, places)| places[axis] == at && column.shared)
    };
    let words = |axis: usize, texts: &IndexSet<&str>| -> Vec<Word> {
        let word = |(at, text): (usize, &&str)| Word {
            text: (*text).to_owned(),
            tokens: tokens[axis].get(*text).cloned().unwrap_or_default(),
            shared: is_shared(axis, at),
        };
        texts.iter().enumerate().map(word).collect()
    };
    let [first, second] = axis_names;
    let mut axes = [
        Half {
            name: first,
            values: words(0, &firsts),
        },
        Half {
            name: second,
            values: words(1, &seconds),
        },
    ];
    axes.iter_mut().for_each(own_tokens);
    Some(Halves { axes, columns })
}

/// Whether both have several values, and most combinations of them exist.
fn are_axes(firsts: &IndexSet<&str>, seconds: &IndexSet<&str>, pairs: &[(&str, &str)]) -> bool {
    let distinct: IndexSet<_> = pairs.iter().collect();
    // A number alone belongs to what is before it: `rc-5`.
    let is_number =
        |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    firsts.len() > 1
        && seconds.len() > 1
        && distinct.len() == pairs.len()
        && pairs.len() * SPARSE >= firsts.len() * seconds.len()
        && !firsts.iter().chain(seconds).any(is_number)
}

/// By word: its tokens.
type Tokens<'a> = HashMap<&'a str, IndexSet<String>>;

/// What tags may have instead of each word: every combination of a column is one of its names.
fn tokens<'a>(names: &[IndexSet<String>], pairs: &[(&'a str, &'a str)]) -> [Tokens<'a>; 2] {
    let (mut firsts, mut seconds) = (Tokens::new(), Tokens::new());
    for ((first, second), names) in pairs.iter().zip(names) {
        let before = names.iter().filter_map(|name| match *second {
            "" => Some(name.as_str()),
            second if name == second => Some(""),
            second => name.strip_suffix(second)?.strip_suffix('-'),
        });
        keep(&mut firsts, first, before.map(str::to_owned).collect());
        let behind = names.iter().filter_map(|name| match *first {
            "" => Some(name.as_str()),
            first if name == first => Some(""),
            first => name.strip_prefix(first)?.strip_prefix('-'),
        });
        keep(&mut seconds, second, behind.map(str::to_owned).collect());
    }
    for ((first, second), names) in pairs.iter().zip(names) {
        let firsts = firsts.get(first).cloned().unwrap_or_default();
        if let Some(seconds) = seconds.get_mut(second) {
            let made = |first: &String, token: &String| names.contains(&joined(first, token));
            let fits = |token: &String| firsts.iter().all(|first| made(first, token));
            seconds.retain(|token| token == second || fits(token));
        }
    }
    for ((first, second), names) in pairs.iter().zip(names) {
        if let (Some(firsts), Some(seconds)) = (firsts.get_mut(first), seconds.get(second)) {
            let made = |token: &String, second: &String| names.contains(&joined(token, second));
            let fits = |token: &String| seconds.iter().all(|second| made(token, second));
            firsts.retain(|token| token == first || fits(token));
        }
    }
    [firsts, seconds]
}

/// Keeps the tokens that a word has in all columns, itself first.
fn keep<'a>(known: &mut Tokens<'a>, word: &'a str, found: IndexSet<String>) {
    match known.get_mut(word) {
        Some(known) => known.retain(|token| token == word || found.contains(token)),
        None => {
            let mut tokens = IndexSet::from([word.to_owned()]);
            tokens.extend(found);
            known.insert(word, tokens);
        }
    }
}

/// Leaves a token to one value, unless it is empty or all of its values share it.
fn own_tokens(half: &mut Half) {
    let mut owners: IndexMap<String, Vec<bool>> = IndexMap::new();
    for word in &half.values {
        for token in &word.tokens {
            owners.entry(token.clone()).or_default().push(word.shared);
        }
    }
    for word in &mut half.values {
        let text = word.text.clone();
        word.tokens.retain(|token| {
            let all = owners.get(token).map(Vec::as_slice).unwrap_or_default();
            *token == text || token.is_empty() || all.len() == 1 || all.iter().all(|one| *one)
        });
    }
}

/// What the axes are called: `distro` for distributions, the common word of `php8.4` and `php8.3`, or else `variant`.
fn axis_names(firsts: &IndexSet<&str>, seconds: &IndexSet<&str>) -> [String; 2] {
    let first = axis_name(firsts);
    let second = axis_name(seconds);
    match first == second {
        true => [String::from("kind"), String::from("variant")],
        false => [first, second],
    }
}

fn axis_name(words: &IndexSet<&str>) -> String {
    let named: Vec<&str> = words
        .iter()
        .copied()
        .filter(|word| !word.is_empty())
        .collect();
    let begins = |word: &&&str| word.split('-').next().is_some_and(is_distro);
    if named.iter().filter(begins).count() * 2 > named.len() {
        return String::from("distro");
    }
    let stem = |word: &&str| {
        let stem = word.trim_end_matches(|c: char| c.is_ascii_digit() || ".-_".contains(c));
        let is_word = stem.len() > 1 && stem.bytes().all(|byte| byte.is_ascii_lowercase());
        (is_word && stem.len() < word.len()).then(|| stem.to_owned())
    };
    let stems: IndexSet<Option<String>> = named.iter().map(stem).collect();
    let only = stems.into_iter().collect::<Vec<_>>();
    match only.as_slice() {
        [Some(stem)] if !TAKEN.contains(&stem.as_str()) => stem.clone(),
        _ => String::from("variant"),
    }
}

/// The names of other axes.
const TAKEN: [&str; 2] = ["version", "machine"];

#[cfg(test)]
mod tests;
