//! Flags before an instruction's arguments: `--from=x`, `--mount=type=bind,from=x`.

use std::ops::Range;

/// A flag as builders read it: without quotes and backslashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flag {
    pub name: String,
    pub value: String,
    /// Whether it has a `=`.
    pub has_value: bool,
    /// Where it is in the logical line.
    pub written: Range<usize>,
    places: Places,
}

/// Where the characters of a value are in the logical line.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Places {
    /// They follow each other from here on.
    From(usize),
    /// Quotes or backslashes are between them: the position of each.
    Each(Vec<Range<usize>>),
}

impl Flag {
    /// The position of the byte range `range` of the value in the logical line.
    pub fn place(&self, range: Range<usize>) -> Range<usize> {
        let places = match &self.places {
            Places::From(start) if range.is_empty() => {
                let end = start + self.value.len();
                return end..end;
            }
            Places::From(start) => return start + range.start..start + range.end,
            Places::Each(places) => places,
        };
        let chars: Vec<_> = self
            .value
            .char_indices()
            .zip(places)
            .filter(|((at, _), _)| range.contains(at))
            .collect();
        let end = places.last().map_or(0, |p| p.end);
        match (chars.first(), chars.last()) {
            (Some((_, first)), Some((_, last))) => first.start..last.end,
            _ => end..end,
        }
    }

    /// The position of the whole value.
    pub fn whole(&self) -> Range<usize> {
        self.place(0..self.value.len())
    }

    /// The fields of a comma-separated value: key in lower case, value, and the byte range of the value in this flag's value.
    pub fn fields(&self) -> impl Iterator<Item = (String, &str, Range<usize>)> {
        let base = self.value.as_ptr() as usize;
        self.value.split(',').filter_map(move |field| {
            let (key, value) = field.split_once('=')?;
            let at = value.as_ptr() as usize - base;
            Some((key.to_ascii_lowercase(), value, at..at + value.len()))
        })
    }
}

/// The flags at the start of `text[start..]`, and the position where the arguments begin.
pub(super) fn flags(text: &str, start: usize) -> (Vec<Flag>, usize) {
    let mut flags = Vec::new();
    let mut at = start;
    loop {
        at += text[at..].len() - text[at..].trim_start().len();
        if !text[at..].starts_with("--") {
            return (flags, at);
        }
        if let Some(word) = plain(&text[at..]) {
            if word == "--" {
                return (flags, at + word.len());
            }
            flags.push(plain_flag(word, at));
            at += word.len();
            continue;
        }
        let (word, end) = word(text, at);
        let written = std::mem::replace(&mut at, end)..end;
        if word.iter().map(|(ch, _)| ch).eq(&['-', '-']) {
            return (flags, at);
        }
        flags.push(flag(&word, written));
    }
}

/// The first word, if it has neither quotes nor backslashes, as almost all have.
fn plain(text: &str) -> Option<&str> {
    let end = text.find(|ch: char| ch.is_whitespace() || matches!(ch, '"' | '\'' | '\\'));
    let end = end.unwrap_or(text.len());
    let word = &text[..end];
    let next = text[end..].chars().next();
    next.is_none_or(char::is_whitespace).then_some(word)
}

fn plain_flag(word: &str, start: usize) -> Flag {
    let (name, value) = word[2..].split_once('=').unwrap_or((&word[2..], ""));
    Flag {
        name: name.into(),
        value: value.into(),
        has_value: word.contains('='),
        written: start..start + word.len(),
        places: Places::From(start + word.len() - value.len()),
    }
}

/// A word's characters with their positions, and where it ends.
fn word(text: &str, start: usize) -> (Vec<(char, Range<usize>)>, usize) {
    let mut word = Vec::new();
    let mut quote = None;
    let mut chars = text[start..]
        .char_indices()
        .map(|(at, ch)| (start + at, ch))
        .peekable();
    while let Some((at, ch)) = chars.next() {
        match quote {
            None if ch.is_whitespace() => return (word, at),
            None if ch == '"' || ch == '\'' => quote = Some(ch),
            Some(open) if open == ch => quote = None,
            // Flags are escaped with a backslash, regardless of `# escape=`.
            _ if ch == '\\' => word.extend(
                chars
                    .next()
                    .map(|(next, ch)| (ch, at..next + ch.len_utf8())),
            ),
            _ => word.push((ch, at..at + ch.len_utf8())),
        }
    }
    (word, text.len())
}

fn flag(word: &[(char, Range<usize>)], written: Range<usize>) -> Flag {
    let equals = word
        .iter()
        .position(|(ch, _)| *ch == '=')
        .unwrap_or(word.len());
    let value = word.get(equals + 1..).unwrap_or_default();
    Flag {
        name: word[2.min(equals)..equals]
            .iter()
            .map(|(ch, _)| ch)
            .collect(),
        value: value.iter().map(|(ch, _)| ch).collect(),
        has_value: equals < word.len(),
        written,
        places: Places::Each(value.iter().map(|(_, place)| place.clone()).collect()),
    }
}
