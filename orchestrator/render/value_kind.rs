//! The values that each place allows: no value may add an instruction or change more than its own.

use super::source_map::{CLOSE, MARK};
use crate::dockerfile::{self, Given, read};
use indexmap::IndexMap;

/// What a place in a Dockerfile allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueKind {
    /// Any text of one line.
    Text,
    /// The name of a variable.
    Name,
    /// A package, optionally with its version: `git`, `libc6:arm64`, `curl=7.88.*`, `gcc-12+`.
    Package,
    /// An absolute path in the image.
    ImagePath,
    /// A URL to download.
    Url,
    /// A shell line after RUN.
    Shell,
    /// The name of a label: `org.opencontainers.image.title`.
    Label,
    /// An owner or user: a name or number, optionally with a group after `:`.
    Owner,
    /// The name of a user to create.
    User,
    /// `0755`
    Mode,
    Number,
    /// What EXPOSE takes: `8080`, `53/udp`, `8000-8010`
    Port,
    /// `SIGTERM`, `15`
    Signal,
}

/// Marks the beginning and the end of a value in rendered text, to distinguish the text of values from
/// the text of the template. These are private-use characters that values and templates must not contain.
pub(super) const BEGIN: char = '\u{f8f0}';
pub(super) const END: char = '\u{f8f1}';

impl ValueKind {
    /// Checks the value.
    ///
    /// # Errors
    /// A sentence fragment with the reason: "contains a line break".
    pub fn check(self, value: &str) -> Result<(), String> {
        if let Some(bad) = value.chars().find(|c| {
            c.is_control() || matches!(*c, BEGIN | END | MARK | CLOSE | '\u{2028}' | '\u{2029}')
        }) {
            return Err(format!("contains the character `{}`", bad.escape_unicode()));
        }
        let only = |allowed: &str| match value
            .chars()
            .find(|c| !(c.is_ascii_alphanumeric() || allowed.contains(*c)))
        {
            Some(bad) => Err(format!("contains `{bad}`")),
            None if value.is_empty() => Err(String::from("is empty")),
            None => Ok(()),
        };
        match self {
            ValueKind::Text => Ok(()),
            ValueKind::Name if value.starts_with(|c: char| c.is_ascii_digit()) => {
                Err(String::from("starts with a digit"))
            }
            ValueKind::Name => only("_"),
            ValueKind::Package if value.starts_with('-') => Err(String::from("starts with `-`")),
            ValueKind::Package => only("+-._:=~*@/"),
            ValueKind::ImagePath if !value.starts_with('/') => {
                Err(String::from("is not an absolute path"))
            }
            ValueKind::ImagePath => only("+-._:=~@/,% "),
            ValueKind::Url if !value.starts_with("https://") && !value.starts_with("http://") => {
                Err(String::from("does not start with `https://`"))
            }
            ValueKind::Url => only("+-._:=~@/,%?&#!*;()"),
            ValueKind::Shell => shell(value),
            ValueKind::Label => only("._-/"),
            ValueKind::Owner => only("._-:"),
            ValueKind::User if !value.starts_with(|c: char| c.is_ascii_lowercase() || c == '_') => {
                Err(String::from("does not start with a lower-case letter"))
            }
            ValueKind::User if value.len() > 32 => Err(String::from("has more than 32 characters")),
            ValueKind::User if value.chars().any(|c| c.is_ascii_uppercase()) => {
                Err(String::from("contains capital letters"))
            }
            ValueKind::User => only("_-"),
            ValueKind::Mode
                if matches!(value.len(), 3 | 4)
                    && value.bytes().all(|b| matches!(b, b'0'..=b'7')) =>
            {
                Ok(())
            }
            ValueKind::Mode => Err(String::from("is not a mode such as `0755`")),
            ValueKind::Number
                if value.len() <= 9
                    && !value.is_empty()
                    && value.bytes().all(|b| b.is_ascii_digit()) =>
            {
                Ok(())
            }
            ValueKind::Number => Err(String::from("is not a number")),
            ValueKind::Port => only("-./:[]").and_then(|()| exposed(value)),
            ValueKind::Signal => only("+-").and_then(|()| signal(value)),
        }
    }
}

/// A shell line must be exactly one RUN: no flags, no here-document, no continuation at its end.
fn shell(value: &str) -> Result<(), String> {
    if value.trim().is_empty() {
        return Err(String::from("is empty"));
    }
    if value.trim_start().starts_with("--") {
        return Err(String::from(
            "starts with `--`, which would be a flag of RUN",
        ));
    }
    let nothing = IndexMap::new();
    let file = read(
        &format!("FROM scratch\nRUN {value}\nUSER x"),
        Given {
            args: &nothing,
            platforms: &[],
            target: None,
            contexts: &[],
        },
    );
    let keywords: Vec<_> = file
        .instructions
        .iter()
        .map(|i| i.keyword.as_str())
        .collect();
    if keywords != ["FROM", "RUN", "USER"] || !file.faults.is_empty() {
        return Err(String::from(
            "does not end on its own line: it has a backslash at its end, or a here-document",
        ));
    }
    Ok(())
}

/// Checks what EXPOSE takes: the same rule as for a Dockerfile that is written by hand.
fn exposed(value: &str) -> Result<(), String> {
    if value.contains(':') {
        return Err(String::from(
            "cannot be exposed: it names a port of the host, which an image does not have",
        ));
    }
    let ports = value.split('/').next().unwrap_or_default();
    let is_zero = |port: &str| !port.is_empty() && port.bytes().all(|digit| digit == b'0');
    if ports.split('-').any(is_zero) {
        return Err(String::from("cannot be exposed: 0 is not a port"));
    }
    let why = dockerfile::port(value).map(|why| format!("cannot be exposed: {why}"));
    why.map_or(Ok(()), Err)
}

/// Checks what STOPSIGNAL takes, likewise.
fn signal(value: &str) -> Result<(), String> {
    if dockerfile::is_signal(value) {
        return Ok(());
    }
    Err(match dockerfile::near_signal(value) {
        Some(near) => format!("is not a signal; did you mean `{near}`?"),
        None => String::from("is not a signal; write a name, such as `SIGTERM`, or a number"),
    })
}
