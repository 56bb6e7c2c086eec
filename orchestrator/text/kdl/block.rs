//! Blocks: the nodes of a text and how they are nested.

mod ends;

use super::fault;
use super::line::Line;
use super::scan::{Fault, Kind, Scanner, Token};
use super::unclosed::{Margin, Unclosed};
use super::unopened::{is_crooked, unopened};
use super::words;
use super::{DEEPEST, Document, LARGEST_FILE, Node};
use crate::text::{Diagnostic, Diagnostics, SourceId, Span};
use std::ops::Range;

/// Parses the text of a file. Reads all that it can, and reports the rest as diagnostics.
pub fn parse(source: SourceId, text: &str, out: &mut Diagnostics) -> Document {
    if text.len() > LARGEST_FILE {
        out.push(
            Diagnostic::error(
                "kdl::too-large",
                format!("the file is larger than {} KiB", LARGEST_FILE / 1024),
            )
            .at(
                Span {
                    source,
                    start: 0,
                    end: 0,
                },
                "this file",
            )
            .help("move parts of it to files of their own and `include` them"),
        );
        return Document {
            source,
            nodes: Vec::new(),
            whole: false,
        };
    }
    let mut own = Diagnostics::default();
    let blocks = Blocks::read(source, text, Vec::new(), &mut own);
    if let Some((found, faults)) = blocks.with_ends() {
        out.extend(faults);
        return found;
    }
    let document = blocks.finish();
    out.extend(own);
    document
}

/// The state of the parser.
struct Blocks<'a> {
    source: SourceId,
    text: &'a str,
    out: &'a mut Diagnostics,
    /// The open blocks around the current place, outermost first.
    open: Vec<Block>,
    /// The finished nodes of the innermost block.
    done: Vec<Node>,
    line: Option<Line>,
    /// The number of open blocks beyond [`DEEPEST`]: their content is skipped.
    skipped: usize,
    /// The first node that seems to lack its `{`. It does if a later `}` closes nothing.
    suspect: Option<Range<usize>>,
    /// Where the current line begins.
    margin: Margin,
    /// The first block that seems to lack its `}`. It does if it is never closed.
    unclosed: Option<Unclosed>,
    /// The ends of blocks that are added, in order of their places.
    ends: Vec<Unclosed>,
    /// Whether a `}` closed nothing.
    has_stray: bool,
    /// Whether reading has ended early, since nothing after a missing `{` means what it says.
    ended: bool,
    /// See [`Document::whole`].
    whole: bool,
}

/// A block whose closing brace has not been read yet.
struct Block {
    brace: usize,
    /// The line of the node that the block belongs to.
    line: Line,
    /// The finished nodes of the block around it.
    before: Vec<Node>,
    /// Whether a line in it is deeper than its own line.
    is_indented: bool,
    /// Whether its first node is on its own line.
    is_inline: bool,
    /// Whether its nodes become the children of the node: it is neither commented out nor misplaced.
    is_children: bool,
}

impl<'a> Blocks<'a> {
    fn read(
        source: SourceId,
        text: &'a str,
        ends: Vec<Unclosed>,
        out: &'a mut Diagnostics,
    ) -> Self {
        let mut blocks = Self {
            source,
            text,
            out,
            open: Vec::new(),
            done: Vec::new(),
            line: None,
            skipped: 0,
            suspect: None,
            margin: Margin::new(),
            unclosed: None,
            ends,
            has_stray: false,
            ended: false,
            whole: true,
        };
        Scanner::new(text).for_each(|token| {
            let Token { kind, range } = token.clone();
            blocks.indented(kind, range.clone());
            blocks.token(token);
            blocks.margin.pass(kind, range.end);
        });
        blocks
    }

    fn token(&mut self, Token { kind, range }: Token) {
        match kind {
            _ if self.ended => {}
            Kind::Broken(fault) => self.broken(fault, range),
            _ if self.skipped > 0 => match kind {
                Kind::Open => self.skipped += 1,
                Kind::Close => self.skipped -= 1,
                _ => {}
            },
            Kind::Space | Kind::BlockComment | Kind::Continuation => {}
            // What `/-` comments out may be on the next line.
            Kind::Newline | Kind::LineComment if self.line.as_ref().is_some_and(Line::awaits) => {}
            Kind::Newline | Kind::Semicolon | Kind::LineComment => self.end_line(),
            Kind::SlashDash => self.slashdash(range),
            Kind::Word => self.word(range),
            Kind::Open => self.open(range.start),
            Kind::Close => self.close(range),
        }
    }

