//! What kind of fault an engine's answer is. Engines pass on the words of registries and kernels in texts
//! of their own; here, and nowhere above, they are read.

use crate::request::FaultKind;
use http::StatusCode;

/// Words, in lower case, by kind. The first row that fits decides: a registry that cannot be reached is
/// not reachable, whatever else the text says.
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
            "503 service unavailable",
            "502 bad gateway",
            "504 gateway",
            "context deadline exceeded",
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

/// The exit code of a process that was killed, as the kernel does when memory runs out.
const KILLED: i64 = 137;

/// What `sha256sum --check` prints in the steps that compare fetched files.
const MISMATCH: &str = "/fetched: FAILED";

/// The kind of a fault that an engine had with a registry: a transfer, a look into a registry.
pub(super) fn of_words(said: &str) -> FaultKind {
    let said = said.to_ascii_lowercase();
    if said.trim_end().ends_with(": eof") {
        return FaultKind::NotReachable;
    }
    let fits = |words: &&[&str]| has(&said, words);
    let row = WORDS.iter().find(|(_, words)| fits(words));
    row.map_or(FaultKind::Refused, |(kind, _)| *kind)
}

/// The kind of an engine's own refusal. A gateway's answer, or a starting engine's, means that nobody is there.
pub(super) fn of_engine(status: StatusCode, said: &str) -> FaultKind {
    match status.as_u16() {
        502..=504 => FaultKind::NotReachable,
        401 | 403 => FaultKind::NotAllowed,
        404 => FaultKind::NotFound,
        429 => FaultKind::Throttled,
        _ => match of_words(said) {
            // Who did not answer is somebody else: the engine did.
            FaultKind::NotReachable | FaultKind::Throttled => FaultKind::Refused,
            kind => kind,
        },
    }
}

/// The kind of a failed build, from the engine's words, the step's last lines and its exit code.
pub(super) fn of_build(said: &str, output: &[String], code: Option<i64>) -> FaultKind {
    let texts = || std::iter::once(said).chain(output.iter().map(String::as_str));
    let any = |words| texts().any(|text| has(&text.to_ascii_lowercase(), words));
    if cache_is_lost(said) {
        FaultKind::CacheLost
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

fn has(text: &str, words: &[&str]) -> bool {
    words.iter().any(|words| text.contains(words))
}

/// A builder that remembers a step whose result is gone fails whenever that step is asked for, until the record is
/// pruned. Seen on 28.5.2 with the containerd store, about once in a hundred builds that followed one that was
/// interrupted while its image was written: `failed to commit … to … during finalize: failed to stat active key
/// during commit: snapshot … does not exist: not found`. With `nocache` the step ran again and all was well.
///
/// The classic builder of that store, given a previous image, fails at the first step without a layer: `failed to restore
/// cached image from … to …: failed to create cache image: …: failed to read diff archive: InvalidArgument: "" failed validation`.
fn cache_is_lost(said: &str) -> bool {
    let snapshot =
        said.contains("snapshot") && said.contains("does not exist") && said.contains("not found");
    snapshot || said.contains("failed to restore cached image")
}

#[cfg(test)]
#[path = "kind_tests.rs"]
mod tests;
