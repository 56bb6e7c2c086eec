//! Functions of texts.

use super::Effect::{Computes, Divides, Edits, Inserts};
use super::{Args, Row};
use crate::import::bake::place::{is_timed, lower};
use crate::import::bake::value::Value;
use crate::import::published::Text;

pub const ROWS: &[Row] = &[
    Row::new("basename", (1, 1), Computes, |args| map(args, base)),
    Row::new("chomp", (1, 1), Edits, |args| {
        map(args, |text| text.trim_end_matches(['\r', '\n']).to_owned())
    }),
    Row::new("dirname", (1, 1), Computes, |args| map(args, dir)),
    Row::new("endswith", (2, 2), Computes, |args| {
        Ok(Value::from(args.text(0)?.ends_with(&args.text(1)?)))
    }),
    Row::new("indent", (2, 2), Computes, |args| {
        let spaces = " ".repeat(args.count(0)?.min(10_000));
        Ok(Value::from(
            args.text(1)?.replace('\n', &format!("\n{spaces}")),
        ))
    }),
    Row::new("join", (2, super::ANY), Inserts, join),
    Row::new("lower", (1, 1), Inserts, lowered),
    Row::new("replace", (3, 3), Edits, |args| {
        let (text, from, to) = (args.text(0)?, args.text(1)?, args.text(2)?);
        Ok(Value::from(text.replace(&from, &to)))
    }),
    Row::new("reverse", (1, 1), Computes, reversed),
    Row::new("sanitize", (1, 1), Edits, |args| map(args, sanitized)),
    Row::new("split", (2, 2), Divides, split),
    Row::new("startswith", (2, 2), Computes, |args| {
        Ok(Value::from(args.text(0)?.starts_with(&args.text(1)?)))
    }),
    Row::new("strlen", (1, 1), Computes, |args| {
        Ok(Value::from(args.text(0)?.chars().count() as f64))
    }),
    Row::new("strrev", (1, 1), Computes, reversed),
    Row::new("substr", (3, 3), Edits, substr),
    Row::new("title", (1, 1), Edits, |args| map(args, title)),
    Row::new("trim", (2, 2), Edits, |args| {
        let cut: Vec<char> = args.text(1)?.chars().collect();
        map(args, |text| text.trim_matches(cut.as_slice()).to_owned())
    }),
    Row::new("trimprefix", (2, 2), Edits, |args| {
        let end = args.text(1)?;
        map(args, |text| {
            text.strip_prefix(&end).unwrap_or(text).to_owned()
        })
    }),
    Row::new("trimspace", (1, 1), Edits, |args| {
        map(args, |text| text.trim().to_owned())
    }),
    Row::new("trimsuffix", (2, 2), Edits, |args| {
        let end = args.text(1)?;
        map(args, |text| {
            text.strip_suffix(&end).unwrap_or(text).to_owned()
        })
    }),
    Row::new("upper", (1, 1), Edits, |args| map(args, str::to_uppercase)),
];

fn map(args: &Args, of: impl Fn(&str) -> String) -> Result<Value, String> {
    Ok(Value::from(of(&args.text(0)?)))
}

fn join(args: &mut Args) -> Result<Value, String> {
    let separator = args.pair(0)?;
    let mut out = Text::literal("");
    let mut is_first = true;
    for at in 1..args.all().len() {
        for item in args.list(at)? {
            if let Some(why) = item.unknown_part() {
                return Ok(Value::unknown(why));
            }
            let item = item
                .text()
                .ok_or("the list has items that are not strings")?;
            let parts = [Some(&separator).filter(|_| !is_first), Some(&item)];
            is_first = false;
            for part in parts.into_iter().flatten() {
                out.real.push_str(&part.real);
                out.pattern.push_str(&part.pattern);
            }
        }
    }
    Ok(Value::from(out))
}

/// Placeholders of variables have a form in lower case. Other placeholders keep theirs if it makes no difference.
fn lowered(args: &mut Args) -> Result<Value, String> {
    if let Some(why) = args.any(0)?.unknown_part() {
        return Ok(Value::unknown(why));
    }
    let text = args.pair(0)?;
    let real = text.real.to_lowercase();
    match lower(&text.pattern) {
        Some(pattern) => Ok(Value::from(Text { real, pattern })),
        None if is_timed(&text.pattern) => {
            Ok(Value::unknown("the time of the build is not in lower case"))
        }
        None if real == text.real => Ok(Value::from(text)),
        None => {
            let value = Value::from(text);
            args.decide(&value);
            Ok(Value::from(real))
        }
    }
}

fn reversed(args: &mut Args) -> Result<Value, String> {
    match args.any(0)?.list() {
        Some(items) => Ok(Value::from(
            items.iter().rev().cloned().collect::<Vec<Value>>(),
        )),
        None => map(args, |text| text.chars().rev().collect()),
    }
}

fn split(args: &mut Args) -> Result<Value, String> {
    let (separator, text) = (args.text(0)?, args.text(1)?);
    let parts: Vec<Value> = match separator.is_empty() {
        true => text.chars().map(|c| Value::from(c.to_string())).collect(),
        false => text.split(&separator).map(Value::from).collect(),
    };
    Ok(Value::from(parts))
}

/// A negative offset counts from the end; a negative length is the rest.
fn substr(args: &mut Args) -> Result<Value, String> {
    let text = args.text(0)?;
    let (offset, length) = (args.number(1)?, args.number(2)?);
    let all: Vec<char> = text.chars().collect();
    let start = match offset < 0.0 {
        true => all.len() as f64 + offset,
        false => offset,
    };
    let start = start.max(0.0) as usize;
    // From the end, nothing counts as everything in bake.
    let is_rest = length < 0.0 || (length == 0.0 && offset < 0.0);
    let count = match is_rest {
        true => all.len(),
        false => length as usize,
    };
    Ok(Value::from(
        all.into_iter().skip(start).take(count).collect::<String>(),
    ))
}

/// Every word begins with a capital.
fn title(text: &str) -> String {
    let mut before = ' ';
    let upper = |c: char| {
        let first = !(before.is_alphanumeric() || before == '_');
        before = c;
        match first {
            true => c.to_uppercase().collect::<String>(),
            false => c.to_string(),
        }
    };
    text.chars().map(upper).collect()
}

/// As Go's `path.Base`.
fn base(path: &str) -> String {
    let trimmed = path.trim_end_matches('/');
    match (path.is_empty(), trimmed.is_empty()) {
        (true, _) => String::from("."),
        (false, true) => String::from("/"),
        (false, false) => trimmed.rsplit('/').next().unwrap_or(trimmed).to_owned(),
    }
}

/// As Go's `path.Dir`.
fn dir(path: &str) -> String {
    let Some((folder, _)) = path.rsplit_once('/') else {
        return String::from(".");
    };
    let root = if path.starts_with('/') { "/" } else { "" };
    let parts = folder
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".");
    let folder = format!("{root}{}", parts.collect::<Vec<_>>().join("/"));
    match folder.is_empty() {
        true => String::from("."),
        false => folder,
    }
}

/// A name of a target.
fn sanitized(name: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    name.chars()
        .map(|c| if fits(c) { c } else { '_' })
        .collect()
}
