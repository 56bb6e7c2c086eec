//! Conditions on a text: an output, the content of a file, the value of a variable.

use regex::RegexBuilder;
use serde::{Deserialize, Serialize};

/// Conditions on one text; all of them must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expect {
    /// Texts that must occur.
    pub contains: Vec<String>,
    /// Texts that must not occur.
    pub lacks: Vec<String>,
    /// Regular expressions that must match.
    pub matches: Vec<String>,
    /// Regular expressions that must not match.
    pub rejects: Vec<String>,
    /// Whether `^` and `$` match at the ends of each line, not only of the whole text.
    pub by_line: bool,
}

impl Expect {
    /// Whether there are no conditions.
    pub fn is_empty(&self) -> bool {
        [&self.contains, &self.lacks, &self.matches, &self.rejects]
            .iter()
            .all(|list| list.is_empty())
    }

    /// Describes the first condition that does not hold; `what` names the text: `the output`.
    pub fn fault(&self, what: &str, text: &str) -> Option<String> {
        let contains = self
            .contains
            .iter()
            .find(|part| !text.contains(*part))
            .map(|part| format!("{what} does not contain `{part}`"));
        let lacks = || {
            self.lacks
                .iter()
                .find(|part| text.contains(*part))
                .map(|part| format!("{what} contains `{part}`"))
        };
        let matches = || {
            self.matches
                .iter()
                .find_map(|pattern| self.unmet(pattern, text, true, what))
        };
        let rejects = || {
            self.rejects
                .iter()
                .find_map(|pattern| self.unmet(pattern, text, false, what))
        };
        contains.or_else(lacks).or_else(matches).or_else(rejects)
    }

    /// Why a condition on a pattern does not hold. With an invalid pattern, it never does.
    fn unmet(&self, pattern: &str, text: &str, wanted: bool, what: &str) -> Option<String> {
        match compile(pattern, self.by_line) {
            Err(why) => Some(format!("`{pattern}` is not a regular expression: {why}")),
            Ok(regex) if regex.is_match(text) == wanted => None,
            Ok(_) if wanted => Some(format!("{what} does not match `{pattern}`")),
            Ok(_) => Some(format!("{what} matches `{pattern}`")),
        }
    }
}

/// Compiles a regular expression of bounded size.
pub(super) fn compile(pattern: &str, by_line: bool) -> Result<regex::Regex, String> {
    RegexBuilder::new(pattern)
        .multi_line(by_line)
        .size_limit(1 << 20)
        .build()
        .map_err(|error| {
            let text = error.to_string();
            text.lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ")
                .to_owned()
        })
}
