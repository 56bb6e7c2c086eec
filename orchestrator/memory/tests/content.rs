use crate::memory::{content_id, join_contents};
use crate::name::{Digest, Platform};
use serde_json::{Value, json};

fn id(layers: &[&str], config: &Value) -> Digest {
    let layers: Vec<Digest> = layers.iter().map(Digest::of).collect();
    content_id(&Platform::linux_amd64(), &layers, config)
}

/// Whether two configurations make the same image.
#[track_caller]
fn check(one: Value, other: Value, same: bool) {
    let ids = (id(&["a"], &one), id(&["a"], &other));
    assert_eq!(ids.0 == ids.1, same, "{one} {other}");
}

#[test]
fn empty_equals_missing() {
    for name in [
        "Cmd",
        "Env",
        "Labels",
        "User",
        "Volumes",
        "Healthcheck",
        "OnBuild",
    ] {
        for empty in [json!(null), json!(""), json!([]), json!({}), json!(false)] {
            check(json!({ name: empty }), json!({}), true);
        }
    }
    check(json!({ "Healthcheck": { "Interval": 0 } }), json!({}), true);
    check(
        json!({ "Healthcheck": { "Interval": 1 } }),
        json!({}),
        false,
    );
}

#[test]
fn a_label_may_be_empty() {
    check(json!({ "Labels": { "a": "" } }), json!({}), false);
    check(
        json!({ "Labels": { "a": "" } }),
        json!({ "Labels": { "a": "" } }),
        true,
    );
}

#[test]
fn what_a_container_notices_counts() {
    for name in ["Cmd", "Entrypoint", "Env", "OnBuild", "Shell"] {
        check(
            json!({ name: ["a", "b"] }),
            json!({ name: ["b", "a"] }),
            false,
        );
    }
    for name in ["StopSignal", "User", "WorkingDir"] {
        check(json!({ name: "a" }), json!({ name: "b" }), false);
    }
    for name in ["Image", "Hostname", "Domainname", "AttachStdin"] {
        check(json!({ name: "a" }), json!({}), true);
    }
}

#[test]
fn sets_have_no_order_and_two_spellings() {
    for name in ["ExposedPorts", "Volumes"] {
        let object = json!({ name: { "a": {}, "b": {} } });
        check(object.clone(), json!({ name: ["b", "a"] }), true);
        check(object, json!({ name: ["a"] }), false);
    }
}

#[test]
fn layers_and_platform_count() {
    let none = json!({});
    assert_ne!(id(&["a", "b"], &none), id(&["b", "a"], &none));
    assert_ne!(id(&["a"], &none), id(&["a", "a"], &none));
    let arm: Platform = "linux/arm64".parse().expect("a platform");
    assert_ne!(content_id(&arm, &[], &none), id(&[], &none));
}

#[test]
fn several_contents_have_no_order() {
    let (a, b) = (Digest::of("a"), Digest::of("b"));
    assert_eq!(join_contents([&a, &b]), join_contents([&b, &a]));
    assert_ne!(join_contents([&a, &b]), join_contents([&a]));
    assert_ne!(join_contents([&a]), a);
}
