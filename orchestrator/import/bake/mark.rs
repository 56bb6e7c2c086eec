//! Marks: texts in place of a variable while an expression is evaluated, so that the result shows where the
//! variable went. `"${REG}/core:1.0"` with a mark for `REG` becomes `{var:REG}/core:1.0`.

use super::value::{self, Values};
use crate::import::write::literal;
use hcl::Value;

/// The delimiters of a mark: characters that files do not contain.
const OPEN: char = '\u{f0001}';
const CLOSE: char = '\u{f0002}';

/// The mark of a placeholder.
pub(super) fn mark(place: &str) -> Value {
    Value::from(format!("{OPEN}{place}{CLOSE}"))
}

/// Whether a text contains the delimiters of marks, in which case no marks can be used.
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

/// The text as a pattern: marks become placeholders, everything else is literal.
pub(super) fn pattern(text: &str) -> String {
    literal(text).replace(OPEN, "{").replace(CLOSE, "}")
}

/// The text with its marks replaced by `values`, by placeholder; `None` where a value is not text.
pub(super) fn filled(text: &str, values: &Values) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        let (place, after) = after.split_once(CLOSE)?;
        out.push_str(before);
        out.push_str(&value::text(values.get(place)?)?);
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}
