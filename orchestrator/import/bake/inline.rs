//! Dockerfiles inside the bake file: they become files, and their references to contexts are replaced by public
//! names.

use super::place::variable_of;
use crate::dockerfile::{Dockerfile, Given, directives_end, read, rewrite};
use crate::import::published::Text;
use crate::import::{File, unique};
use indexmap::IndexMap;

/// The folder of these files.
const FOLDER: &str = "dockerfiles";

/// Build arguments with their defaults.
pub(super) type Arguments = IndexMap<String, String>;

/// The files so far, each text once.
#[derive(Debug, Clone, Default)]
pub(super) struct Inlines {
    /// The paths by their texts.
    shared: IndexMap<String, String>,
    /// The texts by paths that are not shared.
    own: IndexMap<String, String>,
}

impl Inlines {
    /// The path of a text; `name` is the first image that has it.
    pub fn add(&mut self, name: &str, text: String) -> String {
        let free = unique(name, |name| {
            let path = Self::path(name);
            self.own.contains_key(&path) || self.shared.values().any(|known| *known == path)
        });
        self.shared.entry(text).or_insert(Self::path(&free)).clone()
    }

    /// The path of a text that has this name, also if another text is the same.
    pub fn put(&mut self, name: &str, text: String) -> String {
        let path = Self::path(name);
        self.own.insert(path.clone(), text);
        path
    }

    /// The path for a name.
    pub fn path(name: &str) -> String {
        format!("{FOLDER}/{name}.Dockerfile")
    }

    /// The files.
    pub fn finish(self) -> Vec<File> {
        let shared = self.shared.into_iter();
        let shared = shared.map(|(text, path)| File { path, text });
        let own = self.own.into_iter();
        shared
            .chain(own.map(|(path, text)| File { path, text }))
            .collect()
    }
}

/// A Dockerfile without the spaces that all of its lines begin with. Where spaces may be part of a text, it stays as it is.
pub(super) fn shallow(text: Text) -> Text {
    let is_open = |line: &str| ['"', '\''].map(|c| line.matches(c).count() % 2) != [0, 0];
    let same = text.real.lines().count() == text.pattern.lines().count();
    if !same || text.real.contains("<<") || text.real.lines().any(is_open) {
        return text;
    }
    let filled = || text.real.lines().filter(|line| !line.trim().is_empty());
    let spaces = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let first = filled().next().unwrap_or_default();
    let shared = &first[..filled().map(spaces).min().unwrap_or_default()];
    let without = |text: &str| {
        let line = |line: &str| match line.trim().is_empty() {
            true => Some(String::new()),
            false => line.strip_prefix(shared).map(str::to_owned),
        };
        let end = text.ends_with('\n').then_some(String::new());
        let lines = text.lines().map(line).chain(end.map(Some));
        Some(lines.collect::<Option<Vec<String>>>()?.join("\n"))
    };
    match (without(&text.real), without(&text.pattern)) {
        (Some(real), Some(pattern)) if !shared.is_empty() => Text { real, pattern },
        _ => text,
    }
}

/// A Dockerfile without arguments and contexts.
pub(super) fn plain(text: &str) -> Dockerfile {
    let args = IndexMap::new();
    let given = Given {
        args: &args,
        platforms: &[],
        target: None,
        contexts: &[],
    };
    read(text, given)
}

/// A Dockerfile with contexts replaced by their public names, and the contexts that it names.
pub(super) fn renamed(text: &str, names: &IndexMap<String, String>) -> (String, Vec<String>) {
    let file = plain(text);
    let mut named = Vec::new();
    let change = |stand: &crate::dockerfile::ImageRef| {
        let written = text.get(stand.bytes.clone())?;
        let (name, public) = names
            .get_key_value(written)
            .or_else(|| names.get_key_value(written.strip_suffix(":latest")?))?;
        named.push(name.clone());
        Some((stand.bytes.clone(), public.clone()))
    };
    let changes: Vec<_> = file.image_refs.iter().filter_map(change).collect();
    let done = rewrite(text, &changes);
    (
        if done.ends_with('\n') {
            done
        } else {
            done + "\n"
        },
        named,
    )
}

/// The pattern of a reference in Dockerfile syntax, with the variables that it needs: `{var:REG}/core:1.0` is
/// `${REG}/core:1.0`, if `of` calls the argument for `REG` the same. `None` where a placeholder is not a variable.
pub(super) fn as_argument(
    pattern: &str,
    defaults: &Arguments,
    of: impl Fn(&str) -> String,
) -> Option<(String, Arguments)> {
    let mut args = Arguments::new();
    let mut out = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        let (place, after) = after.split_once('}')?;
        let name = variable_of(place).filter(|_| place.matches(':').count() == 1)?;
        args.insert(name.to_owned(), defaults.get(name)?.clone());
        out.extend([before, "${", &of(name), "}"]);
        rest = after;
    }
    out.push_str(rest);
    Some((out, args))
}

/// A Dockerfile that declares the arguments first.
pub(super) fn with_arguments(text: &str, args: &[(String, Text)]) -> String {
    let (top, rest) = text.split_at(directives_end(text));
    let declared: String = args
        .iter()
        .map(|(name, value)| format!("ARG {name}={}\n", value.real))
        .collect();
    format!("{top}{declared}{rest}")
}

/// A Dockerfile without the defaults of arguments that a build sets.
pub(super) fn without_defaults(text: &str, sets: impl Fn(&str) -> bool) -> String {
    let line = |line: &str| {
        let declared = line.strip_prefix("ARG ");
        let declared = declared.and_then(|rest| rest.split_once('='));
        match declared.filter(|(name, _)| sets(name)) {
            Some((name, _)) => format!("ARG {name}\n"),
            None => format!("{line}\n"),
        }
    };
    text.lines().map(line).collect()
}

/// A Dockerfile with the values of arguments that a build sets in their places, and without their declarations.
pub(super) fn resolved<'v>(
    text: &str,
    args: impl Iterator<Item = (&'v String, &'v String)>,
) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (name, value) in args {
        let declares = |line: &String| {
            let rest = line
                .strip_prefix("ARG ")
                .and_then(|rest| rest.strip_prefix(name.as_str()));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        };
        lines.retain(|line| !declares(line));
        let place = format!("${{{name}}}");
        lines
            .iter_mut()
            .for_each(|line| *line = line.replace(&place, value));
    }
    lines.join("\n")
}
