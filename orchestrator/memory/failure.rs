//! What is remembered of inputs that failed.

use super::stored::{FAILURE, artifact, summary};
use crate::request::Stored;
use serde::{Deserialize, Serialize};

/// That inputs failed by their own fault: a step or a check, never an engine or a registry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// How often.
    pub times: u32,
    /// When first, in seconds since 1970.
    pub first: i64,
    /// When last.
    pub last: i64,
    /// The reason, on one line.
    pub why: String,
}

impl Failure {
    /// The failure with one more at this time.
    pub fn again(self, now: i64, why: &str) -> Self {
        Self {
            times: self.times.saturating_add(1),
            first: if self.times == 0 { now } else { self.first },
            last: now,
            why: why
                .lines()
                .next()
                .unwrap_or_default()
                .chars()
                .take(300)
                .collect(),
        }
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
