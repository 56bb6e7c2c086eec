//! Variables without a value that names cannot do without: `tags = ["app:${TAG}"]` with `variable "TAG" {}`.
//!
//! bake cannot build such a target before the variable is set, so the manifest declares the variable without a default.
//! While the file is evaluated, the variable has a made-up value.

use super::built::Built;
use super::place::{
    Names, is_on_rung, places, replaced, resolved, variable, variable_of, variables,
};
use super::stand_in::made_up;
use super::value::Value;
use super::variable::Variables;
use crate::import::note::listed;
use crate::import::published::{Name, Wanted, When};
use crate::name::Reference;

/// What the manifest says of a variable of the file that has to be set.
pub(super) fn wanted(variable: &str, known: &Variables) -> Wanted {
    let why = match known.sources.get(variable) {
        None => String::from("does not have"),
        Some(sources) => {
            let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
            let from = listed(&sources, sources.len());
            format!("computes from {from} and which is empty without a value of that")
        }
    };
    Wanted {
        what: format!("the value of `{variable}`, which the bake file {why}"),
        stand_in: made_up(variable),
    }
}

/// The variables without which these patterns of names are not references.
pub(super) fn needed(patterns: &[String], variables: &Variables) -> Names {
    patterns
        .iter()
        .flat_map(|pattern| needed_in(pattern, variables))
        .collect()
}

/// The variables that leave a separator behind in the pattern of a tag: `dev-{var:SHA}`. Kiln drops it, and bake does not.
pub(super) fn dangling(pattern: &str, known: &Variables) -> Names {
    let separator = |c: Option<char>| c.is_some_and(|c| "-._".contains(c));
    let dangles = |place: &&str| {
        let written = format!("{{{place}}}");
        let around = pattern.split_once(written.as_str());
        around.is_some_and(|(before, after)| {
            let first = before.is_empty() && separator(after.chars().next());
            first || separator(before.chars().next_back())
        })
    };
    let names = places(pattern).filter(dangles).filter_map(variable_of);
    let empty = names.filter(|name| known.defaults.get(*name).is_some_and(String::is_empty));
    empty.map(str::to_owned).collect()
}

/// Divides tags in which one variable leaves a separator behind: `dev-` while it is empty, and `dev-{var:SHA}` otherwise.
pub(super) fn divide(built: &mut Built, known: &Variables) {
    for name in built.names.iter_mut().flatten() {
        let mut dangling = dangling(&name.tag.pattern, known).into_iter();
        let (Some(variable), None) = (dangling.next(), dangling.next()) else {
            continue;
        };
        let is_it = |place: &str| variable_of(place) == Some(&variable);
        let is_rung = places(&name.tag.pattern).any(|place| is_it(place) && is_on_rung(place));
        if is_rung || name.when.variables().any(|one| one == variable) {
            continue;
        }
        let when = |pattern: &str| {
            let mut when = name.when.clone();
            let own = When::of_variable(&variable, vec![pattern.to_owned()]);
            when.0.extend(own.0);
            when
        };
        let (empty, filled) = (when(""), when("!"));
        built.later.push(Some(Name {
            when: filled,
            ..name.clone()
        }));
        name.when = empty;
        name.tag.pattern = replaced(&name.tag.pattern, |place| is_it(place).then(String::new));
    }
}

/// The empty variables without which a target has no names: `tags = [RELEASE != "" ? "app:${RELEASE}" : ""]`.
pub(super) fn switches(built: &Built, known: &Variables) -> Names {
    if built.is_named() || built.purpose.is_some() {
        return Names::new();
    }
    // A variable that is the whole name is not the tag of an image.
    let is_whole = |name: &String, pattern: &String| {
        let [repository, tag] = ["repository", "tag"].map(|word| format!("{{var:{name}:{word}}}"));
        *pattern == format!("{repository}:{tag}")
    };
    let has = |name: &String, pattern: &String| {
        pattern.contains(&variable(name)) && !is_whole(name, pattern)
    };
    let off = built.off.iter();
    let names = off.filter(|(name, all)| all.iter().any(|pattern| has(name, pattern)));
    let empty = |name: &String| known.defaults.get(name).is_none_or(String::is_empty);
    names.map(|(name, _)| name.clone()).filter(empty).collect()
}

/// The empty variables that are the whole names of a target: `tags = [IMAGE]`. A list in a variable is none.
pub(super) fn whole(built: &Built) -> Names {
    let is_free = !built.is_named() && built.purpose.is_none();
    let names = built.blank.iter().filter(|_| is_free);
    let is_list = |name: &String| built.decided.iter().any(|(_, known)| known == name);
    names.filter(|name| !is_list(name)).cloned().collect()
}

fn needed_in(pattern: &str, known: &Variables) -> Names {
    let empty = |name: &String| known.defaults.get(name).is_some_and(String::is_empty);
    let text = |place: &str| match variable_of(place) {
        Some(name) => {
            let default = known.defaults.get(name).filter(|text| !text.is_empty());
            Some(default.cloned().unwrap_or_else(|| made_up(name)))
        }
        // The time, or an axis.
        None => Some(String::from("0")),
    };
    let names = resolved(pattern, text).filter(|name| name.parse::<Reference>().is_ok());
    let pattern = Value::from("").placed(pattern);
    let empty = names.map(|_| variables(&pattern).into_iter().filter(empty));
    empty.into_iter().flatten().collect()
}
