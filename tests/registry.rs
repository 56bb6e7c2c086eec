//! The registry client against a real registry: `distribution`, as packaged by Debian.

#[path = "registry/server.rs"]
mod server;

use kiln::host::Environment;
use kiln::name::{Digest, Reference, Repository};
use kiln::registry::Registry;
use kiln::registry::credentials::Credentials;
use kiln::registry::oci::{Limits, OciRegistry};
use kiln::request::{FaultKind, IndexEntry, Patience, Stored, WorldError};
use serde_json::json;
use server::Server;
use std::time::Duration;

/// A client with short delays between tries.
fn client(vars: &[(&str, &str)]) -> OciRegistry {
    let env: Environment = vars
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect();
    let limits = Limits {
        delay: Duration::from_millis(5),
        ..Limits::default()
    };
    OciRegistry::new(&env, Credentials::from(&env), limits)
}

fn reference(server: &Server, rest: &str) -> Reference {
    format!("{}/{rest}", server.domain()).parse().unwrap()
}

/// Uploads a blob like other clients.
async fn upload(repository: &Repository, bytes: &[u8]) {
    let base = format!("http://{}", repository.domain());
    let http = reqwest::Client::new();
    let start = http
        .post(format!("{base}/v2/{}/blobs/uploads/", repository.path()))
        .send()
        .await
        .unwrap();
    let session = start.headers()["location"].to_str().unwrap();
    let end = http
        .put(format!("{session}&digest={}", Digest::of(bytes)))
        .body(bytes.to_vec());
    assert_eq!(end.send().await.unwrap().status(), 201);
}

/// The configuration of an image.
fn config(seed: &str) -> Vec<u8> {
    json!({ "os": "linux", "architecture": "amd64", "config": { "Labels": { "seed": seed } } })
        .to_string()
        .into_bytes()
}

/// The manifest of an image with one layer.
fn manifest(seed: &str, layer: &[u8]) -> Stored {
    let part = |kind: &str, bytes: &[u8]| {
        let kind = format!("application/vnd.docker.{kind}");
        json!({ "mediaType": kind, "size": bytes.len(), "digest": Digest::of(bytes) })
    };
    let media_type = "application/vnd.docker.distribution.manifest.v2+json";
    let body = json!({
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": part("container.image.v1+json", &config(seed)),
        "layers": [part("image.rootfs.diff.tar.gzip", layer)],
    });
    let bytes = body.to_string().into_bytes();
    Stored {
        digest: Digest::of(&bytes),
        media_type: media_type.into(),
        bytes: bytes.into(),
    }
}

/// An index of these images.
fn index(images: &[Stored]) -> Stored {
    Stored::index(images.iter().map(|image| IndexEntry {
        platform: "linux/amd64".parse().unwrap(),
        digest: image.digest,
        media_type: image.media_type.clone(),
        size: image.bytes.len() as u64,
    }))
}

/// An image with one layer in this repository.
async fn image(client: &OciRegistry, at: &Reference, seed: &str, layer: &[u8]) -> Stored {
    let _ = rustls::crypto::ring::default_provider().install_default();
    upload(&at.repository, &config(seed)).await;
    upload(&at.repository, layer).await;
    let stored = manifest(seed, layer);
    client.put(at, &stored).await.unwrap();
    stored
}

