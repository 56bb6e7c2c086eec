//! Whether a run tries inputs again that have failed before.

use crate::memory::{Compared, Failure};
use crate::plan::{Options, Reason};
use serde::{Deserialize, Serialize};

/// When a run tries inputs again that have failed before by their own fault.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Retry {
    /// In any case.
    #[default]
    Always,
    /// If enough days have passed since the last failure.
    WhenDue,
    /// Never: `kiln nightly` does.
    Never,
}

impl Retry {
    /// What a run does with a build that has these reasons.
    ///
    /// `kiln build` tries what its author has changed or asked for: a broken recipe must not look well when its pipeline
    /// runs once more. What fails because something else has changed is left to `kiln nightly`.
    pub(super) fn of(options: &Options<'_>, is_named: bool, reasons: &[Reason]) -> Self {
        let is_forced = reasons.contains(&Reason::Forced);
        match options.compared {
            _ if !options.push || options.retry || is_forced => Retry::Always,
            Compared::Everything => Retry::WhenDue,
            Compared::RecipeAndParents if is_named || reasons.iter().any(Reason::is_own) => {
                Retry::Always
            }
            Compared::RecipeAndParents => Retry::Never,
        }
    }

    /// Whether a run at this time tries them again.
    pub fn tries(self, failure: &Failure, now: i64) -> bool {
        match self {
            Retry::Always => true,
            Retry::WhenDue => failure.is_due(now),
            Retry::Never => false,
        }
    }
}
