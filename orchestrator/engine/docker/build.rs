//! Builds: one request and one stream, with either builder of the engine.
//!
//! The classic builder gets the context as an archive in the request, BuildKit fetches it over a session (`sync`).
//! Measured on 20.10.24, on 28.5.2 with graph drivers, and on 28.5.2 with the containerd store ("c"), and verified
//! by `tests/engine.rs`:
//!
//! - The id in the response is the digest of the configuration; on c it is the digest of the manifest, which is also
//!   the registry's digest after a push.
//! - `FROM localhost/…:run` (COPY --from too) of a local image sends no request; c uses `…:run@<image id>`.
//! - A cache source that was pulled, by tag or by digest, is read without a request (the registry was switched
//!   off). On c, or if it was not pulled, the registry is queried, over plain HTTP on loopback too.
//! - On an empty engine, the previous image is a cache hit for every COPY, RUN and WORKDIR, also for a child whose
//!   parent has another run's name. Ids are the same if the cache was named as `EngineInfo::pulls_cache` requires;
//!   on c the first such image has a different id than the original.
//! - The stream names the failed step by its vertex; the exit code is only in the text of the message, and no engine
//!   reports the lines of the Dockerfile with it.

use super::classic::Transcript;
use super::client::{Client, Exchange, body, message};
use super::failure::{Failed, failure};
use super::query::{platform_text, query};
use super::session::{Session, new_id};
use super::stream::Message;
use super::sync::{DOCKERFILE, Sync, Unread};
use super::trace::Trace;
use super::{archive, login};
use crate::name::Digest;
use crate::request::{
    BuildAnswer, BuildOptions, BuildProgress, BuildRequest, Builder, FaultKind, WorldError,
};
use crate::tree::{Content, Tree};
use http::Request;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// The timeout of a build. A build that takes longer hangs, here or on the engine.
const LONGEST: Duration = Duration::from_secs(12 * 3600);

/// Builds one image. Dropping the future closes the connection, and the engine stops the build: the process of a RUN
/// ends within seconds, and no container is left.
pub(super) async fn build(
    client: &Client,
    request: BuildRequest,
    progress: UnboundedSender<BuildProgress>,
) -> Result<BuildAnswer, WorldError> {
    let request = Arc::new(request);
    let mut unread = Unread::default();
    let (exchange, _session) = match request.builder {
        Builder::BuildKit => {
            let files = Sync::new(Arc::clone(&request.context), &request.dockerfile);
            unread = files.unread();
            let session = Session::open(client, files, &request).await?;
            (
                start(client, &request, Some(&session)).await?,
                Some(session),
            )
        }
        Builder::Classic => (start(client, &request, None).await?, None),
    };
    let status = exchange.response.status();
    if !status.is_success() {
        let said = message(&client.read(exchange).await?);
        return Err(match client.refusal(status, said) {
            WorldError::Fault { kind, why, .. } if kind != FaultKind::NotReachable => {
                failure(&why, None, Failed::default(), &request.dockerfile).into()
            }
            other => other,
        });
    }
    let mut report = |news| {
        // The receiver is gone: the build continues.
        let _ = progress.send(news);
    };
    let mut building = Building::new(request.builder);
    let each = |message: Message| building.take(message, &request.dockerfile, &mut report);
    let done = exchange.messages(client, LONGEST, each).await;
    done.map_err(|why| match unread.get() {
        // The engine may report only that the build was cancelled.
        Some(said) => failure(said, None, Failed::default(), &request.dockerfile).into(),
        None => why,
    })?;
    building.answer(client)
}

async fn start(
    client: &Client,
    request: &BuildRequest,
    session: Option<&Session>,
) -> Result<Exchange, WorldError> {
    let mut args = request.args.clone();
    let own_name = own_name(&request.context);
    let platform = platform_text(&request.platform);
    let id = new_id();
    let mut pairs = vec![
        ("t", request.name.as_str()),
        ("platform", &platform),
        ("rm", "1"),
        ("forcerm", "1"),
    ];
    let mut built = Request::builder()
        .method(http::Method::POST)
        .header("Content-Type", "application/x-tar");
    let sent = match session {
        Some(session) => {
            // Metadata in the image that lets another engine use it as a cache source.
            args.insert("BUILDKIT_INLINE_CACHE".into(), "1".into());
            pairs.extend([
                ("version", "2"),
                ("remote", "client-session"),
                ("session", &session.id),
                ("buildid", &id),
                ("dockerfile", DOCKERFILE),
            ]);
            body("")
        }
        None => {
            pairs.extend([("version", "1"), ("dockerfile", own_name.as_str())]);
            built = built.header(
                "X-Registry-Config",
                login::registry_config(&request.credentials),
            );
            archive::stream(
                Arc::clone(&request.context),
                beside(&request.context, &own_name, &request.dockerfile),
            )
        }
    };
    if request.no_cache {
        pairs.push(("nocache", "1"));
    }
    let shm_size = request.options.shm_size.map(|bytes| bytes.to_string());
    let ulimits = json(&request.options.ulimits);
    pairs.extend(options(&request.options, shm_size.as_deref(), &ulimits));
    let args = json(&args);
    let from = json(&request.cache_from);
    pairs.push(("buildargs", &args));
    if !request.cache_from.is_empty() {
        pairs.push(("cachefrom", &from));
    }
    let path = format!("/build?{}", query(&pairs));
    let built = built.uri(path).body(sent);
    client
        .send(built.map_err(|e| client.refused(client.name(), e.to_string()))?)
        .await
}

