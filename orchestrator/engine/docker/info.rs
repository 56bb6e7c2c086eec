//! The properties of an engine: version, store, builder; and the wait for one that is starting.

use super::client::{Client, NO_SOCKET, PING, Ping, SMALL, body, message};
use super::session;
use crate::name::{Platform, PlatformParts};
use crate::request::{Builder, EngineInfo, Product, Store, WorldError};
use http::Request;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio::time::Instant;

/// The interval between two pings to an engine that is starting.
const PAUSE: Duration = Duration::from_millis(300);

/// The parts of `/info` that are used.
#[derive(Debug, Default, Deserialize)]
struct Info {
    #[serde(rename = "ID", default)]
    id: String,
    #[serde(rename = "Name", default)]
    host: String,
    #[serde(rename = "DockerRootDir", default)]
    root: String,
    #[serde(rename = "Driver", default)]
    driver: String,
    #[serde(rename = "DriverStatus", default)]
    status: Option<Vec<Vec<String>>>,
    #[serde(rename = "NCPU", default)]
    cpus: usize,
    #[serde(rename = "OSType", default)]
    os: String,
    #[serde(rename = "Architecture", default)]
    machine: String,
    #[serde(rename = "ServerVersion", default)]
    version: String,
}

/// What the engine says about itself, as far as `T` names it.
pub(super) async fn properties<T: DeserializeOwned>(client: &Client) -> Result<T, WorldError> {
    let request = Request::get("/info")
        .body(body(""))
        .map_err(|e| client.unreachable(e.to_string()))?;
    let (status, answer) = client.ask(request, SMALL).await?;
    if !status.is_success() {
        return Err(client.refusal(status, message(&answer)));
    }
    serde_json::from_slice(&answer).map_err(|e| client.unreachable(format!("/info: {e}")))
}

/// Waits until the engine responds, and reads its properties.
pub(super) async fn info(
    client: &Client,
    wait: Duration,
    is_named: bool,
) -> Result<EngineInfo, WorldError> {
    let ping = awake(client, wait, is_named).await?;
    let info: Info = properties(client).await?;
    // Podman has no `/session`, and Windows engines have no BuildKit.
    let builder = if ping.podman || info.os == "windows" {
        Builder::Classic
    } else {
        builder(client).await?
    };
    Ok(EngineInfo {
        id: id(&info, ping.podman),
        product: match ping.podman {
            true => Product::Podman,
            false => Product::Docker,
        },
        version: info
            .version
            .split(['+', '~'])
            .next()
            .unwrap_or_default()
            .into(),
        api: client.api().await?.to_string(),
        store: store(&info),
        builder,
        platform: platform(&info.os, &info.machine),
        cpus: info.cpus.max(1),
        driver: info.driver,
    })
}

/// Which engine it is. Machines that were copied share the first part, and so do all engines of one machine before 23.0, since
/// it was kept outside their folders. That of Podman is another one for each request (4.3.1).
fn id(info: &Info, podman: bool) -> String {
    let own = if podman { "" } else { info.id.as_str() };
    format!("{own} {} {}", info.host, info.root)
}

/// Pings until there is a response. A starting engine refuses connections or responds with 503. One whose socket file
/// does not exist is not starting: a service manager creates the file first.
async fn awake(client: &Client, wait: Duration, is_named: bool) -> Result<Ping, WorldError> {
    let since = Instant::now();
    let mut tries = 0;
    let mut last = None;
    loop {
        tries += 1;
        let left = wait.saturating_sub(since.elapsed());
        let asked = tokio::time::timeout(left.max(PING / 10), client.ping()).await;
        let error = match asked {
            Ok(Ok(ping)) => return Ok(ping),
            Ok(Err(error)) => error,
            Err(_) => last.take().unwrap_or_else(|| {
                client.unreachable("it accepts connections and does not respond")
            }),
        };
        if tries == 1 && client.has_no_socket() {
            let other = match is_named {
                true => OTHER,
                false => "name another one with DOCKER_HOST or a Docker context",
            };
            let why = format!("{NO_SOCKET}; start the engine, or {other}");
            return Err(client.unreachable(why));
        }
        // What refuses a ping is not an engine, or speaks another protocol.
        let WorldError::Fault { what, why, .. } = error else {
            return Err(error);
        };
        if since.elapsed() + PAUSE >= wait || hopeless(&why) {
            let tried = tried(tries, since.elapsed());
            let said = why.trim_end_matches('.');
            let why = format!("{said}{tried}; {}", way_out(&why, is_named));
            return Err(WorldError::unreachable(what, why));
        }
        last = Some(WorldError::unreachable(what, why));
        tokio::time::sleep(PAUSE).await;
    }
}

