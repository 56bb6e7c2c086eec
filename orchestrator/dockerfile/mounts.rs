//! The secrets and ssh agents that a build mounts, with the ids that BuildKit's frontend computes (`dispatchSecret`,
//! `dispatchSSH`): of a secret `source`, else `id`, else the last part of `target`; of an agent `id`, else `default`.

use super::built::{self, Step};
use super::flag::{self, Flag};
use super::instruction::Instruction;
use super::variables::Variables;
use super::walk::Walk;
use super::{Dockerfile, context};
use std::ops::Range;

/// A secret or an agent that an instruction mounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretMount {
    /// Which of the two it is.
    pub kind: MountKind,
    /// Its id; `None` if that depends on a variable that is not known.
    pub id: Option<String>,
    /// The place of the id, or of the flag if it says none.
    pub bytes: Range<usize>,
    /// The line, from 1.
    pub line: usize,
}

/// What is mounted besides files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MountKind {
    /// `--mount=type=secret`
    Secret,
    /// `--mount=type=ssh`
    Ssh,
}

impl MountKind {
    /// The type in the flag, and the node of the manifest that declares one.
    pub fn word(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Ssh => "ssh",
        }
    }
}

impl Dockerfile {
    /// Whether a build of the file mounts this, or may do so.
    pub fn may_mount(&self, kind: MountKind, id: &str) -> bool {
        let mut mounts = self.mounts.iter().filter(|mount| mount.kind == kind);
        mounts.any(|mount| mount.id.as_deref().is_none_or(|known| known == id))
    }
}

/// The mounts of the stages that some build needs, in file order.
pub(super) fn all(walk: &Walk<'_>, escape: char, file: &Dockerfile) -> Vec<SecretMount> {
    let mut all: Vec<SecretMount> = Vec::new();
    // Most files have none, and need no second walk.
    if !file.instructions.iter().any(may_mount) {
        return all;
    }
    for at in 0..walk.scope.targets().len().max(1) {
        built::each(walk, at, escape, file, |step| {
            for mount in of(&step, escape) {
                if !all.contains(&mount) {
                    all.push(mount);
                }
            }
        });
    }
    all.sort_by_key(|mount| mount.bytes.start);
    all
}

fn may_mount(instruction: &Instruction) -> bool {
    if instruction.keyword != "RUN" || !instruction.logical.text.contains("--") {
        return false;
    }
    let text = instruction.logical.text.to_ascii_lowercase();
    text.contains("--mount")
        && (text.contains("secret") || text.contains("ssh") || text.contains("type=$"))
}

impl Instruction {
    /// What of its builds a RUN mounts besides files, or may mount, as words: a type can depend on a variable.
    pub fn mounted(&self) -> Option<&'static str> {
        if self.keyword != "RUN" {
            return None;
        }
        let (flags, _) = flag::flags(&self.logical.text, self.rest);
        let mounts = flags.iter().filter(|flag| flag.name == "mount");
        let mut fields = mounts.flat_map(Flag::fields);
        fields.find_map(|(key, value, _)| {
            // Builders read the fields as CSV does, which has quotes of its own.
            let value = value.trim_matches('"').to_ascii_lowercase();
            match value.as_str() {
                _ if key.trim_matches('"') != "type" => None,
                "secret" => Some("mounts a secret"),
                "ssh" => Some("mounts an ssh agent"),
                open if open.contains('$') => Some("may mount a secret"),
                _ => None,
            }
        })
    }
}

/// The type of a mount as it is written.
fn field_type(flag: &Flag) -> &str {
    let kind = context::field(flag, "type").filter(|_| flag.name == "mount");
    kind.unwrap_or_default()
}

fn kind_of(kind: &str) -> Option<MountKind> {
    match kind {
        kind if kind.eq_ignore_ascii_case("secret") => Some(MountKind::Secret),
        kind if kind.eq_ignore_ascii_case("ssh") => Some(MountKind::Ssh),
        _ => None,
    }
}

/// What a flag mounts, or may mount, if its type depends on a variable that is not known.
enum Kind {
    One(Option<MountKind>),
    Any,
}

fn kind(flag: &Flag, variables: &Variables, escape: char) -> Kind {
    let written = field_type(flag);
    match variables.expand(written, escape) {
        _ if !written.contains('$') => Kind::One(kind_of(written)),
        Some(kind) => Kind::One(kind_of(&kind)),
        None => Kind::Any,
    }
}

fn of(step: &Step<'_, '_>, escape: char) -> Vec<SecretMount> {
    let instruction = step.instruction;
    if instruction.keyword != "RUN" {
        return Vec::new();
    }
    let (flags, _) = flag::flags(&instruction.logical.text, instruction.rest);
    let mount = |kind: MountKind, (id, place): (Option<String>, Range<usize>)| SecretMount {
        kind,
        id,
        line: instruction.logical.line(place.start),
        bytes: instruction.logical.bytes(place),
    };
    let mounts = |flag: &Flag| match kind(flag, step.variables, escape) {
        Kind::One(kind) => {
            let one = kind.map(|kind| mount(kind, id(kind, flag, step.variables, escape)));
            one.into_iter().collect()
        }
        // It may be any of the image's, and may be none.
        Kind::Any => [MountKind::Secret, MountKind::Ssh]
            .map(|kind| mount(kind, (None, flag.whole())))
            .to_vec(),
    };
    let found: Vec<Vec<SecretMount>> = flags.iter().map(mounts).collect();
    found.concat()
}

/// The id, and its place in the logical line.
fn id(
    kind: MountKind,
    flag: &Flag,
    variables: &Variables,
    escape: char,
) -> (Option<String>, Range<usize>) {
    let of = |names: &[&str]| {
        let fields = flag
            .fields()
            .filter(|(key, ..)| names.contains(&key.as_str()));
        let (_, value, place) = fields.last()?;
        (!value.is_empty()).then_some((value, place))
    };
    let named = match kind {
        MountKind::Secret => of(&["source", "src"]).or_else(|| of(&["id"])),
        MountKind::Ssh => of(&["id"]),
    };
    if let Some((value, place)) = named {
        return (variables.expand(value, escape), flag.place(place));
    }
    match (kind, of(&["target", "dst", "destination"])) {
        (MountKind::Ssh, _) => (Some(String::from("default")), flag.whole()),
        (MountKind::Secret, Some((target, place))) => {
            let path = variables.expand(target, escape);
            let last = path.map(|path| {
                let path = path.trim_end_matches('/');
                path.rsplit('/').next().unwrap_or_default().to_owned()
            });
            (last, flag.place(place))
        }
        // The builder refuses a secret without any of these.
        (MountKind::Secret, None) => (None, flag.whole()),
    }
}

#[cfg(test)]
mod tests;
