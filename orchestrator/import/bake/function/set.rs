//! Functions of sets: lists in which each item is once, sorted.

use super::Effect::{Chooses, Computes, Inserts};
use super::{Args, Row};
use crate::import::bake::value::Value;

pub const ROWS: &[Row] = &[
    Row::new("sethaselement", (2, 2), Computes, |args| {
        Ok(Value::from(args.list(0)?.contains(args.any(1)?)))
    }),
    Row::new("setintersection", (1, super::ANY), Chooses, |args| {
        combined(args, |has| has.iter().all(|has| *has))
    }),
    Row::new("setproduct", (1, super::ANY), Inserts, product),
    Row::new("setsubtract", (2, 2), Chooses, |args| {
        combined(args, |has| has == [true, false])
    }),
    Row::new("setsymmetricdifference", (1, super::ANY), Chooses, |args| {
        combined(args, |has| has.iter().filter(|has| **has).count() % 2 == 1)
    }),
    Row::new("setunion", (1, super::ANY), Inserts, |args| {
        combined(args, |_| true)
    }),
    Row::new("toset", (1, 1), Inserts, |args| combined(args, |_| true)),
];

/// The most items of a product.
const MOST: usize = 10_000;

/// The items of all sets for which `holds` says so; it is given whether each of the sets has the item.
fn combined(args: &Args, holds: fn(&[bool]) -> bool) -> Result<Value, String> {
    let lists = (0..args.all().len()).map(|at| args.list(at));
    let lists = lists.collect::<Result<Vec<_>, _>>()?;
    if lists.iter().map(|items| items.len()).sum::<usize>() > MOST {
        return Err(format!("the sets have more than {MOST} items"));
    }
    let mut all: Vec<Value> = Vec::new();
    for item in lists.iter().flat_map(|items| items.iter()) {
        let has: Vec<bool> = lists.iter().map(|items| items.contains(item)).collect();
        if holds(&has) && !all.contains(item) {
            all.push(item.clone());
        }
    }
    all.sort_by_key(Value::real);
    Ok(Value::from(all))
}

fn product(args: &mut Args) -> Result<Value, String> {
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for at in 0..args.all().len() {
        let items = args.list(at)?;
        if rows.len().saturating_mul(items.len()) > MOST {
            return Err(format!("the product has more than {MOST} items"));
        }
        let with = |row: &Vec<Value>, item: &Value| {
            let mut row = row.clone();
            row.push(item.clone());
            row
        };
        rows = rows
            .iter()
            .flat_map(|row| items.iter().map(move |item| with(row, item)))
            .collect();
    }
    Ok(Value::from(
        rows.into_iter().map(Value::from).collect::<Vec<Value>>(),
    ))
}
