//! Repositories and the domains of registries.

use super::NameError;
use crate::text::Shown;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The host part of a name, with its port: `docker.io`, `127.0.0.1:5000`, `[::1]:5000`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Domain(Arc<str>);

impl Domain {
    /// The domain of Docker Hub in references.
    pub const HUB: &str = "docker.io";

    /// The domain as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host without port and brackets.
    pub fn host(&self) -> &str {
        match self
            .0
            .strip_prefix('[')
            .and_then(|rest| rest.split_once(']'))
        {
            Some((host, _)) => host,
            None => self.0.rsplit_once(':').map_or(&*self.0, |(host, _)| host),
        }
    }

    /// Whether the host is this machine: such registries may speak plain HTTP.
    pub fn is_loopback(&self) -> bool {
        let host = self.host();
        let ip: Option<std::net::IpAddr> = host.parse().ok();
        host == "localhost" || host.ends_with(".localhost") || ip.is_some_and(|ip| ip.is_loopback())
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A repository: a domain and a path, as the reference grammar of the distribution project defines them.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Repository {
    domain: Domain,
    path: Arc<str>,
}

impl Repository {
    /// The domain of its registry.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The path below the domain: `cimg/go`, `library/debian`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether a reference is written with its domain, so that it cannot mean anything else.
    pub fn has_domain(text: &str) -> bool {
        text.split_once('/')
            .is_some_and(|(first, _)| is_domain(first))
    }

    /// The short form that Dockerfiles use: without `docker.io/` and `library/`.
    pub fn familiar(&self) -> String {
        if self.domain.as_str() != Domain::HUB {
            return self.to_string();
        }
        self.path
            .strip_prefix("library/")
            .unwrap_or(&self.path)
            .to_owned()
    }
}

impl FromStr for Repository {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (domain, path) = match text.split_once('/') {
            Some((first, rest)) if is_domain(first) => (first, rest.to_owned()),
            _ => (Domain::HUB, text.to_owned()),
        };
        let domain = if domain == "index.docker.io" {
            Domain::HUB
        } else {
            domain
        };
        let path = if domain == Domain::HUB && !path.contains('/') {
            format!("library/{path}")
        } else {
            path
        };
        check_domain(domain)?;
        check_path(text, &path)?;
        if domain.len() + 1 + path.len() > 255 {
            return Err(NameError::new(format!(
                "`{text}` is not a repository: 255 characters at most"
            )));
        }
        Ok(Self {
            domain: Domain(domain.into()),
            path: path.into(),
        })
    }
}

/// The first part is a domain if it cannot be a path: it has a dot, a port or a capital letter, or is `localhost`.
fn is_domain(first: &str) -> bool {
    first == "localhost"
        || first.contains(['.', ':'])
        || first.bytes().any(|b| b.is_ascii_uppercase())
}

fn check_domain(domain: &str) -> Result<(), NameError> {
    let fault = || {
        NameError::new(format!(
            "`{domain}` is not a registry: expected a host name or address, with `:port` if needed"
        ))
    };
    let (host, port) = match domain
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        Some((v6, rest)) => {
            v6.parse::<std::net::Ipv6Addr>().map_err(|_| fault())?;
            (
                "v6",
                rest.strip_prefix(':')
                    .or(rest.is_empty().then_some("0"))
                    .ok_or_else(fault)?,
            )
        }
        None => domain.split_once(':').unwrap_or((domain, "0")),
    };
    port.parse::<u16>().map_err(|_| fault())?;
    let label = |l: &str| {
        !l.is_empty()
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    if host.split('.').all(label) {
        Ok(())
    } else {
        Err(fault())
    }
}

fn check_path(text: &str, path: &str) -> Result<(), NameError> {
    match path.split('/').find(|part| !is_component(part)) {
        Some("") => Err(NameError::new(format!(
            "`{text}` is not a repository: it has an empty part"
        ))),
        Some(part) => Err(NameError::new(format!(
            "`{text}` is not a repository: `{}` must be lower-case letters and digits, with `.`, `_`, `__` or `-` between them",
            part.shown()
        ))),
        None => Ok(()),
    }
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_component(part: &str) -> bool {
    let alnum = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = part.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
        return false;
    };
    let separators = part.split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    alnum(*first)
        && alnum(*last)
        && separators
            .into_iter()
            .all(|s| matches!(s, "" | "." | "_" | "__") || s.bytes().all(|b| b == b'-'))
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.domain, self.path)
    }
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for Repository {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Repository {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        crate::name::parsed(d)
    }
}
