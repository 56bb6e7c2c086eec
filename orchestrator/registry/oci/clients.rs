//! HTTP clients for registries: their own certificates, and which registries may use plain HTTP.

use super::limits::Limits;
use crate::host::Environment;
use crate::http::{authorities, base, build, certificates};
use crate::name::Domain;
use reqwest::{Certificate, Client, Identity, Url};
use std::path::{Path, PathBuf};

/// The clients of one registry, and of the services it redirects to.
#[derive(Clone)]
pub(super) struct Clients {
    /// For the registry itself, with its own certificates.
    pub(super) own: Client,
    /// For other hosts: without client certificate.
    pub(super) others: Client,
    /// The schemes to try, in this order; only one if TLS is required.
    pub(super) schemes: &'static [&'static str],
    /// The hosts that may use plain HTTP.
    pub(super) insecure: Insecure,
}

/// What to do about a certificate that is not trusted.
pub(super) const TRUST: &str =
    "name its authority in SSL_CERT_FILE, or as ca.crt in Docker's certs.d folder for it";

/// Where requests to a registry go, and with which client.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    /// The registry's URL, `https://ghcr.io/`.
    pub(super) base: &'a Url,
    pub(super) clients: &'a Clients,
}

impl<'a> Site<'a> {
    /// Whether a URL is that of the registry itself: only there is the authorization sent.
    pub(super) fn is_home(&self, url: &Url) -> bool {
        self.base.host() == url.host()
            && self.base.port_or_known_default() == url.port_or_known_default()
    }

    /// The client for a URL.
    pub(super) fn client(&self, url: &Url) -> &'a Client {
        match self.is_home(url) {
            true => &self.clients.own,
            false => &self.clients.others,
        }
    }
}

/// `KILN_INSECURE`: domains that the user does not expect to use TLS that can be verified.
#[derive(Clone)]
pub(super) struct Insecure(String);

impl Insecure {
    fn of(env: &Environment) -> Self {
        Self(env.get("KILN_INSECURE").unwrap_or_default().to_owned())
    }

    /// Whether a domain is in the list.
    pub(super) fn allows(&self, domain: &str) -> bool {
        !domain.is_empty() && self.0.split(',').any(|name| name.trim() == domain)
    }
}

/// Reads certificates from disk, so call it on a thread that may block. In addition to [`crate::http`]:
///
/// - `certs.d/<domain>/` in `/etc/docker`, `~/.config/docker`, Docker's configuration folder and `/etc/containers`:
///   `*.crt` are authorities, `*.cert` with its `*.key` is our client certificate, as in Docker.
///   A run that is not trusted has no client certificate.
/// - `KILN_INSECURE` lists domains, separated by commas, whose certificates are not verified and that may use plain
///   HTTP; token services among them, too.
pub(super) fn open(env: &Environment, domain: &Domain, limits: &Limits) -> Result<Clients, String> {
    let allowed = Insecure::of(env);
    let insecure = allowed.allows(domain.as_str());
    let mut authorities = authorities(env)?;
    let others = build(|| base(env, limits.connect), &authorities)?;
    let (more, identity) = certs_d(env, domain)?;
    if more.is_empty() && identity.is_none() && !insecure {
        let own = others.clone();
        return Ok(Clients {
            own,
            others,
            schemes: if domain.is_loopback() {
                &["http", "https"]
            } else {
                &["https"]
            },
            insecure: allowed,
        });
    }
    authorities.extend(more);
    let builder = || {
        let builder = base(env, limits.connect)?.tls_danger_accept_invalid_certs(insecure);
        Ok(match &identity {
            Some(identity) => builder.identity(identity.clone()),
            None => builder,
        })
    };
    let own = build(builder, &authorities)?;
    let schemes: &[&str] = match (domain.is_loopback(), insecure) {
        (true, _) => &["http", "https"],
        (false, true) => &["https", "http"],
        (false, false) => &["https"],
    };
    Ok(Clients {
        own,
        others,
        schemes,
        insecure: allowed,
    })
}

fn certs_d(
    env: &Environment,
    domain: &Domain,
) -> Result<(Vec<Certificate>, Option<Identity>), String> {
    let config = env
        .get("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(env.home()?.join(".config")));
    let roots = [
        Some(PathBuf::from("/etc/docker")),
        config.map(|c| c.join("docker")),
        env.docker_config(),
        Some(PathBuf::from("/etc/containers")),
    ];
    let (mut authorities, mut identity) = (Vec::new(), None);
    for root in roots.into_iter().flatten() {
        let folder = root.join("certs.d").join(domain.as_str());
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        let mut files: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        files.sort();
        for file in files {
            match file.extension().and_then(|e| e.to_str()) {
                Some("crt") => authorities.extend(certificates(&file)?),
                Some("cert") if identity.is_none() && !env.is_untrusted() => {
                    identity = Some(own_certificate(&file)?)
                }
                _ => {}
            }
        }
    }
    Ok((authorities, identity))
}

fn own_certificate(path: &Path) -> Result<Identity, String> {
    let key = path.with_extension("key");
    let read = |path: &Path| std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()));
    let mut pem = read(path)?;
    pem.push(b'\n');
    pem.extend(read(&key)?);
    Identity::from_pem(&pem)
        .map_err(|_| format!("{}: not a PEM certificate with its key", path.display()))
}
