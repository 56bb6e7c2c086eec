//! The engine's streams: JSON objects, one per line, in chunks that end anywhere.

use super::client::{Client, Exchange};
use crate::request::WorldError;
use http_body_util::BodyExt as _;
use serde::Deserialize;
use std::time::Duration;

/// The longest line that is accepted, in bytes: BuildKit's trace contains whole chunks of output.
const LONGEST: usize = 16 << 20;

/// One object of a stream. Its fields depend on the engine's operation.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(super) struct Message {
    /// Text of the classic builder.
    pub stream: Option<String>,
    /// The progress of a layer.
    pub status: Option<String>,
    /// A layer, or the kind of `aux`.
    pub id: Option<String>,
    pub error: Option<String>,
    #[serde(rename = "errorDetail")]
    pub detail: Option<ErrorDetail>,
    /// Results: image ids, digests, BuildKit's trace.
    pub aux: Option<serde_json::Value>,
}

/// The error that ends a stream.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(super) struct ErrorDetail {
    /// The exit code of a failed RUN, from the classic builder.
    pub code: Option<i64>,
    pub message: Option<String>,
}

impl Message {
    /// The error of a stream that failed.
    pub fn failure(&self) -> Option<String> {
        let detailed = self.detail.as_ref().and_then(|d| d.message.clone());
        detailed.or_else(|| self.error.clone())
    }
}

/// Splits a stream into messages.
#[derive(Default)]
pub(super) struct Decoder {
    rest: Vec<u8>,
}

impl Decoder {
    /// The messages that this chunk completes.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<Vec<Message>, String> {
        let mut messages = Vec::new();
        let mut chunk = chunk;
        while let Some(end) = chunk.iter().position(|b| *b == b'\n') {
            self.rest.extend_from_slice(&chunk[..end]);
            messages.extend(decode(&std::mem::take(&mut self.rest))?);
            chunk = &chunk[end + 1..];
        }
        self.rest.extend_from_slice(chunk);
        if self.rest.len() > LONGEST {
            return Err(format!("a line is longer than {} MiB", LONGEST >> 20));
        }
        Ok(messages)
    }

    /// The rest at the end: a message without a newline, or nothing.
    pub fn end(self) -> Result<Option<Message>, String> {
        decode(&self.rest)
    }
}

fn decode(line: &[u8]) -> Result<Option<Message>, String> {
    let line = line.trim_ascii();
    if line.is_empty() {
        return Ok(None);
    }
    let shown = || String::from_utf8_lossy(&line[..line.len().min(120)]).into_owned();
    serde_json::from_slice(line)
        .map(Some)
        .map_err(|e| format!("not a message of an engine ({e}): {}", shown()))
}

impl Exchange {
    /// Passes every message to `each` until the stream ends. `each` may end it early with an error. A stream that is
    /// silent for longer than `silence` is an error.
    pub async fn messages(
        self,
        client: &Client,
        silence: Duration,
        mut each: impl FnMut(Message) -> Result<(), WorldError> + Send,
    ) -> Result<(), WorldError> {
        let Exchange {
            response,
            connection: _connection,
        } = self;
        let mut body = response.into_body();
        let mut decoder = Decoder::default();
        loop {
            let silent = |_| client.stuck(silence);
            let Some(frame) = tokio::time::timeout(silence, body.frame())
                .await
                .map_err(silent)?
            else {
                break;
            };
            let frame = frame
                .map_err(|e| client.unreachable(format!("the response was interrupted: {e}")))?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            for message in decoder.feed(&data).map_err(|e| client.unreachable(e))? {
                each(message)?;
            }
        }
        decoder
            .end()
            .map_err(|e| client.unreachable(e))?
            .map_or(Ok(()), each)
    }
}

#[cfg(test)]
mod tests;
