//! Requests to the engine: bollard for small calls, our own for streams, both over one connector.

use super::api::ApiVersion;
use super::connect::Connector;
use super::endpoint::Endpoint;
use super::kind;
use crate::request::{FaultKind, WorldError};
use bollard::{BollardRequest, Docker};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy;
use hyper_util::rt::TokioExecutor;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;

/// The timeout of calls that move no image: a busy engine responds late, a stuck one never.
pub(super) const SMALL: Duration = Duration::from_secs(60);
/// The timeout of one `/_ping`.
pub(super) const PING: Duration = Duration::from_secs(10);
/// Why an engine whose service has not created its socket does not answer.
pub(super) const NO_SOCKET: &str = "the socket file does not exist";
/// The longest response that is read as a whole, in bytes.
const ANSWER: usize = 32 << 20;

/// The body of a request.
pub(super) type Body = BoxBody<Bytes, io::Error>;

/// A body in memory.
pub(super) fn body(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed()
}

/// A client of one engine. Cheap to clone.
#[derive(Clone)]
pub(super) struct Client {
    endpoint: Arc<Endpoint>,
    connector: Connector,
    api: Arc<OnceCell<ApiVersion>>,
    docker: Docker,
}

/// The headers of `/_ping`.
#[derive(Debug, Clone)]
pub(super) struct Ping {
    pub api: ApiVersion,
    /// Podman supports Docker's API, but has no BuildKit.
    pub podman: bool,
    /// The engine's time, in seconds since 1970.
    pub date: Option<i64>,
}

/// A response whose body is still arriving. Dropping it closes the connection, which stops the engine's work for it.
pub(super) struct Exchange {
    pub response: Response<Incoming>,
    pub connection: Connected,
}

/// The task that drives a connection; dropping this value ends it.
pub(super) struct Connected(JoinHandle<()>);

