//! Containers of an image, created for one request and removed after it.
//!
//! ```text
//!   create --> (start --> wait | timeout: SIGKILL --> output) --> remove
//!                                                                   ^
//!   the request is dropped at any point ----------------------------'
//! ```
//!
//! Nothing here needs a path of this machine or a port of the engine's, since the engine may be remote.

mod look;
mod read;
mod run;
mod serve;

use super::client::{Client, SMALL, late};
use super::{failure, kind};
use crate::request::{ContainerAnswer, ContainerRequest, ContainerTask, Mark, WorldError};
use bollard::errors::Error;
use bollard::models::{ContainerCreateBody, HealthConfig, HostConfig, HostConfigLogConfig};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, ListContainersOptionsBuilder, RemoveContainerOptionsBuilder,
    StartContainerOptions,
};
use std::collections::HashMap;
use std::time::Duration;
use tokio_util::task::TaskTracker;

/// The label that names the owner of a container.
pub const RUN: &str = "dev.kiln.run";
/// The label with the time when its lease ends: seconds since 1970.
pub const LEASE: &str = "dev.kiln.lease";

/// Processes and threads of one container.
const PIDS: i64 = 1024;
/// CPU quota of one container, in hundredths of a percent: two processors.
const CPU: (i64, i64) = (100_000, 200_000);
/// How much of a container's output an engine keeps.
const LOG: &str = "16m";
/// Capabilities that Docker grants and no check needs. The others stay, so that containers run as users run them.
const DROPPED_CAPABILITIES: [&str; 3] = ["MKNOD", "NET_RAW", "SETFCAP"];

/// Removals in progress, also those of requests that were dropped.
#[derive(Clone, Default)]
pub(super) struct Removals(TaskTracker);

impl Removals {
    /// Begins work that [`Self::settle`] waits for.
    pub fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> tokio::task::JoinHandle<T> {
        self.0.spawn(work)
    }

    /// Waits for all removals that were begun so far.
    pub async fn settle(&self) {
        self.0.close();
        self.0.wait().await;
        self.0.reopen();
    }
}

/// Runs the checks of a request in containers of an image.
pub(super) async fn examine(
    client: &Client,
    removals: &Removals,
    request: ContainerRequest,
) -> Result<ContainerAnswer, WorldError> {
    let setup = Setup {
        client,
        removals,
        image: &request.image,
        mark: &request.mark,
    };
    match &request.task {
        ContainerTask::Run(command) => run::run(&setup, command, None)
            .await
            .map(ContainerAnswer::Ran),
        ContainerTask::Look(looks) => look::look(&setup, looks).await.map(ContainerAnswer::Looked),
        ContainerTask::Read(paths) => read::read(&setup, paths).await.map(ContainerAnswer::Read),
        ContainerTask::Serve(service) => serve::serve(&setup, service)
            .await
            .map(ContainerAnswer::Served),
    }
}

/// A container that a run created.
pub(super) struct Marked {
    id: String,
    /// The run that created it.
    pub run: String,
    /// When its own lease ends, in seconds since 1970.
    pub lease: i64,
}

/// All containers of runs. Those without kiln's labels are not among them.
pub(super) async fn marked(client: &Client) -> Result<Vec<Marked>, WorldError> {
    let filters = HashMap::from([("label", vec![RUN, LEASE])]);
    let options = ListContainersOptionsBuilder::default()
        .all(true)
        .filters(&filters)
        .build();
    let all = client
        .found(client.docker().list_containers(Some(options)))
        .await?
        .unwrap_or_default();
    let marked = |one: bollard::models::ContainerSummary| {
        let labels = one.labels?;
        Some(Marked {
            id: one.id?,
            run: labels.get(RUN)?.clone(),
            lease: labels.get(LEASE)?.parse().ok()?,
        })
    };
    Ok(all.into_iter().filter_map(marked).collect())
}

/// Removes the containers of runs that are over, and returns their number.
pub(super) async fn remove_all(
    client: &Client,
    all: &[Marked],
    over: impl Fn(&Marked) -> bool,
) -> usize {
    let over: Vec<&Marked> = all.iter().filter(|one| over(one)).collect();
    for one in &over {
        remove(client, &one.id).await;
    }
    over.len()
}

/// The settings that all containers of one request share.
struct Setup<'a> {
    client: &'a Client,
    removals: &'a Removals,
    image: &'a str,
    mark: &'a Mark,
}

/// The settings of one container.
#[derive(Default)]
struct Plan<'a> {
    /// Instead of the image's own entrypoint and command.
    argv: Option<Vec<String>>,
    user: Option<String>,
    workdir: Option<String>,
    env: &'a [(String, String)],
    /// `none`, `bridge`, or `container:<id>`.
    network: String,
    /// In bytes.
    memory: u64,
}

/// Why a container was not created or not started.
enum ContainerError {
    /// The image or the request is such that nothing can run: the engine's message.
    NotStarted(String),
    World(WorldError),
}

impl From<WorldError> for ContainerError {
    fn from(error: WorldError) -> Self {
        Self::World(error)
    }
}

/// A container that kiln created. When it is dropped, it is removed in the background.
struct Container {
    client: Client,
    removals: Removals,
    id: String,
    /// Whether its removal has begun.
    gone: bool,
}

