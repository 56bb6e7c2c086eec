//! What a registry says about a request that failed: its kind, and whether to retry.

use crate::http::{Again, Fault, is_passing, kind};
use crate::request::{FaultKind, WorldError};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

/// The message of a registry beside its status (distribution specification, "Error Codes").
#[derive(Debug, Default)]
pub(super) struct Message {
    /// `MANIFEST_UNKNOWN`, in the order of the response.
    pub(super) codes: Vec<String>,
    /// `404 Not Found: MANIFEST_UNKNOWN: manifest unknown`, one line, bounded.
    pub(super) text: String,
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    errors: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    detail: serde_json::Value,
}

impl Message {
    /// Reads an error's body. `secrets` are removed: some proxies respond with the request's headers.
    pub(super) fn read(status: StatusCode, body: &[u8], secrets: &[String]) -> Self {
        let entries = serde_json::from_slice::<Body>(body)
            .map(|body| body.errors)
            .unwrap_or_default();
        let mut text = status.to_string();
        for entry in entries.iter().take(3) {
            for part in [&entry.code, &entry.message]
                .into_iter()
                .filter(|part| !part.is_empty())
            {
                text.push_str(": ");
                text.push_str(part);
            }
            if !entry.detail.is_null() && !matches!(entry.code.as_str(), "UNAUTHORIZED" | "DENIED")
            {
                text.push_str(&format!(" ({})", clip(&entry.detail.to_string(), 150)));
            }
        }
        let plain = std::str::from_utf8(body).map(str::trim).unwrap_or_default();
        if entries.is_empty() && !plain.is_empty() && !plain.starts_with('<') {
            text.push_str(&format!(": {plain}"));
        }
        for secret in secrets.iter().filter(|s| s.len() > 3) {
            text = text.replace(secret.as_str(), "***");
        }
        Self {
            codes: entries.into_iter().map(|e| e.code).collect(),
            text: clip(&text, 400),
        }
    }

    /// Whether the response has one of these codes.
    pub(super) fn any(&self, codes: &[&str]) -> bool {
        self.codes.iter().any(|code| codes.contains(&code.as_str()))
    }

    /// The kind of failure of this status and message.
    pub(super) fn kind(&self, status: StatusCode) -> FaultKind {
        match status.as_u16() {
            403 if self.text.contains("secondary rate limit") => FaultKind::Throttled,
            409 | 412 => FaultKind::ChangedMeanwhile,
            501 | 505 | 506 => FaultKind::Unavailable,
            _ => kind(status),
        }
    }

    /// Whether this status, or its message, is temporary.
    pub(super) fn again(&self, status: StatusCode, headers: &HeaderMap) -> Again {
        let unseen = self.any(&[
            "BLOB_UNKNOWN",
            "BLOB_UPLOAD_UNKNOWN",
            "MANIFEST_BLOB_UNKNOWN",
        ]);
        match is_passing(status) || self.kind(status) == FaultKind::Throttled {
            true => Again::in_time(headers),
            false if unseen => Again::Soon,
            false => Again::Never,
        }
    }

    /// A write to a repository that does not exist.
    pub(super) fn no_repository(&self, what: impl Into<String>) -> Fault {
        Fault {
            error: WorldError::no_repository(what, &self.text),
            again: Again::Never,
        }
    }
}

/// One line of at most `longest` characters, without control characters.
fn clip(text: &str, longest: usize) -> String {
    let mut line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(longest)
        .collect();
    if text.chars().count() > longest {
        line.push('…');
    }
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests;
