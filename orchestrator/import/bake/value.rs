//! Values, each with the pattern of the manifest that resolves to it: `"${REG}/core"` is `ghcr.io/core` and
//! `{var:REG}/core`. A value that anything is computed from has no pattern; what is only inserted keeps it.

use super::exact::is_long;
use crate::import::published::Text;
use crate::import::write::literal;
use indexmap::IndexMap;

/// Values by name, in the order of the file.
pub(super) type Values = IndexMap<String, Value>;

/// A value.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub data: Data,
    /// Where it differs from the literal text. A null has one if it is a variable without a default.
    pub pattern: Option<String>,
}

/// What a value is. Texts in maps and lists have patterns of their own.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Data {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Value>),
    Map(Values),
    /// It exists, but an import cannot compute it: the reason.
    Unknown(String),
}

/// Two values are equal if they are the same, whatever their patterns are.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.data == other.data
    }
}

impl From<Data> for Value {
    fn from(data: Data) -> Self {
        Self {
            data,
            pattern: None,
        }
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Data::Bool(truth).into()
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Data::Number(number).into()
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Data::Text(text.to_owned()).into()
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Data::Text(text).into()
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Data::List(items).into()
    }
}

impl From<Values> for Value {
    fn from(items: Values) -> Self {
        Data::Map(items).into()
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Self {
        let pattern = (text.pattern != literal(&text.real)).then_some(text.pattern);
        let data = Data::Text(text.real);
        Self { data, pattern }
    }
}

impl Value {
    /// Null.
    pub fn null() -> Self {
        Data::Null.into()
    }

    /// A value that an import cannot compute.
    pub fn unknown(why: impl Into<String>) -> Self {
        Data::Unknown(why.into()).into()
    }

    /// The same with another pattern.
    pub fn placed(mut self, pattern: impl Into<String>) -> Self {
        self.pattern = Some(pattern.into());
        self
    }

    pub fn is_null(&self) -> bool {
        self.data == Data::Null
    }

    /// A text, number or boolean as text, with its pattern.
    pub fn text(&self) -> Option<Text> {
        let real = self.real()?;
        let pattern = self.pattern.clone().unwrap_or_else(|| literal(&real));
        Some(Text { real, pattern })
    }

    /// The same without a pattern.
    pub fn real(&self) -> Option<String> {
        match &self.data {
            Data::Text(text) => Some(text.clone()),
            Data::Number(number) => Some(number.to_string()),
            Data::Bool(truth) => Some(truth.to_string()),
            Data::Null | Data::List(_) | Data::Map(_) | Data::Unknown(_) => None,
        }
    }

    /// A number, or a text that is one; none of more digits than floating point has.
    pub fn number(&self) -> Option<f64> {
        match &self.data {
            Data::Number(number) => Some(*number),
            Data::Text(text) if is_long(text) => None,
            Data::Text(text) => text.parse().ok().filter(|number: &f64| number.is_finite()),
            _ => None,
        }
    }

    /// A boolean, or a text that is one.
    pub fn truth(&self) -> Option<bool> {
        match &self.data {
            Data::Bool(truth) => Some(*truth),
            Data::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    pub fn list(&self) -> Option<&Vec<Value>> {
        match &self.data {
            Data::List(items) => Some(items),
            _ => None,
        }
    }

    pub fn map(&self) -> Option<&Values> {
        match &self.data {
            Data::Map(items) => Some(items),
            _ => None,
        }
    }

    /// What it is, for messages.
    pub fn kind(&self) -> &'static str {
        match self.data {
            Data::Null => "null",
            Data::Bool(_) => "a boolean",
            Data::Number(_) => "a number",
            Data::Text(_) => "a string",
            Data::List(_) => "a list",
            Data::Map(_) => "a map",
            Data::Unknown(_) => "not known",
        }
    }

    /// Why it, or any part of it, is not known.
    pub fn unknown_part(&self) -> Option<&str> {
        match &self.data {
            Data::Unknown(why) => Some(why),
            Data::List(items) => items.iter().find_map(Value::unknown_part),
            Data::Map(items) => items.values().find_map(Value::unknown_part),
            _ => None,
        }
    }

    /// Calls `found` with every pattern in it.
    pub fn patterns<'v>(&'v self, found: &mut impl FnMut(&'v str)) {
        if let Some(pattern) = &self.pattern {
            found(pattern);
        }
        match &self.data {
            Data::List(items) => items.iter().for_each(|item| item.patterns(found)),
            Data::Map(items) => items.values().for_each(|item| item.patterns(found)),
            _ => {}
        }
    }

    /// Its size in bytes, about.
    pub fn weight(&self) -> u64 {
        let own = self.pattern.as_ref().map_or(8, |text| text.len() as u64);
        let inner = match &self.data {
            Data::Text(text) => text.len() as u64,
            Data::List(items) => items.iter().map(Value::weight).sum(),
            Data::Map(items) => items
                .iter()
                .map(|(key, value)| key.len() as u64 + 16 + value.weight())
                .sum(),
            _ => 8,
        };
        own + inner
    }
}

/// The keys of a map in the order in which HCL visits them.
pub(super) fn sorted(items: &Values) -> Vec<(&String, &Value)> {
    let mut all: Vec<(&String, &Value)> = items.iter().collect();
    all.sort_by_key(|(key, _)| *key);
    all
}
