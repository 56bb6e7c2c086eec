//! Excerpts: the few lines of a source that labels mark, short enough to show for any source.

use crate::text::{Label, is_harmful};
use std::ops::Range;

/// How much of a line is kept after its last label, in characters. The renderer fits it to the screen.
const AFTER: usize = 500;

/// The longest text that is kept before the first label of a line, in bytes.
const BEFORE: usize = 2_000;

/// The longest distance of two labels of a line that is shown in full, in bytes. The renderer fits a line to the screen
/// only if all of its labels are near each other.
const APART: usize = 80;

/// How much of a line is kept if its labels are far from each other, in bytes: what the renderer does not cut.
const KEPT: usize = 108;

/// How much of a line is kept on both sides of each such label at most, in bytes.
const BESIDE: usize = 20;

/// How much of each such label is kept at most, in bytes.
const INSIDE: usize = 60;

/// The number of lines before and after a marked line that keep their text. The renderer folds empty lines.
const AROUND: usize = 2;

/// Lines of a source, and the places of the labels in them.
pub(super) struct Excerpt {
    pub text: String,
    /// The number of the first line, from 1.
    pub line: usize,
    /// Whether the beginning or the middle of a line is missing, so that columns in `text` differ from those of the source.
    pub cut: bool,
    /// One range per label, in bytes of `text`: what the label marks on its first line.
    pub marks: Vec<Range<usize>>,
}

impl Excerpt {
    /// The lines from the first label to the last.
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

    /// Adds the part of a line that is worth showing, and records the ranges of its labels.
    fn push(&mut self, at: usize, line: &str, spans: &[Range<usize>]) {
        let inside: Vec<usize> = (0..spans.len())
            .filter(|n| (at..=at + line.len()).contains(&spans[*n].start))
            .collect();
        let starts = || inside.iter().map(|n| spans[*n].start - at);
        let last = starts().max().unwrap_or(0);
        let end = line[last..]
            .char_indices()
            .nth(AFTER)
            .map_or(line.len(), |(offset, _)| last + offset);
        let first = starts()
            .min()
            .filter(|first| *first > BEFORE)
            .map_or(0, |first| line.floor_char_boundary(first - BEFORE / 10));
        let windows = windows(
            inside
                .iter()
                .map(|n| spans[*n].start - at..spans[*n].end - at),
        );
        self.cut |= first > 0 || !windows.is_empty();
        let is_kept = |offset: usize| {
            windows.is_empty() || windows.iter().any(|window| window.contains(&offset))
        };
        let mut is_gap = false;
        for (offset, c) in line
            .char_indices()
            .skip_while(|(offset, _)| *offset < first)
            .take_while(|(offset, _)| *offset < end)
            .chain([(end, '…')])
        {
            if offset < end && !is_kept(offset) {
                is_gap = true;
                continue;
            }
            if std::mem::take(&mut is_gap) && offset < end {
                self.text.push('…');
            }
            for mark in &inside {
                // Updated with every character up to its place, so that a label that is cut off ends with the text.
                if at + offset <= spans[*mark].start {
                    self.marks[*mark].start = self.text.len();
                }
                if at + offset <= spans[*mark].end {
                    self.marks[*mark].end = self.text.len();
                }
            }
            if offset < line.len() {
                // Control characters must not reach a terminal.
                self.text.push(if is_harmful(c) { '·' } else { c });
            }
        }
    }
}

/// What is kept of a line: the surroundings of each label, or everything (no range) if the labels are near each other.
fn windows(labels: impl Iterator<Item = Range<usize>> + Clone) -> Vec<Range<usize>> {
    let starts = || labels.clone().map(|label| label.start);
    let apart = starts().max().unwrap_or(0) - starts().min().unwrap_or(0);
    if apart <= APART {
        return Vec::new();
    }
    // A long label leaves less of its share for what is beside it.
    let share = KEPT / labels.clone().count().clamp(1, 6);
    let window = |label: Range<usize>| {
        let inside = label.len().min(INSIDE).min(share * 2 / 3);
        let beside = BESIDE.min((share - inside) / 2);
        label.start.saturating_sub(beside)..label.start + inside + beside
    };
    labels.map(window).collect()
}

/// The part of a label's span on its first line, limited to the text and to character boundaries.
fn first_line(source: &str, label: &Label) -> Range<usize> {
    let start = source.floor_char_boundary(label.span.start as usize);
    let line = start + source[start..].find('\n').unwrap_or(source.len() - start);
    let end = source
        .floor_char_boundary(label.span.end as usize)
        .clamp(start, line.max(start));
    start..end
}

/// Lines with the offset of their start, without their line ends.
fn lines(source: &str, from: usize) -> impl Iterator<Item = (usize, &str)> {
    let mut at = from;
    source[from..].split('\n').map(move |line| {
        let start = at;
        at += line.len() + 1;
        (start, line.strip_suffix('\r').unwrap_or(line))
    })
}
