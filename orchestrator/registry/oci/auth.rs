//! Authentication: learned from a registry's first refusal, and kept for all later requests.

use super::challenge::{self, Challenge};
use super::clients::Site;
use super::realm;
use super::scope::Scopes;
use super::token::{self, Question, Token};
use crate::http::{Again, Fault};
use crate::name::Domain;
use crate::registry::credentials::{Credentials, Found, Origin};
use crate::registry::keyed::Keyed;
use crate::request::{Credential, FaultKind};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use parking_lot::Mutex;
use std::time::Duration;

/// The challenge of one registry, and its tokens.
pub(super) struct Auth {
    domain: Domain,
    credentials: Credentials,
    challenge: Mutex<Option<Challenge>>,
    tokens: Keyed<Scopes, Token>,
}

/// The authorization of one request. No `Debug`: it is a secret.
pub(super) struct Key {
    pub(super) header: HeaderValue,
    /// Texts that no error may contain.
    pub(super) secrets: Vec<String>,
    /// Made for this request: if it is refused, another one will be refused, too.
    fresh: bool,
}

impl Auth {
    pub(super) fn new(domain: Domain, credentials: Credentials) -> Self {
        Self {
            domain,
            credentials,
            challenge: Mutex::default(),
            tokens: Keyed::default(),
        }
    }

    /// The authorization for these scopes; `None` before the registry has sent a challenge.
    pub(super) async fn key(
        &self,
        site: Site<'_>,
        scopes: &Scopes,
        each: Duration,
    ) -> Result<Option<Key>, Fault> {
        let challenge = self.challenge.lock().clone();
        let Some(challenge) = challenge else {
            return Ok(None);
        };
        let found = self.found().await?;
        let found = found.as_ref();
        match (found.map(|f| &f.credential), challenge) {
            (Some(Credential::Bearer(text)), _) => self.bearer(text, found, true).map(Some),
            (Some(credential), Challenge::Basic) => self.basic(credential, found).map(Some),
            (None, Challenge::Basic) => Ok(None),
            (_, Challenge::Bearer { realm, service, .. }) => {
                let service = service.as_deref();
                let (text, fresh) = self
                    .token(site, &realm, service, scopes, found, each)
                    .await?;
                self.bearer(&text, found, fresh).map(Some)
            }
        }
    }

    fn basic(&self, credential: &Credential, found: Option<&Found>) -> Result<Key, Fault> {
        let why = "the registry requires a user name and a password";
        Ok(Key {
            header: token::basic(credential).ok_or_else(|| self.denied(why, found))?,
            secrets: token::secrets(credential),
            fresh: true,
        })
    }

    /// The authorization with a token, which may have been fetched with the credential.
    fn bearer(&self, text: &str, found: Option<&Found>, fresh: bool) -> Result<Key, Fault> {
        let why = "the secret has characters that an HTTP header cannot contain";
        let credential = found.map(|f| token::secrets(&f.credential));
        let mut secrets = credential.unwrap_or_default();
        secrets.push(text.to_owned());
        Ok(Key {
            header: token::bearer(text).ok_or_else(|| self.denied(why, found))?,
            secrets,
            fresh,
        })
    }

    /// A cached token or a new one; concurrent callers for the same scopes wait for one request.
    async fn token(
        &self,
        site: Site<'_>,
        realm: &str,
        service: Option<&str>,
        scopes: &Scopes,
        found: Option<&Found>,
        each: Duration,
    ) -> Result<(String, bool), Fault> {
        let cell = self.tokens.cell(scopes.clone());
        let mut kept = cell.lock().await;
        if let Some(token) = kept.as_ref().filter(|token| token.is_fresh()) {
            return Ok((token.text.clone(), false));
        }
        let realm = site.base.join(realm).map_err(|e| {
            Fault::refused(
                self.domain.as_str(),
                format!("the URL of its token service is not valid: {e}"),
            )
        })?;
        let credential = found.map(|f| &f.credential);
        let open = |place: &str| site.clients.insecure.allows(place);
        realm::check(site.base, &realm, credential.is_some(), open)
            .map_err(|why| Fault::refused(self.domain.as_str(), why))?;
        let question = Question {
            domain: &self.domain,
            realm: &realm,
            service,
            scopes,
            credential,
            each,
        };
        let token = token::fetch(site.client(&realm), &question)
            .await
            .map_err(|(status, fault)| self.refusal(status, fault, found))?;
        let text = token.text.clone();
        *kept = Some(token);
        Ok((text, true))
    }

