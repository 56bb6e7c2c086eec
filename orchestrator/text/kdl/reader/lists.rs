//! Properties with several values, and those whose names the author chooses.

use super::unread::bare_word;
use super::{Reader, duplicate};
use crate::text::kdl::Value;
use crate::text::{Diagnostic, Shown, Spanned};

impl Reader<'_, '_> {
    /// Reports names of properties that are written as words: `publish "q.io/x" on "release"`. With each goes the word after it. Read
    /// the properties before, and the words after it. `flags` are words that properties are called like. Whether there is one.
    pub fn bare_properties(&mut self, flags: &[&str]) -> bool {
        let mut found = false;
        for at in 0..self.node.entries.len() {
            let entry = &self.node.entries[at];
            let Some(name) = bare_word(entry).filter(|_| !self.taken[at]) else {
                continue;
            };
            if !self.known.contains(&name) || flags.contains(&name) {
                continue;
            }
            (found, self.taken[at]) = (true, true);
            let value = self.node.entries.get(at + 1);
            let value = value.filter(|next| next.name.is_none() && !self.taken[at + 1]);
            let written = match value.map(|next| &next.value.value) {
                Some(Value::Text(text)) => text.shown().to_string(),
                _ => String::from("…"),
            };
            if value.is_some() {
                self.taken[at + 1] = true;
            }
            let message = format!("`{name}` has no value");
            self.out.push(
                Diagnostic::error("manifest::missing", message)
                    .at(entry.span, "a `=` is missing behind this")
                    .help(format!("write `{name}=\"{written}\"`")),
            );
        }
        found
    }

    /// A property and the arguments after it, as text. Empty if it is `#false`; `None` if it does not exist.
    pub fn list_or_off(&mut self, name: &'static str) -> Option<Vec<Spanned<String>>> {
        let entry = self
            .node
            .entries
            .iter()
            .find(|entry| entry.name.as_ref().is_some_and(|key| key.value == name));
        match entry.map(|entry| &entry.value.value) {
            None => {
                self.known.push(name);
                None
            }
            Some(Value::Bool(false)) => {
                self.property(name);
                Some(Vec::new())
            }
            Some(_) => Some(self.list(name)),
        }
    }

    /// A property and the arguments after it, as text.
    pub fn list(&mut self, name: &'static str) -> Vec<Spanned<String>> {
        let Some(first) = self.property(name) else {
            return Vec::new();
        };
        let start = self
            .node
            .entries
            .iter()
            .position(|entry| std::ptr::eq(entry, first))
            .unwrap_or(0);
        self.group(start)
    }

    /// The property at `start` and the arguments up to the next property.
    fn group(&mut self, start: usize) -> Vec<Spanned<String>> {
        let node = self.node;
        let following = node.entries[start + 1..]
            .iter()
            .take_while(|entry| entry.name.is_none())
            .count();
        let mut all = Vec::new();
        for at in start..=start + following {
            if at == start || !std::mem::replace(&mut self.taken[at], true) {
                all.extend(self.text(&node.entries[at].value));
            }
        }
        all
    }

    /// All properties that are still unread, each with the arguments after it: for names that the author chooses.
    pub fn lists(&mut self) -> Vec<(Spanned<String>, Vec<Spanned<String>>)> {
        let mut all: Vec<(Spanned<String>, Vec<Spanned<String>>)> = Vec::new();
        for (at, entry) in self.node.entries.iter().enumerate() {
            let Some(name) = entry.name.clone().filter(|_| !self.taken[at]) else {
                continue;
            };
            self.taken[at] = true;
            let values = self.group(at);
            match all.iter().find(|(other, _)| *other == name) {
                Some((first, _)) => {
                    let help = format!(
                        "list several values one after another: `{}=\"a\" \"b\"`",
                        name.value
                    );
                    self.out.push(
                        duplicate(
                            &format!("`{}` is given twice", name.value),
                            first.span,
                            name.span,
                        )
                        .help(help),
                    );
                }
                None => all.push((name, values)),
            }
        }
        all
    }

    /// All properties that are still unread, each with one value: for names that the author chooses.
    pub fn pairs(&mut self) -> Vec<(Spanned<String>, Spanned<String>)> {
        let mut all: Vec<(Spanned<String>, Spanned<String>)> = Vec::new();
        for (at, entry) in self.node.entries.iter().enumerate() {
            let Some(name) = entry.name.clone().filter(|_| !self.taken[at]) else {
                continue;
            };
            self.taken[at] = true;
            let Some(value) = self.text(&entry.value) else {
                continue;
            };
            match all.iter().find(|(other, _)| *other == name) {
                Some((first, _)) => self.out.push(duplicate(
                    &format!("`{}` is given twice", name.value),
                    first.span,
                    name.span,
                )),
                None => all.push((name, value)),
            }
        }
        all
    }

    /// Whether a property was read whose value is not text, which is reported.
    pub fn has_bad_pair(&self) -> bool {
        let entries = self.node.entries.iter().zip(&self.taken);
        let mut named = entries.filter(|(entry, taken)| **taken && entry.name.is_some());
        named.any(|(entry, _)| !matches!(entry.value.value, Value::Text(_)))
    }
}
