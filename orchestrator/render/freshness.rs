//! `ARG KILN_FRESH_GIT=0`: the argument in front of a tool set's layers. The Dockerfile has the same value for ever, so
//! that it does not drift; a run passes another one, and the builder runs these layers and what follows again.

use crate::manifest::Refresh;
use crate::name::Digest;
use serde::{Deserialize, Serialize};

/// What the names of all such arguments begin with.
pub const ARGUMENT: &str = "KILN_FRESH_";

/// A tool set of a recipe whose layers are refreshed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refreshed {
    /// The tool set.
    pub toolset: String,
    /// When.
    pub refresh: Refresh,
    /// The build argument.
    pub argument: String,
    /// The packages that it names.
    pub packages: Vec<Package>,
    /// Whether it has `run` lines, which may install what no `package` names.
    pub runs: bool,
    /// With `run` lines: the packages that other tool sets of the image name.
    pub elsewhere: Vec<String>,
}

/// A package as a tool set names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Package {
    /// The name without a version.
    pub name: String,
    /// Whether the tool set names a version.
    pub pinned: bool,
}

impl Package {
    /// Reads a package as it is written in a `package` node: `git`, `git=1:2.39*`, `git~2.39`, `git-2.39` is a name.
    pub fn read(written: &str) -> Self {
        let end = written.find(['=', '~', '<', '>', '/', ':']);
        let (name, rest) = written.split_at(end.unwrap_or(written.len()));
        // `git:amd64` and `git/stable` name an architecture and a release.
        Self {
            name: name.to_owned(),
            pinned: rest.contains(['=', '~', '<', '>']),
        }
    }
}

/// The build argument of a tool set. A name that is not only lower-case letters, digits and `-` is followed by its hash,
/// so that no two tool sets have one argument, whatever other tool sets exist.
pub fn argument(toolset: &str) -> String {
    let safe = |c: char| match c.is_ascii_alphanumeric() {
        true => c.to_ascii_uppercase(),
        false => '_',
    };
    let name: String = toolset.chars().map(safe).collect();
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match toolset.chars().all(is_plain) {
        true => format!("{ARGUMENT}{name}"),
        false => {
            let hash = Digest::of(toolset).hex()[..8].to_uppercase();
            format!("{ARGUMENT}{name}_{hash}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments() {
        let check = |toolset: &str, expect: &str| assert_eq!(argument(toolset), expect);
        check("git", "KILN_FRESH_GIT");
        check("build-tools", "KILN_FRESH_BUILD_TOOLS");
        let like = ["build_tools", "Build-Tools", "build.tools", "BUILD-TOOLS"];
        let mut all: Vec<String> = like.iter().map(|name| argument(name)).collect();
        assert!(
            all.iter()
                .all(|one| one.starts_with("KILN_FRESH_BUILD_TOOLS_"))
        );
        all.sort();
        all.dedup();
        assert_eq!(all.len(), like.len());
    }

    #[test]
    fn packages() {
        let check = |written: &str, name: &str, pinned: bool| {
            let package = Package::read(written);
            assert_eq!((package.name.as_str(), package.pinned), (name, pinned));
        };
        check("git", "git", false);
        check("git=1:2.39.5-0+deb12u2", "git", true);
        check("git:amd64", "git", false);
        check("libstdc++6:amd64=12", "libstdc++6", true);
        check("git/bookworm-backports", "git", false);
        check("git~2.45", "git", true);
        check("git>=2.45", "git", true);
        check(
            "java-21-openjdk-headless",
            "java-21-openjdk-headless",
            false,
        );
    }
}
