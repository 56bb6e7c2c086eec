//! The texts of a small fleet.

use super::{SYSTEMS, options, text};
use crate::ci::command::word;
use crate::ci::names::Names;
use crate::ci::{By, Docker, Options, Part, Pipeline, System, is_written, workspace_of, write};
use crate::line::Ready;
use crate::line::tests::bring;
use crate::matrix::Inputs;
use std::collections::BTreeSet;

/// The fleet of `tests/pipelines.rs`, on a base.
const MANIFEST: &str = include_str!("../../../tests/fixtures/pipeline.kdl");

fn small() -> Ready {
    let files = [
        ("core/Dockerfile", "FROM docker.io/library/debian:13\n"),
        (
            "lang/Dockerfile",
            "FROM ghcr.io/acme/core:1\nRUN --mount=type=secret,id=npm true\n",
        ),
        (
            "app/Dockerfile",
            "FROM ghcr.io/acme/lang:two\nCOPY --from=ghcr.io/acme/core:1 / /core\n",
        ),
    ];
    bring(MANIFEST, &Inputs::default(), &files).made()
}

/// The text; the same fleet and options give the same one.
fn shown(system: System, options: &Options) -> String {
    let [one, two] = [small(), small()].map(|ready| text(&ready, system, options));
    assert_eq!(one, two);
    let one = one.expect("a small fleet");
    assert!(is_written(&one), "{one}");
    one
}

#[test]
fn circleci() {
    let by_variant = Options {
        contexts: vec!["registries".into()],
        ..options(By::Variant)
    };
    insta::assert_snapshot!(shown(System::CircleCi, &by_variant));
}

#[test]
fn circleci_by_level() {
    let by_level = Options {
        branches: vec!["main".into(), "next".into()],
        ..options(By::Level)
    };
    insta::assert_snapshot!(shown(System::CircleCi, &by_level));
}

#[test]
fn circleci_dynamic() {
    let outer = Options {
        part: Part::Outer,
        image: None,
        install: Some("install-kiln <<EOF".into()),
        ..options(By::Variant)
    };
    insta::assert_snapshot!(shown(System::CircleCi, &outer));
}

#[test]
fn gitlab() {
    insta::assert_snapshot!(shown(System::GitLab, &options(By::Variant)));
}

#[test]
fn gitlab_by_level_in_a_shell() {
    let shell = Options {
        image: None,
        docker: Docker::Shell,
        runners: vec!["docker-host".into()],
        branches: vec!["main".into()],
        variables: vec!["registry=r.example/it's".into()],
        ..options(By::Level)
    };
    insta::assert_snapshot!(shown(System::GitLab, &shell));
}

#[test]
fn gitlab_dynamic() {
    let outer = Options {
        part: Part::Outer,
        docker: Docker::Socket,
        ..options(By::Variant)
    };
    insta::assert_snapshot!(shown(System::GitLab, &outer));
}

/// What the setup job of a dynamic pipeline writes has no check of a file, and no rules about what started it.
#[test]
fn gitlab_inner() {
    let inner = Options {
        part: Part::Inner,
        docker: Docker::Socket,
        ..options(By::Variant)
    };
    insta::assert_snapshot!(shown(System::GitLab, &inner));
}

#[test]
fn github() {
    insta::assert_snapshot!(shown(System::GitHub, &options(By::Variant)));
}

#[test]
fn github_by_level() {
    let by_level = Options {
        image: None,
        install: Some("./install-kiln".into()),
        runners: vec!["self-hosted".into(), "linux".into()],
        ..options(By::Level)
    };
    insta::assert_snapshot!(shown(System::GitHub, &by_level));
}

