//! Clients set up for this machine: its certificates and its proxies.

use super::fault::chain;
use crate::host::Environment;
use reqwest::{Certificate, Client, ClientBuilder, NoProxy, Proxy, redirect};
use std::path::Path;
use std::time::Duration;

/// A client without credentials that does not follow redirects: the caller decides about each one, because it may
/// lead to another host. Reads certificates from disk, so call it on a thread that may block.
///
/// - `SSL_CERT_FILE` adds certificate authorities to those of the system.
/// - `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY` (and in lower case); never used for this machine itself.
///
/// # Errors
/// A message: certificates that cannot be read, or a proxy address that is not valid.
pub(crate) fn client(env: &Environment, connect: Duration) -> Result<Client, String> {
    build(|| base(env, connect), &authorities(env)?)
}

/// The settings that all clients share.
///
/// # Errors
/// A proxy address is not valid.
pub(crate) fn base(env: &Environment, connect: Duration) -> Result<ClientBuilder, String> {
    // rustls needs a crypto provider. `main` installs it first; a second installation changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .user_agent(concat!("kiln/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(connect)
        .pool_idle_timeout(Duration::from_secs(60))
        .no_proxy();
    for proxy in proxies(env)? {
        builder = builder.proxy(proxy);
    }
    Ok(builder)
}

/// Without any certificate authority, the client can still use plain HTTP, and TLS with authorities that are passed in.
///
/// # Errors
/// TLS cannot be set up.
pub(crate) fn build(
    builder: impl Fn() -> Result<ClientBuilder, String>,
    authorities: &[Certificate],
) -> Result<Client, String> {
    if let Ok(client) = builder()?
        .tls_certs_merge(authorities.iter().cloned())
        .build()
    {
        return Ok(client);
    }
    let alone = builder()?
        .tls_certs_only(authorities.iter().cloned())
        .build();
    alone.map_err(|e| {
        format!(
            "TLS cannot be set up: {}",
            chain(&e).pop().unwrap_or_default()
        )
    })
}

/// The certificate authorities that the environment adds.
///
/// # Errors
/// The file has no certificates.
pub(crate) fn authorities(env: &Environment) -> Result<Vec<Certificate>, String> {
    env.get("SSL_CERT_FILE")
        .map_or(Ok(Vec::new()), |path| certificates(Path::new(path)))
}

/// The certificates in a PEM file.
///
/// # Errors
/// It cannot be read, or has no certificates.
pub(crate) fn certificates(path: &Path) -> Result<Vec<Certificate>, String> {
    let fault = |why: String| format!("{}: {why}", path.display());
    let text = std::fs::read(path).map_err(|e| fault(e.to_string()))?;
    Certificate::from_pem_bundle(&text).map_err(|_| fault("contains no PEM certificates".into()))
}

fn proxies(env: &Environment) -> Result<Vec<Proxy>, String> {
    let either = |name: &str| {
        env.get(name)
            .or_else(|| env.get(&name.to_ascii_lowercase()))
    };
    let except = format!(
        "localhost,127.0.0.0/8,::1,{}",
        either("NO_PROXY").unwrap_or_default()
    );
    let all = either("ALL_PROXY");
    let mut found = Vec::new();
    for name in ["HTTPS_PROXY", "HTTP_PROXY"] {
        if let Some(url) = either(name).or(all) {
            let proxy = if name == "HTTP_PROXY" {
                Proxy::http(url)
            } else {
                Proxy::https(url)
            };
            // The address may contain a password, so the error does not repeat it.
            let proxy = proxy.map_err(|_| {
                format!("{name} is not a valid proxy address, such as http://proxy.example:3128")
            })?;
            found.push(proxy.no_proxy(NoProxy::from_string(&except)));
        }
    }
    Ok(found)
}
