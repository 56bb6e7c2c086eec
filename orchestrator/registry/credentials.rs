//! Credentials for registries: environment, Docker's configuration and its helpers, podman's file.
//!
//! For each domain the first of these sources with a credential is used:
//!
//! 1. `KILN_AUTH_<HOST>`: the domain in capitals, with `_` for every character that is not a letter or a digit
//!    (`127.0.0.1:5000` is `KILN_AUTH_127_0_0_1_5000`). Its value is `user:password`, `<token>:refresh-token` (with
//!    the angle brackets, as in Docker's helpers) or `Bearer token`.
//! 2. `DOCKER_AUTH_CONFIG`: the text of a `config.json`, as GitLab passes it to runners.
//! 3. `config.json` in `$DOCKER_CONFIG` or `~/.docker`: `credHelpers`, then `credsStore`, then `auths`.
//! 4. Podman's `auth.json`: `$REGISTRY_AUTH_FILE`, `$XDG_RUNTIME_DIR/containers/auth.json`,
//!    `$XDG_CONFIG_HOME/containers/auth.json` (or `~/.config/containers/auth.json`).
//! 5. The variables that CI systems have for their own registries (`ci`).
//!
//! Nothing is read before it is needed, and no `Debug` output or error contains a secret.

mod ci;
mod config;
mod found;
mod helper;

use crate::host::Environment;
use crate::name::Domain;
use crate::registry::keyed::Keyed;
use crate::request::WorldError;
use config::{Config, Entry};
pub use found::{Found, Origin};
use found::{from_variable, of_user};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long credentials and helpers may take.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// How long a credential is cached: the helpers of cloud providers return tokens that are valid for hours, not days.
    kept: Duration,
    /// How old a credential of a helper is at least before a refusal is a reason to ask the helper again.
    settled: Duration,
    /// A helper may query a cloud service; one that prompts the user times out.
    helper: Duration,
}

const LIMITS: Limits = Limits {
    kept: Duration::from_secs(30 * 60),
    settled: Duration::from_secs(60),
    helper: Duration::from_secs(30),
};

/// The credentials of this environment, looked up when needed and cached for half an hour. Cheap to clone.
#[derive(Clone)]
pub struct Credentials(Arc<Inner>);

struct Inner {
    env: Environment,
    /// Whether credentials may be read at all: an untrusted run reads none.
    open: bool,
    limits: Limits,
    kept: Keyed<Domain, (Instant, Option<Found>)>,
}

impl From<&Environment> for Credentials {
    fn from(env: &Environment) -> Self {
        Self(Arc::new(Inner {
            env: env.clone(),
            open: !env.is_untrusted(),
            limits: LIMITS,
            kept: Keyed::default(),
        }))
    }
}

impl Credentials {
    /// No credentials; reads nothing. For a run that is not trusted.
    pub fn none() -> Self {
        Self(Arc::new(Inner {
            env: Environment::default(),
            open: false,
            limits: LIMITS,
            kept: Keyed::default(),
        }))
    }

    /// Whether credentials may be read at all.
    pub fn is_open(&self) -> bool {
        self.0.open
    }

    /// The credential for this registry; `None` if no source has one. A broken file or helper is an error with its
    /// place.
    pub async fn get(&self, domain: &Domain) -> Result<Option<Found>, WorldError> {
        if !self.0.open {
            return Ok(None);
        }
        let cell = self.0.kept.cell(domain.clone());
        let mut kept = cell.lock().await;
        if let Some((at, found)) = &*kept
            && at.elapsed() < self.0.limits.kept
        {
            return Ok(found.clone());
        }
        let found = self
            .look_up(domain)
            .await
            .map_err(|why| WorldError::refused(format!("credentials for {domain}"), why))?;
        *kept = Some((Instant::now(), found.clone()));
        Ok(found)
    }

    /// Asks the helper of a registry again, after the registry has refused what the helper returned before: its token may have
    /// expired. Whether there is another credential now. A credential that is less than a minute old is not asked for again.
    ///
    /// # Errors
    /// The helper fails.
    pub async fn renew(&self, domain: &Domain) -> Result<bool, WorldError> {
        let before = {
            let cell = self.0.kept.cell(domain.clone());
            let mut kept = cell.lock().await;
            let is_old = |(at, found): &mut (Instant, Option<Found>)| {
                let origin = found.as_ref().map(|found| &found.origin);
                matches!(origin, Some(Origin::Helper { .. }))
                    && at.elapsed() >= self.0.limits.settled
            };
            kept.take_if(is_old)
        };
        match before {
            Some((_, before)) => Ok(self.get(domain).await? != before),
            None => Ok(false),
        }
    }

    /// The credentials for these registries, for an engine that builds from them; registries without one are left out.
    pub async fn of(
        &self,
        domains: impl IntoIterator<Item = Domain>,
    ) -> Result<crate::request::Credentials, WorldError> {
        let mut all = crate::request::Credentials::new();
        for domain in domains {
            if let Some(found) = self.get(&domain).await? {
                all.insert(domain, found.credential);
            }
        }
        Ok(all)
    }

