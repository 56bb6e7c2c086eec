//! Docker contexts: named endpoints in Docker's configuration folder.
//!
//! `config.json` may name the current one; `contexts/meta/<sha256 of the name>/meta.json` has its endpoint, and
//! `contexts/tls/<sha256 of the name>/docker/` its certificates.

use super::endpoint_error::EndpointError;
use super::tls::Material;
use crate::host::Environment;
use crate::name::Digest;
use crate::text::Shown;
use serde::Deserialize;
use std::path::Path;

/// A context that was found.
#[derive(Debug)]
pub(super) struct Context {
    /// The file that defines it.
    pub place: String,
    pub host: String,
    pub tls: Material,
}

/// The Docker CLI's name for the engine of `DOCKER_HOST` or of the standard socket.
const DEFAULT: &str = "default";
const WAY_OUT: &str = "`docker context ls` lists the contexts, `docker context use default` switches back to the local engine";

/// The context in use; `None` if it is the default. A run that is not trusted does not read `config.json`: only the environment
/// names its context.
pub(super) fn current(env: &Environment) -> Result<Option<Context>, EndpointError> {
    let Some(folder) = env.docker_config() else {
        return Ok(None);
    };
    let named = match env.get("DOCKER_CONTEXT") {
        Some(name) => Some(("DOCKER_CONTEXT".to_owned(), name.to_owned())),
        // The file has credentials.
        None if env.is_untrusted() => None,
        None => configured(&folder.join("config.json"))?,
    };
    let is_of_variable = env.get("DOCKER_CONTEXT").is_some();
    match named {
        Some((place, name)) if name != DEFAULT => {
            let found = load(&folder, &place, &name).map(Some);
            found.map_err(|error| match is_of_variable {
                // It has precedence over what `docker context use` sets.
                true => EndpointError {
                    way_out: "`docker context ls` lists the contexts; unset DOCKER_CONTEXT for the local engine".into(),
                    ..error
                },
                false => error,
            })
        }
        _ => Ok(None),
    }
}

/// The context with this name; `None` if it is the default.
pub(super) fn named(
    env: &Environment,
    named_by: &str,
    name: &str,
) -> Result<Option<Context>, EndpointError> {
    match env.docker_config() {
        _ if name == DEFAULT => Ok(None),
        Some(folder) => load(&folder, named_by, name)
            .map(Some)
            .map_err(|error| EndpointError {
                way_out: address(name).unwrap_or_else(|| {
                    "`docker context ls` lists the contexts; --engine and KILN_ENGINES take one, or an address such as ssh://user@host".into()
                }),
                ..error
            }),
        None => {
            let why = format!(
                "the Docker context `{}` cannot be looked up: the folder of contexts is not known",
                name.shown()
            );
            Err(EndpointError::new(
                named_by,
                why,
                "set HOME or DOCKER_CONFIG, or write an address such as unix:///path or ssh://user@host",
            ))
        }
    }
}

/// The address that a name without a scheme seems to be.
fn address(name: &str) -> Option<String> {
    let is_shown = !name.contains('@');
    let (scheme, name) = match name.split_once(':') {
        Some(("unix", rest)) if rest.starts_with('/') => ("unix", rest),
        Some((scheme @ ("tcp" | "http" | "https" | "ssh"), rest)) if rest.starts_with('/') => {
            (scheme, rest.trim_start_matches('/'))
        }
        _ => ("", name),
    };
    let scheme = match name {
        _ if !scheme.is_empty() => scheme,
        _ if name.starts_with('/') => "unix",
        _ if name.contains('@') => "ssh",
        _ if name.contains(':') || name.parse::<std::net::IpAddr>().is_ok() => "tcp",
        _ => return None,
    };
    // What is before an `@` may be a password.
    let rest = if is_shown {
        name.shown().to_string()
    } else {
        "user@host".into()
    };
    Some(format!("for an address, write {scheme}://{rest}"))
}

#[derive(Deserialize)]
struct Config {
    #[serde(rename = "currentContext", default)]
    current: String,
}

fn configured(path: &Path) -> Result<Option<(String, String)>, EndpointError> {
    let place = path.display().to_string();
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(e)
            if matches!(
                e.kind(),
                std::io::ErrorKind::NotFound | std::io::ErrorKind::PermissionDenied
            ) =>
        {
            return Ok(None);
        }
        Err(e) => {
            return Err(EndpointError::new(
                place,
                e.to_string(),
                "make the file readable, or set DOCKER_HOST",
            ));
        }
    };
    let config: Config = serde_json::from_slice(&text).map_err(|e| {
        EndpointError::new(
            place.clone(),
            format!("not a valid Docker configuration: {e}"),
            "repair the file, or set DOCKER_HOST",
        )
    })?;
    Ok(Some(config.current)
        .filter(|name| !name.is_empty())
        .map(|name| (place, name)))
}

#[derive(Deserialize)]
struct Meta {
    #[serde(rename = "Endpoints", default)]
    endpoints: Endpoints,
}

#[derive(Deserialize, Default)]
struct Endpoints {
    docker: Option<Docker>,
}

#[derive(Deserialize)]
struct Docker {
    #[serde(rename = "Host", default)]
    host: String,
    #[serde(rename = "SkipTLSVerify", default)]
    skip_verify: bool,
}

fn load(folder: &Path, named_by: &str, name: &str) -> Result<Context, EndpointError> {
    let id = Digest::of(name).hex();
    let meta = folder.join("contexts/meta").join(&id).join("meta.json");
    let place = meta.display().to_string();
    let shown = name.shown();
    let text = std::fs::read(&meta).map_err(|e| {
        let why = match e.kind() {
            std::io::ErrorKind::NotFound => format!("the Docker context `{shown}` does not exist"),
            _ => format!("the Docker context `{shown}` cannot be read ({place}: {e})"),
        };
        EndpointError::new(named_by, why, WAY_OUT)
    })?;
    let fault = |reason: String| EndpointError::new(place.clone(), reason, WAY_OUT);
    let meta: Meta = serde_json::from_slice(&text)
        .map_err(|e| fault(format!("not a valid Docker configuration: {e}")))?;
    let docker = meta
        .endpoints
        .docker
        .ok_or_else(|| fault(format!("the context `{shown}` has no Docker endpoint")))?;
    let certificates = folder.join("contexts/tls").join(&id).join("docker");
    let secured = certificates.is_dir();
    if docker.skip_verify {
        return Err(fault(format!(
            "the context `{shown}` skips TLS verification, which kiln does not allow"
        )));
    }
    Ok(Context {
        place,
        host: docker.host,
        tls: Material {
            wanted: secured,
            folder: secured.then_some(certificates),
        },
    })
}
