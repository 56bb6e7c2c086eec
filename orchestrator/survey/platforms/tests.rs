//! Bases as registries serve them, and the message for those that lack a platform.

use super::*;
use crate::line::tests::bring;
use crate::matrix::Inputs;
use crate::memory::NoHistory;
use crate::name::Repository;
use crate::plan::{self, Facts, Options};
use crate::registry::fake::Fake;
use crate::survey::{Unresolved, resolve};
use serde_json::{Value, json};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

fn repository() -> Repository {
    "r.example/base".parse().unwrap()
}

fn stored(media_type: &str, body: Value) -> Stored {
    let bytes = body.to_string().into_bytes();
    Stored {
        digest: Digest::of(&bytes),
        media_type: media_type.into(),
        bytes: bytes.into(),
    }
}

/// `os/architecture[/variant]` as indexes and configurations have it; `-` for no platform.
fn fields(platform: &str) -> Value {
    let mut words = platform.split('/');
    match (words.next(), words.next(), words.next()) {
        (Some(os), Some(architecture), Some(variant)) => {
            json!({ "os": os, "architecture": architecture, "variant": variant })
        }
        (Some(os), Some(architecture), None) => json!({ "os": os, "architecture": architecture }),
        _ => json!({}),
    }
}

/// An image whose configuration has this platform, and after `!` an ONBUILD.
fn image(fake: &Fake, own: &str) -> Stored {
    let (platform, onbuild) = own.split_once('!').unzip();
    let platform = platform.unwrap_or(own);
    let mut config = fields(platform);
    config["config"] = json!({ "OnBuild": onbuild.map(|line| vec![line]) });
    let config = config.to_string();
    let digest = fake.seed_blob(&repository(), config.as_bytes());
    let image = stored(
        MANIFEST,
        json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": { "digest": digest }, "layers": [] }),
    );
    fake.seed(&Reference::pinned(repository(), image.digest), &image);
    image
}

/// A base with these images, each `platform in the index=platform in the configuration`. Without `=`, it is a single
/// image without an index, perhaps with an ONBUILD.
fn base(fake: &Fake, parts: &str) -> Stored {
    let (platforms, _) = parts.split_once('!').unwrap_or((parts, ""));
    if !platforms.contains('=') && !parts.is_empty() {
        return image(fake, parts);
    }
    let entries = parts
        .split_whitespace()
        .filter_map(|part| part.split_once('='));
    let entry = |(index, own): (&str, &str)| {
        let mut entry = json!({ "mediaType": MANIFEST, "digest": image(fake, own).digest });
        if index != "-" {
            entry["platform"] = fields(index);
        }
        entry
    };
    let entries: Vec<Value> = entries.map(entry).collect();
    stored(
        INDEX,
        json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": entries }),
    )
}

/// The messages for a build based on `r.example/base:1`; without parts, the base does not exist.
fn messages(parts: Option<&str>, dockerfile: &str, platforms: &str) -> Vec<String> {
    messages_in(false, parts, dockerfile, platforms)
}

