//! `check "circleci-primary"`: the whole contract of a primary container, in one word.
//!
//! CircleCI's documentation ("Using custom-built Docker images", section "Required tools for primary
//! containers") asks for bash or another shell, git, ssh, tar, gzip and ca-certificates. Each is used
//! here, not merely looked for: a `tar` that cannot pack does not count.

use super::{Verdict, command};
use crate::request::{Command, Ended, Ran};

/// How a manifest says it.
pub const WORD: &str = "circleci-primary";

/// What must be there, with what brings it on most distributions.
const PARTS: [(&str, &str); 6] = [
    ("shell", "bash"),
    ("git", "git"),
    (
        "ssh",
        "openssh-client (Debian, Alpine), openssh-clients (RHEL)",
    ),
    ("tar", "tar"),
    ("gzip", "gzip"),
    ("ca-certificates", "ca-certificates"),
];

/// Says a line a part: `ok git git version 2.39.5`, `missing ssh sh: ssh: not found`. Uses nothing but
/// the shell and what it asks for. Certificates lie where Debian and Alpine, RHEL, or SUSE keep them.
const SCRIPT: &str = r#"
newline='
'
proof() {
    part=$1
    shift
    if said=$("$@" 2>&1); then word=ok; else word=missing; fi
    echo "$word $part ${said%%"$newline"*}"
}
pack() { cd / && tar -cf - dev/null | tar -tf -; }
squeeze() { test "$(echo kiln | gzip -c | gzip -dc)" = kiln; }
certificates() {
    for file in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem; do
        if test -s "$file"; then echo "$file"; return 0; fi
    done
    echo "no certificates in /etc/ssl or /etc/pki"
    return 1
}
if bash -c : 2>/dev/null; then echo "ok shell bash"; else echo "ok shell sh"; fi
proof git git --version
proof ssh ssh -V
proof tar pack
proof gzip squeeze
proof ca-certificates certificates
"#;

/// What the engine is asked.
pub(super) fn request() -> Command {
    Command {
        argv: ["/bin/sh", "-c", SCRIPT].map(str::to_owned).to_vec(),
        user: None,
        workdir: None,
        env: Vec::new(),
        network: false,
        within: command::WITHIN,
        memory: command::MEMORY,
    }
}

/// What the script said.
pub(super) fn judge(ran: &Ran) -> Verdict {
    if ran.ended != Ended::Exit(0) {
        return Verdict::fail(command::broken(
            &ran.ended,
            command::WITHIN,
            command::MEMORY,
            true,
        ))
        .shown_by(ran);
    }
    let proved = |part: &str| {
        ran.stdout
            .text
            .lines()
            .any(|line| line.strip_prefix("ok ").and_then(|l| l.split(' ').next()) == Some(part))
    };
    let missing: Vec<_> = PARTS.iter().filter(|(part, _)| !proved(part)).collect();
    if missing.is_empty() {
        return Verdict::pass("it has all that a primary container needs");
    }
    let names: Vec<&str> = missing.iter().map(|(part, _)| *part).collect();
    let packages: Vec<&str> = missing.iter().map(|(_, package)| *package).collect();
    Verdict::fail(format!(
        "it lacks {}; install {}",
        names.join(", "),
        packages.join(", ")
    ))
    .shown_by(ran)
}
