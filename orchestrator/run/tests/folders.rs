//! Named contexts that are folders: what is sent to the engine.

use super::engine::Fake as Engine;
use super::world::{Call, World, runtime};
use crate::line::tests::bring;
use crate::matrix::Inputs;
use crate::run::Stop;
use std::sync::Arc;

const FILES: [(&str, &str); 6] = [
    (
        "Dockerfile",
        "FROM gone AS tools\nRUN nobody can\\\n  x\n# why\nUSER 1\nFROM kit\nRUN make it\nCOPY --from=tools /t /t\n",
    ),
    (
        "Other",
        "FROM r.example/base:1\nRUN make it\nCOPY --from=kit /a /a\n",
    ),
    ("Same", "FROM r.example/base:1\nCOPY --from=tool /a /b\n"),
    ("kit/a", "1"),
    ("kit/b", "2"),
    ("unused", "3"),
];

const FLEET: &str = r#"workspace "w" { publish "r.example/f/{image}"; stage "r.example/f/stage" }
image "one" { dockerfile "Dockerfile"; contexts "kit" "./kit"; contexts "tools" "r.example/base:1"; tag "1" }
image "two" { dockerfile "Other"; contexts "kit" "./kit"; tag "1" }
image "three" { dockerfile "Same"; contexts "tool" "./kit"; tag "1" }
"#;

/// The Dockerfiles that a run sends, without what differs from run to run, and the names that it leaves.
fn sent() -> (Vec<String>, Vec<String>) {
    let world = World::default();
    world.serve("r.example/base:1", &Engine::base("base"));
    let ready = Arc::new(bring(FLEET, &Inputs::default(), &FILES).made());
    let (call, engine) = (Call::push(FLEET), world.engine());
    let outcome = runtime().block_on(async {
        let plan = world.plan_of(&ready, &call).await;
        // A saved plan builds the same.
        let saved = serde_json::to_string(&plan).unwrap();
        let plan = serde_json::from_str(&saved).unwrap();
        let (outcome, _) = world
            .carry_out(&ready, plan, &call, &engine, Stop::default())
            .await;
        outcome
    });
    assert!(outcome.is_success(), "{outcome:?}");
    let digest = Engine::base("base").digest.to_string();
    let run = regex::Regex::new("context:k[0-9a-f]{9}-([0-9a-f]{16})").unwrap();
    let masked = |text: String| {
        run.replace_all(&text, "context:$1")
            .replace(&digest, "BASE")
    };
    let mut sent: Vec<String> = engine.sent().into_iter().map(masked).collect();
    sent.sort();
    (sent, engine.names())
}

#[test]
fn a_folder_is_an_image_of_what_is_read_of_it() {
    let (sent, left) = sent();
    let files = |paths: &[(&str, &str)]| {
        let mut tree = crate::tree::Tree::default();
        for (path, text) in paths {
            tree.add_bytes(*path, crate::tree::Mode::Plain, text.as_bytes());
        }
        tree.digest().hex()[..16].to_owned()
    };
    let image = |files: String| format!("localhost/kiln/context:{files}-linux-amd64");
    let (all, part) = (
        image(files(&[("a", "1"), ("b", "2")])),
        image(files(&[("a", "1")])),
    );
    let folder = "FROM scratch\nCOPY . /\n".to_owned();
    let mut expect = vec![
        // Once for each set of files: two images read the same one.
        folder.clone(),
        folder,
        // The replaced stage has no instructions, and the lines below keep their numbers.
        format!(
            "FROM r.example/base@BASE AS tools\n\n\n\n\nFROM {all}\nRUN make it\nCOPY --from=tools /t /t\n"
        ),
        format!("FROM r.example/base@BASE\nRUN make it\nCOPY --from={part} /a /a\n"),
        format!("FROM r.example/base@BASE\nCOPY --from={part} /a /b\n"),
    ];
    expect.sort();
    assert_eq!(sent, expect);
    let ours: Vec<&String> = left
        .iter()
        .filter(|name| name.contains("localhost/kiln/"))
        .collect();
    assert!(ours.is_empty(), "{ours:?}");
}
