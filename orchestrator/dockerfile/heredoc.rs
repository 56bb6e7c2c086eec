//! Here-documents: `RUN <<EOF`, `COPY <<-"A" <<B /to/`, `RUN cat > /a <<A`.

use super::expand::{Expansion, expand};
use super::line::{Line, quoted_words};

/// A here-document's delimiter.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// The line that ends it.
    pub name: String,
    /// Whether it is `<<-`: tabs at the start of lines are ignored.
    pub tabs: bool,
    /// Whether white space is between `<<` and the delimiter.
    pub apart: bool,
    /// Whether the delimiter is quoted, so that no variable of the text is expanded.
    pub quoted: bool,
}

impl Mark {
    /// Whether the line ends the text.
    pub fn ends(&self, line: &Line<'_>) -> bool {
        let text = match self.tabs {
            true => line.text.trim_start_matches('\t'),
            false => line.text,
        };
        self.name == text
    }
}

/// The delimiters of an instruction's text, in order. Builders look at whole words: digits, `<<`,
/// an optional `-`, then the delimiter, which is the rest of the word, or the next word after `<<` alone.
pub(super) fn marks(text: &str) -> Vec<Mark> {
    // Builders use the backslash here, regardless of `# escape=`; a quoted delimiter loses its quotes.
    let mut words = quoted_words(text, '\\').into_iter();
    let mut marks = Vec::new();
    while let Some(word) = words.next() {
        marks.extend(match after_sign(word) {
            Some("") => words.next().and_then(|name| named(name, false, true)),
            _ => mark(word),
        });
    }
    marks
}

/// Whether a word begins a here-document.
pub(super) fn is_mark(word: &str) -> bool {
    mark(word).is_some()
}

fn mark(word: &str) -> Option<Mark> {
    let rest = after_sign(word)?;
    let (tabs, rest) = rest
        .strip_prefix('-')
        .map_or((false, rest), |rest| (true, rest));
    named(rest, tabs, false)
}

/// What follows `<<` in a word that begins with it, or with digits and it.
fn after_sign(word: &str) -> Option<&str> {
    word.trim_start_matches(|c: char| c.is_ascii_digit())
        .strip_prefix("<<")
}

fn named(name: &str, tabs: bool, apart: bool) -> Option<Mark> {
    if name.is_empty() || name.contains('<') {
        return None;
    }
    let quoted = name.contains(['"', '\'', '\\']);
    let name = expand(name, '\\', &|_| Expansion::Keep).ok()?;
    // `<<""` is a plain word.
    (!name.is_empty()).then_some(Mark {
        name,
        tabs,
        apart,
        quoted,
    })
}

/// The number of lines that the here-documents occupy, including their last lines; an error is the delimiter of
/// one that is not terminated.
pub(super) fn length<'m>(marks: &'m [Mark], lines: &[Line<'_>]) -> Result<usize, &'m Mark> {
    let mut taken = 0;
    for mark in marks {
        taken += lines[taken..]
            .iter()
            .position(|line| mark.ends(line))
            .ok_or(mark)?
            + 1;
    }
    Ok(taken)
}
