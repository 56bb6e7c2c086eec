//! Variables in a Dockerfile inside the bake file: they become build arguments, so that one text is right for all values.
//!
//! ```text
//! dockerfile-inline = "FROM node:${NODE}"     FROM node:${NODE}     arg NODE="{var:NODE}"
//! ```
//!
//! What Docker would not insert as bake does is written out.

use super::inline::plain;
use super::place::{Decisions, How, Names, places, variable_of};
use super::settings::Settings;
use super::value::Value;
use crate::dockerfile::{Dockerfile, Instruction, rewrite};
use crate::import::published::Text;
use indexmap::IndexMap;
use std::collections::HashSet;
use std::ops::Range;

/// How the arguments of stages begin: an image often sets variables with the usual names, and these count more.
const PREFIX: &str = "BAKE_";

/// What a shell and Docker insert as it is, besides letters and digits.
const PLAIN: &str = "._/:@+,%-";

/// A Dockerfile inside the file.
#[derive(Debug, Clone)]
pub(super) struct Inserted {
    pub text: String,
    /// The arguments in the place of its variables.
    pub args: IndexMap<String, Text>,
    /// The variables that are written out.
    pub decided: Decisions,
}

/// Which places become arguments.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Variables,
    /// Those of the values of a matrix, too.
    All,
}

/// The place of a variable in a Dockerfile.
struct Place<'p> {
    /// With its filters, without braces.
    place: &'p str,
    /// Where its text is in the Dockerfile as it is today.
    bytes: Range<usize>,
}

impl Inserted {
    /// A Dockerfile with arguments in the place of its variables; the target has `others`, too.
    pub fn new(text: &Text, others: &IndexMap<String, Text>, settings: &Settings) -> Self {
        Self::with(text, others, settings, Which::Variables)
    }

    /// The same with arguments in the place of the values of a matrix, too; nothing if Docker would not insert all of them.
    pub fn of_matrix(
        text: &Text,
        others: &IndexMap<String, Text>,
        settings: &Settings,
    ) -> Option<Self> {
        let wanted: Names = places(&text.pattern)
            .filter(|place| variable_of(place).is_none())
            .map(|place| format!("{{{place}}}"))
            .collect();
        let made = Self::with(text, others, settings, Which::All);
        let has = |pattern: &String| made.args.values().any(|arg| arg.pattern == *pattern);
        (!wanted.is_empty() && wanted.iter().all(has)).then_some(made)
    }

    fn with(
        text: &Text,
        others: &IndexMap<String, Text>,
        settings: &Settings,
        which: Which,
    ) -> Self {
        let names: Names = places(&text.pattern)
            .filter_map(variable_of)
            .map(str::to_owned)
            .collect();
        let file = plain(&text.real);
        let contexts = settings.values.get("contexts");
        let contexts = contexts.and_then(|value| value.value.map());
        let contexts: HashSet<&str> = contexts
            .into_iter()
            .flat_map(|all| all.keys().map(String::as_str))
            .collect();
        let mut all = found(text, &settings.inserted).unwrap_or_default();
        all.retain(|one| which == Which::All || one.variable().is_some());
        let fixed = all
            .iter()
            .filter(|one| !one.is_argument(&text.real, &file, &contexts));
        let fixed: HashSet<String> = fixed.map(|one| one.key().to_owned()).collect();
        all.retain(|one| !fixed.contains(one.key()));
        let is_followed = |name: &String| all.iter().any(|one| one.variable() == Some(name));
        let decided = names.into_iter().filter(|name| !is_followed(name));
        Self {
            decided: decided.map(|name| (How::Fixed, name)).collect(),
            ..inserted(&all, &file, &text.real, others)
        }
    }
}

/// Puts arguments in these places, and declares them in the stages that use them.
fn inserted(
    all: &[Place],
    file: &Dockerfile,
    text: &str,
    others: &IndexMap<String, Text>,
) -> Inserted {
    let declared: HashSet<&str> = file.args().collect();
    let mut args: IndexMap<String, Text> = IndexMap::new();
    let mut changes: Vec<(Range<usize>, String)> = Vec::new();
    let mut known: HashSet<(usize, String)> = HashSet::new();
    for one in all {
        let pattern = format!("{{{}}}", one.place);
        let is_free = |name: &String, args: &IndexMap<String, Text>| match args.get(name) {
            Some(text) => text.pattern == pattern,
            None => !declared.contains(name.as_str()) && !others.contains_key(name),
        };
        let same = all.iter().filter(|other| other.place == one.place);
        let mut name = one.name(same, file);
        while !is_free(&name, &args) {
            name.insert_str(0, PREFIX);
        }
        changes.push((one.bytes.clone(), format!("${{{name}}}")));
        let first = |stage: &usize| known.insert((*stage, name.clone()));
        if one.stage(file).filter(first).is_some() {
            let at = one.instruction(file).map_or(0, |own| own.bytes.start);
            changes.push((at..at, format!("ARG {name}\n")));
        }
        let real = text[one.bytes.clone()].to_owned();
        args.insert(name, Text { real, pattern });
    }
    Inserted {
        text: rewrite(text, &changes),
        args,
        decided: Decisions::new(),
    }
}

