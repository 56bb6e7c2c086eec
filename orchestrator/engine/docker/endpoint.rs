//! Where the engine is: `DOCKER_HOST`, a Docker context, or the standard socket.
//!
//! The order is the Docker CLI's: `DOCKER_HOST` first, then `DOCKER_CONTEXT`, then `currentContext`
//! of Docker's `config.json`, then [`SOCKET`].

pub use super::endpoint_error::EndpointError;

use super::{context, tls};
use crate::host::Environment;
use rustls::pki_types::ServerName;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The default socket of a local engine.
pub const SOCKET: &str = "/var/run/docker.sock";

/// An engine's address, with everything that is needed to open a connection to it.
#[derive(Clone)]
pub enum Endpoint {
    /// A socket of this machine.
    Unix(PathBuf),
    /// Plain TCP: a service container, or an engine behind a tunnel.
    Tcp {
        /// The host name or address.
        host: String,
        /// The port.
        port: u16,
    },
    /// TCP with TLS.
    Tls {
        /// The host name or address.
        host: String,
        /// The port.
        port: u16,
        /// The name that the certificate must be for.
        name: ServerName<'static>,
        /// The trusted authorities and the client certificate.
        config: Arc<rustls::ClientConfig>,
    },
    /// A child process `ssh` that runs `docker system dial-stdio` on the remote machine.
    Ssh {
        /// The user on the remote machine.
        user: Option<String>,
        /// The remote machine.
        host: String,
        /// The port, unless it is the default of `ssh`.
        port: Option<u16>,
        /// The engine's socket on the remote machine, unless it is Docker's default there.
        socket: Option<String>,
        /// The `PATH` that `ssh` is searched in.
        path: Option<String>,
    },
}

impl Endpoint {
    /// The endpoint that the environment names. Reads Docker's configuration, and certificates if TLS is used.
    pub fn of(env: &Environment) -> Result<Self, EndpointError> {
        if let Some(host) = env.get("DOCKER_HOST") {
            return parse("DOCKER_HOST", host, &tls::Material::of(env)?, env);
        }
        match context::current(env)? {
            Some(context) => parse(&context.place, &context.host, &context.tls, env),
            None => Ok(Self::Unix(SOCKET.into())),
        }
    }

    /// What names the endpoint of [`Endpoint::of`]: `DOCKER_HOST`, the file of a Docker context, or nothing.
    pub fn named_by(env: &Environment) -> Result<String, EndpointError> {
        if env.get("DOCKER_HOST").is_some() {
            return Ok("DOCKER_HOST".into());
        }
        let context = context::current(env)?;
        let context = context.map(|one| format!("the Docker context in {}", one.place));
        Ok(context.unwrap_or_else(|| "the default, without DOCKER_HOST or a context".into()))
    }

    /// Whether the engine may be on another machine.
    pub fn is_remote(&self) -> bool {
        !matches!(self, Self::Unix(_))
    }

    /// The endpoint with a name: an address in the form of `DOCKER_HOST`, or a Docker context. `default` is the engine of the
    /// environment without its context, as for the Docker CLI.
    pub fn named(env: &Environment, name: &str) -> Result<Self, EndpointError> {
        let place = format!("engine `{}`", shown(name));
        if name.contains("://") {
            return parse(&place, name, &tls::Material::of(env)?, env);
        }
        match context::named(env, &place, name)? {
            Some(context) => parse(&context.place, &context.host, &context.tls, env),
            None => match env.get("DOCKER_HOST") {
                Some(host) => parse("DOCKER_HOST", host, &tls::Material::of(env)?, env),
                None => Ok(Self::Unix(SOCKET.into())),
            },
        }
    }

    /// The authority for requests (`Host`).
    pub(super) fn authority(&self) -> String {
        match self {
            Self::Tcp { host, port } | Self::Tls { host, port, .. } => {
                format!("{}:{port}", bracketed(host))
            }
            Self::Unix(_) | Self::Ssh { .. } => "docker".into(),
        }
    }
}

/// In the form that `DOCKER_HOST` accepts.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp { host, port } => write!(f, "tcp://{}:{port}", bracketed(host)),
            Self::Tls { host, port, .. } => write!(f, "https://{}:{port}", bracketed(host)),
            Self::Ssh {
                user,
                host,
                port,
                socket,
                ..
            } => {
                let user = user.as_ref().map(|u| format!("{u}@")).unwrap_or_default();
                let port = port.map(|p| format!(":{p}")).unwrap_or_default();
                write!(
                    f,
                    "ssh://{user}{}{port}{}",
                    bracketed(host),
                    socket.as_deref().unwrap_or_default()
                )
            }
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn bracketed(host: &str) -> String {
    if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    }
}

const KINDS: &str = "write unix:///path, tcp://host:port, https://host:port or ssh://user@host";

