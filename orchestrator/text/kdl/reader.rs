//! Reading the parts of a node: every argument, property and child is read by name or position; the rest
//! is reported.

use super::{Entry, Node, Value};
use crate::text::{Diagnostic, Diagnostics, Shown, Span, Spanned, did_you_mean, suggest};

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
            let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let fault = Diagnostic::error(
                "manifest::unknown-word",
                format!("unknown {what}: `{}`", found.value.shown()),
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

    /// The children with known names; others are reported. A misspelt one is also returned.
    pub fn children(&mut self, known: &[&'static str]) -> Vec<&'n Node> {
        self.kinds(known)
            .into_iter()
            .map(|(_, node)| node)
            .collect()
    }

    /// The same, each with its correct name.
    pub fn kinds(&mut self, known: &[&'static str]) -> Vec<(&'static str, &'n Node)> {
        self.kinds_or(known, |_| None)
    }

    /// The same. `elsewhere` is the help for a node that belongs in another place.
    pub fn kinds_or(
        &mut self,
        known: &[&'static str],
        elsewhere: impl Fn(&str) -> Option<String>,
    ) -> Vec<(&'static str, &'n Node)> {
        self.children_allowed = true;
        let what = self.what();
        let children = self.node.children.as_deref().unwrap_or_default();
        nodes(children, &what, known, elsewhere, self.out)
    }

    /// Reports everything that is still unread.
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
        for (at, entry) in node
            .entries
            .iter()
            .enumerate()
            .filter(|(at, _)| !taken[*at])
        {
            if node.entries[..=at].iter().any(|one| is_end(one, out)) {
                break;
            }
            if let (Some(word), true) = (
                bare_word(entry).filter(|word| suggest(word, flags.iter().copied()).is_none()),
                at + 1 < node.entries.len(),
            ) {
                out.push(missing_end(what, word, entry));
                // What follows belongs to the next node.
                break;
            }
            out.push(match &entry.name {
                Some(name) => unknown_property(name, what, &known),
                None => Diagnostic::error(
                    "manifest::unknown-argument",
                    format!("`{what}` takes no further arguments"),
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
                Diagnostic::error("manifest::unknown-node", format!("`{what}` takes no block"))
                    .at(
                        span,
                        if children.is_empty() {
                            "it has an empty block"
                        } else {
                            "not expected here"
                        },
                    )
                    .help("remove the block, or move its nodes to another place"),
            );
        }
    }
}

/// An argument that is a word without quotes, such as the name of a node.
fn bare_word(entry: &Entry) -> Option<&str> {
    let Value::Text(text) = &entry.value.value else {
        return None;
    };
    let length = (entry.value.span.end - entry.value.span.start) as usize;
    let is_word = text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    (entry.name.is_none() && is_word && length == text.len()).then_some(text)
}

/// Whether the node was already found to end before this word.
fn is_end(word: &Entry, out: &Diagnostics) -> bool {
    let mut found = out.iter().filter(|fault| fault.code == MISSING_END);
    found.any(|fault| fault.labels.first().map(|label| label.span) == Some(word.value.span))
}

const MISSING_END: &str = "manifest::missing-end";

/// For the name of a node that stands behind another node in the same line.
fn missing_end(what: &str, word: &str, entry: &Entry) -> Diagnostic {
    let message = format!("`{what}` ends here: a `;` or a line break is missing before `{word}`");
    Diagnostic::error(MISSING_END, message)
        .at(entry.value.span, "write `;` before this")
        .help(format!(
            "`;` or a line break ends a node: `{what} …; {word} …`"
        ))
}

/// The name of a known node among the words of another node, as in `package "curl" run "make"`. KDL reads it as one more
/// word. It stands between words in quotes, since `package git file curl` names the package `file`, and a flag such as
/// `network` of a check may be called like a node.
fn run_on<'n>(node: &'n Node, known: &[&'static str]) -> Option<(&'n str, &'n Entry)> {
    let is_quoted = |entry: &Entry| entry.name.is_some() || bare_word(entry).is_none();
    node.entries.windows(3).find_map(|around| {
        let [before, entry, after] = around else {
            return None;
        };
        let word = bare_word(entry).filter(|word| known.contains(word))?;
        (is_quoted(before) && is_quoted(after) && after.name.is_none()).then_some((word, entry))
    })
}

/// The nodes with known names, each with its correct name; others are reported. `place` names what contains
/// them.
///
/// A misspelt node is reported and then read as the most similar known one, so that it is not also reported
/// as missing.
pub fn known_nodes<'n>(
    nodes: &'n [Node],
    place: &str,
    known: &[&'static str],
    out: &mut Diagnostics,
) -> Vec<(&'static str, &'n Node)> {
    self::nodes(nodes, place, known, |_| None, out)
}

fn nodes<'n>(
    nodes: &'n [Node],
    place: &str,
    known: &[&'static str],
    elsewhere: impl Fn(&str) -> Option<String>,
    out: &mut Diagnostics,
) -> Vec<(&'static str, &'n Node)> {
    let mut all = Vec::new();
    for node in nodes {
        let name = node.name.value.as_str();
        if let Some(found) = known.iter().find(|known| **known == name) {
            if let Some((word, entry)) = run_on(node, known) {
                out.push(missing_end(name, word, entry));
            }
            all.push((*found, node));
            continue;
        }
        if !node.faulty {
            out.push(
                Diagnostic::error(
                    "manifest::unknown-node",
                    format!("unknown node `{}` in {place}", name.shown()),
                )
                .at(node.name.span, "not a known node here")
                .help(hint(name, known))
                .maybe_help(elsewhere(name).or_else(|| without_colon(node, known))),
            );
        }
        let first = node.entries.first().map(|entry| &entry.value.value);
        if name.ends_with(':') && matches!(first, Some(Value::Number(_))) {
            // `tag: 1.0`: the help has the quotes, too.
            continue;
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

/// For a node that is written as in YAML: `tag: 1.0`.
fn without_colon(node: &Node, known: &[&'static str]) -> Option<String> {
    let name = node.name.value.strip_suffix(':')?;
    let name = known.iter().find(|known| **known == name)?;
    let first = node.entries.first().map(|entry| &entry.value.value);
    let value = match first {
        Some(Value::Text(text) | Value::Number(text)) => format!(" \"{}\"", text.quoted()),
        _ => String::new(),
    };
    Some(format!("write `{name}{value}`, without the colon"))
}

/// For something that is declared in two places.
pub fn duplicate(message: &str, first: Span, second: Span) -> Diagnostic {
    Diagnostic::error("manifest::duplicate", message)
        .at(second, "again here")
        .at(first, "first here")
        .help("remove one of them")
}

/// For a property that a node does not have.
pub fn unknown_property(name: &Spanned<String>, node: &str, known: &[&'static str]) -> Diagnostic {
    Diagnostic::error(
        "manifest::unknown-property",
        format!("unknown property `{}` on `{node}`", name.value.shown()),
    )
    .at(name.span, "not a known property")
    .help(hint(&name.value, known))
}

fn argument_hint(value: &Value, flags: &[&'static str]) -> String {
    let near = match value {
        Value::Text(text) => did_you_mean(text, flags.iter().copied()),
        _ => None,
    };
    near.unwrap_or_else(|| String::from("remove it; a property is written `name=\"value\"`"))
}

fn hint(got: &str, known: &[&'static str]) -> String {
    let list = || {
        known
            .iter()
            .map(|word| format!("`{word}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    match did_you_mean(got, known.iter().copied()) {
        Some(question) => question,
        None if known.is_empty() => String::from("it has no properties"),
        None => format!("expected one of {}", list()),
    }
}
