//! The engine and the registries, opened with the credentials of the host.

use crate::commands::{Exit, Host, complain, tell};
use crate::engine::Engine;
use crate::engine::docker::{self, DockerEngine, STARTING};
use crate::name::Domain;
use crate::registry::credentials::Credentials;
use crate::registry::{self, Registry};
use crate::request::{EngineInfo, WorldError};
use crate::survey::Unfit;
use std::collections::BTreeSet;
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

    /// The credentials of these registries, looked up once for the whole run.
    pub async fn collect(
        &self,
        domains: BTreeSet<Domain>,
    ) -> Result<crate::request::Credentials, Exit> {
        let mut all = crate::request::Credentials::new();
        for domain in domains {
            if let Some(found) = self
                .credentials
                .get(&domain)
                .await
                .map_err(|why| exit(&why))?
            {
                all.insert(domain, found.credential);
            }
        }
        Ok(all)
    }

    /// Connects to the engine, and waits for one that is starting.
    pub async fn engine(
        host: &Host,
        builder: Option<crate::request::Builder>,
    ) -> Result<(Arc<dyn Engine>, EngineInfo), Exit> {
        let engine = docker::connect(&host.env, STARTING).map_err(|why| exit(&why))?;
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

/// The engine's properties. Shows once that kiln waits.
async fn properties(engine: &DockerEngine) -> Result<EngineInfo, WorldError> {
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
        complain(&one.to_string());
    }
    match unfit.is_empty() {
        true => Ok(()),
        false => Err(Exit::Wrong),
    }
}

/// Reports an error of an engine or registry and returns its exit code.
pub fn exit(error: &WorldError) -> Exit {
    complain(&error.to_string());
    if error.kind().is_unreachable() {
        Exit::Unreachable
    } else {
        Exit::Failed
    }
}
