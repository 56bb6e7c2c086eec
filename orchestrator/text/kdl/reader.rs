//! Reading the parts of a node: every argument, property and child is read by name or position; the rest
//! is reported.

mod lists;
mod names;
mod nodes;
mod unread;

pub use names::{DUPLICATE, duplicate, twice, unknown_property};
pub use nodes::{known_nodes, known_nodes_or};

use super::{Entry, Node, Value};
use crate::text::{Diagnostic, Diagnostics, Shown, Span, Spanned, suggest};

/// Reads one node. Its methods check what they read, and [`Reader::done`] reports what is left.
///
/// A property may be a list: `on="schedule" "release"`. The arguments after such a property belong to it.
pub struct Reader<'n, 'd> {
    node: &'n Node,
    out: &'d mut Diagnostics,
    taken: Vec<bool>,
    /// The property names that were read: suggestions for an unknown one.
    known: Vec<&'static str>,
    /// The words that were read as flags.
    flags: Vec<&'static str>,
    children_allowed: bool,
    /// What to do about a further argument, if the node takes one and authors may write several.
    one_each: Option<&'static str>,
}

impl<'n, 'd> Reader<'n, 'd> {
    /// Starts on a node.
    pub fn new(node: &'n Node, out: &'d mut Diagnostics) -> Self {
        let taken = vec![false; node.entries.len()];
        Self {
            node,
            out,
            taken,
            known: Vec::new(),
            flags: Vec::new(),
            children_allowed: false,
            one_each: None,
        }
    }

    /// The help for a further argument: how to write several such nodes.
    pub fn one_each(&mut self, example: &'static str) {
        self.one_each = Some(example);
    }

    /// Where diagnostics about the node go.
    pub fn out(&mut self) -> &mut Diagnostics {
        self.out
    }

    fn what(&self) -> String {
        format!("`{}`", self.node.name.value)
    }

    /// Reports something that is required but missing; `example` shows how to write the node.
    pub fn missing(&mut self, what: &str, example: &str) {
        if !self.node.faulty {
            let message = format!("{} needs {what}", self.what());
            self.out.push(
                Diagnostic::error("manifest::missing", message)
                    .at(self.node.name.span, "missing here")
                    .help(format!("write `{example}`")),
            );
        }
    }

    /// A word that switches something on: `value "trixie" default`, or `default=#true`. Read flags before
    /// arguments and lists, which would include the word. The first argument is never a flag.
    pub fn flag(&mut self, word: &'static str) -> Option<Span> {
        self.flags.push(word);
        let plain = |entry: &Entry| {
            entry.name.is_none() && entry.value.value == Value::Text(word.to_owned())
        };
        let first = self
            .node
            .entries
            .iter()
            .position(|entry| entry.name.is_none());
        let at = (0..self.node.entries.len())
            .find(|at| Some(*at) != first && !self.taken[*at] && plain(&self.node.entries[*at]));
        if let Some(at) = at {
            self.taken[at] = true;
            return Some(self.node.entries[at].span);
        }
        let entry = self.property(word)?;
        match entry.value.value {
            Value::Bool(true) => Some(entry.span),
            Value::Bool(false) => None,
            _ => {
                self.wrong_type(
                    &entry.value,
                    "`#true` or `#false`",
                    format!("the word alone is enough: `{word}`"),
                );
                None
            }
        }
    }

