//! What ADD fetches from an address, where nothing fixes the content.

use super::context::sources;
use super::walk::Walk;
use super::{Dockerfile, built, flag};
use crate::name::is_address;
use std::ops::Range;

/// An address that some build fetches, and whose content may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfixed {
    /// With the values of its variables.
    pub address: String,
    /// The byte range of the instruction.
    pub bytes: Range<usize>,
}

/// Those of the stages that a build needs, in file order.
pub(super) fn unfixed(walk: &Walk<'_>, escape: char, file: &Dockerfile) -> Vec<Unfixed> {
    let mut all: Vec<Unfixed> = Vec::new();
    for at in 0..walk.scope.targets().len() {
        built::each(walk, at, escape, file, |step| {
            let instruction = step.instruction;
            if instruction.keyword != "ADD" {
                return;
            }
            let text = &instruction.logical.text;
            let (flags, arguments) = flag::flags(text, instruction.rest);
            if flags.iter().any(|flag| flag.name == "checksum") {
                return;
            }
            let found = sources(&text[arguments..]).into_iter();
            let found = found.map(|word| step.variables.expand(&word, escape).unwrap_or(word));
            for address in found.filter(|text| is_address(text) && !is_fixed(text)) {
                let bytes = instruction.bytes.clone();
                let one = Unfixed { address, bytes };
                if !all.contains(&one) {
                    all.push(one);
                }
            }
        });
    }
    all.sort_by_key(|one| one.bytes.start);
    all
}

/// Whether an address of a repository names a commit: `https://github.com/acme/x.git#<40 digits>:folder`, and in newer frontends
/// `https://github.com/acme/x.git?commit=<40 digits>`.
fn is_fixed(address: &str) -> bool {
    let is_commit =
        |text: &str| text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let (address, fragment) = address.split_once('#').unwrap_or((address, ""));
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let mut fields = query.split('&').filter_map(|field| field.split_once('='));
    let commit = fragment.split(':').next();
    commit.is_some_and(is_commit)
        || fields.any(|(key, value)| matches!(key, "commit" | "checksum") && is_commit(value))
}
