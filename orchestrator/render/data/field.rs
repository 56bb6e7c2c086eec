//! One name of the data by itself: what a part of a template does not use is not made.

use super::names::TemplateData;
use serde::Serialize;
use serde_json::Value;

/// Reads a name of the data with the function, which is called once at most.
macro_rules! field {
    ($data:expr, $name:expr, $read:expr, [$($field:ident)*]) => {
        match $name {
            $(stringify!($field) => $read(&$data.$field),)*
            name => $data.short.get(name).and_then(|text| $read(&text)),
        }
    };
    ($data:expr, $name:expr, $read:ident) => {
        field!($data, $name, $read, [
            image name axis cells args env platforms toolsets stages family manager syntax account user labels config from
        ])
    };
}

impl TemplateData<'_> {
    /// What a template reads under this name, and `None` if the data lacks it.
    pub fn get(&self, name: &str) -> Option<Value> {
        field!(self, name, value).filter(|value| !value.is_null())
    }

    /// Everything.
    pub fn all(&self) -> Value {
        value(self).unwrap_or_default()
    }

    /// The same as JSON.
    pub fn json(&self, name: &str) -> Option<String> {
        field!(self, name, text).filter(|text| text != "null")
    }
}

/// Every key is a text, so that this cannot fail.
fn value<T: Serialize + ?Sized>(of: &T) -> Option<Value> {
    serde_json::to_value(of).ok()
}

fn text<T: Serialize + ?Sized>(of: &T) -> Option<String> {
    serde_json::to_string(of).ok()
}

#[cfg(test)]
mod tests;
