//! One registry service: its address, its authentication, and its limits.

use super::ask::Ask;
use super::auth::Auth;
use super::clients::{self, Clients, Site, TRUST};
use super::limits::Limits;
use crate::host::Environment;
use crate::http::{Again, Fault};
use crate::name::Domain;
use crate::registry::credentials::Credentials;
use crate::request::FaultKind;
use http::StatusCode;
use parking_lot::Mutex;
use reqwest::{Client, Url};
use std::time::Duration;
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::Instant;

/// State that all requests to one registry share.
pub(super) struct Service {
    pub(super) domain: Domain,
    pub(super) auth: Auth,
    pub(super) limits: Limits,
    env: Environment,
    clients: OnceCell<Clients>,
    base: OnceCell<Url>,
    permits: Semaphore,
    /// No requests before this time: the registry has throttled us.
    rest: Mutex<Option<Instant>>,
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
            clients: OnceCell::new(),
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
            let rest = *self.rest.lock();
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
            let mut rest = self.rest.lock();
            *rest = Some(rest.map_or(end, |before| before.max(end)));
        }
    }

    /// The HTTP clients; certificates are read once, on a thread that may block.
    async fn clients(&self) -> Result<&Clients, Fault> {
        let open = || async {
            let (env, domain, limits) = (self.env.clone(), self.domain.clone(), self.limits);
            let opened =
                tokio::task::spawn_blocking(move || clients::open(&env, &domain, &limits)).await;
            opened
                .unwrap_or_else(|e| Err(e.to_string()))
                .map_err(|why| Fault::refused(format!("connections to {}", self.domain), why))
        };
        self.clients.get_or_try_init(open).await
    }

    /// Where requests go. If TLS is optional, the first scheme that works is used.
    pub(super) async fn site(&self, each: Duration) -> Result<Site<'_>, Fault> {
        let clients = self.clients().await?;
        let find = || async {
            let mut last = None;
            for scheme in clients.schemes {
                let url = self.address(scheme)?;
                if clients.schemes.len() == 1 {
                    return Ok(url);
                }
                match self.speaks(&clients.own, &url, each).await {
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
        let base = self.base.get_or_try_init(find).await?;
        Ok(Site { base, clients })
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
    async fn speaks(&self, client: &Client, base: &Url, each: Duration) -> Result<bool, Fault> {
        let url = base
            .join("v2/")
            .map_err(|e| Fault::refused(self.domain.as_str(), e.to_string()))?;
        match tokio::time::timeout(each, client.get(url).send()).await {
            Ok(Ok(response)) => {
                Ok(base.scheme() == "https" || response.status() != StatusCode::BAD_REQUEST)
            }
            Ok(Err(error)) => Err(Fault::transport(self.domain.as_str(), error, TRUST)),
            Err(_) => Err(Fault::late(self.domain.as_str(), each)),
        }
    }
}
