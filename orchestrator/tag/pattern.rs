//! Patterns: text with placeholders in braces.
//!
//! `{name}`, `{name.field}` and `{name:argument}` are placeholders. `{{` and `}}` are single braces, and
//! `${…}` stays as it is: it belongs to the shell or the Dockerfile.
//!
//! ```
//! use kiln::tag::{Part, Pattern};
//! let pattern: Pattern = "{version}-{now:%Y.%m}".parse().unwrap();
//! let all: Vec<_> = pattern.placeholders().map(|one| (one.name.as_str(), one.argument.as_deref())).collect();
//! assert_eq!(all, [("version", None), ("now", Some("%Y.%m"))]);
//! assert!("{version".parse::<Pattern>().is_err());
//! ```

use std::ops::Range;
use std::str::FromStr;

/// Text with placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// The parts in order.
    pub parts: Vec<Part>,
}

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Literal text.
    Text(String),
    /// A placeholder.
    Placeholder(Placeholder),
}

/// `{name.field:argument}`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder {
    /// The name.
    pub name: String,
    /// What follows the dot.
    pub field: Option<String>,
    /// What follows the colon.
    pub argument: Option<String>,
    /// Its bytes in the pattern, braces included.
    pub range: Range<usize>,
}

/// Why a text is not a valid pattern, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PatternError {
    /// Why it is not valid.
    pub message: String,
    /// The place in the text, in bytes.
    pub range: Range<usize>,
}

impl Pattern {
    /// The placeholders, in order.
    pub fn placeholders(&self) -> impl DoubleEndedIterator<Item = &Placeholder> {
        self.parts.iter().filter_map(|part| match part {
            Part::Placeholder(placeholder) => Some(placeholder),
            Part::Text(_) => None,
        })
    }

    /// The text of a pattern without placeholders.
    pub fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }
}

impl Placeholder {
    /// Whether its name can be that of a placeholder: not `a,b` or `print $1`, which belong to the shell.
    pub fn is_word(&self) -> bool {
        self.name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
    }
}

/// The help for braces that belong to a shell or another language: how kiln's texts write them. Placeholders within them
/// stay: `{print "{version}"}` is written `{{print "{version}"}}`.
pub fn doubled(braces: &str) -> String {
    let inner = braces.strip_prefix('{').and_then(|b| b.strip_suffix('}'));
    let kept = inner.filter(|inner| {
        let pattern = inner.parse::<Pattern>();
        pattern.is_ok_and(|pattern| pattern.placeholders().any(Placeholder::is_word))
    });
    let doubled = match kept {
        Some(inner) => format!("{{{{{inner}}}}}"),
        None => braces.replace('{', "{{").replace('}', "}}"),
    };
    format!("for braces of the shell, write `{doubled}`; `${{NAME}}` stays as it is")
}

impl Pattern {
    /// Reads a text: the pattern without its faulty parts, and every fault.
    pub fn read(text: &str) -> (Self, Vec<PatternError>) {
        let (mut parts, mut faults) = (Vec::new(), Vec::new());
        let mut literal = String::new();
        let mut at = 0;
        while let Some(found) = text[at..].find(['{', '}']) {
            let brace = at + found;
            literal.push_str(&text[at..brace]);
            let rest = &text[brace..];
            let end = closing(rest).map(|end| brace + end);
            at = match end {
                _ if rest.starts_with("{{") || rest.starts_with("}}") => {
                    literal.push_str(&rest[..1]);
                    brace + 2
                }
                Some(end) if literal.ends_with('$') => {
                    literal.push_str(&text[brace..end]);
                    end
                }
                Some(end) => {
                    flush(&mut parts, &mut literal);
                    match placeholder(text, brace..end) {
                        Ok(placeholder) => parts.push(Part::Placeholder(placeholder)),
                        Err(fault) => faults.push(fault),
                    }
                    end
                }
                None => {
                    let message = match rest.starts_with('{') {
                        true => "this `{` is never closed",
                        false => "this `}` closes nothing",
                    };
                    faults.push(fault(message, brace..brace + 1));
                    brace + 1
                }
            };
        }
        literal.push_str(&text[at..]);
        flush(&mut parts, &mut literal);
        (Self { parts }, faults)
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let (pattern, faults) = Self::read(text);
        match faults.into_iter().next() {
            Some(fault) => Err(fault),
            None => Ok(pattern),
        }
    }
}

fn flush(parts: &mut Vec<Part>, literal: &mut String) {
    if !literal.is_empty() {
        parts.push(Part::Text(std::mem::take(literal)));
    }
}

/// The end of the placeholder at the beginning of this text. Its argument may contain pairs of braces.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(index + 1);
        }
    }
    None
}

fn placeholder(text: &str, range: Range<usize>) -> Result<Placeholder, PatternError> {
    let inside = &text[range.start + 1..range.end - 1];
    let (head, argument) = match inside.split_once(':') {
        Some((head, argument)) => (head, Some(argument.to_owned())),
        None => (inside, None),
    };
    let (name, field) = match head.split_once('.') {
        Some((name, field)) => (name, Some(field.to_owned())),
        None => (head, None),
    };
    let word = |w: &str| !w.is_empty() && !w.contains(|c: char| c.is_whitespace() || c == '{');
    if !word(name) || field.as_deref().is_some_and(|f| !word(f)) {
        return Err(fault("this placeholder has no valid name", range));
    }
    Ok(Placeholder {
        name: name.to_owned(),
        field,
        argument,
        range,
    })
}

fn fault(message: &str, range: Range<usize>) -> PatternError {
    PatternError {
        message: message.to_owned(),
        range,
    }
}
