//! Objects with a key twice: HCL reads them, and the later item counts; the parser refuses them.
//!
//! ```text
//! { A = "1", A = "2" }     is parsed as { A = "1", (A) = "2" }, with the key in quotes where it has none
//! ```

use hcl_edit::parser::{Error, parse_body};
use hcl_edit::structure::Body;
use std::ops::Range;

/// How many keys may be there again.
const MOST: usize = 100;

/// How the parser calls such a key.
const REDEFINED: &str = "redefined object key";

/// A file as it is parsed.
pub(super) struct Parsed {
    pub body: Body,
    pub text: String,
    /// Where the text has a character that the file does not have.
    added: Vec<usize>,
    /// The keys that are there again, as places in the file.
    pub repeated: Vec<Range<usize>>,
}

impl Parsed {
    /// Parses a file.
    pub fn new(file: &str) -> Result<Self, Error> {
        let (mut text, mut added) = (file.to_owned(), Vec::new());
        let mut repeated = Vec::new();
        loop {
            let fault = match parse_body(&text) {
                Ok(body) => {
                    let mut parsed = Self {
                        body,
                        text,
                        added,
                        repeated: Vec::new(),
                    };
                    let keys = repeated.into_iter();
                    parsed.repeated = keys.map(|key| parsed.place(key)).collect();
                    return Ok(parsed);
                }
                Err(fault) => fault,
            };
            let at = fault.location().offset();
            let is_one = fault.message().contains(REDEFINED) && repeated.len() < MOST;
            let key = is_one.then(|| key(&text, at)).flatten();
            let Some(key) = key else {
                // Places of other faults are those of the file.
                return Err(parse_body(file).err().unwrap_or(fault));
            };
            let (start, end) = around(&text[key.clone()]);
            text.insert_str(key.end, end);
            text.insert_str(key.start, start);
            let new = [key.start, key.end + start.len()];
            let moved = |at: usize| at + usize::from(at >= key.start) + usize::from(at >= key.end);
            added = added.into_iter().map(moved).chain(new).collect();
            repeated = repeated
                .into_iter()
                .map(|one: Range<usize>| moved(one.start)..moved(one.end))
                .collect();
            repeated.push(key.start + 1..key.end + 1);
        }
    }

    /// A place of the text in the file.
    pub fn place(&self, range: Range<usize>) -> Range<usize> {
        let own = |at: usize| at - self.added.iter().filter(|added| **added < at).count();
        own(range.start)..own(range.end)
    }
}

/// What makes another key of one that is the same: a bare name is a text.
fn around(key: &str) -> (&'static str, &'static str) {
    let is_name = key.chars().all(|c| c.is_alphanumeric() || "_-".contains(c));
    match is_name && !key.starts_with(|c: char| c.is_ascii_digit()) {
        true => ("\"", "\""),
        false => ("(", ")"),
    }
}

/// The key that begins here: all before `=` or `:` that is not in quotes or in parentheses.
fn key(text: &str, at: usize) -> Option<Range<usize>> {
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    for (offset, c) in text.get(at..)?.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.checked_sub(1)?,
            '\n' => return None,
            '=' | ':' if depth == 0 => {
                let key = text[at..at + offset].trim_end();
                return (!key.is_empty()).then_some(at..at + key.len());
            }
            _ => {}
        }
    }
    None
}
