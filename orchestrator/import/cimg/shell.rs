//! Assignments of a shell file: `name=value` and `name=(one two)`, nothing that would have to be executed.

use crate::import::Input;
use crate::text::{Span, Spanned};

/// `name=value`
#[derive(Debug, Clone)]
pub struct Assignment {
    pub name: Spanned<String>,
    pub words: Vec<Spanned<String>>,
    /// Whether some word contains `$` or a backquote: only a shell can evaluate it.
    pub computed: bool,
}

/// The contents of a file.
#[derive(Debug, Default)]
pub struct Shell {
    pub assignments: Vec<Assignment>,
    /// Lines that are not assignments.
    pub others: Vec<Span>,
}

/// Reads a file. Never fails: what it does not understand is in [`Shell::others`].
pub fn read(input: Input<'_>) -> Shell {
    let mut shell = Shell::default();
    let mut scan = Scan {
        text: input.text,
        at: 0,
    };
    while scan.at < input.text.len() {
        scan.skip(|c| c.is_whitespace() || c == ';');
        let start = scan.at;
        if scan.peek() == Some('#') {
            scan.line();
        } else if start < input.text.len() {
            match assignment(&mut scan, input) {
                Some(assignment) => shell.assignments.push(assignment),
                None => {
                    scan.at = start;
                    scan.line();
                    shell.others.push(
                        input.span(start, start + input.text[start..scan.at].trim_end().len()),
                    );
                }
            }
        }
    }
    shell
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
}

/// A word, and whether a shell would evaluate it.
struct Word {
    text: String,
    computed: bool,
}

impl Scan<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn skip(&mut self, of: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&of) {
            self.next();
        }
    }

    /// Skips to the end of the line.
    fn line(&mut self) {
        self.skip(|c| c != '\n');
    }

    /// A word of letters, digits and quotes; `None` where a quote is not closed.
    fn word(&mut self) -> Option<Word> {
        let mut word = Word {
            text: String::new(),
            computed: false,
        };
        while let Some(c) = self
            .peek()
            .filter(|c| !c.is_whitespace() && !matches!(c, ';' | '(' | ')' | '&' | '|' | '<' | '>'))
        {
            self.next();
            match c {
                '\'' | '"' => self.quoted(c, &mut word)?,
                '\\' => word.text.extend(self.next().filter(|c| *c != '\n')),
                c => {
                    word.computed |= matches!(c, '$' | '`');
                    word.text.push(c);
                }
            }
        }
        Some(word)
    }

    fn quoted(&mut self, quote: char, word: &mut Word) -> Option<()> {
        loop {
            match self.next()? {
                c if c == quote => return Some(()),
                '\\' if quote == '"' => word.text.extend(self.next()),
                c => {
                    word.computed |= quote == '"' && matches!(c, '$' | '`');
                    word.text.push(c);
                }
            }
        }
    }
}

fn assignment(scan: &mut Scan, input: Input<'_>) -> Option<Assignment> {
    for prefix in ["export ", "readonly "] {
        if input.text[scan.at..].starts_with(prefix) {
            scan.at += prefix.len();
        }
    }
    let start = scan.at;
    scan.skip(|c| c.is_ascii_alphanumeric() || c == '_');
    let name = Spanned::new(
        input.text[start..scan.at].to_owned(),
        input.span(start, scan.at),
    );
    if name.is_empty() || scan.next() != Some('=') {
        return None;
    }
    let list = scan.peek() == Some('(');
    let mut found = Assignment {
        name,
        words: Vec::new(),
        computed: false,
    };
    let push = |scan: &mut Scan, found: &mut Assignment| {
        let start = scan.at;
        let word = scan.word()?;
        found.computed |= word.computed;
        found
            .words
            .push(Spanned::new(word.text, input.span(start, scan.at)));
        Some(scan.at > start)
    };
    if !list {
        push(scan, &mut found)?;
        if found.computed {
            scan.line();
            return Some(found);
        }
        // The rest of the line would be a command that runs with the variable set.
        scan.skip(|c| c == ' ' || c == '\t');
        return matches!(scan.peek(), None | Some('\n' | '\r' | ';' | '#')).then_some(found);
    }
    scan.next();
    loop {
        scan.skip(char::is_whitespace);
        match scan.peek()? {
            ')' => {
                scan.next();
                return Some(found);
            }
            '#' => scan.line(),
            _ => {
                if !push(scan, &mut found)? {
                    return None;
                }
            }
        }
    }
}
