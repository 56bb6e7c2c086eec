//! The packages of an image: which ones it has, which of them its base brought, and which a tool set installed.
//!
//! ```text
//! files of the image -> Database -> Packages (in the record's details) + newest versions -> Upgrade
//! ```

mod apk;
mod change;
mod distribution;
mod dpkg;
mod order;
mod rpm;

pub use change::PackageChange;
pub use distribution::Release;
pub use rpm::QUERY as RPM_QUERY;

use super::Upgrade;
use crate::manifest::Refresh;
use crate::name::Digest;
use crate::render::Refreshed;
use crate::request::ReadFile;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;

/// The most packages that a record lists.
const MOST: usize = 20_000;

/// The system that installs packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum System {
    /// Debian's.
    Dpkg,
    /// Alpine's.
    Apk,
    /// Red Hat's.
    Rpm,
}

/// A package as the database of an image has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Installed {
    name: String,
    version: String,
    architecture: String,
    /// The name of its source package.
    source: String,
    /// What it depends on: names of packages, or of what they provide.
    needs: Vec<String>,
    provides: Vec<String>,
    /// Whether the package manager was told not to upgrade it.
    held: bool,
}

/// All packages of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    system: System,
    /// The digest of the files that name the package sources.
    pub sources: Digest,
    distribution: Option<Release>,
    installed: Vec<Installed>,
}

/// The packages of an image as its record has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packages {
    /// What installed them.
    pub system: System,
    /// The digest of the files that name the package sources: images with the same one see the same versions.
    pub sources: Digest,
    /// The distribution of the image, if it names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<Release>,
    /// Whether it is known which of them the image below brought.
    #[serde(default)]
    pub compared: bool,
    /// The packages, by name.
    pub all: Vec<Package>,
}

/// A package in the record of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version, as the package manager writes it.
    pub version: String,
    /// Its architecture.
    pub architecture: String,
    /// The name of its source package, if that is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Whether the image below has the same one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub below: bool,
    /// The tool sets with `refresh "upgrades"` that installed it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub toolsets: Vec<String>,
}

/// The files and folders of an image that say which packages it has, and from which sources.
pub const PATHS: [&str; 9] = [
    dpkg::STATUS,
    dpkg::STATUS_FOLDER,
    apk::INSTALLED,
    apk::INSTALLED_3,
    "/etc/apt",
    "/etc/apk/repositories",
    REPOSITORIES,
    distribution::FILE,
    distribution::LINKED,
];

/// The folder that images have whose packages `rpm` lists.
const REPOSITORIES: &str = "/etc/yum.repos.d";

impl Database {
    /// Reads the files at [`PATHS`]; `None` if the image has no database that is a file.
    pub fn read(files: &[ReadFile]) -> Option<Self> {
        let text = |file: &ReadFile| String::from_utf8_lossy(&file.bytes).into_owned();
        let of = |is_one: fn(&str) -> bool| -> Vec<String> {
            let own = files.iter().filter(|file| is_one(&file.path));
            own.map(text).collect()
        };
        let (dpkg, apk) = (of(dpkg::is_database), of(apk::is_database));
        let (system, installed) = match (dpkg.is_empty(), apk.is_empty()) {
            (false, _) => (
                System::Dpkg,
                dpkg.iter().flat_map(|t| dpkg::read(t)).collect(),
            ),
            (true, false) => (System::Apk, apk.iter().flat_map(|t| apk::read(t)).collect()),
            (true, true) => return None,
        };
        Some(Self::of(system, files, installed))
    }

    /// Reads the answer to [`RPM_QUERY`].
    pub fn read_rpm(answer: &str, files: &[ReadFile]) -> Self {
        Self::of(System::Rpm, files, rpm::read(answer))
    }

    /// Whether an image with these files has packages that only `rpm` lists.
    pub fn wants_rpm(files: &[ReadFile]) -> bool {
        files.iter().any(|file| file.path.starts_with(REPOSITORIES))
    }

