//! Durations and sizes in manifests and messages.

use std::time::Duration;

/// The longest time limit of a check or a hook.
pub(super) const LONGEST: Duration = Duration::from_secs(3600);

/// Reads a time limit: `500ms`, `30s`, `2m`, `1h`.
///
/// # Errors
/// Why it is not one.
pub fn duration(text: &str) -> Result<Duration, String> {
    let fault = || format!("`{text}` is not a duration such as `500ms`, `30s` or `2m`");
    let (number, unit) = split(text);
    let number: u64 = number.parse().map_err(|_| fault())?;
    let milliseconds = match unit {
        "ms" => Some(number),
        "s" => number.checked_mul(1000),
        "m" | "min" => number.checked_mul(60_000),
        "h" => number.checked_mul(3_600_000),
        _ => return Err(fault()),
    };
    match milliseconds.map(Duration::from_millis) {
        Some(time) if time.is_zero() => Err("a time limit must be longer than 0".into()),
        Some(time) if time <= LONGEST => Ok(time),
        _ => Err("a time limit is one hour at most".into()),
    }
}

/// `500MB`, `1.5 GB`, `64KiB`, `1024`: bytes, with decimal units of 1000 and binary ones of 1024.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let fault = || format!("`{text}` is not a size such as `500MB` or `1.5GiB`");
    let (number, unit) = split(text);
    let unit: u64 = match unit {
        "" | "B" => 1,
        "kB" | "KB" => 1000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        _ => return Err(fault()),
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if part.len() > 6 || (number.contains('.') && part.is_empty()) {
        return Err(fault());
    }
    let whole: u64 = whole.parse().map_err(|_| fault())?;
    let thousandths: u64 = format!("{part:0<6}").parse().map_err(|_| fault())?;
    let part = u128::from(thousandths) * u128::from(unit) / 1_000_000;
    let bytes = u128::from(whole) * u128::from(unit) + part;
    u64::try_from(bytes).map_err(|_| format!("`{text}` is larger than any image"))
}

/// A size for messages: `1.5 GB`.
pub fn show_size(bytes: u64) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1000, "kB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        // Rounded down to tenths: `499.9 MB` must not read as `500.0 MB`.
        Some((unit, name)) => format!("{}.{} {name}", bytes / unit, bytes % unit / (unit / 10)),
        None => format!("{bytes} bytes"),
    }
}

/// A duration for messages: `30 s`, `500 ms`.
pub(super) fn show_duration(time: Duration) -> String {
    if time.subsec_millis() == 0 {
        format!("{} s", time.as_secs())
    } else {
        format!("{} ms", time.as_millis())
    }
}

fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    (&text[..end], text[end..].trim_start())
}

#[cfg(test)]
mod tests;
