//! The few lines of a source that labels mark: short enough to show, whatever the source is.

use crate::text::{Label, is_harmful};
use std::ops::Range;

/// What is kept of a line behind its last label, in characters: the renderer fits the rest to the screen.
const BEHIND: usize = 500;

/// The longest beginning of a line that is kept before its first label, in bytes.
const BEFORE: usize = 2_000;

/// Lines around a marked line that keep their text; what lies between is folded away.
const AROUND: usize = 2;

/// Lines of a source, and where the labels are in them.
pub(super) struct Excerpt {
    pub text: String,
    /// The number of the first line, from 1.
    pub line: usize,
    /// The beginning of a line is missing: columns in `text` are not those of the source.
    pub cut: bool,
    /// In bytes of `text`, one a label: what it marks on its first line.
    pub marks: Vec<Range<usize>>,
}

impl Excerpt {
    /// The lines from the first to the last label.
    pub(super) fn of(source: &str, labels: &[&Label]) -> Self {
        let spans: Vec<Range<usize>> = labels
            .iter()
            .map(|label| first_line(source, label))
            .collect();
        let first = spans.iter().map(|span| span.start).min().unwrap_or(0);
        let last = spans.iter().map(|span| span.start).max().unwrap_or(0);
        let start = source[..first].rfind('\n').map_or(0, |newline| newline + 1);
        let mut excerpt = Self {
            text: String::new(),
            line: source[..start].matches('\n').count() + 1,
            cut: false,
            marks: vec![0..0; spans.len()],
        };
        let lines: Vec<(usize, &str)> = lines(source, start)
            .take_while(|(at, _)| *at <= last)
            .collect();
        let marked: Vec<bool> = lines
            .iter()
            .map(|(at, line)| {
                spans
                    .iter()
                    .any(|span| (*at..=at + line.len()).contains(&span.start))
            })
            .collect();
        for (number, (at, line)) in lines.iter().enumerate() {
            let near =
                &marked[number.saturating_sub(AROUND)..(number + AROUND + 1).min(marked.len())];
            if near.contains(&true) {
                excerpt.push(*at, line, &spans);
            }
            excerpt.text.push('\n');
        }
        excerpt
    }

    /// Adds a line as far as it is worth showing, and notes the labels in it.
    fn push(&mut self, at: usize, line: &str, spans: &[Range<usize>]) {
        let inside: Vec<usize> = (0..spans.len())
            .filter(|n| (at..=at + line.len()).contains(&spans[*n].start))
            .collect();
        let starts = || inside.iter().map(|n| spans[*n].start - at);
        let last = starts().max().unwrap_or(0);
        let end = line[last..]
            .char_indices()
            .nth(BEHIND)
            .map_or(line.len(), |(offset, _)| last + offset);
        let first = starts()
            .min()
            .filter(|first| *first > BEFORE)
            .map_or(0, |first| line.floor_char_boundary(first - BEFORE / 10));
        self.cut |= first > 0;
        for (offset, c) in line
            .char_indices()
            .skip_while(|(offset, _)| *offset < first)
            .take_while(|(offset, _)| *offset < end)
            .chain([(end, '…')])
        {
            for mark in &inside {
                // Set again and again up to its place: a label that is cut off ends where the text does.
                if at + offset <= spans[*mark].start {
                    self.marks[*mark].start = self.text.len();
                }
                if at + offset <= spans[*mark].end {
                    self.marks[*mark].end = self.text.len();
                }
            }
            if offset < line.len() {
                // A control character must not reach a terminal.
                self.text.push(if is_harmful(c) { '·' } else { c });
            }
        }
    }
}

/// A label's place as far as it lies on its first line, inside the text and on character boundaries.
fn first_line(source: &str, label: &Label) -> Range<usize> {
    let start = source.floor_char_boundary(label.span.start as usize);
    let line = start + source[start..].find('\n').unwrap_or(source.len() - start);
    let end = source
        .floor_char_boundary(label.span.end as usize)
        .clamp(start, line.max(start));
    start..end
}

/// Lines with the offset they begin at, without their line ends.
fn lines(source: &str, from: usize) -> impl Iterator<Item = (usize, &str)> {
    let mut at = from;
    source[from..].split('\n').map(move |line| {
        let start = at;
        at += line.len() + 1;
        (start, line.strip_suffix('\r').unwrap_or(line))
    })
}
