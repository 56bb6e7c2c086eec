//! Named contexts that are folders: each becomes an image of the files that a build reads of it.
//!
//! The request that takes builds on every engine (`POST /build`) has no named contexts: BuildKit gets a fixed set of
//! attributes from it (moby's `builder/builder-next/builder.go`), and the classic builder has no such thing. An image can
//! be named wherever a context can, by both builders, and FROM, `COPY --from` and mounts follow the same rules for paths,
//! owners and links there. A folder inside the sent context would not do: `COPY . .` would copy it, and an ignore file
//! applies to all stages. Files are sent once for all builds of a run that read the same ones.

use crate::name::{Digest, Platform};
use crate::plan::StepId;
use crate::request::{BuildRequest, FaultKind, WorldError};
use crate::run::{EventKind, RunContext};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::mpsc::unbounded_channel;

/// An image of all files of its context.
const DOCKERFILE: &str = "FROM scratch\nCOPY . /\n";

/// The files of a named context that a build reads.
pub(super) struct Folder<'a> {
    /// The name of the context.
    pub name: &'a str,
    /// Where the Dockerfile names it, for people.
    pub place: String,
    /// The digest of the files.
    pub files: Digest,
    /// The platform that the image is for.
    pub platform: &'a Platform,
}

/// The run's own name of the image of these files, and its id; it is built if the run has not built it.
pub(super) async fn image(
    ctx: &RunContext,
    step: StepId,
    folder: &Folder<'_>,
) -> Result<(String, Digest), WorldError> {
    let slot = ctx.local().folder(folder.files, folder.platform);
    let mut known = slot.lock().await;
    if let Some(known) = &*known {
        return Ok(known.clone());
    }
    ctx.say(EventKind::Progress {
        step,
        text: format!("[context {}]", folder.name),
        cached: false,
    });
    let built = build(ctx, folder).await?;
    *known = Some(built.clone());
    Ok(built)
}

async fn build(ctx: &RunContext, folder: &Folder<'_>) -> Result<(String, Digest), WorldError> {
    let what = || format!("context {} at {}", folder.name, folder.place);
    let files = ctx.contexts.get(&folder.files).ok_or_else(|| {
        let why = "the files of the plan are not at hand";
        WorldError::fault(FaultKind::Ours, what(), why)
    })?;
    let hex = &folder.files.hex()[..16];
    let platform = folder.platform.slug();
    let name = format!("localhost/kiln/context:{}-{hex}-{platform}", ctx.run);
    let request = BuildRequest {
        dockerfile: DOCKERFILE.into(),
        context: Arc::clone(files),
        args: BTreeMap::new(),
        platform: folder.platform.clone(),
        name: name.clone(),
        cache_from: Vec::new(),
        no_cache: false,
        options: Default::default(),
        builder: ctx.builder(),
        credentials: Arc::default(),
        secrets: Arc::default(),
    };
    ctx.local().remember_name(&name);
    let image = built(ctx, request).await.map_err(|error| match error {
        WorldError::Build(failure) => WorldError::fault(failure.kind, what(), failure.message),
        other => other,
    })?;
    Ok((name, image))
}

/// The id of the image; built once more without the engine's cache if that is damaged.
async fn built(ctx: &RunContext, mut request: BuildRequest) -> Result<Digest, WorldError> {
    let (engine, _) = ctx.engine()?;
    loop {
        // One step that copies files has nothing to show.
        let (progress, _) = unbounded_channel();
        match engine.build(request.clone(), progress).await {
            Ok(answer) => return Ok(answer.image),
            Err(error) if error.kind() == FaultKind::CacheLost && !request.no_cache => {
                request.no_cache = true;
            }
            Err(error) => return Err(error),
        }
    }
}
