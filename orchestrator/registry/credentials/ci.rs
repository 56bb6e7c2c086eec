//! Variables that CI systems set, or that their documentation has, for one registry each.
//!
//! Every row says to which registry its credential may go. What is configured for Docker, Podman or kiln comes before.

use super::found::{Found, Origin};
use crate::host::Environment;
use crate::name::Domain;
use crate::request::Credential;

/// The user name and the password of a registry.
struct Login {
    /// The registry.
    registry: Whose,
    user: &'static str,
    password: &'static str,
}

enum Whose {
    /// The one in this variable, which a port 443 does not make another one.
    Variable(&'static str),
    /// This one, if the variable says that kiln runs in that system.
    Known {
        domain: &'static str,
        system: &'static str,
    },
}

/// GitLab's job token may push; its deploy token is for projects that want to read only. GitHub's token is in the environment only if
/// the workflow puts it there. CircleCI has no registry: the names are those of its Docker orb.
const LOGINS: [Login; 5] = [
    Login {
        registry: Whose::Variable("CI_REGISTRY"),
        user: "CI_REGISTRY_USER",
        password: "CI_REGISTRY_PASSWORD",
    },
    Login {
        registry: Whose::Variable("CI_REGISTRY"),
        user: "CI_DEPLOY_USER",
        password: "CI_DEPLOY_PASSWORD",
    },
    Login {
        registry: Whose::Variable("CI_DEPENDENCY_PROXY_SERVER"),
        user: "CI_DEPENDENCY_PROXY_USER",
        password: "CI_DEPENDENCY_PROXY_PASSWORD",
    },
    Login {
        registry: Whose::Known {
            domain: "ghcr.io",
            system: "GITHUB_ACTIONS",
        },
        user: "GITHUB_ACTOR",
        password: "GITHUB_TOKEN",
    },
    Login {
        registry: Whose::Known {
            domain: Domain::HUB,
            system: "CIRCLECI",
        },
        user: "DOCKER_LOGIN",
        password: "DOCKER_PASSWORD",
    },
];

impl Login {
    fn is_for(&self, env: &Environment, domain: &Domain) -> bool {
        match self.registry {
            Whose::Variable(name) => env.get(name).is_some_and(|named| {
                let named = named.strip_suffix(":443").unwrap_or(named);
                named.eq_ignore_ascii_case(domain.as_str())
            }),
            Whose::Known {
                domain: known,
                system,
            } => domain.as_str() == known && env.get(system) == Some("true"),
        }
    }
}

/// The credential of the CI system for this registry.
pub(super) fn found(env: &Environment, domain: &Domain) -> Option<Found> {
    let mut own = LOGINS.iter().filter(|login| login.is_for(env, domain));
    own.find_map(|login| {
        let credential = Credential::Basic {
            username: env.get(login.user)?.to_owned(),
            password: env.get(login.password)?.to_owned(),
        };
        Some(Found {
            credential,
            origin: Origin::Variable(login.password.into()),
        })
    })
}

/// The variables that may have one.
pub(super) fn variables(env: &Environment, domain: &Domain) -> Vec<String> {
    let own = LOGINS.iter().filter(|login| login.is_for(env, domain));
    own.map(|login| login.password.to_owned()).collect()
}
