//! Dockerfiles inside the bake file name the public names of contexts, which follow variables as build arguments.

use super::built::Built;
use super::contexts::is_replaced;
use super::inline::{Arguments, as_argument, renamed, with_arguments};
use super::place::variable;
use super::public::Publics;
use crate::import::published::Text;
use indexmap::IndexMap;

/// A Dockerfile's text with contexts replaced by their public names. A variable in a name is passed as a build
/// argument, so that the parent's name follows the variable.
pub(super) fn follow(
    text: &str,
    built: &mut Built,
    public: &Publics,
    defaults: &Arguments,
) -> String {
    let mut names = IndexMap::new();
    let mut args = IndexMap::new();
    for (name, context) in &built.contexts {
        let reference = public.reference(context);
        let replaced = reference.filter(|_| is_replaced(name, context, built, public));
        let Some(reference) = replaced else {
            continue;
        };
        let found = as_argument(&reference.pattern, defaults);
        match found.filter(|(_, args)| !args.is_empty() && free(args, built)) {
            Some((written, more)) => {
                names.insert(name.clone(), written);
                args.extend(more);
            }
            None => drop(names.insert(name.clone(), reference.real)),
        }
    }
    let (text, named) = renamed(text, &names);
    let inserted: Vec<&String> = named.iter().filter_map(|name| names.get(name)).collect();
    args.retain(|arg, _| {
        let place = format!("${{{arg}}}");
        inserted.iter().any(|written| written.contains(&place))
    });
    for (arg, value) in &args {
        let text = Text {
            real: value.clone(),
            pattern: variable(arg),
        };
        built.args.insert(arg.clone(), text);
    }
    with_arguments(&text, &args)
}

/// Whether a target has no other arguments of these names.
fn free(args: &Arguments, built: &Built) -> bool {
    args.keys().all(|arg| {
        let known = built.args.get(arg);
        known.is_none_or(|text| text.pattern == variable(arg))
    })
}
