//! Dockerfiles inside the bake file name the public names of contexts, which follow variables as build arguments.

use super::built::Built;
use super::contexts::is_replaced;
use super::inline::{Arguments, as_argument, plain, renamed, with_arguments};
use super::place::{How, variable};
use super::public::Publics;
use crate::import::published::Text;
use indexmap::{IndexMap, IndexSet};
use std::collections::HashSet;

/// A Dockerfile's text with contexts replaced by their public names. A variable in a name is passed as a build
/// argument, so that the parent's name follows the variable.
pub(super) fn follow(
    text: &str,
    built: &mut Built,
    public: &Publics,
    defaults: &Arguments,
) -> String {
    let declared: HashSet<String> = plain(text).args().map(str::to_owned).collect();
    let argument = |variable: &str| argument(variable, built, &declared);
    let mut names = IndexMap::new();
    let mut args = IndexMap::new();
    for (name, context) in &built.contexts {
        let reference = public.reference(context);
        let replaced = reference.filter(|_| is_replaced(name, context, built, public));
        let Some(reference) = replaced else {
            continue;
        };
        match as_argument(&reference.pattern, defaults, argument) {
            Some((written, more)) if !more.is_empty() => {
                names.insert(name.clone(), written);
                args.extend(more);
            }
            _ => drop(names.insert(name.clone(), reference.real)),
        }
    }
    let args: Vec<(String, Text)> = args
        .into_iter()
        .map(|(name, real)| {
            let pattern = variable(&name);
            (argument(&name), Text { real, pattern })
        })
        .collect();
    let (text, named) = renamed(text, &names);
    let inserted: Vec<&String> = named.iter().filter_map(|name| names.get(name)).collect();
    let is_used = |arg: &str| {
        let place = format!("${{{arg}}}");
        inserted.iter().any(|written| written.contains(&place))
    };
    let args: Vec<(String, Text)> = args.into_iter().filter(|(arg, _)| is_used(arg)).collect();
    built.args.extend(args.iter().cloned());
    let names = args.into_iter().map(|(name, _)| name);
    let names: IndexSet<String> = built.inserted.iter().cloned().chain(names).collect();
    let all = names.into_iter();
    let all = all.filter_map(|name| Some((name.clone(), built.args.get(&name)?.clone())));
    with_arguments(&text, &all.collect::<Vec<_>>())
}

/// The name of the build argument for a variable: its own, which has no `-` in a Dockerfile, unless the target or its Dockerfile means something else by it.
fn argument(variable: &str, built: &Built, declared: &HashSet<String>) -> String {
    let unedited = (How::Unedited, variable.to_owned());
    let is_edited = built.decided.contains(&unedited);
    let is_free = |name: &str| match built.args.get(name) {
        // Which edits a filter can say shows only when the file is tried with other values.
        Some(text) => text.pattern == self::variable(variable) && !is_edited,
        None => !declared.contains(name),
    };
    let mut name = variable.replace('-', "_");
    while !is_free(&name) {
        name.insert_str(0, "FROM_");
    }
    name
}
