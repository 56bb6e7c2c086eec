//! What a value may be where it is put: no value may add an instruction or leave its own.

use super::dockerfile::{Given, read};
use super::source_map::{CLOSE, MARK};
use indexmap::IndexMap;

/// What a place in a Dockerfile takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueKind {
    /// Any text of one line.
    Text,
    /// The name of a variable.
    Name,
    /// A package, perhaps with its version: `git`, `libc6:arm64`, `curl=7.88.*`, `gcc-12+`.
    Package,
    /// A path in the image: absolute.
    ImagePath,
    /// An address to fetch from.
    Url,
    /// A shell line behind RUN.
    Shell,
    /// The name of a label: `org.opencontainers.image.title`.
    Label,
    /// Who owns something or runs: a name or number, perhaps with a group behind `:`.
    Owner,
    /// The name of a user that is made.
    User,
    /// `0755`
    Mode,
    Number,
    /// `8080`, `53/udp`, `8000-8010`
    Port,
    /// `SIGTERM`, `15`
    Signal,
}

/// Marks where a value begins and ends in rendered text, so that what values wrote can be told from
/// what the template wrote. Private-use characters that no value and no template may hold.
pub(super) const BEGIN: char = '\u{f8f0}';
pub(super) const END: char = '\u{f8f1}';

impl ValueKind {
    /// Whether the value fits.
    ///
    /// # Errors
    /// A half-sentence that says why not: "holds a line break".
    pub fn check(self, value: &str) -> Result<(), String> {
        if let Some(bad) = value.chars().find(|c| {
            c.is_control() || matches!(*c, BEGIN | END | MARK | CLOSE | '\u{2028}' | '\u{2029}')
        }) {
            return Err(format!("holds the character `{}`", bad.escape_unicode()));
        }
        let only = |allowed: &str| match value
            .chars()
            .find(|c| !(c.is_ascii_alphanumeric() || allowed.contains(*c)))
        {
            Some(bad) => Err(format!("holds `{bad}`")),
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
                Err(String::from("does not start with a small letter"))
            }
            ValueKind::User if value.len() > 32 => Err(String::from("has more than 32 characters")),
            ValueKind::User if value.chars().any(|c| c.is_ascii_uppercase()) => {
                Err(String::from("has capitals in it"))
            }
            ValueKind::User => only("_-"),
            ValueKind::Mode
                if matches!(value.len(), 3 | 4)
                    && value.bytes().all(|b| matches!(b, b'0'..=b'7')) =>
            {
                Ok(())
            }
            ValueKind::Mode => Err(String::from("is no mode such as `0755`")),
            ValueKind::Number
                if value.len() <= 9
                    && !value.is_empty()
                    && value.bytes().all(|b| b.is_ascii_digit()) =>
            {
                Ok(())
            }
            ValueKind::Number => Err(String::from("is no number")),
            ValueKind::Port => port(value),
            ValueKind::Signal => only("+-"),
        }
    }
}

/// A shell line must be one RUN and nothing more: no flag of RUN, no here-document, no open end.
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
        },
    );
    let keywords: Vec<_> = file
        .instructions
        .iter()
        .map(|i| i.keyword.as_str())
        .collect();
    if keywords != ["FROM", "RUN", "USER"] || !file.faults.is_empty() {
        return Err(String::from(
            "does not end in its own line: a backslash at the end, or a here-document",
        ));
    }
    Ok(())
}

/// A port or a range of them, perhaps with its protocol.
fn port(value: &str) -> Result<(), String> {
    let (ports, protocol) = value.split_once('/').unwrap_or((value, "tcp"));
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    let number = |text: &str| {
        text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port > 0)
    };
    match number(first) && number(last) && matches!(protocol, "tcp" | "udp" | "sctp") {
        true => Ok(()),
        false => Err(String::from("is no port such as `8080` or `53/udp`")),
    }
}
