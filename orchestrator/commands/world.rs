//! The engine and the registries, opened with the credentials of the host.

use crate::commands::{Exit, Host, complain, tell};
use crate::engine::Engine;
use crate::engine::docker::{self, DockerEngine, STARTING};
use crate::name::{Domain, Repository};
use crate::registry::credentials::Credentials;
use crate::registry::{self, Registry};
use crate::request::{Credential, EngineInfo, WorldError};
use crate::run::run_id;
use crate::survey::{Questions, Unfit};
use async_trait::async_trait;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// How long an engine may take to respond before kiln shows that it waits.
const PROMPT: Duration = Duration::from_secs(1);

/// The registries, and the engine if a command needs one.
pub struct World {
    pub registry: Arc<dyn Registry>,
    pub credentials: Credentials,
}

impl World {
    /// Opens the registries without a request.
    pub fn open(host: &Host) -> Self {
        let registry = registry::client(&host.env);
        let credentials = registry.credentials().clone();
        Self {
            registry: Arc::new(registry),
            credentials,
        }
    }

    /// The same with staging repositories that are read through to others: a pull request that stages apart reads what other runs
    /// have staged. A fleet and a plan know which (`read_through`).
    #[must_use]
    pub fn of(self, below: BTreeMap<Repository, Repository>) -> Self {
        Self {
            registry: registry::read_through(self.registry, below),
            ..self
        }
    }

    /// Reads the credentials of these registries, so that one that cannot be read ends the command before its first step.
    ///
    /// # Errors
    /// A file or a helper is broken; the message was shown.
    pub async fn check_credentials(&self, domains: BTreeSet<Domain>) -> Result<(), Exit> {
        for domain in domains {
            self.credentials
                .get(&domain)
                .await
                .map_err(|why| exit(&why))?;
        }
        Ok(())
    }

    /// Connects to the engine with this name, else to that of the environment, and waits for one that is starting.
    pub async fn engine(
        host: &Host,
        builder: Option<crate::request::Builder>,
        name: Option<&str>,
    ) -> Result<(Arc<dyn Engine>, EngineInfo), Exit> {
        let engine = connect(host, name).map_err(|why| {
            complain(&why.to_string());
            Exit::Wrong
        })?;
        let mut info = properties(&engine).await.map_err(|why| exit(&why))?;
        if let Some(builder) = builder {
            info.builder = builder;
        }
        if info.driver == "vfs" {
            tell(
                "warning: the engine's storage driver is vfs: every layer is a full copy; builds are slow and large",
            );
        }
        Ok((Arc::new(engine), info))
    }
}

fn connect(host: &Host, name: Option<&str>) -> Result<DockerEngine, WorldError> {
    match name {
        Some(name) => docker::connect_to(&host.env, name, STARTING),
        None => docker::connect(&host.env, STARTING),
    }
}

/// The engine for questions about packages: connected if there is one to ask.
pub struct EngineOnDemand<'a> {
    host: &'a Host,
    world: &'a World,
    /// The engines that the user names: the first that answers is queried.
    names: Vec<String>,
    run: String,
}

impl<'a> EngineOnDemand<'a> {
    /// Connects to nothing yet.
    pub fn new(host: &'a Host, world: &'a World, names: Vec<String>) -> Self {
        let run = run_id();
        Self {
            host,
            world,
            names,
            run,
        }
    }
}

#[async_trait]
impl Questions for EngineOnDemand<'_> {
    async fn engine(&self) -> Result<Arc<dyn Engine>, WorldError> {
        let mut names: Vec<Option<String>> = self.names.iter().cloned().map(Some).collect();
        if names.is_empty() {
            names.push(None);
        }
        let mut last = None;
        for name in names {
            let engine = connect(self.host, name.as_deref())?;
            match properties(&engine).await {
                Ok(_) => return Ok(Arc::new(engine)),
                Err(why) => last = Some(why),
            }
        }
        let none = || WorldError::unreachable("the engine", "none is named");
        Err(last.unwrap_or_else(none))
    }

    async fn credential(&self, domain: &Domain) -> Result<Option<Credential>, WorldError> {
        let found = self.world.credentials.get(domain).await?;
        Ok(found.map(|found| found.credential))
    }

    fn run(&self) -> &str {
        &self.run
    }
}

/// The engine's properties. Shows once that kiln waits.
pub(super) async fn properties(engine: &DockerEngine) -> Result<EngineInfo, WorldError> {
    let mut info = Box::pin(engine.info());
    if let Ok(prompt) = tokio::time::timeout(PROMPT, &mut info).await {
        return prompt;
    }
    tell(&format!(
        "waiting for {}, up to {} s",
        engine.name(),
        STARTING.as_secs()
    ));
    info.await
}

/// Refuses bases that lack a platform that builds need: the manifest or a Dockerfile is wrong.
pub fn refuse(unfit: &[Unfit]) -> Result<(), Exit> {
    for one in unfit {
        let way_out = one.way_out.iter().map(|help| format!("\n  {help}"));
        complain(&format!("{one}{}", way_out.collect::<String>()));
    }
    match unfit.is_empty() {
        true => Ok(()),
        false => Err(Exit::Wrong),
    }
}

/// Reports an error of an engine or registry and returns its exit code: whether it is out of reach or refuses the credential.
pub fn exit(error: &WorldError) -> Exit {
    complain(&error.to_string());
    match error.kind().is_closed() {
        true => Exit::Unreachable,
        false => Exit::Failed,
    }
}
