//! Plans as people and programs see them.

use super::*;
use crate::line::{Ready, tests::bring};
use crate::matrix::{GitFacts, Inputs, VariantId};
use crate::memory::{
    self, Compared, Details, Hold, Line, Made, NoHistory, Part, Record, Withdrawal, record_tag,
};
use crate::name::{Digest, Reference};
use crate::plan::{self, Base, BaseFact, Current, Facts, Held, Lock, LockSource, Options, Reason};
use crate::request::{FaultKind, WorldError};
use std::sync::Arc;

const FLEET: &str = r#"
workspace "w" { publish "r.example/f/{image}"; stage "r.example/f/stage" }
base "b" from="r.example/b:1"
toolset "root" { run "make root" }
toolset "app" { run "make app"; check run="app --version" }
toolset "tool" { run "make tool" }
image "root" {
    axis "version" kind="version" rungs="full minor latest" { value "1.27.0" }
    from base="b"; template "root.hbs"; use "root"; arg LEVEL="2"; tag "{version}"
}
image "app" { from image="root" version="1.27.0"; use "app"; tag "stable"; tag "night" on="schedule" }
image "tool" { from base="b"; use "tool"; tag "1"; tag "once" fixed }
"#;

fn ready() -> Ready {
    let git = GitFacts {
        branch: Some("main".into()),
        default_branch: Some("main".into()),
        ..GitFacts::default()
    };
    let inputs = Inputs {
        git,
        ..Inputs::default()
    };
    let template = "FROM {{from}}\nARG LEVEL\n{{> kiln/toolsets}}";
    bring(FLEET, &inputs, &[("root.hbs", template)]).made()
}

fn reference(text: &str) -> Reference {
    format!("r.example/f/{text}").parse().expect("a reference")
}

fn base(digest: &str) -> BaseFact {
    let lock = Lock {
        digest: Digest::of(digest),
        source: LockSource::Registry,
        locked: Vec::new(),
    };
    BaseFact::Known(Base {
        lock,
        parts: Some(Vec::new()),
    })
}

/// A fleet of which every image was built on the base `D1`.
fn facts(ready: &Ready) -> Facts {
    let mut facts = Facts {
        online: true,
        ..Facts::default()
    };
    let name: Reference = "r.example/b:1".parse().expect("a reference");
    facts.bases.insert(name, base("D1"));
    for v in (0..3).map(VariantId) {
        add_current(ready, &mut facts, v);
    }
    facts
}

/// The current image of a variant, made of today's inputs and published under all its tags.
fn add_current(ready: &Ready, facts: &mut Facts, v: VariantId) {
    let variant = ready.fleet.variant(v);
    let options = Options::new(true, [v].into(), &NoHistory);
    let wanted = ready.graph.with_ancestors(&options.selected);
    let decisions = plan::decide(&ready.materials(), facts, &options, &wanted);
    let digest = Digest::of(variant.label());
    let mut part = Part {
        variants: vec![ready.names[v].clone()],
        platform: variant.platforms[0].clone(),
        digest,
        manifest: ("m".into(), 1),
        made: Made {
            inputs: vec![decisions.of(v)[0].inputs.inputs.clone()],
            content: digest,
            revision: None,
            built: 0,
            seconds: 0,
            cached: (0, 0),
            size: 0,
        },
        passed: Default::default(),
        proofs: Default::default(),
        withdrawn: None,
    };
    part.pass(&variant.checks, 1);
    for (reference, _, held) in variant.moves() {
        if held.is_none() {
            facts.public.insert(reference, digest);
        }
    }
    let record = Arc::new(Record::of("w", vec![part]));
    know(facts, digest, Some(record.clone()));
    let found = variant.public_name().expect("a tag");
    let current = Current {
        digest,
        found,
        record,
    };
    facts.current.insert(v, current);
}

