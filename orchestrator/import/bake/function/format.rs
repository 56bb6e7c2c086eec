//! `format` and `formatlist`: the verbs of go-cty.

use super::Effect::Inserts;
use super::{Args, Row};
use crate::import::bake::function::encode::json;
use crate::import::bake::place::{depends_on_time, plain};
use crate::import::bake::value::Value;
use crate::import::published::Text;
use std::collections::BTreeSet;

pub const ROWS: &[Row] = &[
    Row::new("format", (1, super::ANY), Inserts, format),
    Row::new("formatlist", (1, super::ANY), Inserts, formatlist),
];

/// The widest field.
const WIDEST: usize = 1024;

fn format(args: &mut Args) -> Result<Value, String> {
    let spec = args.pair(0)?;
    let rest = args.all()[1..].to_vec();
    formatted(args, &spec, &rest)
}

/// Formats each item of the lists; what is not a list is the same for each.
fn formatlist(args: &mut Args) -> Result<Value, String> {
    let all = args.all().to_vec();
    let lists = all.iter().filter_map(Value::list);
    let lengths: BTreeSet<usize> = lists.map(Vec::len).collect();
    if lengths.len() > 1 {
        return Err(String::from("the lists have different lengths"));
    }
    let Some(length) = lengths.first().copied() else {
        return Ok(Value::from(vec![format(args)?]));
    };
    let mut out = Vec::new();
    for at in 0..length {
        let item = |value: &Value| match value.list() {
            Some(items) => items.get(at).cloned().unwrap_or_else(Value::null),
            None => value.clone(),
        };
        let row: Vec<Value> = all.iter().map(item).collect();
        let (spec, rest) = row.split_first().ok_or("argument 1 is missing")?;
        let spec = spec.text().ok_or("argument 1 is not a string")?;
        out.push(formatted(args, &spec, rest)?);
    }
    Ok(Value::from(out))
}

/// Formats twice: the text with the values, and the pattern with their patterns.
fn formatted(args: &mut Args, spec: &Text, values: &[Value]) -> Result<Value, String> {
    let unknown = values.iter().find_map(Value::unknown_part);
    if let Some(why) = unknown {
        return Ok(Value::unknown(why));
    }
    let (real, used) = run(&spec.real, values, |_, text| Ok(text))?;
    if used < values.len() {
        let count = values.len();
        return Err(format!(
            "it has {count} arguments, and the format uses {used}"
        ));
    }
    let mut timed = false;
    let pattern = run(&spec.pattern, values, |value, text| {
        if let Some(known) = value.text().filter(|known| known.real == text) {
            return Ok(known.pattern);
        }
        timed |= depends_on_time(value);
        args.decide(value);
        Ok(plain(&text))
    });
    match pattern {
        _ if timed => Ok(Value::unknown("it depends on the time of the build")),
        Ok((pattern, _)) => Ok(Value::from(Text { real, pattern })),
        // The value of a variable contains verbs.
        Err(_) => {
            args.decide(&Value::from(spec.clone()));
            Ok(Value::from(real))
        }
    }
}

/// The format with values in place of its verbs, and how many values it uses.
fn run(
    spec: &str,
    values: &[Value],
    mut insert: impl FnMut(&Value, String) -> Result<String, String>,
) -> Result<(String, usize), String> {
    let mut out = String::new();
    let (mut at, mut used) = (0, 0);
    let mut rest = spec;
    while let Some(found) = rest.find(['%', '{']) {
        out.push_str(&rest[..found]);
        rest = &rest[found..];
        // What is in braces is a placeholder, or a brace in the text; neither has verbs.
        if let Some(end) = rest.find('}').filter(|_| rest.starts_with("{now:")) {
            out.push_str(&rest[..=end]);
            rest = &rest[end + 1..];
            continue;
        }
        let Some(after) = rest.strip_prefix('%') else {
            out.push('{');
            rest = &rest[1..];
            continue;
        };
        let (verb, after) = Verb::read(after)?;
        rest = after;
        if verb.kind == '%' {
            out.push('%');
            continue;
        }
        let which = verb.index.unwrap_or(at);
        at = which + 1;
        used = used.max(at);
        let value = values.get(which);
        let value = value.ok_or_else(|| format!("argument {} is missing", which + 2))?;
        out.push_str(&insert(value, verb.text(value)?)?);
    }
    out.push_str(rest);
    Ok((out, used))
}

