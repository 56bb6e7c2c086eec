//! Diagnostics for words that are not valid KDL: what is wrong, and what the author probably meant.

use super::scan::{Fault, is_quote};
use crate::text::{Diagnostic, Span};

/// For a word that is not a valid node name.
pub(super) fn name(word: &str, span: Span) -> Diagnostic {
    let help = match (word.starts_with('#'), word.split_once('=')) {
        (true, _) => "comments begin with `//`".to_owned(),
        (false, Some((name, value))) if !name.is_empty() && !name.contains('"') => {
            without_equals(name, value)
        }
        (false, _) => "a line begins with a word such as `image`, `axis` or `tag`".to_owned(),
    };
    Diagnostic::error(
        "kdl::syntax",
        format!("`{}` is not a node name", shorten(word)),
    )
    .at(span, "expected a node name")
    .help(help)
}

/// The help for a node whose value is written behind an equals sign: `cmd = "x"`.
pub(super) fn without_equals(name: &str, value: &str) -> String {
    let value = value.trim_start_matches('=').trim();
    let (name, value) = (shorten(name), shorten(value));
    format!("the value of a node follows without `=`: write `{name} {value}`")
}

/// For values that are written as a list of another language. `node` is the name of the node.
pub(super) fn list(node: &str, span: Span) -> Diagnostic {
    let message = "values are separated by blanks, without commas and brackets";
    let help = format!("write `{} \"…\" \"…\"`", shorten(node));
    Diagnostic::error("kdl::syntax", message)
        .at(span, "here")
        .help(help)
}

/// For a word that is not a valid argument or property. `value` is the text after its `=`, or the whole word.
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
            String::from("there is no name before `=`"),
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
            format!("`{shown}` is not a keyword"),
            String::from(
                "keywords are `#true`, `#false` and `#null`; text that contains `#` needs quotes",
            ),
        ),
        _ if number => (
            format!("`{shown}` is not a number"),
            format!("if it is text, write it in quotes: `\"{shown}\"`"),
        ),
        _ => (format!("`{shown}` needs quotes"), quoted),
    }
}

fn string(value: &str) -> (String, String) {
    let closed = value.ends_with('"') || value.ends_with('#');
    if value.contains("\"\"\"") {
        let help = "begin every line and the closing `\"\"\"` with the same spaces or tabs, and put the closing `\"\"\"` on a line of its own";
        (
            String::from("multi-line text is not indented like its last line"),
            String::from(help),
        )
    } else if !value.starts_with(['"', '#']) {
        (
            format!("`{}` has a quote in the middle", shorten(value)),
            String::from("put a space before the quote, or quotes around the whole word"),
        )
    } else if closed && value.contains('\\') {
        let help = "write `\\\\` for a backslash, or `#\"…\"#` around text with many of them";
        (
            String::from("a string has an escape that KDL does not support"),
            String::from(help),
        )
    } else if closed {
        (
            String::from("a string has a character that KDL does not allow"),
            String::from("write control characters as `\\u{…}`"),
        )
    } else {
        let help = "put a space after the closing quote, or write `\\\"` for a quote inside text";
        (
            String::from("a word continues after a closing quote"),
            String::from(help),
        )
    }
}

/// The beginning of a word, without control characters.
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

/// What is said of a word or a comment that is not valid.
pub(super) struct Broken {
    pub message: &'static str,
    pub label: &'static str,
    pub help: String,
    /// How many bytes of it are marked.
    pub width: usize,
}

/// For a word or a comment, with its text.
pub(super) fn broken(fault: Fault, text: &str) -> Broken {
    let all = text.len();
    let (message, label, help, width) = match fault {
        Fault::OpenString => (
            "a string is not closed",
            "there is no closing `\"` on this line",
            "close it, or put `\"\"\"` around multi-line text",
            all,
        ),
        Fault::WrongQuotes => (
            "text is written in straight double quotes",
            "these are other quotes",
            "",
            all,
        ),
        Fault::OpenMultiline => (
            "a string is not closed",
            "there is no closing `\"\"\"`",
            "put `\"\"\"` on a line of its own after the text",
            3,
        ),
        Fault::NoLineAfterQuotes => (
            "`\"\"\"` begins multi-line text",
            "a line break must follow the quotes",
            "put `\"` around text on one line",
            all,
        ),
        Fault::OpenComment => (
            "a comment is not closed",
            "there is no closing `*/`",
            "close it with `*/`",
            2,
        ),
        Fault::DeepComment => (
            "comments are nested too deeply",
            "this comment",
            "one comment around all of it is enough",
            2,
        ),
        Fault::StrayBackslash => (
            "there is text after `\\`",
            "`\\` continues a line only at the end of that line",
            "remove it, or put quotes around the text",
            1,
        ),
    };
    let help = match fault {
        Fault::WrongQuotes => double_quotes(text),
        _ => help.to_owned(),
    };
    Broken {
        message,
        label,
        help,
        width,
    }
}

/// The help for `'…'`, perhaps behind the name of a property.
fn double_quotes(text: &str) -> String {
    let quoted = text.trim_start_matches(|c| !is_quote(c));
    format!("use double quotes: `\"{}\"`", quoted.trim_matches(is_quote))
}
