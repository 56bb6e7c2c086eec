//! The tag rules of real fleets: one row per rule, with its number in the catalogue.

use crate::matrix::tests::{app, inputs, read, tags};
use crate::matrix::{GitFacts, Inputs};

/// Number, description, the image's body, and the tags: `name: tag tag`, `!` fixed, `+` shared.
type Row = (u32, &'static str, &'static str, &'static [&'static str]);

const VERSIONS: &str = "value \"2.1.0\"; value \"2.0.3\"; value \"1.9.9\";";

const ROWS: &[Row] = &[
    (
        1,
        "a ladder, each rung owned by the highest stable release of its series",
        r#"axis "v" kind="version" rungs="full minor major latest" { VERSIONS }; tag "{v}""#,
        &[
            "2.1.0: 2.1.0 2.1 2 latest",
            "2.0.3: 2.0.3 2.0",
            "1.9.9: 1.9.9 1.9 1",
        ],
    ),
    (
        2,
        "a ladder of two rungs",
        r#"axis "v" kind="version" rungs="full minor" { VERSIONS }; tag "{v}""#,
        &["2.1.0: 2.1.0 2.1", "2.0.3: 2.0.3 2.0", "1.9.9: 1.9.9 1.9"],
    ),
    (
        3,
        "a suffix on every rung; the bare rung and a variant are the variant",
        r#"axis "v" kind="version" rungs="full minor none" { value "2.1.0"; }
           axis "variant" { value "plain" token=""; value "slim"; }
           tag "{v}-{variant}""#,
        &[
            "2.1.0: 2.1.0 2.1 latest",
            "2.1.0-slim: 2.1.0-slim 2.1-slim slim",
        ],
    ),
    (
        4,
        "a default in each axis, inside a compound variant too",
        r#"axis "v" kind="version" rungs="full none" { value "3.14.6"; }
           axis "flavour" { value "full" token=""; value "slim"; }
           axis "distro" { value "trixie" default; value "bookworm"; }
           tag "{v}-{flavour}-{distro}""#,
        &[
            "3.14.6-trixie: 3.14.6-trixie trixie 3.14.6 latest",
            "3.14.6-bookworm: 3.14.6-bookworm bookworm",
            "3.14.6-slim-trixie: 3.14.6-slim-trixie slim-trixie 3.14.6-slim slim",
            "3.14.6-slim-bookworm: 3.14.6-slim-bookworm slim-bookworm",
        ],
    ),
    (
        5,
        "another order of tokens, and a word between them",
        r#"axis "v" kind="version" { value "26.3.1"; }
           axis "distro" { value "trixie"; }
           axis "flavour" { value "slim"; }
           tag "{v}-{distro}-{flavour}"; tag "{v}-on-{distro}-{flavour}""#,
        &["26.3.1-trixie-slim: 26.3.1-trixie-slim 26.3.1-on-trixie-slim"],
    ),
    (
        6,
        "a pre-release has its name and what its author writes, no rung",
        r#"axis "v" kind="version" rungs="full minor major none latest" { value "3.15.0rc1" { alias "3.15-rc"; }; value "3.14.6"; }
           tag "{v}""#,
        &[
            "3.15.0rc1: 3.15.0rc1 3.15-rc",
            "3.14.6: 3.14.6 3.14 3 latest",
        ],
    ),
    (
        7,
        "codenames and channels, with variants",
        r#"axis "v" kind="version" rungs="full major" { value "26.3.1" { alias "current"; }; value "24.17.0" { alias "krypton" "lts" "lts-krypton"; } }
           axis "variant" { value "plain" token=""; value "slim"; }
           tag "{v}-{variant}""#,
        &[
            "26.3.1: 26.3.1 26 current",
            "26.3.1-slim: 26.3.1-slim 26-slim current-slim",
            "24.17.0: 24.17.0 24 krypton lts lts-krypton",
            "24.17.0-slim: 24.17.0-slim 24-slim krypton-slim lts-slim lts-krypton-slim",
        ],
    ),
    (
        8,
        "calendars",
        r#"axis "ubuntu" { value "22.04"; value "24.04" default; }
           tag "{now:%Y.%m}-{ubuntu}"; tag "{now:%Y%m%d}-{ubuntu}"; tag "tip-{now:%Y-%m-%d}-{ubuntu}"; tag "current-{ubuntu}""#,
        &[
            "current-22.04: current-22.04 2026.08-22.04 20260803-22.04! tip-2026-08-03-22.04!",
            "current-24.04: current-24.04 2026.08-24.04 2026.08 20260803-24.04! 20260803! tip-2026-08-03-24.04! tip-2026-08-03! current",
        ],
    ),
    (
        9,
        "moving channels",
        r#"tag "edge"; tag "rolling"; tag "dev""#,
        &["edge: edge rolling dev"],
    ),
    (
        10,
        "a revision behind the version, written once",
        r#"axis "v" kind="version" rungs="full minor" { value "1.2.0" { set build="3"; } }
           tag "{v}-r{build}" rungs="full" fixed=#true; tag "{v}"; tag "{v}-ls{revision}" rungs="full""#,
        &["1.2.0-r3: 1.2.0-r3! 1.2.0 1.2 1.2.0-ls{revision}!"],
    ),
    (
        11,
        "the image's own version and the language's both climb",
        r#"axis "own" kind="version" rungs="full minor major none" { value "2.1.5"; }
           axis "go" kind="version" rungs="full major none" { value "1.26"; value "1.25"; }
           axis "distro" { value "trixie" default; }
           tag "{own}-{go}-{distro}""#,
        &[
            "2.1.5-1.26-trixie: 2.1.5-1.26-trixie 2.1-1.26-trixie 2-1.26-trixie 1.26-trixie \
             2.1.5-1-trixie 2.1-1-trixie 2-1-trixie 1-trixie 2.1.5-trixie 2.1-trixie 2-trixie trixie \
             2.1.5-1.26 2.1-1.26 2-1.26 1.26 2.1.5-1 2.1-1 2-1 1 2.1.5 2.1 2 latest",
            "2.1.5-1.25-trixie: 2.1.5-1.25-trixie 2.1-1.25-trixie 2-1.25-trixie 1.25-trixie 2.1.5-1.25 2.1-1.25 2-1.25 1.25",
        ],
    ),
    (
        12,
        "a matrix of parents, bare names for the default one",
        r#"axis "v" kind="version" { value "1.12.5"; }
           axis "jdk" { value "17.0" token="openjdk-17.0" default; value "21.0" token="openjdk-21.0"; }
           tag "{v}-{jdk}""#,
        &[
            "1.12.5-openjdk-17.0: 1.12.5-openjdk-17.0 1.12.5",
            "1.12.5-openjdk-21.0: 1.12.5-openjdk-21.0",
        ],
    ),
    (
        13,
        "an alias on a version goes with every variant",
        r#"axis "v" kind="version" rungs="full minor" { value "24.17.0" { alias "lts"; } }
           axis "variant" { value "plain" token=""; value "browsers"; }
           tag "{v}-{variant}""#,
        &[
            "24.17.0: 24.17.0 24.17 lts",
            "24.17.0-browsers: 24.17.0-browsers 24.17-browsers lts-browsers",
        ],
    ),
    (
        14,
        "one index over several variants, and a tag of each of them",
        r#"axis "arch" { value "amd64" default shared; value "arm64" default shared; }
           when arch="amd64" { platforms "linux/amd64"; }
           when arch="arm64" { platforms "linux/arm64"; }
           tag "3.20-{arch}"; tag "{arch}-3.20" "#,
        &[
            "3.20-amd64: 3.20-amd64 3.20+ amd64-3.20",
            "3.20-arm64: 3.20-arm64 3.20+ arm64-3.20",
        ],
    ),
    (
        15,
        "commits and branches, in a repository of their own",
        r#"publish "example.com/ccitest/{image}" on="branch:*"; tag "{sha:12}" on="branch:*"; tag "{branch:slug}-{sha:7}" on="branch:*""#,
        &["latest: fd56c4b668f9! feature-x-fd56c4b!"],
    ),
    (
        16,
        "a value read from the built image",
        r#"tag "edge"; tag "python-{probe:python --version}""#,
        &["edge: edge python-{probe:python --version}"],
    ),
    (
        17,
        "two numbers: the full version is its own minor rung, once",
        r#"axis "v" kind="version" rungs="full minor major" { value "18.3"; value "17.9"; }; tag "{v}""#,
        &["18.3: 18.3 18", "17.9: 17.9 17"],
    ),
    (
        18,
        "several registries and namespaces",
        r#"publish "docker.io/a/{image}"; publish "ghcr.io/b/c/{image}"; tag "1.0""#,
        &["1.0: 1.0"],
    ),
    (
        19,
        "a tag that is deprecated is still made",
        r#"axis "v" kind="version" { value "1.0"; }; tag "{v}"; when v="<2" { tag "{v}-onbuild"; }"#,
        &["1.0: 1.0 1.0-onbuild"],
    ),
];

