//! A BuildKit session: a reversed connection, over which the engine requests logins, context files, secrets and agents.
//!
//! `POST /session` is upgraded to HTTP/2 with the engine as the client. Headers list the methods that we serve.

use super::agent::{self, Agents};
use super::client::{Client, Connected, Exchange, PING, SMALL, body, late, message};
use super::login;
use super::secrets::{self, Values};
use super::sync::Sync;
use crate::request::{BuildRequest, BuildSecrets, Credentials, WorldError};
use bollard_buildkit_proto::health::health_check_response::ServingStatus;
use bollard_buildkit_proto::health::health_server::{Health, HealthServer};
use bollard_buildkit_proto::health::{
    HealthCheckRequest, HealthCheckResponse, HealthListRequest, HealthListResponse,
};
use bollard_buildkit_proto::moby::buildkit::secrets::v1::secrets_server::SecretsServer;
use bollard_buildkit_proto::moby::filesync::packet::file_sync_server::FileSyncServer;
use bollard_buildkit_proto::moby::filesync::v1 as auth;
use bollard_buildkit_proto::moby::filesync::v1::auth_server::{Auth, AuthServer};
use bollard_buildkit_proto::moby::sshforward::v1::ssh_server::SshServer;
use http::{HeaderValue, Request, StatusCode};
use hyper_util::rt::TokioExecutor;
use hyper_util::service::TowerToHyperService;
use std::pin::Pin;
use std::sync::Arc;
use tonic::{Response, Status};

/// The methods of every session; the engine calls no others unless the build declares secrets or agents.
const METHODS: [&str; 3] = [
    "/moby.filesync.v1.FileSync/DiffCopy",
    "/moby.filesync.v1.Auth/Credentials",
    "/grpc.health.v1.Health/Check",
];

/// The flow-control window, in bytes. h2 allows half of it for the overhead of small frames (250 bytes each): with its
/// default of 1 MiB, two thousand requests for files ended the connection (`too_many_data_frames`). A stream's window
/// stays 1 MiB, which is less than a hundred thousand requests.
const WINDOW: u32 = 64 << 20;

/// An open session; dropping this value ends it.
pub(super) struct Session {
    /// The id that a build refers to. Hexadecimal, because 20.10 splits ids at a colon.
    pub id: String,
    _serving: Connected,
}

/// Whether BuildKit is available at `/session`.
pub(super) async fn answers(client: &Client) -> Result<bool, WorldError> {
    let exchange = prompt(client, upgrade(client, &new_id(), &METHODS)).await?;
    let status = exchange.response.status();
    match status {
        StatusCode::SWITCHING_PROTOCOLS => Ok(true),
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => {
            Ok(false)
        }
        _ => {
            let said = message(&client.read(exchange).await?);
            let why = format!("its builder does not work: /session answered {status}: {said}");
            Err(client.unreachable(why))
        }
    }
}

/// Whether BuildKit, which the engine had, answers now.
pub(super) async fn alive(client: &Client) -> Result<(), WorldError> {
    let answer = tokio::time::timeout(PING, answers(client)).await;
    match answer {
        Ok(Ok(true)) => Ok(()),
        Ok(Ok(false)) => Err(client.unreachable("it has no BuildKit any more")),
        Ok(Err(why)) => Err(why),
        Err(_) => {
            let why = format!("its builder does not answer: {}", late(PING));
            Err(client.unreachable(why))
        }
    }
}

/// A builder that accepts a session and does not answer would let a build wait without end.
async fn prompt(
    client: &Client,
    opened: impl Future<Output = Result<Exchange, WorldError>>,
) -> Result<Exchange, WorldError> {
    let late = |_| client.unreachable(format!("its builder does not answer: {}", late(SMALL)));
    tokio::time::timeout(SMALL, opened).await.map_err(late)?
}

/// A new id: 128 random bits in hexadecimal.
pub(super) fn new_id() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// The methods of a build's session.
fn methods(secrets: &BuildSecrets) -> Vec<&'static str> {
    let values = (!secrets.values.is_empty()).then_some(secrets::METHODS);
    let agents = (!secrets.sockets.is_empty()).then_some(agent::METHODS);
    let further = values
        .into_iter()
        .flatten()
        .chain(agents.into_iter().flatten());
    METHODS.into_iter().chain(further).collect()
}

