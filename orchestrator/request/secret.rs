//! Secrets and ssh agents of builds: where they come from, and what they are. Only the first is ever saved or shown.

use super::container::visible;
use crate::text::uncontrolled;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// What a build mounts besides files: where the values come from, never the values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SecretRefs {
    /// Secrets, each id once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<SecretRef>,
    /// Agents of ssh, each id once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<AgentRef>,
}

/// A secret that a build mounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretRef {
    /// The id in `--mount=type=secret,id=…`.
    pub id: String,
    /// Where its value comes from.
    pub from: SecretSource,
    /// Where the manifest declares it: `kiln.kdl:14:5`
    pub place: String,
}

/// Where the value of a secret comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretSource {
    /// The environment variable of this name.
    Env(String),
    /// The file at this path in the workspace.
    File(String),
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "environment variable {name}"),
            Self::File(path) => write!(f, "file {path}"),
        }
    }
}

/// An agent of ssh that a build mounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentRef {
    /// The id in `--mount=type=ssh,id=…`.
    pub id: String,
    /// The environment variable with the path of the agent's socket.
    pub env: String,
    /// Where the manifest declares it: `kiln.kdl:15:5`
    pub place: String,
}

/// The value of a secret. Neither `Debug` nor `Serialize` show it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretValue(Arc<[u8]>);

impl SecretValue {
    /// The longest value that BuildKit accepts, in bytes (`MaxSecretSize`).
    pub const LONGEST: usize = 500 * 1024;

    /// The shortest text that is hidden in output, in characters: a shorter one is part of other words, and hiding it there would
    /// show what it is.
    pub const SHORTEST: usize = 4;

    /// This value.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self(bytes.into())
    }

    /// Its bytes, for the engine and for hiding them in output.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }

    /// The texts as which its lines are shown where they are printed: by a build, and by a hook. None if it is too short to be
    /// hidden.
    pub fn shown(&self) -> BTreeSet<String> {
        let text = String::from_utf8_lossy(&self.0);
        let built = text.split(['\n', '\r']).map(uncontrolled);
        let hooked = text.split('\n').map(|line| {
            let line = line.trim_end_matches('\r');
            line.chars().map(visible).collect::<String>()
        });
        // Messages of engines and of kiln are not cleaned in either way.
        let raw = text.split('\n').map(str::to_owned);
        let lines = built.chain(hooked).chain(raw);
        let lines = lines.map(|line| line.trim().to_owned());
        let is_recognized = |line: &String| {
            let letters = line.chars().filter(|c| visible(*c) != visible('\0'));
            letters.count() >= Self::SHORTEST
        };
        lines.filter(is_recognized).collect()
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue(…)")
    }
}

/// The values of all secrets of a run, and the sockets of its agents.
#[derive(Debug, Clone, Default)]
pub struct SecretValues {
    /// By source.
    pub values: BTreeMap<SecretSource, SecretValue>,
    /// By environment variable.
    pub sockets: BTreeMap<String, PathBuf>,
    /// More values that are hidden in output, and that no build mounts: a hook has the environment that they come from.
    pub hidden: BTreeMap<SecretSource, SecretValue>,
    /// Whether the workspace is not trusted, so that no build gets what it declares.
    pub withheld: bool,
}

/// What one build may ask for; everything else does not exist for it.
#[derive(Debug, Clone, Default)]
pub struct BuildSecrets {
    /// Values by id.
    pub values: BTreeMap<String, SecretValue>,
    /// Sockets of agents by id.
    pub sockets: BTreeMap<String, PathBuf>,
}

impl SecretRefs {
    /// Whether nothing is mounted.
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty() && self.agents.is_empty()
    }

    /// The values of these; what was not read is left out, and the build does not find it.
    pub fn resolve(&self, all: &SecretValues) -> BuildSecrets {
        let values = self.secrets.iter();
        let values = values.filter_map(|one| {
            let value = all.values.get(&one.from)?;
            Some((one.id.clone(), value.clone()))
        });
        let sockets = self.agents.iter();
        let sockets =
            sockets.filter_map(|one| Some((one.id.clone(), all.sockets.get(&one.env)?.clone())));
        BuildSecrets {
            values: values.collect(),
            sockets: sockets.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// G12: what can be printed or saved has no value.
    #[test]
    fn a_build_gets_what_it_declares_and_shows_none_of_it() {
        let secret = |id: &str, from: &SecretSource| SecretRef {
            id: id.into(),
            from: from.clone(),
            place: "kiln.kdl:1:1".into(),
        };
        let (env, file) = (
            SecretSource::Env("TOKEN".into()),
            SecretSource::File("key.pem".into()),
        );
        let refs = SecretRefs {
            secrets: vec![secret("npm", &env), secret("gone", &file)],
            agents: Vec::new(),
        };
        let value = SecretValue::new(*b"canary-value");
        let other = SecretSource::Env("OTHER".into());
        let all = SecretValues {
            values: [(env, value.clone()), (other, value.clone())].into(),
            sockets: [("SSH_AUTH_SOCK".into(), "/agent".into())].into(),
            ..SecretValues::default()
        };
        let build = refs.resolve(&all);
        assert_eq!(build.values.keys().collect::<Vec<_>>(), ["npm"]);
        assert_eq!(build.values["npm"].reveal(), b"canary-value");
        assert!(build.sockets.is_empty());
        let json = serde_json::to_string(&refs).unwrap();
        for shown in [format!("{all:?} {build:?} {value:?}"), json] {
            assert!(!shown.contains("canary"), "{shown}");
            assert!(
                !shown.contains(&format!("{:?}", b"canary-value")),
                "{shown}"
            );
        }
    }
}
