//! What is asked of containers of an image, and what they show.
//!
//! A container here is never more than a question: it has no mount (the engine may be far away), no
//! network unless the question needs one, bounds on memory, processors and processes, a mark that says
//! whose it is and until when, and it is gone once the answer is there.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// One question to containers of one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerRequest {
    /// An image of the engine: a local name or id.
    pub image: String,
    pub mark: Mark,
    pub task: ContainerTask,
}

/// Whose a container is: labels `dev.kiln.run` and `dev.kiln.lease`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The run's own word.
    pub run: String,
    /// From then on anybody may remove it; seconds since 1970.
    pub lease: i64,
}

/// What is done with the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContainerTask {
    /// One command instead of the image's own, to its end.
    Run(Command),
    /// Paths of a container that is never started.
    Look(Vec<Look>),
    /// The image as shipped, and a command in a second container of it that shares its network.
    Serve(Service),
}

/// A command of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Program and arguments; the image's entry point is left out.
    pub argv: Vec<String>,
    /// Instead of the image's own.
    pub user: Option<String>,
    /// Instead of the image's own.
    pub workdir: Option<String>,
    /// Besides the image's own.
    pub env: Vec<(String, String)>,
    /// Whether it may reach anything at all.
    pub network: bool,
    /// It is ended with SIGKILL after that.
    pub within: Duration,
    /// In bytes.
    pub memory: u64,
}

/// A path that is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Absolute.
    pub path: String,
    /// Whether links are followed to what they stand for.
    pub follow: bool,
    /// Whether the first [`Found::LARGEST`] bytes are read.
    pub content: bool,
}

/// An image that is started as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Besides the image's own.
    pub env: Vec<(String, String)>,
    /// Whether it may reach anything but itself.
    pub network: bool,
    /// In bytes.
    pub memory: u64,
    /// Tried until it ends with 0, each time in a container of its own.
    pub probe: Command,
    /// For all tries together.
    pub within: Duration,
}

/// The answer to the task of the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContainerAnswer {
    Ran(Ran),
    /// In the order of the paths; `None` for what is not there.
    Looked(Vec<Option<Found>>),
    Served(Served),
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    pub ended: Ended,
    pub stdout: Output,
    pub stderr: Output,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this code.
    Exit(i64),
    /// By the kernel, for want of memory.
    OutOfMemory,
    /// By SIGKILL, when its time was over.
    TooLate,
    /// It never began: no such program, user or folder. The engine's words.
    NotStarted(String),
}

/// The beginning and the last lines of what a command printed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output {
    /// The first [`Output::LARGEST`] bytes; what is no UTF-8 is replaced.
    pub text: String,
    /// The last [`Output::LINES`] lines.
    pub tail: Vec<String>,
    /// Whether there was more than `text` holds.
    pub cut: bool,
}

/// A file, folder or link of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub kind: FileKind,
    /// The lower twelve bits.
    pub mode: u32,
    pub uid: u64,
    pub gid: u64,
    /// In bytes.
    pub size: u64,
    /// What a link points to.
    pub target: Option<String>,
    /// The beginning of a file, where it was asked for.
    pub content: Option<Vec<u8>>,
}

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    File,
    Folder,
    Link,
    /// A device, a pipe.
    Other,
}

/// What became of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// Whether a probe ended with 0.
    pub ready: bool,
    /// How often it was probed.
    pub tries: u32,
    /// How the service itself ended, if it did.
    pub ended: Option<Ended>,
    /// The last probe.
    pub probe: Option<Ran>,
    /// What the service printed.
    pub output: Output,
}

/// What an image says of how it is run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageConfig {
    /// `NAME=value`, in the image's order.
    pub env: Vec<String>,
    /// Empty for root.
    pub user: String,
    pub labels: BTreeMap<String, String>,
    pub entrypoint: Vec<String>,
    pub cmd: Vec<String>,
    pub workdir: String,
    /// `8080/tcp`
    pub ports: Vec<String>,
    pub volumes: Vec<String>,
}

impl ImageConfig {
    /// The value of a variable.
    pub fn env(&self, name: &str) -> Option<&str> {
        self.env
            .iter()
            .find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name))
            .map(|(_, value)| value)
    }
}