fn know(facts: &mut Facts, digest: Digest, record: Option<Arc<Record>>) {
    let tag = Reference::tagged(reference("stage").repository, record_tag(digest));
    facts.records.insert(tag, record);
}

/// The recipe of root changes.
fn change_recipe(ready: &Ready, facts: &mut Facts) {
    let current = facts.current.get_mut(&VariantId(0)).expect("root");
    let mut record = (*current.record).clone();
    record.parts[0].made.inputs[0].recipe = Digest::of("another recipe");
    current.record = Arc::new(record);
    let today = ready.materials().details(VariantId(0));
    let details = Details {
        executable: Default::default(),
        dockerfile: today
            .dockerfile
            .replace("make root", "make <old> `root`")
            .into(),
        settings: Default::default(),
        packages: None,
        unpackaged: false,
        args: [("LEVEL".to_owned(), "1".to_owned())].into_iter().collect(),
        files: Arc::new([("motd".to_owned(), Digest::of("motd"))].into()),
    };
    facts.details.insert(current.digest, details);
}

/// `root:latest` names an image of a higher version, and `app:stable` one that kiln does not know.
fn disturb(facts: &mut Facts) {
    let higher = Digest::of("1.28.0");
    let line = Line {
        versions: [("version".to_owned(), "1.28.0".parse().expect("a version"))].into(),
        revision: None,
        committed: None,
        surveyed: 0,
        mover: None,
        was: None,
        withdrew: Default::default(),
        back_from: None,
        scope: None,
        varies: false,
        once: false,
    };
    let mut record = Record::of("w", Vec::new());
    record.lines.insert(reference("root:latest"), line);
    record.lines.insert(reference("root:gone"), facts_line());
    facts.public.insert(reference("root:latest"), higher);
    know(facts, higher, Some(Arc::new(record)));
    let stranger = Digest::of("stranger");
    facts.public.insert(reference("app:stable"), stranger);
    facts.public.insert(reference("tool:once"), stranger);
    know(facts, stranger, None);
}

fn facts_line() -> Line {
    Line {
        versions: Default::default(),
        revision: None,
        committed: None,
        surveyed: 0,
        mover: None,
        was: None,
        withdrew: Default::default(),
        back_from: None,
        scope: None,
        varies: false,
        once: false,
    }
}

fn planned(ready: &Ready, facts: &Facts, compared: Compared) -> Plan {
    let options = Options {
        compared,
        ..Options::new(true, (0..3).map(VariantId).collect(), &NoHistory)
    };
    plan::build(&ready.materials(), facts, &options)
}

/// A recipe has changed, tags are held, an unknown image is replaced, and the base has moved.
fn busy() -> Plan {
    let ready = ready();
    let mut facts = facts(&ready);
    change_recipe(&ready, &mut facts);
    disturb(&mut facts);
    let name: Reference = "r.example/b:1".parse().expect("a reference");
    facts.bases.insert(name, base("D2"));
    planned(&ready, &facts, Compared::RecipeAndParents)
}

#[test]
fn a_plan_shows_what_changes_and_counts_the_rest() {
    let plan = busy();
    insta::assert_snapshot!("busy_text", text(&plan, false));
    insta::assert_snapshot!("busy_text_all", text(&plan, true));
    insta::assert_snapshot!("busy_markdown", markdown(&plan, "kiln plan"));
    insta::assert_snapshot!("busy_json", format!("{:#}", json(&plan)));
    assert!(plan.has_work());
}

/// `latest` names an image of another version before a new one is built: kiln knows that image.
#[test]
fn a_new_version_is_new() {
    #[track_caller]
    fn check(record: Option<Record>, code: &str, unrecorded: usize) {
        let (ready, root) = (ready(), VariantId(0));
        let mut facts = facts(&ready);
        facts.current.remove(&root);
        let latest = Digest::of("latest");
        let strangers = vec![(reference("root:latest"), latest)];
        facts.strangers.insert(root, strangers);
        know(&mut facts, latest, record.map(Arc::new));
        let plan = planned(&ready, &facts, Compared::RecipeAndParents);
        assert_eq!(plan.steps.raw[0].reason().code(), code);
        assert_eq!(plan.remarks.unrecorded, unrecorded);
    }
    check(Some(Record::of("w", Vec::new())), "new", 0);
    check(Some(Record::of("another", Vec::new())), "no-record", 1);
    check(None, "no-record", 1);
}