impl Connected {
    pub fn new(task: JoinHandle<()>) -> Self {
        Self(task)
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Client {
    pub fn new(endpoint: Endpoint) -> Result<Self, WorldError> {
        let endpoint = Arc::new(endpoint);
        let connector = Connector(Arc::clone(&endpoint));
        let api = Arc::new(OnceCell::new());
        let docker = docker(&connector, &endpoint, &api)
            .map_err(|e| unreachable(&endpoint, e.to_string()))?;
        Ok(Self {
            endpoint,
            connector,
            api,
            docker,
        })
    }

    /// For small calls; wrap each in [`Client::found`].
    pub fn docker(&self) -> &Docker {
        &self.docker
    }

    /// Adds a timeout to a small bollard call and converts its error. `None` for 404.
    pub async fn found<T>(
        &self,
        call: impl Future<Output = Result<T, bollard::errors::Error>>,
    ) -> Result<Option<T>, WorldError> {
        use bollard::errors::Error;
        self.api().await?;
        match tokio::time::timeout(SMALL, call).await {
            Ok(Ok(value)) => Ok(Some(value)),
            Ok(Err(Error::DockerResponseServerError {
                status_code: 404, ..
            })) => Ok(None),
            Ok(Err(Error::DockerResponseServerError {
                status_code,
                message,
            })) => {
                let status =
                    StatusCode::from_u16(status_code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                Err(self.refusal(status, message))
            }
            Ok(Err(Error::RequestTimeoutError)) | Err(_) => Err(self.unreachable(late(SMALL))),
            // What bollard and hyper say before the cause is about themselves.
            Ok(Err(Error::HyperLegacyError { err })) => Err(self.unreachable(cause(&err))),
            Ok(Err(other)) => Err(self.unreachable(chain(&other))),
        }
    }

    /// Checks that the engine is available, and which API it supports.
    pub async fn ping(&self) -> Result<Ping, WorldError> {
        let request = Request::get("/_ping")
            .body(body(""))
            .map_err(|e| self.unreachable(e.to_string()))?;
        let ping = async {
            let exchange = self.exchange(request).await?;
            let status = exchange.response.status();
            if !status.is_success() {
                let said = message(&self.read(exchange).await?);
                return Err(self.refusal(status, format!("/_ping answered {status}: {said}")));
            }
            let header = |name: &str| {
                exchange
                    .response
                    .headers()
                    .get(name)
                    .and_then(|v| v.to_str().ok())
            };
            let api = ApiVersion::agreed(header("api-version").and_then(|v| v.parse().ok()));
            Ok(Ping {
                api,
                podman: header("libpod-api-version").is_some(),
                date: header("date").and_then(seconds),
            })
        };
        bounded(PING, ping)
            .await
            .unwrap_or_else(|| Err(self.unreachable(late(PING))))
    }

    /// The API version in use.
    pub async fn api(&self) -> Result<ApiVersion, WorldError> {
        self.api
            .get_or_try_init(|| async { Ok(self.ping().await?.api) })
            .await
            .copied()
    }

    /// Sends a request, with its path without a version, over a new connection; returns when the response begins.
    pub async fn send(&self, mut request: Request<Body>) -> Result<Exchange, WorldError> {
        let path = format!("/v{}{}", self.api().await?, request.uri());
        *request.uri_mut() = path
            .parse()
            .map_err(|_| self.unreachable(format!("`{path}` is not a valid request path")))?;
        self.exchange(request).await
    }

    /// Sends a small request and reads the whole response.
    pub async fn ask(
        &self,
        request: Request<Body>,
        within: Duration,
    ) -> Result<(StatusCode, Bytes), WorldError> {
        let ask = async {
            let exchange = self.send(request).await?;
            let status = exchange.response.status();
            Ok((status, self.read(exchange).await?))
        };
        bounded(within, ask)
            .await
            .unwrap_or_else(|| Err(self.unreachable(late(within))))
    }

    /// Reads the rest of a response.
    pub async fn read(&self, exchange: Exchange) -> Result<Bytes, WorldError> {
        let Exchange {
            response,
            connection: _connection,
        } = exchange;
        let read = Limited::new(response.into_body(), ANSWER).collect().await;
        read.map(|b| b.to_bytes())
            .map_err(|e| self.unreachable(e.to_string()))
    }

    async fn exchange(&self, mut request: Request<Body>) -> Result<Exchange, WorldError> {
        // What hyper says before the cause is about itself.
        let broken = |e: &(dyn std::error::Error + 'static)| self.unreachable(cause(e));
        let opened = self.connector.open().await;
        let socket = opened.map_err(|e| match self.has_no_socket() {
            true => self.unreachable(NO_SOCKET),
            false => broken(&e),
        })?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(socket)
            .await
            .map_err(|e| broken(&e))?;
        let connection = Connected::new(tokio::spawn(async move {
            let _ = connection.with_upgrades().await;
        }));
        let host = HeaderValue::from_str(&self.endpoint.authority())
            .unwrap_or(HeaderValue::from_static("docker"));
        request.headers_mut().insert(http::header::HOST, host);
        let response = sender.send_request(request).await.map_err(|e| broken(&e))?;
        Ok(Exchange {
            response,
            connection,
        })
    }

    /// Whether the engine's address is a file that does not exist.
    pub fn has_no_socket(&self) -> bool {
        match &*self.endpoint {
            Endpoint::Unix(path) => matches!(path.try_exists(), Ok(false)),
            _ => false,
        }
    }

    /// Where requests go.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The engine's name in messages.
    pub fn name(&self) -> String {
        named(&self.endpoint)
    }

    /// The engine cannot be reached.
    pub fn unreachable(&self, why: impl Into<String>) -> WorldError {
        unreachable(&self.endpoint, why)
    }

    /// The engine has accepted a request, and makes no progress.
    pub fn stuck(&self, silence: Duration) -> WorldError {
        let why = format!(
            "it has sent nothing for {} s; if it is still stuck when you run again, restart it",
            silence.as_secs()
        );
        WorldError::fault(FaultKind::Stuck, self.name(), why)
    }

    /// The engine refused the request.
    pub fn refused(&self, what: impl Into<String>, why: impl Into<String>) -> WorldError {
        WorldError::refused(what, why)
    }

    /// The engine does not have it.
    pub fn missing(&self, what: impl Into<String>, why: impl Into<String>) -> WorldError {
        WorldError::fault(FaultKind::NotFound, what, why)
    }

    /// An error response: from a gateway or a starting engine it means that the engine is not available.
    pub fn refusal(&self, status: StatusCode, message: String) -> WorldError {
        WorldError::fault(kind::of_engine(status, &message), self.name(), message)
    }
}

fn named(endpoint: &Endpoint) -> String {
    format!("the engine at {endpoint}")
}

fn unreachable(endpoint: &Endpoint, why: impl Into<String>) -> WorldError {
    WorldError::unreachable(named(endpoint), why)
}

pub(super) fn late(within: Duration) -> String {
    format!("no answer within {} s", within.as_secs())
}

/// The text of an error response: `{"message": "…"}`, or the whole body.
pub(super) fn message(answer: &[u8]) -> String {
    #[derive(serde::Deserialize)]
    struct Message {
        message: String,
    }
    let said = serde_json::from_slice::<Message>(answer).map(|m| m.message);
    said.unwrap_or_else(|_| String::from_utf8_lossy(answer).chars().take(2000).collect())
        .trim()
        .to_owned()
}

/// `None` on timeout.
async fn bounded<T>(within: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(within, work).await.ok()
}

/// The `Date` of a response, in seconds since 1970.
fn seconds(date: &str) -> Option<i64> {
    let date = jiff::fmt::rfc2822::parse(date).ok()?;
    Some(date.timestamp().as_second())
}

/// An error with its causes: in hyper, the reason is in the last of them.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        next = cause.source();
    }
    text
}

/// The first cause of an error.
fn cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut first = error;
    while let Some(cause) = first.source() {
        first = cause;
    }
    first.to_string()
}

/// Bollard over our connector. Its own transport leaves the version out of paths and encodes logins for
/// the wrong base64 alphabet (both seen in 0.21.1); both are corrected here.
fn docker(
    connector: &Connector,
    endpoint: &Endpoint,
    api: &Arc<OnceCell<ApiVersion>>,
) -> Result<Docker, bollard::errors::Error> {
    let client: legacy::Client<Connector, _> =
        legacy::Client::builder(TokioExecutor::new()).build(connector.clone());
    let (api, authority) = (Arc::clone(api), endpoint.authority());
    let send = move |request: BollardRequest| {
        let (client, authority, api) = (
            client.clone(),
            authority.clone(),
            api.get().copied().unwrap_or(ApiVersion::OURS),
        );
        async move {
            let request = put_right(request, api, &authority)?;
            client
                .request(request)
                .await
                .map_err(bollard::errors::Error::from)
        }
    };
    Docker::connect_with_custom_transport(
        send,
        Some("http://docker"),
        SMALL.as_secs(),
        &ApiVersion::OURS.client_version(),
    )
}

fn put_right(
    mut request: BollardRequest,
    api: ApiVersion,
    authority: &str,
) -> Result<BollardRequest, bollard::errors::Error> {
    let path = request.uri().path_and_query().map_or("/", |p| p.as_str());
    *request.uri_mut() = Uri::builder()
        .scheme("http")
        .authority(authority)
        .path_and_query(format!("/v{api}{path}"))
        .build()?;
    for name in ["x-registry-auth", "x-registry-config"].map(HeaderName::from_static) {
        let safe = request
            .headers()
            .get(&name)
            .and_then(|v| v.to_str().ok())
            .map(|v| v.replace('+', "-").replace('/', "_"));
        if let Some(value) = safe.and_then(|v| HeaderValue::try_from(v).ok()) {
            request.headers_mut().insert(name, value);
        }
    }
    Ok(request)
}

#[cfg(test)]
mod tests;