fn messages_in(
    is_untrusted: bool,
    parts: Option<&str>,
    dockerfile: &str,
    platforms: &str,
) -> Vec<String> {
    let fake = Fake::default();
    if let Some(parts) = parts {
        fake.seed(&"r.example/base:1".parse().unwrap(), &base(&fake, parts));
    }
    let platforms: Vec<String> = platforms.split(' ').map(|p| format!("\"{p}\"")).collect();
    let text = format!(
        "workspace \"w\" {{ publish \"r.example/f/{{image}}\" }}\nimage \"a\" {{ dockerfile \"D\"; tag \"1\"; platforms {} }}",
        platforms.join(" ")
    );
    let plan = planned(&text, dockerfile);
    let bases = Bases {
        plan: &plan,
        registry: &fake,
        engine: None,
        patience: Patience::READ,
        is_untrusted,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let unfit = runtime.block_on(bases.unfit()).unwrap();
    unfit.iter().map(Unfit::to_string).collect()
}

/// The plan that builds a manifest with one hand-written Dockerfile, `D`.
fn planned(manifest: &str, dockerfile: &str) -> Plan {
    let ready = bring(manifest, &Inputs::default(), &[("D", dockerfile)]).made();
    let selected = ready.fleet.variants.iter().map(|v| v.id).collect();
    let options = Options::new(false, selected, &NoHistory);
    plan::build(&ready.materials(), &Facts::default(), &options)
}

#[track_caller]
fn check(parts: &str, platforms: &str, expect: &[&str]) {
    let found = messages(Some(parts), "FROM r.example/base:1\n", platforms);
    let expect: Vec<String> = expect
        .iter()
        .map(|found| format!("`r.example/base:1` (D:1) does not support {found}"))
        .collect();
    assert_eq!(found, expect, "{parts} for {platforms}");
}

/// One run names all the places to mend.
#[test]
fn a_base_that_lacks_a_platform_has_all_its_places() {
    let lines = "COPY --from=r.example/base:1 /a /a\n".repeat(5);
    let dockerfile = format!("FROM r.example/base:1 AS a\nFROM r.example/base:1\n{lines}");
    let found = messages(Some("linux/amd64=linux/amd64"), &dockerfile, "linux/arm64");
    assert_eq!(found.len(), 1, "{found:?}");
    let expect = "`r.example/base:1` (D:2, D:3, D:4, D:5, D:6 and 1 more place) does not support linux/arm64; it has linux/amd64";
    assert_eq!(found[0], expect);
}

/// G23: a base that lacks a platform is refused before the first build.
#[test]
fn bases_have_the_platforms_of_the_images() {
    const AMD64: &str = "linux/amd64=linux/amd64";
    let both = format!("{AMD64} linux/arm64/v8=linux/arm64");
    let attested = format!("unknown/unknown=- {AMD64}");
    check("linux/amd64", "linux/amd64", &[]);
    check(
        "linux/amd64",
        "linux/arm64",
        &["linux/arm64; its platform is linux/amd64"],
    );
    check(AMD64, "linux/amd64", &[]);
    check(&both, "linux/amd64 linux/arm64", &[]);
    check(&attested, "linux/amd64", &[]);
    check(
        &attested,
        "linux/amd64 linux/arm64",
        &["linux/arm64; it has linux/amd64"],
    );
    check(
        &both,
        "linux/s390x",
        &["linux/s390x; it has linux/amd64, linux/arm64"],
    );
    // For an entry without a platform, the image's configuration decides.
    check("-=linux/arm64", "linux/arm64", &[]);
    check(
        "-=linux/arm64",
        "linux/amd64",
        &["linux/amd64; it has linux/arm64"],
    );
    check(
        "linux/arm64=linux/amd64",
        "linux/arm64",
        &["linux/arm64; its index lists an image for it, whose configuration has linux/amd64"],
    );
    check("", "linux/amd64", &["linux/amd64; it has no platforms"]);
    // Images for older CPU variants run, too. Many configurations have no variant.
    check("linux/arm/v6=linux/arm", "linux/arm/v7", &[]);
    check(
        "linux/arm/v7=linux/arm/v7",
        "linux/arm/v6",
        &["linux/arm/v6; it has linux/arm/v7"],
    );
    check(
        "linux/amd64/v3=linux/amd64 linux/amd64=linux/amd64",
        "linux/amd64",
        &[],
    );
    check(
        "linux/amd64/v3=linux/amd64",
        "linux/amd64",
        &["linux/amd64; it has linux/amd64/v3"],
    );
    // An image whose configuration has no platform cannot be compared.
    check("linux/amd64=-", "linux/amd64", &[]);
}

/// What ONBUILD copies must be sent: all files, or the build is refused.
#[test]
fn onbuild_of_a_base_reads_the_context() {
    let said = |onbuild: &str, dockerfile: &str| {
        messages(
            Some(&format!("linux/amd64!{onbuild}")),
            dockerfile,
            "linux/amd64",
        )
    };
    let (part, whole) = (
        "FROM r.example/base:1\n",
        "FROM r.example/base:1\nCOPY . /\n",
    );
    let refused = said("COPY . /app", part);
    assert_eq!(refused.len(), 1, "{refused:?}");
    let expect = "`r.example/base:1` (D:1) runs `ONBUILD COPY . /app`, which reads files that kiln does not know of";
    assert!(refused[0].starts_with(expect), "{refused:?}");
    assert_eq!(said("ADD x /", part).len(), 1);
    for (onbuild, dockerfile) in [
        ("COPY . /app", whole),
        ("RUN true", part),
        (
            "COPY . /app",
            "FROM scratch\nCOPY --from=r.example/base:1 /a /\n",
        ),
        (
            "COPY . /app",
            "FROM r.example/base:1 AS unneeded\nFROM scratch\n",
        ),
    ] {
        assert_eq!(
            said(onbuild, dockerfile),
            Vec::<String>::new(),
            "{onbuild}: {dockerfile}"
        );
    }
}

/// G6: what ONBUILD names is neither locked nor an input, unless it is a stage.
#[test]
fn onbuild_of_a_base_fetches_no_image() {
    let said = |onbuild: &str, dockerfile: &str| {
        let image = format!("linux/amd64!{onbuild}");
        messages(Some(&image), dockerfile, "linux/amd64")
    };
    let base = "FROM r.example/base:1\n";
    let staged = "FROM scratch AS tools\nFROM r.example/base:1\n";
    for (onbuild, dockerfile, image) in [
        (
            "COPY --from=r.example/x:1 /a /b",
            base,
            Some("r.example/x:1"),
        ),
        ("RUN --mount=from=tools,target=/b ls", base, Some("tools")),
        ("COPY --from=tools /a /b", staged, None),
        ("COPY --from=0 /a /b", staged, None),
        ("RUN echo --from=x", base, None),
    ] {
        let said = said(onbuild, dockerfile);
        assert_eq!(
            said.len(),
            usize::from(image.is_some()),
            "{onbuild}: {said:?}"
        );
        if let Some(image) = image {
            let expect = format!(
                "`r.example/base:1` (D:1) runs `ONBUILD {onbuild}`, and the image `{image}` in it is neither locked"
            );
            assert!(said[0].starts_with(&expect), "{said:?}");
        }
    }
}

/// G12: a base gets no secret of the images that are based on it.
#[test]
fn onbuild_of_a_base_mounts_no_secret() {
    let based = "FROM r.example/base:1\n";
    let copied = "FROM scratch\nCOPY --from=r.example/base:1 / /\n";
    for (onbuild, dockerfile, what) in [
        (
            "RUN --mount=type=secret,id=npm base64 /run/secrets/npm",
            based,
            "mounts a secret",
        ),
        (
            "run --network=none --mount=id=$X,type=SECRET ls",
            based,
            "mounts a secret",
        ),
        (
            "RUN --mount=\"type=se\"cret,id=npm ls",
            based,
            "mounts a secret",
        ),
        (
            r#"RUN --mount=\"type=secret\",id=npm ls"#,
            based,
            "mounts a secret",
        ),
        ("RUN --mount=type=ssh ls", based, "mounts an ssh agent"),
        (
            "RUN --mount=type=${T},id=npm ls",
            based,
            "may mount a secret",
        ),
        ("RUN --mount=type=cache,target=/c,id=secret ls", based, ""),
        ("RUN ls --mount=type=secret,id=npm", based, ""),
        ("RUN --mount=type=secret,id=npm ls", copied, ""),
    ] {
        let said = messages(
            Some(&format!("linux/amd64!{onbuild}")),
            dockerfile,
            "linux/amd64",
        );
        let expect = format!(
            "`r.example/base:1` (D:1) runs `ONBUILD {onbuild}`, which {what}, and what an image declares is for its own steps\n  use a base without it, and mount it in a step of the image"
        );
        let expect: Vec<String> = (!what.is_empty()).then_some(expect).into_iter().collect();
        assert_eq!(said, expect, "{onbuild}");
    }
}

#[test]
fn onbuild_of_a_base_gets_nothing_of_the_machine_in_an_untrusted_run() {
    let said = |untrusted, onbuild: &str| {
        let image = format!("linux/amd64!{onbuild}");
        messages_in(
            untrusted,
            Some(&image),
            "FROM r.example/base:1\n",
            "linux/amd64",
        )
    };
    for flag in ["--network=host", "--security=insecure"] {
        let onbuild = format!("RUN {flag} true");
        let expect = format!(
            "`r.example/base:1` (D:1) runs `ONBUILD {onbuild}`: `{flag}` gives a step more of the machine than an untrusted run may give\n  use a base without it, or leave out --untrusted if you trust the base"
        );
        assert_eq!(said(true, &onbuild), [expect]);
        assert_eq!(said(false, &onbuild), [""; 0]);
    }
    assert_eq!(said(true, "RUN --network=none true"), [""; 0]);
}

#[test]
fn each_stage_has_its_own_platform() {
    let amd64 = Some("linux/amd64");
    let tools = "FROM --platform=linux/amd64 r.example/base:1 AS tools\nFROM scratch\nCOPY --from=tools / /\n";
    assert_eq!(messages(amd64, tools, "linux/arm64"), [""; 0]);
    let native = tools.replace("linux/amd64", "$BUILDPLATFORM");
    assert_eq!(messages(amd64, &native, "linux/arm64"), [""; 0]);
    let copied = "FROM scratch\nCOPY --from=r.example/base:1 / /\n";
    assert_eq!(
        messages(amd64, copied, "linux/arm64"),
        ["`r.example/base:1` (D:2) does not support linux/arm64; its platform is linux/amd64"]
    );
    let by_platform =
        "FROM r.example/base:1 AS on-amd64\nFROM scratch AS on-arm64\nFROM on-$TARGETARCH\n";
    assert_eq!(
        messages(amd64, by_platform, "linux/amd64 linux/arm64"),
        [""; 0]
    );
    assert_eq!(
        messages(None, "FROM r.example/base:1\n", "linux/arm64"),
        [""; 0]
    );
}

/// What `kiln lock` finds for each platform: whether it has a digest, or why not.
#[track_caller]
fn check_lock(parts: &str, expect: &[(&str, Result<(), &str>)]) {
    let fake = Fake::default();
    fake.seed(&"r.example/base:1".parse().unwrap(), &base(&fake, parts));
    let platforms = expect.iter().map(|(one, _)| format!("{one:?}"));
    let text = format!(
        "workspace \"w\" {{ publish \"r.example/f/{{image}}\" }}\nimage \"a\" {{ dockerfile \"D\"; tag \"1\"; platforms {} }}",
        platforms.collect::<Vec<_>>().join(" ")
    );
    let ready = bring(
        &text,
        &Inputs::default(),
        &[("D", "FROM r.example/base:1\n")],
    )
    .made();
    let materials = ready.materials();
    let needed = materials.lockable(ready.fleet.variants.iter().map(|v| v.id));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let found = runtime.block_on(resolve(&materials, &needed, &fake));
    let found: Vec<(String, Result<(), String>)> = found
        .into_iter()
        .map(|(key, found)| {
            let found = found.map(|_| ()).map_err(|why| match why {
                Unresolved::Unfit(unfit) => unfit.to_string(),
                Unresolved::World(why) => why.to_string(),
            });
            (key.platform.unwrap().to_string(), found)
        })
        .collect();
    let expect: Vec<(String, Result<(), String>)> = expect
        .iter()
        .map(|(platform, found)| {
            let found =
                found.map_err(|why| format!("`r.example/base:1` (D:1) does not support {why}"));
            ((*platform).into(), found)
        })
        .collect();
    assert_eq!(found, expect, "{parts}");
}

#[test]
fn only_platforms_that_a_base_has_are_locked() {
    let lacks = Err("linux/arm64; it has linux/amd64");
    let one = [("linux/amd64", Ok(())), ("linux/arm64", lacks)];
    check_lock("linux/amd64", &one);
    check_lock("linux/amd64=linux/amd64", &one);
    let both = "linux/amd64=linux/amd64 linux/arm64/v8=linux/arm64";
    check_lock(both, &[("linux/amd64", Ok(())), ("linux/arm64", Ok(()))]);
    // An image that does not say its platform may be for any.
    check_lock("-", &[("linux/amd64", Ok(()))]);
}
