//! What of a file not every builder takes, and which engines do.
//!
//! What 20.10.24 and 28.5.2 take is measured (`tests/grammar.txt`). Between them, and after them, the first version is that of
//! the release notes: those of Docker Engine name a BuildKit, those of BuildKit the frontend that it has built in, and those
//! of the frontend what is new. The frontends 1.4, 1.6, 1.7, 1.8, 1.9, 1.10, 1.14, 1.16, 1.17, 1.19 and 1.20 are in the engines 23.0,
//! 25.0, 26.0, 27.0, 27.1, 27.3, 28.0, 28.2, 28.3, 28.5 and 29.1. What no release notes name is assumed of 23.0, the first one
//! after 20.10.

use super::arg::uses;
use super::context::field;
use super::flag::{self, Flag};
use super::grammar::{self, is_octal, is_zero};
use super::instruction::{Instruction, heredocs};
use super::{Dockerfile, Fault};
use crate::dockerfile::ImageRefKind;
use crate::name::EngineVersion;
use crate::request::Builder;
use indexmap::IndexMap;

/// Something that not every builder takes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Feature {
    /// As it is written, `RUN --mount`, or what newer engines refuse, as a sentence.
    pub name: String,
    /// The line, from 1.
    pub line: usize,
    /// The first engine version whose built-in frontend takes it. `None` if all do, or if the file names its own frontend
    /// (`# syntax=`).
    pub since: Option<EngineVersion>,
    /// The first engine version whose BuildKit refuses it, for what older ones and the classic builder take.
    pub until: Option<EngineVersion>,
}

impl Feature {
    /// Whether a builder takes it. An engine whose version cannot be read is taken for one that does.
    pub fn is_known_to(&self, builder: Builder, engine: Option<EngineVersion>) -> bool {
        if builder == Builder::Classic {
            return self.until.is_some();
        }
        let fits = |engine| {
            self.since.is_none_or(|since| engine >= since)
                && self.until.is_none_or(|until| engine < until)
        };
        engine.is_none_or(fits)
    }

    /// What newer engines refuse.
    fn outdated(fault: &Fault) -> Option<Self> {
        Some(Self {
            name: fault.message.clone(),
            line: fault.line,
            since: None,
            until: Some(fault.until?),
        })
    }
}

/// The first engine version with a supported BuildKit.
const FIRST: EngineVersion = EngineVersion(20, 10);

/// Flags by instruction, with the engine versions that have them built in.
const FLAGS: [(&str, &str, EngineVersion); 15] = [
    ("RUN", "mount", FIRST),
    ("RUN", "network", EngineVersion(23, 0)),
    ("RUN", "security", EngineVersion(29, 1)),
    // Only frontends for experiments have it as of 1.20; a later one may have it built in.
    ("RUN", "device", EngineVersion(29, 2)),
    ("COPY", "chmod", FIRST),
    ("ADD", "chmod", FIRST),
    ("COPY", "link", EngineVersion(23, 0)),
    ("ADD", "link", EngineVersion(23, 0)),
    ("ADD", "checksum", EngineVersion(25, 0)),
    ("ADD", "keep-git-dir", EngineVersion(25, 0)),
    ("ADD", "unpack", EngineVersion(28, 3)),
    ("COPY", "exclude", EngineVersion(28, 5)),
    ("ADD", "exclude", EngineVersion(28, 5)),
    ("COPY", "parents", EngineVersion(29, 1)),
    ("HEALTHCHECK", "start-interval", EngineVersion(25, 0)),
];