#[tokio::test]
async fn manifests_tags_and_blobs() {
    let (server, client) = (Server::open(), client(&[]));
    let one = reference(&server, "cimg/go:1.27.0");
    assert_eq!(client.head(&one, Patience::READ).await, Ok(None));
    assert_eq!(client.manifest(&one, Patience::READ).await, Ok(None));
    assert_eq!(
        client.tags(&one.repository, Patience::READ).await,
        Ok(vec![])
    );
    let stored = image(&client, &one, "go", b"layer").await;
    assert_eq!(
        client.head(&one, Patience::READ).await,
        Ok(Some(stored.digest))
    );
    assert_eq!(
        client.manifest(&one, Patience::READ).await,
        Ok(Some(stored.clone()))
    );
    let config = config("go");
    let blob = client
        .blob(&one.repository, Digest::of(&config), Patience::READ)
        .await
        .unwrap();
    assert_eq!(&*blob, config);
    assert!(
        client
            .blob(&one.repository, Digest::of("none"), Patience::READ)
            .await
            .is_err()
    );

    let latest = reference(&server, "cimg/go:latest");
    client.put(&latest, &stored).await.unwrap();
    client.put(&latest, &stored).await.unwrap();
    assert_eq!(
        client.head(&latest, Patience::READ).await,
        Ok(Some(stored.digest))
    );
    let pinned = Reference::pinned(one.repository.clone(), stored.digest);
    assert_eq!(
        client.head(&pinned, Patience::READ).await,
        Ok(Some(stored.digest))
    );
    assert_eq!(
        client.tags(&one.repository, Patience::READ).await.unwrap(),
        ["1.27.0", "latest"]
    );

    let error = client.delete(&latest).await.unwrap_err().to_string();
    assert!(error.contains("does not support deleting tags"), "{error}");
    client.delete(&pinned).await.unwrap();
    client.delete(&pinned).await.unwrap();
    assert_eq!(client.head(&latest, Patience::READ).await, Ok(None));
}

#[tokio::test]
async fn an_index_is_written_after_its_images() {
    let (server, client) = (Server::open(), client(&[]));
    let one = reference(&server, "cimg/go:one");
    let other = manifest("nowhere", b"nothing");
    let both = index(&[
        image(&client, &one, "one", b"1").await,
        image(&client, &one, "two", b"2").await,
    ]);
    let broken = client.put(&one, &index(&[other])).await.unwrap_err();
    assert!(
        matches!(&broken, WorldError::Fault { kind: FaultKind::Refused, why, .. } if why.contains("MANIFEST_BLOB_UNKNOWN")),
        "{broken}"
    );
    client.put(&one, &both).await.unwrap();
    assert_eq!(
        client.manifest(&one, Patience::READ).await,
        Ok(Some(both.clone()))
    );

    // In the same registry, by digest only.
    let to = reference(&server, "other/go:x");
    client
        .copy(&one.repository, both.digest, &to.repository)
        .await
        .unwrap();
    let pinned = Reference::pinned(to.repository.clone(), both.digest);
    assert_eq!(
        client.manifest(&pinned, Patience::READ).await,
        Ok(Some(both))
    );
    assert_eq!(
        &*client
            .blob(&to.repository, Digest::of("2"), Patience::READ)
            .await
            .unwrap(),
        b"2"
    );
    let missing = client
        .copy(&one.repository, Digest::of("none"), &to.repository)
        .await
        .unwrap_err();
    assert!(
        missing
            .to_string()
            .ends_with("the image to copy does not exist"),
        "{missing}"
    );
}

#[tokio::test]
async fn images_are_copied_between_registries() {
    let (near, far) = (Server::open(), Server::closed());
    let client = client(&[(
        &Credentials::variable(reference(&far, "x").repository.domain()),
        "me:sesame",
    )]);
    let (from, to) = (reference(&near, "stage/go:x"), reference(&far, "cimg/go:x"));
    let layer: Vec<u8> = (0..5_000_000u32).flat_map(u32::to_le_bytes).collect();
    let stored = image(&client, &from, "large", &layer).await;
    client
        .copy(&from.repository, stored.digest, &to.repository)
        .await
        .unwrap();
    client
        .copy(&from.repository, stored.digest, &to.repository)
        .await
        .unwrap();
    client.put(&to, &stored).await.unwrap();
    assert_eq!(
        client.head(&to, Patience::READ).await,
        Ok(Some(stored.digest))
    );
    let error = client
        .blob(&to.repository, Digest::of(&layer), Patience::READ)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.ends_with("longer than 8388608 bytes"), "{error}");
    // A second repository in that registry mounts it from the first.
    let second = reference(&far, "second/go:x");
    client
        .copy(&from.repository, stored.digest, &second.repository)
        .await
        .unwrap();
    let pinned = Reference::pinned(second.repository, stored.digest);
    assert_eq!(
        client.head(&pinned, Patience::READ).await,
        Ok(Some(stored.digest))
    );
}

