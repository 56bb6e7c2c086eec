//! Tokens of KDL text: the part of the grammar that finding blocks needs.

use super::DEEPEST;
use std::ops::Range;

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Space,
    Newline,
    /// `//` up to the end of the line, without the newline.
    LineComment,
    /// `/* … */`
    BlockComment,
    /// `\` up to and including the newline that it escapes.
    Continuation,
    /// `/-`
    SlashDash,
    Semicolon,
    Open,
    Close,
    /// Anything else: identifiers, numbers, strings, `=`, type annotations.
    Word,
    /// A word or comment that is not valid.
    Broken(Fault),
}

/// What is wrong with a broken token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// A quote that is not closed on its line.
    OpenString,
    /// Text is in quotes of another kind: `'1.2'`.
    WrongQuotes,
    /// `"""` that is not closed.
    OpenMultiline,
    /// `"""` with text after it on the same line.
    NoLineAfterQuotes,
    /// `/*` that is not closed.
    OpenComment,
    /// Comments that are nested too deeply.
    DeepComment,
    /// `\` that is not at the end of a line.
    StrayBackslash,
}

/// Quotes of other languages and of word processors, each with what closes it.
const QUOTES: [(char, &[char]); 5] = [
    ('\'', &['\'']),
    ('‘', &['’']),
    ('“', &['”', '“']),
    ('„', &['“', '”']),
    ('«', &['»']),
];

/// Whether a character is one of those quotes.
pub(super) fn is_quote(c: char) -> bool {
    QUOTES
        .iter()
        .any(|(first, last)| *first == c || last.contains(&c))
}

/// A range of text and its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: Kind,
    /// In bytes.
    pub range: Range<usize>,
}

