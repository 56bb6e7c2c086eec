//! Images on the engine: inspecting and tagging them.

use super::client::Client;
use crate::memory::content_id;
use crate::name::{Digest, Platform, Reference};
use crate::request::{ImageConfig, ImageInfo, WorldError};
use crate::text::Shown;
use bollard::query_parameters::{RemoveImageOptionsBuilder, TagImageOptionsBuilder};

/// The engine's information about an image.
pub(super) async fn inspect(client: &Client, image: &str) -> Result<Option<ImageInfo>, WorldError> {
    let image = checked(client, image)?;
    let Some(found) = client.found(client.docker().inspect_image(image)).await? else {
        return Ok(None);
    };
    let strange = |what: &str| {
        client.refused(
            format!("image {image}"),
            format!("the engine does not report its {what}"),
        )
    };
    let id = found
        .id
        .as_deref()
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| strange("id"))?;
    let settings = serde_json::json!(found.config);
    let config = found.config.map(config).unwrap_or_default();
    let layers = found.root_fs.and_then(|fs| fs.layers).unwrap_or_default();
    let os = found.os.ok_or_else(|| strange("operating system"))?;
    let architecture = found.architecture.ok_or_else(|| strange("architecture"))?;
    let variant = found.variant.filter(|v| !v.is_empty());
    let layers: Vec<Digest> = layers
        .iter()
        .map(|l| l.parse())
        .collect::<Result<_, _>>()
        .map_err(|_| strange("layers kiln can read"))?;
    let platform = Platform::reported(&os, &architecture, variant.as_deref());
    Ok(Some(ImageInfo {
        id,
        content: content_id(&platform, &layers, &settings),
        os,
        architecture,
        variant,
        layers,
        repo_digests: found
            .repo_digests
            .unwrap_or_default()
            .iter()
            .filter_map(|r| r.parse().ok())
            .collect(),
        size: found
            .size
            .and_then(|s| s.try_into().ok())
            .unwrap_or_default(),
        config,
    }))
}

/// How the image is run.
fn config(said: bollard::models::ImageConfig) -> ImageConfig {
    ImageConfig {
        env: said.env.unwrap_or_default(),
        user: said.user.unwrap_or_default(),
        labels: said.labels.unwrap_or_default().into_iter().collect(),
        entrypoint: said.entrypoint.unwrap_or_default(),
        cmd: said.cmd.unwrap_or_default(),
        workdir: said.working_dir.unwrap_or_default(),
        ports: said.exposed_ports.unwrap_or_default().into_iter().collect(),
        volumes: said.volumes.unwrap_or_default().into_iter().collect(),
        onbuild: said.on_build.unwrap_or_default(),
    }
}

/// Adds a tag to an image.
pub(super) async fn tag(client: &Client, image: &str, name: &Reference) -> Result<(), WorldError> {
    let repository = name.repository.familiar();
    let tag = name.tag.as_ref().map_or("latest", |tag| tag.as_str());
    let options = TagImageOptionsBuilder::default()
        .repo(&repository)
        .tag(tag)
        .build();
    let tagged = client
        .found(
            client
                .docker()
                .tag_image(checked(client, image)?, Some(options)),
        )
        .await?;
    tagged.ok_or_else(|| {
        client.missing(
            format!("tag {name}"),
            format!("the engine has no image {image}"),
        )
    })
}

/// Removes a tag.
pub(super) async fn untag(client: &Client, name: &str) -> Result<(), WorldError> {
    let options = RemoveImageOptionsBuilder::default().build();
    client
        .found(
            client
                .docker()
                .remove_image(checked(client, name)?, Some(options), None),
        )
        .await
        .map(drop)
}

/// A name or an id, without characters that would change the path of the request.
fn checked<'a>(client: &Client, image: &'a str) -> Result<&'a str, WorldError> {
    let hex =
        !image.is_empty() && image.len() <= 64 && image.bytes().all(|b| b.is_ascii_hexdigit());
    if hex || image.parse::<Digest>().is_ok() || image.parse::<Reference>().is_ok() {
        return Ok(image);
    }
    Err(client.refused(
        format!("image `{}`", image.shown()),
        "it is neither the name nor the id of an image",
    ))
}
