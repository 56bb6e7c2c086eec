//! Expressions of GitHub Actions, as far as kiln's workflows use them.

use serde_json::{Value, json};

/// Whether the jobs that a job needs, or the steps before a step, have succeeded.
#[derive(Debug, Clone, Copy)]
pub struct Before {
    pub is_success: bool,
    pub is_failure: bool,
}

/// Text with its `${{ … }}` filled in.
pub fn filled(raw: &str, context: &Value, before: Before) -> String {
    let mut out = String::new();
    let mut rest = raw;
    while let Some(at) = rest.find("${{") {
        let end = at + rest[at..].find("}}").expect("the end of an expression");
        out.push_str(&rest[..at]);
        out.push_str(&as_text(&evaluated(&rest[at + 3..end], context, before)));
        rest = &rest[end + 2..];
    }
    out + rest
}

/// The value of a text that may be one expression.
pub fn value(raw: &str, context: &Value, before: Before) -> Value {
    match inner(raw) {
        Some(inner) => evaluated(inner, context, before),
        None => json!(filled(raw, context, before)),
    }
}

/// An `if`: without a function about the state, it also needs success.
pub fn condition(raw: &str, context: &Value, before: Before) -> bool {
    let text = inner(raw).unwrap_or(raw);
    let functions = ["success(", "failure(", "always(", "cancelled("];
    let is_stated = functions.iter().any(|function| text.contains(function));
    (is_stated || before.is_success) && is_true(&evaluated(text, context, before))
}

fn inner(raw: &str) -> Option<&str> {
    let inner = raw.trim().strip_prefix("${{")?.strip_suffix("}}")?;
    (!inner.contains("${{")).then_some(inner)
}

fn evaluated(text: &str, context: &Value, before: Before) -> Value {
    let mut reader = Reader {
        rest: text.trim(),
        context,
        before,
    };
    let value = reader.either();
    assert_eq!(reader.rest, "", "`{text}` is not understood");
    value
}

struct Reader<'a> {
    rest: &'a str,
    context: &'a Value,
    before: Before,
}

impl<'a> Reader<'a> {
    fn takes(&mut self, word: &str) -> bool {
        match self.rest.strip_prefix(word) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn either(&mut self) -> Value {
        let mut left = self.both();
        while self.takes("||") {
            let right = self.both();
            left = if is_true(&left) { left } else { right };
        }
        left
    }

    fn both(&mut self) -> Value {
        let mut left = self.compared();
        while self.takes("&&") {
            let right = self.compared();
            left = if is_true(&left) { right } else { left };
        }
        left
    }

    fn compared(&mut self) -> Value {
        let left = self.single();
        if self.takes("==") {
            return json!(left == self.single());
        }
        if self.takes("!=") {
            return json!(left != self.single());
        }
        left
    }

    fn single(&mut self) -> Value {
        if self.takes("!") {
            return json!(!is_true(&self.single()));
        }
        if self.takes("(") {
            let value = self.either();
            assert!(self.takes(")"), "a bracket is open before `{}`", self.rest);
            return value;
        }
        if let Some(rest) = self.rest.strip_prefix('\'') {
            let (text, rest) = rest.split_once('\'').expect("the end of a text");
            self.rest = rest.trim_start();
            return json!(text);
        }
        let name = self.name();
        match self.takes("(") {
            true => self.call(name),
            false => self.property(name),
        }
    }

    fn name(&mut self) -> &'a str {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let end = self.rest.find(|c| !is_name(c)).unwrap_or(self.rest.len());
        assert!(end > 0, "a name is missing before `{}`", self.rest);
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        name
    }

    fn call(&mut self, function: &str) -> Value {
        let argument = (!self.rest.starts_with(')')).then(|| self.either());
        assert!(self.takes(")"), "{function}: a bracket is open");
        match (function, argument) {
            ("success", None) => json!(self.before.is_success),
            ("failure", None) => json!(self.before.is_failure),
            ("always", None) => json!(true),
            ("cancelled", None) => json!(false),
            ("fromJSON", Some(text)) => serde_json::from_str(&as_text(&text)).expect("JSON"),
            _ => panic!("the runner does not know the function {function}"),
        }
    }

    fn property(&mut self, first: &str) -> Value {
        let own = match first {
            "true" => return json!(true),
            "false" => return json!(false),
            _ => self.context.get(first),
        };
        let mut value = own.unwrap_or_else(|| panic!("unknown context {first}"));
        while self.takes(".") {
            let name = self.name();
            value = value.get(name).unwrap_or(&Value::Null);
        }
        value.clone()
    }
}

fn is_true(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false)) && *value != json!("") && *value != json!(0)
}

fn as_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