/// The places of variables in a text; nothing if it is not made of these parts.
fn found<'p>(text: &'p Text, parts: &IndexMap<String, String>) -> Option<Vec<Place<'p>>> {
    let (mut out, mut all) = (String::new(), Vec::new());
    let mut rest = text.pattern.as_str();
    while let Some(at) = rest.find(['{', '}']) {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        rest = match after.get(..2) {
            Some(twice @ ("{{" | "}}")) => {
                out.push_str(&twice[1..]);
                &after[2..]
            }
            _ => {
                let (place, after) = after[1..].split_once('}')?;
                let start = out.len();
                out.push_str(parts.get(place)?);
                let bytes = start..out.len();
                all.push(Place { place, bytes });
                after
            }
        };
    }
    (out + rest == text.real).then_some(all)
}

impl Place<'_> {
    fn variable(&self) -> Option<&str> {
        variable_of(self.place)
    }

    /// The variable, or what a value of a matrix has: `item.tag`.
    fn key(&self) -> &str {
        self.variable().unwrap_or(self.place)
    }

    fn instruction<'f>(&self, file: &'f Dockerfile) -> Option<&'f Instruction> {
        let mut all = file.instructions.iter();
        all.find(|one| one.bytes.start <= self.bytes.start && self.bytes.end <= one.bytes.end)
    }

    /// The number of the stage that it is in; nothing in a FROM, and before the first one.
    fn stage(&self, file: &Dockerfile) -> Option<usize> {
        let own = self.instruction(file)?;
        let all = file.instructions.iter();
        let before = all.filter(|one| one.keyword == "FROM" && one.bytes.start < own.bytes.start);
        let count = before.count();
        (own.keyword != "FROM" && count > 0).then_some(count)
    }

    /// The name of its argument: that of the variable, unless an image or Docker could set it, too.
    fn name<'a>(&self, mut same: impl Iterator<Item = &'a Self>, file: &Dockerfile) -> String
    where
        Self: 'a,
    {
        let name = match self.variable() {
            Some(name) => name.replace('-', "_"),
            None => self.place.replace(['-', '.'], "_").to_uppercase(),
        };
        let is_set = ["TARGET", "BUILD"]
            .iter()
            .any(|start| name.starts_with(start))
            || name.to_lowercase().ends_with("_proxy");
        match is_set || same.any(|one| one.stage(file).is_some()) {
            true => PREFIX.to_owned() + &name,
            false => name,
        }
    }

    /// Whether Docker inserts an argument here as bake inserts the variable.
    fn is_argument(&self, text: &str, file: &Dockerfile, contexts: &HashSet<&str>) -> bool {
        let Some(own) = self.instruction(file) else {
            return false;
        };
        let (raw, before) = (
            &text[own.bytes.clone()],
            &text[own.bytes.start..self.bytes.start],
        );
        let is_plain = |c: char| c.is_ascii_alphanumeric() || PLAIN.contains(c);
        let is_plain = text[self.bytes.clone()].chars().all(is_plain);
        let is_quoted = raw.contains(['\'', '`']) || raw.contains("<<");
        let is_escaped = before.ends_with(['\\', '$']);
        let in_flag = before
            .split_whitespace()
            .next_back()
            .is_some_and(|word| word.starts_with("--"));
        let mut words = raw.split_whitespace();
        let named = words.any(|word| contexts.contains(word));
        is_plain
            && !is_quoted
            && !is_escaped
            && match own.keyword.as_str() {
                "FROM" => !named && !before.to_lowercase().contains(" as "),
                "RUN" => !in_flag && is_for_shell(own) && has_shell(file, text),
                "COPY" | "ADD" => !in_flag,
                "ARG" | "ENV" | "LABEL" | "USER" | "WORKDIR" | "EXPOSE" | "VOLUME"
                | "STOPSIGNAL" => true,
                _ => false,
            }
    }
}

/// Whether a RUN is a line for a shell, and no list of words.
fn is_for_shell(run: &Instruction) -> bool {
    let words = run.text().split_whitespace().skip(1);
    let mut words = words.skip_while(|word| word.starts_with("--"));
    !words.next().is_some_and(|word| word.starts_with('['))
}

/// Whether the shell is the usual one.
fn has_shell(file: &Dockerfile, text: &str) -> bool {
    let mut all = file.instructions.iter();
    !text.contains("escape=") && !all.any(|one| one.keyword == "SHELL")
}

/// The text of a place in a value, or in a part of it.
pub(super) fn text_of(value: &Value, place: &str) -> Option<String> {
    let is_it = value.pattern.as_deref().is_some_and(|own| {
        let inner = own.strip_prefix('{').and_then(|own| own.strip_suffix('}'));
        inner == Some(place)
    });
    let items = value.list().into_iter().flatten();
    let mut parts = items.chain(value.map().into_iter().flat_map(|map| map.values()));
    match is_it {
        true => value.real(),
        false => parts.find_map(|part| text_of(part, place)),
    }
}