    fn fault(&mut self, range: Range<usize>, message: &str, label: &str, help: &str) {
        let span = words::span(self.source, range);
        self.out.push(
            Diagnostic::error("kdl::syntax", message)
                .at(span, label)
                .help(help),
        );
    }

    fn slashdash(&mut self, range: Range<usize>) {
        let line = self.line.get_or_insert_default();
        if line.awaits() {
            line.faulty = true;
            self.fault(
                range,
                "`/-` appears twice",
                "one is enough",
                "`/-` comments out the next item",
            );
        } else {
            line.slashdash = Some(range);
        }
    }

    fn word(&mut self, range: Range<usize>) {
        let line = self.line.get_or_insert_default();
        if !line.ended {
            if line.is_empty() {
                line.column = self.margin.column(range.start);
            }
            line.word(range);
        } else if words::begins_node(self.text, &range) {
            self.next_node(range);
        } else if !std::mem::replace(&mut line.faulty, true) {
            self.fault(
                range,
                "a node ends with its block",
                "this belongs to no node",
                "begin a new line after the `}`, or add a `;`",
            );
        }
    }

    /// A node that follows a block without a `;`.
    fn next_node(&mut self, range: Range<usize>) {
        let slashdash = self.line.as_mut().and_then(|line| line.slashdash.take());
        self.end_line();
        let line = self.line.get_or_insert_default();
        line.slashdash = slashdash;
        line.word(range.clone());
        self.fault(
            range,
            "a `;` is missing between two nodes on one line",
            "a new node begins here",
            "begin a new line after the `}`, or add a `;`",
        );
    }

    fn open(&mut self, brace: usize) {
        if self.open.len() >= DEEPEST {
            let message = format!("blocks are nested more than {DEEPEST} levels deep");
            self.fault(
                brace..brace + 1,
                &message,
                "this one is too deep",
                "is a `}` missing above?",
            );
            (self.skipped, self.whole) = (1, false);
            return;
        }
        let mut line = self.line.take().unwrap_or_default();
        let mut is_children = false;
        if line.words.len() > 1
            && let Some(word) = line.words.pop_if(|word| &self.text[word.clone()] == "=")
        {
            self.fault(
                word,
                "a block follows without `=`",
                "one word too many",
                "remove the `=`",
            );
        }
        if line.is_empty() {
            line.slashdash = None;
            self.fault(
                brace..brace + 1,
                "a block without a node",
                "there is no node name before it",
                "put the name of the node on the same line as its `{`",
            );
        } else if let Some(start) = self.unquoted(&line, brace) {
            let help = "text with braces needs quotes: `\"{…}\"`";
            self.fault(
                start..brace + 1,
                "there is a `{` instead of a value",
                "a block begins here",
                help,
            );
            line.faulty = true;
        } else if line.slashdash.take().is_some() {
            line.node = line.node.take().or_else(|| self.node(&line));
        } else if line
            .node
            .as_ref()
            .is_some_and(|node| node.children.is_some())
        {
            self.fault(
                brace..brace + 1,
                "a node has two blocks",
                "this is the second one",
                "put all children into one block",
            );
        } else {
            line.node = line.node.take().or_else(|| self.node(&line));
            is_children = true;
        }
        line.ended = true;
        self.open.push(Block {
            brace,
            line,
            before: std::mem::take(&mut self.done),
            is_indented: false,
            is_inline: false,
            is_children,
        });
    }

    /// Where text with braces seems to begin that lacks its quotes: `env A={b}`, `tag {version}`.
    fn unquoted(&self, line: &Line, brace: usize) -> Option<usize> {
        let last = line.words.last()?;
        if self.text[last.clone()].ends_with('=') {
            return Some(last.start);
        }
        let (inner, _) = self.text[brace + 1..].split_once('}')?;
        let is_place = |c: char| c.is_ascii_alphanumeric() || "_-.:%".contains(c);
        let is_text = !inner.is_empty() && inner.chars().all(is_place);
        (is_text && line.words.len() == 1).then_some(brace)
    }

