//! The names of jobs: legal in their system, unique, and the same for a variant whatever else the fleet has.

use crate::ci::System;
use crate::name::Digest;
use std::collections::HashSet;

/// The job that saves the plan.
pub(super) const PLAN: &str = "kiln-plan";
/// The job that publishes.
pub(super) const PUBLISH: &str = "kiln-publish";
/// The job for a pull request.
pub(super) const PULL_REQUEST: &str = "kiln-pull-request";
/// The job that builds: on CircleCI, the definition that others use.
pub(super) const BUILD: &str = "kiln-build";
/// The job that computes the others.
pub(super) const SETUP: &str = "kiln-setup";
/// The job that runs what [`SETUP`] has computed.
pub(super) const FLEET: &str = "kiln-fleet";

/// The beginning of the names of jobs that only wait for others.
pub(super) const JOIN: &str = "kiln-join";
/// The beginning of the names of jobs that build a level.
pub(super) const LEVEL: &str = "kiln-level";

/// The longest name before its hash, in bytes. Systems allow 100 and more.
const LONGEST: usize = 80;

/// Names that mean something else to GitLab.
const RESERVED: &[&str] = &["pages:deploy"];

/// The names that a system's jobs have.
pub(super) struct Names {
    system: System,
    taken: HashSet<String>,
}

impl Names {
    pub fn new(system: System) -> Self {
        let fixed = [PLAN, PUBLISH, PULL_REQUEST, BUILD, SETUP, FLEET];
        let taken = fixed.iter().chain(RESERVED).map(|&name| name.to_owned());
        Self {
            system,
            taken: taken.collect(),
        }
    }

    /// The name of a job for this text. A second text that would get the same name gets a hash.
    pub fn take(&mut self, text: &str) -> String {
        let plain = self.legal(text);
        if plain.len() <= LONGEST && self.taken.insert(plain.to_ascii_lowercase()) {
            return plain;
        }
        let short = plain.get(..LONGEST).unwrap_or(&plain);
        let hash = Digest::of(text).hex();
        // The whole hash belongs to one text.
        let lengths = [8, 16, hash.len()];
        let mut names = lengths.iter().filter_map(|end| {
            let name = format!("{short}-{}", hash.get(..*end)?);
            self.taken.insert(name.to_ascii_lowercase()).then_some(name)
        });
        names.next().unwrap_or_else(|| format!("{short}-{hash}"))
    }

    fn legal(&self, text: &str) -> String {
        let fits = |c: char| match self.system {
            System::CircleCi => c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'),
            System::GitLab => c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':'),
            System::GitHub => c.is_ascii_alphanumeric() || matches!(c, '_' | '-'),
        };
        let made: String = text
            .chars()
            .map(|c| if fits(c) { c } else { '-' })
            .collect();
        let begins = |c: char| match self.system {
            System::CircleCi | System::GitHub => c.is_ascii_alphabetic(),
            System::GitLab => c.is_ascii_alphanumeric(),
        };
        match made.starts_with(begins) {
            true => made,
            false => format!("v-{made}"),
        }
    }
}
