//! `check "circleci-primary"`: all requirements for a primary container of CircleCI.
//!
//! CircleCI's documentation ("Using custom-built Docker images", section "Required tools for primary
//! containers") requires bash or another shell, git, ssh, tar, gzip and ca-certificates. The check uses each of
//! them instead of only looking for it: a `tar` that cannot create an archive does not count.

use super::{Verdict, command};
use crate::request::{Command, Ended, Ran};

/// The word for this check in a manifest.
pub const WORD: &str = "circleci-primary";

/// The required parts, each with the package that provides it on most distributions.
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

/// Prints one line per part: `ok git git version 2.39.5`, `missing ssh sh: ssh: not found`. Uses only the shell
/// and the parts themselves. The certificates are where Debian and Alpine, RHEL, or SUSE keep them.
const SCRIPT: &str = r#"
newline='
'
part() {
    name=$1
    shift
    if output=$("$@" 2>&1); then word=ok; else word=missing; fi
    echo "$word $name ${output%%"$newline"*}"
}
pack() { cd / && tar -cf - dev/null | tar -tf -; }
compress() { test "$(echo kiln | gzip -c | gzip -dc)" = kiln; }
certificates() {
    for file in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem; do
        if test -s "$file"; then echo "$file"; return 0; fi
    done
    echo "no certificates in /etc/ssl or /etc/pki"
    return 1
}
if bash -c : 2>/dev/null; then echo "ok shell bash"; else echo "ok shell sh"; fi
part git git --version
part ssh ssh -V
part tar pack
part gzip compress
part ca-certificates certificates
"#;

/// The request to the engine.
pub(super) fn request() -> Command {
    Command {
        argv: ["/bin/sh", "-c", SCRIPT].map(str::to_owned).to_vec(),
        user: None,
        workdir: None,
        env: Vec::new(),
        network: false,
        within: command::WITHIN,
        memory: command::MEMORY,
        prints: true,
    }
}

/// The verdict on the output of the script.
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
    let is_ok = |part: &str| {
        ran.stdout
            .text
            .lines()
            .any(|line| line.strip_prefix("ok ").and_then(|l| l.split(' ').next()) == Some(part))
    };
    let missing: Vec<_> = PARTS.iter().filter(|(part, _)| !is_ok(part)).collect();
    if missing.is_empty() {
        return Verdict::pass("it has everything that a primary container needs");
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
