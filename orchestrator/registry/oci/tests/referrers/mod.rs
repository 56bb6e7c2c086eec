//! What refers to an image, in registries with and without lists of their own.

mod registry;

use super::client;
use crate::name::{Digest, Reference, Repository, Tag};
use crate::registry::{Registry as _, fake, remove_referrers};
use crate::request::{Patience, Stored};
use registry::{Lists, Registry};
use serde_json::{Value, json};

const KEPT: Lists = Lists::Kept {
    page: 2,
    filters: true,
};
const ALL: [Lists; 4] = [
    KEPT,
    Lists::Kept {
        page: 2,
        filters: false,
    },
    Lists::Page,
    Lists::Unknown,
];

/// A document of this type about an image.
fn referrer(kind: &str, subject: Digest, text: &str) -> Stored {
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "artifactType": kind,
        "config": { "mediaType": "application/vnd.oci.empty.v1+json", "digest": Digest::of("{}"), "size": 2 },
        "layers": [],
        "subject": { "mediaType": "m", "digest": subject, "size": 1 },
        "annotations": { "text": text },
    });
    let bytes = manifest.to_string().into_bytes();
    Stored {
        digest: Digest::of(&bytes),
        media_type: "application/vnd.oci.image.manifest.v1+json".into(),
        bytes: bytes.into(),
    }
}

/// The digests that refer to an image, sorted.
async fn list(repository: &Repository, subject: Digest, kind: Option<&str>) -> Vec<Digest> {
    let client = client(&[]);
    let list = client.referrers(repository, subject, kind, Patience::CACHE);
    let list = list.await.expect("a list");
    let mut digests: Vec<Digest> = list.iter().map(|one| one.digest).collect();
    digests.sort_unstable();
    digests
}

fn sorted(all: &[&Stored]) -> Vec<Digest> {
    let mut digests: Vec<Digest> = all.iter().map(|one| one.digest).collect();
    digests.sort_unstable();
    digests
}

fn tagged(path: &str, subject: Digest) -> String {
    format!("{path}/manifests/{}", Tag::referrers(subject))
}

#[tokio::test]
async fn what_is_attached_is_listed_once() {
    for lists in ALL {
        let registry = Registry::new(lists).await;
        let (repository, image) = (registry.repository("cimg/go"), Digest::of("image"));
        assert_eq!(list(&repository, image, None).await, [], "{lists:?}");
        let kinds = [
            "application/spdx+json",
            "application/vnd.in-toto+json",
            "x/y",
        ];
        let all = kinds.map(|kind| referrer(kind, image, kind));
        let [sbom, provenance, other] = &all;
        for one in &all {
            client(&[])
                .attach(&repository, one)
                .await
                .expect("it is attached");
        }
        // Of another image.
        let foreign = referrer(kinds[0], Digest::of("another image"), "");
        client(&[])
            .attach(&repository, &foreign)
            .await
            .expect("it is attached");
        let found = list(&repository, image, None).await;
        assert_eq!(found, sorted(&[sbom, provenance, other]), "{lists:?}");
        let found = list(&repository, image, Some(kinds[0])).await;
        assert_eq!(found, [sbom.digest], "{lists:?}");

        let has_tag = registry.get(&tagged("cimg/go", image)).is_some();
        assert_eq!(
            has_tag,
            matches!(lists, Lists::Page | Lists::Unknown),
            "{lists:?}"
        );
        client(&[])
            .attach(&repository, sbom)
            .await
            .expect("it is attached");
        assert_eq!(list(&repository, image, None).await.len(), 3, "{lists:?}");
    }
}

#[tokio::test]
async fn a_list_under_a_tag_keeps_what_another_client_adds() {
    let registry = Registry::new(Lists::Unknown).await;
    let (repository, image) = (registry.repository("cimg/go"), Digest::of("image"));
    let own = referrer("application/spdx+json", image, "");
    // It has read the list before ours was in it, and has fields of its own.
    let theirs = json!({
        "mediaType": "m", "digest": Digest::of("signature"), "size": 7, "artifactType": "x/y",
        "annotations": { "a": "b" }, "data": "e30=", "platform": { "os": "linux" },
    });
    let media_type = "application/vnd.oci.image.index.v1+json";
    let index = json!({ "schemaVersion": 2, "mediaType": media_type, "manifests": [theirs] });
    let tag = tagged("cimg/go", image);
    registry.rival(&tag, &index);
    let calm = client(&[]);
    calm.attach(&repository, &own)
        .await
        .expect("it is attached");
    let now = registry.get(&tag).expect("a list");
    assert_eq!(now["manifests"][0], theirs);
    assert_eq!(now["manifests"][1]["digest"], json!(own.digest));
    assert_eq!(now["manifests"][1]["artifactType"], "application/spdx+json");
    assert_eq!(now["manifests"][1]["annotations"]["text"], "");
}

