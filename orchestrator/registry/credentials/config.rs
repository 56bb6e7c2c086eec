//! Reading `config.json` (Docker) and `auth.json` (podman): one format.

use super::of_user;
use crate::name::{Domain, Repository};
use crate::request::Credential;
use base64::Engine as _;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The size limit of a configuration, in bytes.
const LARGEST: u64 = 1 << 20;

/// The parts about credentials; everything else in the file is ignored.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Config {
    auths: BTreeMap<String, Auth>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: Option<String>,
}

/// One entry of `auths`. No `Debug`: it holds secrets.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Auth {
    /// `user:password` in base64.
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
    registrytoken: String,
}

/// A helper, and the registry's name in it.
pub(super) struct Entry {
    pub(super) helper: String,
    pub(super) server: String,
}

impl Config {
    /// Reads a file; `None` if there is none.
    pub(super) async fn read(path: &Path) -> Result<Option<Self>, String> {
        let place = |why: String| format!("{}: {why}", path.display());
        match tokio::fs::metadata(path).await {
            Err(e)
                if matches!(
                    e.kind(),
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(None);
            }
            Err(e) => return Err(place(e.to_string())),
            Ok(meta) if meta.len() > LARGEST => {
                return Err(place(format!("larger than {LARGEST} bytes")));
            }
            Ok(_) => {}
        }
        let bytes = tokio::fs::read(path)
            .await
            .map_err(|e| place(e.to_string()))?;
        Self::parse(&bytes).map(Some).map_err(place)
    }

    /// The error has line and column, but not the text, which may be a secret.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::default());
        }
        serde_json::from_slice(bytes).map_err(|e| {
            let what = if e.is_data() {
                "an entry of an unexpected kind"
            } else {
                "invalid JSON"
            };
            format!("{what} at line {}, column {}", e.line(), e.column())
        })
    }

    /// The helpers to run, the registry's own first.
    pub(super) fn helpers(&self, domain: &Domain) -> Vec<Entry> {
        let own = keys(domain)
            .into_iter()
            .find_map(|key| Some((key.clone(), self.cred_helpers.get(&key)?.clone())));
        let all = self
            .creds_store
            .iter()
            .filter(|name| !name.is_empty())
            .map(|name| (keys(domain).remove(0), name.clone()));
        own.into_iter()
            .chain(all)
            .map(|(server, helper)| Entry { helper, server })
            .collect()
    }

    /// The registries with a login, and their user names where they are not encrypted.
    pub(super) fn logins(&self) -> Vec<(Domain, Option<String>)> {
        let user = |auth: &Auth| match auth.credential() {
            Ok(Some(Credential::Basic { username, .. })) => Some(username),
            _ => None,
        };
        let auths = self.auths.iter().map(|(key, auth)| (host(key), user(auth)));
        let helpers = self.cred_helpers.keys().map(|key| (host(key), None));
        auths
            .chain(helpers)
            .filter_map(|(host, user)| Some((domain(host)?, user)))
            .collect()
    }

    /// The entry of `auths` for this registry. Docker's keys may be URLs with a path
    /// (`https://ghcr.io/v1/`); podman's keys with a path apply to a part of the registry, and are ignored.
    pub(super) fn auth(&self, domain: &Domain, docker: bool) -> Result<Option<Credential>, String> {
        let keys = keys(domain);
        let exact = keys.iter().find_map(|key| self.auths.get_key_value(key));
        let same = || {
            self.auths
                .iter()
                .find(|(key, _)| docker && keys.iter().any(|k| host(k) == host(key)))
        };
        match exact.or_else(same) {
            Some((key, auth)) => auth
                .credential()
                .map_err(|why| format!("auths, `{key}`: {why}")),
            None => Ok(None),
        }
    }
}

impl Auth {
    fn credential(&self) -> Result<Option<Credential>, String> {
        if !self.registrytoken.is_empty() {
            return Ok(Some(Credential::Bearer(self.registrytoken.clone())));
        }
        if !self.identitytoken.is_empty() {
            return Ok(Some(Credential::Identity(self.identitytoken.clone())));
        }
        if !self.username.is_empty() {
            return Ok(Some(of_user(&self.username, &self.password)));
        }
        if self.auth.is_empty() {
            return Ok(None);
        }
        let fault = || String::from("`auth` is not `user:password` in base64");
        let padded = base64::engine::GeneralPurposeConfig::new()
            .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent);
        let decoder = base64::engine::GeneralPurpose::new(&base64::alphabet::STANDARD, padded);
        let text = decoder
            .decode(self.auth.trim())
            .ok()
            .and_then(|raw| String::from_utf8(raw).ok())
            .ok_or_else(fault)?;
        let (user, password) = text.split_once(':').ok_or_else(fault)?;
        Ok(Some(of_user(user, password.trim_end_matches('\0'))))
    }
}

/// The names of a registry in these files, the usual one first.
fn keys(domain: &Domain) -> Vec<String> {
    if domain.as_str() != Domain::HUB {
        return vec![domain.to_string()];
    }
    [
        "https://index.docker.io/v1/",
        "index.docker.io",
        "docker.io",
        "registry-1.docker.io",
    ]
    .map(String::from)
    .into()
}

/// The registry of a key in these files; podman's keys may have a path.
fn domain(host: &str) -> Option<Domain> {
    let host = host.split('/').next().unwrap_or(host);
    if ["index.docker.io", "registry-1.docker.io"].contains(&host) {
        return domain(Domain::HUB);
    }
    format!("{host}/image")
        .parse::<Repository>()
        .ok()
        .map(|repository| repository.domain().clone())
        .filter(|domain| domain.as_str() == host)
}

/// The host of a key: without scheme, and without path if there was a scheme or the path is that of an API.
fn host(key: &str) -> &str {
    match key
        .strip_prefix("https://")
        .or_else(|| key.strip_prefix("http://"))
    {
        Some(rest) => rest.split('/').next().unwrap_or(rest),
        None => key
            .trim_end_matches('/')
            .trim_end_matches("/v1")
            .trim_end_matches("/v2"),
    }
}
