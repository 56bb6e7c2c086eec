//! Inspects paths of an image, in a container that never runs.

use super::{Container, ContainerError, Plan, Setup};
use crate::engine::docker::client::SMALL;
use crate::request::{FileKind, Found, Look, WorldError};
use bollard::errors::Error;
use bollard::query_parameters::DownloadFromContainerOptionsBuilder;
use futures_util::StreamExt as _;
use std::io::Read as _;

/// The most links that are followed, the same as in the kernel.
const LINKS: usize = 40;
/// Enough of an archive for its first entry's header, with long names and attributes.
const HEADER: usize = 64 << 10;
/// The memory of a container that never runs: the least that every engine accepts.
const MEMORY: u64 = 16 << 20;

/// Inspects each path.
pub(super) async fn look(
    setup: &Setup<'_>,
    looks: &[Look],
) -> Result<Vec<Option<Found>>, WorldError> {
    let container = idle(setup).await?;
    let found = all(&container, looks).await;
    container.remove().await;
    found
}

/// A container that is never started.
pub(super) async fn idle(setup: &Setup<'_>) -> Result<Container, WorldError> {
    // An image may have no command. This container is never started, so any command will do.
    let plan = Plan {
        argv: Some(vec!["/never-started".into()]),
        network: "none".into(),
        memory: MEMORY,
        ..Plan::default()
    };
    setup.create(plan).await.map_err(|error| match error {
        ContainerError::NotStarted(why) => {
            let what = format!("a container of {}", setup.image);
            setup.client.refused(what, why)
        }
        ContainerError::World(error) => error,
    })
}

async fn all(container: &Container, looks: &[Look]) -> Result<Vec<Option<Found>>, WorldError> {
    let mut all = Vec::with_capacity(looks.len());
    for look in looks {
        all.push(one(container, look).await?);
    }
    Ok(all)
}

/// Follows a chain of links to its end; `None` if that does not exist.
async fn one(container: &Container, look: &Look) -> Result<Option<Found>, WorldError> {
    let mut path = look.path.clone();
    for _ in 0..LINKS {
        let found = at(container, &path, look.content).await?;
        match found {
            Some(Found {
                kind: FileKind::Link,
                target: Some(target),
                ..
            }) if look.follow => path = joined(&path, &target),
            other => return Ok(other),
        }
    }
    Ok(None)
}

async fn at(container: &Container, path: &str, content: bool) -> Result<Option<Found>, WorldError> {
    let wanted = HEADER + if content { Found::LARGEST } else { 0 };
    let bytes = archive(container, path, wanted).await?;
    bytes
        .map(|bytes| first(&bytes, content).map_err(|why| unreadable(container, path, &why)))
        .transpose()
}

/// The fault of an archive that is not one.
pub(super) fn unreadable(container: &Container, path: &str, why: &std::io::Error) -> WorldError {
    let why = format!("the engine's archive of it cannot be read: {why}");
    container.client.refused(path, why)
}

/// The beginning of the engine's archive of a path, this long or a little longer; `None` if the path does not exist.
pub(super) async fn archive(
    container: &Container,
    path: &str,
    wanted: usize,
) -> Result<Option<Vec<u8>>, WorldError> {
    let broken = |why: String| container.client.refused(path, why);
    let read = async {
        let options = DownloadFromContainerOptionsBuilder::default()
            .path(path)
            .build();
        let mut pieces = Box::pin(
            container
                .client
                .docker()
                .download_from_container(&container.id, Some(options)),
        );
        let mut bytes = Vec::new();
        while let Some(piece) = pieces.next().await {
            match piece {
                Ok(piece) => bytes.extend_from_slice(&piece),
                Err(Error::DockerResponseServerError {
                    status_code: 404, ..
                }) => return Ok(None),
                Err(Error::DockerResponseServerError { message, .. }) if is_nothing(&message) => {
                    return Ok(None);
                }
                Err(error) => return Err(broken(error.to_string())),
            }
            // The archive of a folder holds all of its contents; only the beginning is read.
            if bytes.len() >= wanted {
                break;
            }
        }
        Ok(Some(bytes))
    };
    tokio::time::timeout(SMALL, read)
        .await
        .map_err(|_| broken("the engine did not send it in time".into()))?
}

/// Other texts for 404: a part of the path is a file, for example.
fn is_nothing(message: &str) -> bool {
    ["no such file", "not a directory", "could not find the file"]
        .iter()
        .any(|words| message.to_lowercase().contains(words))
}

/// The first entry of an archive that may be truncated.
fn first(bytes: &[u8], content: bool) -> std::io::Result<Found> {
    let mut archive = tar::Archive::new(bytes);
    let mut entry = archive
        .entries()?
        .next()
        .ok_or(std::io::ErrorKind::UnexpectedEof)??;
    let header = entry.header();
    let kind = match header.entry_type() {
        kind if kind.is_dir() => FileKind::Folder,
        kind if kind.is_symlink() => FileKind::Link,
        kind if kind.is_file() => FileKind::File,
        _ => FileKind::Other,
    };
    let (mode, uid, gid, size) = (
        header.mode()? & 0o7777,
        header.uid()?,
        header.gid()?,
        header.size()?,
    );
    let target = entry
        .link_name_bytes()
        .filter(|_| kind == FileKind::Link)
        .map(|name| String::from_utf8_lossy(&name).into_owned());
    let content = (content && kind == FileKind::File).then(|| {
        let mut read = Vec::new();
        // The missing end is what was not read.
        let _ = entry
            .by_ref()
            .take(Found::LARGEST as u64)
            .read_to_end(&mut read);
        read
    });
    Ok(Found {
        kind,
        mode,
        uid,
        gid,
        size,
        target,
        content,
    })
}

/// The target of a link at `path`, as an absolute path. The engine keeps it inside the container.
fn joined(path: &str, target: &str) -> String {
    if target.starts_with('/') {
        return target.to_owned();
    }
    let folder = path
        .trim_end_matches('/')
        .rsplit_once('/')
        .map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(target.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests;