/// ` (72 tries in 29 s)`; nothing after a single one.
fn tried(tries: usize, took: Duration) -> String {
    match tries {
        1 => String::new(),
        _ => format!(" ({tries} tries in {} s)", took.as_secs()),
    }
}

/// What an engine that listens with TLS answers without it, in lower case.
const SPEAKS_TLS: &str = "http request to an https server";

/// Errors that waiting does not solve.
fn hopeless(why: &str) -> bool {
    let why = why.to_ascii_lowercase();
    [
        "permission denied",
        "certificate",
        "host key verification",
        "is it installed?",
        // Something else answers there, or the engine over another protocol.
        "/_ping answered 404",
        SPEAKS_TLS,
    ]
    .iter()
    .any(|words| why.contains(words))
}

/// How to use another engine than one that the user names to kiln.
const OTHER: &str = "name another one with --engine or KILN_ENGINES";

fn way_out(why: &str, is_named: bool) -> String {
    let why = why.to_ascii_lowercase();
    if let Some(known) = known_way_out(&why) {
        return known.into();
    }
    let is_denied = why.contains("permission denied");
    let here = match is_denied {
        true => "use an account with access to it (in the group `docker`, or root)",
        false => "start it",
    };
    match is_named {
        true => format!("{here}, or {OTHER}"),
        false if is_denied => format!("{here}, or set DOCKER_HOST"),
        false => format!("{here}, or set DOCKER_HOST or a Docker context to another one"),
    }
}

fn known_way_out(why: &str) -> Option<&'static str> {
    if why.contains("certificate") {
        return Some(
            "the folder in DOCKER_CERT_PATH must contain the ca.pem that signed its certificate, and a cert.pem and key.pem that it accepts",
        );
    }
    if why.contains("ssh: ")
        && ["permission denied", "host key"]
            .iter()
            .any(|words| why.contains(words))
    {
        return Some(
            "ssh must log in without a prompt: use a key or an agent, and a host in known_hosts",
        );
    }
    let is_unknown = [
        "could not resolve hostname",
        "name or service not known",
        "failed to lookup address",
    ];
    if is_unknown.iter().any(|words| why.contains(words)) {
        return Some(
            "check the name of the host in --engine, KILN_ENGINES, DOCKER_HOST or the Docker context",
        );
    }
    if why.contains(SPEAKS_TLS) {
        return Some(
            "it speaks TLS: set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to the folder of ca.pem, cert.pem and key.pem",
        );
    }
    if why.contains("/_ping answered 404") {
        return Some("no engine answers at this address: check its port");
    }
    let has_no_command = why.contains("ssh: ") && why.contains("not found");
    has_no_command.then_some("the remote machine needs the `docker` command")
}

/// BuildKit is available if `/session` works: 20.10 has no header for it.
async fn builder(client: &Client) -> Result<Builder, WorldError> {
    Ok(if session::answers(client).await? {
        Builder::BuildKit
    } else {
        Builder::Classic
    })
}

fn store(info: &Info) -> Store {
    let mut status = info.status.iter().flatten();
    let snapshotter = |row: &Vec<String>| {
        row.first().is_some_and(|k| k == "driver-type")
            && row
                .iter()
                .any(|v| v.starts_with("io.containerd.snapshotter"))
    };
    if status.any(snapshotter) {
        Store::Containerd
    } else {
        Store::GraphDriver
    }
}

/// `/info` uses the kernel's names of architectures, images use Go's.
fn platform(os: &str, machine: &str) -> Platform {
    let (architecture, variant) = match machine {
        "x86_64" => ("amd64", None),
        "aarch64" => ("arm64", None),
        "armv7l" => ("arm", Some("v7")),
        "armv6l" => ("arm", Some("v6")),
        "i386" | "i686" => ("386", None),
        other => (other, None),
    };
    let os = if os.is_empty() { "linux" } else { os };
    Platform::from(PlatformParts {
        os: os.into(),
        os_version: None,
        architecture: architecture.into(),
        variant: variant.map(Into::into),
    })
}

#[cfg(test)]
mod tests;