    /// A refusal by the token service means that the credential is wrong.
    fn refusal(&self, status: Option<StatusCode>, fault: Fault, found: Option<&Found>) -> Fault {
        match (&fault.error, fault.again) {
            (error, Again::Never) if status.is_some() => self.denied(&error.to_string(), found),
            _ => fault,
        }
    }

    /// Whether the registry has sent a challenge.
    pub(super) fn is_known(&self) -> bool {
        self.challenge.lock().is_some()
    }

    /// Handles a refusal: `Some` with the scopes for another try if that makes sense. `blind`: no challenge was known
    /// yet.
    pub(super) fn learn(
        &self,
        headers: &HeaderMap,
        scopes: &Scopes,
        key: Option<&Key>,
        blind: bool,
    ) -> Option<Scopes> {
        let headers = headers.get_all(header::WWW_AUTHENTICATE);
        let offered = challenge::choose(challenge::parse(
            headers.iter().filter_map(|v| v.to_str().ok()),
        ))?;
        let wider = match &offered {
            Challenge::Bearer {
                scope: Some(asked), ..
            } => scopes.clone().and(Scopes::parse(asked)),
            _ => scopes.clone(),
        };
        *self.challenge.lock() = Some(offered);
        let stale = key.filter(|key| !key.fresh);
        if let Some(key) = stale {
            self.forget(scopes, key);
        }
        (blind || stale.is_some() || wider != *scopes).then_some(wider)
    }

    /// Asks for the credential again, if that may have expired since it was read. Whether there is another one now.
    pub(super) async fn renew(&self) -> bool {
        self.credentials
            .renew(&self.domain)
            .await
            .unwrap_or_default()
    }

    /// Removes a cached token that was refused.
    fn forget(&self, scopes: &Scopes, key: &Key) {
        // If the cell is locked, a new token is already being fetched.
        if let Ok(mut kept) = self.tokens.cell(scopes.clone()).try_lock() {
            kept.take_if(|token| key.secrets.contains(&token.text));
        }
    }

    /// The credential for this registry.
    pub(super) async fn found(&self) -> Result<Option<Found>, Fault> {
        self.credentials
            .get(&self.domain)
            .await
            .map_err(|error| Fault {
                error,
                again: Again::Never,
            })
    }

    fn denied(&self, why: &str, found: Option<&Found>) -> Fault {
        let why = self.denial(why, found);
        Fault::new(FaultKind::NotAllowed, self.domain.as_str(), why)
    }

    /// Reports which credential was used and how to set another, but not its value.
    pub(super) fn denial(&self, why: &str, found: Option<&Found>) -> String {
        if !self.credentials.is_open() {
            return format!(
                "access denied: {why}; a run with --untrusted uses no credentials\n  leave out --untrusted if you trust the workspace"
            );
        }
        let variable = Credentials::variable(&self.domain);
        let used = match found {
            Some(found) => format!("; the credential from {} was used", found.origin),
            None => String::from("; no credential was found for it"),
        };
        let login = format!("`docker login {}`", self.domain);
        let way_out = match found.map(|found| &found.origin) {
            // A login has no effect as long as it is set.
            Some(Origin::Variable(name)) if *name == variable => {
                format!("correct it, or unset it and run {login}")
            }
            _ => format!("set {variable}=user:password, or run {login}"),
        };
        format!("access denied: {why}{used}: {way_out}")
    }
}
