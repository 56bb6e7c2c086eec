//! Our own line reader of Dockerfiles: what images a file names, and which line is which instruction.
//!
//! It reads as BuildKit's frontend does (continuations with comment lines between them,
//! here-documents, flags, parser directives). An image that is missed would be an edge missed in
//! the fleet's graph and a child built on the wrong parent, so what it cannot make out is a
//! [`Fault`] with its line, never a guess.

mod directive;
mod expand;
mod feature;
mod flag;
mod form;
mod heredoc;
mod instruction;
mod line;
mod platform;
mod scope;
mod stage;
mod image_ref;

#[cfg(test)]
mod tests;

pub use feature::Feature;
pub use instruction::Instruction;
pub use stage::BuildStage;

use crate::name::Platform;
use crate::render::ImageRef;
use crate::text::{Diagnostic, SourceId, Span};
use indexmap::IndexMap;
use std::ops::Range;

/// A Dockerfile, read.
#[derive(Debug, Default)]
pub struct Dockerfile {
    /// In file order.
    pub instructions: Vec<Instruction>,
    /// In file order; their places are the numbers that `COPY --from=0` means.
    pub stages: Vec<BuildStage>,
    /// Every outside image, in file order.
    pub image_refs: Vec<ImageRef>,
    /// Which of `stands` the last stage is built on in the end, also over other stages.
    pub final_base: Option<usize>,
    /// The line of the FROM by which the last stage runs on the build platform, where the file is built for one platform.
    pub native: Option<usize>,
    /// What could not be made out.
    pub faults: Vec<Fault>,
}

/// What a build is given from outside the file.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// Build arguments: they win over an `ARG`'s default.
    pub args: &'a IndexMap<String, String>,
    /// The platforms that the file is built for: they set `TARGETARCH` and its kin. Without any, platforms are not looked at.
    pub platforms: &'a [Platform],
}

/// Something in a Dockerfile that cannot be made out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// A stable name: `dockerfile::unset`.
    pub code: &'static str,
    /// One sentence without a full stop.
    pub message: String,
    /// The place in the file.
    pub bytes: Range<usize>,
    /// From 1.
    pub line: usize,
    /// A way out.
    pub help: Option<String>,
}

/// Reads a Dockerfile. Never fails: what is wrong is in [`Dockerfile::faults`].
pub fn read(text: &str, given: Given<'_>) -> Dockerfile {
    let lines = line::lines(text);
    let mut file = Dockerfile::default();
    let directives = directive::read(&lines, &mut file.faults);
    file.instructions = instruction::read(&lines, directives.escape, &mut file.faults);
    if file.instructions.is_empty() && file.faults.is_empty() {
        file.faults.push(Fault::new(
            "dockerfile::empty",
            "the file has no instruction",
            0..text.len(),
            1,
        ));
    }
    image_ref::frontend(&directives, &mut file);
    stage::read(given, directives.escape, &mut file);
    file.faults.sort_by_key(|fault| fault.bytes.start);
    file
}

/// Where the parser directives at the top end, in bytes: a comment put there changes nothing.
pub fn directives_end(text: &str) -> usize {
    let lines = line::lines(text);
    let end = directive::read(&lines, &mut Vec::new()).end;
    lines.get(end).map_or(text.len(), |line| line.start)
}

/// Where the line of the first FROM begins, or the comments right above it, in bytes; the end where there is none.
pub fn first_from(text: &str) -> usize {
    let lines = line::lines(text);
    let directives = directive::read(&lines, &mut Vec::new());
    let instructions = instruction::read(&lines, directives.escape, &mut Vec::new());
    let Some(from) = instructions.iter().find(|i| i.keyword == "FROM") else {
        return text.len();
    };
    let mut at = from.lines.start() - 1;
    while at > directives.end && lines[at - 1].is_comment() {
        at -= 1;
    }
    lines[at].start
}

/// Puts other text in place of byte ranges. Ranges that are out of bounds, cut a character or
/// overlap an earlier one are left alone.
pub fn rewrite(text: &str, changes: &[(Range<usize>, String)]) -> String {
    let mut changes: Vec<_> = changes.iter().collect();
    changes.sort_by_key(|(range, _)| (range.start, range.end));
    let mut done = String::with_capacity(text.len());
    let mut at = 0;
    for (range, new) in changes {
        if range.start < at {
            continue;
        }
        let (Some(before), Some(_)) = (text.get(at..range.start), text.get(range.clone())) else {
            continue;
        };
        done.push_str(before);
        done.push_str(new);
        at = range.end;
    }
    done.push_str(&text[at..]);
    done
}

impl Dockerfile {
    /// The instruction that this line (from 1) belongs to, its here-documents included.
    pub fn at(&self, line: usize) -> Option<&Instruction> {
        let after = self
            .instructions
            .partition_point(|i| *i.lines.start() <= line);
        self.instructions
            .get(after.checked_sub(1)?)
            .filter(|i| i.lines.contains(&line))
    }
}

impl Fault {
    fn new(
        code: &'static str,
        message: impl Into<String>,
        bytes: Range<usize>,
        line: usize,
    ) -> Self {
        Self {
            code,
            message: message.into(),
            bytes,
            line,
            help: None,
        }
    }

    fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// As a fault of the source that the file is.
    pub fn diagnostic(self, source: SourceId) -> Diagnostic {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let span = Span {
            source,
            start: offset(self.bytes.start),
            end: offset(self.bytes.end),
        };
        Diagnostic::error(self.code, self.message)
            .at(span, "here")
            .maybe_help(self.help)
    }
}
