//! The versions that tags are written for.

use crate::matrix::tests::{app, inputs, read};
use crate::matrix::{Fleet, GitFacts, Inputs, Permission};

/// An image in a run for a git tag, or for no git tag if it is empty.
fn fleet(git_tag: &str, body: &str) -> Fleet {
    let git = GitFacts {
        tag: Some(git_tag.to_owned()).filter(|tag| !tag.is_empty()),
        ..GitFacts::default()
    };
    read(&app(body), &Inputs { git, ..inputs() }).fleet()
}

/// The versions of every tag, `tag axis=version`, in a run for a git tag, or for no git tag if it is empty.
#[track_caller]
fn check(git_tag: &str, body: &str, expect: &[&str]) {
    let fleet = fleet(git_tag, body);
    let mut found = Vec::new();
    for variant in &fleet.variants {
        for tag in &variant.tags {
            let versions = variant.versions_of(tag);
            let versions = versions
                .iter()
                .map(|(axis, version)| format!(" {axis}={version}"));
            found.push(format!("{}{}", tag.tag, versions.collect::<String>()));
        }
    }
    assert_eq!(found, expect, "{git_tag} {body}");
}

const TWO: &str = r#"
    axis "go" kind="version" rungs="full minor latest" { value "1.27.3"; value "tip" }
    axis "kind" { value "slim" }
    axis "alpine" kind="version" { value "3.20" }
"#;

#[test]
fn version_axes_count_in_the_order_of_the_manifest() {
    let two = |tag: &str| format!("{TWO} tag {tag}");
    check(
        "",
        &two(r#""{alpine}-{go}""#),
        &[
            "3.20-1.27.3 go=1.27.3 alpine=3.20",
            "3.20-1.27 go=1.27.3 alpine=3.20",
            "3.20-latest go=1.27.3 alpine=3.20",
            "3.20-tip alpine=3.20",
        ],
    );
    check(
        "v2.0.0",
        &two(r#""{go}" rungs="full""#),
        &["1.27.3 go=1.27.3 alpine=3.20", "tip alpine=3.20"],
    );
    check("", r#"axis "os" { value "13" }"#, &["13"]);
}

#[test]
fn the_git_tag_counts_for_what_is_made_from_it() {
    let app = r#"tag "{tag:full}" on="tag:*"; tag "{tag:minor}" on="tag:*"; tag "{tag:latest}" on="tag:*""#;
    check(
        "v1.9.1",
        app,
        &["latest {tag}=1.9.1", "1.9.1 {tag}=1.9.1", "1.9 {tag}=1.9.1"],
    );
    check("v2.0.0-rc1", app, &["2.0.0-rc1 {tag}=2.0.0-rc1"]);
    check(
        "v1.9.1",
        &format!(
            r#"{TWO} exclude go="tip"; tag "{{go}}" rungs="minor"; tag "{{tag:match v(\\d+)}}-x" on="tag:*""#
        ),
        &["1.27 go=1.27.3 alpine=3.20", "1-x {tag}=1.9.1"],
    );
    // What is not a version does not decide.
    check("nightly", r#"tag "{tag}" on="tag:*""#, &["nightly"]);
}

#[test]
fn the_git_tag_counts_for_images_without_versions() {
    let app = r#"tag "latest" on="tag:*""#;
    check("v1.9.1", app, &["latest {tag}=1.9.1"]);
    check("", app, &["latest"]);
    check("v1.9.1", "", &["latest {tag}=1.9.1"]);
    // Two rules make one tag: it is made from the git tag.
    let both =
        r#"axis "go" kind="version" { value "1.27.3" }; tag "{go}"; tag "{tag:full}" on="tag:*""#;
    check("v1.27.3", both, &["1.27.3 {tag}=1.27.3"]);
}

/// The version in a git tag with other words counts for plain tags, too.
#[test]
fn the_git_tag_of_one_of_several_components_counts() {
    let app = r#"tag "latest" on="tag:*""#;
    for (git_tag, version) in [
        ("app/v1.9.1", Some("1.9.1")),
        ("app/1.9.1", Some("1.9.1")),
        ("app/v3", Some("3")),
        ("app-v1.9.1", Some("1.9.1")),
        ("py3-app-v1.9.1", Some("1.9.1")),
        ("@acme/app@1.9.1", Some("1.9.1")),
        ("release-1.9.1", Some("1.9.1")),
        ("release_1.9", Some("1.9")),
        ("v.1.9.1", Some("1.9.1")),
        ("app/v2.0.0-rc1", Some("2.0.0-rc1")),
        ("build-17", None),
        ("app3", None),
        ("nightly", None),
        ("rev1.9", None),
    ] {
        let expect = version.map_or_else(String::new, |version| format!(" {{tag}}={version}"));
        check(git_tag, app, &[&format!("latest{expect}")]);
    }
}

/// Plain tags, with and without a rule that takes the version out of the git tag.
#[test]
fn the_pre_release_of_a_component_is_not_latest() {
    let other = r#"tag "{tag:match app/v(.*):full}" on="tag:app/*""#;
    for (git_tag, is_held) in [
        ("app/v2.0.0-rc1", true),
        ("app/v2.0.0", false),
        ("app/next", false),
    ] {
        for other in ["", other] {
            let fleet = fleet(git_tag, &format!(r#"tag "latest" on="tag:app/*"; {other}"#));
            let mut tags = fleet.variants.iter().flat_map(|one| &one.tags);
            let latest = tags.find(|tag| tag.tag.as_str() == "latest").unwrap();
            let held = matches!(latest.permission, Permission::Withheld(_));
            assert_eq!(held, is_held, "{git_tag} {other}");
        }
    }
}
