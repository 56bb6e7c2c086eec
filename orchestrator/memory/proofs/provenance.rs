//! The provenance of an image: an in-toto statement with a predicate of SLSA.

use super::{Known, SLSA, name, package_url, time};
use crate::memory::{BaseInput, Inputs, Part};
use crate::name::Reference;
use serde_json::{Map, Value, json};

/// The statement.
pub(super) fn statement(known: &Known<'_>) -> Value {
    let part = known.part;
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "name": name(part), "digest": { "sha256": part.digest.hex() } }],
        "predicateType": SLSA,
        "predicate": {
            "buildDefinition": definition(known),
            "runDetails": {
                "builder": {
                    "id": "https://kiln.dev/builder",
                    "version": { "kiln": known.kiln },
                },
                "metadata": metadata(part),
            },
        },
    })
}

/// What the image was made from. If several sets of inputs led to it, this is the newest, which the details are of.
fn definition(known: &Known<'_>) -> Value {
    let part = known.part;
    let newest = part.made.inputs.last();
    let args = known.details.map(|details| &details.args);
    let mut internal = Map::new();
    if let Some(inputs) = newest {
        internal.insert("recipe".into(), json!(inputs.recipe));
        internal.insert("build".into(), json!(inputs.build_id()));
        internal.insert("tokens".into(), json!(inputs.tokens));
    }
    internal.insert("content".into(), json!(part.made.content));
    json!({
        "buildType": "https://kiln.dev/build/v1",
        "externalParameters": {
            "workspaces": known.workspaces,
            "variants": part.variants,
            "platform": part.platform,
            "args": args,
        },
        "internalParameters": internal,
        "resolvedDependencies": dependencies(part, newest),
    })
}

fn dependencies(part: &Part, inputs: Option<&Inputs>) -> Vec<Value> {
    let bases = inputs.into_iter().flat_map(|inputs| &inputs.bases);
    let mut all: Vec<Value> = bases.map(|(name, base)| base_image(name, base)).collect();
    for (variant, parent) in inputs.into_iter().flat_map(|inputs| &inputs.parents) {
        let content = json!({ "content": parent.content });
        let mut value = json!({ "name": variant, "annotations": content });
        match parent.digest {
            Some(digest) => {
                value["uri"] = json!(package_url::of_own(variant.as_str(), digest, None));
                value["digest"] = json!({ "sha256": digest.hex() });
            }
            // It is one image on each platform.
            None => value["uri"] = json!(format!("kiln:{}", parent.content)),
        }
        all.push(value);
    }
    let revision = part.made.revision.as_ref().filter(|_| is_certain(part));
    all.extend(
        revision.map(|commit| json!({ "name": "source", "digest": { "gitCommit": commit } })),
    );
    all
}

/// An outside image. What follows its name says for which platform it was taken.
fn base_image(name: &str, base: &BaseInput) -> Value {
    let mut value = json!({ "name": name, "digest": { "sha256": base.digest.hex() } });
    let reference = name.split(' ').next().unwrap_or_default();
    if let Ok(reference) = reference.parse::<Reference>() {
        value["uri"] = json!(package_url::of_image(&reference, base.digest));
    }
    if let Some(index) = base.index {
        value["annotations"] = json!({ "index": index });
    }
    value
}

/// The commit and the times are those of the first build: they are left out if it is not known which build that was.
fn metadata(part: &Part) -> Value {
    let mut metadata = Map::new();
    if is_certain(part) && part.made.built > 0 {
        let seconds = i64::try_from(part.made.seconds).unwrap_or_default();
        let began = part.made.built.saturating_sub(seconds);
        metadata.insert("startedOn".into(), json!(time(began)));
        metadata.insert("finishedOn".into(), json!(time(part.made.built)));
    }
    Value::Object(metadata)
}

/// Whether one set of inputs led to the image.
fn is_certain(part: &Part) -> bool {
    part.made.inputs.len() == 1
}
