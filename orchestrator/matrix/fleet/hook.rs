//! The hooks of a variant: their commands, with what is known only when a tag moves.

use crate::check;
use crate::request::HookPhase;
use crate::text::Span;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A command that runs on the host before or after public tags move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    /// When it runs.
    pub phase: HookPhase,
    /// Its name in messages and reports: as declared, else its command in short.
    pub title: String,
    /// The command in parts.
    pub run: Vec<HookPart>,
    /// The time limit.
    pub within: Duration,
    /// Where it is declared: `kiln.kdl:12:5`; empty until the sources are known.
    pub place: String,
    /// The same place; not saved, since a saved plan has `place`.
    #[serde(skip)]
    pub span: Span,
}

/// A part of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum HookPart {
    /// Literal text.
    Text(String),
    /// What is known when the tag moves.
    Value(HookValue),
}

/// What a hook is given about the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum HookValue {
    /// The image by digest: `r.example/cimg/go@sha256:…`.
    Reference,
    /// Its digest: `sha256:…`.
    Digest,
    /// The repository of the reference.
    Repository,
}

/// The placeholders that only hooks have.
pub const HOOK_VALUES: [(&str, HookValue); 3] = [
    ("reference", HookValue::Reference),
    ("digest", HookValue::Digest),
    ("repository", HookValue::Repository),
];

/// Stands for the first value of [`HOOK_VALUES`] in a text; the next ones follow. These are private-use characters.
const FIRST: u32 = 0xe300;

/// The character that stands for the value with this index.
pub(in crate::matrix) fn mark(place: usize) -> char {
    let code = u32::try_from(place).ok().map(|place| FIRST + place);
    code.and_then(char::from_u32).unwrap_or('\u{e3ff}')
}

/// Splits a command at its marks.
pub(in crate::matrix) fn parts(command: &str) -> Vec<HookPart> {
    let mut parts = Vec::new();
    let mut text = String::new();
    for c in command.chars() {
        let place = u32::from(c).checked_sub(FIRST);
        let Some((_, value)) = place.and_then(|place| HOOK_VALUES.get(place as usize)) else {
            text.push(c);
            continue;
        };
        if !text.is_empty() {
            parts.push(HookPart::Text(std::mem::take(&mut text)));
        }
        parts.push(HookPart::Value(*value));
    }
    if !text.is_empty() {
        parts.push(HookPart::Text(text));
    }
    parts
}

impl Hook {
    /// A hook that is named by its command unless it has a name. Its place is added once the sources are known.
    pub(in crate::matrix) fn new(
        phase: HookPhase,
        name: Option<&str>,
        run: Vec<HookPart>,
        within: Duration,
        span: Span,
    ) -> Self {
        let hook = Self {
            phase,
            title: String::new(),
            run,
            within,
            place: String::new(),
            span,
        };
        let title = check::one_line(name.unwrap_or(&hook.written()));
        Self { title, ..hook }
    }

    /// The command as it is written: `cosign sign {reference}`.
    pub fn written(&self) -> String {
        let word = |value: HookValue| HOOK_VALUES.iter().find(|(_, known)| *known == value);
        self.command(|value| word(value).map_or(String::new(), |(word, _)| format!("{{{word}}}")))
    }

    /// The command with these values. They are references and digests, in which a shell finds nothing to expand.
    pub fn command(&self, value: impl Fn(HookValue) -> String) -> String {
        let parts = self.run.iter().map(|part| match part {
            HookPart::Text(text) => text.clone(),
            HookPart::Value(known) => value(*known),
        });
        parts.collect()
    }
}