/// `%[1]-05.2f`
struct Verb {
    plus: bool,
    minus: bool,
    zero: bool,
    sharp: bool,
    width: Option<usize>,
    precision: Option<usize>,
    index: Option<usize>,
    kind: char,
}

impl Verb {
    /// Reads what follows `%`, and returns the rest.
    fn read(text: &str) -> Result<(Self, &str), String> {
        let mut verb = Verb {
            plus: false,
            minus: false,
            zero: false,
            sharp: false,
            width: None,
            precision: None,
            index: None,
            kind: '%',
        };
        let mut rest = text;
        while let Some(after) = rest.strip_prefix(['+', '-', '0', '#', ' ']) {
            verb.plus |= rest.starts_with('+');
            verb.minus |= rest.starts_with('-');
            verb.zero |= rest.starts_with('0');
            verb.sharp |= rest.starts_with('#');
            rest = after;
        }
        (verb.width, rest) = digits(rest);
        if let Some(after) = rest.strip_prefix('.') {
            let (precision, after) = digits(after);
            (verb.precision, rest) = (Some(precision.unwrap_or(0)), after);
        }
        if let Some(after) = rest.strip_prefix('[') {
            let (index, after) = digits(after);
            let after = after
                .strip_prefix(']')
                .ok_or("a verb has `[` without `]`")?;
            let index = index.and_then(|index| index.checked_sub(1));
            verb.index = Some(index.ok_or("the index of a verb is not a number from 1 on")?);
            rest = after;
        }
        verb.kind = rest.chars().next().ok_or("the format ends with `%`")?;
        if verb.width.max(verb.precision) > Some(WIDEST) {
            return Err(format!("a field is wider than {WIDEST}"));
        }
        let after = &rest[verb.kind.len_utf8()..];
        Ok((verb, after))
    }

    fn text(&self, value: &Value) -> Result<String, String> {
        let wrong = |wanted: &str| format!("`%{}` takes {wanted}, not {}", self.kind, value.kind());
        let number = || value.number().ok_or_else(|| wrong("a number"));
        let whole = || number().map(|number| number.trunc() as i64);
        let text = match self.kind {
            'v' if self.sharp => json(value)?,
            'v' => value.real().map_or_else(|| json(value), Ok)?,
            's' => self.cut(value.real().ok_or_else(|| wrong("a string"))?),
            'q' => json(&Value::from(value.real().ok_or_else(|| wrong("a string"))?))?,
            't' => value.truth().ok_or_else(|| wrong("a boolean"))?.to_string(),
            'd' => self.signed(whole()?.to_string()),
            'b' => format!("{:b}", whole()?),
            'o' => format!("{:o}", whole()?),
            'x' => format!("{:x}", whole()?),
            'X' => format!("{:X}", whole()?),
            'f' => self.signed(format!("{:.*}", self.precision.unwrap_or(6), number()?)),
            'e' => exponent(number()?, self.precision.unwrap_or(6)),
            'g' => number()?.to_string(),
            other => return Err(format!("the verb `%{other}` is unknown")),
        };
        Ok(self.padded(text))
    }

    fn cut(&self, text: String) -> String {
        match self.precision {
            Some(most) => text.chars().take(most).collect(),
            None => text,
        }
    }

    fn signed(&self, text: String) -> String {
        match self.plus && !text.starts_with('-') {
            true => format!("+{text}"),
            false => text,
        }
    }

    fn padded(&self, text: String) -> String {
        let missing = self.width.unwrap_or(0).saturating_sub(text.chars().count());
        match (self.minus, self.zero && self.kind != 's') {
            (true, _) => text + &" ".repeat(missing),
            (false, false) => " ".repeat(missing) + &text,
            (false, true) => {
                let (sign, digits) = text.split_at(usize::from(text.starts_with(['+', '-'])));
                format!("{sign}{}{digits}", "0".repeat(missing))
            }
        }
    }
}

/// `1.500000e+03`, as Go writes it.
fn exponent(number: f64, precision: usize) -> String {
    let text = format!("{number:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    format!("{mantissa}e{sign}{digits:0>2}")
}

fn digits(text: &str) -> (Option<usize>, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    (text[..end].parse().ok(), &text[end..])
}