#[test]
fn a_plan_without_changes_is_one_line() {
    let ready = ready();
    let plan = planned(&ready, &facts(&ready), Compared::Everything);
    insta::assert_snapshot!("idle_text", text(&plan, false));
    insta::assert_snapshot!("idle_markdown", markdown(&plan, "kiln plan"));
    assert!(!plan.has_work());
}

/// Nothing has changed but the check of app.
fn unchecked() -> Plan {
    let ready = ready();
    let mut facts = facts(&ready);
    let current = facts.current.get_mut(&VariantId(1)).expect("app");
    let mut record = (*current.record).clone();
    record.parts[0].passed.clear();
    current.record = Arc::new(record);
    planned(&ready, &facts, Compared::RecipeAndParents)
}

/// What is built on a base that does not exist fails: it does not count as work that gets done.
#[test]
fn a_plan_says_which_builds_will_fail() {
    let ready = ready();
    let mut facts = facts(&ready);
    change_recipe(&ready, &mut facts);
    let name: Reference = "r.example/b:1".parse().expect("a reference");
    let why = WorldError::fault(FaultKind::NotFound, "base r.example/b:1", "there is none");
    facts.bases.insert(name, BaseFact::Unknown(why));
    let plan = planned(&ready, &facts, Compared::RecipeAndParents);
    insta::assert_snapshot!("failing_text", text(&plan, false));
    insta::assert_snapshot!("failing_markdown", markdown(&plan, "kiln plan"));
    assert_eq!(json(&plan)["failing"], 2);
}

/// On a branch, one sentence holds every tag.
#[test]
fn a_rule_that_holds_all_tags_is_reported_once() {
    let mut plan = busy();
    for step in &mut plan.steps {
        if let Action::Move { moves, .. } = &mut step.action {
            for m in moves {
                m.state = MoveState::Held(Box::new(Held::Rule("this is branch `x`".into())));
            }
        }
    }
    let shown = text(&plan, false);
    assert_eq!(shown.matches("this is branch `x`").count(), 1, "{shown}");
    assert!(
        shown.contains("held  r.example/f/root:1.27 (not in this run)"),
        "{shown}"
    );
}

/// `--allow-older` moves a tag, and the plan and the run name it.
#[test]
fn a_tag_that_may_go_back_is_named() {
    let ready = ready();
    let mut facts = facts(&ready);
    change_recipe(&ready, &mut facts);
    disturb(&mut facts);
    let all = (0..3).map(VariantId).collect();
    let options = Options::new(true, all, &NoHistory);
    let alone = Options {
        allow_older: ["latest".parse().expect("a tag")].into(),
        ..options.clone()
    };
    let with_image = Options {
        older: [reference("root:latest")].into(),
        ..options.clone()
    };
    let line = "1 tag goes back, since --allow-older lets it: r.example/f/root:latest (1.27.0 instead of 1.28.0)";
    for (options, expect) in [
        (options, None),
        (alone, Some(line)),
        (with_image, Some(line)),
    ] {
        let plan = plan::build(&ready.materials(), &facts, &options);
        let back = plan::moved_back(&plan, &facts, &options);
        assert_eq!(plan::moved_back_line(&back).as_deref(), expect);
    }
}

