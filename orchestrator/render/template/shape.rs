//! What a part of a template writes, but for the texts that it only passes on.
//!
//! Variants mostly differ in texts that a part writes as they are. The part is rendered once with a mark in the place of each
//! such text, and the marks are replaced for each variant.

use super::Bounded;
use super::reads::Names;
use crate::render::data::TemplateData;
use crate::render::source_map::{CLOSE, MARK};
use serde_json::Value;
use std::fmt::Write as _;
use std::io::{self, Write as _};

/// Follows [`MARK`] in the mark of a text.
const PASSED: char = 'v';

/// The data of a part.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// As JSON, in which a mark with a number stands for each text that is passed on.
    pub form: String,
    /// These texts, one after the other.
    texts: String,
    /// Where each of them ends.
    ends: Vec<usize>,
}

impl Shape {
    /// The shape of what a part reads; `None` if a value contains a mark.
    pub fn of(data: &TemplateData<'_>, reads: &Names) -> Option<Self> {
        let mut shape = Self::default();
        let mut separator = '{';
        for name in &reads.names {
            let Some(json) = data.json(name) else {
                continue;
            };
            if has_mark(&json) {
                return None;
            }
            let _ = write!(shape.form, "{separator}{}:", Value::from(name.as_str()));
            shape.add(&json, reads.is_exact(name), reads)?;
            separator = ',';
        }
        if separator == '{' {
            shape.form.push('{');
        }
        shape.form.push('}');
        Some(shape)
    }

    /// Adds a value as JSON without spaces. `is_exact` says whether it is looked at.
    fn add(&mut self, json: &str, is_exact: bool, reads: &Names) -> Option<()> {
        let bytes = json.as_bytes();
        let mut outer = vec![is_exact];
        let mut exact = is_exact;
        // What lies between two passed texts is copied as one piece.
        let (mut at, mut copied) = (0, 0);
        while let Some(byte) = bytes.get(at) {
            let mut end = at + 1;
            match byte {
                b'"' => {
                    end = end_of_text(bytes, at)?;
                    let container = *outer.last()?;
                    let piece = json.get(at..end)?;
                    if bytes.get(end) == Some(&b':') {
                        let key = &piece[1..piece.len() - 1];
                        exact = container || key.contains('\\') || reads.is_exact(key);
                    } else {
                        if !exact && piece != "\"\"" {
                            self.form.push_str(json.get(copied..at)?);
                            self.pass(piece)?;
                            copied = end;
                        }
                        exact = container;
                    }
                }
                b'{' | b'[' => outer.push(exact),
                b'}' | b']' => {
                    outer.pop();
                    exact = *outer.last()?;
                }
                _ => {}
            }
            at = end;
        }
        self.form.push_str(json.get(copied..)?);
        Some(())
    }

    /// Adds the mark of a text, which is given as JSON.
    fn pass(&mut self, piece: &str) -> Option<()> {
        let number = self.ends.len();
        let _ = write!(self.form, "\"{MARK}{PASSED}{number}{CLOSE}\"");
        match piece.contains('\\') {
            true => self.texts += &serde_json::from_str::<String>(piece).ok()?,
            false => self.texts += &piece[1..piece.len() - 1],
        }
        self.ends.push(self.texts.len());
        Some(())
    }

    /// The data with the marks.
    pub fn data(&self) -> Option<Value> {
        serde_json::from_str(&self.form).ok()
    }

    fn text(&self, number: usize) -> &str {
        let start = number
            .checked_sub(1)
            .and_then(|before| self.ends.get(before));
        let end = self.ends.get(number);
        let range = start.copied().unwrap_or_default()..end.copied().unwrap_or_default();
        self.texts.get(range).unwrap_or_default()
    }
}

/// Whether a text contains a mark. Both marks begin with one byte, which is rare and quickly searched.
fn has_mark(text: &str) -> bool {
    const FIRST: u8 = 0xef;
    text.as_bytes().contains(&FIRST) && text.contains([MARK, CLOSE])
}

/// The end of a text of JSON that begins here, behind its quotation mark.
fn end_of_text(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// What a part writes for data of one shape.
#[derive(Debug)]
pub(super) struct Pattern {
    text: String,
    /// The places of passed texts, each with the number of its text.
    places: Vec<(usize, usize)>,
}

impl Pattern {
    /// Finds the marks in what was written.
    pub fn read(written: &str) -> Option<Self> {
        let (mut text, mut places) = (String::with_capacity(written.len()), Vec::new());
        let mut rest = written.split([MARK, CLOSE]);
        text.push_str(rest.next()?);
        while let Some(mark) = rest.next() {
            match mark.strip_prefix(PASSED) {
                Some(number) => places.push((text.len(), number.parse().ok()?)),
                // The mark of a line or of a place.
                None => text.extend(
                    [
                        MARK.encode_utf8(&mut [0; 4]),
                        mark,
                        CLOSE.encode_utf8(&mut [0; 4]),
                    ]
                    .map(|piece| piece),
                ),
            }
            text.push_str(rest.next()?);
        }
        Some(Self { text, places })
    }

    /// Writes it with the texts of a shape.
    pub fn fill(&self, shape: &Shape, out: &mut Bounded) -> io::Result<()> {
        let mut start = 0;
        for (place, number) in &self.places {
            out.write_all(&self.text.as_bytes()[start..*place])?;
            out.write_all(shape.text(*number).as_bytes())?;
            start = *place;
        }
        out.write_all(&self.text.as_bytes()[start..])
    }
}
