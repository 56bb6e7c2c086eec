//! Where a registry may send clients for tokens. The address comes from the registry's answer, and the credential goes
//! to it.

use reqwest::Url;

/// Whether a token service may be asked, with a credential if there is one.
///
/// - Over TLS, any host may be the token service of a registry, as `auth.docker.io` is of Docker Hub.
/// - Over plain HTTP, the registry must be reached over plain HTTP itself, and a credential goes only to the host of the
///   registry, from this machine to this machine, or to a host for which `KILN_INSECURE` allows it (`open`): the user
///   accepted plain HTTP for these, and for no other host that an answer names.
///
/// # Errors
/// Why not, and what to do.
pub(super) fn check(
    base: &Url,
    realm: &Url,
    credential: bool,
    open: impl Fn(&str) -> bool,
) -> Result<(), String> {
    let place = place(realm);
    let plain = (base.scheme(), realm.scheme()) == ("http", "http");
    if realm.scheme() == "https" || plain && !credential {
        return Ok(());
    }
    let same = base.host() == realm.host() || is_loopback(base) && is_loopback(realm);
    if plain && (same || open(&place)) {
        return Ok(());
    }
    Err(match plain {
        true => format!(
            "its token service is on another host, {place}, without TLS, so it does not get the password: use https for \
             the token service, or allow plain HTTP to it with KILN_INSECURE={place}"
        ),
        false => format!(
            "its token service at {place} does not use TLS, so it is not asked: use https for the token service"
        ),
    })
}

/// `auth.example:5001`, without the port if it is the usual one.
fn place(realm: &Url) -> String {
    let host = realm.host_str().unwrap_or("?");
    let port = realm.port().map(|port| format!(":{port}"));
    format!("{host}{}", port.unwrap_or_default())
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let ip = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || host.ends_with(".localhost") || ip.is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests;
