//! Decides the kind of a failure that an engine reports. Engines embed the messages of registries and kernels in their
//! own messages; only this module interprets them.

use crate::request::FaultKind;
use http::StatusCode;

/// Phrases in lower case, by kind. The first row that matches decides: an unreachable registry comes first, whatever
/// else the text contains.
const WORDS: &[(FaultKind, &[&str])] = &[
    (
        FaultKind::NotReachable,
        &[
            "connection refused",
            "connection reset",
            "no such host",
            "i/o timeout",
            "tls handshake timeout",
            "no route to host",
            "network is unreachable",
            "broken pipe",
            "unexpected eof",
            "server misbehaving",
            "context deadline exceeded",
        ],
    ),
    (
        FaultKind::Unavailable,
        &[
            "500 internal server error",
            "503 service unavailable",
            "502 bad gateway",
            "504 gateway",
        ],
    ),
    (
        FaultKind::Throttled,
        &["toomanyrequests", "too many requests", "rate limit"],
    ),
    (FaultKind::DiskFull, FULL),
    (FaultKind::Memory, MEMORY),
    (
        FaultKind::NotAllowed,
        &[
            "denied",
            "unauthorized",
            "no basic auth",
            "forbidden",
            "authentication required",
        ],
    ),
    (
        FaultKind::NotFound,
        &[
            "not found",
            "manifest unknown",
            "name unknown",
            "does not exist",
            "no such image",
        ],
    ),
];

const FULL: &[&str] = &["no space left on device", "disk quota exceeded"];

const MEMORY: &[&str] = &["cannot allocate memory", "out of memory", "oomkilled"];

const MISSING: &[&str] = &[
    "name unknown",
    "name_unknown",
    "repository does not exist",
    "unexpected http status: 404",
    "error parsing http 404 response body",
];

/// How builders begin where they cannot read an image that a Dockerfile names.
const UNREAD: &[&str] = &[
    "failed to resolve source metadata",
    "failed to create llb definition",
    "manifest for ",
];

/// The exit code of a process that was killed, which the kernel does when it runs out of memory.
const KILLED: i64 = 137;

/// What `sha256sum --check` prints in the steps that verify downloads.
const MISMATCH: &str = "/fetched: FAILED";

/// The kind of a failure between an engine and a registry: a transfer or a lookup.
pub(super) fn of_words(message: &str) -> FaultKind {
    let message = message.to_ascii_lowercase();
    if message.trim_end().ends_with(": eof") {
        return FaultKind::NotReachable;
    }
    let fits = |words: &&[&str]| has(&message, words);
    let row = WORDS.iter().find(|(_, words)| fits(words));
    row.map_or(FaultKind::Refused, |(kind, _)| *kind)
}

/// Whether a failed push means that the repository does not exist: with the code of the specification, or with a
/// status alone. A blob or an upload that is not found may be there at the next try.
pub(super) fn repository_is_missing(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    has(&message, MISSING)
        || message.contains("post request to") && message.contains("404 not found")
}

/// The kind of an engine's error response. The status codes of a gateway or a starting engine mean that the engine is
/// not reachable.
pub(super) fn of_engine(status: StatusCode, message: &str) -> FaultKind {
    match status.as_u16() {
        502..=504 => FaultKind::NotReachable,
        401 | 403 => FaultKind::NotAllowed,
        404 => FaultKind::NotFound,
        429 => FaultKind::Throttled,
        _ => of_another(message),
    }
}

/// The kind of a failure that an engine reports of another server: the engine itself did respond.
fn of_another(message: &str) -> FaultKind {
    match of_words(message) {
        kind if kind.is_unreachable() => FaultKind::Refused,
        kind => kind,
    }
}

/// The kind of a failed build, from the engine's message, the step's last lines and its exit code.
pub(super) fn of_build(message: &str, output: &[String], code: Option<i64>) -> FaultKind {
    let texts = || std::iter::once(message).chain(output.iter().map(String::as_str));
    let any = |words| texts().any(|text| has(&text.to_ascii_lowercase(), words));
    if cache_is_lost(message) {
        FaultKind::CacheLost
    } else if let Some(kind) = code.is_none().then(|| of_pinned(message)).flatten() {
        kind
    } else if texts().any(|line| line.contains(MISMATCH)) {
        FaultKind::ChecksumMismatch
    } else if any(FULL) {
        FaultKind::DiskFull
    } else if code == Some(KILLED) || any(MEMORY) {
        FaultKind::Memory
    } else {
        FaultKind::Failed
    }
}

/// The kind of a failure to read an image that is named by digest: kiln has found it in its registry, so the image that is built is
/// not to blame. Seen on 28.5.2: `…@sha256:…: failed to resolve source metadata for …@sha256:…: …: not found`; on 20.10.24:
/// `failed to solve with frontend dockerfile.v0: failed to create LLB definition: …@sha256:…: not found`.
fn of_pinned(message: &str) -> Option<FaultKind> {
    let lower = message.to_ascii_lowercase();
    if !lower.contains("@sha256:") || !has(&lower, UNREAD) {
        return None;
    }
    (of_words(message) != FaultKind::Refused).then(|| of_another(message))
}

/// Whether a build failed because another server, such as that of an image or of an ADD, did not answer or refused for now. What a
/// command says of servers is its own business.
pub(super) fn is_unanswered(message: &str, code: Option<i64>) -> bool {
    code.is_none() && of_words(message).is_unreachable()
}

fn has(text: &str, words: &[&str]) -> bool {
    words.iter().any(|words| text.contains(words))
}

/// A builder that has a record of a step but lost its result fails each time it uses that record, until the record is
/// pruned. Seen on 28.5.2 with the containerd store, in about one of a hundred builds after one that was interrupted
/// while its image was written: `failed to commit … to … during finalize: failed to stat active key during commit:
/// snapshot … does not exist: not found`. With `nocache`, the step ran again and the build succeeded.
///
/// The classic builder of that store, given a previous image, fails at the first step without a layer: `failed to restore
/// cached image from … to …: failed to create cache image: …: failed to read diff archive: InvalidArgument: "" failed validation`.
fn cache_is_lost(message: &str) -> bool {
    let snapshot = message.contains("snapshot")
        && message.contains("does not exist")
        && message.contains("not found");
    snapshot || message.contains("failed to restore cached image")
}

#[cfg(test)]
mod tests;
