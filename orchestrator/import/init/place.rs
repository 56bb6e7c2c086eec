//! What a workspace is called and where it is published: what the call says, else what git and Docker's
//! configuration say.

use super::remote::{self, Remote};
use crate::import::image_name;
use crate::name::{Domain, Repository};
use crate::text::Diagnostic;

/// The place in a repository's pattern that is the image's name.
pub(super) const IMAGE: &str = "{image}";

/// What is published without any registry in sight: a registry on this machine.
const NOWHERE: &str = "127.0.0.1:5000";

/// What the machine says.
#[derive(Debug, Clone, Default)]
pub struct Machine {
    /// The address of git's remote.
    pub remote: Option<String>,
    /// The workspace's folder, its last part.
    pub folder: Option<String>,
    /// The registries that Docker is logged in to, in the order in which they are known.
    pub logins: Vec<Login>,
}

/// A registry that one is logged in to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    pub domain: Domain,
    /// The user, where the configuration says it in the open.
    pub user: Option<String>,
}

/// What the call says.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    pub name: Option<String>,
    pub registry: Option<String>,
}

/// A value, and where it comes from, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub value: String,
    pub from: String,
}

impl Said {
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
    pub name: Said,
    /// A pattern: `ghcr.io/acme/{image}`.
    pub publish: Said,
    /// Whether the call says where to.
    pub asked: bool,
}

impl Place {
    /// Where images wait for their tags: beside the images.
    pub fn stage(&self) -> String {
        self.publish.value.replace(IMAGE, "kiln-stage")
    }
}

/// Decides. An error where what the call says is no name or no repository.
pub fn place(asked: &Asked, machine: &Machine) -> Result<Place, Diagnostic> {
    let remote = machine.remote.as_deref().and_then(remote::read);
    let name = name(asked, machine, remote.as_ref())?;
    let publish = match &asked.registry {
        Some(registry) => Said::new(pattern(registry, &name.value), "as said"),
        None => found(machine, remote.as_ref(), &name.value),
    };
    match publish.value.replace(IMAGE, "image").parse::<Repository>() {
        Ok(_) => Ok(Place { name, publish, asked: asked.registry.is_some() }),
        Err(why) => Err(Diagnostic::error("init::registry", format!("--registry: {why}"))
            .help("a registry, or a place in one: --registry ghcr.io/acme, --registry registry.example.com")),
    }
}

fn name(asked: &Asked, machine: &Machine, remote: Option<&Remote>) -> Result<Said, Diagnostic> {
    if let Some(name) = &asked.name {
        return match *name == image_name(name) {
            true => Ok(Said::new(name, "as said")),
            false => Err(Diagnostic::error(
                "init::name",
                format!(
                    "`{}` cannot be the name of a workspace",
                    name.escape_debug()
                ),
            )
            .help(format!(
                "lower-case letters, digits, `.` and `-`: --name {}",
                image_name(name)
            ))),
        };
    }
    let of_remote = remote
        .and_then(|remote| remote.path.last())
        .map(|name| Said::new(image_name(name), "the git remote's name"));
    let of_folder = || {
        machine
            .folder
            .as_ref()
            .map(|name| Said::new(image_name(name), "the folder's name"))
    };
    Ok(of_remote
        .or_else(of_folder)
        .unwrap_or_else(|| Said::new("fleet", "nothing says another")))
}

/// `ghcr.io/acme` with its images below; a registry alone gets the workspace's name between.
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

/// The forge's own registry where one is logged in to it, else Docker Hub, else any other login, else
/// what the forge is known to have.
fn found(machine: &Machine, remote: Option<&Remote>, name: &str) -> Said {
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
        return Said::new(
            format!("{domain}/{path}/{IMAGE}"),
            format!("you are logged in to {domain}; the path is the git remote's"),
        );
    }
    if let Some(login) = login(Domain::HUB).or(machine.logins.first()) {
        let owner = remote
            .filter(|remote| remote.path.len() > 1)
            .and_then(|remote| remote.path.first())
            .map(|owner| image_name(owner));
        let hub = login.domain.as_str() == Domain::HUB;
        let user = login.user.as_deref().filter(|_| hub).map(image_name);
        let owner = user.or(owner).unwrap_or_else(|| name.to_owned());
        let others = machine.logins.len() - 1;
        let more = if others > 0 {
            format!(", and to {others} more")
        } else {
            String::new()
        };
        return Said::new(
            format!("{}/{owner}/{IMAGE}", login.domain),
            format!("you are logged in to {}{more}", login.domain),
        );
    }
    match forge
        .filter(|((_, _), remote)| matches!(remote.host.as_str(), "github.com" | "gitlab.com"))
    {
        Some(((domain, path), remote)) => Said::new(
            format!("{domain}/{path}/{IMAGE}"),
            format!(
                "the registry of {}; you are not logged in to it",
                remote.host
            ),
        ),
        None => Said::new(
            format!("{NOWHERE}/{name}/{IMAGE}"),
            "no registry is known: say one with --registry before you push",
        ),
    }
}

/// The registry that belongs to where the git repository is kept, and the path in it.
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
