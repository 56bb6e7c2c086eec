//! Variables in words: `$X`, `${X}`, `${X:-d}`, `${X:+a}`, `${X:?m}`, each also without the colon,
//! and the trimming forms `${X#p}`, `${X##p}`, `${X%p}`, `${X%%p}`, `${X/p/r}`, `${X//p/r}`.
//!
//! Quotes and escapes are removed as builders do it: `'…'` is literal, `"…"` expands.

use super::form::{ExpandFault, malformed};

/// The value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expansion {
    Value(String),
    /// Not set, or not known.
    Unset,
    /// Left as written.
    Keep,
}

/// Expands a word.
///
/// # Errors
/// If a variable has no value, a quote or brace is not closed, or no builder knows the form.
pub(super) fn expand(
    word: &str,
    escape: char,
    lookup: &dyn Fn(&str) -> Expansion,
) -> Result<String, ExpandFault> {
    let mut reader = Reader::new(word, escape, lookup);
    let text = reader.until(None)?;
    reader
        .missing
        .map_or(Ok(text), |name| Err(ExpandFault::Unset(name)))
}

/// The operators of the variables in a word, such as `#` of `${X#p}`.
pub(super) fn forms(word: &str, escape: char) -> Vec<String> {
    let mut reader = Reader::new(word, escape, &|_| Expansion::Unset);
    // What a word that cannot be read has up to there does not matter: it is a fault.
    let _ = reader.until(None);
    reader.forms
}

struct Reader<'a> {
    chars: Vec<char>,
    at: usize,
    depth: usize,
    /// The first variable that has no value but needs one.
    missing: Option<String>,
    /// The operators so far.
    forms: Vec<String>,
    escape: char,
    lookup: &'a dyn Fn(&str) -> Expansion,
}

/// The deepest nesting: deeper than people write, and far from a stack overflow.
const DEEPEST: usize = 32;

/// The longest result: longer than any name. Without a limit, a few lines of `ARG` can double a value into gigabytes.
const LONGEST: usize = 16 * 1024;

impl<'a> Reader<'a> {
    fn new(word: &str, escape: char, lookup: &'a dyn Fn(&str) -> Expansion) -> Self {
        Self {
            chars: word.chars().collect(),
            at: 0,
            depth: 0,
            missing: None,
            forms: Vec::new(),
            escape,
            lookup,
        }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let ch = self.peek()?;
        self.at += 1;
        Some(ch)
    }

    /// Reads up to and including an end mark, or to the end of the word.
    fn until(&mut self, end: Option<char>) -> Result<String, ExpandFault> {
        let mut text = String::new();
        while let Some(ch) = self.next() {
            match ch {
                _ if Some(ch) == end => return Ok(text),
                '\'' => self.single(&mut text)?,
                '"' => self.double(&mut text)?,
                '$' => text.push_str(&self.dollar()?),
                _ if ch == self.escape => text.extend(self.next()),
                _ => text.push(ch),
            }
            if text.len() > LONGEST {
                return Err(ExpandFault::TooMuch("its value is longer than 16 KiB"));
            }
        }
        if end.is_none() {
            Ok(text)
        } else {
            Err(malformed("a `${` is not closed"))
        }
    }

    fn single(&mut self, text: &mut String) -> Result<(), ExpandFault> {
        loop {
            match self.next() {
                Some('\'') => return Ok(()),
                Some(ch) => text.push(ch),
                None => return Err(malformed("a `'` is not closed")),
            }
        }
    }

    fn double(&mut self, text: &mut String) -> Result<(), ExpandFault> {
        loop {
            match self.next() {
                Some('"') => return Ok(()),
                Some('$') => text.push_str(&self.dollar()?),
                // Inside double quotes an escape works only before the characters that need it.
                Some(ch) if ch == self.escape => match self.peek() {
                    Some(next) if matches!(next, '"' | '$') || next == self.escape => {
                        text.extend(self.next())
                    }
                    _ => text.push(ch),
                },
                Some(ch) => text.push(ch),
                None => return Err(malformed("a `\"` is not closed")),
            }
        }
    }

    fn dollar(&mut self) -> Result<String, ExpandFault> {
        let start = self.at - 1;
        if self.peek() == Some('{') {
            self.at += 1;
            return self.brace(start);
        }
        let name = self.name();
        if name.is_empty() {
            return Ok(String::from("$"));
        }
        match (self.lookup)(&name) {
            Expansion::Value(value) => Ok(value),
            Expansion::Keep => Ok(self.written(start)),
            Expansion::Unset => Ok(self.lacks(name)),
        }
    }

    /// Reading continues after a variable without a value, since the value may not be needed.
    fn lacks(&mut self, name: String) -> String {
        self.missing.get_or_insert(name);
        String::new()
    }

    fn brace(&mut self, start: usize) -> Result<String, ExpandFault> {
        let name = self.name();
        if name.is_empty() {
            return Err(malformed("a `${` without a name"));
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(ExpandFault::TooMuch("variables are nested too deeply"));
        }
        let form = self.form()?;
        let outside = self.missing.take();
        let rest = if form == "}" {
            String::new()
        } else {
            self.forms.push(form.clone());
            self.until(Some('}'))?
        };
        let lacking = std::mem::replace(&mut self.missing, outside);
        self.depth -= 1;
        let value = match (self.lookup)(&name) {
            Expansion::Keep => return Ok(self.written(start)),
            Expansion::Value(value) => Some(value),
            Expansion::Unset => None,
        };
        // A missing value inside a default is a fault only if the default is used.
        let rest = lacking.map_or(Ok(rest), |name| Err(ExpandFault::Unset(name)));
        match super::form::apply(&form, name, value, rest) {
            Err(ExpandFault::Unset(name)) => Ok(self.lacks(name)),
            done => done,
        }
    }

    /// The operator after the name: `}`, `:-`, `-`, `##`, ….
    fn form(&mut self) -> Result<String, ExpandFault> {
        let open = || malformed("a `${` is not closed");
        let first = self.next().ok_or_else(open)?;
        let mut form = String::from(first);
        if first == ':' {
            form.push(self.next().ok_or_else(open)?);
        } else if matches!(first, '#' | '%' | '/') && self.peek() == Some(first) {
            form.extend(self.next());
        }
        Ok(form)
    }

    fn name(&mut self) -> String {
        let start = self.at;
        match self.peek() {
            Some(c) if c.is_ascii_digit() => self.skip(|c| c.is_ascii_digit()),
            Some(c) if c.is_alphabetic() || c == '_' => {
                self.skip(|c| c.is_alphanumeric() || c == '_')
            }
            Some('@' | '*' | '#' | '?' | '-' | '!') => self.at += 1,
            _ => {}
        }
        self.written(start)
    }

    fn skip(&mut self, wanted: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&wanted) {
            self.at += 1;
        }
    }

    fn written(&self, start: usize) -> String {
        self.chars[start..self.at].iter().collect()
    }
}
