//! The words in the suffixes of versions.
//!
//! Sources: semantic versioning, PEP 440, Maven's `ComparableVersion` and its repositories' snapshots, Go's pseudo-versions, JEP 322 and the releases of OpenJDK 8, and the tags
//! of images on Docker Hub and Quay (GitLab, Bitnami, Red Hat, Eclipse Temurin, Jetty, Rancher).

/// What a word says about the version that it follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A stage before the release: its place among the stages, and its usual spelling.
    Stage(u8, &'static str),
    /// It is the release itself.
    Release,
    /// Counts rebuilds of the release.
    Revision,
    /// Counts fixes of the release, each of which may be rebuilt.
    Patch,
    /// An edition, a distribution or a platform: not earlier and not later than another one.
    Edition,
    /// None of these.
    Unknown,
}

/// The place of a word that is in no table, among the stages.
pub(super) const UNKNOWN_STAGE: u8 = 4;

/// The place of what is built after every other stage, and not released.
pub(super) const SNAPSHOT_STAGE: u8 = 7;

/// The stages of a release in order; one place may have several spellings, of which the last column is the usual one.
const STAGES: [(&str, u8, &str); 47] = [
    ("dev", 0, "dev"),
    ("develop", 0, "dev"),
    ("development", 0, "dev"),
    ("master", 0, "main"),
    ("main", 0, "main"),
    ("trunk", 0, "main"),
    ("head", 0, "main"),
    ("tip", 0, "main"),
    ("git", 0, "main"),
    ("current", 0, "main"),
    ("rawhide", 0, "main"),
    ("daily", 0, "nightly"),
    ("weekly", 0, "nightly"),
    ("wip", 0, "wip"),
    ("nightly", 0, "nightly"),
    ("canary", 0, "canary"),
    ("edge", 0, "edge"),
    ("unstable", 0, "unstable"),
    ("experimental", 0, "experimental"),
    ("exp", 0, "experimental"),
    ("pr", 0, "pr"),
    ("a", 1, "alpha"),
    ("alpha", 1, "alpha"),
    ("b", 2, "beta"),
    ("beta", 2, "beta"),
    ("m", 3, "milestone"),
    ("milestone", 3, "milestone"),
    ("next", UNKNOWN_STAGE, "next"),
    ("insider", UNKNOWN_STAGE, "insiders"),
    ("insiders", UNKNOWN_STAGE, "insiders"),
    ("test", UNKNOWN_STAGE, "test"),
    ("testing", UNKNOWN_STAGE, "testing"),
    ("tp", UNKNOWN_STAGE, "tp"),
    ("ctp", UNKNOWN_STAGE, "tp"),
    ("evaluation", UNKNOWN_STAGE, "evaluation"),
    ("incremental", UNKNOWN_STAGE, "incremental"),
    ("pre", 5, "pre"),
    ("prerelease", 5, "pre"),
    ("preview", 5, "preview"),
    ("ea", 5, "ea"),
    ("eap", 5, "ea"),
    ("c", 6, "rc"),
    ("cr", 6, "rc"),
    ("rc", 6, "rc"),
    ("candidate", 6, "rc"),
    ("snapshot", SNAPSHOT_STAGE, "snapshot"),
    ("dirty", SNAPSHOT_STAGE, "snapshot"),
];

const RELEASES: &str = "final ga rel release released stable rtm latest";

/// `gdr` are SQL Server's fixes of the release itself, before its first `cu`.
const REVISIONS: &str = "build eksbuild gdr k3s ls r rev revision rke2r v";

const PATCHES: &str = "cu fix hf hotfix p patch pl post sec security sp sr u";

/// Editions, vendors and what an image is made for.
const EDITIONS: &str = "\
    ce ee pe oss community enterprise developer datacenter professional standard express lts sts esm incubating \
    redhat atlassian mariadb percona vmware gke eks aks azure aws fips hardened hotspot openj jdk jre java \
    openjdk temurin corretto graalvm scala hadoop kafka spark python py node nodejs ruby php perl go golang \
    rust dotnet cuda cudnn rocm gpu cpu pg postgres postgresql nginx apache httpd fpm cli zts ol otp erlang \
    elixir browsers chrome management ai otel extras onbuild ent xe eclipse amazoncorretto ibm semeru \
    sapmachine zulu liberica librca dragonwell kona tem sem sapmchn graalce open \
    freethreaded freethreading nogil";

/// Distributions and their releases.
const DISTRIBUTIONS: &str = "\
    alpine debian ubuntu deb ubi rhel el fc fedora centos rocky rockylinux almalinux alma oraclelinux oracle \
    amazonlinux amzn al suse sles opensuse leap bci photon wolfi chainguard distroless busybox scratch mariner \
    azurelinux cbl arch squeeze wheezy jessie stretch buster bullseye bookworm trixie forky sid xenial bionic focal jammy noble oracular \
    plucky questing resolute windowsservercore nanoserver ltsc windows linux darwin";

/// The names of Node.js's lines with long-term support.
const LINES: &str = "argon boron carbon dubnium erbium fermium gallium hydrogen iron jod krypton";

/// Sizes, libraries, roles and platforms.
const FLAVOURS: &str = "\
    slim uclibc full fat base core mini minimal micro lite light tiny headless standalone static musl gnu glibc libc \
    runtime devel sdk debug rootless nonroot root server client cluster operator tools amd arm armhf armv aarch \
    x i s ppc riscv";

/// What a GPU image is made with. `devel` behind one of them is always an edition: `12.6.2-cudnn-devel`.
const ACCELERATORS: &str = "cuda cudnn rocm gpu tensorrt";

/// Whether a word in lower case names what a GPU image is made with.
pub(super) fn is_accelerator(word: &str) -> bool {
    ACCELERATORS.split_whitespace().any(|one| one == word)
}

/// Looks a word in lower case up.
pub(super) fn meaning(word: &str) -> Meaning {
    if let Some((_, place, usual)) = STAGES.iter().find(|(stage, _, _)| *stage == word) {
        return Meaning::Stage(*place, usual);
    }
    let tables = [
        (RELEASES, Meaning::Release),
        (REVISIONS, Meaning::Revision),
        (PATCHES, Meaning::Patch),
        (EDITIONS, Meaning::Edition),
        (DISTRIBUTIONS, Meaning::Edition),
        (FLAVOURS, Meaning::Edition),
        (LINES, Meaning::Edition),
    ];
    let mut tables = tables.into_iter();
    let found = tables.find(|(words, _)| words.split_whitespace().any(|one| one == word));
    found.map_or(Meaning::Unknown, |(_, meaning)| meaning)
}