#[tokio::test]
async fn referrers_are_copied_once_between_registries_of_both_kinds() {
    for (from, to) in [(KEPT, Lists::Unknown), (Lists::Unknown, KEPT), (KEPT, KEPT)] {
        let (source, target) = (Registry::new(from).await, Registry::new(to).await);
        let (own, other) = (source.repository("cimg/go"), target.repository("new/go"));
        let image = Digest::of("image");
        let all = ["1", "2", "3"].map(|text| referrer("x/y", image, text));
        for one in &all {
            client(&[]).attach(&own, one).await.expect("it is attached");
        }
        for _ in 0..2 {
            let copied = client(&[]).copy_referrers(&own, image, &other).await;
            copied.expect("they are copied");
            let expected = sorted(&all.each_ref());
            assert_eq!(list(&other, image, None).await, expected, "{from:?} {to:?}");
        }
        // Each of them, and the list as often if it is a tag: the second time, nothing is written.
        let expected = if to == Lists::Unknown { 6 } else { 3 };
        assert_eq!(target.writes(), expected, "{from:?} {to:?}");
    }
}

#[tokio::test]
async fn referrers_go_with_the_tag_that_lists_them() {
    for lists in ALL {
        let registry = Registry::new(lists).await;
        let (repository, image) = (registry.repository("cimg/go"), Digest::of("image"));
        let own = referrer("x/y", image, "");
        let calm = client(&[]);
        calm.attach(&repository, &own)
            .await
            .expect("it is attached");
        for _ in 0..2 {
            let removed = remove_referrers(&client(&[]), &repository, image).await;
            removed.expect("they are removed");
        }
        let path = format!("cimg/go/manifests/{}", own.digest);
        assert_eq!(registry.get(&path), None, "{lists:?}");
        assert_eq!(registry.get(&tagged("cimg/go", image)), None, "{lists:?}");
    }
}

#[tokio::test]
async fn what_is_not_a_list_is_an_error_with_the_place() {
    let registry = Registry::new(Lists::Unknown).await;
    let (repository, image) = (registry.repository("cimg/go"), Digest::of("image"));
    let tag = Reference::tagged(repository.clone(), Tag::referrers(image));
    let stranger = fake::image("stranger");
    client(&[])
        .put(&tag, &stranger)
        .await
        .expect("it is written");
    let calm = client(&[]);
    let found = calm.referrers(&repository, image, None, Patience::CACHE);
    let error = found.await.expect_err("it is an image").to_string();
    assert!(error.contains(&tag.to_string()), "{error}");
    assert!(error.contains("is not an index: delete it"), "{error}");
    let image = fake::image("no referrer");
    let error = client(&[]).attach(&repository, &image).await;
    let error = error.expect_err("it has no subject").to_string();
    assert!(error.contains("it has no `subject`"), "{error}");
}

/// Attestations that BuildKit lists in an index, with a platform `unknown`, are copied with it.
#[tokio::test]
async fn attestations_in_an_index_survive_copies() {
    let (source, target) = (
        Registry::new(Lists::Unknown).await,
        Registry::new(KEPT).await,
    );
    let (own, other) = (source.repository("cimg/go"), target.repository("new/go"));
    let image = fake::image("image");
    let attestation = referrer(
        "application/vnd.docker.attestation.manifest.v1+json",
        image.digest,
        "",
    );
    let entry = |one: &Stored, platform: Value| {
        json!({
            "mediaType": one.media_type, "digest": one.digest, "size": one.bytes.len(), "platform": platform,
            "annotations": { "vnd.docker.reference.digest": image.digest },
        })
    };
    let index = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [
            entry(&image, json!({ "os": "linux", "architecture": "amd64" })),
            entry(&attestation, json!({ "os": "unknown", "architecture": "unknown" })),
        ],
    });
    let bytes = index.to_string().into_bytes();
    let stored = Stored {
        digest: Digest::of(&bytes),
        media_type: "application/vnd.oci.image.index.v1+json".into(),
        bytes: bytes.into(),
    };
    for one in [&image, &attestation, &stored] {
        let place = Reference::pinned(own.clone(), one.digest);
        client(&[]).put(&place, one).await.expect("it is written");
    }
    let copied = client(&[]).copy(&own, stored.digest, &other).await;
    copied.expect("it is copied");
    for one in [&image, &attestation, &stored] {
        let path = format!("new/go/manifests/{}", one.digest);
        assert!(target.get(&path).is_some(), "{path}");
    }
    let path = format!("new/go/manifests/{}", stored.digest);
    assert_eq!(target.get(&path), Some(index));
}
