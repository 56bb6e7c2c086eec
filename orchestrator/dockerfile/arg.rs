//! ARG: which build arguments a Dockerfile takes.

use super::line::quoted_words;
use super::{Dockerfile, Instruction, context};
use std::ops::Range;

/// How a Dockerfile takes a build argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// An ARG of a stage declares it, or one before the first FROM that leads to a FROM.
    Used,
    /// Only an ARG before the first FROM declares it, and no FROM uses it: it has no value in the stages.
    OnlyGlobal,
    /// Only stages that no build needs declare it.
    Unneeded,
    /// No ARG declares it.
    Undeclared,
}

/// Arguments that builders take without an ARG: <https://docs.docker.com/reference/dockerfile/#predefined-args>.
const PREDEFINED: [&str; 5] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "FTP_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
];

impl Dockerfile {
    /// How the file takes this build argument.
    pub fn takes(&self, name: &str) -> Taken {
        if is_built_in(name) {
            return Taken::Used;
        }
        let first = self.instructions.iter().position(|i| i.keyword == "FROM");
        let (global, stages) = self.instructions.split_at(first.unwrap_or_default());
        let last = stages.iter().rposition(|i| i.keyword == "FROM");
        let built_on = stages[..last.unwrap_or_default()].iter();
        let mut deferred = built_on.flat_map(deferred);
        if deferred.any(|known| known == name) {
            return Taken::Used;
        }
        let declares = |i: &&Instruction| names(i).any(|known| known == name);
        let needed = || stages.iter().filter(|i| self.is_needed(i));
        let is_global = global.iter().any(|i| declares(&i));
        let is_used = || {
            self.global_users(global, stages)
                .iter()
                .any(|i| uses(i.text(), name))
        };
        if needed().any(|i| declares(&i)) || is_global && is_used() {
            Taken::Used
        } else if stages.iter().any(|i| declares(&i)) {
            Taken::Unneeded
        } else if is_global {
            Taken::OnlyGlobal
        } else {
            Taken::Undeclared
        }
    }

    /// The FROM lines that some build carries out, and the ARGs above the first one that lead to these or to an ARG of a stage.
    fn global_users<'i>(
        &self,
        global: &'i [Instruction],
        stages: &'i [Instruction],
    ) -> Vec<&'i Instruction> {
        let needed = || stages.iter().filter(|i| self.is_needed(i));
        let mut users: Vec<&Instruction> = needed().filter(|i| i.keyword == "FROM").collect();
        for one in global.iter().rev() {
            let is_used = |name: &str| {
                let mut users = users.iter();
                let is_declared = |i: &Instruction| names(i).any(|known| known == name);
                users.any(|user| uses(user.text(), name)) || needed().any(is_declared)
            };
            if names(one).any(is_used) {
                users.push(one);
            }
        }
        users
    }

    /// Whether some build carries out the instruction.
    pub(super) fn is_needed(&self, instruction: &Instruction) -> bool {
        let bytes = &instruction.bytes;
        let mut unneeded = self.unneeded.iter();
        !unneeded.any(|stage| {
            stage.instructions.contains(&bytes.start) || bytes.contains(&stage.image.start)
        })
    }

    /// The names of the ARGs that ONBUILD leaves to the builds of images based on this one.
    pub fn onbuild_args(&self) -> impl Iterator<Item = &str> {
        self.instructions.iter().flat_map(deferred)
    }

    /// The names of all ARGs.
    pub fn args(&self) -> impl Iterator<Item = &str> {
        self.instructions.iter().flat_map(names)
    }
}

/// The byte ranges of the ARGs above the first FROM that no stage uses which some build needs. An ARG of a needed stage, or a text of
/// it, may use any of the others.
pub(super) fn idle(file: &Dockerfile) -> Vec<Range<usize>> {
    let first = file.instructions.iter().position(|i| i.keyword == "FROM");
    let (global, stages) = file.instructions.split_at(first.unwrap_or_default());
    // Most files have none, and each variant's is read.
    if !global.iter().any(|one| one.keyword == "ARG") || context::own_rules(file) {
        return Vec::new();
    }
    let mut users: Vec<&Instruction> = stages.iter().filter(|i| file.is_needed(i)).collect();
    let mut idle = Vec::new();
    for one in global.iter().rev().filter(|one| one.keyword == "ARG") {
        let is_used = |name: &str| {
            let mut users = users.iter();
            is_built_in(name)
                || users.any(|user| {
                    uses(user.text(), name)
                        || names(user).chain(deferred(user)).any(|known| known == name)
                })
        };
        match names(one).any(is_used) {
            true => users.push(one),
            false => idle.push(one.bytes.clone()),
        }
    }
    idle
}

/// Whether builders take the argument by themselves.
fn is_built_in(name: &str) -> bool {
    let upper = name.to_uppercase();
    let is_one_case = name == upper || name == name.to_lowercase();
    (is_one_case && PREDEFINED.contains(&upper.as_str()))
        || name.starts_with("BUILDKIT_")
        || name == "SOURCE_DATE_EPOCH"
}

/// The names that an ARG declares; nothing for other instructions.
fn names(instruction: &Instruction) -> impl Iterator<Item = &str> {
    declared(instruction.keyword == "ARG", instruction)
}

/// The same for an ARG after ONBUILD.
fn deferred(instruction: &Instruction) -> impl Iterator<Item = &str> {
    let is_arg = instruction.keyword == "ONBUILD" && instruction.carried_out().0 == "ARG";
    declared(is_arg, instruction)
}

fn declared(is_arg: bool, instruction: &Instruction) -> impl Iterator<Item = &str> {
    let rest = is_arg.then(|| &instruction.logical.text[instruction.carried_out().1..]);
    // The escape character does not matter for names.
    let words = rest
        .map(|rest| quoted_words(rest, '\\'))
        .unwrap_or_default();
    words
        .into_iter()
        .map(|word| word.split_once('=').map_or(word, |(name, _)| name))
}

/// Whether a text contains `$NAME` or `${NAME…}`.
pub(super) fn uses(text: &str, name: &str) -> bool {
    text.split('$').skip(1).any(|after| {
        let rest = after.strip_prefix('{').unwrap_or(after).strip_prefix(name);
        rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
    })
}
