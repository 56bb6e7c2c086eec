//! Text from anywhere as it may stand on anybody's screen.
//!
//! A manifest, a registry or a build may contain characters that a terminal obeys: they move the cursor, set the window's
//! title, or turn the text around, so that it reads as something else. Whoever shows text passes it through here.

use std::borrow::Cow;

/// The text with its lines; what a terminal would obey is replaced by something visible.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n");
    Cow::Owned(text.chars().map(visible).collect())
}

/// The same on one line, so that nobody can write a line of his own into a list, a log or a table.
pub fn one_line(text: &str) -> Cow<'_, str> {
    match harmless(text) {
        text if !text.contains('\n') => text,
        text => Cow::Owned(text.replace('\n', "␊")),
    }
}

/// JSON with the characters escaped that it may contain as they are and a terminal would obey.
pub fn harmless_json(json: &str) -> Cow<'_, str> {
    if !json.contains(is_harmful) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            // All of them are in the first plane, so that one escape is enough.
            c if is_harmful(c) => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Whether a terminal obeys it: controls but line breaks and tabs, marks of direction, separators of lines and paragraphs.
pub fn is_harmful(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            true
        }
        c => c.is_control(),
    }
}

/// ASCII's controls have pictures; the others do not.
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
    fn terminals_obey_nothing() {
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
