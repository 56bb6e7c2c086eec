//! HEALTHCHECK: its type, its command, and the times of its flags.

use super::lists::{Json, json, mixed};
use super::{FLAG, Parsing};
use crate::dockerfile::Fault;
use crate::dockerfile::flag::Flag;
use crate::text::{Shown, did_you_mean};

const KINDS: [&str; 2] = ["CMD", "NONE"];

pub(super) fn check(all: &Parsing<'_>) -> Result<(), Fault> {
    all.has_arguments()?;
    let rest = all.rest();
    let kind = rest.split_whitespace().next().unwrap_or_default();
    let command = rest[kind.len()..].trim();
    match kind.to_ascii_uppercase().as_str() {
        "NONE" if command.is_empty() => {}
        "NONE" => {
            let fault = all.fault("HEALTHCHECK NONE takes no arguments", command);
            return Err(fault.help("write only `HEALTHCHECK NONE`"));
        }
        "CMD" => match json(command) {
            Json::Strings(list) if !list.is_empty() => {}
            Json::Mixed => return Err(mixed(all, command)),
            Json::No if !command.is_empty() => {}
            _ => {
                let fault = all.fault("HEALTHCHECK CMD has no command", rest);
                return Err(
                    fault.help("write `HEALTHCHECK CMD command`, or `HEALTHCHECK NONE` for none")
                );
            }
        },
        _ => {
            let message = format!(
                "HEALTHCHECK begins with CMD or NONE, not with `{}`",
                kind.shown()
            );
            let near = did_you_mean(&kind.to_ascii_uppercase(), KINDS);
            let help = near.unwrap_or_else(|| "write `HEALTHCHECK CMD` before the command".into());
            return Err(all.fault(message, kind).help(help));
        }
    }
    all.flags.iter().try_for_each(|flag| value(all, flag))
}

fn value(all: &Parsing<'_>, flag: &Flag) -> Result<(), Fault> {
    let (name, value) = (&flag.name, flag.value.as_str());
    if value.is_empty() {
        return Ok(());
    }
    let why = match name.as_str() {
        "retries" => match value.parse::<i32>() {
            Ok(count) if count >= 0 => return Ok(()),
            _ => "is not a number of failures".to_owned(),
        },
        "interval" | "timeout" | "start-period" | "start-interval" => match nanoseconds(value) {
            Some(time) if time == 0.0 || time >= 1e6 => return Ok(()),
            Some(_) => "is shorter than a millisecond".to_owned(),
            None => "is not a time, such as `30s` or `1m30s`".to_owned(),
        },
        _ => return Ok(()),
    };
    let message = format!("`--{name}={}` {why}", value.shown());
    let fault = all.instruction.fault(FLAG, message, flag.whole());
    let unit = value.bytes().all(|byte| byte.is_ascii_digit());
    let help = match name.as_str() {
        "retries" => "write a whole number: `--retries=3`".to_owned(),
        _ if unit => format!("write its unit: `--{name}={value}s`"),
        _ => format!(
            "write a number with its unit, `ms`, `s`, `m` or `h`: `--{name}=30s`. Variables have no value here"
        ),
    };
    Err(fault.help(help))
}

/// Whether a number or a time is zero.
pub(in crate::dockerfile) fn is_zero(value: &str) -> bool {
    value
        .parse::<i32>()
        .map_or_else(|_| nanoseconds(value) == Some(0.0), |count| count == 0)
}

/// 292 years, the longest time that Go has.
const LONGEST: f64 = 9.2e18;

/// A time as Go's `ParseDuration` reads it.
fn nanoseconds(text: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 8] = [
        ("ns", 1.0),
        ("us", 1e3),
        ("µs", 1e3),
        ("μs", 1e3),
        ("ms", 1e6),
        ("s", 1e9),
        ("m", 6e10),
        ("h", 3.6e12),
    ];
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0.0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut sum = 0.0;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let number: f64 = number.parse().ok()?;
        let end = after
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        sum += number * UNITS.iter().find(|(name, _)| *name == unit)?.1;
        rest = after;
    }
    (sum < LONGEST).then_some(sign * sum)
}