    /// The property with this name. A second one is reported.
    fn property(&mut self, name: &'static str) -> Option<&'n Entry> {
        self.known.push(name);
        let mut found: Option<&'n Entry> = None;
        for (at, entry) in self.node.entries.iter().enumerate() {
            let Some(key) = entry.name.as_ref().filter(|key| key.value == name) else {
                continue;
            };
            self.taken[at] = true;
            match found.and_then(|first| first.name.as_ref()) {
                Some(first) => self.out.push(duplicate(
                    &format!("`{name}` is given twice"),
                    first.span,
                    key.span,
                )),
                None => found = Some(entry),
            }
        }
        found
    }

    /// The next argument as text, which is required. `what` names it; `example` shows how to write the node.
    pub fn arg(&mut self, what: &str, example: &str) -> Option<Spanned<String>> {
        let found = self.maybe_arg();
        if found.is_none() && !self.has_bad_arg() {
            self.missing(what, example);
        }
        found
    }

    fn has_bad_arg(&self) -> bool {
        self.node
            .entries
            .iter()
            .zip(&self.taken)
            .any(|(entry, taken)| {
                entry.name.is_none() && *taken && !matches!(entry.value.value, Value::Text(_))
            })
    }

    /// The next argument as text, if there is one.
    pub fn maybe_arg(&mut self) -> Option<Spanned<String>> {
        let at = (0..self.taken.len())
            .find(|at| !self.taken[*at] && self.node.entries[*at].name.is_none())?;
        self.taken[at] = true;
        self.text(&self.node.entries[at].value)
    }

    /// The next argument as text. A number is reported, and its text is used as the name.
    pub fn name(&mut self, example: &str) -> Option<Spanned<String>> {
        let entry = self
            .node
            .entries
            .iter()
            .zip(&self.taken)
            .find(|(entry, taken)| entry.name.is_none() && !**taken)
            .map(|(entry, _)| entry);
        let found = self.arg("a name", example);
        match entry.map(|entry| &entry.value) {
            Some(Spanned {
                value: Value::Number(written),
                span,
            }) => Some(Spanned::new(written.clone(), *span)),
            _ => found,
        }
    }

    /// All remaining arguments as text.
    pub fn args(&mut self) -> Vec<Spanned<String>> {
        let mut all = Vec::new();
        while self
            .taken
            .iter()
            .zip(&self.node.entries)
            .any(|(taken, entry)| !taken && entry.name.is_none())
        {
            all.extend(self.maybe_arg());
        }
        all
    }

    /// All remaining arguments as text. Numbers are allowed and keep their spelling.
    pub fn numerals(&mut self) -> Vec<Spanned<String>> {
        let mut all = Vec::new();
        for (at, entry) in self.node.entries.iter().enumerate() {
            if entry.name.is_none() && !std::mem::replace(&mut self.taken[at], true) {
                all.extend(self.numeral_of(&entry.value));
            }
        }
        all
    }

    /// A property as text, if it exists. A number is allowed and keeps its spelling.
    pub fn numeral(&mut self, name: &'static str) -> Option<Spanned<String>> {
        let entry = self.property(name)?;
        self.numeral_of(&entry.value)
    }

    fn numeral_of(&mut self, value: &Spanned<Value>) -> Option<Spanned<String>> {
        match &value.value {
            Value::Number(written) => Some(Spanned::new(written.clone(), value.span)),
            _ => self.text(value),
        }
    }

    /// A property as text, if it exists.
    pub fn prop(&mut self, name: &'static str) -> Option<Spanned<String>> {
        let entry = self.property(name)?;
        self.text(&entry.value)
    }

    /// A required property as text. Read it after all optional properties, so that a misspelt name is recognised.
    pub fn required(&mut self, name: &'static str, example: &str) -> Option<Spanned<String>> {
        match self.property(name) {
            Some(entry) => self.text(&entry.value),
            None => match self.misspelt(name) {
                Some(entry) => self.text(&entry.value),
                None => {
                    self.missing(&format!("`{name}`"), example);
                    None
                }
            },
        }
    }

    /// A property whose name is a misspelling of this one, or the only one that is still unread. It is
    /// reported as unknown, and then used instead of the missing one.
    fn misspelt(&mut self, name: &'static str) -> Option<&'n Entry> {
        let similar = |entry: &Entry| {
            entry
                .name
                .as_ref()
                .is_some_and(|key| suggest(&key.value, [name]).is_some())
        };
        let left: Vec<usize> = (0..self.taken.len())
            .filter(|at| !self.taken[*at] && self.node.entries[*at].name.is_some())
            .collect();
        let near = left
            .iter()
            .copied()
            .find(|at| similar(&self.node.entries[*at]));
        let at = near.or(left
            .first()
            .copied()
            .filter(|_| left.len() == 1 && !self.has_cause(left[0])))?;
        self.taken[at] = true;
        let entry = &self.node.entries[at];
        if let Some(key) = &entry.name {
            self.out
                .push(unknown_property(key, &self.node.name.value, &[name]));
        }
        Some(entry)
    }

    /// Whether something else explains that a required property was not found: a word of the node that cannot be read, or
    /// that this one is a misspelling of another property.
    fn has_cause(&self, at: usize) -> bool {
        let name = self.node.entries[at].name.as_ref();
        let other = name.and_then(|name| suggest(&name.value, self.optional()));
        self.node.faulty || other.is_some()
    }

    /// The names of the properties that were read, without the required one that is read now.
    fn optional(&self) -> impl Iterator<Item = &'static str> {
        let end = self.known.len().saturating_sub(1);
        self.known[..end].iter().copied()
    }

    /// A property with its type, if it exists.
    pub fn raw(&mut self, name: &'static str) -> Option<&'n Spanned<Value>> {
        self.property(name).map(|entry| &entry.value)
    }

    /// A property whose value is one of the given words.
    pub fn word<T: Copy>(&mut self, name: &'static str, words: &[(&'static str, T)]) -> Option<T> {
        let found = self.prop(name)?;
        self.one_of(&found, &format!("value of `{name}`"), words)
    }

    /// The meaning of a word. An unknown word is reported.
    pub fn one_of<T: Copy>(
        &mut self,
        found: &Spanned<String>,
        what: &str,
        words: &[(&'static str, T)],
    ) -> Option<T> {
        let meaning = words
            .iter()
            .find(|(word, _)| *word == found.value)
            .map(|(_, meaning)| *meaning);
        if meaning.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let fault = Diagnostic::error(
                "manifest::unknown-word",
                format!("unknown {what}: `{}`", found.value.shown()),
            );
            let fault = fault.at(found.span, "not a known word");
            self.out.push(names::one_of(fault, found, &known));
        }
        meaning
    }

    fn text(&mut self, value: &Spanned<Value>) -> Option<Spanned<String>> {
        let help = match &value.value {
            Value::Text(text) => return Some(Spanned::new(text.clone(), value.span)),
            Value::Number(written) => format!("write it in quotes: `\"{written}\"`"),
            Value::Bool(truth) => format!("write it in quotes: `\"{truth}\"`"),
            Value::Null => String::from("write text in quotes"),
        };
        self.wrong_type(value, "text", help);
        None
    }

    /// Reports a value of the wrong type.
    pub fn wrong_type(&mut self, value: &Spanned<Value>, expected: &str, help: String) {
        let message = format!(
            "{} takes {expected} here, not {}",
            self.what(),
            value.kind()
        );
        self.out.push(
            Diagnostic::error("manifest::type", message)
                .at(value.span, format!("this is {}", value.kind()))
                .help(help),
        );
    }
}
