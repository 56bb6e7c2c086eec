//! Variables in words: `$X`, `${X}`, `${X:-d}`, `${X:+a}`, `${X:?m}`, each also without the colon,
//! and the trimming forms `${X#p}`, `${X##p}`, `${X%p}`, `${X%%p}`, `${X/p/r}`, `${X//p/r}`.
//!
//! Quotes and escapes are taken away as builders do it: `'…'` is literal, `"…"` expands.

/// What a variable stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expansion {
    Value(String),
    /// Known not to be set, or not known at all.
    Unset,
    /// Left as it is written.
    Keep,
}

/// Why a word cannot be expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ExpandFault {
    /// This variable has no value and the word gives no default.
    Unset(String),
    /// A quote or brace is open at the end, or the form is unknown.
    Malformed(String),
}

/// Fills in a word.
///
/// # Errors
/// A variable without a value, an open quote or brace, or a form no builder knows.
pub(super) fn expand(
    word: &str,
    escape: char,
    lookup: &dyn Fn(&str) -> Expansion,
) -> Result<String, ExpandFault> {
    let mut reader = Reader {
        chars: word.chars().collect(),
        at: 0,
        depth: 0,
        missing: None,
        escape,
        lookup,
    };
    let text = reader.until(None)?;
    reader
        .missing
        .map_or(Ok(text), |name| Err(ExpandFault::Unset(name)))
}

struct Reader<'a> {
    chars: Vec<char>,
    at: usize,
    depth: usize,
    /// The first variable without a value whose value is needed.
    missing: Option<String>,
    escape: char,
    lookup: &'a dyn Fn(&str) -> Expansion,
}

/// More nesting than anybody writes, less than a stack holds.
const DEEPEST: usize = 32;

/// More than any name is long; a few lines of `ARG` can double a value into gigabytes.
const LONGEST: usize = 16 * 1024;

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let ch = self.peek()?;
        self.at += 1;
        Some(ch)
    }

    /// Reads up to an end mark, which is eaten, or to the end of the word.
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
                return Err(malformed("it comes to more than 16 KiB"));
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
                // Inside double quotes an escape counts only before what it protects.
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

    /// Reading goes on behind a variable without a value, since it may not be needed.
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
            return Err(malformed("variables are nested too deeply"));
        }
        let form = self.form()?;
        let outside = self.missing.take();
        let rest = if form == "}" {
            String::new()
        } else {
            self.until(Some('}'))?
        };
        let lacking = std::mem::replace(&mut self.missing, outside);
        self.depth -= 1;
        let value = match (self.lookup)(&name) {
            Expansion::Keep => return Ok(self.written(start)),
            Expansion::Value(value) => Some(value),
            Expansion::Unset => None,
        };
        // What a default lacks counts only where the default is used.
        let rest = lacking.map_or(Ok(rest), |name| Err(ExpandFault::Unset(name)));
        match super::form::apply(&form, name, value, rest) {
            Err(ExpandFault::Unset(name)) => Ok(self.lacks(name)),
            done => done,
        }
    }

    /// What follows the name: `}`, `:-`, `-`, `##`, ….
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
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                self.skip(|c| c.is_ascii_alphanumeric() || c == '_')
            }
            Some('@' | '*' | '#' | '?' | '-' | '!')
                if self.chars.get(start.wrapping_sub(1)) == Some(&'$') =>
            {
                self.at += 1
            }
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

pub(super) fn malformed(why: &str) -> ExpandFault {
    ExpandFault::Malformed(why.to_owned())
}