/// What `kiln why` says of a plan.
#[test]
fn an_explanation_has_the_tags_and_checks_of_a_plan() {
    let why = |name: &str, plan: &Plan| {
        let mut why = plan::Why {
            variant: name.into(),
            child: None,
            current: None,
            strangers: Vec::new(),
            builds: Vec::new(),
            unknown: Vec::new(),
            is_unasked: false,
            effects: Default::default(),
        };
        why.add(plan);
        crate::report::why_text(&[why])
    };
    let app = why("app:stable", &busy());
    let moves = "tags      kiln build --push would move r.example/f/app:stable (is 8aca4f36774f)\n";
    assert!(app.contains(moves), "{app}");
    assert!(
        app.contains("and tags with on=\"schedule\" move in scheduled runs"),
        "{app}"
    );
    assert!(!app.contains("checks"), "{app}");
    let app = why("app:stable", &unchecked());
    assert!(
        app.contains("checks    kiln build --push would run "),
        "{app}"
    );
}

/// Only a check has changed.
#[test]
fn a_plan_counts_what_is_only_checked() {
    let plan = unchecked();
    let first = "fleet w: 3 variants, 0 builds, 3 up to date, 1 image to check, 0 tags to write\n";
    assert!(
        text(&plan, false).starts_with(first),
        "{}",
        text(&plan, false)
    );
    assert!(plan.has_work());
}

#[test]
fn a_plan_that_asks_no_registry_says_so() {
    let plan = planned(&ready(), &Facts::default(), Compared::RecipeAndParents);
    insta::assert_snapshot!("offline_text", text(&plan, false));
    assert_eq!(json(&plan)["offline"], true);
}

/// What other people write reaches the comment as text only.
#[test]
fn a_comment_has_no_markup_of_others() {
    let mut plan = busy();
    let bad = "</details> | @team ``` [x](http://evil.example)\n# head";
    for step in &mut plan.steps {
        if let Action::Move { moves, .. } = &mut step.action {
            for m in moves {
                m.state = MoveState::Held(Box::new(Held::Rule(bad.into())));
            }
        }
        for reason in Arc::make_mut(&mut step.reasons) {
            if let Reason::RecipeChanged {
                change: Some(change),
            } = reason
            {
                change.lines = vec![format!("+{bad}"), "+````".into()];
            }
        }
    }
    let shown = markdown(&plan, "kiln plan");
    assert_eq!(shown.matches("</details>\n").count(), 1, "{shown}");
    assert!(!shown.contains("\n# head"), "{shown}");
    assert!(shown.contains("`````diff"), "{shown}");
    let prose: String = shown
        .lines()
        .filter(|line| !line.starts_with('+'))
        .collect();
    assert!(!prose.contains("@team"), "{shown}");
    assert!(!prose.contains("[x]("), "{shown}");
}

/// One reason of each kind.
fn reasons() -> Vec<Reason> {
    let parent = || "root:1".into();
    let base = || String::from("b");
    vec![
        Reason::Asked,
        Reason::Offline,
        Reason::Forced,
        Reason::New,
        Reason::NotPublished,
        Reason::NoRecord {
            name: reference("app:stable"),
            digest: Digest::of("stranger"),
        },
        Reason::RecipeChanged { change: None },
        Reason::ParentChanged {
            parent: parent(),
            from: None,
            to: None,
        },
        Reason::ParentBuilt { parent: parent() },
        Reason::BaseMoved {
            base: base(),
            from: None,
            to: None,
        },
        Reason::FreshnessPassed {
            toolset: "git".into(),
            refresh: "7d".into(),
            from: "7d-2947".into(),
            to: "7d-2948".into(),
        },
        Reason::PackagesUpgradable {
            toolset: "git".into(),
            upgrades: Vec::new(),
        },
        Reason::LockChanged {
            base: base(),
            from: None,
            to: None,
        },
        Reason::PlatformMissing {
            platform: "linux/arm64".parse().expect("a platform"),
        },
        Reason::failing(&memory::Failure::default(), 0, false),
        Reason::ParentFailing { parent: "p".into() },
        Reason::ParentWithdrawn { parent: "p".into() },
        Reason::Withdrawn(Withdrawal {
            at: 1_785_000_000,
            tag: reference("go:1.27"),
            revision: None,
            lifted: false,
        }),
        Reason::ChecksChanged,
        Reason::Unattested {
            proofs: Default::default(),
        },
        Reason::UpToDate,
        Reason::Staged,
        Reason::Unpublished,
        Reason::Follows,
    ]
}

