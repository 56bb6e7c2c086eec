//! Functions of time. The time of a run is a placeholder, `{now:…}`; an import itself reads no clock.

use super::Effect::{Computes, Inserts};
use super::{Args, Row};
use crate::import::bake::place::{NOW, depends_on_time};
use crate::import::bake::value::Value;
use crate::import::published::Text;
use crate::text::Shown;
use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ZonedDateTime};

pub const ROWS: &[Row] = &[
    Row::new("formatdate", (2, 2), Inserts, formatdate),
    Row::new("timeadd", (2, 2), Computes, |args| {
        let time = parsed(&args.text(0)?)?;
        let text = args.text(1)?;
        let span: SignedDuration = text
            .parse()
            .map_err(|_| "the duration is not like `1h30m`")?;
        let time = time.timestamp().checked_add(span);
        let time = time.map_err(|_| "the time is too far away")?;
        Ok(Value::from(written(
            &time.to_zoned_datetime(TimeZone::UTC),
            "%Y-%m-%dT%H:%M:%SZ",
        )?))
    }),
    Row::new("timestamp", (0, 0), Inserts, |_| {
        // A manifest is verified with the time at which time begins.
        let epoch = Timestamp::default().to_zoned_datetime(TimeZone::UTC);
        Ok(Value::from(Text {
            real: written(&epoch, "%Y-%m-%dT%H:%M:%SZ")?,
            pattern: String::from(NOW),
        }))
    }),
];

/// What go-cty's letters are in `strftime`, the longest first.
const LETTERS: [(&str, &str); 20] = [
    ("YYYY", "%Y"),
    ("YY", "%y"),
    ("MMMM", "%B"),
    ("MMM", "%b"),
    ("MM", "%m"),
    ("M", "%-m"),
    ("DD", "%d"),
    ("D", "%-d"),
    ("EEEE", "%A"),
    ("EEE", "%a"),
    ("HH", "%I"),
    ("H", "%-I"),
    ("hh", "%H"),
    ("h", "%-H"),
    ("mm", "%M"),
    ("m", "%-M"),
    ("ss", "%S"),
    ("s", "%-S"),
    ("AA", "%p"),
    ("aa", "%P"),
];

fn formatdate(args: &mut Args) -> Result<Value, String> {
    for at in 0..2 {
        if let Some(why) = args.any(at)?.unknown_part() {
            return Ok(Value::unknown(why));
        }
    }
    let spec = args.text(0)?;
    let time = parsed(&args.text(1)?)?;
    let format = strftime(&spec, &time)?;
    let real = written(&time, &format)?;
    let value = args.any(1)?.clone();
    match value.pattern.as_deref() {
        Some(NOW) if !format.replace("%%", "").contains('%') => Ok(Value::from(real)),
        Some(NOW) if !format.contains(['{', '}', '"']) => Ok(Value::from(Text {
            real,
            pattern: format!("{{now:{format}}}"),
        })),
        _ if depends_on_time(&value) => Ok(Value::unknown("it depends on the time of the build")),
        _ => {
            args.decide(&value);
            args.decide(&args.any(0)?.clone());
            Ok(Value::from(real))
        }
    }
}

/// The format for `strftime`.
fn strftime(spec: &str, time: &ZonedDateTime) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = spec;
    while let Some(first) = rest.chars().next() {
        if let Some((letters, format)) = LETTERS.iter().find(|(all, _)| rest.starts_with(all)) {
            out.push_str(format);
            rest = &rest[letters.len()..];
        } else if let Some(quoted) = rest.strip_prefix('\'') {
            let (text, after) = quoted.split_once('\'').ok_or("a quote is not closed")?;
            out.push_str(&text.replace('%', "%%"));
            rest = after;
        } else if first == 'Z' {
            let zone = rest.len() - rest.trim_start_matches('Z').len();
            out.push_str(&offset(zone, time));
            rest = &rest[zone..];
        } else if first.is_ascii_alphabetic() {
            return Err(format!("`{first}` is not a part of a date"));
        } else {
            out.push_str(&first.to_string().replace('%', "%%"));
            rest = &rest[first.len_utf8()..];
        }
    }
    Ok(out)
}

/// The offset from UTC, in the form that so many letters ask for.
fn offset(letters: usize, time: &ZonedDateTime) -> String {
    let utc = time.offset().is_zero();
    match letters {
        1 if utc => String::from("Z"),
        3 if utc => String::from("UTC"),
        3 | 4 => String::from("%z"),
        _ => String::from("%:z"),
    }
}

/// A time as RFC 3339 writes it, with its offset.
fn parsed(text: &str) -> Result<ZonedDateTime, String> {
    let wrong = || format!("`{}` is not a time as in RFC 3339", text.shown());
    let parts = strtime::parse("%Y-%m-%dT%H:%M:%S%:z", text.replace('Z', "+00:00"));
    let parts = parts.map_err(|_| wrong())?;
    let zone = parts.offset().ok_or_else(wrong)?.to_time_zone();
    let civil: DateTime = parts.to_datetime().map_err(|_| wrong())?;
    civil.to_zoned_datetime(zone).map_err(|_| wrong())
}

fn written(time: &ZonedDateTime, format: &str) -> Result<String, String> {
    strtime::format(format, time).map_err(|_| String::from("the time cannot be written"))
}