fn on_a_branch() -> Inputs {
    let some = |text: &str| Some(text.to_owned());
    let git = GitFacts {
        sha: some("fd56c4b668f9388423d4e97d4f1b2b5ebe4083d7"),
        branch: some("feature/x"),
        ..GitFacts::default()
    };
    Inputs { git, ..inputs() }
}

#[test]
fn every_row_of_the_catalogue() {
    for (number, what, body, expect) in ROWS {
        let body = body.replace("VERSIONS", VERSIONS);
        let outcome = read(&app(&body), &on_a_branch());
        assert_eq!(tags(&outcome.fleet()), *expect, "row {number}: {what}");
    }
    assert_eq!(
        ROWS.iter().map(|row| row.0).collect::<Vec<_>>(),
        (1..=19).collect::<Vec<_>>()
    );
}

#[test]
fn every_registry_has_every_tag() {
    let fleet = read(&app(ROWS[17].2), &inputs()).fleet();
    let references: Vec<String> = fleet.variants.raw[0]
        .references()
        .map(|(reference, _)| reference.to_string())
        .collect();
    assert_eq!(references, ["docker.io/a/app:1.0", "ghcr.io/b/c/app:1.0"]);
}

#[test]
fn how_a_tag_came_about() {
    let fleet = read(&app(&ROWS[2].2.replace("VERSIONS", VERSIONS)), &inputs()).fleet();
    let how: Vec<&str> = fleet
        .variants
        .iter()
        .flat_map(|variant| {
            variant
                .tags
                .iter()
                .map(|tag| tag.how.as_deref().unwrap_or_default())
        })
        .collect();
    assert_eq!(how[1], "{v}=2.1 (rung minor), {variant}=\"\" (token)");
    assert_eq!(how[3], "{v}=2.1.0 (rung full), {variant}=slim");
    let fleet = read(&app(ROWS[8].2), &inputs()).fleet();
    assert_eq!(fleet.variants.raw[0].tags[0].how, None);
}
