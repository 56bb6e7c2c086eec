//! The variables that a FROM can use: ARGs before the first FROM, build arguments, the target platform.

use super::expand::{Expansion, expand};
use super::form::ExpandFault;
use super::instruction::Instruction;
use super::{Fault, Given, NamedContext};
use crate::name::Platform;
use crate::text::suggest;
use std::collections::BTreeMap;
use std::ops::Range;

/// Global variables, one set per platform.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    given: Given<'a>,
    escape: char,
    /// `Err` is the reason why a default has no value; it counts only if the variable is used.
    sets: Vec<BTreeMap<String, Result<String, ExpandFault>>>,
    /// All declared ARGs, with or without a value.
    declared: Vec<String>,
}

impl<'a> Scope<'a> {
    pub fn new(given: Given<'a>, escape: char) -> Self {
        let mut sets: Vec<_> = given.platforms.iter().map(automatic).collect();
        if sets.is_empty() {
            sets.push(BTreeMap::new());
        }
        Self {
            given,
            escape,
            sets,
            declared: Vec::new(),
        }
    }

    /// Declares one `NAME` or `NAME=default` of a global ARG.
    pub fn declare(&mut self, word: &str) {
        let (name, default) = word
            .split_once('=')
            .map_or((word, None), |(name, value)| (name, Some(value)));
        self.declared.push(name.to_owned());
        for at in 0..self.sets.len() {
            let value = match (self.given.args.get(name), default) {
                (Some(given), _) => Ok(given.clone()),
                (None, Some(default)) => self.expand_in(at, default),
                (None, None) => continue,
            };
            self.sets[at].insert(name.to_owned(), value);
        }
    }

    /// The word's value on each platform, in order; one value if the file is read for no platform.
    pub fn expand(&self, word: &str) -> Result<Vec<String>, ExpandFault> {
        (0..self.sets.len())
            .map(|at| self.expand_in(at, word))
            .collect()
    }

    /// The word's value on one of the platforms.
    pub fn expand_on(&self, at: usize, word: &str) -> Result<String, ExpandFault> {
        self.expand_in(at, word)
    }

    /// The value that a build argument is given.
    pub fn given(&self, name: &str) -> Option<String> {
        self.given.args.get(name).cloned()
    }

    /// The value of a global ARG or of a variable that builders set, on one of the platforms; `None` if it is not known.
    pub fn global(&self, at: usize, name: &str) -> Option<String> {
        self.sets[at].get(name)?.clone().ok()
    }

    /// The named contexts.
    pub fn contexts(&self) -> &'a [NamedContext] {
        self.given.contexts
    }

    /// The platforms that the file is built for.
    pub fn targets(&self) -> &'a [Platform] {
        self.given.platforms
    }

    /// Whether an ARG declares the variable.
    pub fn is_declared(&self, name: &str) -> bool {
        self.declared.iter().any(|known| known == name)
    }

    /// Whether builders set the variable by themselves.
    pub fn is_automatic(&self, name: &str) -> bool {
        matches!(
            name,
            "BUILDPLATFORM" | "BUILDOS" | "BUILDOSVERSION" | "BUILDARCH" | "BUILDVARIANT"
        )
    }

    /// Every name that a FROM can use.
    pub fn known(&self) -> impl Iterator<Item = &str> {
        self.declared
            .iter()
            .map(String::as_str)
            .chain(self.sets[0].keys().map(String::as_str))
    }

    fn expand_in(&self, at: usize, word: &str) -> Result<String, ExpandFault> {
        let set = &self.sets[at];
        let fault = std::cell::RefCell::new(None);
        let lookup = |name: &str| match set.get(name) {
            Some(Ok(value)) => Expansion::Value(value.clone()),
            Some(Err(why)) => {
                fault.borrow_mut().get_or_insert_with(|| why.clone());
                Expansion::Unset
            }
            None if self.is_automatic(name) => {
                let unset = ExpandFault::Unset(name.to_owned());
                fault.borrow_mut().get_or_insert(unset);
                Expansion::Unset
            }
            None => Expansion::Unset,
        };
        let expanded = expand(word, self.escape, &lookup);
        match (expanded, fault.take()) {
            // Report the variable that is missing in a default, not the variable that has the default.
            (Err(ExpandFault::Unset(_)), Some(cause)) => Err(cause),
            // The builder sets it, so the default of `${BUILDARCH:-amd64}` never counts.
            (Ok(_), Some(ExpandFault::Unset(name))) if self.is_automatic(&name) => {
                Err(ExpandFault::Unset(name))
            }
            (expanded, _) => expanded,
        }
    }
}

/// The variables that builders set by themselves for the target platform.
fn automatic(platform: &Platform) -> BTreeMap<String, Result<String, ExpandFault>> {
    // As in BuildKit: 64-bit ARM has no variant before v9, and 32-bit ARM is v7.
    let variant = match (platform.architecture.as_str(), platform.variant.as_deref()) {
        ("arm64", Some("v8")) => String::new(),
        ("arm", None) => String::from("v7"),
        (_, variant) => variant.unwrap_or_default().to_owned(),
    };
    let values = [
        ("TARGETPLATFORM", platform.to_string()),
        ("TARGETOS", platform.os.clone()),
        ("TARGETARCH", platform.architecture.clone()),
        ("TARGETVARIANT", variant),
    ];
    values
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Ok(value)))
        .collect()
}

/// Why a word of a FROM has no value.
pub(super) fn unresolved(
    scope: &Scope<'_>,
    instruction: &Instruction,
    word: &str,
    place: Range<usize>,
    why: ExpandFault,
) -> Fault {
    let fault = |message| instruction.fault("dockerfile::unset", message, place.clone());
    let malformed = |why: &str| {
        let message = format!("`{word}` cannot be parsed: {why}");
        instruction.fault("dockerfile::variable", message, place.clone())
    };
    match why {
        ExpandFault::Malformed(why) => malformed(&why),
        ExpandFault::TooMuch(why) => malformed(why),
        ExpandFault::Unset(name) if scope.is_declared(&name) => {
            fault(format!("`{name}` has no value")).help(format!(
                "give it a default (`ARG {name}=…`) or a value in the manifest (`arg {name}=\"…\"`)"
            ))
        }
        ExpandFault::Unset(name) if scope.is_automatic(&name) => {
            fault(format!("only the builder knows `{name}`"))
                .help("choose the image by `TARGETARCH` or in the manifest")
        }
        ExpandFault::Unset(name) => {
            let near = suggest(&name, scope.known())
                .map(|near| format!("; did you mean `{near}`?"))
                .unwrap_or_default();
            fault(format!("`{name}` is not declared before the first FROM"))
                .help(format!("write `ARG {name}=…` above the first FROM{near}"))
        }
    }
}
