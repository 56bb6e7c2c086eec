//! Diagnostics: what is wrong with a text, where, and how to fix it.

use super::{Place, Sources, Span, kdl};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// How severe a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The run continues.
    Warning,
    /// The run stops before anything is built.
    Error,
}

/// A marked place with a short note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// The bytes of the value that is written there, if only these are meant; see [`Diagnostics::locate`].
    pub within: Option<Range<usize>>,
    /// The note.
    pub text: String,
}

/// How a text is read further after a problem, as its author probably meant it: nothing else follows from the problem then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mend {
    /// With another word at a place.
    Word(Span, String),
    /// With the end of a node before a place.
    End(Span),
}

/// One problem: a stable code, one sentence, the places, and a way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How serious it is.
    pub severity: Severity,
    /// A stable, searchable name: `manifest::unknown-property`.
    pub code: &'static str,
    /// One sentence without a full stop.
    pub message: String,
    /// The first label is the place of the problem. The others are related places, perhaps in other sources.
    pub labels: Vec<Label>,
    /// What the author can do about it.
    pub help: Option<String>,
    /// How many further problems with this code are at its place; see [`Diagnostics::by_place`].
    pub more: usize,
    /// How the text is read further, if that can be told.
    pub mend: Option<Box<Mend>>,
}

impl Diagnostic {
    /// An error, without a place so far.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            labels: Vec::new(),
            help: None,
            more: 0,
            mend: None,
        }
    }

    /// A warning, without a place so far.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, message)
        }
    }

    /// Adds a label.
    #[must_use]
    pub fn at(mut self, place: impl Into<Place>, text: impl Into<String>) -> Self {
        let Place { span, within } = place.into();
        self.labels.push(Label {
            span,
            within,
            text: text.into(),
        });
        self
    }

    /// The sentence, with the number of further problems at the place.
    pub fn sentence(&self) -> String {
        match self.more {
            0 => self.message.clone(),
            more => format!("{}, and {more} more", self.message),
        }
    }

    /// Sets the help text.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Sets the help text if there is one.
    #[must_use]
    pub fn maybe_help(mut self, text: Option<String>) -> Self {
        self.help = text.or(self.help);
        self
    }

    /// Where the text is read otherwise than it is written.
    pub fn mended(&self) -> Option<Span> {
        self.mend.as_deref().map(|mend| match mend {
            Mend::Word(at, _) | Mend::End(at) => *at,
        })
    }

    /// Whether it is about a node with a word that was guessed: it may follow from that.
    pub fn is_around(&self, guessed: &HashSet<Span>) -> bool {
        let place = self.labels.first().map(|label| label.span);
        let mut guessed = guessed.iter();
        guessed.any(|word| place.is_some_and(|place| place != *word && place.contains(*word)))
    }

    /// Suggests the word that was probably meant at a place, if there is one.
    #[must_use]
    pub fn meant(mut self, at: Span, near: Option<&str>) -> Self {
        if let Some(near) = near {
            self.help = Some(format!("did you mean `{near}`?"));
            self = self.read_as(Some(Mend::Word(at, near.to_owned())));
        }
        self
    }

    /// Sets how the text is read further, if that can be told.
    #[must_use]
    pub fn read_as(mut self, mend: Option<Mend>) -> Self {
        self.mend = mend.map(Box::new);
        self
    }
}

/// The diagnostics of a whole pass. At most [`Diagnostics::SHOWN`] are kept; all are counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics {
    shown: Vec<Diagnostic>,
    errors: usize,
    total: usize,
    /// The indexes of those in `shown`, if one place is reported once.
    places: Option<HashMap<(&'static str, Span), usize>>,
}

impl Diagnostics {
    /// The most diagnostics that are kept: more than a person reads at once.
    pub const SHOWN: usize = 100;

    /// For passes over variants: a place is reported once for each code, with the number of further problems there,
    /// regardless of how many variants it touches.
    pub fn by_place() -> Self {
        Self {
            places: Some(HashMap::new()),
            ..Self::default()
        }
    }

