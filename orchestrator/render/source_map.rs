//! Where rendered lines come from: which line of which template wrote them, and for what in the manifest.

use crate::text::{Sources, Span};
use std::collections::HashMap;
use std::sync::Arc;

/// Stands before a mark in rendered text, [`CLOSE`] behind it: `t3:12` for line 12 of template number 3,
/// `p5` for place number 5. Private-use characters that no value and no template may hold.
pub(super) const MARK: char = '\u{f8f2}';
pub(super) const CLOSE: char = '\u{f8f3}';

/// Where one line comes from, by number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// The template's number and its line (from 1).
    pub template: Option<(u32, u32)>,
    pub place: Option<u32>,
}

/// The names behind the numbers, of a whole fleet.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Templates and partials, as paths.
    pub templates: Vec<Arc<str>>,
    /// `kiln.kdl:12:5`
    places: Vec<String>,
    numbers: HashMap<Span, u32>,
}

impl Names {
    /// Looks up each place once.
    pub fn new(
        templates: Vec<Arc<str>>,
        spans: impl Iterator<Item = Span>,
        sources: &Sources,
    ) -> Self {
        let mut names = Self {
            templates,
            ..Self::default()
        };
        for span in spans {
            let next = u32::try_from(names.places.len()).unwrap_or(u32::MAX);
            if let std::collections::hash_map::Entry::Vacant(free) = names.numbers.entry(span) {
                free.insert(next);
                names.places.push(sources.place(span));
            }
        }
        names
    }

    /// The number of a place.
    pub fn number(&self, span: Span) -> Option<u32> {
        self.numbers.get(&span).copied()
    }
}

/// From the lines of a rendered Dockerfile to those of templates and manifest; empty for hand-written ones.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    lines: Arc<[Line]>,
    names: Arc<Names>,
}

impl SourceMap {
    /// `lines` name places by their number in `names`.
    pub(super) fn new(lines: Vec<Line>, names: Arc<Names>) -> Self {
        Self {
            lines: lines.into(),
            names,
        }
    }

    /// What a line (from 1) of the text comes from: the template's line, and the manifest's where it is known.
    /// An instruction's continued lines belong to what began it.
    pub fn origins(&self, text: &str, line: usize) -> Vec<String> {
        let Some(mut at) = line.checked_sub(1) else {
            return Vec::new();
        };
        let Some(own) = self.lines.get(at) else {
            return Vec::new();
        };
        let template = own.template.and_then(|(number, line)| {
            Some(format!(
                "{}:{line}",
                self.names.templates.get(number as usize)?
            ))
        });
        let written: Vec<&str> = text.lines().take(line).collect();
        let mut place = own.place;
        while place.is_none()
            && at > 0
            && written
                .get(at - 1)
                .is_some_and(|above| above.trim_end().ends_with('\\'))
        {
            at -= 1;
            place = self.lines.get(at).and_then(|line| line.place);
        }
        let place = place.and_then(|number| self.names.places.get(number as usize).cloned());
        template.into_iter().chain(place).collect()
    }
}
