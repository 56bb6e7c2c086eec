//! Functions with regular expressions.

use super::Effect::{Computes, Edits};
use super::syntax::translated;
use super::{Args, Row};
use crate::import::bake::value::{Value, Values};
use crate::text::Shown;
use regex::{Captures, Regex, RegexBuilder};
use std::cell::RefCell;
use std::collections::HashMap;

pub const ROWS: &[Row] = &[
    Row::new("regex", (2, 2), Computes, |args| {
        let (pattern, text) = (compiled(args, 0)?, args.text(1)?);
        let found = pattern.captures(&text);
        let found = found.ok_or("the pattern does not match")?;
        Ok(captured(&pattern, &found))
    }),
    Row::new("regex_replace", (3, 3), Edits, |args| {
        let (text, pattern) = (args.text(0)?, compiled(args, 1)?);
        let new = pattern.replace_all(&text, args.text(2)?);
        Ok(Value::from(new.into_owned()))
    }),
    Row::new("regexall", (2, 2), Computes, |args| {
        let (pattern, text) = (compiled(args, 0)?, args.text(1)?);
        let all = pattern.captures_iter(&text);
        Ok(Value::from(
            all.map(|found| captured(&pattern, &found))
                .collect::<Vec<Value>>(),
        ))
    }),
];

/// The largest compiled expression, in bytes.
const LARGEST: usize = 1 << 20;

/// The first of these texts that matches an expression.
pub fn matching(pattern: &Value, texts: &[&str]) -> Option<String> {
    let pattern = expression(&pattern.real()?).ok()?;
    let found = texts.iter().find(|text| pattern.is_match(text));
    found.map(|text| (*text).to_owned())
}

fn compiled(args: &Args, at: usize) -> Result<Regex, String> {
    expression(&args.text(at)?)
}

/// How many compiled expressions are kept.
const MOST: usize = 64;

thread_local! {
    /// The expressions so far: a file is evaluated again and again, and compiling takes longer than matching.
    static COMPILED: RefCell<HashMap<String, Regex>> = RefCell::default();
}

fn expression(pattern: &str) -> Result<Regex, String> {
    let known = COMPILED.with_borrow(|all| all.get(pattern).cloned());
    if let Some(known) = known {
        return Ok(known);
    }
    let refused = || format!("`{}` is not a regular expression", pattern.shown());
    let own = translated(pattern).ok_or_else(refused)?;
    let built = RegexBuilder::new(&own).size_limit(LARGEST).build();
    let built = built.map_err(|_| refused())?;
    COMPILED.with_borrow_mut(|all| {
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(pattern.to_owned(), built.clone());
    });
    Ok(built)
}

/// The whole match, a list of its groups, or a map where groups have names.
fn captured(pattern: &Regex, found: &Captures) -> Value {
    let group = |at: usize| {
        found
            .get(at)
            .map_or_else(Value::null, |group| Value::from(group.as_str()))
    };
    let named: Values = pattern
        .capture_names()
        .enumerate()
        .filter_map(|(at, name)| Some((name?.to_owned(), group(at))))
        .collect();
    match pattern.captures_len() {
        _ if !named.is_empty() => Value::from(named),
        1 => group(0),
        count => Value::from((1..count).map(group).collect::<Vec<Value>>()),
    }
}
