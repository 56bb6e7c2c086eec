//! The platforms whose programs an engine runs, as its BuildKit reports them.
//!
//! BuildKit finds out by running a tiny program of each architecture, also after an emulator was installed while the engine ran
//! (20.10.24 and 28.5.2), and keeps what it found for 20 seconds. The classic builder of the same engine runs what BuildKit runs.

use super::client::{Client, Connected, Exchange, SMALL, body, late, message};
use crate::name::Platform;
use crate::request::WorldError;
use bollard_buildkit_proto::moby::buildkit::v1::ListWorkersRequest;
use bollard_buildkit_proto::moby::buildkit::v1::control_client::ControlClient;
use bollard_buildkit_proto::pb;
use http::{Request, StatusCode, Uri};
use hyper::upgrade::Upgraded;
use parking_lot::Mutex;
use std::io;
use tonic::transport::{Channel, Endpoint};

/// The platforms of all workers; `None` if the engine has no BuildKit to ask.
pub(super) async fn platforms(client: &Client) -> Result<Option<Vec<Platform>>, WorldError> {
    match tokio::time::timeout(SMALL, listed(client)).await {
        Ok(platforms) => platforms,
        Err(_) => Err(client.unreachable(late(SMALL))),
    }
}

async fn listed(client: &Client) -> Result<Option<Vec<Platform>>, WorldError> {
    let Some((upgraded, _connection)) = upgrade(client).await? else {
        return Ok(None);
    };
    let broken = |why: String| client.unreachable(format!("/grpc: {why}"));
    let channel = channel(upgraded).await.map_err(|e| broken(e.to_string()))?;
    let workers = ControlClient::new(channel)
        .list_workers(ListWorkersRequest::default())
        .await
        .map_err(|status| broken(status.message().to_owned()))?;
    let records = workers.into_inner().record.into_iter();
    let platforms = records.flat_map(|worker| worker.platforms);
    Ok(Some(platforms.map(platform).collect()))
}

async fn upgrade(client: &Client) -> Result<Option<(Upgraded, Connected)>, WorldError> {
    let request = Request::post("/grpc")
        .header("Connection", "Upgrade")
        .header("Upgrade", "h2c")
        .body(body(""))
        .map_err(|e| client.unreachable(e.to_string()))?;
    let exchange = client.send(request).await?;
    let status = exchange.response.status();
    match status {
        StatusCode::SWITCHING_PROTOCOLS => {}
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => {
            return Ok(None);
        }
        _ => {
            let said = message(&client.read(exchange).await?);
            return Err(client.refusal(status, format!("/grpc answered {status}: {said}")));
        }
    }
    let Exchange {
        response,
        connection,
    } = exchange;
    let upgraded = hyper::upgrade::on(response)
        .await
        .map_err(|e| client.unreachable(e.to_string()))?;
    Ok(Some((upgraded, connection)))
}

/// A channel over one connection: it is not opened again.
async fn channel(upgraded: Upgraded) -> Result<Channel, tonic::transport::Error> {
    let once = Mutex::new(Some(upgraded));
    let connector = tower::service_fn(move |_: Uri| {
        let taken = once.lock().take();
        async move { taken.ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected)) }
    });
    Endpoint::from_static("http://buildkit")
        .connect_with_connector(connector)
        .await
}

fn platform(said: pb::Platform) -> Platform {
    Platform::reported(&said.os, &said.architecture, Some(&said.variant))
}