fn options<'a>(
    options: &'a BuildOptions,
    shm_size: Option<&'a str>,
    ulimits: &'a str,
) -> Vec<(&'static str, &'a str)> {
    let mut pairs = Vec::new();
    pairs.extend(options.target.as_deref().map(|stage| ("target", stage)));
    pairs.extend(
        options
            .network
            .as_deref()
            .map(|network| ("networkmode", network)),
    );
    pairs.extend(shm_size.map(|bytes| ("shmsize", bytes)));
    pairs.extend(
        options
            .extra_hosts
            .iter()
            .map(|host| ("extrahosts", host.as_str())),
    );
    pairs.extend((!options.ulimits.is_empty()).then_some(("ulimits", ulimits)));
    pairs
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A name for the Dockerfile that no file of the context has.
fn own_name(context: &Tree) -> String {
    let mut name = String::from(".kiln.Dockerfile");
    while context.get(&name).is_some() {
        name.push('_');
    }
    name
}

/// The Dockerfile as a file of the context, and a `.dockerignore` that keeps it out of `COPY . .`: the classic builder
/// reads the Dockerfile before it applies that file. The context's own `.dockerignore` has been applied already.
fn beside(context: &Tree, own_name: &str, dockerfile: &str) -> Vec<(String, Arc<[u8]>)> {
    let ignore = match context.get(".dockerignore").map(|entry| &entry.content) {
        Some(Content::Bytes(bytes)) => format!(
            "{}\n{own_name}\n",
            String::from_utf8_lossy(bytes).trim_end()
        ),
        Some(Content::File(path)) => format!(
            "{}\n{own_name}\n",
            std::fs::read_to_string(path).unwrap_or_default().trim_end()
        ),
        _ => format!("{own_name}\n.dockerignore\n"),
    };
    vec![
        (own_name.to_owned(), dockerfile.as_bytes().into()),
        (".dockerignore".into(), ignore.into_bytes().into()),
    ]
}

/// The state of a build, from its stream.
struct Building {
    trace: Trace,
    transcript: Transcript,
    builder: Builder,
    image: Option<Digest>,
}

impl Building {
    fn new(builder: Builder) -> Self {
        Self {
            trace: Trace::default(),
            transcript: Transcript::default(),
            builder,
            image: None,
        }
    }

    fn take(
        &mut self,
        message: Message,
        dockerfile: &str,
        report: &mut impl FnMut(BuildProgress),
    ) -> Result<(), WorldError> {
        if let Some(said) = message.failure() {
            let failed = match self.builder {
                Builder::BuildKit => self.trace.failed(&said),
                Builder::Classic => self.transcript.failed(),
            };
            let code = message.detail.and_then(|detail| detail.code);
            return Err(failure(&said, code, failed, dockerfile).into());
        }
        match (message.id.as_deref(), &message.aux) {
            (Some("moby.buildkit.trace"), Some(aux)) => self.trace.take(aux, report),
            (None | Some("moby.image.id"), Some(aux)) => self.image = image_id(aux).or(self.image),
            _ => {}
        }
        if let Some(text) = message.stream.filter(|_| self.builder == Builder::Classic) {
            self.transcript.take(&text, report);
        }
        Ok(())
    }

    /// The result. If the stream ends without the message that the image exists, it was cut off.
    fn answer(self, client: &Client) -> Result<BuildAnswer, WorldError> {
        let made =
            |id: &Digest| self.builder == Builder::BuildKit || self.transcript.made(&id.hex());
        let image = self
            .image
            .filter(made)
            .ok_or_else(|| client.unreachable("the build's response ended before its result"))?;
        let (cached, ran) = match self.builder {
            Builder::BuildKit => self.trace.counts(),
            Builder::Classic => self.transcript.counts(),
        };
        Ok(BuildAnswer { image, cached, ran })
    }
}

fn image_id(aux: &serde_json::Value) -> Option<Digest> {
    aux.get("ID")?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests;
