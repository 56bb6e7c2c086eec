//! Requests to inspect or run an image in a container, and their results.
//!
//! Such a container only serves its request: it has no mounts (the engine may be on another machine), no
//! network unless the request needs one, limits on memory, processors and processes, and a mark that names
//! its run and its lease. It is removed as soon as the request is done.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// One task for containers of one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerRequest {
    /// An image of the engine: a local name or id.
    pub image: String,
    /// How the container is labelled, so that it can be removed later.
    pub mark: Mark,
    /// The task.
    pub task: ContainerTask,
}

/// Which run owns a container, and for how long: the labels `dev.kiln.run` and `dev.kiln.lease`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The id of the run.
    pub run: String,
    /// When the lease ends, in seconds since 1970: from then on, any run may remove the container.
    pub lease: i64,
}

/// What to do with the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContainerTask {
    /// Run one command instead of the image's own, until it ends.
    Run(Command),
    /// Inspect paths of a container that is created but never started.
    Look(Vec<Look>),
    /// Read the files at and below paths of a container that is created but never started.
    Read(Vec<String>),
    /// Start the image as it is, and run a probe in a second container that shares its network.
    Serve(Service),
}

/// A command to run in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Program and arguments; they replace the image's entry point too.
    pub argv: Vec<String>,
    /// Replaces the image's user.
    pub user: Option<String>,
    /// Replaces the image's working directory.
    pub workdir: Option<String>,
    /// Added to the image's environment.
    pub env: Vec<(String, String)>,
    /// Whether it has access to a network.
    pub network: bool,
    /// The time limit: the command is killed (SIGKILL) after it.
    pub within: Duration,
    /// The memory limit in bytes.
    pub memory: u64,
    /// Whether it is run once more if it ends without output: engines under load can lose what a command prints that ends at
    /// once.
    pub prints: bool,
}

/// A path to inspect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Absolute.
    pub path: String,
    /// Whether links are followed to their targets.
    pub follow: bool,
    /// Whether the first [`Found::LARGEST`] bytes are read.
    pub content: bool,
}

/// An image that is started with its own command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Added to the image's environment.
    pub env: Vec<(String, String)>,
    /// Whether it has access to more than its own loopback interface.
    pub network: bool,
    /// The memory limit in bytes.
    pub memory: u64,
    /// Repeated until it exits with 0, each time in a new container.
    pub probe: Command,
    /// The time limit of all tries together.
    pub within: Duration,
}

/// The result of the [`ContainerTask`] of the same kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContainerAnswer {
    /// The result of [`ContainerTask::Run`].
    Ran(Ran),
    /// In the order of the paths; `None` where a path does not exist.
    Looked(Vec<Option<Found>>),
    /// Files in no order; nothing of a path that does not exist.
    Read(Vec<ReadFile>),
    /// The result of [`ContainerTask::Serve`].
    Served(Served),
}

/// The result of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// How the command ended.
    pub ended: Ended,
    /// What it wrote to standard output.
    pub stdout: Output,
    /// What it wrote to standard error.
    pub stderr: Output,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// It exited with this code.
    Exit(i64),
    /// The kernel killed it because it exceeded its memory limit.
    OutOfMemory,
    /// It was killed (SIGKILL) when its time limit was over.
    TooLate,
    /// It did not start: the program, user or folder does not exist. Holds the engine's message.
    NotStarted(String),
}

/// The beginning and the last lines of a command's output.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output {
    /// The first [`Output::LARGEST`] bytes; invalid UTF-8 is replaced.
    pub text: String,
    /// The last [`Output::LINES`] lines.
    pub tail: Vec<String>,
    /// Whether the output was longer than `text`.
    pub cut: bool,
}

