//! Instructions: where each begins and ends, and its text without continuations.

use super::Fault;
use super::expand::{Expansion, expand};
use super::form::ExpandFault;
use super::heredoc::{self, Mark};
use super::line::{Line, Logical, continued, words};
use crate::text::{Shown, did_you_mean};
use std::ops::{Range, RangeInclusive};

/// One instruction of a Dockerfile.
#[derive(Debug)]
pub struct Instruction {
    /// In upper case; one of `KEYWORDS` unless a fault is reported.
    pub keyword: String,
    /// Lines from 1, including here-documents.
    pub lines: RangeInclusive<usize>,
    /// The byte range from its first character to the end of its last line.
    pub bytes: Range<usize>,
    /// Where the arguments begin in the logical line.
    pub(super) rest: usize,
    /// The joined lines, without comments and here-documents.
    pub(super) logical: Logical,
}

/// The keywords of all instructions.
pub const KEYWORDS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// The longest line that Docker's scanner accepts, in bytes.
const LONGEST_LINE: usize = 65_535;

impl Instruction {
    /// The instruction as one line: continuations joined, without comments and here-documents.
    pub fn text(&self) -> &str {
        self.logical.text.trim_start()
    }

    /// The names of the flags, in order.
    pub fn flag_names(&self) -> Vec<String> {
        super::flag::flags(&self.logical.text, self.rest)
            .0
            .into_iter()
            .map(|flag| flag.name)
            .collect()
    }

    /// The number of words in the arguments; quotes keep words together.
    pub fn word_count(&self) -> usize {
        super::line::quoted_words(&self.logical.text[self.rest..], '\\').len()
    }

    /// The first word of the arguments: the instruction that ONBUILD defers.
    pub(super) fn subject(&self) -> Range<usize> {
        let first = words(&self.logical.text[self.rest..])
            .into_iter()
            .next()
            .unwrap_or_default();
        self.rest + first.start..self.rest + first.end
    }

    /// The keyword of the instruction that is carried out, here or by ONBUILD, and where its arguments begin.
    pub(super) fn carried_out(&self) -> (String, usize) {
        if self.keyword != "ONBUILD" {
            return (self.keyword.clone(), self.rest);
        }
        let subject = self.subject();
        let keyword = self.logical.text[subject.clone()].to_ascii_uppercase();
        (keyword, subject.end)
    }

    /// A fault at a range of the logical line.
    pub(super) fn fault(
        &self,
        code: &'static str,
        message: impl Into<String>,
        range: Range<usize>,
    ) -> Fault {
        let line = self.logical.line(range.start);
        Fault::new(code, message, self.logical.bytes(range), line)
    }

    /// A fault of the instruction as a whole.
    pub(super) fn fault_here(&self, code: &'static str, message: impl Into<String>) -> Fault {
        let start = self.logical.text.len() - self.text().len();
        self.fault(code, message, start..self.logical.text.len())
    }
}