    /// Adds one diagnostic.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if let (Some(places), Some(label)) = (&mut self.places, diagnostic.labels.first()) {
            let next = self.shown.len();
            let known = *places.entry((diagnostic.code, label.span)).or_insert(next);
            if let Some(shown) = self.shown.get_mut(known) {
                // The same sentence again says no more.
                shown.more += usize::from(shown.message != diagnostic.message);
                return;
            }
        }
        self.total += 1;
        self.errors += usize::from(diagnostic.severity == Severity::Error);
        if self.shown.len() < Self::SHOWN {
            self.shown.push(diagnostic);
        }
    }

    /// Adds the diagnostics of another pass.
    pub fn extend(&mut self, other: Diagnostics) {
        let unseen = other.total - other.shown.len();
        let unseen_errors = other.errors
            - other
                .shown
                .iter()
                .filter(|d| d.severity == Severity::Error)
                .count();
        other.shown.into_iter().for_each(|d| self.push(d));
        self.total += unseen;
        self.errors += unseen_errors;
    }

    /// Adds the diagnostics of a later pass, except those that are consequences of earlier errors: a second
    /// diagnostic at the place of an error is dropped, and so is every diagnostic for which `follows` is true.
    pub fn extend_unrelated(&mut self, later: Diagnostics, follows: impl Fn(&Diagnostic) -> bool) {
        let place = |fault: &Diagnostic| fault.labels.first().map(|label| label.span);
        let reported: Vec<Span> = self
            .shown
            .iter()
            .filter(|fault| fault.severity == Severity::Error)
            .filter_map(place)
            .collect();
        let new = |fault: &Diagnostic| {
            !follows(fault) && place(fault).is_none_or(|span| !reported.contains(&span))
        };
        let dropped: Vec<Severity> = later
            .shown
            .iter()
            .filter(|fault| !new(fault))
            .map(|fault| fault.severity)
            .collect();
        let (total, errors) = (
            later.total - dropped.len(),
            later.errors - dropped.iter().filter(|s| **s == Severity::Error).count(),
        );
        let shown = later.shown.into_iter().filter(new).collect();
        self.extend(Diagnostics {
            shown,
            errors,
            total,
            places: None,
        });
    }

    /// Finds the places of parts of values: the passes do not have the sources, and a value is not always written as it is.
    pub fn locate(&mut self, sources: &Sources) {
        for label in self.shown.iter_mut().flat_map(|one| &mut one.labels) {
            let Some(within) = label.within.take() else {
                continue;
            };
            let (start, end) = (label.span.start as usize, label.span.end as usize);
            let source = sources.get(label.span.source);
            let literal = source.and_then(|source| source.text.get(start..end));
            let Some(part) = literal.and_then(|literal| kdl::part(literal, &within)) else {
                continue;
            };
            let at = |byte: usize| u32::try_from(start + byte).unwrap_or(label.span.end);
            (label.span.start, label.span.end) = (at(part.start), at(part.end));
        }
    }

    /// Those of the kept diagnostics that are not known, also if their text was read again.
    #[must_use]
    pub fn new_to(&self, known: &Diagnostics, sources: &Sources) -> Self {
        let key = |one: &Diagnostic| {
            let place = one.labels.first().map(|label| sources.place(label.span));
            place.map(|place| (one.code, place))
        };
        let mut seen: HashSet<(&str, String)> = known.iter().filter_map(key).collect();
        let is_new = |one: &&Diagnostic| key(one).is_none_or(|key| seen.insert(key));
        self.iter().filter(is_new).cloned().collect()
    }

    /// The diagnostics that were kept, in the order they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.shown.iter()
    }

    /// The number of all diagnostics, kept or not.
    pub fn total(&self) -> usize {
        self.total
    }

    /// Whether there is an error.
    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// The number of errors.
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// Whether there are no diagnostics.
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        let mut all = Self::default();
        all.push(diagnostic);
        all
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(iter: I) -> Self {
        let mut all = Self::default();
        iter.into_iter().for_each(|d| all.push(d));
        all
    }
}