/// The name of a branch is a pattern for GitHub, in which `+` is a sign.
#[test]
fn branches_of_github_are_exact() {
    let by_name = Options {
        branches: vec!["release/1.2".into(), "c++".into(), "[!a]*?".into()],
        ..options(By::Variant)
    };
    let text = shown(System::GitHub, &by_name);
    let file: serde_json::Value = serde_saphyr::from_str(&text).expect("YAML");
    let expect = ["release/1.2", r"c\+\+", r"\[\!a\]\*\?"];
    assert_eq!(file["on"]["push"]["branches"], serde_json::json!(expect));
}

/// Two workspaces of a repository have jobs of the same names.
#[test]
fn files_of_gitlab_at_other_places_say_how_they_run() {
    for (system, out, expect) in [
        (System::GitLab, Some("ci/a.yml"), true),
        (System::GitLab, None, false),
        (System::GitHub, Some("ci/a.yml"), false),
    ] {
        let elsewhere = Options {
            out: out.map(str::to_owned),
            ..options(By::Variant)
        };
        let text = shown(system, &elsewhere);
        assert_eq!(text.contains("`trigger: include:`"), expect, "{text}");
        assert_eq!(workspace_of(&text), Some("kiln"));
    }
    assert_eq!(
        workspace_of("# Written by `kiln ci` in a pipeline.\n"),
        None
    );
}

#[test]
fn words_mean_themselves_to_shells_and_systems() {
    let check = |text: &str, expect: &str| assert_eq!(word(text), expect, "{text}");
    check("go:1.27.0-node", "go:1.27.0-node");
    check("", "''");
    check("go:latest (a b)", "'go:latest (a b)'");
    check("it's", r"'it'\''s'");
    check("$(id)", "'$(id)'");
    check("${{ secrets.X }}", "'$''{{ secrets.X }}'");
    check("$[[ inputs.x ]]", "'$''[[ inputs.x ]]'");
    check("<< x >>", "'<''< x >>'");
    check("<<<", "'<''<''<'");
}

#[test]
fn names_are_legal_and_unique() {
    let check = |system, given: &[&str], expect: &[&str]| {
        let mut names = Names::new(system);
        let made: Vec<String> = given.iter().map(|text| names.take(text)).collect();
        assert_eq!(made, expect, "{system:?}");
    };
    check(
        System::GitHub,
        &["go:1.2-3", "go:1-2.3", "7zip:1"],
        &["go-1-2-3", "go-1-2-3-9b0d2179", "v-7zip-1"],
    );
    check(
        System::GitLab,
        &["go:1.2-3", "go:1-2.3", "pages:deploy"],
        &["go:1.2-3", "go:1-2.3", "pages:deploy-7a2c95f8"],
    );
    check(
        System::CircleCi,
        &["go:A", "go:a", "kiln:plan"],
        &["go-A", "go-a-97d26d56", "kiln-plan-fb83c60d"],
    );
    let long = "x".repeat(200);
    let mut names = Names::new(System::GitHub);
    let one = names.take(&format!("{long}a"));
    let two = names.take(&format!("{long}b"));
    assert!(
        one != two && one.len() < 100 && two.len() < 100,
        "{one} {two}"
    );
}

/// Two workspaces of one name in a repository publish side by side, and no job of one cancels that of the other.
#[test]
fn groups_are_for_one_workspace() {
    let ready = small();
    let folders = [
        None,
        Some("a"),
        Some("A"),
        Some("b"),
        Some("a/b"),
        Some("a-b"),
    ];
    for system in SYSTEMS {
        let groups = folders.map(|folder| {
            let folder = folder.map(str::to_owned);
            let of = Pipeline::of(&ready, system, By::Variant, folder, |_| "X".into());
            let text = write(system, &of, &options(By::Variant)).expect("a small fleet");
            let group = text
                .lines()
                .find(|line| line.contains("kiln-publish-small"));
            group.unwrap_or_else(|| panic!("{text}")).to_lowercase()
        });
        let different: BTreeSet<&String> = groups.iter().collect();
        assert_eq!(different.len(), folders.len(), "{groups:?}");
    }
}
