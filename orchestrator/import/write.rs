//! Writing KDL as a person would: one node per line, short blocks on the line of their node.

/// The longest line with a block on it, in characters.
const WIDTH: usize = 140;

/// A node to write; arguments and properties keep the order in which they were added.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Node {
    line: String,
    children: Vec<Node>,
    /// Whether children are on lines of their own, even if they are short.
    open: bool,
    /// Whether an empty line comes before it.
    spaced: bool,
    /// The comment before it, of one or more lines.
    comment: Option<String>,
}

impl Node {
    /// An empty node.
    pub fn new(name: &str) -> Self {
        Self {
            line: name.to_owned(),
            children: Vec::new(),
            open: false,
            spaced: false,
            comment: None,
        }
    }

    /// Adds text.
    #[must_use]
    pub fn arg(mut self, text: &str) -> Self {
        self.line.push(' ');
        self.line.push_str(&quoted(text));
        self
    }

    /// Adds several texts.
    #[must_use]
    pub fn args<'a>(self, texts: impl IntoIterator<Item = &'a str>) -> Self {
        texts.into_iter().fold(self, Node::arg)
    }

    /// Adds a bare word.
    #[must_use]
    pub fn flag(mut self, word: &str) -> Self {
        self.line.push(' ');
        self.line.push_str(word);
        self
    }

    /// Adds `name="text"`.
    #[must_use]
    pub fn prop(self, name: &str, text: &str) -> Self {
        self.props(name, [text])
    }

    /// Adds `name="one" "another"`.
    #[must_use]
    pub fn props<'a>(mut self, name: &str, texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut start = format!(" {}=", word(name));
        for text in texts {
            self.line.push_str(&start);
            self.line.push_str(&quoted(text));
            start = String::from(" ");
        }
        self
    }

    /// Adds `name="text"`, without escapes as far as possible: `name=#"\d+"#`.
    #[must_use]
    pub fn raw_prop(self, name: &str, text: &str) -> Self {
        let is_raw = text.contains('\\') && !text.contains('"') && text.chars().all(plain);
        match is_raw {
            true => self.flag(&format!("{}=#\"{text}\"#", word(name))),
            false => self.prop(name, text),
        }
    }

    /// Adds a node to its block.
    #[must_use]
    pub fn child(mut self, node: Node) -> Self {
        self.children.push(node);
        self
    }

    /// Adds nodes to its block.
    #[must_use]
    pub fn children(mut self, nodes: impl IntoIterator<Item = Node>) -> Self {
        self.children.extend(nodes);
        self
    }

    /// Puts its block on lines of its own.
    #[must_use]
    pub fn open(mut self) -> Self {
        self.open = true;
        self
    }

    /// Puts an empty line before it.
    #[must_use]
    pub fn spaced(mut self) -> Self {
        self.spaced = true;
        self
    }

    /// Puts a comment of one or more lines before it.
    #[must_use]
    pub fn comment(mut self, text: &str) -> Self {
        self.comment = Some(text.to_owned());
        self
    }

    fn write(&self, depth: usize, out: &mut String) {
        let indent = "    ".repeat(depth);
        out.push_str(if self.spaced && !out.ends_with("{\n") && !out.is_empty() {
            "\n"
        } else {
            ""
        });
        if let Some(text) = &self.comment {
            let lines = text.lines().map(comment);
            lines.for_each(|line| out.extend([indent.as_str(), &line]));
        }
        out.extend([indent.as_str(), self.line.as_str()]);
        if self.children.is_empty() {
            out.push('\n');
        } else if let Some(block) = self
            .block()
            .filter(|block| indent.len() + self.line.len() + block.len() < WIDTH)
        {
            out.extend([" { ", block.as_str(), " }\n"]);
        } else {
            out.push_str(" {\n");
            self.children
                .iter()
                .for_each(|child| child.write(depth + 1, out));
            out.extend([indent.as_str(), "}\n"]);
        }
    }

    /// The block on one line, if it fits.
    fn block(&self) -> Option<String> {
        let flat = !self.open && self.children.iter().all(|child| child.children.is_empty());
        flat.then(|| {
            self.children
                .iter()
                .map(|child| format!("{};", child.line))
                .collect::<Vec<_>>()
                .join(" ")
        })
    }
}

/// A document: a comment on top, of one or more lines, then its nodes.
pub fn document(top: &str, nodes: &[Node]) -> String {
    let mut out: String = top.lines().map(comment).collect();
    nodes.iter().for_each(|node| node.write(0, &mut out));
    out
}

/// A line of a comment.
fn comment(text: &str) -> String {
    let line = text.chars().map(|c| if plain(c) { c } else { ' ' });
    format!("// {}\n", line.collect::<String>())
}

/// A pattern that resolves to this text: braces are doubled.
pub fn literal(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

/// A name as it is written before `=`.
fn word(name: &str) -> String {
    let rest = name.strip_prefix("var:").unwrap_or(name);
    let bare = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && rest
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    if bare && !matches!(name, "true" | "false" | "null" | "inf" | "nan") {
        name.to_owned()
    } else {
        quoted(name)
    }
}

/// Text in double quotes, as KDL reads it.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if plain(c) => out.push(c),
            c => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

/// Whether KDL text may contain the character unescaped: no control, line break or direction mark.
fn plain(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests;
