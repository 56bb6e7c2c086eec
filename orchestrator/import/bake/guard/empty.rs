//! Variables that may be empty: kiln removes the separator beside an empty text of a tag, and bake keeps it. The tags say
//! that it stays. Where something else is wrong with the empty text, the variable refuses it.
//!
//! ```text
//! tags = ["app:web-${SHA}"], SHA = ""     bake: web-, kiln: web     tag "web-{var:SHA:even-empty}"
//! ```

use super::agreement::tried;
use super::{MOST, Tries};
use crate::import::bake::eval::Compared;
use crate::import::bake::place::{Names, is_on_rung, places, variable_of};
use crate::import::bake::trial::shown;
use crate::import::bake::used::share;
use crate::import::manifest::write;
use crate::import::published::Published;
use crate::import::verify::{Written, verified};
use crate::tag::variable::EVEN_EMPTY;
use indexmap::IndexSet;

/// How many values of the other one.
const MOST_VALUES: usize = 2;

/// Refuses the empty text in each variable with which the manifest would publish something else than the file.
pub(super) fn refuse(published: &mut Published, tries: &Tries<'_>) {
    let written = Written::new(&write(published));
    for name in open(published, tries.compared) {
        let set = [empty(&name)];
        let wrong = tries.files.wrong(&written, published, &set);
        let mut wrong = wrong.unwrap_or_default();
        if wrong.is_empty() {
            let different = tries.files.different(&written, published, &set);
            wrong.extend(different.into_iter().flatten().filter(|one| dangles(one)));
        }
        fill(published, tries, (name, vec![set.to_vec()]), wrong);
    }
}

/// The same where another variable is empty, too, or has a value by which the file decides.
pub(super) fn refuse_together(published: &mut Published, tries: &Tries<'_>) {
    let mut written = Written::new(&write(published));
    let open = open(published, tries.compared);
    let mut budget = tries.pairs / 2;
    for (at, name) in open.iter().enumerate() {
        let also_empty = open[at + 1..].iter();
        let also_empty = also_empty.filter(|other| share(published, name, other));
        let others = also_empty.map(|other| empty(other));
        let others: Vec<_> = others.chain(decisive(published, tries, name)).collect();
        let left = others.len().min(budget);
        budget -= left;
        let sets = others.into_iter().take(left);
        let sets: Vec<_> = sets.map(|other| vec![empty(name), other]).collect();
        let mut wrong = sets
            .iter()
            .map(|set| tries.files.wrong_together(&written, published, set));
        let Some(wrong) = wrong.find(|wrong| !wrong.is_empty()) else {
            continue;
        };
        fill(published, tries, (name.clone(), sets), wrong);
        written = Written::new(&write(published));
    }
}

/// The variables that are null in the file, and with whose empty text it builds something else than the manifest.
pub(super) fn nulls(published: &Published, tries: &Tries<'_>, nulls: &Names) -> Names {
    let written = Written::new(&write(published));
    let names = published.variables.iter().take(MOST);
    let names = names.filter(|(name, default)| default.is_empty() && nulls.contains(*name));
    let names = names.map(|(name, _)| name.clone());
    let differs = |name: &String| {
        let different = tries.files.different(&written, published, &[empty(name)]);
        different.is_some_and(|different| !different.is_empty())
    };
    names.filter(differs).collect()
}

/// Whether a tag has a separator that kiln removes beside an empty text.
fn dangles(reference: &str) -> bool {
    let is_separator = |c: char| "-._".contains(c);
    let tag = reference.rsplit_once(':').map_or("", |(_, tag)| tag);
    let next = tag.chars().skip(1).map(Some).chain([None]);
    let mut pairs = tag.chars().zip(next);
    pairs.any(|(one, next)| is_separator(one) && next.is_none_or(is_separator))
}

fn empty(name: &str) -> (String, String) {
    (name.to_owned(), String::new())
}

/// The variables that may be empty in the manifest, and are not by default.
fn open(published: &Published, compared: &Compared) -> Vec<String> {
    let decides = |name: &String| {
        let texts = compared.texts.get(name);
        let has_empty = texts.is_some_and(|texts| texts.contains(""));
        has_empty && published.conditions().any(|one| one == name)
    };
    let is_refused = |name: &String| {
        let allowed = published.allowed.get(name);
        let is_missing = allowed.is_some_and(|all| !all.iter().any(String::is_empty));
        is_missing || published.filled.contains(name) || published.kinds.contains_key(name)
    };
    let all = published.variables.iter().take(MOST);
    let all =
        all.filter(|(name, default)| !default.is_empty() && !is_refused(name) && !decides(name));
    all.map(|(name, _)| name.clone()).collect()
}