impl Found {
    /// As much of a file as anybody looks into, in bytes.
    pub const LARGEST: usize = 1 << 20;
}

impl Output {
    /// As much as anybody searches, in bytes.
    pub const LARGEST: usize = 1 << 20;
    /// As much as a person reads.
    pub const LINES: usize = 20;
    /// The longest line that is shown, in characters.
    pub const LONGEST: usize = 300;

    /// A whole output.
    pub fn whole(bytes: &[u8]) -> Self {
        let mut output = OutputReader::default();
        output.feed(bytes);
        output.end()
    }
}

/// Collects an output piece by piece in bounded memory.
#[derive(Debug, Default)]
pub struct OutputReader {
    head: Vec<u8>,
    line: Vec<u8>,
    tail: VecDeque<String>,
    cut: bool,
}

impl OutputReader {
    /// A line's bytes that are kept: four a character, and one character more than is shown.
    const LINE: usize = 4 * (Output::LONGEST + 1);

    /// Takes the next piece.
    pub fn feed(&mut self, bytes: &[u8]) {
        let room = Output::LARGEST
            .saturating_sub(self.head.len())
            .min(bytes.len());
        self.head.extend_from_slice(&bytes[..room]);
        self.cut |= room < bytes.len();
        for piece in bytes.split_inclusive(|b| *b == b'\n') {
            let room = Self::LINE.saturating_sub(self.line.len()).min(piece.len());
            self.line.extend_from_slice(&piece[..room]);
            if piece.ends_with(b"\n") {
                self.end_line();
            }
        }
    }

    fn end_line(&mut self) {
        let line = shown(&std::mem::take(&mut self.line));
        if self.tail.len() == Output::LINES {
            self.tail.pop_front();
        }
        self.tail.push_back(line);
    }

    /// Everything is there.
    pub fn end(mut self) -> Output {
        if !self.line.is_empty() {
            self.end_line();
        }
        while self.tail.back().is_some_and(|line| line.trim().is_empty()) {
            self.tail.pop_back();
        }
        Output {
            text: String::from_utf8_lossy(&self.head).into_owned(),
            tail: self.tail.into(),
            cut: self.cut,
        }
    }
}

/// A line as it may stand on anybody's screen: what an image prints must not move the cursor.
fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let line = text.trim_end_matches(['\r', '\n']);
    let visible = |c: char| match c {
        '\t' => ' ',
        c if c.is_control() => '·',
        c => c,
    };
    let mut out: String = line.chars().take(Output::LONGEST).map(visible).collect();
    if line.chars().nth(Output::LONGEST).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(printed: &[u8], tail: &[&str], cut: bool) {
        let whole = Output::whole(printed);
        assert_eq!(
            (
                whole.tail.iter().map(String::as_str).collect::<Vec<_>>(),
                whole.cut
            ),
            (tail.to_vec(), cut)
        );
        let mut pieces = OutputReader::default();
        printed.chunks(7).for_each(|piece| pieces.feed(piece));
        assert_eq!(pieces.end(), whole);
    }

    #[test]
    fn output_is_bounded_and_harmless() {
        check(b"", &[], false);
        check(b"one\ntwo", &["one", "two"], false);
        check(b"one\r\n\n\n", &["one"], false);
        check(b"\x1b[2Jgone\tx\n", &["·[2Jgone x"], false);
        check(&[0xff, b'a'], &["\u{fffd}a"], false);
        let many = (0..100).map(|n| format!("{n}\n")).collect::<String>();
        let last: Vec<String> = (80..100).map(|n| n.to_string()).collect();
        check(
            many.as_bytes(),
            &last.iter().map(String::as_str).collect::<Vec<_>>(),
            false,
        );
        let long = "é".repeat(3 << 20);
        let shown = format!("{}…", "é".repeat(Output::LONGEST));
        check(long.as_bytes(), &[&shown], true);
    }

    #[test]
    fn variables_have_values() {
        let config = ImageConfig {
            env: vec!["A=1=2".into(), "B=".into()],
            ..ImageConfig::default()
        };
        assert_eq!(
            (config.env("A"), config.env("B"), config.env("C")),
            (Some("1=2"), Some(""), None)
        );
    }
}
