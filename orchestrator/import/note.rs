//! Notes on what was not imported: one per kind, with all lines that it is about.

use super::Input;
use crate::text::{Diagnostic, Diagnostics, Shown, SourceId, Span};
use indexmap::IndexMap;
use std::collections::HashMap;

/// How many lines a note names.
const LINES: usize = 12;

/// A kind of note: what happened, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Kind {
    code: &'static str,
    message: String,
    help: String,
}

/// The notes so far.
#[derive(Debug, Default)]
pub struct Notes {
    kinds: IndexMap<Kind, Vec<Span>>,
    lost: Vec<Lost>,
}

/// What the file builds or publishes and the manifest does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// What it is, in the words of the comment on top of the manifest: `` target `web` (`acme/web:1`) ``.
    pub what: String,
    pub span: Span,
    /// The references that are known.
    pub references: Vec<String>,
    /// The places of the images that have tags which are not known.
    pub images: Vec<Span>,
}

impl Notes {
    /// A word of the input that the manifest does not express.
    pub fn left_out(&mut self, word: &str, help: &str, span: Span) {
        self.not_imported(&format!("`{}`", word.shown()), help, span);
    }

    /// The same for what is called by more than its word.
    pub fn not_imported(&mut self, what: &str, help: &str, span: Span) {
        let message = format!("{what} is not imported");
        self.note("import::left-out", message, help, span);
    }

    /// Something that the input does not specify and that was decided here.
    pub fn assumed(&mut self, message: impl Into<String>, help: &str, span: Span) {
        self.note("import::assumed", message.into(), help, span);
    }

    /// What the file builds or publishes and the manifest does not, each once.
    pub fn lost(&mut self, lost: Lost) {
        if !self.lost.contains(&lost) {
            self.lost.push(lost);
        }
    }

    /// What is lost so far.
    pub fn all_lost(&self) -> &[Lost] {
        &self.lost
    }

    /// Any other information.
    pub fn note(&mut self, code: &'static str, message: String, help: &str, span: Span) {
        self.kinds
            .entry(Kind {
                code,
                message,
                help: help.to_owned(),
            })
            .or_default()
            .push(span);
    }

    /// The words of the file that are not imported.
    pub fn left(&self) -> Vec<String> {
        let named = |kind: &Kind| {
            let name = kind
                .message
                .strip_suffix(" is not imported")?
                .strip_prefix('`')?;
            let name = name.strip_suffix('`')?;
            (!name.contains(' ')).then(|| name.to_owned())
        };
        let kinds = self
            .kinds
            .keys()
            .filter(|kind| kind.code == "import::left-out");
        kinds.filter_map(named).collect()
    }

    /// The notes as warnings about these files.
    pub fn finish(self, files: &[Input<'_>]) -> Diagnostics {
        let starts = |text: &str| -> Vec<usize> {
            let lines = text.match_indices('\n').map(|(at, _)| at + 1);
            std::iter::once(0).chain(lines).collect()
        };
        let files: HashMap<SourceId, Vec<usize>> = files
            .iter()
            .map(|file| (file.source, starts(file.text)))
            .collect();
        let line = |span: &Span| {
            let starts = files.get(&span.source);
            let before =
                |starts: &Vec<usize>| starts.partition_point(|start| *start <= span.start as usize);
            starts.map_or(1, before)
        };
        let note = |(kind, spans): (Kind, Vec<Span>)| {
            let note = Diagnostic::warning(kind.code, kind.message).help(kind.help);
            places(&spans, line).fold(note, |note, (first, text)| note.at(first, text))
        };
        self.kinds.into_iter().map(note).collect()
    }
}

impl Lost {
    /// What has no references of its own, and no images.
    pub fn part(what: String, span: Span) -> Self {
        Self {
            what,
            span,
            references: Vec::new(),
            images: Vec::new(),
        }
    }
}

/// The first place in each file, and what is said there about the others.
fn places(spans: &[Span], line: impl Fn(&Span) -> usize) -> impl Iterator<Item = (Span, String)> {
    let mut files: IndexMap<SourceId, (Span, Vec<usize>)> = IndexMap::new();
    for span in spans {
        let (_, lines) = files.entry(span.source).or_insert((*span, Vec::new()));
        let line = line(span);
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    let text = |(at, (first, lines)): (usize, (Span, Vec<usize>))| {
        let also = also(&lines[1..]);
        (first, if at == 0 { also } else { format!("and {also}") })
    };
    files.into_values().enumerate().map(text)
}

/// `here, and in lines 12, 18 and 3 more`
fn also(lines: &[usize]) -> String {
    let named: Vec<String> = lines.iter().take(LINES).map(ToString::to_string).collect();
    match lines.len() {
        0 => String::from("here"),
        1 => format!("here, and in line {}", named[0]),
        count if count > LINES => format!(
            "here, and in lines {} and {} more",
            named.join(", "),
            count - LINES
        ),
        _ => format!("here, and in lines {}", named.join(", ")),
    }
}

/// `a`, `b` and 3 more: at most so many names.
pub fn listed(all: &[&str], most: usize) -> String {
    let quoted = |one: &&str| format!("`{}`", one.shown());
    match all {
        [first @ .., last] if !first.is_empty() && all.len() <= most => {
            let first: Vec<String> = first.iter().map(quoted).collect();
            format!("{} and {}", first.join(", "), quoted(last))
        }
        _ => {
            let first: Vec<String> = all.iter().take(most).map(quoted).collect();
            let more = match all.len().saturating_sub(most) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            first.join(", ") + &more
        }
    }
}