/// Values of the other variables by which the file decides.
fn decisive(published: &Published, tries: &Tries<'_>, name: &str) -> Vec<(String, String)> {
    let others = published.variables.iter().take(MOST);
    let others = others.filter(|(other, _)| other.as_str() != name);
    let values = others.flat_map(|(other, default)| {
        let all = tried(other, default, published, tries.compared).into_iter();
        let all = all.filter(|(value, _)| !value.is_empty());
        let (texts, examples): (Vec<_>, Vec<_>) = all.partition(|(_, is_text)| *is_text);
        // Where a condition names some values, it decides by all others, too.
        let is_condition = published.conditions().any(|name| name == other);
        let examples = examples.into_iter().take(usize::from(is_condition));
        let texts = texts.into_iter().take(MOST_VALUES);
        texts
            .chain(examples)
            .map(|(value, _)| (other.clone(), value))
            .collect::<Vec<_>>()
    });
    values.collect()
}

/// Lets tags keep the separators beside an empty text, or refuses that, if anything is wrong with it. `sets` are the values
/// that are tried.
fn fill(
    published: &mut Published,
    tries: &Tries<'_>,
    (name, sets): (String, Vec<Vec<(String, String)>>),
    wrong: Vec<String>,
) {
    if wrong.is_empty() {
        return;
    }
    if let Some(even) = even(published, &name) {
        let written = Written::new(&write(&even));
        let is_right = |set: &[(String, String)]| {
            let different = tries.files.different(&written, &even, set);
            different.is_none_or(|all| all.is_empty())
        };
        if verified(&even).is_ok()
            && is_right(&[empty(&name)])
            && sets.iter().all(|set| is_right(set))
        {
            *published = even;
            return;
        }
    }
    let wrong: IndexSet<String> = wrong.into_iter().collect();
    let why = format!(
        "With an empty `{name}`, the bake file and the manifest would publish other images under {}.",
        shown(&wrong)
    );
    if let Some(allowed) = published.allowed.get_mut(&name) {
        allowed.retain(|value| !value.is_empty());
    }
    published.restricted.insert(name.clone(), why);
    published.filled.insert(name);
}

/// The same images, whose tags keep the separators beside an empty variable; nothing if none has such a separator.
fn even(published: &Published, name: &str) -> Option<Published> {
    let mut even = published.clone();
    let mut any = false;
    let grids = even
        .images
        .iter_mut()
        .filter_map(|image| image.grid.as_mut());
    for (_, pattern) in grids.flat_map(|grid| &mut grid.tags) {
        if let Some(new) = kept(pattern, name) {
            *pattern = new;
            any = true;
        }
    }
    any.then_some(even)
}

/// The pattern of a tag that keeps the separators beside an empty variable; nothing if it has none.
fn kept(pattern: &str, name: &str) -> Option<String> {
    let is_separator = |c: Option<char>| c.is_some_and(|c| "-._".contains(c));
    let (mut out, mut rest, mut any) = (String::new(), pattern, false);
    // The last character that no variable makes.
    let mut last = None;
    for place in places(pattern) {
        let written = format!("{{{place}}}");
        let (before, after) = rest.split_once(written.as_str())?;
        out.push_str(before);
        last = before.chars().next_back().or(last);
        let is_beside = match last {
            None => is_separator(after.chars().next()),
            last => is_separator(last),
        };
        match is_beside && variable_of(place) == Some(name) && !is_on_rung(place) {
            true => {
                any = true;
                out.push_str(&format!("{{{place}:{EVEN_EMPTY}}}"));
            }
            false => out.push_str(&written),
        }
        rest = after;
    }
    any.then(|| out + rest)
}

#[cfg(test)]
mod tests {
    use super::kept;

    #[test]
    fn separators_beside_an_empty_variable_stay() {
        let rows = [
            ("web-{var:SHA}", Some("web-{var:SHA:even-empty}")),
            ("{var:SHA}-web", Some("{var:SHA:even-empty}-web")),
            (
                "{v}-{var:SHA:first 7}.{var:V}",
                Some("{v}-{var:SHA:first 7:even-empty}.{var:V}"),
            ),
            ("v-{var:A}{var:SHA}", Some("v-{var:A}{var:SHA:even-empty}")),
            ("web{var:SHA}-x", None),
            ("{var:SHA}", None),
            ("web-{var:SHA:minor}", None),
            ("web-{var:OTHER}", None),
        ];
        for (pattern, wanted) in rows {
            assert_eq!(kept(pattern, "SHA").as_deref(), wanted, "{pattern}");
        }
    }
}
