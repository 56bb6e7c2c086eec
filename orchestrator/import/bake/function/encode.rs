//! Functions that encode, decode and hash.

use super::Effect::Computes;
use super::{Args, Row};
use crate::import::bake::exact::parsed;
use crate::import::bake::value::{Data, Value, Values, sorted};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256, Sha512};

pub const ROWS: &[Row] = &[
    Row::new("base64decode", (1, 1), Computes, |args| {
        let bytes = STANDARD.decode(args.text(0)?);
        let text = bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok());
        Ok(Value::from(text.ok_or("it is not base64 of a text")?))
    }),
    Row::new("base64encode", (1, 1), Computes, |args| {
        Ok(Value::from(STANDARD.encode(args.text(0)?)))
    }),
    Row::new("csvdecode", (1, 1), Computes, csv),
    Row::new("jsondecode", (1, 1), Computes, |args| {
        let value = serde_json::from_str(&args.text(0)?);
        Ok(decoded(value.map_err(|_| "it is not JSON")?))
    }),
    Row::new("jsonencode", (1, 1), Computes, |args| {
        Ok(Value::from(json(args.any(0)?)?))
    }),
    Row::new("sha256", (1, 1), Computes, |args| {
        Ok(Value::from(hex(&Sha256::digest(args.text(0)?))))
    }),
    Row::new("sha512", (1, 1), Computes, |args| {
        Ok(Value::from(hex(&Sha512::digest(args.text(0)?))))
    }),
    Row::new("urlencode", (1, 1), Computes, |args| {
        Ok(Value::from(url(&args.text(0)?)))
    }),
];

/// A value as JSON, as Go writes it: sorted keys, no spaces, and no `<`, `>` and `&`.
pub fn json(value: &Value) -> Result<String, String> {
    let list = |items: &Vec<Value>| {
        let items = items.iter().map(json).collect::<Result<Vec<_>, _>>()?;
        Ok(format!("[{}]", items.join(",")))
    };
    match &value.data {
        Data::Null => Ok(String::from("null")),
        Data::Bool(_) | Data::Number(_) => Ok(value.real().unwrap_or_default()),
        Data::Text(text) => {
            let text = serde_json::Value::from(text.as_str()).to_string();
            let text = text.replace('<', "\\u003c").replace('>', "\\u003e");
            Ok(text.replace('&', "\\u0026"))
        }
        Data::List(items) => list(items),
        Data::Map(items) => {
            let item = |(key, value): (&String, &Value)| {
                Ok(format!(
                    "{}:{}",
                    json(&Value::from(key.as_str()))?,
                    json(value)?
                ))
            };
            let items = sorted(items).into_iter().map(item);
            Ok(format!(
                "{{{}}}",
                items.collect::<Result<Vec<_>, String>>()?.join(",")
            ))
        }
        Data::Unknown(why) => Err(why.clone()),
    }
}

fn decoded(value: serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::null(),
        serde_json::Value::Bool(truth) => Value::from(truth),
        serde_json::Value::Number(number) => {
            parsed(number.as_i64(), number.as_u64(), number.as_f64())
        }
        serde_json::Value::String(text) => Value::from(text),
        serde_json::Value::Array(items) => {
            Value::from(items.into_iter().map(decoded).collect::<Vec<Value>>())
        }
        serde_json::Value::Object(items) => Value::from(
            items
                .into_iter()
                .map(|(key, value)| (key, decoded(value)))
                .collect::<Values>(),
        ),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// As a part of a URL's query.
fn url(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            char::from(byte).to_string()
        }
        b' ' => String::from("+"),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// The rows of a table as maps by the names in its first row.
fn csv(args: &mut Args) -> Result<Value, String> {
    let text = args.text(0)?;
    let mut rows = text.lines().filter(|line| !line.is_empty()).map(fields);
    let names = rows.next().ok_or("the table has no first row")?;
    let row = |fields: Vec<String>| match fields.len() == names.len() {
        true => Ok(Value::from(
            names
                .iter()
                .cloned()
                .zip(fields.into_iter().map(Value::from))
                .collect::<Values>(),
        )),
        false => Err(String::from("a row has not as many fields as the first")),
    };
    Ok(Value::from(rows.map(row).collect::<Result<Vec<_>, _>>()?))
}

/// The fields of a line. `""` in quotes is one quote.
fn fields(line: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                all.last_mut().into_iter().for_each(|field| field.push('"'));
            }
            '"' => quoted = !quoted,
            ',' if !quoted => all.push(String::new()),
            c => all.last_mut().into_iter().for_each(|field| field.push(c)),
        }
    }
    all
}
