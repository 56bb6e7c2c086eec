//! Text of others in the log of GitHub Actions.
//!
//! The runner reads commands from both outputs of a step, one after the other, so a line that stops them on one output comes too
//! late for the other. It has two forms: `::command::` at the beginning of a line, and `##[command]` anywhere in it.

use super::{CiLog, GitHub};
use std::borrow::Cow;
use std::io::{self, Write};

/// Breaks up what the runner would read as a command.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// The log whose own commands remain.
    own: Option<GitHub>,
}

impl Guard {
    /// For what is written to this log, if there is one.
    pub fn new(log: Option<&CiLog>) -> Self {
        let own = match log {
            Some(CiLog::GitHub(log)) => Some(log.clone()),
            Some(CiLog::GitLab) | None => None,
        };
        Self { own }
    }

    /// Whole lines, in which only kiln's own commands are commands.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !text.contains("::") && !text.contains("##[") {
            return Cow::Borrowed(text);
        }
        let own = self.own.as_ref().map(|log| (log.begin(), log.end()));
        let mut is_own = false;
        let mut out = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            // Only this log has the token.
            match &own {
                Some((begin, _)) if line == begin => is_own = false,
                Some((_, end)) if line == end => is_own = true,
                _ if is_own => {}
                _ => {
                    out.push_str(&broken(line));
                    continue;
                }
            }
            out.push_str(line);
        }
        Cow::Owned(out)
    }

    /// JSON, whose values remain the same.
    pub fn json<'t>(&self, json: &'t str) -> Cow<'t, str> {
        match json.contains("##[") {
            true => Cow::Owned(json.replace("##[", "#\\u0023[")),
            false => Cow::Borrowed(json),
        }
    }
}

/// The line, so that it does not contain a command.
fn broken(line: &str) -> String {
    let text = line.trim_start();
    let space = line.strip_suffix(text).unwrap_or_default();
    let line = match text.strip_prefix("::") {
        Some(rest) => format!("{space}: :{rest}"),
        None => line.to_owned(),
    };
    line.replace("##[", "## [")
}

/// An output whose lines pass a guard, if there is one.
#[derive(Debug)]
pub struct Guarded<W: Write> {
    out: W,
    guard: Option<Guard>,
    is_json: bool,
    /// What is written of a line that has no end yet.
    rest: Vec<u8>,
}

impl<W: Write> Guarded<W> {
    /// An output for lines of text, or for lines of JSON.
    pub fn new(out: W, guard: Option<Guard>, is_json: bool) -> Self {
        Self {
            out,
            guard,
            is_json,
            rest: Vec::new(),
        }
    }

    /// Writes everything up to this place.
    fn pass(&mut self, end: usize) -> io::Result<()> {
        let lines: Vec<u8> = self.rest.drain(..end).collect();
        let text = String::from_utf8_lossy(&lines);
        let text = match &self.guard {
            Some(guard) if self.is_json => guard.json(&text),
            Some(guard) => guard.text(&text),
            None => text,
        };
        self.out.write_all(text.as_bytes())
    }
}

impl<W: Write> Write for Guarded<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.rest.extend_from_slice(bytes);
        if let Some(last) = self.rest.iter().rposition(|byte| *byte == b'\n') {
            self.pass(last + 1)?;
        }
        Ok(bytes.len())
    }

    /// A line without an end waits for it.
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl<W: Write> Drop for Guarded<W> {
    fn drop(&mut self) {
        let _ = self.pass(self.rest.len());
    }
}
