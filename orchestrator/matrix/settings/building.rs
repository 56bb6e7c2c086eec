//! What the builds of a variant take besides: texts become values.

use crate::manifest::{Building, MOST_RETRIES};
use crate::matrix::faults::Faults;
use crate::request::{BuildOptions, Ulimit};
use crate::text::{Diagnostic, Shown, Spanned, did_you_mean};
use std::net::IpAddr;

/// The networks that BuildKit has.
const NETWORKS: [&str; 3] = ["default", "none", "host"];

/// The limits that engines know (Docker's documentation of `--ulimit`).
const ULIMITS: [&str; 15] = [
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];

/// Why a text is not a value, and a way out.
type Wrong = (String, String);

/// The options of a build; faults are reported.
pub(in crate::matrix) fn options(building: &Building, faults: &mut Faults) -> BuildOptions {
    let extra_hosts = building.extra_hosts.iter();
    let ulimits = building.ulimits.iter();
    BuildOptions {
        target: building.target.as_ref().map(|target| target.value.clone()),
        network: value(building.network.as_ref(), network, faults).flatten(),
        shm_size: value(building.shm_size.as_ref(), size, faults),
        extra_hosts: extra_hosts
            .filter_map(|text| value(Some(text), host, faults))
            .collect(),
        ulimits: last(ulimits.filter_map(|text| value(Some(text), ulimit, faults))),
    }
}

/// A limit of a later block replaces that of an earlier one.
fn last(all: impl Iterator<Item = Ulimit>) -> Vec<Ulimit> {
    let mut limits: Vec<Ulimit> = Vec::new();
    for limit in all {
        match limits.iter_mut().find(|known| known.name == limit.name) {
            Some(known) => *known = limit,
            None => limits.push(limit),
        }
    }
    limits
}

/// How often a build whose step failed is tried again.
pub(in crate::matrix) fn retries(building: &Building, faults: &mut Faults) -> u32 {
    value(building.retries.as_ref(), number, faults).unwrap_or(0)
}

fn value<T>(
    text: Option<&Spanned<String>>,
    read: fn(&str) -> Result<T, Wrong>,
    faults: &mut Faults,
) -> Option<T> {
    let text = text?;
    match read(text) {
        Ok(value) => Some(value),
        Err((message, help)) => {
            let fault = Diagnostic::error("matrix::build", message).at(text.span, "here");
            faults.push(fault.help(help));
            None
        }
    }
}

/// `None` for the builder's default.
fn network(text: &str) -> Result<Option<String>, Wrong> {
    if NETWORKS.contains(&text) {
        return Ok(Some(text.to_owned()).filter(|text| text != "default"));
    }
    let known = "a build has the networks `default`, `none` and `host`";
    let help = did_you_mean(text, NETWORKS).unwrap_or_else(|| known.into());
    Err((
        format!("`{}` is not a network of a build", text.shown()),
        help,
    ))
}

fn number(text: &str) -> Result<u32, Wrong> {
    let count = text.parse().ok().filter(|count| *count <= MOST_RETRIES);
    count.ok_or_else(|| {
        (
            format!("`{}` is not a number of retries", text.shown()),
            format!("write a number from 0 to {MOST_RETRIES}"),
        )
    })
}

/// `67108864`, `64m`, `1g`: bytes, with binary units as in `docker build --shm-size`.
pub(crate) fn size(text: &str) -> Result<u64, Wrong> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => Some(1),
        "k" | "kb" | "kib" => Some(1 << 10),
        "m" | "mb" | "mib" => Some(1 << 20),
        "g" | "gb" | "gib" => Some(1_u64 << 30),
        _ => None,
    };
    let number: Option<u64> = digits.parse().ok().filter(|number| *number > 0);
    let bytes = number
        .zip(unit)
        .and_then(|(number, unit)| number.checked_mul(unit));
    let bytes = bytes.filter(|bytes| i64::try_from(*bytes).is_ok());
    bytes.ok_or_else(|| {
        (
            format!("`{}` is not a size", text.shown()),
            String::from("write `64m` or `1g`"),
        )
    })
}

/// `mirror:10.0.0.1`, `mirror=10.0.0.1`, `mirror:host-gateway`
fn host(text: &str) -> Result<String, Wrong> {
    let parts = text.split_once('=').or_else(|| text.split_once(':'));
    let is_name = |name: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        !name.is_empty() && name.chars().all(fits)
    };
    // Docker's client takes the brackets of `[::1]` away, and engines do not know them.
    let parts = parts.map(|(name, address)| {
        let inside = address.strip_prefix('[');
        let inside = inside.and_then(|rest| rest.strip_suffix(']'));
        (name, inside.unwrap_or(address))
    });
    let is_address = |address: &str| address == "host-gateway" || address.parse::<IpAddr>().is_ok();
    match parts.filter(|(name, address)| is_name(name) && is_address(address)) {
        Some((name, address)) => Ok(format!("{name}:{address}")),
        None => Err((
            format!("`{}` is not a name with an address", text.shown()),
            String::from("write `extra-host \"mirror:10.0.0.1\"`"),
        )),
    }
}

/// `nofile=1024:2048`, `nproc=64`
pub(crate) fn ulimit(text: &str) -> Result<Ulimit, Wrong> {
    let wrong = |help: Option<String>| {
        (
            format!("`{}` is not a limit", text.shown()),
            help.unwrap_or_else(|| String::from("write `ulimit \"nofile=1024:2048\"`")),
        )
    };
    let (name, limits) = text.split_once('=').ok_or_else(|| wrong(None))?;
    if !ULIMITS.contains(&name) {
        return Err(wrong(did_you_mean(name, ULIMITS)));
    }
    let (soft, hard) = limits.split_once(':').unwrap_or((limits, limits));
    let number = |text: &str| text.parse::<i64>().ok().filter(|number| *number >= -1);
    match (number(soft), number(hard)) {
        (Some(soft), Some(hard)) if hard == -1 || (soft != -1 && soft <= hard) => Ok(Ulimit {
            name: name.to_owned(),
            soft,
            hard,
        }),
        (Some(_), Some(_)) => Err(wrong(Some("the second number is the higher one".into()))),
        _ => Err(wrong(None)),
    }
}

#[cfg(test)]
mod tests;
