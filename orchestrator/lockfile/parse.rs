//! Reading `kiln.lock`: every error is reported with its place, and the rest is still read.

use super::{Entry, LOCKFILE, Lockfile, VERSION};
use crate::name::Digest;
use crate::text::{Diagnostic, Diagnostics, SourceId, Span};
use std::collections::BTreeMap;

/// The markers of git around the sides of a merge conflict.
const MARKS: [&str; 3] = ["<<<<<<<", "|||||||", ">>>>>>>"];

impl Lockfile {
    /// Reads the file. Lines that cannot be read are reported and left out.
    pub fn parse(source: SourceId, text: &str, out: &mut Diagnostics) -> Self {
        let mut reader = Reader {
            source,
            entries: BTreeMap::new(),
            version: None,
            out,
        };
        let lines = lines(text);
        if let Some(mark) = lines.iter().find(|line| is_mark(line.text)) {
            let fault = Diagnostic::error(
                "lock::conflict",
                format!("{LOCKFILE} has unresolved merge conflicts"),
            );
            let help = "keep the lines of both sides in any order, remove the markers, then run `kiln lock`";
            reader
                .out
                .push(fault.at(mark.whole(source), "conflict marker").help(help));
            return Self::default();
        }
        let mut lines = lines
            .iter()
            .filter(|line| !line.text.is_empty() && !line.text.starts_with('#'));
        if !reader.version(lines.next()) {
            return Self::default();
        }
        lines.for_each(|line| reader.line(line));
        Self {
            entries: reader
                .entries
                .into_iter()
                .map(|(url, (entry, _))| (url, entry))
                .collect(),
        }
    }
}

/// A line without the spaces around it, and its offset.
struct Line<'a> {
    text: &'a str,
    start: usize,
}

impl Line<'_> {
    fn whole(&self, source: SourceId) -> Span {
        self.part(source, self.text)
    }

    /// The span of a part of this line.
    fn part(&self, source: SourceId, part: &str) -> Span {
        let start =
            self.start + (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        let place = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span {
            source,
            start: place(start),
            end: place(start + part.len()),
        }
    }
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut start = 0;
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let inner = line.trim_start_matches('\u{feff}').trim();
        let offset = (inner.as_ptr() as usize).saturating_sub(line.as_ptr() as usize);
        lines.push(Line {
            text: inner,
            start: start + offset,
        });
        start += line.len() + 1;
    }
    lines
}

fn is_mark(line: &str) -> bool {
    line == "======="
        || MARKS.iter().any(|mark| {
            line.strip_prefix(mark)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        })
}

struct Reader<'a> {
    source: SourceId,
    entries: BTreeMap<String, (Entry, Span)>,
    version: Option<u32>,
    out: &'a mut Diagnostics,
}

impl Reader<'_> {
    /// Whether the first line has a supported version. A file without lines is empty.
    fn version(&mut self, line: Option<&Line<'_>>) -> bool {
        let Some(line) = line else { return true };
        let written = line
            .text
            .strip_prefix("version")
            .filter(|rest| rest.starts_with([' ', '\t']))
            .map(str::trim);
        self.version = written.and_then(|number| number.parse().ok());
        let fault = match (written, self.version) {
            (_, Some(VERSION)) => return true,
            (_, Some(newer)) if newer > VERSION => {
                let message = format!(
                    "{LOCKFILE} has version {newer} of the format, and this kiln supports version {VERSION}"
                );
                Diagnostic::error("lock::version", message)
                    .help("a newer kiln wrote it: use that version of kiln")
            }
            (Some(_), _) => Diagnostic::error(
                "lock::version",
                format!("{LOCKFILE} has an unknown version of the format"),
            )
            .help(format!("write `version {VERSION}` as its first line")),
            (None, _) => Diagnostic::error(
                "lock::version",
                format!("{LOCKFILE} does not begin with the version of its format"),
            )
            .help(format!("write `version {VERSION}` as its first line")),
        };
        self.out
            .push(fault.at(line.whole(self.source), "expected the version here"));
        false
    }

    fn line(&mut self, line: &Line<'_>) {
        match self.entry(line) {
            Ok((url, entry)) => self.add(url, entry, line.whole(self.source)),
            Err(fault) => self.out.push(fault),
        }
    }

    fn entry<'l>(&self, line: &Line<'l>) -> Result<(&'l str, Entry), Diagnostic> {
        let fault = |part: &str, message: &str| {
            let help = "a line has an address, a digest (`sha256:` and 64 hex digits) and a size in bytes; `kiln lock` writes it";
            Diagnostic::error("lock::line", message)
                .at(line.part(self.source, part), "here")
                .help(help)
        };
        let mut words = line.text.split_ascii_whitespace();
        let url = words.next().unwrap_or_default();
        if !["http://", "https://"]
            .iter()
            .any(|scheme| url.len() > scheme.len() && url.starts_with(scheme))
        {
            return Err(fault(url, "this is not the address of a file"));
        }
        let digest = words
            .next()
            .ok_or_else(|| fault(line.text, "this address has no digest"))?;
        let parsed = digest
            .parse::<Digest>()
            .map_err(|why| fault(digest, &why.to_string()))?;
        let size = match words.next() {
            Some(size) => {
                Some(number(size).ok_or_else(|| fault(size, "this is not a size in bytes"))?)
            }
            None => None,
        };
        match words.next() {
            Some(more) => Err(fault(more, "nothing may follow the size")),
            None => Ok((
                url,
                Entry {
                    digest: parsed,
                    size,
                },
            )),
        }
    }

    /// The same line twice is allowed: some merges leave it behind.
    fn add(&mut self, url: &str, entry: Entry, span: Span) {
        match self.entries.get_mut(url) {
            Some((known, first)) if known.digest != entry.digest => {
                let message = format!("`{url}` has two digests");
                let fault = Diagnostic::error("lock::duplicate", message)
                    .at(span, "the second")
                    .at(*first, "the first");
                self.out
                    .push(fault.help("keep the line whose digest the vendor publishes"));
            }
            Some((known, _)) => known.size = known.size.or(entry.size),
            None => drop(self.entries.insert(url.to_owned(), (entry, span))),
        }
    }
}

/// Only digits: `u64` also accepts `+7`.
fn number(text: &str) -> Option<u64> {
    text.bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| text.parse().ok())?
}
