//! Marks: texts that stand for a variable while an expression is evaluated, so that what comes out
//! says where the variable went. `"${REG}/core:1.0"` with a mark for `REG` becomes `{var:REG}/core:1.0`.

use super::eval::Values;
use crate::import::write::literal;
use hcl::Value;

/// Around a place's name: characters that no file has, and no text in it may have.
const OPEN: char = '\u{f0001}';
const CLOSE: char = '\u{f0002}';

/// A mark of a place.
pub(super) fn mark(place: &str) -> Value {
    Value::from(format!("{OPEN}{place}{CLOSE}"))
}

/// Whether a text has the characters of marks in it, so that none may be set.
pub(super) fn is_odd(text: &str) -> bool {
    text.contains([OPEN, CLOSE])
}

/// Whether a value has marks in it.
pub(super) fn is_marked(value: &Value) -> bool {
    match value {
        Value::String(text) => is_odd(text),
        Value::Array(items) => items.iter().any(is_marked),
        Value::Object(items) => items.values().any(is_marked),
        _ => false,
    }
}

/// The text as a pattern: marks are places, all else is literal.
pub(super) fn pattern(text: &str) -> String {
    literal(text).replace(OPEN, "{").replace(CLOSE, "}")
}

/// The text with its marks' values in their places, `values` being by place; `None` where one has no text.
pub(super) fn filled(text: &str, values: &Values) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        let (place, after) = after.split_once(CLOSE)?;
        out.push_str(before);
        out.push_str(&super::eval::text(values.get(place)?)?);
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}
