//! What `kiln why` and `kiln inspect` find after runs.

use super::engine::Fake as Engine;
use super::world::{Call, World, runtime};
use crate::memory::Compared;
use crate::name::{Digest, Reference, Repository};
use crate::plan::{self, Options};
use crate::registry::Registry as _;
use crate::registry::fake::{Fault, Operation};
use crate::report::{
    Compared as Both, Published, Titles, diff_json, diff_text, inspected_json, inspected_text,
    why_json, why_text,
};
use crate::request::Patience;
use crate::survey::{self, Inspect, Inspected, Survey};
use std::collections::BTreeSet;

/// `root` on a base, `app` on `root`.
fn fleet(app: &str) -> String {
    format!(
        r#"workspace "w" {{ publish "r.example/f/{{image}}"; stage "r.example/f/stage" }}
        base "b" from="r.example/b:1"
        toolset "root" {{ run "make root" }}
        toolset "app" {{ run "make {app}"; check run="app --version" }}
        image "root" {{ axis "version" kind="version" rungs="full minor" {{ value "1.27.0" }}
            from base="b"; use "root"; tag "{{version}}" }}
        image "app" {{ from image="root" version="1.27.0"; use "app"; tag "stable" }}"#
    )
}

/// A fleet that commit `c1` has published.
async fn published() -> (World, Call) {
    let world = World::default();
    world.serve("r.example/b:1", &Engine::base("D1"));
    world.commits.add("c1", &[]);
    let call = Call {
        revision: Some("c1".into()),
        committed: Some(1_785_000_000),
        ..Call::push(&fleet("app-1"))
    };
    let (_, _, outcome) = world.go(&call, &world.engine()).await.expect("an answer");
    assert!(outcome.is_success(), "{outcome:?}");
    (world, call)
}

/// The explanation of what a selector names.
async fn why(world: &World, call: &Call, selector: &str) -> Vec<plan::Why> {
    let ready = world.line(call);
    let selected = ready.select(&[selector.into()]).expect("a selector");
    let options = |compared| Options {
        compared,
        ..world.options(call, selected.clone(), &world.commits)
    };
    let (nightly, build) = (
        options(Compared::Everything),
        options(Compared::RecipeAndParents),
    );
    let survey = Survey {
        materials: ready.materials(),
        options: &nightly,
        registry: &world.registry,
        evidence: true,
        questions: None,
    };
    let mut facts = survey.facts().await.expect("an answer");
    let options = &build;
    let second = Survey { options, ..survey };
    second.add(&mut facts).await.expect("an answer");
    let materials = ready.materials();
    let wanted = ready.graph.with_ancestors(&selected);
    let decide = |options| plan::decide(&materials, &facts, options, &wanted);
    plan::why(
        &materials,
        &facts,
        &decide(&build),
        &decide(&nightly),
        &selected,
    )
}

#[test]
fn an_image_that_is_up_to_date_is_explained() {
    runtime().block_on(async {
        let (world, call) = published().await;
        let all = why(&world, &call, "app").await;
        let text = why_text(&all);
        assert!(
            text.starts_with("app:stable\n  image     sha256:"),
            "{text}"
        );
        assert!(text.contains("named by r.example/f/app:stable"), "{text}");
        assert!(
            text.contains("from commit c1\n  made from recipe sha256:"),
            "{text}"
        );
        assert!(text.contains("parent root:1.27.0 at sha256:"), "{text}");
        let keeps = "today     kiln build --push and kiln nightly would keep it: nothing differs\n";
        assert!(text.ends_with(keeps), "{text}");
    });
}

/// The reason of a child is in its parent, and the two commands compare differently.
#[test]
fn parents_that_differ_are_followed() {
    runtime().block_on(async {
        let (world, mut call) = published().await;
        world.serve("r.example/b:1", &Engine::base("D2"));
        let all = why(&world, &call, "app").await;
        let text = why_text(&all);
        assert!(text.contains("kiln build --push would keep it: recipe and parents are the same"), "{text}");
        let child =
            "kiln nightly would rebuild it, unless its parent comes out the same: its parent root:1.27.0 is built";
        assert!(text.contains(child), "{text}");
        assert!(text.contains("\nroot:1.27.0, a parent of app:stable\n"), "{text}");
        assert!(text.contains("kiln nightly would build it: base r.example/b:1 moved "), "{text}");
        let json = why_json(&all);
        assert_eq!(json["variants"][1]["parent_of"], "app:stable");
        let reason = &json["variants"][1]["builds"][0]["nightly"]["reasons"][0];
        assert_eq!(reason["code"], "base-moved");

        call.text = fleet("app-2");
        let text = why_text(&why(&world, &call, "app").await);
        assert!(text.contains("kiln build --push would build it: recipe changed: "), "{text}");
        assert!(text.contains("| -RUN make app-1") && text.contains("| +RUN make app-2"), "{text}");
    });
}

