//! Functions of numbers and booleans.

use super::Effect::Computes;
use super::{Args, Row};
use crate::import::bake::exact::{computed, rounded, written};
use crate::import::bake::value::Value;
use crate::text::Shown;
use hcl::expr::BinaryOperator as Op;

pub const ROWS: &[Row] = &[
    Row::new("abs", (1, 1), Computes, |args| one(args, f64::abs)),
    Row::new("absolute", (1, 1), Computes, |args| one(args, f64::abs)),
    Row::new("add", (2, 2), Computes, |args| operated(args, Op::Plus)),
    Row::new("and", (2, 2), Computes, |args| {
        Ok(Value::from(args.truth(0)? && args.truth(1)?))
    }),
    Row::new("ceil", (1, 1), Computes, |args| one(args, f64::ceil)),
    Row::new("divide", (2, 2), Computes, |args| operated(args, Op::Div)),
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
    Row::new("modulo", (2, 2), Computes, |args| operated(args, Op::Mod)),
    Row::new("multiply", (2, 2), Computes, |args| operated(args, Op::Mul)),
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
        let number = i128::from_str_radix(&text, base);
        let number = number.map_err(|_| format!("`{}` is not a number", text.shown()))?;
        Ok(written(Some(number), 0.0))
    }),
    Row::new("pow", (2, 2), Computes, |args| two(args, f64::powf)),
    Row::new("signum", (1, 1), Computes, |args| {
        one(args, |a| if a == 0.0 { 0.0 } else { a.signum() })
    }),
    Row::new("subtract", (2, 2), Computes, |args| {
        operated(args, Op::Minus)
    }),
    Row::new("sum", (1, 1), Computes, |args| {
        let mut numbers = args.list(0)?.iter();
        numbers.try_fold(Value::from(0.0), |sum, one| computed(Op::Plus, &sum, one))
    }),
];

fn one(args: &Args, of: fn(f64) -> f64) -> Result<Value, String> {
    finite(of(args.number(0)?))
}

fn two(args: &Args, of: fn(f64, f64) -> f64) -> Result<Value, String> {
    rounded(of(args.number(0)?, args.number(1)?))
}

fn operated(args: &Args, operator: Op) -> Result<Value, String> {
    computed(operator, args.any(0)?, args.any(1)?)
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
