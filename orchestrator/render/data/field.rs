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

    /// Writes the identity of the name's value: in a run, two variants with the same identity have the same value.
    pub fn identify(&self, name: &str, out: &mut Vec<u8>) {
        match name {
            "toolsets" | "stages" => out.extend(self.toolsets.0.number.to_le_bytes()),
            name => out.extend(field!(self, name, text).unwrap_or_default()),
        }
        out.push(0);
    }
}

/// Every key is a text, so that this cannot fail.
fn value<T: Serialize + ?Sized>(of: &T) -> Option<Value> {
    serde_json::to_value(of).ok()
}

fn text<T: Serialize + ?Sized>(of: &T) -> Option<Vec<u8>> {
    serde_json::to_vec(of).ok()
}

#[cfg(test)]
mod tests;
