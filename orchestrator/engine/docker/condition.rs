//! What only `kiln doctor` looks at: the engine's clock, and where its images are.

use super::client::Client;
use super::info::properties;
use crate::request::WorldError;
use serde::Deserialize;
use std::path::PathBuf;

/// The state of an engine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Condition {
    /// Its time, in seconds since 1970.
    pub time: Option<i64>,
    /// The folder with its images, on its own machine.
    pub folder: Option<PathBuf>,
    /// What it warns about by itself.
    pub warnings: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Info {
    docker_root_dir: String,
    warnings: Option<Vec<String>>,
}

pub(super) async fn condition(client: &Client) -> Result<Condition, WorldError> {
    let info: Info = properties(client).await?;
    Ok(Condition {
        time: client.ping().await?.date,
        folder: Some(info.docker_root_dir)
            .filter(|folder| !folder.is_empty())
            .map(PathBuf::from),
        warnings: info.warnings.unwrap_or_default(),
    })
}
