//! Connections over HTTP as this machine wants them: its certificates and its proxies.

use crate::host::Environment;
use reqwest::{Certificate, Client, ClientBuilder, NoProxy, Proxy, redirect};
use std::path::Path;
use std::time::Duration;

/// A client with nobody's credentials, that follows no redirect by itself: what goes to another host must be decided
/// for each. Reads certificates from disk, so it belongs on a thread that may block.
///
/// - `SSL_CERT_FILE` adds authorities to those of the system.
/// - `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY` (and in lower case); never for this machine itself.
///
/// # Errors
/// A sentence: certificates that cannot be read, or a proxy without an address.
pub fn client(env: &Environment, connect: Duration) -> Result<Client, String> {
    build(|| base(env, connect), &authorities(env)?)
}

/// What every client begins with.
///
/// # Errors
/// A proxy without an address.
pub(crate) fn base(env: &Environment, connect: Duration) -> Result<ClientBuilder, String> {
    // Whoever opens connections needs a provider; the door installs it first, and a second time changes nothing.
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

/// A machine without any authority can still speak plain HTTP, and TLS with authorities that are named.
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

/// The authorities that the environment adds.
///
/// # Errors
/// A file without certificates.
pub(crate) fn authorities(env: &Environment) -> Result<Vec<Certificate>, String> {
    env.get("SSL_CERT_FILE")
        .map_or(Ok(Vec::new()), |path| certificates(Path::new(path)))
}

/// The certificates of a file in PEM form.
///
/// # Errors
/// It cannot be read, or there are none in it.
pub(crate) fn certificates(path: &Path) -> Result<Vec<Certificate>, String> {
    let fault = |why: String| format!("{}: {why}", path.display());
    let text = std::fs::read(path).map_err(|e| fault(e.to_string()))?;
    Certificate::from_pem_bundle(&text).map_err(|_| fault("no certificates in PEM form".into()))
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
            // The address may hold a password, so the error does not repeat it.
            let proxy = proxy.map_err(|_| {
                format!("{name} is not the address of a proxy, such as http://proxy.example:3128")
            })?;
            found.push(proxy.no_proxy(NoProxy::from_string(&except)));
        }
    }
    Ok(found)
}

/// Why a request came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Silence {
    /// A half-sentence. The address is left out: that of a redirect may be signed, and so is a secret.
    pub why: String,
    /// Whether the certificate is what is wrong: another try ends the same.
    pub untrusted: bool,
}

/// What the transport says.
pub(crate) fn silence(error: reqwest::Error) -> Silence {
    if error.is_timeout() {
        let why = if error.is_connect() {
            "the connection timed out"
        } else {
            "no answer in time"
        };
        return Silence {
            why: why.to_owned(),
            untrusted: false,
        };
    }
    let chain = chain(&error.without_url());
    Silence {
        untrusted: chain.iter().any(|text| text.contains("certificate")),
        why: chain.last().cloned().unwrap_or_default(),
    }
}

/// What each error in a chain of causes says, the deepest last.
fn chain(error: &dyn std::error::Error) -> Vec<String> {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect()
}
