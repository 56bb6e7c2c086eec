//! Which source has a credential for a registry.

use super::Examination;
use super::finding::Finding;
use crate::registry::credentials::Credentials;
use crate::request::Credential;

const CHECK: &str = "credential";

pub(super) async fn check(one: &Examination<'_>) -> Vec<Finding> {
    let credentials = one.registry.credentials();
    let domain = &one.subject.domain;
    if !credentials.is_open() {
        return vec![Finding::note(CHECK, "none is read with --untrusted")];
    }
    vec![match credentials.get(domain).await {
        Ok(Some(found)) => {
            let kind = match found.credential {
                Credential::Basic { .. } => "a user name and a password",
                Credential::Identity(_) => "a refresh token",
                Credential::Bearer(_) => "a bearer token",
            };
            Finding::good(CHECK, format!("{kind}, from {}", found.origin))
        }
        Ok(None) => {
            let places = credentials.places(domain).join(", ");
            Finding::note(
                CHECK,
                format!(
                    "none in {places}\nif the registry needs one to read or to push: `docker login {domain}`, or set {}",
                    Credentials::variable(domain)
                ),
            )
        }
        Err(why) => Finding::problem(CHECK, why),
    }]
}
