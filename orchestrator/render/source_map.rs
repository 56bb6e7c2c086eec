//! Maps rendered lines to their origins: the line of the template that wrote them, and their place in the manifest.

use crate::text::{FROM_KILN, SourceId, Sources, Span, line_bytes};
use indexmap::IndexMap;
use parking_lot::RwLock;
use std::ops::Range;
use std::sync::Arc;

/// Begins a mark in rendered text, and [`CLOSE`] ends it: `t3:12` for line 12 of template number 3,
/// `p5` for place number 5. These are private-use characters that values and templates must not contain.
pub(super) const MARK: char = '\u{f8f2}';
pub(super) const CLOSE: char = '\u{f8f3}';

/// The origin of one line, by number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// The template's number and its line (from 1).
    pub template: Option<(u32, u32)>,
    pub place: Option<u32>,
}

/// A template or partial as it was read.
#[derive(Debug, Clone)]
pub(super) struct TemplateText {
    pub path: Arc<str>,
    pub source: SourceId,
    pub text: Arc<str>,
}

/// The names for the numbers, for a whole fleet.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub templates: Vec<TemplateText>,
    /// `kiln.kdl:12:5`, by place. They are added while others are read.
    places: RwLock<IndexMap<Span, String>>,
}

impl Names {
    /// Names without places.
    pub fn new(templates: Vec<TemplateText>) -> Self {
        let places = RwLock::default();
        Self { templates, places }
    }

    /// Finds the line and column of each place once.
    pub fn add(&self, spans: impl Iterator<Item = Span>, sources: &Sources) {
        let mut places = self.places.write();
        for span in spans {
            places.entry(span).or_insert_with(|| sources.place(span));
        }
    }

    /// The number of a place.
    pub fn number(&self, span: Span) -> Option<u32> {
        u32::try_from(self.places.read().get_index_of(&span)?).ok()
    }

    /// The span with a number.
    fn span(&self, number: u32) -> Option<Span> {
        let places = self.places.read();
        places.get_index(number as usize).map(|(span, _)| *span)
    }

    /// The place with a number.
    fn place(&self, number: u32) -> Option<String> {
        let places = self.places.read();
        places
            .get_index(number as usize)
            .map(|(_, place)| place.clone())
    }
}

/// Maps the lines of a rendered Dockerfile to those of templates and manifest; empty for hand-written ones.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    lines: Arc<[Line]>,
    names: Option<Arc<Names>>,
}

impl SourceMap {
    /// `lines` contain the numbers of places in `names`.
    pub(super) fn new(lines: Vec<Line>, names: Arc<Names>) -> Self {
        Self {
            lines: lines.into(),
            names: Some(names),
        }
    }

    /// The same map, which shares its lines with another one if they are equal: those of variants mostly are.
    pub(super) fn shared_with(self, other: Option<&Self>) -> Self {
        let equal = other.filter(|other| other.lines == self.lines);
        let lines = equal.map(|other| other.lines.clone());
        Self {
            lines: lines.unwrap_or(self.lines),
            names: self.names,
        }
    }

    /// Whether it is another one, or shares all with it.
    pub(super) fn is(&self, other: &Self) -> bool {
        let names = |map: &Self| map.names.as_ref().map(Arc::as_ptr);
        Arc::ptr_eq(&self.lines, &other.lines) && names(self) == names(other)
    }

    /// The origins of each line of the text, joined: `templates/go.hbs:7, kiln.kdl:14:5`. Empty for hand-written text.
    pub fn by_line(&self, text: &str) -> Vec<String> {
        let mut place = None;
        let mut is_continued = false;
        let mut all = Vec::with_capacity(self.lines.len());
        for (own, continues) in self.lines.iter().zip(continued(text)) {
            let inherited = if is_continued { place } else { None };
            place = own.place.or(inherited);
            is_continued = continues;
            all.push(self.named(own.template, place).join(", "));
        }
        all
    }

    fn named(&self, template: Option<(u32, u32)>, place: Option<u32>) -> Vec<String> {
        let template = template.and_then(|(number, line)| {
            let template = self.names.as_ref()?.templates.get(number as usize)?;
            Some(format!("{}:{line}", template.path))
        });
        let place = place.and_then(|number| self.names.as_ref()?.place(number));
        match (template, place) {
            // What the author can change comes first.
            (Some(template), Some(place)) if template.starts_with(FROM_KILN) => {
                vec![place, template]
            }
            (template, place) => template.into_iter().chain(place).collect(),
        }
    }

    /// The origins of a line (from 1) of the text: the template's line, and the manifest's if it is known.
    /// An instruction's continued lines have the origin of its first line.
    pub fn origins(&self, text: &str, line: usize) -> Vec<String> {
        let Some(at) = line.checked_sub(1) else {
            return Vec::new();
        };
        let Some(own) = self.lines.get(at) else {
            return Vec::new();
        };
        self.named(own.template, self.place(text, at))
    }

    /// The number of the place in the manifest of a line (from 0), or of the line that it continues.
    fn place(&self, text: &str, mut at: usize) -> Option<u32> {
        let written: Vec<&str> = text.lines().take(at).collect();
        let mut place = self.lines.get(at)?.place;
        while place.is_none()
            && at > 0
            && written
                .get(at - 1)
                .is_some_and(|above| above.trim_end().ends_with('\\'))
        {
            at -= 1;
            place = self.lines.get(at).and_then(|line| line.place);
        }
        place
    }

    /// Where the author wrote these bytes of the text, which is this source.
    pub fn author_span(&self, source: SourceId, text: &str, bytes: &Range<usize>) -> Span {
        let written = self.written(text, bytes);
        written.unwrap_or_else(|| Span::of(source, bytes))
    }

    /// Where the author wrote these bytes of the text: in a template, or in the manifest if the template is kiln's own.
    /// `None` for hand-written text.
    pub fn written(&self, text: &str, bytes: &Range<usize>) -> Option<Span> {
        let before = text.get(..bytes.start)?;
        let at = before.matches('\n').count();
        let (number, line) = self.lines.get(at)?.template?;
        let template = self.names.as_ref()?.templates.get(number as usize)?;
        let place = || self.names.as_ref()?.span(self.place(text, at)?);
        let is_own = template.path.starts_with(FROM_KILN);
        let place = is_own.then(place).flatten();
        let part = text.get(bytes.clone()).unwrap_or_default();
        let part = part.lines().next().unwrap_or_default();
        place.or_else(|| template.find(line as usize, part))
    }
}

impl TemplateText {
    /// A part of a line (from 1); the whole line if a value of a variant is in the part.
    fn find(&self, line: usize, part: &str) -> Option<Span> {
        let own = line_bytes(&self.text, line);
        let whole = self.text.get(own.clone())?;
        if own.start == self.text.len() {
            return None;
        }
        let at = whole.find(part).filter(|_| !part.is_empty());
        let found = match at {
            Some(at) => at..at + part.len(),
            None => whole.len() - whole.trim_start().len()..whole.trim_end().len(),
        };
        let end = own.start + found.end.max(found.start);
        Some(Span::of(self.source, &(own.start + found.start..end)))
    }
}

/// For each line of a text, whether the next one continues it.
pub(super) fn continued(text: &str) -> impl Iterator<Item = bool> {
    text.lines().map(|line| line.trim_end().ends_with('\\'))
}
