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

/// A visible replacement; Unicode has pictures only for ASCII control characters.
fn visible(c: char) -> char {
    match c {
        '\u{7f}' => '␡',
        c if !is_harmful(c) => c,
        c if c.is_ascii() => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        _ => '\u{fffd}',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, lines: &str, line: &str) {
        assert_eq!((&*harmless(text), &*one_line(text)), (lines, line));
        let json = serde_json::Value::from(text).to_string();
        let shown = harmless_json(&json);
        assert!(!shown.contains(is_harmful), "{shown}");
        let back: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
        assert_eq!(back, text);
    }

    #[test]
    fn control_characters_become_visible() {
        check(
            "plain é ☃ 語\ttab",
            "plain é ☃ 語\ttab",
            "plain é ☃ 語\ttab",
        );
        check("\u{1b}[31mred", "␛[31mred", "␛[31mred");
        check("x\u{1b}]0;owned\u{7}y", "x␛]0;owned␇y", "x␛]0;owned␇y");
        check(
            "\u{9b}31m\u{9d}",
            "\u{fffd}31m\u{fffd}",
            "\u{fffd}31m\u{fffd}",
        );
        check(
            "a\u{202e}b\u{2066}c\u{200f}",
            "a\u{fffd}b\u{fffd}c\u{fffd}",
            "a\u{fffd}b\u{fffd}c\u{fffd}",
        );
        check("\u{2028}\u{61c}", "\u{fffd}\u{fffd}", "\u{fffd}\u{fffd}");
        check("one\ntwo", "one\ntwo", "one␊two");
        check("one\r\ntwo\rthree", "one\ntwo␍three", "one␊two␍three");
        check("\u{0}\u{8}\u{7f}", "␀␈␡", "␀␈␡");
    }
}