/// All instructions of a file.
pub(super) fn read(lines: &[Line<'_>], escape: char, faults: &mut Vec<Fault>) -> Vec<Instruction> {
    let mut instructions = Vec::new();
    let mut at = 0;
    if let Some((index, line)) = lines
        .iter()
        .enumerate()
        .find(|(_, line)| line.text.len() > LONGEST_LINE)
    {
        let message = format!(
            "a line of {} bytes; Docker accepts at most {LONGEST_LINE}",
            line.text.len()
        );
        faults.push(Fault::new(
            "dockerfile::line-too-long",
            message,
            line.start..line.end(),
            index + 1,
        ));
    }
    while let Some(line) = lines.get(at) {
        if line.is_blank() || line.is_comment() {
            at += 1;
            continue;
        }
        let (logical, end) = join(lines, at, escape);
        let (instruction, end) = finish(lines, at, end, logical, faults);
        at = end;
        if !instruction.keyword.is_empty() {
            instructions.push(instruction);
        }
    }
    instructions
}

/// Joins an instruction's lines from `start` on; returns the index of the line after them.
fn join(lines: &[Line<'_>], start: usize, escape: char) -> (Logical, usize) {
    let mut logical = Logical::default();
    let mut more = true;
    let mut at = start;
    while let (true, Some(line)) = (more, lines.get(at)) {
        at += 1;
        if at - 1 > start && (line.is_comment() || line.is_blank()) {
            continue;
        }
        // Leading white space is dropped on the first line; on continued lines it counts.
        let text = if at - 1 == start {
            line.text.trim_start()
        } else {
            line.text
        };
        let kept = continued(text, escape);
        more = kept.is_some();
        logical.push(line, line.text.len() - text.len(), kept.unwrap_or(text));
    }
    (logical, at)
}

/// Sets the keyword and adds the here-documents of an instruction.
fn finish(
    lines: &[Line<'_>],
    start: usize,
    mut end: usize,
    mut logical: Logical,
    faults: &mut Vec<Fault>,
) -> (Instruction, usize) {
    logical.text.truncate(logical.text.trim_end().len());
    let first = words(&logical.text).into_iter().next().unwrap_or_default();
    let keyword = logical.text[first.clone()].to_ascii_uppercase();
    let mut instruction = Instruction {
        keyword,
        lines: start + 1..=end,
        bytes: 0..0,
        rest: first.end,
        logical,
    };
    if instruction.keyword.is_empty() {
        faults.push(nothing_follows(&lines[start]));
    } else if !KEYWORDS.contains(&instruction.keyword.as_str()) {
        faults.push(unknown(&instruction));
    }
    let marks = heredocs(&instruction);
    if let Some(mark) = marks.iter().find(|mark| mark.apart)
        && instruction.carried_out().0 != "RUN"
    {
        let message = "COPY and ADD take `<<` and what follows the blank for files";
        let fault = instruction.fault_here("dockerfile::heredoc", message);
        faults.push(fault.help(format!("write `<<{}`", mark.name)));
    }
    match heredoc::length(&marks, &lines[end..]) {
        Ok(taken) => {
            faults.extend(text_fault(&instruction, &marks, &lines[end..end + taken]));
            end += taken;
        }
        Err(mark) => {
            let fault = instruction.fault_here(
                "dockerfile::heredoc",
                format!("the here-document `{}` is not terminated", mark.name),
            );
            let arithmetic = match mark.apart {
                true => {
                    "; if you mean no here-document, write no blank before and after `<<`: `$((1<<2))`"
                }
                false => "",
            };
            faults.push(fault.help(format!(
                "end it with a line that contains only `{}`{arithmetic}",
                mark.name
            )));
            // The following lines may be text of the here-document: parsing them as instructions would be a guess.
            end = lines.len();
        }
    }
    instruction.lines = start + 1..=end;
    let begin = instruction.logical.bytes(first).start;
    instruction.bytes = begin..lines[end - 1].end().max(begin);
    (instruction, end)
}

/// A `${` that is not closed in the text of a COPY or ADD, where builders expand variables, unless its delimiter is quoted.
fn text_fault(instruction: &Instruction, marks: &[Mark], lines: &[Line<'_>]) -> Option<Fault> {
    if !matches!(instruction.keyword.as_str(), "COPY" | "ADD") {
        return None;
    }
    let mut lines = lines.iter();
    for mark in marks {
        let own = lines.by_ref().take_while(|line| !mark.ends(line));
        for line in own.filter(|_| !mark.quoted) {
            // Quotes mean nothing there.
            let text = format!("{}\n", line.text.replace(['"', '\''], "."));
            let Err(ExpandFault::Malformed(why)) = expand(&text, '\\', &|_| Expansion::Unset)
            else {
                continue;
            };
            let message = format!("`{}` cannot be parsed: {why}", line.text.trim().shown());
            let bytes = line.start..line.end();
            let fault = Fault::new("dockerfile::variable", message, bytes, line.number);
            let help = "for a `$` that begins no variable, write `\\$`, or quote the delimiter, `<<\"EOF\"`, if the text has no variables";
            return Some(fault.if_built().help(help));
        }
    }
    None
}

/// A line that is continued, where the file has no instruction after it.
fn nothing_follows(line: &Line<'_>) -> Fault {
    let message = "this line is continued, and no instruction follows";
    let bytes = line.start..line.end();
    Fault::new("dockerfile::instruction", message, bytes, line.number).help("remove the line")
}

fn unknown(instruction: &Instruction) -> Fault {
    let place = instruction.rest - instruction.keyword.len()..instruction.rest;
    let near = did_you_mean(&instruction.keyword, KEYWORDS);
    let message = format!(
        "`{}` is not an instruction",
        instruction.logical.text[place.clone()].shown()
    );
    Fault {
        help: near,
        ..instruction.fault("dockerfile::instruction", message, place)
    }
}

/// The here-documents of an instruction: only RUN, COPY and ADD can have them, also after ONBUILD, but not in JSON form.
pub(super) fn heredocs(instruction: &Instruction) -> Vec<Mark> {
    let text = &instruction.logical.text;
    // Without their sign, what follows is not worth reading.
    if !text.contains("<<") {
        return Vec::new();
    }
    let (keyword, rest) = instruction.carried_out();
    let (_, at) = super::flag::flags(text, rest);
    let json = || {
        text[at..].starts_with('[')
            && serde_json::from_str::<Vec<String>>(text[at..].trim()).is_ok()
    };
    if !matches!(keyword.as_str(), "RUN" | "COPY" | "ADD") || json() {
        return Vec::new();
    }
    heredoc::marks(text)
}
