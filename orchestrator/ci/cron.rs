//! When GitHub starts a run: five fields, as its schedules have them.

use std::collections::BTreeSet;

/// The shortest time between two runs that GitHub starts, in minutes.
const SHORTEST: u32 = 5;

const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// A field: what it is called, its values, and names for them.
struct Field {
    name: &'static str,
    first: u32,
    last: u32,
    names: &'static [&'static str],
}

const fn field(name: &'static str, first: u32, last: u32, names: &'static [&'static str]) -> Field {
    Field {
        name,
        first,
        last,
        names,
    }
}

const FIELDS: [Field; 5] = [
    field("minute", 0, 59, &[]),
    field("hour", 0, 23, &[]),
    field("day of the month", 1, 31, &[]),
    field("month", 1, 12, &MONTHS),
    field("day of the week", 0, 6, &DAYS),
];

/// Checks a time of `--cron`.
///
/// # Errors
/// GitHub would not read it, or start no run as often; the text says why and what to do.
pub fn check_cron(text: &str) -> Result<(), String> {
    let given: Vec<&str> = text.split(' ').filter(|one| !one.is_empty()).collect();
    if given.len() != FIELDS.len() {
        return Err("expected five fields, such as \"0 4 * * *\"".into());
    }
    let read = FIELDS.iter().zip(&given).map(|(field, text)| {
        field.values(text).ok_or_else(|| {
            format!(
                "the {} {text:?} does not exist\n  use {}, `*`, a list `a,b`, a range `a-b`, or steps `*/n`",
                field.name,
                field.range()
            )
        })
    });
    let values = read.collect::<Result<Vec<_>, _>>()?;
    match values.as_slice() {
        [_, _, days, months, _] if given[4] == "*" && is_never(days, months) => Err(format!(
            "no year has day {} of month {}, so that no run would start\n  choose a day that the month has, such as \"0 4 28 2 *\"",
            given[2], given[3]
        )),
        [minutes, hours, ..] if is_too_often(minutes, hours) => Err(format!(
            "GitHub starts a run every {SHORTEST} minutes at most\n  choose minutes that are further apart, such as \"0 4 * * *\""
        )),
        _ => Ok(()),
    }
}

/// Whether no month has one of the days: 31 February. With a day of the week, these runs start nevertheless.
fn is_never(days: &BTreeSet<u32>, months: &BTreeSet<u32>) -> bool {
    let longest = |month: &u32| match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let longest = months.iter().map(longest).max();
    longest < days.first().copied()
}

impl Field {
    fn range(&self) -> String {
        let names = match (self.names.first(), self.names.last()) {
            (Some(first), Some(last)) => format!(" or {first} to {last}"),
            _ => String::new(),
        };
        format!("{} to {}{names}", self.first, self.last)
    }

    /// The values of a list; `None` if one is none of this field.
    fn values(&self, text: &str) -> Option<BTreeSet<u32>> {
        let parts = text.split(',').map(|part| self.part(part));
        let parts = parts.collect::<Option<Vec<_>>>()?;
        Some(parts.into_iter().flatten().collect())
    }

    fn part(&self, text: &str) -> Option<Vec<u32>> {
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, Some(number(step).filter(|step| *step > 0)?)),
            None => (text, None),
        };
        let (first, last) = match (range, range.split_once('-')) {
            ("*", _) => (self.first, self.last),
            (_, Some((first, last))) => (self.value(first)?, self.value(last)?),
            (one, None) => {
                let one = self.value(one)?;
                (one, step.map_or(one, |_| self.last))
            }
        };
        let step = usize::try_from(step.unwrap_or(1)).ok()?;
        (first <= last).then(|| (first..=last).step_by(step).collect())
    }

    fn value(&self, text: &str) -> Option<u32> {
        let mut names = self.names.iter();
        let named = names.position(|name| name.eq_ignore_ascii_case(text));
        let value = match named {
            Some(at) => u32::try_from(at).ok()? + self.first,
            None => number(text)?,
        };
        (self.first..=self.last).contains(&value).then_some(value)
    }
}

fn number(text: &str) -> Option<u32> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

/// Whether two runs are closer than GitHub starts them, in an hour or from one hour to the next.
fn is_too_often(minutes: &BTreeSet<u32>, hours: &BTreeSet<u32>) -> bool {
    let following = hours.iter().any(|hour| hours.contains(&((hour + 1) % 24)));
    let next = minutes.first().filter(|_| following).map(|at| at + 60);
    let all: Vec<u32> = minutes.iter().copied().chain(next).collect();
    all.windows(2).any(|pair| pair[1] - pair[0] < SHORTEST)
}
