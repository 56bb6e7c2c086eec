//! The features of a file that the classic builder does not support, and the first engine version that does.

use super::arg::uses;
use super::context::field;
use super::instruction::{Instruction, heredocs};
use super::{Dockerfile, flag, mounts};
use crate::dockerfile::ImageRefKind;
use crate::name::EngineVersion;
use indexmap::IndexMap;

/// A feature that only BuildKit supports.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Feature {
    /// As it is written: `RUN --mount`.
    pub name: String,
    /// The line, from 1.
    pub line: usize,
    /// The first engine version whose built-in frontend supports it. `None` if not every newer version does, or if the file
    /// names its own frontend (`# syntax=`).
    pub since: Option<EngineVersion>,
}

/// The first engine version with a supported BuildKit.
const FIRST: EngineVersion = EngineVersion(20, 10);

/// Flags by instruction. Docker's documentation names a frontend version for each; these are the
/// engine versions that have it built in.
const FLAGS: [(&str, &str, EngineVersion); 12] = [
    ("RUN", "mount", FIRST),
    // 20.10.24 does not know it.
    ("RUN", "network", EngineVersion(23, 0)),
    ("COPY", "chmod", FIRST),
    ("ADD", "chmod", FIRST),
    ("COPY", "link", EngineVersion(23, 0)),
    ("ADD", "link", EngineVersion(23, 0)),
    ("ADD", "checksum", EngineVersion(25, 0)),
    ("ADD", "keep-git-dir", EngineVersion(23, 0)),
    ("ADD", "unpack", EngineVersion(28, 2)),
    ("COPY", "exclude", EngineVersion(28, 4)),
    ("ADD", "exclude", EngineVersion(28, 4)),
    // 28.5.2 does not know it.
    ("COPY", "parents", EngineVersion(29, 0)),
];

/// Fields of mounts by their type that 20.10.24 does not know, likewise.
const FIELDS: [(&str, &str, EngineVersion); 2] = [
    ("tmpfs", "size", EngineVersion(23, 0)),
    ("secret", "env", EngineVersion(27, 0)),
];

/// Flags that the classic builder supports, too.
const CLASSIC: [(&str, &str); 4] = [
    ("FROM", "platform"),
    ("COPY", "from"),
    ("COPY", "chown"),
    ("ADD", "chown"),
];

/// The variables of the platform: the classic builder has none of them.
const PLATFORM: [&str; 8] = [
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETARCH",
    "TARGETVARIANT",
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDARCH",
    "BUILDVARIANT",
];

impl Dockerfile {
    /// All features that the classic builder refuses, in file order. `args` are the build arguments that are given.
    pub fn features(&self, args: &IndexMap<String, String>) -> Vec<Feature> {
        let own_frontend = self
            .image_refs
            .iter()
            .any(|image_ref| image_ref.kind == ImageRefKind::Syntax);
        let variables = self.platform_variables(args);
        let of = |instruction| of(instruction, &variables);
        let mut all: Vec<Feature> = self.instructions.iter().flat_map(of).collect();
        if own_frontend {
            all.iter_mut().for_each(|feature| feature.since = None);
        }
        all
    }

    /// The variables that depend on the platform, also by the default of an ARG above the first FROM.
    fn platform_variables<'f>(&'f self, args: &IndexMap<String, String>) -> Vec<&'f str> {
        let mut all = PLATFORM.to_vec();
        let above = self
            .instructions
            .iter()
            .take_while(|one| one.keyword != "FROM");
        for arg in above.filter(|one| one.keyword == "ARG") {
            let words = arg.text().split_whitespace().skip(1);
            for (name, default) in words.filter_map(|word| word.split_once('=')) {
                let depends = all.iter().any(|known| uses(default, known));
                if depends && !args.contains_key(name) {
                    all.push(name);
                }
            }
        }
        all
    }
}

/// The fields of the mounts of a RUN that not every engine knows.
fn fields(instruction: &Instruction) -> impl Iterator<Item = (String, EngineVersion)> {
    let (flags, _) = flag::flags(&instruction.logical.text, instruction.rest);
    let mounts = flags
        .into_iter()
        .filter(|flag| instruction.keyword == "RUN" && flag.name == "mount");
    let known = |mount: flag::Flag| {
        let has = |kind: &str, name: &str| {
            let mut fields = mount.fields();
            field(&mount, "type") == Some(kind) && fields.any(|(key, ..)| key == name)
        };
        let found = FIELDS.iter().filter(|(kind, name, _)| has(kind, name));
        let named = |(kind, name, since): &(&str, &str, EngineVersion)| {
            (format!("`{name}` of RUN --mount=type={kind}"), *since)
        };
        found.map(named).collect::<Vec<_>>()
    };
    mounts.flat_map(known)
}

fn of(instruction: &Instruction, variables: &[&str]) -> Vec<Feature> {
    let keyword = instruction.keyword.as_str();
    let feature = |name: String, since| Feature {
        name,
        line: *instruction.lines.start(),
        since,
    };
    let mut all = Vec::new();
    for flag in instruction.flag_names() {
        let classic = keyword == "HEALTHCHECK" || CLASSIC.contains(&(keyword, flag.as_str()));
        if !classic {
            let since = FLAGS
                .iter()
                .find(|(of, name, _)| *of == keyword && *name == flag)
                .map(|(_, _, since)| *since);
            all.push(feature(format!("{keyword} --{flag}"), since));
        }
    }
    all.extend(fields(instruction).map(|(name, since)| feature(name, Some(since))));
    if mounts::has_open_id(instruction) {
        all.push(feature(
            String::from("a variable in the id of RUN --mount"),
            Some(EngineVersion(23, 0)),
        ));
    }
    let marks = heredocs(instruction);
    if marks.iter().any(|mark| mark.apart) {
        let name = format!("a here-document after {keyword} with a blank after `<<`");
        all.push(feature(name, Some(EngineVersion(28, 2))));
    } else if !marks.is_empty() {
        all.push(feature(
            format!("a here-document after {keyword}"),
            Some(EngineVersion(23, 0)),
        ));
    }
    let mut variables = variables.iter();
    if keyword == "FROM" && variables.any(|name| uses(instruction.text(), name)) {
        all.push(feature(
            String::from("a FROM that depends on the platform"),
            Some(FIRST),
        ));
    }
    all
}
