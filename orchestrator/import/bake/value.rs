//! Values by name, and values as text.

use hcl::Value;
use std::collections::BTreeMap;

/// Values by name.
pub(super) type Values = BTreeMap<String, Value>;

/// Values from several scopes; a later scope overrides an earlier one.
pub(super) type Scopes<'a> = &'a [&'a Values];

/// The value that a name has in these scopes.
pub(super) fn lookup<'a>(scopes: Scopes<'a>, name: &str) -> Option<&'a Value> {
    scopes.iter().rev().find_map(|values| values.get(name))
}

/// A value as text if it can be in a template: a string, number or boolean.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}