    fn close(&mut self, range: Range<usize>) {
        self.end_line();
        match self.open.pop() {
            Some(block) => {
                self.suspect(&block, range.start);
                self.leave(block);
            }
            None => {
                self.has_stray = true;
                self.stray(range)
            }
        }
    }

    fn suspect(&mut self, block: &Block, brace: usize) {
        let line = block.line.words.first().map(|word| word.start);
        let crooked = line.is_some_and(|line| is_crooked(self.text, line, brace));
        if crooked && self.suspect.is_none() {
            self.suspect = unopened(self.text, &self.done, brace);
        }
    }

    /// A `}` that closes nothing, with the node whose `{` is missing, if it can be told.
    fn stray(&mut self, range: Range<usize>) {
        let suspect = self.suspect.take();
        let Some(node) = suspect.or_else(|| unopened(self.text, &self.done, range.start)) else {
            self.fault(
                range,
                "this `}` closes nothing",
                "no block is open here",
                "remove it, or add the missing `{` above",
            );
            return;
        };
        let message = format!("`{}` has no block", &self.text[node.clone()]);
        let fault = Diagnostic::error("kdl::syntax", message)
            .at(words::span(self.source, node), "is a `{` missing here?")
            .at(words::span(self.source, range), "this `}` closes nothing")
            .help("add the `{` at the end of its line; the rest of the file is not checked until then");
        self.out.push(fault);
        self.done.clear();
        (self.ended, self.whole) = (true, false);
    }

    /// Moves the nodes of a block to the node it belongs to. The line of that node continues after the brace.
    fn leave(&mut self, mut block: Block) {
        let children = std::mem::replace(&mut self.done, block.before);
        if let Some(node) = &mut block.line.node
            && block.is_children
        {
            node.children = Some(children);
        }
        self.line = Some(block.line);
    }

    fn end_line(&mut self) {
        let Some(mut line) = self.line.take() else {
            return;
        };
        if let Some(slashdash) = line.slashdash.take() {
            self.fault(
                slashdash,
                "`/-` comments out nothing",
                "nothing follows it",
                "remove it",
            );
        }
        let node = line.node.take().or_else(|| self.node(&line));
        self.done.extend(node.filter(|_| !line.dropped));
    }

    fn node(&mut self, line: &Line) -> Option<Node> {
        words::read(self.source, self.text, line, self.out)
    }

    fn broken(&mut self, fault: Fault, range: Range<usize>) {
        let told = fault::broken(fault, &self.text[range.clone()]);
        self.whole &= !matches!(fault, Fault::OpenMultiline | Fault::OpenComment);
        let end = self
            .text
            .floor_char_boundary(range.start + told.width.min(range.len()));
        self.fault(range.start..end, told.message, told.label, &told.help);
        if self.skipped == 0 {
            let line = self.line.get_or_insert_default();
            match fault {
                Fault::WrongQuotes => line.word_in_quotes(self.text, range),
                _ => line.word(range),
            }
            line.faulty = true;
        }
    }

    fn finish(mut self) -> Document {
        self.end_line();
        // One missing brace leaves every block around it open: report only the outermost.
        let outermost = self.open.first();
        if let Some((brace, is_indented)) = outermost.map(|block| (block.brace, block.is_indented))
        {
            self.whole = false;
            // If lines are not indented, what follows the block cannot be told from its nodes.
            let is_unclear = self.unclosed.is_some() || !is_indented;
            let help = match is_unclear {
                true => "add a `}` at the end of the block; what follows is not checked until then",
                false => "add a `}` at the end of the block",
            };
            self.fault(
                brace..brace + 1,
                "a block is not closed",
                "there is no `}` for this brace",
                help,
            );
            if is_unclear {
                self.open.truncate(1);
                self.done = self
                    .open
                    .pop()
                    .map(|block| block.before)
                    .unwrap_or_default();
            }
        }
        while let Some(block) = self.open.pop() {
            self.leave(block);
            self.end_line();
        }
        Document {
            source: self.source,
            nodes: self.done,
            whole: self.whole,
        }
    }
}
