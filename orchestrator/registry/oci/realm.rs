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
mod tests {
    use super::*;

    #[track_caller]
    fn test(base: &str, realm: &str, credential: bool) -> Result<(), String> {
        let url = |text: &str| Url::parse(text).unwrap();
        check(&url(base), &url(realm), credential, |p| p == "open.lan:81")
    }

    #[test]
    fn a_password_goes_over_tls_or_to_the_same_host() {
        for (base, realm) in [
            ("https://r.io/", "https://auth.io/token"),
            ("http://r.lan:5000/", "https://auth.io/token"),
            ("http://r.lan:5000/", "http://r.lan/token"),
            ("http://127.0.0.1:5000/", "http://localhost:5001/token"),
            ("http://r.lan/", "http://open.lan:81/token"),
        ] {
            assert_eq!(test(base, realm, true), Ok(()), "{base} {realm}");
        }
    }

    #[test]
    fn no_password_goes_elsewhere_without_tls() {
        for (base, realm) in [
            ("https://r.io/", "http://r.io/token"),
            ("https://r.io/", "http://open.lan:81/token"),
            ("https://r.io/", "ftp://r.io/token"),
            ("http://r.lan/", "http://auth.lan/token"),
            ("http://r.lan/", "http://open.lan/token"),
            ("http://127.0.0.1:5000/", "http://auth.lan/token"),
            // What listens on this machine may be anyone's, if a host elsewhere names it.
            ("http://r.lan/", "http://127.0.0.1:9/token"),
        ] {
            assert!(test(base, realm, true).is_err(), "{base} {realm}");
        }
    }

    #[test]
    fn the_reason_and_the_way_out() {
        let why = test("http://r.lan/", "http://auth.lan:82/token", true).unwrap_err();
        let expect = "its token service is on another host, auth.lan:82, without TLS, so it does not get the password: \
                      use https for the token service, or allow plain HTTP to it with KILN_INSECURE=auth.lan:82";
        assert_eq!(why, expect);
    }

    #[test]
    fn without_a_password_there_is_none_to_lose() {
        assert_eq!(
            test("http://r.lan/", "http://auth.lan/token", false),
            Ok(())
        );
        assert!(test("https://r.io/", "http://r.io/token", false).is_err());
    }
}
