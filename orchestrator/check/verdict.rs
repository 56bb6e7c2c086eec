//! What a check came to.

use crate::request::{Output, Ran};

/// Whether a check is passed, why, and what shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub passed: bool,
    /// One sentence without a full stop.
    pub why: String,
    /// Lines of what the image printed or holds: no control characters, [`Output::LINES`] at most.
    pub evidence: Vec<String>,
}

impl Verdict {
    /// Passed.
    pub fn pass(why: impl Into<String>) -> Self {
        Self {
            passed: true,
            why: harmless(&why.into()),
            evidence: Vec::new(),
        }
    }

    /// Not passed.
    pub fn fail(why: impl Into<String>) -> Self {
        Self {
            passed: false,
            why: harmless(&why.into()),
            evidence: Vec::new(),
        }
    }

    /// With the last lines of what a command printed, its errors last.
    #[must_use]
    pub fn shown_by(mut self, ran: &Ran) -> Self {
        self.evidence
            .extend(ran.stdout.tail.iter().chain(&ran.stderr.tail).cloned());
        self.bounded()
    }

    /// With lines of any text.
    #[must_use]
    pub fn seen(mut self, text: &str) -> Self {
        self.evidence.extend(Output::whole(text.as_bytes()).tail);
        self.bounded()
    }

    fn bounded(mut self) -> Self {
        let above = self.evidence.len().saturating_sub(Output::LINES);
        self.evidence.drain(..above);
        self
    }
}

/// Sentences quote what images say, so they are bounded, of one line and without control characters.
fn harmless(text: &str) -> String {
    const LONGEST: usize = 500;
    let visible = |c: char| if c.is_control() { '·' } else { c };
    let mut out: String = text.chars().take(LONGEST).map(visible).collect();
    if text.chars().nth(LONGEST).is_some() {
        out.push('…');
    }
    out
}
