//! What is wrong with a word that KDL cannot read, and what its author most likely meant.

use crate::text::{Diagnostic, Span};

/// A node's name that is none.
pub(super) fn name(word: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "kdl::syntax",
        format!("`{}` is no name of a node", shorten(word)),
    )
    .at(span, "a node's name is expected here")
    .help("a line begins with a word such as `image`, `axis` or `tag`")
}

/// An argument or property that is none; `value` is what stands behind its `=`, or all of it.
pub(super) fn word(word: &str, value: &str, span: Span) -> Diagnostic {
    let (message, help) = reason(word, value);
    Diagnostic::error("kdl::syntax", message)
        .at(span, "cannot be read")
        .help(help)
}

fn reason(word: &str, value: &str) -> (String, String) {
    let shown = shorten(value);
    let quoted = format!("text with such characters needs quotes: `\"{shown}\"`");
    let first = value.chars().next().unwrap_or(' ');
    let number = first.is_ascii_digit()
        || (matches!(first, '+' | '-' | '.')
            && value[1..].starts_with(|c: char| c.is_ascii_digit() || c == '.'));
    match value {
        "" => (
            format!("`{}` has no value", shorten(word)),
            String::from("write `key=\"value\"`"),
        ),
        _ if word.starts_with('=') => (
            String::from("`=` has no name before it"),
            String::from("write `key=\"value\"`"),
        ),
        "true" | "false" | "null" | "inf" | "-inf" | "nan" => (
            format!("`{value}` needs a `#` or quotes"),
            format!("write `#{value}`, or `\"{value}\"` for text"),
        ),
        _ if first == '(' => {
            let help =
                "remove the type in parentheses, or put quotes around text that contains them";
            (
                String::from("parentheses have no meaning here"),
                String::from(help),
            )
        }
        _ if value.contains('"') => string(value),
        _ if first == '#' => (
            format!("`{shown}` is no keyword"),
            String::from(
                "keywords are `#true`, `#false` and `#null`; text that contains `#` needs quotes",
            ),
        ),
        _ if number => (
            format!("`{shown}` is no number"),
            format!("if it is text, write it in quotes: `\"{shown}\"`"),
        ),
        _ => (format!("`{shown}` needs quotes"), quoted),
    }
}

fn string(value: &str) -> (String, String) {
    let closed = value.ends_with('"') || value.ends_with('#');
    if value.contains("\"\"\"") {
        let help = "every line, and the closing `\"\"\"`, begins with the same spaces or tabs; the closing one stands alone on its line";
        (
            String::from("text of several lines is not indented as its last line"),
            String::from(help),
        )
    } else if !value.starts_with(['"', '#']) {
        (
            format!("`{}` has a quote in its middle", shorten(value)),
            String::from("put a space before the quote, or quotes around the whole word"),
        )
    } else if closed && value.contains('\\') {
        let help = "write `\\\\` for a backslash, or `#\"…\"#` around text with many of them";
        (
            String::from("a string has an escape that KDL does not know"),
            String::from(help),
        )
    } else if closed {
        (
            String::from("a string has a character that KDL does not allow"),
            String::from("control characters are written as `\\u{…}`"),
        )
    } else {
        let help = "put a space behind the closing quote, or write `\\\"` for a quote inside text";
        (
            String::from("a word goes on behind a closing quote"),
            String::from(help),
        )
    }
}

/// Enough of a word to know it by, without control characters.
fn shorten(word: &str) -> String {
    let mut text: String = word
        .chars()
        .take(40)
        .map(|c| if c.is_control() { '·' } else { c })
        .collect();
    if word.chars().nth(40).is_some() {
        text.push('…');
    }
    text
}
