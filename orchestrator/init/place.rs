//! The name of a workspace and where it is published: as the user requests, else from git and Docker's
//! configuration.

use super::remote::{self, Remote};
use crate::import::image_name;
use crate::name::{Domain, Repository};
use crate::text::{Diagnostic, Shown};

/// The placeholder for the image's name in a repository's pattern.
pub(super) const IMAGE: &str = "{image}";

/// The registry if none is known: one on this machine.
const NOWHERE: &str = "127.0.0.1:5000";

/// The facts of the machine that matter here.
#[derive(Debug, Clone, Default)]
pub struct Machine {
    /// The URL of the git remote.
    pub remote: Option<String>,
    /// The last part of the workspace's path.
    pub folder: Option<String>,
    /// The registries that Docker is logged in to, in the order of its configuration.
    pub logins: Vec<Login>,
}

/// A registry that the user is logged in to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The registry.
    pub domain: Domain,
    /// The user name, if the configuration has it in plain text.
    pub user: Option<String>,
}

/// The options that the user gave.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The workspace's name.
    pub name: Option<String>,
    /// The registry to publish to.
    pub registry: Option<String>,
}

/// A value, and a description of its source for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced {
    /// The value.
    pub value: String,
    /// Where it comes from, in words.
    pub from: String,
}

impl Sourced {
    pub(super) fn new(value: impl Into<String>, from: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            from: from.into(),
        }
    }
}

/// A workspace's name and repositories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The workspace's name.
    pub name: Sourced,
    /// A pattern: `ghcr.io/acme/{image}`.
    pub publish: Sourced,
    /// Whether the user chose the repositories.
    pub asked: bool,
}

impl Place {
    /// The staging repository, beside the images.
    pub fn stage(&self) -> String {
        self.publish.value.replace(IMAGE, "kiln-stage")
    }
}

/// Decides. It is an error if a given name or registry is not valid.
pub fn place(asked: &Asked, machine: &Machine) -> Result<Place, Diagnostic> {
    let remote = machine.remote.as_deref().and_then(remote::read);
    let name = name(asked, machine, remote.as_ref())?;
    let publish = match &asked.registry {
        Some(registry) => Sourced::new(pattern(registry, &name.value), "as requested"),
        None => found(machine, remote.as_ref(), &name.value),
    };
    match publish.value.replace(IMAGE, "image").parse::<Repository>() {
        Ok(_) => Ok(Place { name, publish, asked: asked.registry.is_some() }),
        Err(why) => Err(Diagnostic::error("init::registry", format!("--registry: {why}"))
            .help("name a registry or a path in one: --registry ghcr.io/acme, --registry registry.example.com")),
    }
}

fn name(asked: &Asked, machine: &Machine, remote: Option<&Remote>) -> Result<Sourced, Diagnostic> {
    if let Some(name) = &asked.name {
        return match *name == image_name(name) {
            true => Ok(Sourced::new(name, "as requested")),
            false => Err(Diagnostic::error(
                "init::name",
                format!("`{}` cannot be the name of a workspace", name.shown()),
            )
            .help(format!(
                "use lower-case letters, digits, `.` and `-`: --name {}",
                image_name(name)
            ))),
        };
    }
    let of_remote = remote
        .and_then(|remote| remote.path.last())
        .map(|name| Sourced::new(image_name(name), "the git remote's name"));
    let of_folder = || {
        machine
            .folder
            .as_ref()
            .map(|name| Sourced::new(image_name(name), "the folder's name"))
    };
    Ok(of_remote
        .or_else(of_folder)
        .unwrap_or_else(|| Sourced::new("fleet", "the default name")))
}

/// `ghcr.io/acme` with the images below it; a registry without a path gets the workspace's name as the path.
fn pattern(registry: &str, name: &str) -> String {
    let registry = registry.trim_end_matches('/');
    if registry.contains(IMAGE) {
        return registry.to_owned();
    }
    match registry.split_once('/') {
        Some((first, _)) if is_domain(first) => format!("{registry}/{IMAGE}"),
        None if is_domain(registry) => format!("{registry}/{name}/{IMAGE}"),
        _ => format!("{}/{registry}/{IMAGE}", Domain::HUB),
    }
}

fn is_domain(text: &str) -> bool {
    text == "localhost" || text.contains(['.', ':'])
}

/// The registry of the git host if the user is logged in to it, else Docker Hub, else any other login, else the git
/// host's registry if it is known to have one.
fn found(machine: &Machine, remote: Option<&Remote>, name: &str) -> Sourced {
    let forge = remote.and_then(|remote| Some((forge(remote)?, remote)));
    let login = |wanted: &str| {
        machine
            .logins
            .iter()
            .find(|login| login.domain.as_str() == wanted)
    };
    if let Some(((domain, path), _)) = forge
        .as_ref()
        .filter(|((domain, _), _)| login(domain).is_some())
    {
        return Sourced::new(
            format!("{domain}/{path}/{IMAGE}"),
            format!("you are logged in to {domain}; the path is that of the git remote"),
        );
    }
    if let Some(login) = login(Domain::HUB).or(machine.logins.first()) {
        return of_login(login, machine.logins.len() - 1, remote, name);
    }
    match forge
        .filter(|((_, _), remote)| matches!(remote.host.as_str(), "github.com" | "gitlab.com"))
    {
        Some(((domain, path), remote)) => Sourced::new(
            format!("{domain}/{path}/{IMAGE}"),
            format!(
                "the registry of {}; you are not logged in to it",
                remote.host
            ),
        ),
        None => Sourced::new(
            format!("{NOWHERE}/{name}/{IMAGE}"),
            "no registry is known: choose one with --registry before you push",
        ),
    }
}

/// The place of the user, or of the git remote's owner, at a registry that the user is logged in to; `others` are further
/// logins.
fn of_login(login: &Login, others: usize, remote: Option<&Remote>, name: &str) -> Sourced {
    let owner = remote
        .filter(|remote| remote.path.len() > 1)
        .and_then(|remote| remote.path.first())
        .map(|owner| image_name(owner));
    let hub = login.domain.as_str() == Domain::HUB;
    let user = login.user.as_deref().filter(|_| hub).map(image_name);
    let owner = user.or(owner).unwrap_or_else(|| name.to_owned());
    let more = match others {
        0 => String::new(),
        others => format!(", and to {others} more"),
    };
    Sourced::new(
        format!("{}/{owner}/{IMAGE}", login.domain),
        format!("you are logged in to {}{more}", login.domain),
    )
}

/// The registry of the git host, and the path in it.
fn forge(remote: &Remote) -> Option<(String, String)> {
    let parts: Vec<String> = remote.path.iter().map(|part| image_name(part)).collect();
    match remote.host.as_str() {
        "github.com" => Some((String::from("ghcr.io"), parts.first()?.clone())),
        host if host.split('.').any(|label| label == "gitlab") => {
            Some((format!("registry.{host}"), parts.join("/")))
        }
        _ => None,
    }
}