/// Fields of mounts that 20.10.24 does not know, likewise.
const FIELDS: [(&str, EngineVersion); 2] = [
    ("size", EngineVersion(23, 0)),
    ("env", EngineVersion(27, 3)),
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
    /// What not every builder takes, in file order. `args` are the build arguments that are given.
    pub fn features(&self, args: &IndexMap<String, String>) -> Vec<Feature> {
        let own_frontend = self
            .image_refs
            .iter()
            .any(|image_ref| image_ref.kind == ImageRefKind::Syntax);
        let variables = self.platform_variables(args);
        let of = |instruction| of(self, instruction, &variables);
        let mut all: Vec<Feature> = self.instructions.iter().flat_map(of).collect();
        if own_frontend {
            all.iter_mut().for_each(|feature| feature.since = None);
        } else {
            all.extend(self.warnings.iter().filter_map(Feature::outdated));
            all.sort_by_key(|feature| feature.line);
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

fn of(file: &Dockerfile, instruction: &Instruction, variables: &[&str]) -> Vec<Feature> {
    let keyword = instruction.keyword.as_str();
    let (flags, _) = flag::flags(&instruction.logical.text, instruction.rest);
    // Builders look at values, and at devices, when they carry out the instruction.
    let is_needed = file.reads.is_empty() || file.is_needed(instruction);
    let mut all: Vec<Named> = flags
        .iter()
        .flat_map(|flag| of_flag(keyword, flag, is_needed))
        .collect();
    all.extend(heredoc(instruction));
    let mut variables = variables.iter();
    if keyword == "FROM" && variables.any(|name| uses(instruction.text(), name)) {
        all.push(("a FROM that depends on the platform".into(), Some(FIRST)));
    }
    // 20.10 ignores a default above the first FROM that it cannot read.
    let first = file.stages.first().map(|stage| stage.line);
    if is_needed && first <= Some(*instruction.lines.start()) {
        let newer = grammar::newer(instruction, file.escape).into_iter();
        all.extend(newer.map(|(name, since)| (name, Some(since))));
    }
    let feature = |(name, since)| Feature {
        name,
        line: *instruction.lines.start(),
        since,
        until: None,
    };
    all.into_iter().map(feature).collect()
}

/// The name of a feature, and the first engine version that has it.
type Named = (String, Option<EngineVersion>);

fn of_flag(keyword: &str, flag: &Flag, is_needed: bool) -> Vec<Named> {
    let name = flag.name.as_str();
    let mut known = FLAGS.iter();
    let known = known.find(|(of, flag, _)| *of == keyword && *flag == name);
    let classic = ["HEALTHCHECK", "ARG", "STOPSIGNAL"].contains(&keyword)
        || CLASSIC.contains(&(keyword, name))
        || name == "chmod" && flag.value.is_empty()
        || name == "device" && !is_needed;
    let mut all = Vec::new();
    if !classic || keyword == "HEALTHCHECK" && known.is_some() {
        all.push((
            format!("{keyword} --{name}"),
            known.map(|(_, _, since)| *since),
        ));
    }
    match (keyword, name) {
        ("RUN", "mount") => all.extend(of_mount(flag, is_needed)),
        ("COPY" | "ADD", "chmod") if is_needed => all.extend(of_mode(keyword, &flag.value)),
        ("HEALTHCHECK", _) if is_zero(&flag.value) => {
            all.push((
                format!("HEALTHCHECK --{name}={}", flag.value),
                Some(EngineVersion(23, 0)),
            ));
        }
        _ => {}
    }
    all
}

/// The fields of a mount that not every engine knows, and variables, which 20.10 takes as they are written.
fn of_mount(flag: &Flag, is_needed: bool) -> Vec<Named> {
    let kind = field(flag, "type").unwrap_or("bind").to_ascii_lowercase();
    let has = |name: &str| flag.fields().any(|(key, ..)| key == name);
    let found = FIELDS.iter().filter(|(name, _)| has(name));
    let named = |(name, since): &(&str, EngineVersion)| {
        (format!("`{name}` of RUN --mount=type={kind}"), Some(*since))
    };
    let mut all: Vec<Named> = found.map(named).collect();
    let mut fields = flag.fields().filter(|_| is_needed);
    if let Some((key, ..)) = fields.find(|(key, value, _)| key != "from" && value.contains('$')) {
        let name = format!("a variable in the {key} of RUN --mount");
        all.push((name, Some(EngineVersion(23, 0))));
    }
    all
}

/// A mode that older engines ignore.
fn of_mode(keyword: &str, mode: &str) -> Option<Named> {
    let (what, since) = match mode {
        "" => return None,
        mode if mode.contains('$') => ("a variable in", EngineVersion(27, 3)),
        mode if is_octal(mode) => return None,
        _ => ("letters in", EngineVersion(28, 0)),
    };
    Some((format!("{what} {keyword} --chmod"), Some(since)))
}

fn heredoc(instruction: &Instruction) -> Option<Named> {
    let keyword = &instruction.keyword;
    let marks = heredocs(instruction);
    let (more, since) = match marks.iter().any(|mark| mark.apart) {
        _ if marks.is_empty() => return None,
        true => (" with a blank after `<<`", EngineVersion(28, 2)),
        false => ("", EngineVersion(23, 0)),
    };
    Some((
        format!("a here-document after {keyword}{more}"),
        Some(since),
    ))
}
