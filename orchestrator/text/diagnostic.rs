//! What is wrong with a text: place, reason, way out.

use super::Span;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The run goes on.
    Warning,
    /// Nothing is built.
    Error,
}

/// A marked place with a word about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

/// One fault: a stable code, one sentence, the places, and a way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    /// A stable, searchable name: `manifest::unknown-property`.
    pub code: &'static str,
    /// One sentence without a full stop.
    pub message: String,
    /// The first label is the place; others relate to it and may lie in other sources.
    pub labels: Vec<Label>,
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error without a place yet.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            labels: Vec::new(),
            help: None,
        }
    }

    /// A warning without a place yet.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, message)
        }
    }

    /// Marks a place.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Says a way out.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Says a way out where there is one.
    #[must_use]
    pub fn maybe_help(mut self, text: Option<String>) -> Self {
        self.help = text.or(self.help);
        self
    }
}

/// Faults collected over a whole pass: at most [`Diagnostics::SHOWN`] are kept, all are counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics {
    shown: Vec<Diagnostic>,
    errors: usize,
    total: usize,
}

impl Diagnostics {
    /// More than a person reads in one go; the rest is a count.
    pub const SHOWN: usize = 100;

    /// Records one fault.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.total += 1;
        self.errors += usize::from(diagnostic.severity == Severity::Error);
        if self.shown.len() < Self::SHOWN {
            self.shown.push(diagnostic);
        }
    }

    /// Takes over another pass's faults.
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

    /// Takes over a later pass's faults, without those that only follow from earlier ones: what was said
    /// of a place is not said of it again, and `follows` knows the rest.
    pub fn extend_unsaid(&mut self, later: Diagnostics, follows: impl Fn(&Diagnostic) -> bool) {
        let place = |fault: &Diagnostic| fault.labels.first().map(|label| label.span);
        let said: Vec<Span> = self
            .shown
            .iter()
            .filter(|fault| fault.severity == Severity::Error)
            .filter_map(place)
            .collect();
        let new = |fault: &Diagnostic| {
            !follows(fault) && place(fault).is_none_or(|span| !said.contains(&span))
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
        });
    }

    /// The faults that are kept, in the order they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.shown.iter()
    }

    /// How many were found in all.
    pub fn total(&self) -> usize {
        self.total
    }

    /// Whether any of them stops the run.
    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// How many of them are errors.
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// Whether nothing was found.
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
