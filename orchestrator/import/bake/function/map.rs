//! Functions of maps.

use super::Effect::{Computes, Inserts, Picks};
use super::Row;
use crate::import::bake::value::{Data, Value, Values, sorted};

pub const ROWS: &[Row] = &[
    Row::new("hasindex", (2, 2), Computes, |args| {
        let found = match &args.any(0)?.data {
            Data::Map(items) => items.contains_key(&args.text(1)?),
            Data::List(items) => args.count(1).is_ok_and(|at| at < items.len()),
            _ => false,
        };
        Ok(Value::from(found))
    }),
    Row::new("index", (2, 2), Picks, |args| {
        let value = args.any(0)?;
        let found = match &value.data {
            Data::Map(items) => items.get(&args.text(1)?),
            Data::List(items) => items.get(args.count(1)?),
            _ => None,
        };
        let missing = || format!("{} has no such item", value.kind());
        found.cloned().ok_or_else(missing)
    }),
    Row::new("keys", (1, 1), Inserts, |args| {
        let keys = sorted(args.map(0)?).into_iter();
        let keys = keys.map(|(key, _)| Value::from(key.as_str()));
        Ok(Value::from(keys.collect::<Vec<Value>>()))
    }),
    Row::new("lookup", (2, 3), Picks, |args| {
        let found = args.map(0)?.get(&args.text(1)?).cloned();
        let default = args.any(2).ok().cloned();
        found
            .or(default)
            .ok_or_else(|| String::from("the map has no such key"))
    }),
    Row::new("merge", (1, super::ANY), Inserts, |args| {
        let mut all = Values::new();
        for at in 0..args.all().len() {
            if !args.any(at)?.is_null() {
                all.extend(args.map(at)?.clone());
            }
        }
        Ok(Value::from(all))
    }),
    Row::new("values", (1, 1), Inserts, |args| {
        let values = sorted(args.map(0)?).into_iter();
        let values = values.map(|(_, value)| value.clone());
        Ok(Value::from(values.collect::<Vec<Value>>()))
    }),
    Row::new("zipmap", (2, 2), Inserts, |args| {
        let (keys, values) = (args.texts(0)?, args.list(1)?);
        match keys.len() == values.len() {
            true => Ok(Value::from(
                keys.into_iter()
                    .zip(values.iter().cloned())
                    .collect::<Values>(),
            )),
            false => Err(format!("{} keys, but {} values", keys.len(), values.len())),
        }
    }),
];
