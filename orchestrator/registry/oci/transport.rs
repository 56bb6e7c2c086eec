//! Connections: certificates, proxies, and which registries may be spoken to without TLS.

use super::limits::Limits;
use crate::host::Environment;
use crate::name::Domain;
use reqwest::{Certificate, Client, ClientBuilder, Identity, NoProxy, Proxy, redirect};
use std::path::{Path, PathBuf};

/// The connections of one registry, and of the services it sends us to.
#[derive(Clone)]
pub(super) struct Transport {
    /// To the registry itself, with its own certificates.
    pub(super) own: Client,
    /// To anybody else: no client certificate goes there.
    pub(super) others: Client,
    /// The schemes to try, in this order; one is enough where TLS is a must.
    pub(super) schemes: &'static [&'static str],
}

/// Reads certificates from disk, so it belongs on a thread that may block.
///
/// - `SSL_CERT_FILE` adds authorities to those of the system.
/// - `certs.d/<domain>/` in `/etc/docker`, `~/.config/docker`, Docker's configuration folder and `/etc/containers`:
///   `*.crt` are authorities, `*.cert` with its `*.key` is our own certificate, as Docker has it.
/// - `KILN_INSECURE` lists domains, with commas between, whose certificate is not looked at and that may speak plain HTTP.
/// - `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY` (and in lower case); never for this machine itself.
pub(super) fn open(env: &Environment, domain: &Domain, limits: &Limits) -> Result<Transport, String> {
    // Whoever opens connections needs a provider; the door installs it first, and a second time changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let insecure = env.get("KILN_INSECURE").is_some_and(|list| list.split(',').any(|name| name.trim() == domain.as_str()));
    let mut authorities = Vec::new();
    if let Some(path) = env.get("SSL_CERT_FILE") {
        authorities.extend(certificates(Path::new(path))?);
    }
    let others = build(|| base(env, limits), &authorities)?;
    let (more, identity) = certs_d(env, domain)?;
    if more.is_empty() && identity.is_none() && !insecure {
        let own = others.clone();
        return Ok(Transport { own, others, schemes: if domain.is_loopback() { &["http", "https"] } else { &["https"] } });
    }
    authorities.extend(more);
    let builder = || {
        let builder = base(env, limits)?.tls_danger_accept_invalid_certs(insecure);
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
    Ok(Transport { own, others, schemes })
}

fn base(env: &Environment, limits: &Limits) -> Result<ClientBuilder, String> {
    let mut builder = Client::builder()
        .user_agent(concat!("kiln/", env!("CARGO_PKG_VERSION")))
        // Redirects are followed by hand: what goes to another host must be decided for each.
        .redirect(redirect::Policy::none())
        .connect_timeout(limits.connect)
        .pool_idle_timeout(std::time::Duration::from_secs(60))
        .no_proxy();
    for proxy in proxies(env)? {
        builder = builder.proxy(proxy);
    }
    Ok(builder)
}

/// A machine without any authority can still speak plain HTTP, and TLS with authorities that are named.
fn build(builder: impl Fn() -> Result<ClientBuilder, String>, authorities: &[Certificate]) -> Result<Client, String> {
    if let Ok(client) = builder()?.tls_certs_merge(authorities.iter().cloned()).build() {
        return Ok(client);
    }
    let alone = builder()?.tls_certs_only(authorities.iter().cloned()).build();
    alone.map_err(|e| format!("TLS cannot be set up: {}", deepest(&e)))
}

fn deepest(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), deepest)
}

fn proxies(env: &Environment) -> Result<Vec<Proxy>, String> {
    let either = |name: &str| env.get(name).or_else(|| env.get(&name.to_ascii_lowercase()));
    let except = format!("localhost,127.0.0.0/8,::1,{}", either("NO_PROXY").unwrap_or_default());
    let all = either("ALL_PROXY");
    let mut found = Vec::new();
    for name in ["HTTPS_PROXY", "HTTP_PROXY"] {
        if let Some(url) = either(name).or(all) {
            let proxy = if name == "HTTP_PROXY" { Proxy::http(url) } else { Proxy::https(url) };
            // The address may hold a password, so the error does not repeat it.
            let proxy = proxy.map_err(|_| format!("{name} is not the address of a proxy, such as http://proxy.example:3128"))?;
            found.push(proxy.no_proxy(NoProxy::from_string(&except)));
        }
    }
    Ok(found)
}

fn certificates(path: &Path) -> Result<Vec<Certificate>, String> {
    let fault = |why: String| format!("{}: {why}", path.display());
    let text = std::fs::read(path).map_err(|e| fault(e.to_string()))?;
    Certificate::from_pem_bundle(&text).map_err(|_| fault("no certificates in PEM form".into()))
}

fn certs_d(env: &Environment, domain: &Domain) -> Result<(Vec<Certificate>, Option<Identity>), String> {
    let config = env.get("XDG_CONFIG_HOME").map(PathBuf::from).or_else(|| Some(env.home()?.join(".config")));
    let roots =
        [Some(PathBuf::from("/etc/docker")), config.map(|c| c.join("docker")), env.docker_config(), Some(PathBuf::from("/etc/containers"))];
    let (mut authorities, mut identity) = (Vec::new(), None);
    for root in roots.into_iter().flatten() {
        let folder = root.join("certs.d").join(domain.as_str());
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.sort();
        for file in files {
            match file.extension().and_then(|e| e.to_str()) {
                Some("crt") => authorities.extend(certificates(&file)?),
                Some("cert") if identity.is_none() => identity = Some(own_certificate(&file)?),
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
    Identity::from_pem(&pem).map_err(|_| format!("{}: no certificate with its key in PEM form", path.display()))
}
