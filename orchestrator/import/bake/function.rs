//! The functions that bake files use most. A value that calls any other function is left out.

use super::value;
use hcl::Value;
use hcl::eval::{Context, Func, FuncArgs, FuncDef, ParamType};

/// Declares the functions.
pub(super) fn declare(context: &mut Context<'_>) {
    let text = || ParamType::String;
    let texts = |count: usize| std::iter::repeat_n(ParamType::String, count);
    let fixed: [(&str, usize, Func); 8] = [
        ("lower", 1, |args| map(&args, str::to_lowercase)),
        ("upper", 1, |args| map(&args, str::to_uppercase)),
        ("trimspace", 1, |args| {
            map(&args, |text| text.trim().to_owned())
        }),
        ("replace", 3, |args| {
            Ok(Value::from(
                string(&args, 0)?.replace(string(&args, 1)?, string(&args, 2)?),
            ))
        }),
        ("trimprefix", 2, |args| {
            trimmed(&args, |text, end| text.strip_prefix(end))
        }),
        ("trimsuffix", 2, |args| {
            trimmed(&args, |text, end| text.strip_suffix(end))
        }),
        ("split", 2, |args| {
            Ok(string(&args, 1)?
                .split(string(&args, 0)?)
                .map(|part| Value::from(part.to_owned()))
                .collect())
        }),
        ("strlen", 1, |args| {
            Ok(Value::from(string(&args, 0)?.chars().count() as u64))
        }),
    ];
    for (name, count, function) in fixed {
        context.declare_func(
            name,
            FuncDef::builder().params(texts(count)).build(function),
        );
    }
    let any = || FuncDef::builder().params([ParamType::Any, ParamType::Any]);
    context.declare_func(
        "equal",
        any().build(|args| Ok(Value::Bool(args.first() == args.get(1)))),
    );
    context.declare_func(
        "notequal",
        any().build(|args| Ok(Value::Bool(args.first() != args.get(1)))),
    );
    context.declare_func(
        "join",
        FuncDef::builder()
            .params([text(), ParamType::Any])
            .build(join),
    );
    context.declare_func(
        "concat",
        FuncDef::builder()
            .variadic_param(ParamType::Any)
            .build(concat),
    );
}

/// The estimated result size of a call, from the weights of its arguments.
pub(super) fn weight(name: &str, args: &[u64]) -> u64 {
    match name {
        // A separator per item, a replacement per letter.
        "join" | "replace" | "split" => args
            .iter()
            .fold(1u64, |product, weight| product.saturating_mul(*weight)),
        _ => args
            .iter()
            .fold(8u64, |sum, weight| sum.saturating_add(*weight)),
    }
}

fn string(args: &FuncArgs, at: usize) -> Result<&str, String> {
    args.get(at)
        .and_then(Value::as_str)
        .ok_or_else(|| String::from("a string argument is missing"))
}

fn map(args: &FuncArgs, of: impl Fn(&str) -> String) -> Result<Value, String> {
    Ok(Value::from(of(string(args, 0)?)))
}

fn trimmed(
    args: &FuncArgs,
    of: impl for<'a> Fn(&'a str, &str) -> Option<&'a str>,
) -> Result<Value, String> {
    let text = string(args, 0)?;
    Ok(Value::from(
        of(text, string(args, 1)?).unwrap_or(text).to_owned(),
    ))
}

fn join(args: FuncArgs) -> Result<Value, String> {
    let items = args
        .get(1)
        .and_then(Value::as_array)
        .ok_or("a list argument is missing")?;
    let items = items
        .iter()
        .map(value::text)
        .collect::<Option<Vec<String>>>()
        .ok_or("the list has items that are not strings")?;
    Ok(Value::from(items.join(string(&args, 0)?)))
}

fn concat(args: FuncArgs) -> Result<Value, String> {
    let lists = args.into_values().into_iter().map(|value| match value {
        Value::Array(items) => Ok(items),
        _ => Err(String::from("a list argument is missing")),
    });
    Ok(Value::Array(
        lists
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .flatten()
            .collect(),
    ))
}
