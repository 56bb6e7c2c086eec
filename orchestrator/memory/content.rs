//! Content ids: what an image is, independent of who built, compressed and stored it.

use crate::name::{Digest, Platform};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The settings of an image's configuration that count: those that a container of the image notices. Times, history,
/// `Image`, `Hostname`, the builder's own keys and the inline cache do not.
const SETTINGS: &[&str] = &[
    "Cmd",
    "Entrypoint",
    "Env",
    "ExposedPorts",
    "Healthcheck",
    "Labels",
    "OnBuild",
    "Shell",
    "StopSignal",
    "User",
    "Volumes",
    "WorkingDir",
];

/// Settings that are sets of names: engines report them as lists or as objects with empty values.
const SETS: &[&str] = &["ExposedPorts", "Volumes"];

/// The content id of one image on one platform, from the digests of its uncompressed layers and its `config` as the OCI
/// image specification and the Docker Engine API have it. Empty settings equal missing ones.
pub fn content_id(platform: &Platform, layers: &[Digest], config: &Value) -> Digest {
    let mut text = format!("kiln-content-1\nplatform {platform}\n");
    for layer in layers {
        let _ = writeln!(text, "layer {layer}");
    }
    for name in SETTINGS {
        let value = match SETS.contains(name) {
            true => names(&config[*name]),
            false => counted(&config[*name]),
        };
        if let Some(value) = value {
            let _ = writeln!(text, "{name} {value}");
        }
    }
    Digest::of(text)
}

/// The content of an image on several platforms, where a stage needs whichever one the build platform is.
pub fn join_contents<'a>(contents: impl IntoIterator<Item = &'a Digest>) -> Digest {
    let mut all: Vec<String> = contents.into_iter().map(ToString::to_string).collect();
    all.sort();
    Digest::of(format!("kiln-contents-1\n{}", all.join("\n")))
}

/// A setting in one spelling; `None` if it is empty.
fn counted(value: &Value) -> Option<Value> {
    match value {
        Value::Null | Value::Bool(false) => None,
        Value::String(text) if text.is_empty() => None,
        Value::Number(number) if number.as_f64() == Some(0.0) => None,
        Value::Array(all) if all.is_empty() => None,
        Value::Object(all) => {
            // A label may have an empty value.
            let all: BTreeMap<&String, Value> = all
                .iter()
                .filter_map(|(name, value)| match value {
                    Value::String(_) => Some((name, value.clone())),
                    other => Some((name, counted(other)?)),
                })
                .collect();
            (!all.is_empty()).then(|| serde_json::json!(all))
        }
        other => Some(other.clone()),
    }
}

fn names(value: &Value) -> Option<Value> {
    let mut all: Vec<&str> = match value {
        Value::Object(all) => all.keys().map(String::as_str).collect(),
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    all.sort_unstable();
    (!all.is_empty()).then(|| serde_json::json!(all))
}
