//! Writing the lock: lines that do not change stay as they are, with the comments and the order of the file.

use super::parse::entry;
use super::{Entry, Lockfile, VERSION};
use std::collections::BTreeSet;

const HEAD: &str = "# What is fetched from elsewhere, and what it must be. Written by `kiln lock`; docs/lock.md of kiln says more.";

/// A line of the file, with its ending, and the key of its entry if it has one.
struct Line {
    key: Option<String>,
    text: String,
}

impl Line {
    /// A line that is not an entry.
    fn other(text: impl Into<String>) -> Self {
        Self {
            key: None,
            text: text.into(),
        }
    }

    fn is_comment(&self) -> bool {
        self.text.trim_start().starts_with('#')
    }
}

impl Lockfile {
    /// The text of the file: the same bytes for the same entries on any machine.
    pub fn text(&self) -> String {
        self.written("")
    }

    /// The text of the file in place of an older one. Entries that did not change keep their lines, and comments and order
    /// stay. A new entry follows the one that precedes it in byte order.
    pub fn written(&self, before: &str) -> String {
        let ending = if before.contains("\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        let mut lines = self.kept(before, ending);
        let known: BTreeSet<String> = lines.iter().filter_map(|line| line.key.clone()).collect();
        for (key, entry) in self.iter().filter(|(key, _)| !known.contains(*key)) {
            let at = place(&lines, key);
            end(&mut lines, at, ending);
            lines.insert(
                at,
                Line {
                    key: Some(key.to_owned()),
                    text: written(key, *entry) + ending,
                },
            );
        }
        lines.into_iter().map(|line| line.text).collect()
    }

    /// The lines of the older file, with today's digests and without the entries that are gone.
    fn kept(&self, before: &str, ending: &str) -> Vec<Line> {
        let (mut lines, mut seen) = (Vec::new(), BTreeSet::new());
        let mut has_version = false;
        for text in before.split_inclusive('\n') {
            let inner = text.trim_start_matches('\u{feff}').trim();
            let is_entry = !inner.is_empty() && !inner.starts_with('#');
            if !is_entry || !has_version {
                has_version |= is_entry;
                lines.push(Line::other(text));
                continue;
            }
            // The command that writes has read the file without errors.
            let Ok((key, old)) = entry(inner) else {
                continue;
            };
            let Some(new) = self.get(&key).filter(|_| seen.insert(key.clone())) else {
                continue;
            };
            let text = match old == *new {
                true => text.to_owned(),
                false => text.replacen(inner, &written(&key, *new), 1),
            };
            lines.push(Line {
                key: Some(key),
                text,
            });
        }
        if !has_version {
            begin(&mut lines, ending);
        }
        if seen.is_empty() && !self.is_empty() && !ends_blank(&lines) {
            let all = lines.len();
            end(&mut lines, all, ending);
            lines.push(Line::other(ending));
        }
        lines
    }
}

/// Adds the version to a file that has none, and a first line to an empty one.
fn begin(lines: &mut Vec<Line>, ending: &str) {
    match lines.is_empty() {
        true => lines.push(Line::other(format!("{HEAD}{ending}"))),
        false => {
            let all = lines.len();
            end(lines, all, ending);
        }
    }
    lines.push(Line::other(format!("version {VERSION}{ending}")));
}

/// Whether the last line is empty.
fn ends_blank(lines: &[Line]) -> bool {
    lines.last().is_some_and(|line| line.text.trim().is_empty())
}

/// Ends the line before this one.
fn end(lines: &mut [Line], at: usize, ending: &str) {
    if let Some(last) = at.checked_sub(1).and_then(|last| lines.get_mut(last))
        && !last.text.ends_with('\n')
    {
        last.text.push_str(ending);
    }
}

/// Where a new entry goes: after the entry that precedes it, else before the first one and the comments above that.
fn place(lines: &[Line], key: &str) -> usize {
    let entries = lines.iter().enumerate();
    let entries = entries.filter_map(|(at, line)| Some((line.key.as_deref()?, at)));
    let before = entries.clone().filter(|(other, _)| *other < key).max();
    if let Some((_, at)) = before {
        return at + 1;
    }
    let first = entries.map(|(_, at)| at).min().unwrap_or(lines.len());
    let above = lines[..first].iter().rev();
    first - above.take_while(|line| line.is_comment()).count()
}

fn written(key: &str, Entry { digest, size }: Entry) -> String {
    let size = size.map(|size| format!(" {size}")).unwrap_or_default();
    format!("{key} {digest}{size}")
}