#[test]
fn what_is_not_kilns_is_explained() {
    runtime().block_on(async {
        let (world, call) = published().await;
        let stranger = Engine::base("stranger");
        let empty = World::around(&Default::default());
        empty.serve("r.example/b:1", &Engine::base("D1"));
        let text = why_text(&why(&empty, &call, "app").await);
        assert!(
            text.contains("image     none: nothing is published or staged for it"),
            "{text}"
        );
        empty.serve("r.example/f/app:stable", &stranger);
        let text = why_text(&why(&empty, &call, "app").await);
        assert!(
            text.contains("image     none that kiln has a record of"),
            "{text}"
        );
        let no_record = format!("r.example/f/app:stable names {}", stranger.digest);
        assert!(text.contains(&no_record), "{text}");
        drop(world);
    });
}

fn staging() -> BTreeSet<Repository> {
    ["r.example/f/stage".parse().expect("a repository")].into()
}

async fn inspect(world: &World, which: Inspect) -> Inspected {
    let found = survey::inspect(which, &staging(), true, &world.registry).await;
    found.expect("an answer")
}

fn name(text: &str) -> Reference {
    text.parse().expect("a reference")
}

#[test]
fn a_record_is_shown() {
    runtime().block_on(async {
        let (world, _) = published().await;
        let by_name = inspect(&world, Inspect::Name(name("r.example/f/root:1.27"))).await;
        let by_digest = inspect(&world, Inspect::Digest(by_name.digest)).await;
        assert_eq!(by_name.record, by_digest.record);
        let text = inspected_text(&by_name, &Titles::new());
        for expected in [
            "name       r.example/f/root:1.27\n",
            "workspace  w\n",
            "variants   root:1.27.0\n",
            "commit     c1\n",
            "made from  recipe sha256:",
            "base r.example/b:1 at sha256:",
            "  r.example/f/root:1.27\n",
            "    for commit c1 of 2026-07-25 17:20:00 UTC\n",
            "    for version 1.27.0\n",
            "    it was new\n",
            "Dockerfile\n# Generated by kiln",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
        let json = inspected_json(&by_name, &Titles::new());
        assert_eq!(json["record"]["workspaces"][0], "w");
        assert_eq!(json["record"]["tags"][0]["revision"], "c1");
    });
}

#[test]
fn an_image_without_a_record_says_what_that_means() {
    runtime().block_on(async {
        let (world, _) = published().await;
        let found = inspect(&world, Inspect::Name(name("r.example/b:1"))).await;
        let text = inspected_text(&found, &Titles::new());
        assert!(text.contains("record     none\n"), "{text}");
        assert!(
            text.contains("it was not made by kiln for this workspace"),
            "{text}"
        );
        let missing = Inspect::Name(name("r.example/f/root:9"));
        let error = survey::inspect(missing, &staging(), false, &world.registry).await;
        let error = error.expect_err("it does not exist").to_string();
        assert!(
            error.contains("`kiln tags` lists the public references"),
            "{error}"
        );
        let missing = Inspect::Digest(Digest::of("nothing"));
        let error = survey::inspect(missing, &staging(), false, &world.registry).await;
        let error = error.expect_err("it does not exist").to_string();
        assert!(
            error.contains("no image has this digest in r.example/f/stage"),
            "{error}"
        );
        let known = world
            .registry
            .head(&name("r.example/b:1"), Patience::READ)
            .await;
        assert_eq!(known.expect("an answer"), Some(found.digest));
    });
}

/// What `kiln diff` says about two images.
async fn diff(world: &World, old: &Inspected, new: &Inspected) -> (String, serde_json::Value) {
    let details = survey::details_of_parts([old, new], &world.registry).await;
    let parts = |one: &Inspected| one.record.clone().expect("a record").1.parts;
    let platforms = plan::diff(&parts(old), &parts(new), &details);
    let both = Both {
        old,
        new,
        platforms: &platforms,
    };
    (diff_text(&both), diff_json(&both))
}

#[test]
fn what_differs_between_two_images_is_shown() {
    runtime().block_on(async {
        let (world, call) = published().await;
        let app = || Inspect::Name(name("r.example/f/app:stable"));
        let root = || Inspect::Name(name("r.example/f/root:1.27"));
        let (old, old_root) = (inspect(&world, app()).await, inspect(&world, root()).await);
        world.serve("r.example/b:1", &Engine::base("D2"));
        let call = Call {
            text: fleet("app-2"),
            compared: Compared::Everything,
            ..call
        };
        let (_, _, outcome) = world.go(&call, &world.engine()).await.expect("an answer");
        assert!(outcome.is_success(), "{outcome:?}");
        let (new, new_root) = (inspect(&world, app()).await, inspect(&world, root()).await);

        let (text, json) = diff(&world, &old, &new).await;
        for expected in [
            &format!("old       r.example/f/app:stable at {}\n", old.digest) as &str,
            &format!("new       r.example/f/app:stable at {}\n", new.digest),
            "\nlinux/amd64\nbuilt     ",
            "recipe    changed: 2 lines\n",
            "          | -RUN make app-1\n",
            "          | +RUN make app-2\n",
            "parent    root:1.27.0 changed ",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
        let codes = |json: &serde_json::Value| {
            let reasons = json["platforms"][0]["reasons"].as_array().expect("a list");
            reasons
                .iter()
                .map(|one| one["code"].to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(codes(&json), ["\"recipe-changed\"", "\"parent-changed\""]);
        assert_eq!(json["platforms"][0]["same_content"], false);

        let (text, json) = diff(&world, &old_root, &new_root).await;
        assert!(text.contains("base      r.example/b:1 moved "), "{text}");
        assert_eq!(codes(&json), ["\"base-moved\""]);

        let mut newest = new.clone();
        newest.digest = Digest::of("another image");
        let (_, record) = newest.record.as_mut().expect("a record");
        let part = &mut record.parts[0];
        part.digest = newest.digest;
        let inputs = part.made.inputs.last_mut().expect("inputs");
        let tokens = [("force", "again"), ("fresh:git", "7d-2971")];
        let tokens = tokens.map(|(name, value)| (name.to_owned(), value.to_owned()));
        inputs.tokens.extend(tokens);
        let (text, json) = diff(&world, &new, &newest).await;
        assert!(text.contains("forced    not at all -> again\n"), "{text}");
        let refreshed = "refreshed tool set git: not at all -> 7d-2971\n";
        assert!(text.contains(refreshed), "{text}");
        let toolset = |at: usize| json["platforms"][0]["tokens"][at]["toolset"].clone();
        assert_eq!(
            (toolset(0), toolset(1)),
            (serde_json::Value::Null, "git".into())
        );

        let (text, json) = diff(&world, &new, &new).await;
        assert!(text.ends_with("\nthey are the same image\n"), "{text}");
        assert_eq!(codes(&json), [""; 0]);
    });
}

/// What is published where: every public tag with its digest, the image, its commit, and what it was made from.
#[test]
fn what_is_published_is_listed() {
    runtime().block_on(async {
        let (world, call) = published().await;
        let (text, json) = listed(&world, &call).await;
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert!(lines[1].starts_with("root:1.27.0  "), "{text}");
        assert!(lines[1].ends_with(" c1      1.27.0 1.27"), "{text}");
        let root = &json["variants"][0];
        assert_eq!(root["tags"][0]["reference"], "r.example/f/root:1.27.0");
        assert_eq!(root["tags"][0]["digest"], root["image"]["digest"]);
        assert_eq!(root["pointer"]["digest"], root["image"]["digest"]);
        let app = &json["variants"][1]["platforms"][0];
        assert_eq!(app["parents"]["root:1.27.0"], root["image"]["digest"]);
        assert!(root["platforms"][0]["bases"]["r.example/b:1"].is_string());

        // A tag that names another image, and one that is gone.
        world.serve("r.example/f/root:1.27", &Engine::base("stranger"));
        let gone = "r.example/f/app:stable".parse().expect("a reference");
        world.registry.delete(&gone).await.expect("it is deleted");
        let (text, json) = listed(&world, &call).await;
        assert!(text.contains("  1.27.0, 1.27 names "), "{text}");
        assert!(text.contains("  stable is missing"), "{text}");
        let app = &json["variants"][1];
        assert_eq!(app["tags"][0]["digest"], serde_json::Value::Null);
        assert_eq!(app["image"]["digest"], app["pointer"]["digest"]);
    });
}

/// A tag that several variants share names an index that has the images of each; long lists of tags are wrapped.
#[test]
fn shared_tags_are_listed_as_such() {
    runtime().block_on(async {
        let world = World::default();
        world.serve("r.example/b:1", &Engine::base("D1"));
        let tags: String = (10..40).map(|n| format!("; tag \"name-{n}-{{os}}\"")).collect();
        let call = Call::push(&format!(
            r#"workspace "w" {{ publish "r.example/f/{{image}}"; stage "r.example/f/stage" }}
            base "b" from="r.example/b:1"
            toolset "s" {{ run "make s" }}
            image "s" {{ axis "os" {{ value "one" default shared; value "two" default shared }}; from base="b"; use "s"
                when os="two" {{ platforms "linux/arm64" }}; tag "1-{{os}}"{tags} }}"#
        ));
        let (_, _, outcome) = world.go(&call, &world.engine()).await.expect("an answer");
        assert!(outcome.is_success(), "{outcome:?}");
        let (text, json) = listed(&world, &call).await;
        assert!(text.contains(" 1 has it in index "), "{text}");
        assert!(!text.contains(" names "), "{text}");
        let shared = |tag: &&serde_json::Value| tag["combined"] == true;
        let tags = json["variants"][0]["tags"].as_array().expect("tags");
        let shared: Vec<_> = tags.iter().filter(shared).collect();
        assert!(shared.iter().any(|tag| tag["reference"] == "r.example/f/s:1"), "{json}");
        let column = text.find("TAGS").expect("a head");
        let wrapped = text.lines().filter(|line| line.starts_with(&" ".repeat(column)));
        assert!(wrapped.count() > 4, "{text}");
        assert!(text.lines().all(|line| line.len() < column + 110), "{text}");
    });
}

/// What one registry does not answer, another one may.
#[test]
fn what_could_be_read_is_listed() {
    runtime().block_on(async {
        let (world, mut call) = published().await;
        let own = "publish \"r.example/f/{image}\"";
        assert!(call.text.contains(own), "{}", call.text);
        let both = format!("{own}; publish \"s.example/f/{{image}}\"");
        call.text = call.text.replace(own, &both);
        let (registry, down) = (&world.registry, Fault::Unreachable);
        registry.fault(Operation::Head, "s.example", 99, down);
        let ready = world.line(&call);
        let selected = ready.select(&[]).expect("all");
        let options = world.options(&call, selected.clone(), &world.commits);
        let survey = Survey {
            materials: ready.materials(),
            options: &options,
            registry,
            evidence: false,
            questions: None,
        };
        let found = survey.publication().await.expect("an answer");
        let published = Published {
            ready: &ready,
            selected: &selected,
            found: &found,
        };
        assert!(published.is_incomplete());
        let (text, json) = (published.text(), published.json());
        assert!(
            text.contains("s.example/f/root:1.27 was not read"),
            "{text}"
        );
        assert!(text.contains("\nnot read: s.example/f/root: "), "{text}");
        let root = &json["variants"][0];
        assert_eq!(root["tags"][0]["digest"], root["image"]["digest"]);
        let unread = root["tags"].as_array().expect("tags").iter();
        let unread = unread.filter(|tag| tag["read"] == false);
        assert_eq!(unread.count(), 2);
        assert!(root["not_read"].is_string(), "{root}");

        registry.fault(Operation::Head, "r.example/f/root", 99, Fault::Unreachable);
        registry.fault(Operation::Head, "r.example/f/app", 99, Fault::Unreachable);
        survey.publication().await.expect_err("no registry answers");
    });
}

async fn listed(world: &World, call: &Call) -> (String, serde_json::Value) {
    let ready = world.line(call);
    let selected = ready.select(&[]).expect("all");
    let options = world.options(call, selected.clone(), &world.commits);
    let survey = Survey {
        materials: ready.materials(),
        options: &options,
        registry: &world.registry,
        evidence: false,
        questions: None,
    };
    let found = survey.publication().await.expect("an answer");
    let published = Published {
        ready: &ready,
        selected: &selected,
        found: &found,
    };
    assert!(!published.is_incomplete());
    (published.text(), published.json())
}
