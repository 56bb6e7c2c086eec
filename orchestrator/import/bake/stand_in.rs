//! Texts that stand in for the values of variables that the file does not have, while it is evaluated.

use indexmap::IndexMap;

/// The texts that stand in for values, by variable.
pub(super) type StandIns = IndexMap<String, String>;

/// How every such text ends: nothing else in a bake file does.
const END: &str = "-to-fill-in";

/// The text that stands in for a variable: it is valid as a tag, a repository, and as a part of either.
pub(super) fn stand_in(variable: &str) -> String {
    variable.to_lowercase().replace('_', "-") + END
}

/// Whether a text was computed from one that only stands in for a value, so that it means nothing.
pub(super) fn is_made_up(text: &str) -> bool {
    text.to_lowercase().contains(END)
}
