//! Files with plans: small, the same when they are read again, and refused with a message if they are anything else.

use super::*;
use crate::line::tests::bring;
use crate::matrix::VariantId;
use crate::memory::NoHistory;
use crate::plan::{Facts, Options, PlannedBuild, PlannedRecipe, build, text};
use std::sync::Arc;

/// Ten images on one that is made of kiln's tool set for CI, each with this many versions.
fn fleet(versions: usize) -> String {
    let mut text = String::from(
        "workspace \"w\" {\n  publish \"r.example/f/{image}\"\n  stage \"r.example/f/stage\"\n}\n\
         base \"debian\" from=\"docker.io/library/debian:bookworm-slim\"\n\
         toolset \"runtime\" {\n  param \"version\"\n  package \"libgcc-s1\" \"zlib1g\"\n  \
         check run=\"cat /version\" contains=\"{version}\"\n}\n\
         image \"core\" {\n  from base=\"debian\"\n  use \"circleci\"\n  tag \"1\"\n}\n",
    );
    let all: Vec<String> = (0..versions)
        .map(|n| format!("value \"1.{n}.0\";"))
        .collect();
    let all = all.join(" ");
    for image in 0..10 {
        text.push_str(&format!(
            "image \"i{image}\" {{\n  axis \"version\" kind=\"version\" rungs=\"full minor latest\" {{ {all} }}\n  \
             from base=\"debian\"\n  use \"circleci\"\n  use \"runtime\" version=\"{{version}}\"\n  \
             env VERSION=\"{{version}}\"\n  check user=\"!root\"\n  tag \"{{version}}\"\n}}\n",
        ));
    }
    text
}

fn saved(manifest: &str) -> SavedPlan {
    let inputs = Inputs::default();
    let ready = bring(manifest, &inputs, &[]).made();
    let all = 0..u32::try_from(ready.fleet.variants.len()).unwrap();
    let options = Options::new(true, all.map(VariantId).collect(), &NoHistory);
    let facts = Facts {
        online: true,
        ..Facts::default()
    };
    SavedPlan {
        command: "kiln plan".into(),
        inputs,
        is_nightly: false,
        allow_older: ["latest".parse().unwrap()].into(),
        back: Vec::new(),
        plan: build(&ready.materials(), &facts, &options),
    }
}

#[test]
fn a_plan_of_1000_variants_is_under_5_mb_and_the_same_when_it_is_read() {
    let saved = saved(&fleet(100));
    assert_eq!(saved.plan.variants.len(), 1001);
    let written = saved.text();
    let plain = json!(saved).to_string().len();
    assert!(
        written.len() < 5_000_000,
        "{} bytes, {plain} without sharing",
        written.len()
    );
    let read = SavedPlan::read(written.as_bytes()).expect("it can be read");
    assert_eq!(read.text(), written);
}

/// It is shown as it was when it was made.
#[test]
fn a_plan_that_was_saved_is_shown_as_before() {
    let saved = saved(&fleet(3));
    let read = SavedPlan::read(saved.text().as_bytes()).expect("it can be read");
    assert_eq!(text(&read.plan, true), text(&saved.plan, true));
    let json = crate::plan::json;
    assert_eq!(json(&read.plan), json(&saved.plan));
}

#[test]
fn the_file_says_what_it_is() {
    let written = saved(&fleet(1)).text();
    let head: Value = serde_json::from_str(&written).unwrap();
    let names: Vec<&String> = head.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "format",
            "version",
            "kiln",
            "workspace",
            "revision",
            "now",
            "event",
            "shared",
            "saved"
        ]
    );
    assert!(written.starts_with("{\"format\":\"kiln plan\",\"version\":1,"));
}

/// The same plan is the same file (G10).
#[test]
fn the_same_plan_gives_the_same_file() {
    assert_eq!(saved(&fleet(3)).text(), saved(&fleet(3)).text());
}

#[track_caller]
fn refused(text: &str, why: &str) {
    let refused = SavedPlan::read(text.as_bytes()).expect_err("it is refused");
    let refused = refused.to_string();
    assert!(refused.contains(why), "{refused}");
}

