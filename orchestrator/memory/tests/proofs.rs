//! SBOMs and provenance. The validators of their formats read them in tests/proofs.rs.

use super::inputs;
use crate::manifest::Proof;
use crate::memory::packages::{Package, Release, System};
use crate::memory::proofs::{Known, artifact_type, is_own};
use crate::memory::{BaseInput, Details, Inputs, Made, Packages, Part};
use crate::name::{Digest, Platform};
use crate::request::Referrer;
use serde_json::{Value, json};

const WORKSPACES: [String; 0] = [];

fn part(inputs: Vec<Inputs>) -> Part {
    Part {
        variants: vec!["go:1.27.0".into()],
        platform: Platform::linux_amd64(),
        digest: Digest::of("image"),
        manifest: ("application/vnd.oci.image.manifest.v1+json".into(), 7),
        made: Made {
            inputs,
            content: Digest::of("content"),
            revision: Some("1f2e3d4c".into()),
            built: 1_785_000_000,
            seconds: 200,
            cached: (3, 9),
            size: 1,
        },
        passed: Default::default(),
        proofs: Default::default(),
        withdrawn: None,
    }
}

fn package(name: &str, version: &str, source: Option<&str>, below: bool) -> Package {
    Package {
        name: name.into(),
        version: version.into(),
        architecture: "amd64".into(),
        source: source.map(str::to_owned),
        below,
        toolsets: Vec::new(),
    }
}

fn details() -> Details {
    let all = vec![
        package("git", "1:2.47.3-0+deb13u1", None, false),
        package("libssl3t64", "3.5.1-1", Some("openssl"), true),
    ];
    Details {
        args: [("GO".to_owned(), "1.27".to_owned())].into_iter().collect(),
        packages: Some(Box::new(Packages {
            system: System::Dpkg,
            sources: Digest::of("sources"),
            distribution: Some(Release {
                id: "debian".into(),
                version: Some("13".into()),
            }),
            compared: true,
            all,
        })),
        ..Details::default()
    }
}

fn known<'a>(part: &'a Part, details: Option<&'a Details>) -> Known<'a> {
    Known {
        part,
        details,
        workspaces: &WORKSPACES,
        kiln: "0.1.0",
    }
}

/// G10: the same record makes the same bytes, and every fact of it is in the documents.
#[test]
fn the_documents() {
    let mut made_from = inputs("r p:root:1=p/q t:fresh:git=7d");
    let base = BaseInput {
        digest: Digest::of("b"),
        index: Some(Digest::of("index")),
    };
    for name in ["r.example/b:1", "debian:13 for the build platform"] {
        made_from.bases.insert(name.into(), base.clone());
    }
    let part = part(vec![made_from]);
    let details = details();
    let known = known(&part, Some(&details));
    for proof in [Proof::Sbom, Proof::Provenance] {
        assert_eq!(known.attached(proof), known.attached(proof));
        insta::assert_snapshot!(proof.word(), format!("{:#}", known.document(proof)));
    }
}

#[test]
fn the_manifest_refers_to_the_image() {
    let part = part(vec![inputs("r")]);
    for proof in [Proof::Sbom, Proof::Provenance] {
        let attached = known(&part, None).attached(proof);
        let manifest: Value = serde_json::from_slice(&attached.manifest.bytes).expect("JSON");
        let subject = json!({ "mediaType": part.manifest.0, "digest": part.digest, "size": 7 });
        assert_eq!(manifest["subject"], subject);
        let layer = &manifest["layers"][0];
        assert_eq!(layer["digest"], json!(Digest::of(&attached.document)));
        assert_eq!(layer["size"], attached.document.len());
        assert_eq!(layer["mediaType"], artifact_type(proof));
        assert_eq!(manifest["config"]["size"], 2);
        let (of, referrer) = Referrer::of(&attached.manifest).expect("a subject");
        assert_eq!(of, part.digest);
        assert!(is_own(&referrer, proof));
        let other = match proof {
            Proof::Sbom => Proof::Provenance,
            Proof::Provenance => Proof::Sbom,
        };
        assert!(!is_own(&referrer, other));
        let predicate = referrer.annotations.get("in-toto.io/predicate-type");
        assert_eq!(predicate.is_some(), proof == Proof::Provenance);
    }
}

/// What is not known is not claimed.
#[test]
fn what_is_not_known() {
    let part = part(vec![inputs("r"), inputs("s")]);
    let sbom = known(&part, None).document(Proof::Sbom);
    assert_eq!(sbom["packages"].as_array().map(Vec::len), Some(1));
    let contains = &sbom["relationships"][1];
    assert_eq!(contains["relatedSpdxElement"], "NOASSERTION");
    let listed = Details {
        packages: details().packages.map(|packages| {
            Box::new(Packages {
                all: Vec::new(),
                ..*packages
            })
        }),
        ..Details::default()
    };
    let empty = known(&part, Some(&listed)).document(Proof::Sbom);
    assert_eq!(empty["relationships"].as_array().map(Vec::len), Some(1));
    // Two sets of inputs: the commit and the times are those of one of them.
    let provenance = known(&part, None).document(Proof::Provenance);
    let predicate = &provenance["predicate"];
    assert_eq!(predicate["runDetails"]["metadata"], json!({}));
    assert_eq!(
        predicate["buildDefinition"]["resolvedDependencies"],
        json!([])
    );
    let recipe = &predicate["buildDefinition"]["internalParameters"]["recipe"];
    assert_eq!(*recipe, json!(Digest::of("s")));
}

#[test]
fn package_urls() {
    let part = part(vec![inputs("r")]);
    let url = |system: System, distribution: Option<(&str, Option<&str>)>, one: Package| {
        let distribution = distribution.map(|(id, version)| Release {
            id: id.into(),
            version: version.map(str::to_owned),
        });
        let details = Details {
            packages: Some(Box::new(Packages {
                system,
                sources: Digest::of("sources"),
                distribution,
                compared: false,
                all: vec![one],
            })),
            ..Details::default()
        };
        let sbom = known(&part, Some(&details)).document(Proof::Sbom);
        let url = &sbom["packages"][1]["externalRefs"][0]["referenceLocator"];
        url.as_str().expect("a URL").to_owned()
    };
    let debian = Some(("debian", Some("13")));
    for (found, expected) in [
        (
            url(
                System::Dpkg,
                debian,
                package("g++", "4:14.2.0-1", Some("gcc-defaults"), false),
            ),
            "pkg:deb/debian/g%2B%2B@4:14.2.0-1?arch=amd64&distro=debian-13&upstream=gcc-defaults",
        ),
        (
            url(System::Dpkg, None, package("git", "1~rc1", None, false)),
            "pkg:deb/debian/git@1~rc1?arch=amd64",
        ),
        (
            url(
                System::Apk,
                Some(("alpine", Some("3.22.1"))),
                package("curl", "8.14.1-r1", None, false),
            ),
            "pkg:apk/alpine/curl@8.14.1-r1?arch=amd64&distro=alpine-3.22.1",
        ),
        (
            url(
                System::Rpm,
                Some(("rocky", Some("9.6"))),
                package("git", "2:2.47.3-1.el9_6", None, false),
            ),
            "pkg:rpm/rocky/git@2.47.3-1.el9_6?arch=amd64&distro=rocky-9.6&epoch=2",
        ),
    ] {
        assert_eq!(found, expected);
    }
}
