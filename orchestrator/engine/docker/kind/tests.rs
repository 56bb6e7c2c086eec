use super::*;

#[track_caller]
fn check(kind: FaultKind, texts: &[&str]) {
    for said in texts {
        assert_eq!(of_words(said), kind, "{said}");
    }
}

#[test]
fn words_of_registries() {
    check(
        FaultKind::NotReachable,
        &[
            "Get \"https://ghcr.io/v2/\": dial tcp: lookup ghcr.io: no such host",
            "dial tcp 10.0.0.1:5000: connect: connection refused",
            "Get \"http://10.0.0.1:5000/v2/\": EOF",
            "net/http: TLS handshake timeout",
            // The token server was not reached, so nothing was refused yet.
            "unauthorized: Get \"https://auth.docker.io/token\": dial tcp: i/o timeout",
        ],
    );
    check(
        FaultKind::Unavailable,
        &[
            "received unexpected HTTP status: 503 Service Unavailable",
            "unexpected status from HEAD request to https://ghcr.io/v2/a/manifests/1: 500 Internal Server Error",
        ],
    );
    check(
        FaultKind::Throttled,
        &[
            "toomanyrequests: You have reached your pull rate limit.",
            "unexpected status from HEAD request to https://ghcr.io/v2/a/manifests/1: 429 Too Many Requests",
            "denied: secondary rate limit",
        ],
    );
    check(
        FaultKind::NotAllowed,
        &[
            "denied: requested access to the resource is denied",
            "unauthorized: authentication required",
            "no basic auth credentials",
            "received unexpected HTTP status: 403 Forbidden",
            "pull access denied for acme/go, repository does not exist or may require 'docker login'",
        ],
    );
    check(
        FaultKind::NotFound,
        &[
            "manifest for localhost:5000/go:1 not found: manifest unknown: manifest unknown",
            "name unknown: repository name not known to registry",
            "An image does not exist locally with the tag: acme/go",
        ],
    );
    check(
        FaultKind::DiskFull,
        &["write /var/lib/docker/tmp/GetImageBlob1: no space left on device"],
    );
    check(
        FaultKind::Memory,
        &["fork/exec /usr/bin/unpigz: cannot allocate memory"],
    );
    check(
        FaultKind::Refused,
        &[
            "",
            "tag invalid: The image tag is immutable",
            "failed precondition",
        ],
    );
}

#[test]
fn a_repository_that_does_not_exist() {
    for (said, expect) in [
        (
            "name unknown: The repository with name 'x' does not exist in the registry with id '1'",
            true,
        ),
        ("received unexpected HTTP status: 404 Not Found", true),
        (
            "unexpected status from POST request to http://r/v2/x/blobs/uploads/: 404 Not Found",
            true,
        ),
        (
            "unexpected status from PUT request to http://r/v2/x/blobs/uploads/1: 404 Not Found",
            false,
        ),
        ("blob upload unknown to registry", false),
        (
            "An image does not exist locally with the tag: acme/go",
            false,
        ),
        ("content digest sha256:00: not found", false),
    ] {
        assert_eq!(repository_is_missing(said), expect, "{said}");
    }
}

#[test]
fn answers_of_the_engine() {
    let check = |status, said, kind| {
        let status = StatusCode::from_u16(status).unwrap();
        assert_eq!(of_engine(status, said), kind, "{status} {said}");
    };
    check(503, "", FaultKind::NotReachable);
    check(502, "permission denied", FaultKind::NotReachable);
    check(403, "authorization by plugin", FaultKind::NotAllowed);
    check(404, "No such image: go:1", FaultKind::NotFound);
    check(
        500,
        "mkdir /x: no space left on device",
        FaultKind::DiskFull,
    );
    check(500, "something broke", FaultKind::Refused);
    check(409, "conflict: the image is in use", FaultKind::Refused);
    // The engine answers: it is another one that does not.
    check(500, "dial tcp: connection refused", FaultKind::Refused);
}

#[track_caller]
fn check_build(said: &str, output: &[&str], code: Option<i64>, kind: FaultKind) {
    let output: Vec<String> = output.iter().map(ToString::to_string).collect();
    assert_eq!(of_build(said, &output, code), kind, "{said} {output:?}");
}

