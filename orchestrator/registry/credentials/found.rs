//! A credential, where it was found, and how it is written there.

use crate::request::Credential;
use std::fmt;
use std::path::PathBuf;

/// A credential and its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The credential.
    pub credential: Credential,
    /// Its source.
    pub origin: Origin,
}

/// The source of a credential, which errors name so that users know what to fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A variable of the environment.
    Variable(String),
    /// An entry of a configuration file.
    File(PathBuf),
    /// A program `docker-credential-<name>` that the file names.
    Helper {
        /// The part of its name after `docker-credential-`.
        name: String,
        /// The configuration file.
        file: PathBuf,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Variable(name) => f.write_str(name),
            Origin::File(path) => path.display().fmt(f),
            Origin::Helper { name, file } => {
                write!(f, "docker-credential-{name} (named in {})", file.display())
            }
        }
    }
}

/// `user:password`, `<token>:refresh-token`, `Bearer token`.
pub(super) fn from_variable(value: &str) -> Option<Credential> {
    if let Some(token) = value.strip_prefix("Bearer ") {
        return Some(Credential::Bearer(token.trim().to_owned()));
    }
    let (user, secret) = value.trim_end_matches(['\n', '\r']).split_once(':')?;
    Some(of_user(user, secret))
}

/// Helpers return `<token>` as the user name if the secret is a refresh token.
pub(super) fn of_user(user: &str, secret: &str) -> Credential {
    match user {
        "<token>" => Credential::Identity(secret.to_owned()),
        _ => Credential::Basic {
            username: user.to_owned(),
            password: secret.to_owned(),
        },
    }
}
