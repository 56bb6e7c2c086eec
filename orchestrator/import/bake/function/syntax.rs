//! Regular expressions as Go writes them (RE2), in the syntax of the regex crate.
//!
//! ```text
//! [[.]         [\[.]           a bracket in a class is a character, unless it begins [:alpha:]
//! \Q1.2\E      1\.2            quoted text
//! \d, \w, \s   [0-9]           of ASCII only
//! a{, \<, \_   a\{, <, _       characters
//! ```

use regex::escape;

/// The names of classes such as `[:alpha:]`.
const CLASSES: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit",
];

/// The same expression in the syntax of the regex crate; nothing if Go refuses it where this does not.
pub fn translated(go: &str) -> Option<String> {
    let mut reader = Reader {
        rest: go,
        out: String::new(),
    };
    while let Some(c) = reader.next() {
        match c {
            '\\' => reader.escape(false)?,
            '[' => reader.class()?,
            '{' if !reader.is_count() => reader.out.push_str("\\{"),
            '}' if !reader.ends_count() => reader.out.push_str("\\}"),
            c => reader.out.push(c),
        }
    }
    Some(reader.out)
}

struct Reader<'g> {
    rest: &'g str,
    out: String,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn took(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Whether a brace before the rest counts repetitions: `{2}`, `{2,}`, `{2,3}`.
    fn is_count(&self) -> bool {
        let Some((inner, _)) = self.rest.split_once('}') else {
            return false;
        };
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match inner.split_once(',') {
            Some((least, most)) => digits(least) && (most.is_empty() || digits(most)),
            None => digits(inner),
        }
    }

    /// Whether a brace behind the output ends such a count.
    fn ends_count(&self) -> bool {
        let start = self
            .out
            .rfind('{')
            .filter(|at| !self.out[..*at].ends_with('\\'));
        start.is_some_and(|at| !self.out[at..].contains('}'))
    }

    /// What is behind a backslash.
    fn escape(&mut self, in_class: bool) -> Option<()> {
        let c = self.next()?;
        match c {
            'd' | 'w' | 's' | 'D' | 'W' | 'S' => self.out.push_str(ascii(c)),
            'Q' if !in_class => {
                let (quoted, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                self.out.push_str(&escape(quoted));
                self.rest = rest;
            }
            'p' | 'P' if self.took("{^") => {
                let other = if c == 'p' { "\\P{" } else { "\\p{" };
                self.out.push_str(other);
            }
            // Numbers of groups and single bytes are not in Go's syntax.
            '1'..='9' if !self.rest.starts_with(|c: char| c.is_digit(8)) || c > '7' => return None,
            '0'..='7' => self.octal(c)?,
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => {
                self.out.push_str(&escape(&c.to_string()))
            }
            c => self.out.extend(['\\', c]),
        }
        Some(())
    }

    /// A character by its number: `\0`, `\12`, `\123`.
    fn octal(&mut self, first: char) -> Option<()> {
        let mut number = first.to_digit(8)?;
        for _ in 0..2 {
            let Some(digit) = self.rest.chars().next().and_then(|c| c.to_digit(8)) else {
                break;
            };
            self.next();
            number = number * 8 + digit;
        }
        self.out.push_str(&format!("\\x{{{number:x}}}"));
        Some(())
    }

    /// The rest of a class.
    fn class(&mut self) -> Option<()> {
        self.out.push('[');
        if self.took("^") {
            self.out.push('^');
        }
        let mut is_first = true;
        loop {
            match self.next()? {
                ']' if !is_first => break,
                '[' => self.bracket(),
                '\\' => self.escape(true)?,
                '-' if is_first || self.rest.starts_with(']') => self.out.push_str("\\-"),
                '-' => self.out.push('-'),
                c => self.out.push_str(&escape(&c.to_string())),
            }
            is_first = false;
        }
        self.out.push(']');
        Some(())
    }

    /// A bracket in a class: the start of `[:alpha:]`, or a character.
    fn bracket(&mut self) {
        let named = self
            .rest
            .strip_prefix(':')
            .and_then(|rest| rest.split_once(":]"));
        let is_class = |name: &str| CLASSES.contains(&name.strip_prefix('^').unwrap_or(name));
        match named.filter(|(name, _)| is_class(name)) {
            Some((name, rest)) => {
                self.out.push_str(&format!("[:{name}:]"));
                self.rest = rest;
            }
            None => self.out.push_str("\\["),
        }
    }
}

/// Go's classes have characters of ASCII only.
fn ascii(c: char) -> &'static str {
    match c {
        'd' => "[0-9]",
        'D' => "[^0-9]",
        'w' => "[0-9A-Za-z_]",
        'W' => "[^0-9A-Za-z_]",
        's' => "[\\t\\n\\x0c\\r ]",
        _ => "[^\\t\\n\\x0c\\r ]",
    }
}
