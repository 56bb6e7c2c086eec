//! Makes text from external sources safe to print.
//!
//! A manifest, a registry or a build may contain characters that control a terminal: they move the cursor, set the
//! window's title, or reverse the text, so that it reads as something else. All output passes through this module.

use std::borrow::Cow;

/// The text with its lines; control characters are replaced by visible ones.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n");
    Cow::Owned(text.chars().map(visible).collect())
}

/// The same on one line, so that the text cannot forge a line of a list, a log or a table.
pub fn one_line(text: &str) -> Cow<'_, str> {
    match harmless(text) {
        text if !text.contains('\n') => text,
        text => Cow::Owned(text.replace('\n', "␊")),
    }
}

/// JSON in which the characters that control a terminal are escaped, since JSON allows some of them unescaped.
pub fn harmless_json(json: &str) -> Cow<'_, str> {
    if !json.contains(is_harmful) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            // All of them are in the Basic Multilingual Plane, so one escape is enough.
            c if is_harmful(c) => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Whether a character controls a terminal: control characters except line breaks and tabs, direction marks, and line
/// and paragraph separators.
pub fn is_harmful(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            true
        }
        c => c.is_control(),
    }
}

/// The text without control characters and without the sequences that would move a terminal's cursor or change its colours;
/// tabs become spaces.
pub fn uncontrolled(text: &str) -> String {
    let mut plain = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\x1b' => skip_escape(&mut letters),
            '\t' => plain.push_str("    "),
            control if control.is_control() => {}
            letter => plain.push(letter),
        }
    }
    plain
}

/// Skips an escape sequence: `[` with parameters up to a letter, `]` up to a bell or another escape, else one letter.
fn skip_escape(letters: &mut std::str::Chars<'_>) {
    match letters.next() {
        Some('[') => while letters.next().is_some_and(|l| !('@'..='~').contains(&l)) {},
        Some(']') => while letters.next().is_some_and(|l| !matches!(l, '\x07' | '\\')) {},
        _ => {}
    }
}

/// A visible replacement; Unicode has pictures only for ASCII control characters.
fn visible(c: char) -> char {
    match c {
        '\u{7f}' => '␡',
        c if !is_harmful(c) => c,
        c if c.is_ascii() => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        _ => '\u{fffd}',
    }
}

/// Text from a file or a command line in a message.
pub trait Shown {
    /// The text without characters that cannot be seen: `\n`, `\u{200b}`. Quotes and backslashes stay as they are.
    fn shown(&self) -> String;
    /// The same for text between double quotes, as KDL reads it.
    fn quoted(&self) -> String;
}

impl Shown for str {
    fn shown(&self) -> String {
        self.chars().map(|c| escaped(c, "'\"\\")).collect()
    }

    fn quoted(&self) -> String {
        self.chars().map(|c| escaped(c, "'")).collect()
    }
}

impl Shown for char {
    fn shown(&self) -> String {
        escaped(*self, "'\"\\")
    }

    fn quoted(&self) -> String {
        escaped(*self, "'")
    }
}

/// A character as Rust escapes it, but for these.
fn escaped(c: char, plain: &str) -> String {
    match plain.contains(c) {
        true => c.to_string(),
        false => c.escape_debug().collect(),
    }
}

#[cfg(test)]
mod tests;
