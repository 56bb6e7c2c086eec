//! Red Hat's packages: the answers of `rpm` and of `dnf repoquery`.

use super::{Installed, Newest, System};

/// Lists the packages of an image: name, version with its epoch, architecture, source package.
pub const QUERY: [&str; 4] = [
    "rpm",
    "-qa",
    "--qf",
    "%{NAME}\\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}\\t%{ARCH}\\t%{SOURCERPM}\\n",
];

/// Asks for the newest versions that the repositories have.
pub(super) const ASK: &str = "dnf -q --refresh repoquery --latest-limit=1 \"$@\"";

/// `microdnf` takes no such options, and lists every version.
pub(super) const ASK_MICRODNF: &str = "microdnf repoquery \"$@\"";

/// The packages that are installed. Keys are listed as packages without an architecture.
pub(super) fn read(answer: &str) -> Vec<Installed> {
    let line = |line: &str| {
        let mut fields = line.split('\t');
        let (name, version) = (fields.next()?, fields.next()?);
        let (architecture, source) = (fields.next()?, fields.next().unwrap_or_default());
        (name != "gpg-pubkey" && !name.is_empty()).then(|| Installed {
            name: name.to_owned(),
            version: without_epoch(version).to_owned(),
            architecture: architecture.to_owned(),
            source: source_name(source).unwrap_or(name).to_owned(),
            ..Installed::default()
        })
    };
    answer.lines().filter_map(line).collect()
}

/// `0:1.2-3` is written `1.2-3`.
fn without_epoch(version: &str) -> &str {
    version.strip_prefix("0:").unwrap_or(version)
}

/// `openssl-3.2.2-6.el9_5.1.src.rpm`: the name, before the last two `-`.
fn source_name(file: &str) -> Option<&str> {
    let (rest, _) = file.strip_suffix(".src.rpm")?.rsplit_once('-')?;
    rest.rsplit_once('-').map(|(name, _)| name)
}

/// `git-0:2.47.3-1.el9_6.x86_64`, one per line; other lines are progress.
pub(super) fn newest(answer: &str) -> Newest {
    let mut all = Newest::new();
    for line in answer.lines() {
        if let Some((name, version)) = named(line.trim()) {
            System::Rpm.keep(&mut all, name, &version);
        }
    }
    all
}

/// Name and version of `name-epoch:version-release.arch`.
fn named(text: &str) -> Option<(&str, String)> {
    let (rest, architecture) = text.rsplit_once('.')?;
    if architecture == "src" || text.contains(' ') {
        return None;
    }
    let (rest, release) = rest.rsplit_once('-')?;
    let (name, version) = rest.rsplit_once('-')?;
    let version = format!("{version}-{release}");
    Some((name, without_epoch(&version).to_owned()))
}
