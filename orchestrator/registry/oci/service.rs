//! One registry service: its address, its authentication, and its limits.

use super::answer::Answer;
use super::auth::Auth;
use super::fault::{Again, Fault};
use super::limits::Limits;
use super::retry::Try;
use super::scope::Scopes;
use super::transport::{self, Transport};
use crate::host::Environment;
use crate::name::Domain;
use crate::registry::credentials::Credentials;
use crate::request::FaultKind;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use reqwest::Url;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::Instant;

/// The tries with different authorization: none, a cached token, a new token, wider scopes.
const ROUNDS: usize = 4;

/// State that all requests to one registry share.
pub(super) struct Service {
    pub(super) domain: Domain,
    pub(super) auth: Auth,
    pub(super) limits: Limits,
    env: Environment,
    transport: OnceCell<Transport>,
    base: OnceCell<Url>,
    permits: Semaphore,
    /// No requests before this time: the registry has throttled us.
    rest: Mutex<Option<Instant>>,
}

/// One request.
pub(super) struct Ask {
    pub(super) method: Method,
    pub(super) place: Place,
    pub(super) scopes: Scopes,
    pub(super) headers: HeaderMap,
    pub(super) payload: Payload,
    /// Its subject, for errors: a reference or a repository.
    pub(super) what: String,
    pub(super) now: Try,
}

/// The target of a request.
#[derive(Clone)]
pub(super) enum Place {
    /// Below the registry's `/v2/`.
    Api(String),
    /// A URL from the registry.
    At(Url),
}

/// The body of a request.
pub(super) enum Payload {
    Bytes(Bytes),
    /// Can be sent once.
    Stream(Mutex<Option<reqwest::Body>>),
}

impl Ask {
    /// A request without body.
    pub(super) fn new(
        method: Method,
        place: Place,
        scopes: Scopes,
        what: impl ToString,
        now: Try,
    ) -> Self {
        Self {
            method,
            place,
            scopes,
            headers: HeaderMap::new(),
            payload: Payload::Bytes(Bytes::new()),
            what: what.to_string(),
            now,
        }
    }

    /// Adds a header; a value that is not valid is left out.
    #[must_use]
    pub(super) fn header(mut self, name: http::HeaderName, value: &str) -> Self {
        if let Ok(value) = value.parse() {
            self.headers.insert(name, value);
        }
        self
    }

    /// Sets its body.
    #[must_use]
    pub(super) fn payload(mut self, payload: Payload) -> Self {
        self.payload = payload;
        self
    }
}

impl Service {
    pub(super) fn new(
        domain: Domain,
        env: Environment,
        credentials: Credentials,
        limits: Limits,
    ) -> Self {
        Self {
            auth: Auth::new(domain.clone(), credentials),
            domain,
            limits,
            env,
            transport: OnceCell::new(),
            base: OnceCell::new(),
            permits: Semaphore::new(limits.requests.max(1)),
            rest: Mutex::new(None),
        }
    }

