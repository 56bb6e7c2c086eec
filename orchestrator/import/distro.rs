//! Words for distributions and their releases: `alpine3.22`, `bookworm`, `windowsservercore`.

/// Code names of Debian's and Ubuntu's releases.
const CODENAMES: [&str; 19] = [
    "wheezy", "jessie", "stretch", "buster", "bullseye", "bookworm", "trixie", "forky", "sid",
    "trusty", "xenial", "bionic", "focal", "jammy", "noble", "oracular", "plucky", "questing",
    "resolute",
];

/// Names of distributions, alone or with a release: `alpine`, `alpine3.22`.
const DISTROS: [&str; 20] = [
    "alpine",
    "debian",
    "ubuntu",
    "ubi",
    "ubi-minimal",
    "centos",
    "rocky",
    "rockylinux",
    "alma",
    "almalinux",
    "fedora",
    "amazonlinux",
    "al",
    "opensuse",
    "leap",
    "oraclelinux",
    "el",
    "windows",
    "windowsservercore",
    "nanoserver",
];

/// A code name of a release.
pub(crate) fn is_codename(word: &str) -> bool {
    CODENAMES.contains(&word)
}

/// The name of a distribution or of one of its releases.
pub(crate) fn is_distro(word: &str) -> bool {
    let name = word.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let first = word.split('-').next().unwrap_or(word);
    is_codename(first) || DISTROS.contains(&name) || DISTROS.contains(&first)
}