/// Parses an address from `DOCKER_HOST` or a context.
fn parse(
    place: &str,
    text: &str,
    tls: &tls::Material,
    env: &Environment,
) -> Result<Endpoint, EndpointError> {
    let fault = |reason: String| EndpointError::new(place, reason, KINDS);
    let (scheme, rest) = text
        .split_once("://")
        .ok_or_else(|| fault(format!("`{}` has no scheme", shown(text))))?;
    match scheme {
        "unix" => {
            unix(rest).ok_or_else(|| fault(format!("`{}` is not an absolute path", shown(text))))
        }
        "tcp" | "http" if tls.wanted => secure(place, rest, tls),
        "tcp" | "http" => {
            let (host, port) = host_and_port(place, rest, 2375)?;
            Ok(Endpoint::Tcp { host, port })
        }
        "https" => secure(place, rest, tls),
        "ssh" => ssh(place, rest, env),
        "npipe" => Err(fault("named pipes exist on Windows only".into())),
        "fd" => Err(fault(
            "`fd://` is for the engine itself, clients cannot use it".into(),
        )),
        _ => Err(fault(format!(
            "kiln does not support `{}://` addresses",
            shown(scheme)
        ))),
    }
}

/// An address may contain a password, which must not appear in a message.
fn shown(text: &str) -> String {
    let shown = text.rsplit_once('@').map_or(text, |(_, host)| host);
    shown.escape_debug().take(80).collect()
}

fn unix(path: &str) -> Option<Endpoint> {
    Path::new(path)
        .is_absolute()
        .then(|| Endpoint::Unix(path.into()))
}

fn secure(place: &str, rest: &str, tls: &tls::Material) -> Result<Endpoint, EndpointError> {
    let (host, port) = host_and_port(place, rest, 2376)?;
    let name = ServerName::try_from(host.clone()).map_err(|_| {
        EndpointError::new(
            place,
            format!(
                "`{}` is not a host name that a certificate can contain",
                shown(&host)
            ),
            KINDS,
        )
    })?;
    Ok(Endpoint::Tls {
        host,
        port,
        name,
        config: tls.client_config()?,
    })
}

fn host_and_port(place: &str, rest: &str, default: u16) -> Result<(String, u16), EndpointError> {
    let fault = |reason: String| EndpointError::new(place, reason, KINDS);
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if rest.contains('@') {
        return Err(fault(
            "an engine does not accept a user name or password over TCP".into(),
        ));
    }
    let (host, port) = split_port(rest)
        .ok_or_else(|| fault(format!("`{}` is not a host and port", shown(rest))))?;
    Ok((host, port.unwrap_or(default)))
}

/// `host`, `host:port`, `[v6]:port`; nothing that has a meaning on a command line or in a request.
fn split_port(text: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (
                host,
                if rest.is_empty() {
                    None
                } else {
                    Some(rest.strip_prefix(':')?)
                },
            )
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let letters = host
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':'));
    let valid = letters && !host.is_empty() && !host.starts_with('-');
    let port = port
        .map(|p| p.parse().ok())
        .map_or(Some(None), |p: Option<u16>| p.map(Some))?;
    valid.then(|| (host.to_owned(), port))
}

fn ssh(place: &str, rest: &str, env: &Environment) -> Result<Endpoint, EndpointError> {
    let fault = |reason: &str| {
        EndpointError::new(
            place,
            reason,
            "write ssh://user@host, ssh://user@host:port or ssh://user@host/path/of/docker.sock",
        )
    };
    let (authority, socket) = match rest.find('/') {
        Some(slash) if rest.len() > slash + 1 => (&rest[..slash], Some(rest[slash..].to_owned())),
        Some(slash) => (&rest[..slash], None),
        None => (rest, None),
    };
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    if user.is_some_and(|u| u.contains(':')) {
        return Err(fault(
            "ssh does not use a password in the address: use a key",
        ));
    }
    let word = |u: &str| {
        !u.is_empty()
            && !u.starts_with('-')
            && u.bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
    };
    if user.is_some_and(|u| !word(u)) {
        return Err(fault("the user name is not valid"));
    }
    // The remote shell interprets this path.
    let plain = |s: &String| {
        s.bytes().all(|b| {
            b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'-' | b'_' | b'+' | b':')
        })
    };
    if socket.as_ref().is_some_and(|s| !plain(s)) {
        return Err(fault("the path of the socket is not valid"));
    }
    let (host, port) = split_port(host).ok_or_else(|| fault("the host is not valid"))?;
    Ok(Endpoint::Ssh {
        user: user.map(Into::into),
        host,
        port,
        socket,
        path: env.get("PATH").map(Into::into),
    })
}

#[cfg(test)]
mod tests;
