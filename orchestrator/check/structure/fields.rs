//! Reading the fields of a mapping: every field is read by name, and the rest is reported.

use super::yaml::{Value, Yaml};
use crate::check::expect::compile;
use crate::text::{Diagnostic, Diagnostics, Shown, Span, did_you_mean};

/// The fields of one mapping.
pub(super) struct Fields<'y, 'd> {
    /// The name of the mapping in messages: `a command test`.
    what: &'static str,
    span: Span,
    pairs: Vec<(&'y str, Span, &'y Yaml)>,
    known: Vec<&'static str>,
    pub out: &'d mut Diagnostics,
}

impl<'y, 'd> Fields<'y, 'd> {
    /// The fields of a mapping. Anything else is reported, and the result is `None`.
    pub fn of(yaml: &'y Yaml, what: &'static str, out: &'d mut Diagnostics) -> Option<Self> {
        let Value::Map(pairs) = &yaml.value else {
            fault(
                out,
                yaml.span,
                format!("{what} must be a mapping of names to values"),
                "write `name: value` lines",
            );
            return None;
        };
        let mut taken: Vec<(&str, Span, &Yaml)> = Vec::new();
        for (key, value) in pairs {
            match &key.value {
                Value::Text { text, .. } if taken.iter().any(|(name, ..)| name == text) => {
                    fault(
                        out,
                        key.span,
                        format!("`{}` appears twice", text.shown()),
                        "remove one of them",
                    );
                }
                Value::Text { text, .. } => taken.push((text, key.span, value)),
                _ => fault(out, key.span, "expected a name", "write `name: value`"),
            }
        }
        Some(Self {
            what,
            span: yaml.span,
            pairs: taken,
            known: Vec::new(),
            out,
        })
    }

    /// The value of a field. A field without a value (`user:`, `~`, `null`) counts as missing.
    pub fn take(&mut self, name: &'static str) -> Option<&'y Yaml> {
        self.known.push(name);
        let at = self.pairs.iter().position(|(key, ..)| *key == name)?;
        let value = self.pairs.remove(at).2;
        let nothing = matches!(&value.value, Value::Text { text, quoted: false } if matches!(text.as_str(), "" | "~" | "null"));
        (!nothing).then_some(value)
    }

    /// The value of a required field.
    pub fn required(&mut self, name: &'static str) -> Option<&'y Yaml> {
        let value = self.take(name);
        if value.is_none() {
            let (span, message) = (self.span, format!("{} needs `{name}`", self.what));
            self.fault(span, message, format!("add `{name}: …`"));
        }
        value
    }

    pub fn text(&mut self, name: &'static str) -> Option<String> {
        let value = self.take(name)?;
        self.scalar(value, name)
    }

    pub fn required_text(&mut self, name: &'static str) -> Option<String> {
        let value = self.required(name)?;
        self.scalar(value, name)
    }

    fn scalar(&mut self, yaml: &Yaml, name: &str) -> Option<String> {
        match &yaml.value {
            Value::Text { text, .. } => Some(text.clone()),
            _ => {
                self.fault(
                    yaml.span,
                    format!("`{name}` must be text"),
                    "write text here",
                );
                None
            }
        }
    }

    /// A list of texts; empty if the field is missing.
    pub fn texts(&mut self, name: &'static str) -> Vec<String> {
        self.maybe_texts(name).unwrap_or_default()
    }

    /// A list of texts, if the field exists.
    pub fn maybe_texts(&mut self, name: &'static str) -> Option<Vec<String>> {
        let value = self.take(name)?;
        Some(self.list_of_texts(value, name))
    }

    pub fn list_of_texts(&mut self, yaml: &'y Yaml, name: &str) -> Vec<String> {
        self.items(yaml, name)
            .iter()
            .filter_map(|item| self.scalar(item, name))
            .collect()
    }

    /// A list of regular expressions.
    pub fn patterns(&mut self, name: &'static str) -> Vec<String> {
        let Some(list) = self.take(name) else {
            return Vec::new();
        };
        let mut all = Vec::new();
        for item in self.items(list, name) {
            if let Some(text) = self.scalar(item, name) {
                self.pattern(item.span, &text);
                all.push(text);
            }
        }
        all
    }

    /// Reports a text that is not a regular expression.
    pub fn pattern(&mut self, span: Span, text: &str) {
        if let Err(why) = compile(text, false) {
            self.fault(
                span,
                format!("this is not a regular expression: {why}"),
                "single quotes around a pattern keep its backslashes",
            );
        }
    }

    /// The items of a list field.
    pub fn list(&mut self, name: &'static str) -> &'y [Yaml] {
        self.take(name)
            .map(|list| self.items(list, name))
            .unwrap_or_default()
    }

    pub fn items(&mut self, yaml: &'y Yaml, name: &str) -> &'y [Yaml] {
        match &yaml.value {
            Value::List(items) => items,
            _ => {
                self.fault(
                    yaml.span,
                    format!("`{name}` must be a list"),
                    "write `[…]` or lines that begin with `- `",
                );
                &[]
            }
        }
    }

    pub fn boolean(&mut self, name: &'static str) -> Option<bool> {
        let value = self.take(name)?;
        match &value.value {
            Value::Text {
                text,
                quoted: false,
            } if matches!(text.as_str(), "true" | "True" | "TRUE") => Some(true),
            Value::Text {
                text,
                quoted: false,
            } if matches!(text.as_str(), "false" | "False" | "FALSE") => Some(false),
            _ => {
                self.fault(
                    value.span,
                    format!("`{name}` must be `true` or `false`"),
                    format!("write `{name}: true`"),
                );
                None
            }
        }
    }

    pub fn number(&mut self, name: &'static str) -> Option<i64> {
        let value = self.take(name)?;
        let number = self.scalar(value, name)?.parse().ok();
        if number.is_none() {
            self.fault(
                value.span,
                format!("`{name}` must be a number"),
                format!("write `{name}: 0`"),
            );
        }
        number
    }

    pub fn fault(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        fault(self.out, span, message, help);
    }

    /// Reports every field that was not read.
    pub fn done(mut self) {
        for (name, span, _) in std::mem::take(&mut self.pairs) {
            let help = did_you_mean(name, self.known.iter().copied())
                .unwrap_or_else(|| format!("known fields: {}", self.known.join(", ")));
            self.fault(
                span,
                format!("unknown field `{}` in {}", name.shown(), self.what),
                help,
            );
        }
    }
}

fn fault(out: &mut Diagnostics, span: Span, message: impl Into<String>, help: impl Into<String>) {
    out.push(
        Diagnostic::error("check::structure", message)
            .at(span, "here")
            .help(help),
    );
}