#[test]
fn the_documentation_names_every_code() {
    let page = include_str!("../../../docs/plan.md");
    let codes: Vec<&str> = reasons().iter().map(Reason::code).collect();
    assert_eq!(codes, Reason::CODES);
    let holds = [
        Held::Rule(String::new()),
        Held::Incomplete(String::new()),
        Held::Failing,
        Held::Withdrawn(reference("go:1.27")),
        Held::ParentWithdrawn {
            parent: "p".into(),
            tag: reference("go:1.27"),
        },
        Held::Backwards(Hold::Version {
            theirs: "2".into(),
            ours: "1".into(),
        }),
        Held::Backwards(Hold::Revision { theirs: "c".into() }),
        Held::Backwards(Hold::Survey),
    ];
    let held: Vec<&str> = holds.iter().map(Held::code).collect();
    assert_eq!(held, Held::CODES);
    for code in codes.into_iter().chain(held) {
        assert!(page.contains(&format!("| `{code}` |")), "{code}");
    }
}

/// What the engines here cannot carry out is said first, in each format that people read.
#[test]
fn a_plan_that_is_refused_begins_with_that() {
    let mut plan = Plan::default();
    let first = "with the engines here, this run stops before its first build";
    assert!(!text(&plan, false).contains(first));
    plan.remarks.is_refused = true;
    plan.remarks.unrecorded = 1;
    assert!(text(&plan, false).starts_with(first));
    assert!(markdown(&plan, "kiln plan").starts_with(first));
    assert_eq!(
        Reason::ChecksChanged.words(),
        "its checks are new or have not passed"
    );
}

/// Several holds of one rule are one line.
#[test]
fn holds_are_counted() {
    let held = |tag: &str, why| plan::HeldTag::new(&reference(tag), why);
    let rule = || Held::Rule("this is branch `x`".into());
    let version = |theirs: &str| {
        Held::Backwards(Hold::Version {
            theirs: theirs.into(),
            ours: "1.9.1".into(),
        })
    };
    let all = [
        held("go:1.27", rule()),
        held("go:1", rule()),
        held("go:latest", version("2.0.1")),
        held("go", rule()),
        held("go:stable", version("2.0.2")),
    ];
    let lines = [
        "3 tags are held: this is branch `x`: 1.27, 1, latest",
        "2 tags are held: they name higher versions: latest (2.0.1, not 1.9.1), stable (2.0.2, not 1.9.1); --allow-older latest moves latest all the same",
    ];
    assert_eq!(held_lines(&all), lines);
    let apart = [
        held("go:latest", version("2.0.1")),
        held("go:1", rule()),
        held("app:1", rule()),
    ];
    let lines = [
        "1 tag is held: it names version 2.0.1, which is higher than 1.9.1: r.example/f/go:latest; --allow-older r.example/f/go:latest moves it all the same",
        "2 tags are held: this is branch `x`: r.example/f/go:1, r.example/f/app:1",
    ];
    assert_eq!(held_lines(&apart), lines);
}

