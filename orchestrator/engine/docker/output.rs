//! The output of steps: split into lines, made safe to print, with the last lines kept.

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
    let mut clean = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\x1b' => skip_escape(&mut letters),
            '\t' => clean.push_str("    "),
            control if control.is_control() => {}
            plain => clean.push(plain),
        }
        if clean.len() > LONGEST {
            clean.push('…');
            break;
        }
    }
    clean.truncate(clean.trim_end().len());
    clean
}

/// Skips an escape sequence: `[` with parameters up to a letter, `]` up to a bell or another escape, else one letter.
fn skip_escape(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match letters.next() {
        Some('[') => while letters.next().is_some_and(|l| !('@'..='~').contains(&l)) {},
        Some(']') => while letters.next().is_some_and(|l| !matches!(l, '\x07' | '\\')) {},
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(printed: &str, expect: &[&str]) {
        for size in [1, 3, 1000] {
            let mut output = Output::default();
            let mut lines: Vec<_> = printed
                .as_bytes()
                .chunks(size)
                .flat_map(|piece| output.feed(false, piece))
                .collect();
            lines.extend(output.end());
            assert_eq!(lines, expect, "in pieces of {size}");
        }
    }

    #[test]
    fn lines_are_fit_to_show() {
        check("", &[]);
        check("a\nb", &["a", "b"]);
        check("a\r\n\r\n\nb\r\n", &["a", "b"]);
        check("10%\r20%\r100%\n", &["100%"]);
        check("\x1b[91mred\x1b[0m\n", &["red"]);
        check("\x1b]0;title\x07text\x1b[2J\x1b[1;1H\n", &["text"]);
        check("é\ta\x08b\n", &["é    ab"]);
        check("\x1b[", &[]);
    }

    #[test]
    fn the_two_streams_do_not_mix_within_a_line() {
        let mut output = Output::default();
        output.feed(false, b"out");
        assert_eq!(output.feed(true, b"err\n"), ["err"]);
        assert_eq!(output.feed(false, b"put\n"), ["output"]);
    }

    #[test]
    fn only_the_last_lines_are_kept() {
        let mut output = Output::default();
        for n in 0..100 {
            output.feed(false, format!("{n}\n").as_bytes());
        }
        assert_eq!(output.last().len(), LINES);
        assert_eq!(output.last().last().map(String::as_str), Some("99"));
    }

    #[test]
    fn a_line_has_an_end() {
        let mut output = Output::default();
        output.feed(true, &vec![b'x'; 1 << 20]);
        assert!(output.end().iter().all(|line| line.len() <= LONGEST + 4));
    }
}
