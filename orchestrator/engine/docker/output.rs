//! The output of steps: split into lines, made safe to print, with the last lines kept.

use crate::text::uncontrolled;
use std::collections::VecDeque;

/// How many lines of a step are kept for a failure.
pub(super) const LINES: usize = 20;
/// The longest line that is kept, in bytes.
const LONGEST: usize = 2000;

/// The output of one step, in chunks that end anywhere.
#[derive(Debug, Default)]
pub(super) struct Output {
    /// Incomplete lines, of standard output and of standard error.
    rest: [Vec<u8>; 2],
    last: VecDeque<String>,
}

impl Output {
    /// The lines that this chunk completes; `error` is true for standard error.
    pub fn feed(&mut self, error: bool, piece: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for part in piece.split_inclusive(|b| *b == b'\n') {
            // A line that is too long is cut here: a step that prints no newline must not fill the memory.
            let rest = &mut self.rest[usize::from(error)];
            let room = (4 * LONGEST).saturating_sub(rest.len());
            rest.extend_from_slice(&part[..part.len().min(room)]);
            if part.ends_with(b"\n") {
                lines.extend(self.line(error));
            }
        }
        lines
    }

    /// The last lines, if the step ended without a newline.
    pub fn end(&mut self) -> Vec<String> {
        [false, true]
            .into_iter()
            .filter_map(|error| self.line(error))
            .collect()
    }

    /// The last lines.
    pub fn last(&self) -> Vec<String> {
        self.last.iter().cloned().collect()
    }

    /// Forgets everything: the next step begins.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    fn line(&mut self, error: bool) -> Option<String> {
        let line = clean(&String::from_utf8_lossy(&std::mem::take(
            &mut self.rest[usize::from(error)],
        )));
        if line.is_empty() {
            return None;
        }
        if self.last.len() == LINES {
            self.last.pop_front();
        }
        self.last.push_back(line.clone());
        Some(line)
    }
}

/// A line that is safe to print: without text that a carriage return has overwritten, and without sequences that
/// would move a terminal's cursor or change its colours.
pub(super) fn clean(text: &str) -> String {
    let text = text.trim_end_matches(['\n', '\r']);
    let text = text
        .rsplit('\r')
        .find(|part| !part.trim().is_empty())
        .unwrap_or_default();
    let mut clean = uncontrolled(text);
    let mut ends = clean
        .char_indices()
        .map(|(at, letter)| at + letter.len_utf8());
    if let Some(end) = ends.find(|end| *end > LONGEST) {
        clean.truncate(end);
        clean.push('…');
    }
    clean.truncate(clean.trim_end().len());
    clean
}

#[cfg(test)]
mod tests;