async fn upgrade(
    client: &Client,
    id: &str,
    methods: &[&'static str],
) -> Result<Exchange, WorldError> {
    let mut request = Request::post("/session")
        .header("Connection", "Upgrade")
        .header("Upgrade", "h2c")
        .header("X-Docker-Expose-Session-Uuid", id)
        .header("X-Docker-Expose-Session-Name", "kiln")
        // The engine caches the last context under this key and compares only sizes and times with the next one. Our
        // times are fixed, so no two builds may share a key.
        .header("X-Docker-Expose-Session-Sharedkey", id);
    for &method in methods {
        request = request.header(
            "X-Docker-Expose-Session-Grpc-Method",
            HeaderValue::from_static(method),
        );
    }
    let request = request
        .body(body(""))
        .map_err(|e| client.unreachable(e.to_string()))?;
    client.send(request).await
}

impl Session {
    /// Opens a session that serves these files, and the logins, secrets and agents of the build.
    pub async fn open(
        client: &Client,
        files: Sync,
        build: &BuildRequest,
    ) -> Result<Self, WorldError> {
        let id = new_id();
        let Exchange {
            response,
            connection,
        } = prompt(client, upgrade(client, &id, &methods(&build.secrets))).await?;
        let status = response.status();
        if status != StatusCode::SWITCHING_PROTOCOLS {
            let why = format!("it opens no BuildKit session ({status})");
            return Err(client.refused(client.name(), why));
        }
        let io = hyper::upgrade::on(response)
            .await
            .map_err(|e| client.unreachable(e.to_string()))?;
        let mut routes = tonic::service::RoutesBuilder::default();
        routes.add_service(HealthServer::new(Alive));
        routes.add_service(AuthServer::new(Logins(Arc::clone(&build.credentials))));
        if !build.secrets.values.is_empty() {
            let values = Values(Arc::clone(&build.secrets));
            routes.add_service(SecretsServer::new(values));
        }
        if !build.secrets.sockets.is_empty() {
            let agents = Agents(Arc::clone(&build.secrets));
            routes.add_service(SshServer::new(agents));
        }
        routes.add_service(FileSyncServer::new(files));
        let service = TowerToHyperService::new(routes.routes().prepare());
        let serving = tokio::spawn(async move {
            // The connection's own task has handed over its socket, but must not end before this one.
            let _connection = connection;
            let mut server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            server.initial_connection_window_size(WINDOW);
            let _ = server.serve_connection(io, service).await;
        });
        Ok(Self {
            id,
            _serving: Connected::new(serving),
        })
    }
}

/// The engine drops a session that misses two of these, 15 s apart.
struct Alive;

#[tonic::async_trait]
impl Health for Alive {
    async fn check(
        &self,
        _: tonic::Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        Ok(Response::new(HealthCheckResponse {
            status: ServingStatus::Serving.into(),
        }))
    }

    async fn list(
        &self,
        _: tonic::Request<HealthListRequest>,
    ) -> Result<Response<HealthListResponse>, Status> {
        Err(Status::unimplemented("list"))
    }

    type WatchStream =
        Pin<Box<dyn futures_util::Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

    async fn watch(
        &self,
        _: tonic::Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        Err(Status::unimplemented("watch"))
    }
}

/// Logins for the registries that a build pulls from, each only for its own host.
struct Logins(Arc<Credentials>);

#[tonic::async_trait]
impl Auth for Logins {
    async fn credentials(
        &self,
        request: tonic::Request<auth::CredentialsRequest>,
    ) -> Result<Response<auth::CredentialsResponse>, Status> {
        let found = login::for_host(&self.0, &request.get_ref().host);
        let (username, secret) = found.unwrap_or_default();
        Ok(Response::new(auth::CredentialsResponse {
            username,
            secret,
        }))
    }

    // The engine then requests credentials, and gets a token from the registry itself.
    async fn fetch_token(
        &self,
        _: tonic::Request<auth::FetchTokenRequest>,
    ) -> Result<Response<auth::FetchTokenResponse>, Status> {
        Err(Status::unimplemented("tokens"))
    }

    async fn get_token_authority(
        &self,
        _: tonic::Request<auth::GetTokenAuthorityRequest>,
    ) -> Result<Response<auth::GetTokenAuthorityResponse>, Status> {
        Err(Status::unimplemented("tokens"))
    }

    async fn verify_token_authority(
        &self,
        _: tonic::Request<auth::VerifyTokenAuthorityRequest>,
    ) -> Result<Response<auth::VerifyTokenAuthorityResponse>, Status> {
        Err(Status::unimplemented("tokens"))
    }
}