/// Splits text into tokens.
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    /// Starts after the byte order mark, if there is one.
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: if text.starts_with('\u{feff}') {
                '\u{feff}'.len_utf8()
            } else {
                0
            },
        }
    }

    /// The length of the string at the beginning of a text, if there is one and it is closed.
    pub(super) fn string(text: &'a str) -> Option<usize> {
        let mut scanner = Self { text, at: 0 };
        let fault = match text.trim_start_matches('#').chars().next() {
            Some('"') if text.starts_with('#') => scanner.hashes(),
            Some('"') => scanner.quoted(),
            _ => return None,
        };
        fault.is_none().then_some(scanner.at)
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_while(&mut self, test: impl Fn(char) -> bool) {
        self.at += self.rest().find(|c| !test(c)).unwrap_or(self.rest().len());
    }

    fn kind(&mut self, first: char) -> Kind {
        let rest = self.rest();
        match first {
            '{' => self.one(Kind::Open, 1),
            '}' => self.one(Kind::Close, 1),
            ';' => self.one(Kind::Semicolon, 1),
            '\r' if rest.starts_with("\r\n") => self.one(Kind::Newline, 2),
            c if is_newline(c) => self.one(Kind::Newline, c.len_utf8()),
            c if is_space(c) => {
                self.skip_while(is_space);
                Kind::Space
            }
            '\\' => self.continuation(),
            '/' if rest.starts_with("/-") => self.one(Kind::SlashDash, 2),
            '/' if rest.starts_with("//") => {
                self.skip_while(|c| !is_newline(c));
                Kind::LineComment
            }
            '/' if rest.starts_with("/*") => self.block_comment(),
            _ => self.word(),
        }
    }

    fn one(&mut self, kind: Kind, length: usize) -> Kind {
        self.at += length;
        kind
    }

    /// Comments nest. The depth is counted; there is no recursion.
    fn block_comment(&mut self) -> Kind {
        let (mut depth, mut deepest) = (0usize, 0usize);
        while let Some(next) = self.rest().find(['/', '*']) {
            self.at += next;
            if self.rest().starts_with("/*") {
                (depth, self.at) = (depth + 1, self.at + 2);
                deepest = deepest.max(depth);
            } else if self.rest().starts_with("*/") {
                (depth, self.at) = (depth - 1, self.at + 2);
                if depth == 0 {
                    return if deepest > DEEPEST {
                        Kind::Broken(Fault::DeepComment)
                    } else {
                        Kind::BlockComment
                    };
                }
            } else {
                self.at += 1;
            }
        }
        // The author may have meant any part of the rest to be inside the comment.
        self.at = self.text.len();
        Kind::Broken(Fault::OpenComment)
    }

    fn continuation(&mut self) -> Kind {
        self.at += 1;
        let after = self.at;
        loop {
            match self.peek() {
                None => return Kind::Continuation,
                Some(c) if is_newline(c) => {
                    self.at += if self.rest().starts_with("\r\n") {
                        2
                    } else {
                        c.len_utf8()
                    };
                    return Kind::Continuation;
                }
                Some(c) if is_space(c) => self.skip_while(is_space),
                Some('/') if self.rest().starts_with("//") => self.skip_while(|c| !is_newline(c)),
                Some('/') if self.rest().starts_with("/*") => match self.block_comment() {
                    Kind::BlockComment => {}
                    broken => return broken,
                },
                Some(_) => {
                    self.at = after;
                    return Kind::Broken(Fault::StrayBackslash);
                }
            }
        }
    }

    fn word(&mut self) -> Kind {
        let start = self.at;
        while let Some(c) = self.peek() {
            let rest = self.rest();
            match c {
                '{' | '}' | ';' | '\\' => break,
                '/' if rest.starts_with("/-")
                    || rest.starts_with("//")
                    || rest.starts_with("/*") =>
                {
                    break;
                }
                c if is_newline(c) || is_space(c) => break,
                '"' => {
                    if let Some(fault) = self.quoted() {
                        return Kind::Broken(fault);
                    }
                }
                '#' => {
                    if let Some(fault) = self.hashes() {
                        return Kind::Broken(fault);
                    }
                }
                c => {
                    let begins = self.at == start || self.text[..self.at].ends_with('=');
                    if let Some(end) = self.wrong_quotes(c).filter(|_| begins) {
                        self.at = end;
                        return Kind::Broken(Fault::WrongQuotes);
                    }
                    self.at += c.len_utf8();
                }
            }
        }
        Kind::Word
    }

    /// Where text ends that this character begins, if it is a quote of another kind with its counterpart on the line.
    fn wrong_quotes(&self, first: char) -> Option<usize> {
        let (_, last) = QUOTES.iter().find(|(own, _)| *own == first)?;
        let body = &self.rest()[first.len_utf8()..];
        let end = body.find(|c| last.contains(&c) || is_newline(c))?;
        let last = body[end..].chars().next().filter(|c| !is_newline(*c))?;
        Some(self.at + first.len_utf8() + end + last.len_utf8())
    }

    /// `"…"` or `"""…"""`, with escapes.
    fn quoted(&mut self) -> Option<Fault> {
        let multiline = match self.open_quotes() {
            Ok(multiline) => multiline,
            Err(fault) => return Some(fault),
        };
        let body = self.at;
        while let Some(c) = self.peek() {
            match c {
                '\\' => {
                    self.at += 1;
                    match self.peek() {
                        // An escaped line break removes all white space after it.
                        Some(c) if is_newline(c) || is_space(c) => {
                            self.skip_while(|c| is_newline(c) || is_space(c))
                        }
                        Some(c) => self.at += c.len_utf8(),
                        None => break,
                    }
                }
                '"' if multiline && !self.rest().starts_with("\"\"\"") => self.at += 1,
                '"' => {
                    self.at += if multiline { 3 } else { 1 };
                    return None;
                }
                c if is_newline(c) && !multiline => return Some(self.open_string(body)),
                c => self.at += c.len_utf8(),
            }
        }
        Some(if multiline {
            Fault::OpenMultiline
        } else {
            self.open_string(body)
        })
    }

    /// `#"…"#`, `##"""…"""##`, or a keyword such as `#true`.
    fn hashes(&mut self) -> Option<Fault> {
        let start = self.at;
        self.skip_while(|c| c == '#');
        let hashes = &self.text[start..self.at];
        if !self.rest().starts_with('"') {
            return None;
        }
        let multiline = match self.open_quotes() {
            Ok(multiline) => multiline,
            Err(fault) => return Some(fault),
        };
        let body = self.at;
        let close = format!("{}{hashes}", if multiline { "\"\"\"" } else { "\"" });
        match self.rest().find(&close) {
            Some(end) if multiline || !self.rest()[..end].contains(is_newline) => {
                self.at += end + close.len();
                None
            }
            None if multiline => {
                self.at = self.text.len();
                Some(Fault::OpenMultiline)
            }
            _ => {
                self.skip_while(|c| !is_newline(c));
                Some(self.open_string(body))
            }
        }
    }

    /// Consumes the opening quotes; true if there are three.
    fn open_quotes(&mut self) -> Result<bool, Fault> {
        if !self.rest().starts_with("\"\"\"") {
            self.at += 1;
            return Ok(false);
        }
        self.at += 3;
        if self.peek().is_none_or(is_newline) {
            return Ok(true);
        }
        self.skip_while(|c| !is_newline(c));
        Err(Fault::NoLineAfterQuotes)
    }

    /// A quote is missing somewhere on this line. A brace at the end of the line still opens a block, or closes those that the line
    /// does not open, as the author meant it, so that one missing quote does not unbalance the rest of the file.
    fn open_string(&mut self, body: usize) -> Fault {
        let text = &self.text[body..self.at];
        let trimmed = text.trim_end();
        let mut open = text
            .matches('}')
            .count()
            .saturating_sub(text.matches('{').count());
        if trimmed.ends_with('{') {
            self.at = body + trimmed.len() - 1;
        } else if open > 0 && trimmed.ends_with('}') {
            let is_end = |c: char| {
                let is_brace = c == '}' && open > 0;
                open -= usize::from(is_brace);
                is_brace || is_space(c)
            };
            let kept = trimmed.trim_end_matches(is_end);
            self.at = body + kept.len();
        }
        Fault::OpenString
    }
}

impl Iterator for Scanner<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let start = self.at;
        let kind = self.kind(self.peek()?);
        Some(Token {
            kind,
            range: start..self.at,
        })
    }
}

/// The newlines of KDL.
pub(super) fn is_newline(c: char) -> bool {
    matches!(
        c,
        '\n' | '\r' | '\u{85}' | '\u{b}' | '\u{c}' | '\u{2028}' | '\u{2029}'
    )
}

/// The spaces of KDL.
fn is_space(c: char) -> bool {
    matches!(
        c,
        '\t' | ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}