    /// Waits while the registry is throttling us, and for a free slot.
    pub(super) async fn turn(&self, ask: &Ask) -> Result<tokio::sync::SemaphorePermit<'_>, Fault> {
        let permit = self
            .permits
            .acquire()
            .await
            .map_err(|_| Fault::unreachable(self.domain.as_str(), "closed"))?;
        loop {
            let rest = *self.rest.lock().unwrap_or_else(PoisonError::into_inner);
            match rest.filter(|end| *end > Instant::now()) {
                None => return Ok(permit),
                Some(end) if end > ask.now.until => {
                    let wait = (end - Instant::now()).as_secs();
                    let why = format!(
                        "{} is throttling requests for another {wait} s",
                        self.domain
                    );
                    let fault = Fault::new(FaultKind::Throttled, &ask.what, why);
                    return Err(fault.again(Again::Never));
                }
                Some(end) => tokio::time::sleep_until(end).await,
            }
        }
    }

    /// After a throttled response all requests wait, not only the one that received it.
    pub(super) fn rest_after(&self, status: StatusCode, again: Again) {
        let throttled = matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
        );
        if let (true, Again::After(delay)) = (throttled, again) {
            let end = Instant::now() + delay.min(self.limits.longest_wait);
            let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
            *rest = Some(rest.map_or(end, |before| before.max(end)));
        }
    }

    /// The HTTP clients; certificates are read once, on a thread that may block.
    pub(super) async fn transport(&self) -> Result<&Transport, Fault> {
        let open = || async {
            let (env, domain, limits) = (self.env.clone(), self.domain.clone(), self.limits);
            let opened =
                tokio::task::spawn_blocking(move || transport::open(&env, &domain, &limits)).await;
            opened
                .unwrap_or_else(|e| Err(e.to_string()))
                .map_err(|why| Fault::refused(format!("connections to {}", self.domain), why))
        };
        self.transport.get_or_try_init(open).await
    }

    /// The registry's URL, `https://ghcr.io/`. If TLS is optional, the first scheme that works is used.
    pub(super) async fn base(&self, each: Duration) -> Result<&Url, Fault> {
        let find = || async {
            let transport = self.transport().await?;
            let mut last = None;
            for scheme in transport.schemes {
                let url = self.address(scheme)?;
                if transport.schemes.len() == 1 {
                    return Ok(url);
                }
                match self.speaks(transport, &url, each).await {
                    Ok(true) => return Ok(url),
                    Ok(false) => {}
                    // An untrusted certificate is a more useful error than a failure of plain HTTP.
                    Err(fault) if fault.again == Again::Never => last = Some(fault),
                    Err(fault) => last = last.or(Some(fault)),
                }
            }
            Err(last.unwrap_or_else(|| {
                Fault::unreachable(
                    self.domain.as_str(),
                    "it supports neither HTTP nor TLS that kiln supports",
                )
            }))
        };
        self.base.get_or_try_init(find).await
    }

    fn address(&self, scheme: &str) -> Result<Url, Fault> {
        let host = if self.domain.as_str() == Domain::HUB {
            "registry-1.docker.io"
        } else {
            self.domain.as_str()
        };
        Url::parse(&format!("{scheme}://{host}/"))
            .map_err(|e| Fault::refused(self.domain.as_str(), format!("its URL is not valid: {e}")))
    }

    /// Servers that require TLS respond to plain HTTP with 400, or close the connection.
    async fn speaks(
        &self,
        transport: &Transport,
        base: &Url,
        each: Duration,
    ) -> Result<bool, Fault> {
        let url = base
            .join("v2/")
            .map_err(|e| Fault::refused(self.domain.as_str(), e.to_string()))?;
        match tokio::time::timeout(each, transport.own.get(url).send()).await {
            Ok(Ok(response)) => {
                Ok(base.scheme() == "https" || response.status() != StatusCode::BAD_REQUEST)
            }
            Ok(Err(error)) => Err(Fault::transport(self.domain.as_str(), error)),
            Err(_) => Err(Fault::unreachable(
                self.domain.as_str(),
                format!("no response within {} s", each.as_secs_f32()),
            )),
        }
    }

    /// Whether a URL is that of the registry itself: only there is the authorization sent.
    pub(super) fn is_home(base: &Url, url: &Url) -> bool {
        base.host() == url.host() && base.port_or_known_default() == url.port_or_known_default()
    }

    /// Sends a request with the authorization for the registry, and again with a new token if the old one was not
    /// enough.
    pub(super) async fn send(&self, ask: &Ask) -> Result<Answer, Fault> {
        let base = self.base(ask.now.each).await?;
        let mut scopes = ask.scopes.clone();
        let mut rounds = 0;
        loop {
            let blind = !self.auth.is_known();
            let key = self.auth.key(self, &scopes, ask.now.each).await?;
            let answer = self.follow(base, ask, key.as_ref()).await?;
            if answer.status != StatusCode::UNAUTHORIZED || !answer.home {
                return Ok(answer);
            }
            let answer = answer.rested().await;
            rounds += 1;
            match self
                .auth
                .learn(&answer, &scopes, key.as_ref(), blind)
                .filter(|_| rounds < ROUNDS)
            {
                Some(wider) if !matches!(ask.payload, Payload::Stream(_)) => scopes = wider,
                Some(_) => return Err(answer.fault(self, &ask.what).await.again(Again::Soon)),
                None => return Ok(answer),
            }
        }
    }
}