    /// The variable for this registry's credential: `KILN_AUTH_GHCR_IO`.
    pub fn variable(domain: &Domain) -> String {
        let word = |c: char| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        };
        format!(
            "KILN_AUTH_{}",
            domain.as_str().chars().map(word).collect::<String>()
        )
    }

    /// The places where a credential for this registry may be, in the order in which they are looked at.
    pub fn places(&self, domain: &Domain) -> Vec<String> {
        let docker = self.0.env.docker_config();
        let docker = docker.map(|folder| folder.join("config.json"));
        let files = docker.into_iter().chain(self.podman_files());
        let variables = [Self::variable(domain), String::from("DOCKER_AUTH_CONFIG")];
        let files = files.map(|path| path.display().to_string());
        let ci = ci::variables(&self.0.env, domain);
        variables.into_iter().chain(files).chain(ci).collect()
    }

    /// The registries that Docker's or podman's configuration has a login for, each with the user name if that is not
    /// encrypted. Runs no helper, and returns no secret.
    ///
    /// # Errors
    /// A message: a configuration cannot be read.
    pub async fn logins(&self) -> Result<Vec<(Domain, Option<String>)>, String> {
        let env = &self.0.env;
        let mut all = Vec::new();
        if !self.0.open {
            return Ok(all);
        }
        if let Some(text) = env.get("DOCKER_AUTH_CONFIG") {
            all.extend(
                Config::parse(text.as_bytes())
                    .map_err(|why| format!("DOCKER_AUTH_CONFIG: {why}"))?
                    .logins(),
            );
        }
        let docker = env.docker_config().map(|folder| folder.join("config.json"));
        for path in docker.into_iter().chain(self.podman_files()) {
            all.extend(
                Config::read(&path)
                    .await?
                    .map(|config| config.logins())
                    .unwrap_or_default(),
            );
        }
        let mut seen = std::collections::BTreeSet::new();
        all.retain(|(domain, _): &(Domain, _)| seen.insert(domain.clone()));
        Ok(all)
    }

    async fn look_up(&self, domain: &Domain) -> Result<Option<Found>, String> {
        let env = &self.0.env;
        let variable = Self::variable(domain);
        if let Some(value) = env.get(&variable) {
            let credential = from_variable(value)
                .ok_or_else(|| format!("{variable} is not `user:password`; it may also be `<token>:refresh-token` or `Bearer token`"))?;
            return Ok(Some(Found {
                credential,
                origin: Origin::Variable(variable),
            }));
        }
        if let Some(text) = env.get("DOCKER_AUTH_CONFIG") {
            let origin = Origin::Variable("DOCKER_AUTH_CONFIG".into());
            let config =
                Config::parse(text.as_bytes()).map_err(|why| format!("{origin}: {why}"))?;
            if let Some(found) = found(&config, domain, true, origin)? {
                return Ok(Some(found));
            }
        }
        if let Some(found) = self.docker_file(domain).await? {
            return Ok(Some(found));
        }
        if let Some(found) = self.podman_file(domain).await? {
            return Ok(Some(found));
        }
        Ok(ci::found(env, domain))
    }

    async fn docker_file(&self, domain: &Domain) -> Result<Option<Found>, String> {
        let Some(folder) = self.0.env.docker_config() else {
            return Ok(None);
        };
        let path = folder.join("config.json");
        let Some(config) = Config::read(&path).await? else {
            return Ok(None);
        };
        for Entry { helper, server } in config.helpers(domain) {
            let way_out = |why| {
                format!(
                    "{why} (named in {}); fix it, or set {}=user:password",
                    path.display(),
                    Self::variable(domain)
                )
            };
            if let Some(credential) =
                helper::get(&self.0.env, &helper, &server, self.0.limits.helper)
                    .await
                    .map_err(way_out)?
            {
                return Ok(Some(Found {
                    credential,
                    origin: Origin::Helper {
                        name: helper,
                        file: path,
                    },
                }));
            }
        }
        found(&config, domain, true, Origin::File(path))
    }

    /// The paths of podman's logins.
    fn podman_files(&self) -> impl Iterator<Item = PathBuf> {
        let env = &self.0.env;
        let below = |folder: PathBuf| folder.join("containers/auth.json");
        let config = || {
            env.get("XDG_CONFIG_HOME")
                .map(PathBuf::from)
                .or_else(|| Some(env.home()?.join(".config")))
        };
        let places = [
            env.get("REGISTRY_AUTH_FILE").map(PathBuf::from),
            env.get("XDG_RUNTIME_DIR").map(PathBuf::from).map(below),
            config().map(below),
        ];
        places.into_iter().flatten()
    }

    async fn podman_file(&self, domain: &Domain) -> Result<Option<Found>, String> {
        for path in self.podman_files() {
            let Some(config) = Config::read(&path).await? else {
                continue;
            };
            if let Some(found) = found(&config, domain, false, Origin::File(path))? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

/// The registry's entry in a configuration, which is Docker's or podman's.
fn found(
    config: &Config,
    domain: &Domain,
    docker: bool,
    origin: Origin,
) -> Result<Option<Found>, String> {
    let credential = config
        .auth(domain, docker)
        .map_err(|why| format!("{origin}: {why}"))?;
    Ok(credential.map(|credential| Found { credential, origin }))
}

#[cfg(test)]
impl Credentials {
    /// Credentials of which a helper may be asked again at once.
    pub(in crate::registry) fn renewable(env: &Environment) -> Self {
        let limits = Limits {
            settled: Duration::ZERO,
            ..LIMITS
        };
        Self(Arc::new(Inner {
            env: env.clone(),
            open: true,
            limits,
            kept: Keyed::default(),
        }))
    }
}

#[cfg(test)]
mod tests;
