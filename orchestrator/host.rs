//! The machine that kiln runs on: environment and clock, read once in `main` and passed down, and the hooks that run on it.

mod hooks;
mod processes;

pub use hooks::{Hooks, HostHooks};

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;

/// How the names of variables with credentials begin, those of kiln, of other tools and of CI systems.
const CREDENTIALS: [&str; 9] = [
    "KILN_AUTH_",
    "DOCKER_AUTH_CONFIG",
    "REGISTRY_AUTH_FILE",
    "CI_REGISTRY_PASSWORD",
    "CI_DEPLOY_PASSWORD",
    "CI_DEPENDENCY_PROXY_PASSWORD",
    "CI_JOB_TOKEN",
    "GITHUB_TOKEN",
    "DOCKER_PASSWORD",
];

/// The environment variables when kiln started.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    vars: BTreeMap<String, String>,
    /// The names of the variables whose values are not UTF-8.
    unreadable: BTreeSet<String>,
    untrusted: bool,
}

impl Environment {
    /// The environment of this process, without names and values that are not UTF-8.
    pub fn of_process() -> Self {
        Self::of(std::env::vars_os())
    }

    fn of(all: impl Iterator<Item = (OsString, OsString)>) -> Self {
        let mut env = Self::default();
        for (name, value) in all {
            match (name.into_string(), value.into_string()) {
                (Ok(name), Ok(value)) => drop(env.vars.insert(name, value)),
                (Ok(name), Err(_)) => drop(env.unreadable.insert(name)),
                (Err(_), _) => {}
            }
        }
        env
    }

    /// Whether a variable is set, and its value is not UTF-8.
    pub fn is_unreadable(&self, name: &str) -> bool {
        self.unreadable.contains(name)
    }

    /// The environment of a run whose workspace is not trusted: without credentials. Each module that could give away something
    /// of this machine, or write to a registry, asks [`Environment::is_untrusted`]; nothing in a workspace can change it.
    #[must_use]
    pub fn untrusted(mut self) -> Self {
        self.vars
            .retain(|name, _| !CREDENTIALS.iter().any(|known| name.starts_with(known)));
        self.untrusted = true;
        self
    }

    /// Whether the workspace is not trusted.
    pub fn is_untrusted(&self) -> bool {
        self.untrusted
    }

    /// A variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.vars
            .get(name)
            .map(String::as_str)
            .filter(|v| !v.is_empty())
    }

    /// Whether a variable is set and empty.
    pub fn is_empty(&self, name: &str) -> bool {
        self.vars.get(name).is_some_and(String::is_empty)
    }

    /// All variables.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.vars.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }

    /// The user's home folder.
    pub fn home(&self) -> Option<PathBuf> {
        self.get("HOME").map(PathBuf::from)
    }

    /// Docker's configuration folder: `$DOCKER_CONFIG` or `~/.docker`.
    pub fn docker_config(&self) -> Option<PathBuf> {
        self.get("DOCKER_CONFIG")
            .map(PathBuf::from)
            .or_else(|| Some(self.home()?.join(".docker")))
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(iter: I) -> Self {
        Self {
            vars: iter.into_iter().collect(),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests;

/// The time when kiln started, captured once, so that a whole run uses the same time.
pub fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