#[test]
fn failed_builds() {
    let said = "process \"/bin/sh -c make\" did not complete successfully: exit code: 2";
    check_build(
        said,
        &["make: *** [all] Error 1"],
        Some(2),
        FaultKind::Failed,
    );
    // What a step prints of registries is its own business.
    check_build(
        said,
        &["connection refused", "access denied", "404 not found"],
        Some(2),
        FaultKind::Failed,
    );
    let full = "cp: write error: No space left on device";
    check_build(said, &[full], Some(1), FaultKind::DiskFull);
    check_build(full, &[], None, FaultKind::DiskFull);
    check_build("exit code: 137", &["Killed"], Some(137), FaultKind::Memory);
    let fork = "sh: fork: Cannot allocate memory";
    check_build(said, &[fork], Some(2), FaultKind::Memory);
    check_build(
        said,
        &[
            "/fetched: FAILED",
            "sha256sum: WARNING: 1 computed checksum did NOT match",
        ],
        Some(1),
        FaultKind::ChecksumMismatch,
    );
}

/// What another try of a build may mend besides a command that failed.
#[test]
fn servers_that_do_not_answer() {
    let source = "base/debian:12: failed to resolve source metadata for base/debian:12";
    for (said, code, expect) in [
        (format!("{source}: dial tcp 10.0.0.1:443: i/o timeout"), None, true),
        (format!("{source}: unexpected status: 503 Service Unavailable"), None, true),
        (format!("{source}: not found"), None, false),
        (format!("{source}: pull access denied"), None, false),
        ("failed to load cache key: Get \"https://x.example/y\": dial tcp: lookup x.example: no such host".into(), None, true),
        ("failed to load cache key: invalid response status 404".into(), None, false),
        ("failed to compute cache key: \"/nope\": not found".into(), None, false),
        ("COPY failed: file not found in build context or excluded by .dockerignore: stat nope: file does not exist".into(), None, false),
        ("dockerfile parse error on line 2: unknown flag: --x".into(), None, false),
        ("digest mismatch sha256:aa: sha256:bb".into(), None, false),
        ("process \"/bin/sh -c connection refused\" did not complete successfully: exit code: 1".into(), Some(1), false),
    ] {
        assert_eq!(is_unanswered(&said, code), expect, "{said}");
    }
}

#[test]
fn a_lost_snapshot_is_the_fault_of_the_cache() {
    check_build(
        "failed to commit w6a1fkf2qx9 to zbtrap7e7sz during finalize: failed to stat active key during commit: snapshot w6a1fkf2qx9 \
         does not exist: not found",
        &[],
        None,
        FaultKind::CacheLost,
    );
    check_build(
        "failed to restore cached image from \"sha256:4a\" to sha256:15: failed to create cache image: failed to created cached image: \
         failed to read diff archive: InvalidArgument: \"\" failed validation",
        &[],
        None,
        FaultKind::CacheLost,
    );
    check_build(
        "failed to compute cache key: \"/nope\" not found: not found",
        &[],
        None,
        FaultKind::Failed,
    );
}

#[test]
fn an_image_that_only_the_engine_does_not_find() {
    let image = "127.0.0.1:5000/base/debian:12@sha256:878f";
    let check = |why: &str, kind| {
        let new = format!("{image}: failed to resolve source metadata for {image}: {why}");
        check_build(&new, &[], None, kind);
        let old = format!(
            "failed to solve with frontend dockerfile.v0: failed to create LLB definition: {image}: {why}"
        );
        check_build(&old, &[], None, kind);
    };
    check("not found", FaultKind::NotFound);
    check("pull access denied", FaultKind::NotAllowed);
    // The engine answers: it is the registry that does not.
    check(
        "dial tcp 127.0.0.1:5000: connect: connection refused",
        FaultKind::Refused,
    );
    let classic = format!("manifest for {image} not found: manifest unknown: manifest unknown");
    check_build(&classic, &[], None, FaultKind::NotFound);
    // An author's fault, and an output that resembles it.
    let parse =
        "failed to create LLB definition: dockerfile parse error line 3: unknown instruction: RUM";
    check_build(parse, &[], None, FaultKind::Failed);
    let step = "process \"/bin/sh -c manifest for a@sha256:b not found\" did not complete successfully: exit code: 1";
    check_build(step, &[], Some(1), FaultKind::Failed);
}
