//! Parses the rendered file again and compares: with every value replaced by a plain word it must
//! have the same instructions, flags and here-documents, and the same number of variables. Then no
//! value has changed anything outside the place where the template put it.

use super::source_map::{CLOSE, Line, MARK};
use super::value_kind::{BEGIN, END};
use crate::dockerfile::{Instruction, Parsed, parse, rewrite};
use parking_lot::RwLock;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// Rendered text in which the values' positions are known.
#[derive(Debug, Default)]
pub(super) struct Rendered {
    pub text: String,
    /// The ranges written by values, in order.
    values: Vec<Range<usize>>,
    /// The origin of each line.
    pub lines: Vec<Line>,
}

impl Rendered {
    /// Extracts the marks from a rendered text.
    pub fn new(marked: &str) -> Self {
        let mut rendered = Self::default();
        let (mut depth, mut start) = (0_usize, 0);
        let (mut begun, mut line) = (false, Line::default());
        let mut template = None;
        let mut rest = marked;
        while !rest.is_empty() {
            let plain = &rest[..plain_length(rest)];
            if !plain.is_empty() {
                if !std::mem::replace(&mut begun, true) {
                    line.template = template;
                }
                rendered.text.push_str(plain);
                if plain.ends_with('\n') {
                    rendered.lines.push(std::mem::take(&mut line));
                    begun = false;
                }
                rest = &rest[plain.len()..];
                continue;
            }
            let mut left = rest.chars();
            match left.next() {
                Some(BEGIN) => {
                    start = if depth == 0 {
                        rendered.text.len()
                    } else {
                        start
                    };
                    depth += 1;
                }
                Some(END) => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        rendered.values.push(start..rendered.text.len());
                    }
                }
                // The only other character that ends what is plain is a mark's.
                _ => match mark(&mut left) {
                    Some(Mark::Template(number, line)) => template = Some((number, line)),
                    Some(Mark::Place(number)) => line.place = Some(number),
                    None => {}
                },
            }
            rest = left.as_str();
        }
        rendered.lines.push(line);
        rendered
    }

    /// Inserts other text, which ends with a line break, before the line that begins at `at`.
    pub fn insert(&mut self, at: usize, other: Rendered) {
        let (line, length) = (self.text[..at].matches('\n').count(), other.text.len());
        self.text.insert_str(at, &other.text);
        for value in self.values.iter_mut().filter(|value| value.start >= at) {
            *value = value.start + length..value.end + length;
        }
        self.values.extend(
            other
                .values
                .into_iter()
                .map(|value| value.start + at..value.end + at),
        );
        self.values.sort_by_key(|value| value.start);
        let added = other.text.matches('\n').count();
        self.lines
            .splice(line..line, other.lines.into_iter().take(added));
    }

    /// Removes empty lines whose line breaks no value wrote.
    pub fn cut(&mut self, range: Range<usize>) {
        let (line, count) = (
            self.text[..range.start].matches('\n').count(),
            self.text[range.clone()].matches('\n').count(),
        );
        self.text.replace_range(range.clone(), "");
        for value in self
            .values
            .iter_mut()
            .filter(|value| value.start >= range.end)
        {
            *value = value.start - range.len()..value.end - range.len();
        }
        let end = (line + count).min(self.lines.len());
        self.lines.drain(line.min(end)..end);
    }

    /// Parses the text.
    ///
    /// # Errors
    /// The first line (from 1) where a value changes the structure of the file.
    pub fn parse(&self, plain: &PlainTexts) -> Result<Parsed, usize> {
        let changes: Vec<_> = self
            .values
            .iter()
            .filter(|v| !v.is_empty())
            .map(|v| (v.clone(), String::from("kiln-value")))
            .collect();
        let plain = plain.parsed(rewrite(&self.text, &changes));
        let real = parse(&self.text);
        match first_difference(&real, &plain) {
            Some(line) => Err(line),
            None => Ok(real),
        }
    }
}

/// Parsed texts in which every value is a plain word. The variants of an image mostly have the same one.
#[derive(Default)]
pub(super) struct PlainTexts(RwLock<HashMap<String, Arc<Parsed>>>);

impl PlainTexts {
    /// How many texts are kept at a time.
    const KEPT: usize = 128;

    fn parsed(&self, text: String) -> Arc<Parsed> {
        let known = self.0.read().get(&text).cloned();
        known.unwrap_or_else(|| {
            let parsed = Arc::new(parse(&text));
            let mut kept = self.0.write();
            if kept.len() >= Self::KEPT {
                kept.clear();
            }
            kept.insert(text, parsed.clone());
            parsed
        })
    }
}

/// How many bytes at the start are plain text of one line, with its line break.
fn plain_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\n' => return at + 1,
            // The marks begin with this byte, and few other characters do.
            &FIRST if text[at..].starts_with([BEGIN, END, MARK]) => return at,
            _ => at += 1,
        }
    }
    at
}

/// The first byte of each mark in UTF-8.
const FIRST: u8 = 0xef;

enum Mark {
    /// The template's number, and the line in it.
    Template(u32, u32),
    Place(u32),
}

/// Parses a mark up to its end.
fn mark(rest: &mut std::str::Chars<'_>) -> Option<Mark> {
    let text: String = rest.take_while(|c| *c != CLOSE).collect();
    match text.strip_prefix('p') {
        Some(number) => Some(Mark::Place(number.parse().ok()?)),
        None => {
            let (number, line) = text.strip_prefix('t')?.split_once(':')?;
            Some(Mark::Template(number.parse().ok()?, line.parse().ok()?))
        }
    }
}

fn first_difference(real: &Parsed, plain: &Parsed) -> Option<usize> {
    let differs = |at: &usize| match (real.instructions.get(*at), plain.instructions.get(*at)) {
        (Some(real), Some(plain)) => shape(real) != shape(plain),
        (None, None) => false,
        _ => true,
    };
    let longest = real.instructions.len().max(plain.instructions.len());
    let at = (0..longest).find(differs)?;
    let place = real.instructions.get(at).or(real.instructions.last());
    Some(place.map_or(1, |i| *i.lines.start()))
}

/// The parts of an instruction that no value may change.
fn shape(instruction: &Instruction) -> (&str, std::ops::RangeInclusive<usize>, Vec<String>, usize) {
    let words = if matches!(
        instruction.keyword.as_str(),
        "ARG" | "ENV" | "LABEL" | "FROM"
    ) {
        instruction.word_count()
    } else {
        0
    };
    (
        &instruction.keyword,
        instruction.lines.clone(),
        instruction.flag_names(),
        words,
    )
}

#[cfg(test)]
mod tests;