impl Setup<'_> {
    /// Creates a container. If the future is dropped, the creation goes on in the background, and its result is
    /// removed.
    async fn create(&self, plan: Plan<'_>) -> Result<Container, ContainerError> {
        self.client.api().await?;
        let (client, removals, body) =
            (self.client.clone(), self.removals.clone(), self.body(plan));
        let name = format!(
            "kiln-{}-{:08x}",
            word(&self.mark.run),
            rand::random::<u32>()
        );
        let created = self.removals.0.spawn(async move {
            let options = CreateContainerOptionsBuilder::default().name(&name).build();
            let created = answered(
                &client,
                client.docker().create_container(Some(options), body),
            )
            .await?;
            Ok::<_, WorldError>(created.map(|created| Container {
                client,
                removals,
                id: created.id,
                gone: false,
            }))
        });
        match created.await {
            Ok(Ok(Ok(container))) => Ok(container),
            Ok(Ok(Err((400, message)))) => Err(ContainerError::NotStarted(message)),
            Ok(Ok(Err((404, message)))) => Err(self
                .client
                .missing(format!("a container of {}", self.image), message)
                .into()),
            Ok(Ok(Err((_, message)))) => Err(self
                .client
                .refused(format!("a container of {}", self.image), message)
                .into()),
            Ok(Err(error)) => Err(error.into()),
            Err(broken) => Err(self
                .client
                .refused(format!("a container of {}", self.image), broken.to_string())
                .into()),
        }
    }

    fn body(&self, plan: Plan<'_>) -> ContainerCreateBody {
        let memory = i64::try_from(plan.memory).unwrap_or(i64::MAX);
        let log = HashMap::from(
            [("max-size", LOG), ("max-file", "1")].map(|(k, v)| (k.to_owned(), v.to_owned())),
        );
        let host = HostConfig {
            network_mode: Some(plan.network),
            memory: Some(memory),
            // The same as memory: no additional swap.
            memory_swap: Some(memory),
            pids_limit: Some(PIDS),
            cpu_period: Some(CPU.0),
            cpu_quota: Some(CPU.1),
            cap_drop: Some(DROPPED_CAPABILITIES.map(str::to_owned).to_vec()),
            log_config: Some(HostConfigLogConfig {
                typ: Some("json-file".into()),
                config: Some(log),
            }),
            ..HostConfig::default()
        };
        let labels = [
            (RUN, self.mark.run.clone()),
            (LEASE, self.mark.lease.to_string()),
        ];
        ContainerCreateBody {
            image: Some(self.image.to_owned()),
            entrypoint: plan.argv,
            user: plan.user,
            working_dir: plan.workdir,
            env: Some(
                plan.env
                    .iter()
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect(),
            ),
            labels: Some(labels.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()),
            healthcheck: Some(HealthConfig {
                test: Some(vec!["NONE".into()]),
                ..HealthConfig::default()
            }),
            host_config: Some(host),
            ..ContainerCreateBody::default()
        }
    }
}

impl Container {
    async fn start(&self) -> Result<(), ContainerError> {
        let start = self
            .client
            .docker()
            .start_container(&self.id, None::<StartContainerOptions>);
        let started = answered(&self.client, start).await?;
        started.map_err(|(_, message)| {
            let kind = kind::of_words(&message);
            ContainerError::NotStarted(failure::named(kind, &message))
        })
    }

    /// Stops and removes it. If that fails now, the label lets a later run reap it.
    async fn remove(mut self) {
        // In the background, since dropping this future must not cancel the removal.
        let _ = self.removal().await;
    }

    fn removal(&mut self) -> tokio::task::JoinHandle<()> {
        self.gone = true;
        let (client, id) = (self.client.clone(), self.id.clone());
        self.removals
            .0
            .spawn(async move { remove(&client, &id).await })
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // Without a runtime the process is ending, and nothing could carry out the removal.
        if !self.gone && tokio::runtime::Handle::try_current().is_ok() {
            drop(self.removal());
        }
    }
}

/// SIGKILL and removal in one call, with its anonymous volumes.
async fn remove(client: &Client, id: &str) {
    const TRIES: usize = 4;
    for _ in 0..TRIES {
        let options = RemoveContainerOptionsBuilder::default()
            .force(true)
            .v(true)
            .build();
        let removed = client.docker().remove_container(id, Some(options));
        match answered(client, removed).await {
            Ok(Ok(()) | Err((404, _))) => return,
            _ => tokio::time::sleep(Duration::from_millis(500)).await,
        }
    }
}

/// A small call: its result, or the status and message of a refusal.
async fn answered<T>(
    client: &Client,
    call: impl Future<Output = Result<T, Error>>,
) -> Result<Result<T, (u16, String)>, WorldError> {
    match tokio::time::timeout(SMALL, call).await {
        Ok(Ok(value)) => Ok(Ok(value)),
        Ok(Err(Error::DockerResponseServerError {
            status_code,
            message,
        })) => Ok(Err((status_code, message))),
        Ok(Err(Error::RequestTimeoutError)) | Err(_) => Err(client.unreachable(late(SMALL))),
        Ok(Err(other)) => Err(client.unreachable(other.to_string())),
    }
}

/// Any text as a part of a container's name.
fn word(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .take(32)
        .collect()
}
