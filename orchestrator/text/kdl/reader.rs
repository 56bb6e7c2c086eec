//! Taking a node apart: every argument, property and child is taken by name, or reported.

use super::{Entry, Node, Value};
use crate::text::{Diagnostic, Diagnostics, Span, Spanned, suggest};

/// Reads one node. What is taken is checked; [`Reader::done`] reports what was not.
///
/// A property may be a list: `on="schedule" "release"`. The arguments behind such a property are its own.
pub struct Reader<'n, 'd> {
    node: &'n Node,
    out: &'d mut Diagnostics,
    taken: Vec<bool>,
    /// Property names that were asked for: what an unknown one may have meant.
    known: Vec<&'static str>,
    /// Words that were asked for as flags.
    flags: Vec<&'static str>,
    children_allowed: bool,
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
        }
    }

    /// Where findings about the node go.
    pub fn out(&mut self) -> &mut Diagnostics {
        self.out
    }

    fn what(&self) -> String {
        format!("`{}`", self.node.name.value)
    }

    /// Reports something that must be there; `example` shows the node as it should be.
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

    /// A word that switches something on: `value "trixie" default`, or `default=#true`. To be asked
    /// for before arguments and lists, which would take it. The first argument is never a flag.
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
                    format!("the word alone will do: `{word}`"),
                );
                None
            }
        }
    }

    /// All arguments and properties that nobody has taken, in the order they were written.
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

    /// The next argument as text, which must be there. `what` names it, `example` shows the node as it should be.
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

    /// The next argument as text, even where it was written as a number: that is reported, and it is taken at its word.
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

    /// All further arguments as text.
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

    /// All further arguments as text; numbers as they are written.
    pub fn numerals(&mut self) -> Vec<Spanned<String>> {
        let mut all = Vec::new();
        for (at, entry) in self.node.entries.iter().enumerate() {
            if entry.name.is_none() && !std::mem::replace(&mut self.taken[at], true) {
                all.extend(self.numeral_of(&entry.value));
            }
        }
        all
    }

    /// A property as text, if it is there; a number as it is written.
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

    /// A property and the arguments behind it, as text; nothing where it is `#false`; `None` where it is not there.
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

    /// A property as text, if it is there.
    pub fn prop(&mut self, name: &'static str) -> Option<Spanned<String>> {
        let entry = self.property(name)?;
        self.text(&entry.value)
    }

    /// A property as text, which must be there. To be asked for when all that may be there has been.
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

    /// A property whose name is a slip of the pen for this one, or the only one that nobody has taken:
    /// it is reported, and nothing is missing.
    fn misspelt(&mut self, name: &'static str) -> Option<&'n Entry> {
        let slip = |entry: &Entry| {
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
            .find(|at| slip(&self.node.entries[*at]));
        let at = near.or(left.first().copied().filter(|_| left.len() == 1))?;
        self.taken[at] = true;
        let entry = &self.node.entries[at];
        if let Some(key) = &entry.name {
            self.out
                .push(unknown_property(key, &self.node.name.value, &[name]));
        }
        Some(entry)
    }

    /// A property as it was written, if it is there.
    pub fn raw(&mut self, name: &'static str) -> Option<&'n Spanned<Value>> {
        self.property(name).map(|entry| &entry.value)
    }

    /// A property and the arguments behind it, as text.
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
        let behind = node.entries[start + 1..]
            .iter()
            .take_while(|entry| entry.name.is_none())
            .count();
        let mut all = Vec::new();
        for at in start..=start + behind {
            if at == start || !std::mem::replace(&mut self.taken[at], true) {
                all.extend(self.text(&node.entries[at].value));
            }
        }
        all
    }

    /// Every property that nobody has taken, each with the arguments behind it: names that the author chose.
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
                        "name several values behind each other: `{}=\"a\" \"b\"`",
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

    /// Every property that nobody has taken, each with one value: names that the author chose.
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

    /// A property whose value is one of some words.
    pub fn word<T: Copy>(&mut self, name: &'static str, words: &[(&'static str, T)]) -> Option<T> {
        let found = self.prop(name)?;
        self.one_of(&found, &format!("value of `{name}`"), words)
    }

    /// The meaning of a word, or a fault that lists the words.
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
            let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let fault = Diagnostic::error(
                "manifest::unknown-word",
                format!("unknown {what}: `{}`", found.value.escape_debug()),
            );
            self.out.push(
                fault
                    .at(found.span, "not a known word")
                    .help(hint(&found.value, &names)),
            );
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

    /// Reports a value of another type than it should have.
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

    /// The children with known names; others are reported. A misspelt one is among them, as what it most likely is.
    pub fn children(&mut self, known: &[&'static str]) -> Vec<&'n Node> {
        self.kinds(known)
            .into_iter()
            .map(|(_, node)| node)
            .collect()
    }

    /// The same, each with its name as it should be.
    pub fn kinds(&mut self, known: &[&'static str]) -> Vec<(&'static str, &'n Node)> {
        self.children_allowed = true;
        let what = self.what();
        let children = self.node.children.as_deref().unwrap_or_default();
        known_nodes(children, &what, known, self.out)
    }

    /// Reports everything that nobody has taken.
    pub fn done(self) {
        let Self {
            node,
            out,
            taken,
            known,
            flags,
            children_allowed,
        } = self;
        let what = &node.name.value;
        for (entry, _) in node.entries.iter().zip(taken).filter(|(_, taken)| !taken) {
            out.push(match &entry.name {
                Some(name) => unknown_property(name, what, &known),
                None => Diagnostic::error(
                    "manifest::unknown-argument",
                    format!("`{what}` takes no further argument"),
                )
                .at(entry.value.span, "one too many")
                .help(argument_hint(&entry.value, &flags)),
            });
        }
        if let (false, Some(children)) = (children_allowed, &node.children) {
            let span = children
                .first()
                .map_or(node.name.span, |child| child.name.span);
            out.push(
                Diagnostic::error(
                    "manifest::unknown-node",
                    format!("`{what}` has no children"),
                )
                .at(
                    span,
                    if children.is_empty() {
                        "this has an empty block"
                    } else {
                        "not expected here"
                    },
                )
                .help("remove the block, or move its nodes to where they belong"),
            );
        }
    }
}

/// The nodes with known names, each with that name; others are reported. `place` says what they are in.
///
/// A misspelt node is reported and still read as what it most likely is, so that nothing else seems to
/// be missing because of it.
pub fn known_nodes<'n>(
    nodes: &'n [Node],
    place: &str,
    known: &[&'static str],
    out: &mut Diagnostics,
) -> Vec<(&'static str, &'n Node)> {
    let mut all = Vec::new();
    for node in nodes {
        let name = node.name.value.as_str();
        if let Some(known) = known.iter().find(|known| **known == name) {
            all.push((*known, node));
            continue;
        }
        if !node.faulty {
            out.push(
                Diagnostic::error(
                    "manifest::unknown-node",
                    format!("unknown node `{}` in {place}", name.escape_debug()),
                )
                .at(node.name.span, "not a known node here")
                .help(hint(name, known)),
            );
        }
        let near = suggest(name, known.iter().copied());
        all.extend(
            known
                .iter()
                .find(|known| Some(**known) == near)
                .map(|known| (*known, node)),
        );
    }
    all
}

/// One thing in two places.
pub fn duplicate(message: &str, first: Span, second: Span) -> Diagnostic {
    Diagnostic::error("manifest::duplicate", message)
        .at(second, "again here")
        .at(first, "first here")
        .help("remove one of them")
}

/// A property that a node does not have.
pub fn unknown_property(name: &Spanned<String>, node: &str, known: &[&'static str]) -> Diagnostic {
    Diagnostic::error(
        "manifest::unknown-property",
        format!(
            "unknown property `{}` on `{node}`",
            name.value.escape_debug()
        ),
    )
    .at(name.span, "not a known property")
    .help(hint(&name.value, known))
}

fn argument_hint(value: &Value, flags: &[&'static str]) -> String {
    let near = match value {
        Value::Text(text) => suggest(text, flags.iter().copied()),
        _ => None,
    };
    near.map_or_else(
        || String::from("remove it; a property is written `name=\"value\"`"),
        |word| format!("did you mean `{word}`?"),
    )
}

fn hint(got: &str, known: &[&'static str]) -> String {
    let list = || {
        known
            .iter()
            .map(|word| format!("`{word}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    match suggest(got, known.iter().copied()) {
        Some(word) => format!("did you mean `{word}`?"),
        None if known.is_empty() => String::from("it has no properties"),
        None => format!("known here: {}", list()),
    }
}
