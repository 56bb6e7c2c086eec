//! The options of a `check` node: each is read once, and those that do not apply to its kind are reported.

use super::expect::{self, Expect};
use super::units;
use crate::text::kdl::{Node, Reader, Value, twice};
use crate::text::{Diagnostic, Diagnostics, Shown, Span, Spanned, did_you_mean};
use std::time::Duration;

/// Properties with one value.
const TEXTS: [&str; 15] = [
    "run",
    "file",
    "env",
    "label",
    "user",
    "size",
    "structure",
    "port",
    "exit",
    "mode",
    "owner",
    "value",
    "workdir",
    "within",
    "memory",
];
/// Properties with a list of values.
const LISTS: [&str; 4] = ["argv", "contains", "lacks", "matches"];
/// Words that switch something on.
const FLAGS: [&str; 2] = ["absent", "network"];

/// When the options are read.
#[derive(Clone, Copy)]
pub(super) enum Phase<'a> {
    /// As declared: the value of a text with placeholders is not known yet.
    Written,
    /// With all placeholders filled in; these are the places that had placeholders.
    Filled(&'a [Span]),
}

/// What one node gives.
#[derive(Debug, Clone, Default)]
pub(super) struct Given {
    texts: Vec<(&'static str, Spanned<String>)>,
    lists: Vec<(&'static str, Vec<Spanned<String>>)>,
    flags: Vec<(&'static str, Span)>,
    /// `serve`, `circleci-primary`.
    pub words: Vec<Spanned<String>>,
    env: Vec<(Spanned<String>, Spanned<String>)>,
    /// Whether a property has no value. It is reported.
    pub is_cut: bool,
}

/// The options of one node that its kind has not read yet.
pub(super) struct Options<'a> {
    pub span: Span,
    phase: Phase<'a>,
    pub given: Given,
    pub out: &'a mut Diagnostics,
}

impl Given {
    /// Reads a node; what no check takes is reported.
    pub fn read(node: &Node, out: &mut Diagnostics) -> Self {
        let mut reader = Reader::new(node, out);
        // Lists come first: the words after them belong to them.
        let lists = LISTS
            .into_iter()
            .map(|name| (name, reader.list(name)))
            .filter(|(_, list)| !list.is_empty())
            .collect();
        let mut flags: Vec<(&'static str, Span)> = FLAGS
            .into_iter()
            .filter_map(|name| Some((name, switch(&mut reader, name)?)))
            .collect();
        let texts = TEXTS
            .into_iter()
            .filter_map(|name| Some((name, text(&mut reader, name)?)))
            .collect();
        let is_cut = reader.bare_properties(&FLAGS);
        let mut words = reader.args();
        words.retain(
            |word| match FLAGS.iter().find(|flag| **flag == word.value) {
                Some(flag) => {
                    flags.push((flag, word.span));
                    false
                }
                None => true,
            },
        );
        let children = reader.children(&["env"]);
        reader.done();
        let mut env: Vec<(Spanned<String>, Spanned<String>)> = Vec::new();
        for child in children {
            let mut reader = Reader::new(child, out);
            let pairs = reader.pairs();
            if pairs.is_empty() && !reader.has_bad_pair() {
                reader.missing("a name and a value", "env PGUSER=\"postgres\"");
            }
            reader.done();
            for (name, value) in pairs {
                match env.iter().find(|(known, _)| *known == name) {
                    Some((first, _)) => out.push(twice(&name, first.span)),
                    None => env.push((name, value)),
                }
            }
        }
        Self {
            texts,
            lists,
            flags,
            words,
            env,
            is_cut,
        }
    }

    /// Every text, to fill in placeholders.
    pub fn texts_mut(&mut self) -> impl Iterator<Item = &mut Spanned<String>> {
        let texts = self.texts.iter_mut().map(|(_, text)| text);
        let lists = self.lists.iter_mut().flat_map(|(_, list)| list);
        let env = self.env.iter_mut().map(|(_, value)| value);
        texts.chain(lists).chain(&mut self.words).chain(env)
    }
}

impl<'a> Options<'a> {
    pub fn new(span: Span, given: Given, phase: Phase<'a>, out: &'a mut Diagnostics) -> Self {
        Self {
            span,
            phase,
            given,
            out,
        }
    }

    /// Whether there is an option with this name that was not read yet.
    pub fn has(&self, name: &str) -> bool {
        self.given.texts.iter().any(|(n, _)| *n == name)
            || self.given.lists.iter().any(|(n, _)| *n == name)
    }

    pub fn text(&mut self, name: &'static str) -> Option<Spanned<String>> {
        let at = self.given.texts.iter().position(|(n, _)| *n == name)?;
        Some(self.given.texts.remove(at).1)
    }

    pub fn list(&mut self, name: &'static str) -> Vec<Spanned<String>> {
        let at = self.given.lists.iter().position(|(n, _)| *n == name);
        at.map(|at| self.given.lists.remove(at).1)
            .unwrap_or_default()
    }

    pub fn flag(&mut self, name: &'static str) -> Option<Span> {
        let at = self.given.flags.iter().position(|(n, _)| *n == name)?;
        Some(self.given.flags.remove(at).1)
    }

    /// The variables of `env` nodes.
    pub fn env(&mut self) -> Vec<(String, String)> {
        let env = std::mem::take(&mut self.given.env);
        for (name, _) in &env {
            if !variable(&name.value) {
                self.fault(
                    name.span,
                    format!("`{}` cannot be the name of a variable", name.value.shown()),
                    "use letters, digits and `_`, no digit first",
                );
            }
        }
        env.into_iter()
            .map(|(name, value)| (name.value, value.value))
            .collect()
    }

    /// The parsed value of an option. `None` if it is not set, is wrong (and reported), or still has placeholders.
    pub fn parsed<T>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
        example: &str,
    ) -> Option<T> {
        let text = self.text(name)?;
        self.parse(&text, parse, example)
    }

    /// The same for a text that was read already.
    pub fn parse<T>(
        &mut self,
        text: &Spanned<String>,
        parse: impl Fn(&str) -> Result<T, String>,
        example: &str,
    ) -> Option<T> {
        if matches!(self.phase, Phase::Written) && text.value.contains('{') {
            return None;
        }
        match parse(&text.value) {
            Ok(value) => Some(value),
            Err(why) => {
                self.fault(text.span, why, format!("write `{example}`"));
                None
            }
        }
    }

    pub fn within(&mut self, default: Duration) -> Duration {
        self.parsed("within", units::duration, "within=\"30s\"")
            .unwrap_or(default)
    }

    pub fn memory(&mut self, default: u64) -> u64 {
        /// Engines refuse lower limits.
        const LEAST: u64 = 6 << 20;
        let parse = |text: &str| match units::size(text)? {
            bytes if bytes < LEAST => Err("the memory limit must be at least 6 MiB".to_owned()),
            bytes => Ok(bytes.min(i64::MAX as u64)),
        };
        self.parsed("memory", parse, "memory=\"2GiB\"")
            .unwrap_or(default)
    }

    /// `contains`, `lacks`, `matches`
    pub fn expect(&mut self) -> Expect {
        let matches = self.some("matches", "true of any text");
        for pattern in &matches {
            self.regex(pattern);
        }
        let plain = |list: Vec<Spanned<String>>| list.into_iter().map(|text| text.value).collect();
        Expect {
            contains: plain(self.some("contains", "true of any text")),
            lacks: plain(self.some("lacks", "true of no text")),
            matches: plain(matches),
            rejects: Vec::new(),
            by_line: true,
        }
    }

    /// A list of texts; an empty one is reported, since what is checked of it is always the same.
    fn some(&mut self, name: &'static str, always: &str) -> Vec<Spanned<String>> {
        let list = self.list(name);
        let is_new = |at: Span| match self.phase {
            Phase::Written => true,
            Phase::Filled(places) => places.contains(&at),
        };
        let empty = list.iter().find(|text| text.value.is_empty());
        if let Some(empty) = empty.filter(|empty| is_new(empty.span)) {
            let message = format!("`{name}=\"\"` is {always}");
            self.fault(
                empty.span,
                message,
                format!("write what to look for, or remove `{name}`"),
            );
        }
        list
    }

    /// Compiling is slow, so each pattern is compiled once: as declared, or after its placeholders are filled in.
    fn regex(&mut self, pattern: &Spanned<String>) {
        let ready = match self.phase {
            Phase::Written => !pattern.value.contains('{'),
            Phase::Filled(places) => places.contains(&pattern.span),
        };
        if let (true, Err(why)) = (ready, expect::compile(&pattern.value, true)) {
            self.fault(
                pattern.span,
                format!("`matches` is not a regular expression: {why}"),
                "`#\"…\"#` around a pattern keeps its backslashes",
            );
        }
    }

    /// An absolute path in the image.
    pub fn path(&mut self, text: &Spanned<String>) -> Option<String> {
        let parse = |path: &str| match path {
            p if !p.starts_with('/') => Err(format!("`{p}` is not an absolute path")),
            p if p.chars().any(char::is_control) => {
                Err("the path contains a control character".to_owned())
            }
            p => Ok(p.to_owned()),
        };
        self.parse(text, parse, "/usr/bin/git")
    }

    pub fn fault(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.out.push(
            Diagnostic::error("manifest::check", message)
                .at(span, "here")
                .help(help),
        );
    }

    /// Reports everything that was not read.
    pub fn done(mut self, kind: &str, known: &[&'static str]) {
        let lists = std::mem::take(&mut self.given.lists)
            .into_iter()
            .filter_map(|(name, list)| Some((name, list.first()?.span)));
        let texts = std::mem::take(&mut self.given.texts)
            .into_iter()
            .map(|(name, text)| (name, text.span));
        let env = std::mem::take(&mut self.given.env)
            .into_iter()
            .map(|(name, _)| ("env", name.span))
            .take(1);
        let flags = std::mem::take(&mut self.given.flags);
        let left: Vec<(&str, Span)> = texts.chain(lists).chain(flags).chain(env).collect();
        for (name, span) in left {
            let list = known
                .iter()
                .map(|word| format!("`{word}`"))
                .collect::<Vec<_>>()
                .join(", ");
            let help = if known.is_empty() {
                format!("{kind} takes no other properties")
            } else {
                format!("{kind} takes {list}")
            };
            self.fault(span, format!("`{name}` does not apply to {kind}"), help);
        }
        for word in std::mem::take(&mut self.given.words) {
            let near = did_you_mean(
                &word.value,
                ["serve", "circleci-primary", "absent", "network"],
            );
            let help = near.unwrap_or_else(|| {
                "known words: `serve`, `circleci-primary`, `absent`, `network`".into()
            });
            self.fault(
                word.span,
                format!("`{}` is not a known word in a check", word.value.shown()),
                help,
            );
        }
    }
}

/// Text, or a number with its spelling: `port=5432`, `mode=0755`.
fn text(reader: &mut Reader, name: &'static str) -> Option<Spanned<String>> {
    let value = reader.raw(name)?;
    match &value.value {
        Value::Text(text) | Value::Number(text) => Some(Spanned::new(text.clone(), value.span)),
        Value::Bool(_) | Value::Null => {
            reader.wrong_type(value, "text", "write text in quotes".into());
            None
        }
    }
}

/// `network=#true`; `#false` is the same as no property.
fn switch(reader: &mut Reader, name: &'static str) -> Option<Span> {
    let value = reader.raw(name)?;
    match &value.value {
        Value::Bool(true) => Some(value.span),
        Value::Bool(false) => None,
        _ => {
            reader.wrong_type(
                value,
                "`#true` or `#false`",
                format!("the word alone is enough: `{name}`"),
            );
            None
        }
    }
}

fn variable(name: &str) -> bool {
    !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
}