    fn of(system: System, files: &[ReadFile], mut installed: Vec<Installed>) -> Self {
        let key = |one: &Installed| (one.name.clone(), one.architecture.clone());
        installed.sort_by_cached_key(key);
        installed.dedup_by_key(|one| key(one));
        installed.truncate(MOST);
        Self {
            system,
            sources: sources(files),
            distribution: distribution::read(files),
            installed,
        }
    }

    /// What a record says about these packages. `below` is the database of the image that this one is based on.
    pub fn packages(&self, below: Option<&Self>, refreshed: &[Refreshed]) -> Packages {
        let key = |one: &Installed| {
            (
                one.name.clone(),
                one.version.clone(),
                one.architecture.clone(),
            )
        };
        let known: HashSet<_> = below
            .iter()
            .flat_map(|db| db.installed.iter().map(key))
            .collect();
        let upgraded = refreshed
            .iter()
            .filter(|one| one.refresh == Refresh::Upgrades);
        let reached: Vec<(&str, HashSet<&str>)> = upgraded
            .map(|one| (one.toolset.as_str(), self.installed_by(one)))
            .collect();
        let package = |one: &Installed| {
            let below = known.contains(&key(one));
            let by = reached
                .iter()
                .filter(|(_, names)| !below && !one.held && names.contains(one.name.as_str()));
            Package {
                name: one.name.clone(),
                version: one.version.clone(),
                architecture: one.architecture.clone(),
                source: (one.source != one.name && !one.source.is_empty())
                    .then(|| one.source.clone()),
                below,
                toolsets: by.map(|(toolset, _)| (*toolset).to_owned()).collect(),
            }
        };
        Packages {
            system: self.system,
            sources: self.sources,
            distribution: self.distribution.clone(),
            compared: below.is_some(),
            all: self.installed.iter().map(package).collect(),
        }
    }

    /// The names of the packages that a tool set may have installed, without those whose versions it names.
    fn installed_by(&self, refreshed: &Refreshed) -> HashSet<&str> {
        let named = refreshed
            .packages
            .iter()
            .map(|package| package.name.as_str());
        let elsewhere: Vec<&str> = refreshed.elsewhere.iter().map(String::as_str).collect();
        let knows_needs = self.installed.iter().any(|one| !one.needs.is_empty());
        let mut reached = match (knows_needs, refreshed.runs) {
            (true, false) => self.closure(named),
            // What no other tool set names may come from its `run` lines, or is needed by what it names.
            _ => {
                let others = self.closure(elsewhere.iter().copied());
                let own = self.closure(named);
                let names = self.installed.iter().map(|one| one.name.as_str());
                names
                    .filter(|name| own.contains(name) || !others.contains(name))
                    .collect()
            }
        };
        for pinned in refreshed.packages.iter().filter(|package| package.pinned) {
            reached.remove(pinned.name.as_str());
        }
        reached
    }

    /// These packages, and everything that they depend on.
    fn closure<'a>(&self, named: impl Iterator<Item = &'a str>) -> HashSet<&str> {
        let mut providers: HashMap<&str, Vec<&Installed>> = HashMap::new();
        for one in &self.installed {
            let names = std::iter::once(&one.name).chain(&one.provides);
            names.for_each(|name| providers.entry(name).or_default().push(one));
        }
        let of = |name: &str| providers.get(name).into_iter().flatten().copied();
        let mut reached = HashSet::new();
        let mut open: Vec<&Installed> = named.flat_map(of).collect();
        while let Some(one) = open.pop() {
            if reached.insert(one.name.as_str()) {
                open.extend(one.needs.iter().flat_map(|name| of(name)));
            }
        }
        reached
    }
}

