//! Made-up values of variables that the file does not have, for as long as it is evaluated.

use indexmap::IndexMap;

/// Made-up values, by variable.
pub(super) type StandIns = IndexMap<String, String>;

/// How every such text ends: nothing else in a bake file does.
const END: &str = "-to-fill-in";

/// The made-up value of a variable: it is valid as a tag, a repository, and as a part of either.
pub(super) fn made_up(variable: &str) -> String {
    variable.to_lowercase().replace('_', "-") + END
}

/// Whether a text is made from a made-up value.
pub(super) fn is_made_up(text: &str) -> bool {
    text.to_lowercase().contains(END)
}
