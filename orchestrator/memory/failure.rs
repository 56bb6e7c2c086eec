//! What is remembered of inputs that failed.

use super::stored::{FAILURE, artifact, summary};
use crate::check::{self, Check};
use crate::request::Stored;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A day in seconds.
const DAY: i64 = 24 * 60 * 60;

/// How much earlier than a whole number of days a night may begin: a run that failed at its end must not delay the next one,
/// which begins at the same time of day.
const EARLY: i64 = DAY / 2;

/// That inputs failed by their own fault: a step or a check, never an engine or a registry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// How often; 0 if they have led to an image since.
    pub times: u32,
    /// On how many days. Tries by hand on one day count once, so that they do not delay the next night.
    #[serde(default)]
    pub days: u32,
    /// When first, in seconds since 1970.
    pub first: i64,
    /// When last.
    pub last: i64,
    /// The reason, on one line.
    pub why: String,
    /// The ids of the checks that the image did not pass; empty if a step failed.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub checks: BTreeSet<String>,
}

/// The most characters of a reason that are remembered.
const LONGEST: usize = 300;

/// The first line of a reason. If it is long, its beginning and its end: the end says how a process ended.
fn one_line(why: &str) -> String {
    let line: Vec<char> = why.lines().next().unwrap_or_default().chars().collect();
    let half = LONGEST / 2;
    match line.len() {
        0..=LONGEST => line.into_iter().collect(),
        len => line[..half]
            .iter()
            .chain(&[' ', '…', ' '])
            .chain(&line[len - half..])
            .collect(),
    }
}

impl Failure {
    /// The failure with one more at this time, by these checks or, if there are none, by a step.
    pub fn again(self, now: i64, why: &str, checks: BTreeSet<String>) -> Self {
        let is_first = self.times == 0;
        let is_new_day = is_first || now.saturating_sub(self.last) >= EARLY;
        Self {
            times: self.times.saturating_add(1),
            days: self.days.saturating_add(u32::from(is_new_day)),
            first: if is_first { now } else { self.first },
            last: now.max(self.last),
            why: one_line(why),
            checks,
        }
    }

    /// The same failure, failing for as long as another one: of inputs that differ in freshness only.
    #[must_use]
    pub fn as_old_as(self, other: Option<&Self>) -> Self {
        let first = other
            .filter(|other| other.times > 0)
            .map(|other| other.first);
        Self {
            first: first.map_or(self.first, |first| first.min(self.first)),
            ..self
        }
    }

    /// Whether the inputs would fail again, as far as that is known: they failed at a step, or at a check that the image still
    /// has.
    pub fn applies(&self, checks: &[Check]) -> bool {
        let is_asked = || {
            checks
                .iter()
                .any(|one| self.checks.contains(&check::id(one)))
        };
        self.times > 0 && (self.checks.is_empty() || is_asked())
    }

    /// When a nightly run tries them again, in seconds since 1970: after 1, 2 and 4 days, then after every 7.
    pub fn due(&self) -> i64 {
        let wait = match self.days {
            0 | 1 => 1,
            2 => 2,
            3 => 4,
            _ => 7,
        };
        self.last.saturating_add(wait * DAY)
    }

    /// Whether a nightly run at this time tries them again.
    pub fn is_due(&self, now: i64) -> bool {
        now.saturating_add(EARLY) >= self.due()
    }

    /// For how many days they have been failing at this time.
    pub fn age(&self, now: i64) -> i64 {
        now.saturating_sub(self.first).max(0) / DAY
    }

    /// The failure as a registry stores it.
    pub fn stored(&self) -> Stored {
        artifact(FAILURE, &serde_json::json!(self).to_string(), None)
    }

    /// Reads a stored failure; `None` if it is not one.
    pub fn read(stored: &Stored) -> Option<Self> {
        serde_json::from_str(&summary(stored)?).ok()
    }
}
