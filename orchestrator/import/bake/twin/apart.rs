//! The values of variables with which two tags differ that are the same by default.
//!
//! ```text
//! V = "test", "app:${V}" and "app:test"     the first one has `when var:V="!test"`
//! ```

use crate::import::bake::place::{places, variable, variable_of};
use crate::import::bake::trial::{base, filled};
use crate::import::note::Notes;
use crate::import::published::{Made, Name, When};
use crate::import::write::literal;
use crate::name::Reference;
use indexmap::{IndexMap, IndexSet};

/// How many variables tell two tags from each other at most.
const MOST: usize = 3;

/// What variables are by default.
#[derive(Clone, Copy)]
pub(in crate::import::bake) struct Defaults<'d> {
    pub texts: &'d IndexMap<String, String>,
    /// Those that are made of others.
    pub made: &'d IndexMap<String, Made>,
}

/// The variables that tell two tags from each other: with another value of one of them, they differ.
pub(super) struct Apart {
    /// Each with the pattern of its default.
    variables: Vec<(String, String)>,
    /// The defaults themselves.
    texts: Vec<String>,
}

/// What tells a name from one that is the same by default; nothing if they are the same with all values, or no condition
/// says with which.
pub(super) fn apart(name: &Name, other: &Name, defaults: Defaults) -> Option<Apart> {
    let patterns = [name.pattern(), other.pattern()];
    let all = patterns.iter().flat_map(|pattern| places(pattern));
    let all: IndexSet<&str> = all.filter_map(variable_of).collect();
    let all = all.into_iter();
    let names: Vec<&str> = all.filter(|one| defaults.differ(one, &patterns)).collect();
    let variables = names.iter().map(|one| {
        let pattern = defaults.pattern(one)?;
        Some(((*one).to_owned(), pattern))
    });
    let texts = names.iter().filter_map(|one| defaults.texts.get(*one));
    let is_few = !names.is_empty() && names.len() <= MOST;
    let found = Apart {
        variables: variables.collect::<Option<_>>()?,
        texts: texts.cloned().collect(),
    };
    let is_possible = found.names(name).next().is_some();
    (is_few && is_possible).then_some(found)
}

impl Defaults<'_> {
    /// Whether two patterns make different texts with another value of a variable.
    fn differ(&self, name: &str, patterns: &[String; 2]) -> bool {
        let Some(own) = self.texts.get(name) else {
            return false;
        };
        let value = match own.as_str() {
            "true" => String::from("false"),
            "false" => String::from("true"),
            _ => base(own),
        };
        let mut values = self.texts.clone();
        values.insert(name.to_owned(), value);
        for (other, made) in self.made.iter().filter(|(other, _)| *other != name) {
            let text = filled(made.pattern(&values), |name| {
                values.get(name).map(String::as_str)
            });
            values.extend(text.map(|text| (other.clone(), text)));
        }
        let texts = patterns.each_ref().map(|one| {
            let text = filled(one, |name| values.get(name).map(String::as_str))?;
            let reference = text.parse().ok();
            Some(reference.map_or(text, |one: Reference| one.to_string()))
        });
        texts[0] != texts[1]
    }

    /// The pattern of a default, as a condition can have it.
    fn pattern(&self, name: &str) -> Option<String> {
        let text = self.texts.get(name)?;
        match self.made.get(name) {
            Some(made) => {
                let source = places(&made.default).next().and_then(variable_of)?;
                let is_whole = made.default == variable(source) && made.others.is_empty();
                is_whole.then(|| made.default.clone())
            }
            None => {
                let is_pattern = text.contains('*') || text.starts_with(['!', '<', '>']);
                (!is_pattern).then(|| literal(text))
            }
        }
    }
}

impl Apart {
    /// A name with the conditions under which it is not the other one.
    pub fn names<'n>(&self, name: &'n Name) -> impl Iterator<Item = Name> + use<'n, '_> {
        let all = self.variables.iter().enumerate();
        all.filter_map(|(at, (variable, default))| {
            let differs = When::of_variable(variable, vec![format!("!{default}")]);
            let before = self.variables[..at].iter();
            let before =
                before.map(|(name, default)| When::of_variable(name, vec![default.clone()]));
            let mut parts = before.chain([differs]);
            let when = parts.try_fold(name.when.clone(), |all, part| all.and(&part))?;
            Some(Name {
                when,
                ..name.clone()
            })
        })
    }

    /// Notes with which values the tags of two targets are the same.
    pub fn note(&self, [owner, other]: [&String; 2], name: &Name, notes: &mut Notes) {
        let values = self.variables.iter().zip(&self.texts);
        let values = values.map(|((name, _), text)| match text.is_empty() {
            true => format!("`{name}` is empty"),
            false => format!("`{name}` is `{text}`"),
        });
        let values = values.collect::<Vec<_>>().join(" and ");
        let message = format!(
            "where {values}, the targets `{owner}` and `{other}` have the tag `{}`: then it belongs to `{owner}` only",
            name.full()
        );
        let help = "a condition says so; give one of them another tag if both images are needed with this value";
        notes.note("import::same-tags", message, help, name.span);
    }
}
