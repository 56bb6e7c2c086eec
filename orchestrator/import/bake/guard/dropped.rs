//! Tags of conditions that the manifest publishes and the file does not, with some values of two variables: only these are
//! left out, and the rest of what the condition says stays.
//!
//! ```text
//! CI == "true" ? ["a:${SHA}", "a:${title(BRANCH)}"] : […]     when var:CI="true" { tag "{var:SHA}"; }
//! ```

use super::{Restricted, Tries};
use crate::import::bake::trial::shown;
use crate::import::manifest::write;
use crate::import::published::Published;
use crate::import::verify::{Written, verified};
use indexmap::IndexSet;

/// Values of variables.
type Set = Vec<(String, String)>;

/// Leaves out the tags in conditions of a variable that are wrong with these values, if that is all that is wrong; whether
/// it does.
pub(super) fn leave_out(
    published: &mut Published,
    tries: &Tries<'_>,
    (name, sets): (&str, &[Set]),
    restricted: &mut Restricted,
) -> bool {
    let Some(better) = better(published, tries, (name, sets)) else {
        return false;
    };
    *published = better;
    let lacking = lacking(published, tries, sets);
    if !lacking.is_empty() {
        let shown = shown(&lacking);
        let why = format!("With other values of `{name}`, the bake file also publishes {shown}.");
        let before = published.restricted.get(name);
        let why = before.map_or(why.clone(), |before| format!("{before}\n{why}"));
        published.restricted.insert(name.to_owned(), why);
        let message = format!(
            "with other values of `{name}`, the file also publishes {shown}: the manifest does not"
        );
        restricted.dropped.insert(name.to_owned(), message);
    }
    true
}

/// The same images without these tags.
fn better(
    published: &Published,
    tries: &Tries<'_>,
    (name, sets): (&str, &[Set]),
) -> Option<Published> {
    let mut best = published.clone();
    let mut left = count(&best, tries, sets)?;
    for image in 0..published.images.len() {
        let tags = |one: &Published| {
            one.images[image]
                .grid
                .as_ref()
                .map_or(0, |grid| grid.tags.len())
        };
        for at in (0..tags(published)).rev() {
            let mut other = best.clone();
            let grid = other.images[image].grid.as_mut()?;
            if left == 0 || grid.tags[at].0.variables().all(|one| one != name) {
                continue;
            }
            grid.tags.remove(at);
            let rest = count(&other, tries, sets)?;
            if rest < left {
                (best, left) = (other, rest);
            }
        }
    }
    (left == 0 && verified(&best).is_ok()).then_some(best)
}

/// How many references the manifest publishes with these values, and the file does not; nothing if it publishes others for
/// something else.
fn count(published: &Published, tries: &Tries<'_>, sets: &[Set]) -> Option<usize> {
    let written = Written::new(&write(published));
    let mut count = 0;
    for set in sets {
        let file = tries.files.built(set)?;
        let known = file.builds.iter().flat_map(|build| &build.references);
        let known: IndexSet<&String> = known.collect();
        let wrong = tries.files.wrong_together(&written, published, set);
        if wrong.iter().any(|one| known.contains(one)) {
            return None;
        }
        count += wrong.len();
    }
    Some(count)
}

/// The references that the manifest lacks: with the first variable alone, or with both.
fn lacking(published: &Published, tries: &Tries<'_>, sets: &[Set]) -> IndexSet<String> {
    let written = Written::new(&write(published));
    let lacking = |set: &[(String, String)]| -> IndexSet<String> {
        let all = tries.files.different(&written, published, set);
        all.into_iter().flatten().collect()
    };
    let alone: IndexSet<String> = sets.iter().flat_map(|set| lacking(&set[..1])).collect();
    match alone.is_empty() {
        true => sets.iter().flat_map(|set| lacking(set)).collect(),
        false => alone,
    }
}
