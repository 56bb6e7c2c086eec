//! Credentials in the forms that an engine expects: headers for its own calls, responses to BuildKit's queries.

use crate::name::Domain;
use crate::request::{Credential, Credentials};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use http::HeaderValue;
use serde_json::{Value, json};

/// Docker Hub's key in configurations.
const HUB: &str = "https://index.docker.io/v1/";
/// The host that serves Docker Hub's images.
const HUB_HOST: &str = "registry-1.docker.io";

/// `X-Registry-Auth`: base64 in the URL alphabet, with padding; with another alphabet, engines ignore the login.
pub(super) fn registry_auth(domain: &Domain, credential: Option<&Credential>) -> HeaderValue {
    header(&credential.map_or(json!({}), |credential| auth(domain, credential)))
}

/// `X-Registry-Config`: all credentials that a classic build may need.
pub(super) fn registry_config(credentials: &Credentials) -> HeaderValue {
    let by_address = credentials
        .iter()
        .map(|(domain, credential)| (address(domain), auth(domain, credential)));
    header(&Value::Object(by_address.collect()))
}

/// User name and secret for a host that BuildKit requests; a refresh token has no user name.
pub(super) fn for_host(credentials: &Credentials, host: &str) -> Option<(String, String)> {
    let hub = matches!(host, HUB_HOST | HUB | "index.docker.io");
    let host = if hub { Domain::HUB } else { host };
    let found = credentials
        .iter()
        .find(|(domain, _)| domain.as_str() == host)?;
    match found.1 {
        Credential::Basic { username, password } => Some((username.clone(), password.clone())),
        Credential::Identity(token) => Some((String::new(), token.clone())),
        // A bearer token for the registry itself: BuildKit's protocol cannot use it.
        Credential::Bearer(_) => None,
    }
}

fn address(domain: &Domain) -> String {
    if domain.as_str() == Domain::HUB {
        HUB.into()
    } else {
        domain.to_string()
    }
}

fn auth(domain: &Domain, credential: &Credential) -> Value {
    let address = address(domain);
    match credential {
        Credential::Basic { username, password } => {
            json!({"username": username, "password": password, "serveraddress": address})
        }
        Credential::Identity(token) => json!({"identitytoken": token, "serveraddress": address}),
        Credential::Bearer(token) => json!({"registrytoken": token, "serveraddress": address}),
    }
}

fn header(value: &Value) -> HeaderValue {
    let mut header = HeaderValue::try_from(URL_SAFE.encode(value.to_string()))
        .unwrap_or(HeaderValue::from_static("e30="));
    header.set_sensitive(true);
    header
}

#[cfg(test)]
mod tests;
