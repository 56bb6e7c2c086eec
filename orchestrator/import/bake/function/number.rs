//! Functions of numbers and booleans.

use super::Effect::Computes;
use super::{Args, Row};
use crate::import::bake::value::Value;
use crate::text::Shown;

pub const ROWS: &[Row] = &[
    Row::new("abs", (1, 1), Computes, |args| one(args, f64::abs)),
    Row::new("absolute", (1, 1), Computes, |args| one(args, f64::abs)),
    Row::new("add", (2, 2), Computes, |args| two(args, |a, b| a + b)),
    Row::new("and", (2, 2), Computes, |args| {
        Ok(Value::from(args.truth(0)? && args.truth(1)?))
    }),
    Row::new("ceil", (1, 1), Computes, |args| one(args, f64::ceil)),
    Row::new("divide", (2, 2), Computes, |args| two(args, |a, b| a / b)),
    Row::new("equal", (2, 2), Computes, |args| {
        Ok(Value::from(args.any(0)? == args.any(1)?))
    }),
    Row::new("floor", (1, 1), Computes, |args| one(args, f64::floor)),
    Row::new("greaterthan", (2, 2), Computes, |args| {
        holds(args, |a, b| a > b)
    }),
    Row::new("greaterthanorequalto", (2, 2), Computes, |args| {
        holds(args, |a, b| a >= b)
    }),
    Row::new("int", (1, 1), Computes, |args| one(args, f64::trunc)),
    Row::new("lessthan", (2, 2), Computes, |args| {
        holds(args, |a, b| a < b)
    }),
    Row::new("lessthanorequalto", (2, 2), Computes, |args| {
        holds(args, |a, b| a <= b)
    }),
    Row::new("log", (2, 2), Computes, |args| two(args, f64::log)),
    Row::new("max", (1, super::ANY), Computes, |args| {
        fold(args, f64::max)
    }),
    Row::new("min", (1, super::ANY), Computes, |args| {
        fold(args, f64::min)
    }),
    Row::new("modulo", (2, 2), Computes, |args| two(args, |a, b| a % b)),
    Row::new("multiply", (2, 2), Computes, |args| two(args, |a, b| a * b)),
    Row::new("negate", (1, 1), Computes, |args| one(args, |a| -a)),
    Row::new("not", (1, 1), Computes, |args| {
        Ok(Value::from(!args.truth(0)?))
    }),
    Row::new("notequal", (2, 2), Computes, |args| {
        Ok(Value::from(args.any(0)? != args.any(1)?))
    }),
    Row::new("or", (2, 2), Computes, |args| {
        Ok(Value::from(args.truth(0)? || args.truth(1)?))
    }),
    Row::new("parseint", (2, 2), Computes, |args| {
        let (text, base) = (args.text(0)?, args.count(1)?);
        let base = u32::try_from(base)
            .ok()
            .filter(|base| (2..=36).contains(base));
        let base = base.ok_or("the base is not between 2 and 36")?;
        let number = i64::from_str_radix(&text, base);
        let number = number.map_err(|_| format!("`{}` is not a number", text.shown()))?;
        Ok(Value::from(number as f64))
    }),
    Row::new("pow", (2, 2), Computes, |args| two(args, f64::powf)),
    Row::new("signum", (1, 1), Computes, |args| {
        one(args, |a| if a == 0.0 { 0.0 } else { a.signum() })
    }),
    Row::new("subtract", (2, 2), Computes, |args| two(args, |a, b| a - b)),
    Row::new("sum", (1, 1), Computes, |args| {
        let numbers = args.list(0)?.iter().map(Value::number);
        let sum = numbers.sum::<Option<f64>>();
        finite(sum.ok_or("the list has items that are not numbers")?)
    }),
];

fn one(args: &Args, of: fn(f64) -> f64) -> Result<Value, String> {
    finite(of(args.number(0)?))
}

fn two(args: &Args, of: fn(f64, f64) -> f64) -> Result<Value, String> {
    finite(of(args.number(0)?, args.number(1)?))
}

fn holds(args: &Args, of: fn(f64, f64) -> bool) -> Result<Value, String> {
    Ok(Value::from(of(args.number(0)?, args.number(1)?)))
}

fn fold(args: &Args, of: fn(f64, f64) -> f64) -> Result<Value, String> {
    let mut result = args.number(0)?;
    for at in 1..args.all().len() {
        result = of(result, args.number(at)?);
    }
    finite(result)
}

fn finite(number: f64) -> Result<Value, String> {
    match number.is_finite() {
        true => Ok(Value::from(number)),
        false => Err(String::from(
            "it divides by zero, or its result is too large",
        )),
    }
}