/// A file, folder or link of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its kind.
    pub kind: FileKind,
    /// The lower twelve bits of the mode.
    pub mode: u32,
    /// The id of the owner.
    pub uid: u64,
    /// The id of the group.
    pub gid: u64,
    /// In bytes.
    pub size: u64,
    /// The target of a link.
    pub target: Option<String>,
    /// The beginning of a file, if the request set `content`.
    pub content: Option<Vec<u8>>,
}

/// The kind of a file system entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A device, a pipe or a socket.
    Other,
}

/// The result of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// Whether a probe exited with 0.
    pub ready: bool,
    /// The number of probes that ran.
    pub tries: u32,
    /// How the service ended, if it ended before a probe succeeded.
    pub ended: Option<Ended>,
    /// The result of the last probe.
    pub probe: Option<Ran>,
    /// The output of the service.
    pub output: Output,
}

/// The part of an image's configuration that says how its containers start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageConfig {
    /// `NAME=value`, in the image's order.
    pub env: Vec<String>,
    /// Empty for root.
    pub user: String,
    /// Labels by name.
    pub labels: BTreeMap<String, String>,
    /// The entry point, word by word.
    pub entrypoint: Vec<String>,
    /// The default command, word by word.
    pub cmd: Vec<String>,
    /// The working directory.
    pub workdir: String,
    /// `8080/tcp`
    pub ports: Vec<String>,
    /// Mount points.
    pub volumes: Vec<String>,
    /// Its ONBUILD instructions, without that word.
    pub onbuild: Vec<String>,
}

impl ImageConfig {
    /// The value of an environment variable.
    pub fn env(&self, name: &str) -> Option<&str> {
        self.env
            .iter()
            .find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name))
            .map(|(_, value)| value)
    }
}

/// A regular file of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadFile {
    /// Absolute.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl ReadFile {
    /// The most that is read of one path of a request, in bytes. The file that it ends in is left out.
    pub const LARGEST: usize = 8 << 20;
}

impl Found {
    /// The most of a file that a check reads, in bytes.
    pub const LARGEST: usize = 1 << 20;
}

impl Output {
    /// The most of an output that a check searches, in bytes.
    pub const LARGEST: usize = 1 << 20;
    /// The number of last lines that are kept to be shown.
    pub const LINES: usize = 20;
    /// The most of a line that is shown, in characters.
    pub const LONGEST: usize = 300;

    /// Reads a complete output.
    pub fn whole(bytes: &[u8]) -> Self {
        let mut output = OutputReader::default();
        output.feed(bytes);
        output.end()
    }
}

/// Collects an output chunk by chunk in bounded memory.
#[derive(Debug)]
pub struct OutputReader {
    /// The number of last lines that are kept.
    lines: usize,
    head: Vec<u8>,
    line: Vec<u8>,
    tail: VecDeque<String>,
    cut: bool,
}

impl Default for OutputReader {
    fn default() -> Self {
        Self::keeping(Output::LINES)
    }
}

impl OutputReader {
    /// The most bytes of a line that are kept: four per character, for one character more than is shown.
    const LINE: usize = 4 * (Output::LONGEST + 1);

    /// Nothing so far; this number of last lines is kept.
    pub fn keeping(lines: usize) -> Self {
        Self {
            lines,
            head: Vec::new(),
            line: Vec::new(),
            tail: VecDeque::new(),
            cut: false,
        }
    }

    /// Adds the next chunk.
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
        if self.tail.len() == self.lines {
            self.tail.pop_front();
        }
        self.tail.push_back(line);
    }

    /// Finishes after the last chunk.
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

/// A line that is safe to print: the output of an image must not control the terminal.
fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let line = text.trim_end_matches(['\r', '\n']);
    let mut out: String = line.chars().take(Output::LONGEST).map(visible).collect();
    if line.chars().nth(Output::LONGEST).is_some() {
        out.push('…');
    }
    out
}

/// A character of an output as it is shown.
pub(super) fn visible(c: char) -> char {
    match c {
        '\t' => ' ',
        c if c.is_control() => '·',
        c => c,
    }
}

#[cfg(test)]
mod tests;