/// The digest of the files that name package sources; other files next to them do not count.
fn sources(files: &[ReadFile]) -> Digest {
    let names = |path: &str| {
        path == "/etc/apt/sources.list"
            || path == "/etc/apk/repositories"
            || path.starts_with("/etc/apt/sources.list.d/")
            || path.starts_with("/etc/apt/preferences")
            || path.starts_with(REPOSITORIES)
    };
    let own: BTreeMap<&str, Digest> = (files.iter())
        .filter(|file| names(&file.path))
        .map(|file| (file.path.as_str(), Digest::of(&file.bytes)))
        .collect();
    let mut text = String::from("kiln-package-sources-1\n");
    for (path, digest) in own {
        let _ = writeln!(text, "{path} {digest}");
    }
    Digest::of(text)
}

/// The newest versions that package sources have, by package.
pub type Newest = BTreeMap<String, String>;

impl System {
    /// The command that asks the package manager for the newest versions of packages, as root in an image that has the
    /// sources. `manager` is that of the distribution.
    pub fn question(self, manager: &str, names: &BTreeSet<&str>) -> Vec<String> {
        let script = match self {
            Self::Dpkg => dpkg::ASK,
            Self::Apk => apk::ASK,
            Self::Rpm if manager == "microdnf" => rpm::ASK_MICRODNF,
            Self::Rpm => rpm::ASK,
        };
        // The names are arguments of the script, so that none can be part of it.
        let script = ["sh", "-c", script, "kiln"].map(str::to_owned);
        let is_name = |name: &&&str| name.starts_with(|c: char| c.is_ascii_alphanumeric());
        let names = names.iter().filter(is_name).map(|name| (*name).to_owned());
        script.into_iter().chain(names).collect()
    }

    /// Reads the answer of the package manager.
    pub fn newest(self, answer: &str) -> Newest {
        match self {
            Self::Dpkg => dpkg::newest(answer),
            Self::Apk => apk::newest(answer),
            Self::Rpm => rpm::newest(answer),
        }
    }

    /// Compares two versions as the package manager does.
    fn order(self, one: &str, other: &str) -> Ordering {
        match self {
            Self::Dpkg => order::debian(one, other),
            Self::Apk => order::alpine(one, other),
            Self::Rpm => order::rpm(one, other),
        }
    }

    /// Keeps the higher one of two versions of a package.
    fn keep(self, all: &mut Newest, name: &str, version: &str) {
        let known = all.get(name);
        if known.is_none_or(|known| self.order(version, known).is_gt()) {
            all.insert(name.to_owned(), version.to_owned());
        }
    }
}

impl Packages {
    /// The packages that a newer version would be looked up for: those that tool sets installed, or all.
    pub fn upgradable(&self, all: bool) -> BTreeSet<&str> {
        let wanted = self
            .all
            .iter()
            .filter(|one| all || !one.toolsets.is_empty());
        wanted.map(|one| one.name.as_str()).collect()
    }

    /// By tool set, what can be upgraded of what it installed.
    pub fn upgrades(&self, newest: &Newest) -> BTreeMap<String, Vec<Upgrade>> {
        let mut all: BTreeMap<String, Vec<Upgrade>> = BTreeMap::new();
        for one in &self.all {
            let Some(upgrade) = self.upgrade(one, newest) else {
                continue;
            };
            for toolset in &one.toolsets {
                let known = all.entry(toolset.clone()).or_default();
                // A package may be installed for two architectures.
                if !known.contains(&upgrade) {
                    known.push(upgrade.clone());
                }
            }
        }
        all
    }

    /// The newer version of a package, if there is one.
    pub fn upgrade(&self, package: &Package, newest: &Newest) -> Option<Upgrade> {
        let to = newest.get(&package.name)?;
        let is_newer = self.system.order(to, &package.version).is_gt();
        is_newer.then(|| Upgrade {
            name: package.name.clone(),
            from: package.version.clone(),
            to: to.clone(),
        })
    }
}

#[cfg(test)]
mod tests;
