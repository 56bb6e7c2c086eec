use super::*;
use serde_json::json;

fn images(manifest: Value) -> Vec<String> {
    let manifest: Manifest = serde_json::from_value(manifest).unwrap();
    let text = |(platform, digest): (Option<Platform>, Digest)| {
        let platform = platform.map_or("?".into(), |platform| platform.to_string());
        format!("{platform} {}", digest.short())
    };
    manifest.images().into_iter().map(text).collect()
}

#[test]
fn attestations_and_unreadable_digests_are_left_out() {
    let digest = Digest::of("a");
    let entry = |os: &str| json!({ "digest": digest, "size": 1, "platform": { "os": os, "architecture": "amd64" } });
    let other =
        json!({ "digest": "sha512:00", "platform": { "os": "linux", "architecture": "amd64" } });
    let index = json!({ "manifests": [entry("linux"), entry("unknown"), other, { "digest": digest }, entry("")] });
    let short = digest.short();
    assert_eq!(
        images(index),
        [
            format!("linux/amd64 {short}"),
            format!("? {short}"),
            format!("? {short}")
        ]
    );
    assert!(images(json!({ "manifests": null, "annotations": { "a": null } })).is_empty());
}

#[test]
fn configurations() {
    let text = r#"{"os":"windows","architecture":"amd64","os.version":"10.0.1","rootfs":null,"config":{"Env":["A=1"]}}"#;
    let config = Configuration::read(text.as_bytes()).unwrap();
    let platform = config.platform.read().unwrap();
    assert_eq!(platform.os_version.as_deref(), Some("10.0.1"));
    assert_eq!(config.config["Env"][0], "A=1");
    assert!(config.layers().is_empty() && !config.has_cache());
    let cached = Configuration::read(br#"{"moby.buildkit.cache.v0":"eyJ9"}"#).unwrap();
    assert!(cached.has_cache() && cached.platform.read().is_none());
    assert!(Configuration::read(b"no").is_err());
}

#[test]
fn other_bytes_are_an_error() {
    for text in ["", "[]", "\"x\"", r#"{"layers":{}}"#] {
        let bytes = text.as_bytes();
        let stored = Stored {
            digest: Digest::of(bytes),
            media_type: String::new(),
            bytes: bytes.into(),
        };
        assert!(stored.manifest().is_err(), "{text}");
    }
}

#[test]
fn a_configuration_says_when_the_image_was_built() {
    for (created, built) in [
        (json!("2026-08-03T06:00:00.123Z"), Some(1_785_736_800)),
        (json!("0001-01-01T00:00:00Z"), None),
        (json!("yesterday"), None),
        (json!(7), None),
        (json!(null), None),
    ] {
        let config = json!({ "os": "linux", "architecture": "amd64", "created": created });
        let config = Configuration::read(config.to_string().as_bytes()).unwrap();
        assert_eq!(config.built(), built, "{created}");
    }
}
