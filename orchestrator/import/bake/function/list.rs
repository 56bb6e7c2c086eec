//! Functions of lists.

use super::Effect::{Chooses, Computes, Inserts, Picks};
use super::{Args, Row};
use crate::import::bake::value::{Data, Value};

pub const ROWS: &[Row] = &[
    Row::new("chunklist", (2, 2), Picks, |args| {
        let size = args.count(1)?.max(1);
        let chunks = args.list(0)?.chunks(size);
        let chunks = chunks.map(|chunk| Value::from(chunk.to_vec()));
        Ok(Value::from(chunks.collect::<Vec<Value>>()))
    }),
    Row::new("coalesce", (1, super::ANY), Inserts, coalesce),
    Row::new("coalescelist", (1, super::ANY), Inserts, |args| {
        let mut lists = args.all().iter();
        let filled = |value: &&Value| value.list().is_some_and(|items| !items.is_empty());
        let found = lists.find(filled);
        found
            .cloned()
            .ok_or_else(|| String::from("every list is empty"))
    }),
    Row::new("compact", (1, 1), Chooses, |args| {
        let kept = args.list(0)?.iter();
        let kept = kept.filter(|item| !item.is_null() && item.data != Data::Text(String::new()));
        Ok(Value::from(kept.cloned().collect::<Vec<Value>>()))
    }),
    Row::new("concat", (1, super::ANY), Inserts, |args| {
        let mut all = Vec::new();
        for at in 0..args.all().len() {
            match &args.any(at)?.data {
                // What is not known stays in the list as one item that is not known.
                Data::Unknown(why) => all.push(Value::unknown(why.as_str())),
                _ => all.extend(args.list(at)?.iter().cloned()),
            }
        }
        Ok(Value::from(all))
    }),
    Row::new("contains", (2, 2), Computes, |args| {
        Ok(Value::from(args.list(0)?.contains(args.any(1)?)))
    }),
    Row::new("distinct", (1, 1), Inserts, |args| {
        let mut all: Vec<Value> = Vec::new();
        for item in args.list(0)? {
            if !all.contains(item) {
                all.push(item.clone());
            }
        }
        Ok(Value::from(all))
    }),
    Row::new("element", (2, 2), Picks, |args| {
        let (items, at) = (args.list(0)?, args.number(1)?);
        let count = items.len() as f64;
        let found = items.get(at.rem_euclid(count) as usize);
        found
            .cloned()
            .ok_or_else(|| String::from("the list is empty"))
    }),
    Row::new("flatten", (1, 1), Inserts, |args| {
        let mut all = Vec::new();
        flatten(args.list(0)?, &mut all);
        Ok(Value::from(all))
    }),
    Row::new("indexof", (2, 2), Computes, |args| {
        let wanted = args.any(1)?;
        let at = args.list(0)?.iter().position(|item| item == wanted);
        at.map(|at| Value::from(at as f64))
            .ok_or_else(|| String::from("the list has no such item"))
    }),
    Row::new("length", (1, 1), Inserts, |args| {
        let value = args.any(0)?;
        let count = match &value.data {
            Data::List(items) => items.len(),
            Data::Map(items) => items.len(),
            Data::Unknown(why) => return Ok(Value::unknown(why.as_str())),
            _ => return Err(format!("{} has no length", value.kind())),
        };
        Ok(Value::from(count as f64))
    }),
    Row::new("range", (1, 3), Computes, range),
    Row::new("reverselist", (1, 1), Inserts, |args| {
        let items = args.list(0)?.iter().rev();
        Ok(Value::from(items.cloned().collect::<Vec<Value>>()))
    }),
    Row::new("slice", (2, 3), Picks, |args| {
        let items = args.list(0)?;
        let start = args.count(1)?;
        let end = if args.has(2) {
            args.count(2)?
        } else {
            items.len()
        };
        let part = items.get(start..end);
        let wrong = || {
            format!(
                "a list of {} items has no part {start} to {end}",
                items.len()
            )
        };
        Ok(Value::from(part.ok_or_else(wrong)?.to_vec()))
    }),
    Row::new("sort", (1, 1), Inserts, |args| {
        args.texts(0)?;
        let mut items = args.list(0)?.clone();
        items.sort_by_key(Value::real);
        Ok(Value::from(items))
    }),
];

/// The most items of a range.
const MOST: usize = 10_000;

/// The first argument that is not null.
fn coalesce(args: &mut Args) -> Result<Value, String> {
    let all = args.all().to_vec();
    for value in all {
        if !value.is_null() {
            return Ok(value);
        }
        args.decide(&value);
    }
    Err(String::from("every argument is null"))
}

fn flatten(items: &[Value], all: &mut Vec<Value>) {
    for item in items {
        match item.list() {
            Some(inner) => flatten(inner, all),
            None => all.push(item.clone()),
        }
    }
}

fn range(args: &mut Args) -> Result<Value, String> {
    let (start, end) = match args.has(1) {
        true => (args.number(0)?, args.number(1)?),
        false => (0.0, args.number(0)?),
    };
    let towards = if end < start { -1.0 } else { 1.0 };
    let step = if args.has(2) {
        args.number(2)?
    } else {
        towards
    };
    if step == 0.0 || (end - start) * step < 0.0 {
        return Err(String::from(
            "the step does not lead from the start to the end",
        ));
    }
    let count = ((end - start) / step).ceil() as usize;
    match count > MOST {
        true => Err(format!("the range has more than {MOST} items")),
        false => Ok(Value::from(
            (0..count)
                .map(|at| Value::from(start + step * at as f64))
                .collect::<Vec<Value>>(),
        )),
    }
}
