//! Source files as tokens: comments, literals and test code are left out.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::fs;
use std::path::{Path, PathBuf};

/// The code of one file.
pub struct Code {
    /// The path of its module below the crate: `["plan", "show"]`.
    module: Vec<String>,
    /// Its tokens with their lines (from 1).
    tokens: Vec<(usize, String)>,
}

impl Code {
    /// Reads a file; `root` is the folder of `lib.rs`.
    pub fn read(root: &Path, file: &Path) -> Self {
        let inside = file.strip_prefix(root).expect("a file of the crate");
        let mut module: Vec<String> = inside
            .with_extension("")
            .iter()
            .map(|part| part.to_string_lossy().into_owned())
            .collect();
        module.pop_if(|last| last == "mod");
        let text = fs::read_to_string(file).expect("a source file is readable");
        Self::of(module, &text)
    }

    /// The code of a module with this text.
    pub fn of(module: Vec<String>, text: &str) -> Self {
        let stream: TokenStream = text.parse().expect("a source file has Rust's tokens");
        let mut tokens = Vec::new();
        add(stream, &mut tokens);
        Self { module, tokens }
    }

    /// The modules directly below the crate that it names, by `crate::` or `super::`, each with its line.
    pub fn modules_used(&self) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        for (at, (_, word)) in self.tokens.iter().enumerate() {
            // `super::super::x` is read from its first word on.
            let begins = at < 3 || self.words(at - 3) != ["super", ":", ":"];
            match word.as_str() {
                "crate" => self.path(at + 1, &[], &mut found),
                "super" if begins => {
                    let above = self.module.split_last().map_or(&[][..], |(_, above)| above);
                    self.path(at + 1, above, &mut found);
                }
                _ => {}
            }
        }
        found
    }

    /// The tokens as text with their lines: a space stands only between two words.
    pub fn dense(&self) -> Vec<(usize, String)> {
        let word = |text: &str| text.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        let mut lines: Vec<(usize, String)> = Vec::new();
        let mut after_word = false;
        for (line, text) in &self.tokens {
            if lines.last().is_none_or(|(last, _)| last != line) {
                lines.push((*line, String::new()));
            }
            let Some((_, whole)) = lines.last_mut() else {
                continue;
            };
            if after_word && word(text) && !whole.is_empty() {
                whole.push(' ');
            }
            whole.push_str(text);
            after_word = word(text);
        }
        lines
    }

    /// Three tokens from this one on.
    fn words(&self, at: usize) -> Vec<&str> {
        let end = self.tokens.len().min(at + 3);
        self.tokens[at.min(end)..end]
            .iter()
            .map(|(_, text)| text.as_str())
            .collect()
    }

    /// Reads what follows a module's name: `::name`, `::{a, b::c}`, `::super::name`.
    fn path(&self, at: usize, base: &[String], found: &mut Vec<(usize, String)>) {
        let [":", ":", next] = self.words(at)[..] else {
            return;
        };
        match (next, base.split_last()) {
            ("super", Some((_, above))) => self.path(at + 3, above, found),
            ("{", _) => self.list(at + 3, base, found),
            _ => self.name(at + 2, base, found),
        }
    }

    /// Reads the first name of every path between braces.
    fn list(&self, start: usize, base: &[String], found: &mut Vec<(usize, String)>) {
        let (mut depth, mut begins) = (0, true);
        for (at, (_, text)) in self.tokens.iter().enumerate().skip(start) {
            match text.as_str() {
                "{" => depth += 1,
                "}" if depth == 0 => return,
                "}" => depth -= 1,
                "," if depth == 0 => begins = true,
                "super" if begins => {
                    let above = base.split_last().map_or(&[][..], |(_, above)| above);
                    self.path(at + 1, above, found);
                    begins = false;
                }
                _ if std::mem::take(&mut begins) => self.name(at, base, found),
                _ => {}
            }
        }
    }

    fn name(&self, at: usize, base: &[String], found: &mut Vec<(usize, String)>) {
        if let (Some((line, name)), true) = (self.tokens.get(at), base.is_empty()) {
            found.push((*line, name.clone()));
        }
    }
}

/// Adds the tokens of a stream, without doc comments, literals and items that are compiled for tests only.
fn add(stream: TokenStream, tokens: &mut Vec<(usize, String)>) {
    let mut rest = stream.into_iter().peekable();
    while let Some(token) = rest.next() {
        if is(&token, "#") {
            let attribute = match rest.next_if(|next| !is(next, "!")) {
                Some(attribute) => attribute,
                None => continue,
            };
            match attribute.to_string().replace(' ', "").as_str() {
                "[cfg(test)]" => drop(rest.by_ref().find(ends_item)),
                text if text.starts_with("[doc") => {}
                _ => add(attribute.into(), tokens),
            }
            continue;
        }
        let line = |span: proc_macro2::Span| span.start().line;
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::None => ("", ""),
                };
                tokens.push((line(group.span_open()), open.into()));
                add(group.stream(), tokens);
                tokens.push((line(group.span_close()), close.into()));
            }
            TokenTree::Literal(literal) => tokens.push((line(literal.span()), "\"\"".into())),
            other => tokens.push((line(other.span()), other.to_string())),
        }
    }
}

fn is(token: &TokenTree, text: &str) -> bool {
    matches!(token, TokenTree::Punct(_)) && token.to_string() == text
}

/// Whether an item ends with this token: `mod tests;`, `fn f() {}`.
fn ends_item(token: &TokenTree) -> bool {
    let block = matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    block || is(token, ";")
}

/// Every source file below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut open = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            match path.is_dir() {
                true => open.push(path),
                false => found.push(path),
            }
        }
    }
    found.retain(|path| path.extension().is_some_and(|end| end == "rs"));
    found.sort();
    found
}

/// Whether a file has only tests.
pub fn is_test(path: &Path) -> bool {
    path.file_stem().is_some_and(|name| name == "tests")
        || path.components().any(|part| part.as_os_str() == "tests")
}