#[tokio::test]
async fn credentials_are_required_and_checked() {
    let server = Server::closed();
    let one = reference(&server, "cimg/go:1");
    let variable = Credentials::variable(one.repository.domain());
    let home = tempfile::TempDir::new().unwrap();
    let folder = home.path().to_str().unwrap();
    let open = client(&[(&variable, "me:sesame")]);
    assert_eq!(open.head(&one, Patience::READ).await, Ok(None));

    let config = format!(
        r#"{{"auths":{{"{}":{{"auth":"bWU6c2VzYW1l"}}}}}}"#,
        server.domain()
    );
    std::fs::write(home.path().join("config.json"), config).unwrap();
    assert_eq!(
        client(&[("DOCKER_CONFIG", folder)])
            .head(&one, Patience::READ)
            .await,
        Ok(None)
    );

    let none = client(&[]).head(&one, Patience::READ).await.unwrap_err();
    let wrong = client(&[(&variable, "me:open-up")])
        .head(&one, Patience::READ)
        .await
        .unwrap_err();
    let put = client(&[(&variable, "me:open-up")])
        .put(&one, &manifest("x", b"x"))
        .await
        .unwrap_err();
    for (error, says) in [
        (none, "no credential was found"),
        (wrong, &*variable),
        (put, &*variable),
    ] {
        let text = format!("{error} {error:?}");
        assert!(text.contains(says) && !text.contains("open-up"), "{text}");
        assert_eq!(error.kind(), FaultKind::NotAllowed);
    }
}

/// While a tag moves, distribution 2.8 sometimes responds to readers with 500.
#[tokio::test(flavor = "multi_thread")]
async fn a_tag_can_be_read_while_it_moves() {
    let (server, client) = (Server::open(), client(&[]));
    let tag = reference(&server, "cimg/go:latest");
    let (one, two) = (
        image(&client, &tag, "one", b"1").await,
        image(&client, &tag, "two", b"2").await,
    );
    let writer = async {
        for stored in [&one, &two].into_iter().cycle().take(200) {
            client.put(&tag, stored).await.unwrap();
        }
    };
    // Another client, which does not know about the write.
    let reader = self::client(&[]);
    let readers = async {
        for _ in 0..400 {
            let seen = reader
                .head(
                    &tag,
                    Patience {
                        tries: 8,
                        ..Patience::READ
                    },
                )
                .await
                .unwrap()
                .unwrap();
            assert!([one.digest, two.digest].contains(&seen));
        }
    };
    tokio::join!(writer, readers);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_survive_a_restart_of_the_registry() {
    let mut server = Server::open();
    let client = client(&[]);
    let tag = reference(&server, "cimg/go:latest");
    let stored = image(&client, &tag, "one", b"1").await;
    server.stop();
    let error = client.head(&tag, Patience::CACHE).await.unwrap_err();
    assert_eq!(error.kind(), FaultKind::NotReachable, "{error:?}");
    let patient = OciRegistry::new(
        &Environment::default(),
        Credentials::none(),
        Limits::default(),
    );
    let next = reference(&server, "cimg/go:next");
    let put = patient.put(&next, &stored);
    let restart = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        tokio::task::block_in_place(|| server.start());
    };
    let (put, ()) = tokio::join!(put, restart);
    assert_eq!(put, Ok(()));
    assert_eq!(
        client.head(&next, Patience::READ).await,
        Ok(Some(stored.digest))
    );
}