/// The base has moved, root has failed on the new one, and tool is based on it, too.
fn failing(recorded: bool) -> Plan {
    let ready = ready();
    let mut facts = facts(&ready);
    let name: Reference = "r.example/b:1".parse().expect("a reference");
    facts.bases.insert(name, base("D2"));
    if !recorded {
        facts.current.remove(&VariantId(0));
    }
    let failure = memory::Failure::default().again(
        1_785_715_200,
        "process \"/bin/sh -c make root\" failed: exit code: 2",
        Default::default(),
    );
    let mut options = Options {
        compared: Compared::Everything,
        ..Options::new(true, (0..3).map(VariantId).collect(), &NoHistory)
    };
    options.origin.now = 1_785_715_200 + 3_600;
    let wanted = options.selected.clone();
    loop {
        let decisions = plan::decide(&ready.materials(), &facts, &options, &wanted);
        if decisions.open.is_empty() && decisions.open_failures.is_empty() {
            return plan::build(&ready.materials(), &facts, &options);
        }
        let open = decisions.open.into_iter();
        facts.staged.extend(open.map(|tag| (tag, None)));
        // Root comes first: what fails is its build, and not that of tool.
        let first = facts.failures.is_empty();
        let told = decisions.open_failures.into_iter().enumerate();
        let told = told.map(|(at, tag)| {
            let own = first && at == 0;
            (tag, own.then(|| failure.clone()))
        });
        facts.failures.extend(told);
    }
}

/// What is failing is shown with the reason, and is neither a build nor up to date.
#[test]
fn what_is_failing_is_shown() {
    let plan = failing(true);
    insta::assert_snapshot!("skipped_text", text(&plan, false));
    insta::assert_snapshot!("skipped_markdown", markdown(&plan, "kiln plan"));
    let steps = json(&plan)["steps"].clone();
    insta::assert_snapshot!("skipped_step", format!("{:#}", steps[0]));
    assert_eq!((plan.builds(), plan.skips().count()), (1, 1));
    let blocked = failing(false);
    insta::assert_snapshot!("blocked_text", text(&blocked, false));
    assert_eq!(blocked.skips().count(), 2);
}

/// Stale is what is built, taken or failing; what is up to date is counted.
#[test]
fn stale_images_are_shown_with_the_reasons() {
    use crate::report::{stale_json, stale_junit, stale_text};
    let plan = failing(true);
    insta::assert_snapshot!("stale_text", stale_text(&plan, false));
    insta::assert_snapshot!("stale_text_all", stale_text(&plan, true));
    insta::assert_snapshot!("stale_json", format!("{:#}", stale_json(&plan)));
    insta::assert_snapshot!("stale_junit", stale_junit(&plan));
    let ready = ready();
    let idle = planned(&ready, &facts(&ready), Compared::Everything);
    insta::assert_snapshot!("stale_nothing", stale_text(&idle, false));
}

/// What was not looked up may be stale.
#[test]
fn a_base_that_was_not_looked_up_is_an_error() {
    use crate::report::{stale_junit, stale_text};
    let ready = ready();
    let mut facts = facts(&ready);
    let why = WorldError::refused("r.example/b:1", "401");
    for base in facts.bases.values_mut() {
        *base = BaseFact::Unknown(why.clone());
    }
    let plan = planned(&ready, &facts, Compared::Everything);
    let text = stale_text(&plan, false);
    let head = "fleet w: nothing is known to be stale; 1 base was not looked up\n";
    assert!(text.starts_with(head), "{text}");
    let xml = stale_junit(&plan);
    let error = r#"<error message="r.example/b:1 was not looked up: 401"/>"#;
    assert!(
        xml.contains(error) && xml.contains(r#"errors="1""#),
        "{xml}"
    );
}

/// Of several platforms, the one that fails is named.
#[test]
fn a_failing_platform_is_named() {
    let failure = memory::Failure::default();
    let arm = "linux/arm64".parse().expect("a platform");
    let skipped = Reason::failing(&failure, 0, false).on(&arm).words();
    assert!(
        skipped.starts_with("failing on linux/arm64 for"),
        "{skipped}"
    );
    let tried = Reason::failing(&failure, 0, true).on(&arm);
    assert_eq!(tried, Reason::failing(&failure, 0, true));
}
