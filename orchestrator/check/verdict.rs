//! The result of a check.

use crate::request::{Output, Ran};

/// Whether an image passes a check, the reason, and the evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the image passes.
    pub passed: bool,
    /// One sentence without a full stop.
    pub why: String,
    /// Lines of the image's output or files: at most [`Output::LINES`], without control characters.
    pub evidence: Vec<String>,
}

impl Verdict {
    /// The image passes.
    pub fn pass(why: impl Into<String>) -> Self {
        Self {
            passed: true,
            why: harmless(&why.into()),
            evidence: Vec::new(),
        }
    }

    /// The image fails.
    pub fn fail(why: impl Into<String>) -> Self {
        Self {
            passed: false,
            why: harmless(&why.into()),
            evidence: Vec::new(),
        }
    }

    /// Adds the last lines of a command's output as evidence, standard error last.
    #[must_use]
    pub fn shown_by(mut self, ran: &Ran) -> Self {
        self.evidence
            .extend(ran.stdout.tail.iter().chain(&ran.stderr.tail).cloned());
        self.bounded()
    }

    /// Adds the last lines of a text as evidence.
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

/// Makes a sentence safe to print: it quotes text from images, so it is limited to one line of bounded length
/// without control characters.
fn harmless(text: &str) -> String {
    const LONGEST: usize = 500;
    let visible = |c: char| if c.is_control() { '·' } else { c };
    let mut out: String = text.chars().take(LONGEST).map(visible).collect();
    if text.chars().nth(LONGEST).is_some() {
        out.push('…');
    }
    out
}