#[test]
fn other_files_are_refused_with_the_reason() {
    for empty in ["", " \n"] {
        refused(empty, "it is not a plan that kiln has saved: it is empty\n");
    }
    refused("FROM debian", "it is not JSON");
    refused("[1]", "not a JSON object");
    refused("{}", "`format` is not \"kiln plan\"");
    refused(&"[".repeat(100_000), "it is not JSON");
    refused(r#"{"format": "kiln plan"}"#, "it has no `version`");
    let whole = saved(&fleet(3)).text();
    for end in [40, whole.len() / 2, whole.len() - 2] {
        refused(&whole[..end], "it is a saved plan whose end is missing\n");
    }
    let torn = whole.replacen("\"version\":", "\"version\"", 1);
    refused(&torn, "it is damaged: it is not JSON (");
    for version in ["0", "-1", "1.5", "null", "\"1\"", "[1]"] {
        refused(
            &format!("{{\"format\": \"kiln plan\", \"version\": {version}}}"),
            "`version` is not a positive whole number",
        );
    }
    refused(
        r#"{"format": "kiln plan", "version": 2, "kiln": "0.9.0"}"#,
        "kiln 0.9.0 has written it in version 2 of the format",
    );
    refused(
        r#"{"format": "kiln plan", "version": 1}"#,
        "`shared` is not a list",
    );
    refused(
        r#"{"format": "kiln plan", "version": 1, "shared": [], "saved": {}}"#,
        "it is damaged: missing field",
    );
}

/// A plan in which something was changed by hand.
#[track_caller]
fn changed(change: impl FnOnce(&mut Plan), why: &str) {
    let mut saved = saved(&fleet(1));
    change(&mut saved.plan);
    refused(&saved.text(), why);
}

#[test]
fn plans_that_cannot_be_carried_out_are_refused() {
    use crate::plan::{Action, StepId};
    changed(|plan| plan.push = false, "it does not publish");
    changed(
        |plan| plan.steps[StepId(0)].after.push(StepId(3)),
        "step 0: it waits for a step that comes later",
    );
    changed(
        |plan| plan.steps[StepId(1)].action = Action::Find,
        "step 1: a plan that is saved has no step of the kind `find`",
    );
    changed(
        |plan| drop(plan.variants.shift_remove_index(0)),
        "step 0: the plan does not describe core:1",
    );
    changed(
        |plan| plan.variants[0].platforms = Default::default(),
        "core:1 has no platform",
    );
    changed(
        |plan| plan.variants[0].standing.clear(),
        "core:1 does not say what each platform has",
    );
    changed(
        |plan| {
            let owners = Vec::new();
            let moves = Vec::new();
            plan.steps[StepId(2)].action = Action::Share { owners, moves };
        },
        "step 2: it combines the images of no variant",
    );
}

/// What a build stages is found by its build id: it must be made from what that id names.
#[test]
fn builds_that_are_not_those_of_their_ids_are_refused() {
    use crate::name::Digest;
    let id = "what it is built with, is not that of its recipe id";
    let recipe = |change: fn(&mut PlannedRecipe), why: &str| {
        changed(
            |plan| change(plan.variants[0].recipe.as_mut().unwrap()),
            why,
        );
    };
    recipe(
        |recipe| recipe.dockerfile = format!("{}RUN evil\n", recipe.dockerfile).into(),
        "the Dockerfile of core:1 is not the one that its record would have",
    );
    recipe(
        |recipe| {
            recipe.dockerfile = format!("{}RUN evil\n", recipe.dockerfile).into();
            recipe.details.dockerfile = recipe.dockerfile.clone();
        },
        id,
    );
    recipe(
        |recipe| {
            recipe.args = [("A".to_owned(), "evil".to_owned())].into_iter().collect();
            recipe.details.args = recipe.args.clone();
        },
        id,
    );
    recipe(
        |recipe| Arc::make_mut(&mut recipe.options).network = Some("host".into()),
        id,
    );
    let places = "the places at which the Dockerfile of core:1 is changed are not those of its images and stages";
    recipe(
        |recipe| Arc::make_mut(&mut recipe.images)[0].at.bytes.end += 20,
        places,
    );
    recipe(|recipe| recipe.images = recipe.images[1..].into(), places);
    recipe(|recipe| recipe.final_base = None, places);
    // The text of the id would not have what is built.
    recipe(
        |recipe| {
            let stage = crate::dockerfile::UnneededStage {
                image: 0..0,
                instructions: 0..10,
                whole: None,
            };
            recipe.unneeded = [stage].into();
        },
        places,
    );
    recipe(
        |recipe| recipe.replaced = std::iter::once(0..10).collect(),
        places,
    );
    recipe(
        |recipe| recipe.idle = std::iter::once(0..10).collect(),
        places,
    );
    // A token is in the build id itself: another one is another build.
    let token = |name: &str| {
        let mut saved = saved(&fleet(1));
        let recipe = saved.plan.variants[0].recipe.as_mut().unwrap();
        let planned = &mut recipe.builds[0].as_mut().unwrap().inputs;
        planned.inputs.tokens.insert("fresh:x".into(), name.into());
        planned.inputs.build_id()
    };
    assert_ne!(token("1"), token("2"));
    let build = |change: fn(&mut PlannedBuild), why: &str| {
        changed(
            |plan| {
                let recipe = plan.variants[0].recipe.as_mut().unwrap();
                change(recipe.builds[0].as_mut().unwrap());
            },
            why,
        );
    };
    build(|build| build.context = Digest::of("evil"), id);
    build(|build| build.inputs.inputs.recipe = Digest::of("evil"), id);
    let folder = |build: &mut PlannedBuild| {
        build.folders.insert("kit".into(), Digest::of("evil"));
    };
    build(folder, id);
}

/// The base that is built on is the one that the build id names.
#[test]
fn bases_that_are_not_those_of_the_build_id_are_refused() {
    use crate::memory::BaseInput;
    use crate::name::Digest;
    use crate::plan::{ImageSource, Lock, LockSource};
    let check = |input: &str, locked: &str| {
        let mut saved = saved(&fleet(1));
        let recipe = saved.plan.variants[0].recipe.as_mut().unwrap();
        let ImageSource::Base(base) = recipe.images[0].source.clone() else {
            panic!("a base");
        };
        let planned = &mut recipe.builds[0].as_mut().unwrap().inputs;
        let input = BaseInput {
            digest: Digest::of("its part"),
            index: Some(Digest::of(input)),
        };
        planned.inputs.bases.insert(base.familiar(), input);
        let lock = Lock {
            digest: Digest::of(locked),
            source: LockSource::Registry,
            locked: Vec::new(),
        };
        saved.plan.bases.insert(base, lock);
        // Those that share the base do not know it.
        let core = saved.plan.variants[0].clone();
        sound::check(&Plan {
            variants: [(saved.plan.variants.get_index(0).unwrap().0.clone(), core)].into(),
            steps: Default::default(),
            ..saved.plan
        })
    };
    assert_eq!(check("one", "one"), Ok(()));
    assert_eq!(
        check("one", "other"),
        Err("base debian:bookworm-slim of core:1 is not the one of its build id".into())
    );
}

/// What the first fields say is what counts.
#[test]
fn first_fields_that_differ_from_the_plan_are_refused() {
    let written = saved(&fleet(1)).text();
    for name in ["workspace", "revision", "now", "event"] {
        for value in [Some(json!("other")), None] {
            let mut head: serde_json::Map<String, Value> = serde_json::from_str(&written).unwrap();
            match value {
                Some(value) => drop(head.insert(name.into(), value)),
                None => drop(head.shift_remove(name)),
            }
            let why = format!("it is damaged: `{name}` is not that of its steps");
            refused(&Value::Object(head).to_string(), &why);
        }
    }
}

/// A file is replaced only if it begins like a saved plan: of this version or another one, as it was written or with other
/// spaces.
#[test]
fn the_first_bytes_of_a_saved_plan() {
    assert!(SavedPlan::is_begun(saved(&fleet(1)).text().as_bytes()));
    assert!(SavedPlan::is_begun(
        b"{\n  \"format\": \"kiln plan\",\n  \"version\": 2"
    ));
    for other in [
        "",
        "{",
        "FROM debian\n",
        "{\"format\":\"kiln graph\"",
        "workspace \"w\"",
    ] {
        assert!(!SavedPlan::is_begun(other.as_bytes()), "{other}");
    }
}

/// Any byte may be another one: then the file is refused, or it is a plan that can be shown and narrowed.
#[test]
fn damaged_files_never_panic() {
    let written = saved(&fleet(1)).text().into_bytes();
    let mut state: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut below = |n: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % n as u64).unwrap()
    };
    let letters = b"0129[]{}:,\"$an-./";
    let mut readable = 0;
    for _ in 0..400 {
        let mut bytes = written.clone();
        for _ in 0..1 + below(3) {
            let at = below(bytes.len());
            bytes[at] = letters[below(letters.len())];
        }
        if let Ok(read) = SavedPlan::read(&bytes) {
            readable += 1;
            let _ = text(&read.plan, true);
            let _ = read.plan.publishing();
            let names = read.plan.variants.keys().take(1).cloned().collect();
            let _ = read.plan.only(&names);
        }
    }
    assert!(readable > 0, "no file was readable");
}
