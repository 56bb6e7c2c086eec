//! The public names of targets that other targets name as contexts.

use super::built::Built;
use super::inline::{Arguments, as_argument, renamed, with_arguments};
use crate::import::published::{Name, Text};
use crate::name::Reference;
use indexmap::IndexMap;
use std::collections::HashMap;

/// By target: its first reference.
#[derive(Default)]
pub(super) struct Publics(HashMap<String, Name>);

impl Publics {
    /// The public name of a context, which is a target or an image from outside.
    pub fn reference(&self, context: &str) -> Option<String> {
        match context.split_once(':') {
            Some(("target", target)) => self.0.get(target).map(familiar),
            _ => context.strip_prefix("docker-image://").map(str::to_owned),
        }
    }

    /// The same as a pattern, for a target.
    pub fn pattern(&self, context: &str) -> Option<String> {
        let name = self.0.get(context.strip_prefix("target:")?)?;
        Some(format!("{}:{}", name.repository.pattern, name.tag.pattern))
            .filter(|pattern| pattern.contains('{'))
    }
}

/// The name as people write it: `go:1.27` for `docker.io/library/go:1.27`.
fn familiar(name: &Name) -> String {
    let full = name.full();
    full.parse().map_or(full, |name: Reference| name.familiar())
}

/// The public names of these targets.
pub(super) fn public<'b>(built: impl Iterator<Item = &'b Built>) -> Publics {
    let row = |cell: &Built| {
        let first = cell.names.iter().flatten().next()?.clone();
        Some((cell.target.clone(), first))
    };
    Publics(built.filter_map(row).collect())
}

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
        let Some(reference) = public.reference(context) else {
            continue;
        };
        let found = public
            .pattern(context)
            .and_then(|pattern| as_argument(&pattern, defaults));
        let free = |args: &Arguments| {
            args.keys().all(|arg| {
                built
                    .args
                    .get(arg)
                    .is_none_or(|text| text.pattern == format!("{{var:{arg}}}"))
            })
        };
        match found.filter(|(_, args)| free(args)) {
            Some((written, more)) => {
                names.insert(name.clone(), written);
                args.extend(more);
            }
            None => drop(names.insert(name.clone(), reference)),
        }
    }
    let (text, named) = renamed(text, &names);
    args.retain(|arg, _| {
        named.iter().any(|name| {
            names
                .get(name)
                .is_some_and(|written| written.contains(&format!("${{{arg}}}")))
        })
    });
    for (arg, value) in &args {
        built.args.insert(
            arg.clone(),
            Text {
                real: value.clone(),
                pattern: format!("{{var:{arg}}}"),
            },
        );
    }
    with_arguments(&text, &args)
}
