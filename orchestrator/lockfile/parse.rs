//! Reading `kiln.lock`: every error is reported with its place, and the rest is still read.

use super::base::ANY;
use super::{BaseKey, Entry, LOCKFILE, Lockfile, Place, VERSION};
use crate::name::{Digest, Platform, Reference};
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
        let read = reader.entries.into_iter();
        let (entries, places) = read
            .map(|(key, (entry, place))| ((key.clone(), entry), (key, place)))
            .unzip();
        Self { entries, places }
    }
}

/// A line without the spaces around it, and its offset.
struct Line<'a> {
    text: &'a str,
    start: usize,
    /// From 1.
    number: usize,
}

impl Line<'_> {
    fn whole(&self, source: SourceId) -> Span {
        self.part(source, self.text)
    }

    /// The span of a part of this line.
    fn part(&self, source: SourceId, part: &str) -> Span {
        let start =
            self.start + (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        Span::of(source, &(start..start + part.len()))
    }
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut start = 0;
    let mut lines = Vec::new();
    for (line, number) in text.split('\n').zip(1..) {
        let inner = line.trim_start_matches('\u{feff}').trim();
        let offset = (inner.as_ptr() as usize).saturating_sub(line.as_ptr() as usize);
        lines.push(Line {
            text: inner,
            start: start + offset,
            number,
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
    entries: BTreeMap<String, (Entry, Place)>,
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
        let place = Place {
            span: line.whole(self.source),
            line: line.number,
        };
        match entry(line.text) {
            Ok((key, entry)) => self.add(key, entry, place),
            Err(fault) => {
                let span = line.part(self.source, fault.part);
                let found = Diagnostic::error("lock::line", fault.message).at(span, "here");
                self.out.push(found.help(fault.help));
            }
        }
    }

    /// The same line twice is allowed: some merges leave it behind.
    fn add(&mut self, key: String, entry: Entry, place: Place) {
        match self.entries.get_mut(&key) {
            Some((known, first)) if known.digest != entry.digest => {
                let message = format!("`{key}` has two digests");
                let fault = Diagnostic::error("lock::duplicate", message)
                    .at(place.span, "the second")
                    .at(first.span, "the first");
                let help = match super::base::is_base(&key) {
                    true => {
                        "keep one of the lines; `kiln lock --update` then looks up the digest of today"
                    }
                    false => "keep the line whose digest the vendor publishes",
                };
                self.out.push(fault.help(help));
            }
            Some((known, _)) => known.size = known.size.or(entry.size),
            None => drop(self.entries.insert(key, (entry, place))),
        }
    }
}

/// What is wrong with a line.
pub(super) struct Fault<'l> {
    part: &'l str,
    message: String,
    help: &'static str,
}

const FILE: &str = "a line has an address, a digest (`sha256:` and 64 hex digits) and a size in bytes; `kiln lock` writes it";
const BASE: &str = "a line has the name of an image, a platform (`any` for stages on the build platform) and a digest; `kiln lock` writes it";

/// The entry of a line, and its key.
pub(super) fn entry(line: &str) -> Result<(String, Entry), Fault<'_>> {
    let name = line.split_ascii_whitespace().next().unwrap_or_default();
    match name.contains("://") {
        true => file(line),
        false => base(line),
    }
}

fn file(line: &str) -> Result<(String, Entry), Fault<'_>> {
    let fault = |part, message: String| Fault {
        part,
        message,
        help: FILE,
    };
    let mut words = line.split_ascii_whitespace();
    let url = words.next().unwrap_or_default();
    if !["http://", "https://"]
        .iter()
        .any(|scheme| url.len() > scheme.len() && url.starts_with(scheme))
    {
        return Err(fault(url, "this is not the address of a file".into()));
    }
    let digest = words.next();
    let digest = digest.ok_or_else(|| fault(line, "this address has no digest".into()))?;
    let parsed = digest.parse::<Digest>();
    let parsed = parsed.map_err(|why| fault(digest, why.to_string()))?;
    let size = words.next().map(|size| {
        let wrong = || fault(size, "this is not a size in bytes".into());
        number(size).ok_or_else(wrong)
    });
    let entry = Entry {
        digest: parsed,
        size: size.transpose()?,
    };
    match words.next() {
        Some(more) => Err(fault(more, "nothing may follow the size".into())),
        None => Ok((url.to_owned(), entry)),
    }
}

fn base(line: &str) -> Result<(String, Entry), Fault<'_>> {
    let fault = |part, message: String| Fault {
        part,
        message,
        help: BASE,
    };
    let mut words = line.split_ascii_whitespace();
    let name = words.next().unwrap_or_default();
    let reference = name.parse::<Reference>().map_err(|why| {
        let message =
            format!("this is neither the address of a file nor the name of an image: {why}");
        fault(name, message)
    })?;
    if reference.digest.is_some() {
        let why = "this name has a digest already, so nothing needs to be locked";
        return Err(fault(name, why.into()));
    }
    let word = words.next();
    let word = word.ok_or_else(|| fault(line, "this image has no platform".into()))?;
    if word.parse::<Digest>().is_ok() {
        return Err(fault(
            word,
            "a platform is expected before the digest".into(),
        ));
    }
    let platform = match word {
        ANY => None,
        platform => {
            let parsed = platform.parse::<Platform>();
            Some(parsed.map_err(|why| fault(platform, why.to_string()))?)
        }
    };
    let digest = words.next();
    let digest = digest.ok_or_else(|| fault(line, "this image has no digest".into()))?;
    let parsed = digest.parse::<Digest>();
    let entry = Entry {
        digest: parsed.map_err(|why| fault(digest, why.to_string()))?,
        size: None,
    };
    match words.next() {
        Some(more) => Err(fault(more, "nothing may follow the digest".into())),
        None => {
            let key = BaseKey::of(&reference, platform.as_ref());
            Ok((key.to_string(), entry))
        }
    }
}

/// Only digits: `u64` also accepts `+7`.
fn number(text: &str) -> Option<u64> {
    text.bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| text.parse().ok())?
}
