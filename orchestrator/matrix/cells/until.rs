//! `until="2026-12-31"`: values that are built up to a day.

use crate::manifest;
use crate::matrix::cells::axis::Axis;
use crate::matrix::faults::Faults;
use crate::text::{Diagnostic, Shown};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// From so many days before the last day on, kiln warns.
const AHEAD: i64 = 30;

/// Whether the last day of a value is over, in UTC. Shortly before, there is a warning.
pub(in crate::matrix) fn has_ended(
    value: &manifest::Value,
    now: Timestamp,
    faults: &mut Faults,
) -> bool {
    let Some(until) = &value.until else {
        return false;
    };
    let today = now.to_zoned_datetime(TimeZone::UTC).date();
    let days = today.duration_until(until.value).as_hours() / 24;
    if (0..=AHEAD).contains(&days) {
        let when = match days {
            0 => String::from("today is the last day"),
            1 => String::from("tomorrow is the last day"),
            n => format!("its last day is in {n} days"),
        };
        let name = value.name.shown();
        let message = format!("value `{name}` ends: {when}, and it is not built after that");
        let fault = Diagnostic::warning("matrix::until", message).at(until.span, "here");
        faults.push(fault.help(
            "its tags stay where they are, and what is based on it ends with it; to go on building it, move the date or remove `until`",
        ));
    }
    days < 0
}

/// The last day of a cell that has ended; `None` if only what it is based on has.
pub(in crate::matrix) fn last_day(cell: &[u32], axes: &[Axis]) -> Option<Date> {
    let values = cell.iter().zip(axes);
    let values = values.map(|(value, axis)| &axis.values[*value as usize]);
    let ended = values.filter(|value| value.ended);
    let days = ended.filter_map(|value| Some(value.declared.until.as_ref()?.value));
    days.min()
}
