//! Conversions between types.

use super::Effect::Inserts;
use super::{Args, Row};
use crate::import::bake::value::{Data, Value};

pub const ROWS: &[Row] = &[
    Row::new("tobool", (1, 1), Inserts, |args| {
        let truth = args.truth(0)?;
        Ok(with(args, Data::Bool(truth)))
    }),
    Row::new("tolist", (1, 1), Inserts, |args| {
        Ok(Value::from(args.list(0)?.clone()))
    }),
    Row::new("tomap", (1, 1), Inserts, |args| {
        Ok(Value::from(args.map(0)?.clone()))
    }),
    Row::new("tonumber", (1, 1), Inserts, |args| {
        let number = args.number(0)?;
        Ok(with(args, Data::Number(number)))
    }),
    Row::new("tostring", (1, 1), Inserts, |args| {
        let text = args.text(0)?;
        Ok(with(args, Data::Text(text)))
    }),
];

/// The converted argument, with its placeholders if its text is the same.
fn with(args: &mut Args, data: Data) -> Value {
    let converted = Value::from(data);
    let Some(value) = args.all().first().cloned() else {
        return converted;
    };
    if value.real() == converted.real() {
        return Value {
            pattern: value.pattern,
            ..converted
        };
    }
    args.decide(&value);
    converted
}
